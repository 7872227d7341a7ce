//! Monitors of a training, warnings before it, and the search for a wanted activation fraction.

use crate::common::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use regularized_autoencoder::data::Whitening;
use regularized_autoencoder::study::{
    FractionSearch, MonitorRecord, Outcome, SearchResult, TheoryMonitor, Trial,
};
use regularized_autoencoder::theory::{Claim, Exactness, Reason, Snapshot, Trend};
use regularized_autoencoder::{
    Activation, Batch, Constraint, Contractive, DenoisingCross, Elu, EpochEvent, Error,
    FirstOrderDenoising, FitOptions, GaussianNoise, Gelu, Identity, KlSparsity,
    MarginalizedDenoising, Observer, Parameters, Random, RegularizedAutoEncoder, Regularizer,
    RegularizerMetadata, Relu, Report, Samples, Scaled, Sigmoid, Silu, Softplus, StartEvent,
    StepEvent, StopReason, Tanh, Trainer, TrainerBuilder, TrainingState, Unregularized, Warning,
    WeightDecay, metrics,
};
use std::ops::ControlFlow;

const ETA: f64 = 0.01;
/// So small that no kink, of s, of |h| or of SAE's tangent, lies between.
const DIFFERENCE_STEP: f64 = 2e-4;

/// White data: mean 0 and covariance I to rounding.
fn white(n_inputs: usize, n_samples: usize, seed: u64) -> DMatrix<f64> {
    let mut random = Random::new(seed);
    let raw = DMatrix::from_fn(n_inputs, n_samples, |i, _| {
        (1.0 + i as f64) * random.standard_normal::<f64>() + 0.3 * random.uniform()
    });
    Whitening::zca(&raw, 1e-9).unwrap().full_rank().unwrap().apply(&raw).unwrap()
}

/// What one step was, kept.
#[derive(Default)]
struct KeepStep {
    before: Option<Parameters<f64>>,
    after: Option<Parameters<f64>>,
    input: Option<DMatrix<f64>>,
    target: Option<DMatrix<f64>>,
    noise: Option<DMatrix<f64>>,
}

impl Observer<f64> for KeepStep {
    fn on_start(&mut self, event: &StartEvent<'_, f64>) -> ControlFlow<()> {
        self.before = Some(event.parameters.clone());
        ControlFlow::Continue(())
    }
    fn on_step(&mut self, event: &StepEvent<'_, f64>) -> ControlFlow<()> {
        let matrix = |samples: &Samples<'_, f64>| {
            DMatrix::from_column_slice(samples.n_inputs(), samples.n_samples(), samples.as_slice())
        };
        self.input = Some(matrix(event.batch.input()));
        self.target = event.batch.target().map(matrix);
        self.noise = event.batch.noise().map(matrix);
        self.after = Some(event.parameters.clone());
        ControlFlow::Continue(())
    }
}

impl KeepStep {
    /// The smallest |a| before the step.
    fn distance_from_0(&self) -> f64 {
        let (before, input) = (self.before.as_ref().unwrap(), self.input.as_ref().unwrap());
        let a = before.filters().tr_mul(input);
        let columns = a.column_iter().map(|a| (a + before.encoder_bias()).abs().min());
        columns.fold(f64::INFINITY, f64::min)
    }

    /// J at the parameters before the step, but for the bias of one unit, on the step's batch.
    fn objective(
        &self,
        activation: &dyn Activation<f64>,
        regularizer: &dyn Regularizer<f64>,
        (unit, displacement): (usize, f64),
    ) -> f64 {
        let (filters, mut bias, decoder) = self.before.clone().unwrap().into_parts();
        bias[unit] += displacement;
        let problem = Problem {
            parameters: Parameters::new(filters, bias, decoder).unwrap(),
            input: self.input.clone().unwrap(),
            target: self.target.clone(),
            noise: self.noise.clone().unwrap_or_else(|| DMatrix::zeros(2, 1)),
        };
        let mut batch = Batch::from(&problem.input);
        if let Some(target) = &problem.target {
            batch = batch.with_target(target);
        }
        if let Some(noise) = &self.noise {
            batch = batch.with_noise(noise);
        }
        problem.model(activation, regularizer).objective(batch).unwrap().total()
    }

    /// ∂J/∂b_j by differences of eighth order: no derivative of the crate takes part.
    fn bias_derivative(
        &self,
        activation: &dyn Activation<f64>,
        regularizer: &dyn Regularizer<f64>,
        unit: usize,
    ) -> f64 {
        let step = DIFFERENCE_STEP;
        let weights =
            [(1.0, 4.0 / 5.0), (2.0, -1.0 / 5.0), (3.0, 4.0 / 105.0), (4.0, -1.0 / 280.0)];
        let at = |k: f64| self.objective(activation, regularizer, (unit, k * step));
        weights.iter().map(|(k, weight)| weight * (at(*k) - at(-k)) / step).sum()
    }
}

fn plain_step() -> TrainerBuilder<f64> {
    Trainer::builder().momentum(0.0).learning_rate(ETA).epochs(1)
}

fn means(parameters: &Parameters<f64>, x: &DMatrix<f64>) -> DVector<f64> {
    let a = parameters.filters().tr_mul(x);
    a.column_mean() + parameters.encoder_bias()
}

/// max_j |Δ_j − Δ̂_j| / max_j |Δ̂_j| for one step, with Δ̂ by differences of the objective, on white
/// data moved by `shift`.
fn eq_5_error(
    activation: &dyn Activation<f64>,
    regularizer: &dyn Regularizer<f64>,
    trainer: TrainerBuilder<f64>,
    shift: f64,
) -> f64 {
    let trainer = trainer.batch_size(12).build().unwrap();
    let (filters, bias, _) = Parameters::glorot_uniform(3, 6, false, 3).unwrap().into_parts();
    let bias = bias.map_with_location(|j, _, _: f64| -0.4 + 0.15 * j as f64);
    let parameters = Parameters::new(filters, bias, None).unwrap();
    // Data without a kink of s or |h| where the differences are taken.
    let (x, kept) = (0..100)
        .map(|seed| {
            let x = white(3, 12, seed).map(|value| value + shift);
            let problem = Problem {
                parameters: parameters.clone(),
                input: x.clone(),
                target: None,
                noise: DMatrix::zeros(3, 1),
            };
            let mut model = problem.model(activation, regularizer);
            let mut kept = KeepStep::default();
            let options = FitOptions::default().observer(&mut kept);
            trainer.fit_with(&mut model, &x, options).unwrap();
            (x, kept)
        })
        .find(|(_, kept)| kept.distance_from_0() > 4.0 * DIFFERENCE_STEP)
        .unwrap();
    let moved = means(kept.after.as_ref().unwrap(), &x) - means(kept.before.as_ref().unwrap(), &x);
    let predicted =
        DVector::from_fn(6, |unit, _| -ETA * kept.bias_derivative(activation, regularizer, unit));
    assert!(predicted.amax() > 1e-4, "{activation:?}, {regularizer:?}: nothing moves");
    (&moved - &predicted).amax() / predicted.amax()
}

/// Eq. 5 for the whole objective with every regularizer, corruption and constraint.
#[test]
fn a_plain_full_batch_step_on_white_data_moves_as_eq_5_predicts() {
    let activations: [&dyn Activation<f64>; 6] =
        [&Relu, &Sigmoid, &Softplus::new(), &Tanh, &Silu, &Gelu];
    for activation in activations {
        for regularizer in regularizers(3) {
            let error = eq_5_error(activation, &regularizer, plain_step(), 0.0);
            assert!(error <= 1e-9, "{activation:?}, {regularizer:?}: {error:e}");
        }
        for trainer in [
            plain_step().constraint(Constraint::UNIT),
            plain_step().constraint(Constraint::MaxNorm(0.5)),
            plain_step().corruption(GaussianNoise::new(0.2).unwrap()),
        ] {
            let regularizer = Contractive::new() + FirstOrderDenoising::new(0.2).unwrap();
            let error = eq_5_error(activation, &regularizer, trainer, 0.0);
            assert!(error <= 1e-9, "{activation:?}: {error:e}");
        }
    }
}

/// What Eq. 5 needs: no momentum, and data of mean 0.
#[test]
fn eq_5_fails_without_its_assumptions() {
    let x = white(3, 20, 1);
    let error = eq_5_error(&Sigmoid, &Contractive::new(), plain_step(), 0.5);
    assert!(error > 1e-2, "{error:e}");
    // With momentum from the second step on.
    let steps = |momentum| {
        let mut model = RegularizedAutoEncoder::builder(3, 6).build().unwrap();
        let mut monitor = TheoryMonitor::new(&x).unwrap().every_steps(1).unwrap();
        let trainer =
            Trainer::builder().momentum(momentum).epochs(3).batch_size(20).build().unwrap();
        trainer.fit_with(&mut model, &x, FitOptions::default().observer(&mut monitor)).unwrap();
        let records = monitor.finish().unwrap();
        records
            .iter()
            .filter_map(|record| record.step.as_ref())
            .map(|step| step.relative_error())
            .collect::<Vec<_>>()
    };
    assert!(steps(0.0).iter().all(|error| *error < 1e-8), "{:?}", steps(0.0));
    let with_momentum = steps(0.9);
    assert!(with_momentum[0] < 1e-8 && with_momentum[1] > 0.1, "{with_momentum:?}");
}

/// Thm. 1: where its condition holds, a plain step lowers E[a_j] – here for all units.
#[test]
fn theorem_1_lowers_the_mean_pre_activation() {
    let x = white(4, 30, 2);
    let softplus = Softplus::new();
    for seed in 0..20 {
        let parameters = Parameters::glorot_uniform(4, 5, false, seed).unwrap();
        let build = |lambda: f64| {
            RegularizedAutoEncoder::builder(4, 5)
                .activation(softplus)
                .regularizer(lambda * Contractive::new())
                .parameters(parameters.clone())
                .build()
                .unwrap()
        };
        let snapshot = Snapshot::of(&build(1.0), &x).unwrap();
        let lambda = snapshot.coefficient_for_theorem_1(1.0).unwrap().unwrap();
        let moved = |lambda: f64, x: &DMatrix<f64>| {
            let mut model = build(lambda);
            let before = means(model.parameters(), x);
            plain_step().batch_size(30).build().unwrap().fit(&mut model, x).unwrap();
            means(model.parameters(), x) - before
        };
        assert!(moved(1.001 * lambda, &x).max() < 0.0);
        // Not without the condition: without a regularizer some means rise, in some networks.
        if seed == 0 {
            assert!((0..20).any(|shift| {
                // Nor with E[x] ≠ 0: filters move too.
                moved(1.001 * lambda, &x.map(|value| value - shift as f64)).max() > 0.0
            }));
        }
    }
}

fn monitored(
    activation: &dyn Activation<f64>,
    regularizer: &dyn Regularizer<f64>,
    trainer: Trainer<f64>,
    x: &DMatrix<f64>,
    interval: Option<usize>,
) -> Vec<MonitorRecord> {
    let problem = Problem {
        parameters: Parameters::glorot_uniform(x.nrows(), 8, false, 0).unwrap(),
        input: x.clone(),
        target: None,
        noise: DMatrix::zeros(x.nrows(), 1),
    };
    let mut model = problem.model(activation, regularizer);
    let mut monitor = TheoryMonitor::new(x).unwrap();
    if let Some(interval) = interval {
        monitor = monitor.every_steps(interval).unwrap();
    }
    trainer.fit_with(&mut model, x, FitOptions::default().observer(&mut monitor)).unwrap();
    monitor.finish().unwrap()
}

#[test]
fn monitors_record_every_epoch_or_every_few_steps() {
    let x = white(3, 40, 7);
    let trainer = || plain_step().batch_size(10).epochs(3).build().unwrap();
    let by_epoch = monitored(&Sigmoid, &Contractive::new(), trainer(), &x, None);
    let steps = |records: &[MonitorRecord]| -> Vec<_> {
        records.iter().map(|record| (record.epoch, record.steps)).collect()
    };
    assert_eq!(steps(&by_epoch), [(0, 0), (0, 4), (1, 8), (2, 12)]);
    let by_steps = monitored(&Sigmoid, &Contractive::new(), trainer(), &x, Some(5));
    assert_eq!(steps(&by_steps), [(0, 0), (1, 5), (2, 10)]);
    assert!(by_epoch[0].step.is_none());
    for record in by_epoch[1..].iter().chain(&by_steps[1..]) {
        // The mean of all samples is 0, so that Eq. 5 holds for the batch's own gradient.
        let error = record.step.as_ref().unwrap().relative_error();
        assert!(error < 1e-8, "{error:e}");
    }
}

/// The regularizer's own noise and the corruption's reach the monitor with the batch.
#[test]
fn monitors_see_the_noise_of_the_step() {
    let x = white(3, 40, 7);
    let trainer = || {
        let noise = GaussianNoise::new(0.3).unwrap();
        plain_step().batch_size(10).epochs(2).corruption(noise).build().unwrap()
    };
    let regularizer = FirstOrderDenoising::new(0.5).unwrap() + WeightDecay::new();
    for record in &monitored(&Softplus::new(), &regularizer, trainer(), &x, Some(1))[1..] {
        assert!(record.step.as_ref().unwrap().relative_error() < 1e-8);
    }
}

#[test]
fn no_bound_is_violated_in_trainings() {
    let x = white(3, 60, 9);
    let trainer = || {
        let trainer = Trainer::builder().learning_rate(0.02).epochs(30).batch_size(20);
        trainer.constraint(Constraint::UNIT).build().unwrap()
    };
    let mut telling = 0;
    for (activation, regularizer) in [
        (
            &Sigmoid as &dyn Activation<f64>,
            &KlSparsity::new(0.0).unwrap().scaled(3.0) as &dyn Regularizer<f64>,
        ),
        (&Softplus::new(), &Contractive::new().scaled(2.0)),
        (&Relu, &KlSparsity::new(0.0).unwrap().scaled(0.5)),
        (&Elu::default(), &Unregularized),
    ] {
        for record in monitored(activation, regularizer, trainer(), &x, None) {
            for unit in record.snapshot.units {
                let gradient = unit.reconstruction_gradient.abs();
                assert!(gradient <= unit.lemma_1_bound * (1.0 + ROUNDING), "{unit:?}");
                if let Some(bound) = unit.cantelli {
                    telling += usize::from(bound > 0.1);
                    assert!(bound <= unit.inactive_share + 1e-12, "{unit:?}");
                }
            }
        }
    }
    assert!(telling > 100, "{telling}");
}

#[test]
fn a_monitor_that_fails_harms_no_training() {
    let x = white(3, 40, 7);
    let other = DMatrix::from_element(2, 5, 1.0);
    let mut model = RegularizedAutoEncoder::builder(3, 4).build().unwrap();
    let mut monitor = TheoryMonitor::new(&other).unwrap();
    assert!(matches!(
        monitor.inputs().exactness(Claim::Equation5, 1e-9).unwrap(),
        Exactness::Approximate { deviation } if deviation == 1.0
    ));
    let trainer = plain_step().batch_size(10).build().unwrap();
    let report =
        trainer.fit_with(&mut model, &x, FitOptions::default().observer(&mut monitor)).unwrap();
    assert_eq!(report.steps, 4);
    assert!(matches!(monitor.finish(), Err(Error::Dimension { expected: 3, actual: 2, .. })));
    assert!(TheoryMonitor::new(&x).unwrap().every_steps(0).is_err());
    assert!(TheoryMonitor::new(&DMatrix::<f64>::zeros(3, 0)).is_err());
}

/// Counts warnings, and keeps what came before and after the first.
#[derive(Default)]
struct Warned {
    warnings: Vec<Warning>,
    started: bool,
    stop: bool,
}

impl Observer<f64> for Warned {
    fn on_warning(&mut self, warning: &Warning) -> ControlFlow<()> {
        assert!(!self.started, "a warning comes before the start");
        self.warnings.push(warning.clone());
        if self.stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
    fn on_start(&mut self, _: &StartEvent<'_, f64>) -> ControlFlow<()> {
        self.started = true;
        ControlFlow::Continue(())
    }
    fn on_epoch(&mut self, _: &EpochEvent<'_, f64>) -> ControlFlow<()> {
        assert!(!self.stop, "it should have been stopped");
        ControlFlow::Continue(())
    }
}

fn warned(
    activation: &dyn Activation<f64>,
    regularizer: &dyn Regularizer<f64>,
    constraint: Constraint,
    stop: bool,
) -> (Warned, Report) {
    let x = white(3, 20, 1);
    let problem = Problem {
        parameters: Parameters::glorot_uniform(3, 4, false, 0).unwrap(),
        input: x.clone(),
        target: None,
        noise: DMatrix::zeros(3, 1),
    };
    let mut observer = Warned { stop, ..Warned::default() };
    let trainer = plain_step().batch_size(10).epochs(2).constraint(constraint).build().unwrap();
    let options = FitOptions::default().observer(&mut observer);
    let report = trainer.fit_with(&mut problem.model(activation, regularizer), &x, options);
    (observer, report.unwrap())
}

#[test]
fn the_trainer_warns_once_where_the_coefficient_has_no_effect() {
    for regularizer in
        [&Contractive::new().scaled(0.5) as &dyn Regularizer<f64>, &MarginalizedDenoising::new()]
    {
        let (observer, report) = warned(&Relu, regularizer, Constraint::UNIT, false);
        assert_eq!(observer.warnings, report.warnings);
        let [Warning::CoefficientHasNoEffect(verdict)] = &report.warnings[..] else {
            panic!("{:?}", report.warnings)
        };
        let prediction = verdict.coefficient.as_ref().unwrap();
        assert_eq!(prediction.trend, Trend::Unaffected);
        assert!(prediction.reasons.contains(&Reason::NoCurvature));
        let text = report.warnings[0].to_string();
        assert!(text.contains("will not move") && text.contains("piecewise linear"), "{text}");
    }
}

#[test]
fn the_trainer_does_not_warn_elsewhere() {
    let sae = KlSparsity::new(0.0).unwrap();
    for (activation, regularizer, constraint) in [
        (
            &Softplus::new() as &dyn Activation<f64>,
            &Contractive::new() as &dyn Regularizer<f64>,
            Constraint::UNIT,
        ),
        (&Sigmoid, &Contractive::new(), Constraint::UNIT),
        (&Relu, &Contractive::new(), Constraint::None),
        (&Relu, &DenoisingCross::new(), Constraint::UNIT),
        (&Relu, &(sae + Contractive::new()), Constraint::UNIT),
        (&Relu, &Unregularized, Constraint::UNIT),
        (&Relu, &Contractive::new().scaled(0.0), Constraint::UNIT),
        (&Identity, &sae, Constraint::UNIT),
    ] {
        let (observer, report) = warned(activation, regularizer, constraint, false);
        assert!(
            observer.warnings.is_empty() && report.warnings.is_empty(),
            "{:?}",
            report.warnings
        );
    }
}

#[test]
fn an_observer_can_stop_at_a_warning() {
    let (observer, report) = warned(&Relu, &Contractive::new(), Constraint::UNIT, true);
    assert_eq!((observer.warnings.len(), report.steps), (1, 0));
    assert_eq!(report.stop_reason, StopReason::Observer);
}

#[test]
fn training_in_pieces_warns_with_the_first() {
    let x = white(3, 20, 1);
    let mut model = RegularizedAutoEncoder::builder(3, 4)
        .activation(Relu)
        .regularizer(Contractive::new())
        .build()
        .unwrap();
    let mut state = TrainingState::new(&model);
    let trainer = plain_step().constraint(Constraint::UNIT).build().unwrap();
    let warnings: Vec<usize> = (0..3)
        .map(|_| trainer.partial_fit(&mut model, &mut state, &x).unwrap().warnings.len())
        .collect();
    assert_eq!(warnings, [1, 0, 0]);
}

type Searched<A> = SearchResult<RegularizedAutoEncoder<f64, A, Scaled<Contractive>>>;

fn search<A: Activation<f64> + Copy>(search: FractionSearch, activation: A) -> Searched<A> {
    let x = white(3, 60, 4);
    let trainer = Trainer::builder().constraint(Constraint::UNIT).learning_rate(0.02).epochs(40);
    search
        .run(&trainer.batch_size(20).build().unwrap(), &x, |lambda| {
            RegularizedAutoEncoder::builder(3, 12)
                .activation(activation)
                .regularizer(lambda * Contractive::new())
                .build()
        })
        .unwrap()
}

#[test]
fn the_search_finds_a_coefficient_and_shows_its_path() {
    let wanted = FractionSearch::new(0.5).unwrap().tolerance(0.05).unwrap();
    let found = search(wanted, Softplus::new());
    assert_eq!(found.outcome, Outcome::Reached, "{:?}", found.path);
    let last = found.path.last().unwrap();
    assert!((last.end.unwrap().activation_fraction - 0.5).abs() <= 0.05);
    let (lambda, model) = found.best.unwrap();
    assert_eq!(lambda, last.coefficient);
    let again = metrics::evaluate(&model, &white(3, 60, 4)).unwrap();
    assert_eq!(again.average_activation_fraction, last.end.unwrap().activation_fraction);
    assert!(found.path.len() >= 3 && found.path[0].coefficient < found.path[1].coefficient);
}

#[test]
fn the_search_says_why_it_found_nothing() {
    let wanted = |fraction| FractionSearch::new(fraction).unwrap();
    let flat = search(wanted(0.1), Relu);
    assert_eq!((flat.outcome, flat.path.len()), (Outcome::NoEffect, 0));
    assert!(flat.best.is_none() && flat.verdict.coefficient_has_no_effect());
    let low = search(wanted(0.05).range(1e-6, 1e-5).unwrap(), Softplus::new());
    assert_eq!((low.outcome, low.path.len()), (Outcome::AboveAtLargest, 2));
    let high = search(wanted(0.95).range(50.0, 100.0).unwrap(), Softplus::new());
    assert_eq!((high.outcome, high.path.len()), (Outcome::BelowAtSmallest, 1));
    let few = search(wanted(0.5).tolerance(1e-9).unwrap().trainings(4).unwrap(), Softplus::new());
    assert_eq!((few.outcome, few.path.len()), (Outcome::Exhausted, 4));
    assert!(few.best.is_some());
}

#[test]
fn a_search_whose_first_training_fails_says_so() {
    let trainer = Trainer::builder().learning_rate(1e300).epochs(2).batch_size(20).build().unwrap();
    let found = FractionSearch::new(0.5).unwrap().run(&trainer, &white(3, 60, 4), |lambda| {
        RegularizedAutoEncoder::builder(3, 12)
            .activation(Softplus::new())
            .regularizer(lambda * Contractive::new())
            .build()
    });
    let found = found.unwrap();
    assert_eq!((found.outcome, found.path.len()), (Outcome::FailedAtSmallest, 1));
    assert!(found.best.is_none() && found.path[0].end.is_none());
}

/// With the sigmoid and a very large λ the codes are dense again.
#[test]
fn the_search_does_not_begin_where_the_coefficient_is_far_too_large() {
    let search_in = |smallest, largest| {
        let wanted = FractionSearch::new(0.3).unwrap().tolerance(0.05).unwrap();
        search(wanted.range(smallest, largest).unwrap(), Sigmoid)
    };
    let found = search_in(1e-3, 1e5);
    assert_eq!(found.outcome, Outcome::Reached, "{:?}", found.path);
    assert!(found.path.iter().all(|trial| trial.coefficient < 1e3));
    let there = search_in(1e5 - 1.0, 1e5).path[0].end.map(|end| end.activation_fraction);
    assert!(there.is_none_or(|fraction| fraction > 0.4), "{there:?}");
}

#[test]
fn the_search_finds_the_variance_of_a_corruption() {
    let x = white(3, 60, 4);
    let search = FractionSearch::new(0.15).unwrap().tolerance(0.02).unwrap();
    let found = search
        .range(1e-3, 10.0)
        .unwrap()
        .run_with(&x, |variance| {
            let trainer = Trainer::builder()
                .constraint(Constraint::UNIT)
                .learning_rate(0.02)
                .epochs(40)
                .batch_size(20)
                .corruption(GaussianNoise::new(variance)?);
            let model = RegularizedAutoEncoder::<f64, _, _>::builder(3, 12).activation(Relu);
            Ok((trainer.build()?, model.build()?))
        })
        .unwrap();
    assert_eq!(found.outcome, Outcome::Reached, "{:?}", found.path);
    let fraction = |trial: &Trial| trial.end.unwrap().activation_fraction;
    let (first, last) = (fraction(&found.path[0]), fraction(found.path.last().unwrap()));
    assert!(first > 0.2 && (last - 0.15).abs() <= 0.02, "{:?}", found.path);
}

#[test]
fn searches_check_their_arguments() {
    for bad in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(FractionSearch::new(bad).is_err());
    }
    let search = FractionSearch::new(0.1).unwrap();
    assert!(search.tolerance(0.0).is_err() && search.tolerance(f64::NAN).is_err());
    assert!(search.range(1.0, 1.0).is_err() && search.range(0.0, 1.0).is_err());
    assert!(search.range(1.0, f64::INFINITY).is_err() && search.trainings(0).is_err());
}

proptest! {
    #![proptest_config(cases(50))]

    /// Nothing about the monitored samples changes the training.
    #[test]
    fn monitors_do_not_change_the_training(interval in 1_usize..5, seed in 0_u64..100) {
        let x = white(3, 30, seed + 1);
        let train = |observer: &mut dyn Observer<f64>| {
            let mut model =
                RegularizedAutoEncoder::builder(3, 4).build().unwrap();
            let trainer = plain_step().batch_size(10).epochs(2).seed(seed).build().unwrap();
            trainer.fit_with(&mut model, &x, FitOptions::default().observer(observer)).unwrap();
            model
        };
        let mut monitor = TheoryMonitor::new(&x).unwrap().every_steps(interval).unwrap();
        prop_assert_eq!(train(&mut monitor), train(&mut ()));
    }
}
