//! What a training does: constraints, determinism, schedules, validation, early stopping, observers,
//! and training in pieces.

use crate::common::*;
use nalgebra::DMatrix;
use regularized_autoencoder::{
    Constraint, Contractive, Cotangents, EarlyStopping, EndEvent, EpochEvent, FirstOrderDenoising,
    FitOptions, Forward, GaussianNoise, KlSparsity, LearningRate, Masking, Observer, Parameters,
    Real, RegularizedAutoEncoder, Regularizer, RegularizerMetadata, Report, SaltAndPepper,
    SecondOrderDenoising, Sigmoid, Softplus, StartEvent, StepEvent, StopReason, Trainer,
    TrainerBuilder, TrainingState, Unregularized,
};
use std::ops::ControlFlow;

/// So small a learning rate that no objective changes.
const FROZEN: f64 = 1e-300;

/// `n_samples` samples that all differ.
fn data<T: Real>(n_inputs: usize, n_samples: usize) -> DMatrix<T> {
    DMatrix::from_fn(n_inputs, n_samples, |i, j| {
        T::of((1.3 * (j as f64 + 1.0) * (i as f64 + 0.7)).sin() + 0.1 * i as f64)
    })
}

fn model<R: Regularizer<f64>>(regularizer: R) -> RegularizedAutoEncoder<f64, Sigmoid, R> {
    RegularizedAutoEncoder::builder(4, 6).regularizer(regularizer).seed(3).build().unwrap()
}

/// Notes what it is told, and stops where it is told to.
struct Notes<T: Real> {
    steps: Vec<Note<T>>,
    epochs: Vec<Parameters<T>>,
    start: Vec<Parameters<T>>,
    reports: Vec<Report>,
    kept: Vec<Parameters<T>>,
    stop_at_start: bool,
    stop_after_steps: Option<usize>,
    stop_after_epochs: Option<usize>,
}

#[derive(Clone)]
struct Note<T: Real> {
    place: (usize, usize),
    learning_rate: f64,
    objective: f64,
    parameters: Parameters<T>,
}

impl<T: Real> Default for Notes<T> {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            epochs: Vec::new(),
            start: Vec::new(),
            reports: Vec::new(),
            kept: Vec::new(),
            stop_at_start: false,
            stop_after_steps: None,
            stop_after_epochs: None,
        }
    }
}

fn stop_if(stop: bool) -> ControlFlow<()> {
    if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl<T: Real> Observer<T> for Notes<T> {
    fn on_start(&mut self, event: &StartEvent<'_, T>) -> ControlFlow<()> {
        self.start.push(event.parameters.clone());
        stop_if(self.stop_at_start)
    }

    fn on_step(&mut self, event: &StepEvent<'_, T>) -> ControlFlow<()> {
        self.steps.push(Note {
            place: (event.epoch, event.step),
            learning_rate: event.learning_rate,
            objective: event.loss.total().as_f64(),
            parameters: event.parameters.clone(),
        });
        stop_if(self.stop_after_steps == Some(self.steps.len()))
    }

    fn on_epoch(&mut self, event: &EpochEvent<'_, T>) -> ControlFlow<()> {
        self.epochs.push(event.parameters.clone());
        stop_if(self.stop_after_epochs == Some(self.epochs.len()))
    }

    fn on_end(&mut self, event: &EndEvent<'_, T>) {
        self.reports.push(event.outcome.unwrap().clone());
        self.kept.push(event.parameters.clone());
    }
}

impl<T: Real> Notes<T> {
    /// J of each step.
    fn objectives(&self) -> Vec<f64> {
        self.steps.iter().map(|note| note.objective).collect()
    }
}

/// Trains with notes.
fn observed<R: Regularizer<f64>>(
    trainer: TrainerBuilder<f64>,
    model: &mut RegularizedAutoEncoder<f64, Sigmoid, R>,
    samples: &DMatrix<f64>,
) -> Notes<f64> {
    let mut notes = Notes::default();
    let options = FitOptions::default().observer(&mut notes);
    trainer.build().unwrap().fit_with(model, samples, options).unwrap();
    notes
}

/// The lengths of all filters at the start and after every step of a lively training.
fn lengths<T: Real>(constraint: Constraint) -> Vec<f64> {
    let samples = data::<T>(5, 60);
    let mut model =
        RegularizedAutoEncoder::builder(5, 8).activation(Softplus::new()).build().unwrap();
    let mut notes = Notes::default();
    Trainer::builder()
        .learning_rate(0.05)
        .batch_size(10)
        .epochs(5)
        .constraint(constraint)
        .corruption(GaussianNoise::new(0.1).unwrap())
        .build()
        .unwrap()
        .fit_with(&mut model, &samples, FitOptions::default().observer(&mut notes))
        .unwrap();
    let all = notes.start.iter().chain(notes.steps.iter().map(|note| &note.parameters));
    let lengths = |parameters: &Parameters<T>| -> Vec<f64> {
        let double = parameters.filters().map(|w| w.as_f64());
        double.column_iter().map(|filter| filter.norm()).collect()
    };
    let lengths: Vec<f64> = all.flat_map(lengths).collect();
    assert_eq!(lengths.len(), 8 * (1 + 5 * 6));
    lengths
}

fn constraints_hold<T: Real>() {
    let tolerance = 8.0 * T::EPSILON.as_f64();
    for length in [1.0, 2.5] {
        let off = |found: &f64| (found / length - 1.0).abs() > tolerance;
        assert!(!lengths::<T>(Constraint::Length(length)).iter().any(off));
        assert!(lengths::<T>(Constraint::None).iter().all(off));
    }
    let bounded = lengths::<T>(Constraint::MaxNorm(0.9));
    assert!(bounded.iter().all(|length| *length <= 0.9 * (1.0 + tolerance)));
    assert!(bounded.iter().any(|length| *length < 0.8), "short filters are let alone");
    assert!(lengths::<T>(Constraint::None).iter().any(|length| *length > 0.9));
}

#[test]
fn constraints_hold_after_every_update() {
    constraints_hold::<f32>();
    constraints_hold::<f64>();
}

/// The bits of the parameters after two epochs; 600 units are three blocks.
fn bits<T: Real>(
    trainer: TrainerBuilder<T>,
    regularizer: &dyn Regularizer<T>,
    (n_inputs, n_hidden, n_samples): (usize, usize, usize),
) -> Vec<u64> {
    let samples = data::<T>(n_inputs, n_samples);
    let mut model = RegularizedAutoEncoder::builder(n_inputs, n_hidden)
        .regularizer(regularizer)
        .decoder_bias(true)
        .build()
        .unwrap();
    let trainer = trainer.learning_rate(1e-4).epochs(2).build().unwrap();
    trainer.fit(&mut model, &samples).unwrap();
    values(model.parameters()).into_iter().map(f64::to_bits).collect()
}

fn threads_change_no_bit<T: Real>() {
    let unit = || Trainer::<T>::builder().constraint(Constraint::UNIT).batch_size(5);
    let plain = regularizers::<T>(5).into_iter().map(|regularizer| (unit(), regularizer));
    let noise = || unit().corruption(GaussianNoise::new(0.3).unwrap());
    let denoising = [
        (noise(), Box::new(Unregularized) as AnyRegularizer<T>),
        (noise(), Box::new(FirstOrderDenoising::new(0.3).unwrap())),
        (unit().corruption(Masking::new(0.4).unwrap()), Box::new(Contractive::new())),
    ];
    for (trainer, regularizer) in plain.chain(denoising) {
        let alone = bits(trainer.clone(), &regularizer, (5, 600, 12));
        for threads in [2, 3, 4, 7] {
            let together = bits(trainer.clone().threads(threads), &regularizer, (5, 600, 12));
            assert!(alone == together, "{regularizer:?} with {threads} threads");
        }
    }
    // A size at which products use all of their kernels.
    let large: [AnyRegularizer<T>; 3] = [
        Box::new(Unregularized),
        Box::new(FirstOrderDenoising::new(0.3).unwrap()),
        Box::new(1e-6 * SecondOrderDenoising::new()),
    ];
    for regularizer in large {
        let alone = bits(noise().batch_size(50), &regularizer, (197, 1000, 100));
        for threads in [2, 3, 4] {
            let together =
                bits(noise().batch_size(50).threads(threads), &regularizer, (197, 1000, 100));
            assert!(alone == together, "{regularizer:?} with {threads} threads");
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit_in_single_precision() {
    threads_change_no_bit::<f32>();
}

#[test]
fn the_number_of_threads_changes_no_bit_in_double_precision() {
    threads_change_no_bit::<f64>();
}

/// The order of the samples, the corruption and the noise of a regularizer all come from the seed;
/// a batch of all samples leaves no role to the order.
#[test]
fn the_seed_decides_every_bit() {
    let builder = || Trainer::<f64>::builder().batch_size(12);
    let plain = &Unregularized as &dyn Regularizer<f64>;
    let first_order = FirstOrderDenoising::new(0.1).unwrap();
    for (trainer, regularizer) in [
        (builder().batch_size(5), plain),
        (builder().corruption(GaussianNoise::new(0.1).unwrap()), plain),
        (builder().corruption(Masking::new(0.3).unwrap()), plain),
        (builder().corruption(SaltAndPepper::of_data(0.3, &data::<f64>(5, 12)).unwrap()), plain),
        (builder(), &first_order),
    ] {
        let with = |seed| bits(trainer.clone().seed(seed), regularizer, (5, 600, 12));
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2), "{trainer:?}, {regularizer:?}");
    }
}

#[test]
fn the_seed_of_a_model_decides_its_filters() {
    let filters = |seed| Parameters::<f64>::glorot_uniform(3, 5, false, seed).unwrap();
    assert_eq!(filters(1), filters(1));
    assert_ne!(filters(1), filters(2));
    let model = RegularizedAutoEncoder::builder(3, 5).seed(1).build().unwrap();
    assert_eq!(*model.parameters(), filters(1));
}

/// In every epoch each sample has its turn, in an order that differs between epochs and seeds.
#[test]
fn every_epoch_is_shuffled_anew() {
    let samples = data(4, 12);
    let losses = |seed| {
        let trainer = Trainer::builder().learning_rate(FROZEN).batch_size(1).epochs(3).seed(seed);
        observed(trainer, &mut model(Unregularized), &samples).objectives()
    };
    let given: Vec<f64> = samples
        .column_iter()
        .map(|sample| model(Unregularized).objective(&sample.clone_owned()).unwrap().total())
        .collect();
    let sorted = |losses: &[f64]| {
        let mut sorted = losses.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (first, second) = (losses(1), losses(2));
    let mut orders: Vec<_> = first.chunks(12).chain(second.chunks(12)).collect();
    for order in &orders {
        assert!(relative_error(&sorted(order), &sorted(&given), 1.0) < ROUNDING);
    }
    orders.push(&given);
    for (at, order) in orders.iter().enumerate() {
        assert!(orders[..at].iter().all(|other| relative_error(order, other, 1.0) > 0.01));
    }
}

#[test]
fn an_incomplete_batch_is_left_out_by_fit_and_used_in_pieces() {
    let samples = data(4, 23);
    let trainer = Trainer::builder().batch_size(5).epochs(3).build().unwrap();
    let report = trainer.fit(&mut model(Unregularized), &samples).unwrap();
    assert_eq!((report.steps, report.history.len()), (3 * 4, 3));
    assert_eq!(report.stop_reason, StopReason::Completed);

    let mut model = model(Unregularized);
    let mut state = TrainingState::new(&model);
    for piece in 1..=2 {
        let report = trainer.partial_fit(&mut model, &mut state, &samples).unwrap();
        assert_eq!((report.steps, report.history.len()), (5, 1));
        assert_eq!((state.pieces(), state.steps()), (piece, 5 * piece));
    }
}

/// Two pieces with one state are one long piece; with a state of its own, the second piece begins
/// without momentum.
#[test]
fn momentum_is_carried_from_piece_to_piece() {
    let samples = data::<f64>(4, 30);
    let (first, second) = (samples.columns(0, 20).clone_owned(), samples.columns(20, 10).into());
    let trainer = Trainer::builder().batch_size(5).build().unwrap();
    let train = |pieces: &[&DMatrix<f64>], with_one_state: bool| {
        let mut model = model(Contractive::new());
        let mut state = TrainingState::new(&model);
        for piece in pieces {
            if !with_one_state {
                state = TrainingState::new(&model);
            }
            trainer.partial_fit(&mut model, &mut state, *piece).unwrap();
        }
        model
    };
    assert_eq!(train(&[&first, &second], true), train(&[&samples], true));
    assert_ne!(train(&[&first, &second], false), train(&[&samples], true));
}

/// Each step multiplies the velocity by its own trainer's μ: without one, and without a rate that
/// changes anything, nothing moves.
#[test]
fn each_piece_has_the_momentum_of_its_trainer() {
    let samples = data::<f64>(4, 30);
    let trainer = |momentum: f64, rate: f64| {
        Trainer::builder().momentum(momentum).learning_rate(rate).batch_size(5).build().unwrap()
    };
    let mut model = model(Contractive::new());
    let mut state = TrainingState::new(&model);
    trainer(0.9, 1e-3).partial_fit(&mut model, &mut state, &samples).unwrap();
    let moved = model.clone();
    trainer(0.0, FROZEN).partial_fit(&mut model, &mut state.clone(), &samples).unwrap();
    assert_eq!(model, moved);
    trainer(0.5, FROZEN).partial_fit(&mut model, &mut state, &samples).unwrap();
    assert_ne!(model, moved);
}

/// What is measured between the epochs leaves no trace, not even from a regularizer whose
/// derivative by the filters is infinite there.
#[test]
fn validation_changes_no_bit_of_a_training() {
    #[derive(Debug)]
    struct InfiniteOutside;
    impl RegularizerMetadata for InfiniteOutside {}
    impl Regularizer<f64> for InfiniteOutside {
        fn accumulate(&self, forward: &Forward<'_, f64>, out: &mut Cotangents<'_, f64>) -> f64 {
            let is_outside = forward.input(0)[0] > 50.0;
            let slope = if is_outside { f64::INFINITY } else { 0.01 };
            out.add_filter(0, vec![slope; 4]);
            0.0
        }
    }
    let (samples, outside) = (data::<f64>(4, 30), DMatrix::from_element(4, 7, 100.0));
    let trainer = Trainer::builder().batch_size(5).epochs(3).build().unwrap();
    let (mut alone, mut validated) = (model(InfiniteOutside), model(InfiniteOutside));
    trainer.fit(&mut alone, &samples).unwrap();
    let options = FitOptions::default().validation(&outside);
    trainer.fit_with(&mut validated, &samples, options).unwrap();
    assert_eq!(alone.parameters(), validated.parameters());
}

/// Every step of a schedule goes by the rate that the schedule states.
#[test]
fn steps_follow_the_schedule() {
    let samples = data(4, 10);
    let root = 0.5_f64.sqrt();
    // One step an epoch; half a cosine passes through ½ ± √½/2 in its quarters.
    let schedules = [
        (LearningRate::constant(0.1), [0.1; 5]),
        (LearningRate::step(0.1, 2.0, 0.5), [0.1, 0.1, 0.05, 0.05, 0.025]),
        (LearningRate::constant(0.1).with_warm_up(4.0), [0.025, 0.05, 0.075, 0.1, 0.1]),
        (
            LearningRate::cosine(0.1, 4.0, 0.0),
            [0.1, 0.05 * (1.0 + root), 0.05, 0.05 * (1.0 - root), 0.0],
        ),
    ];
    for (schedule, rates) in schedules {
        let mut model = model(Contractive::new());
        let trainer =
            Trainer::builder().learning_rate(schedule).momentum(0.0).batch_size(10).epochs(5);
        let mut at = model.clone();
        let notes = observed(trainer, &mut model, &samples);
        for (note, rate) in notes.steps.iter().zip(rates) {
            assert!((note.learning_rate - rate).abs() < ROUNDING, "{schedule:?}");
            let gradient = entries(&at.gradient(&samples).unwrap().1);
            let before = values(at.parameters());
            let after: Vec<f64> =
                before.iter().zip(gradient).map(|(value, g)| value - rate * g).collect();
            assert!(relative_error(&values(&note.parameters), &after, 1.0) < ROUNDING);
            at.set_parameters(note.parameters.clone()).unwrap();
        }
        let recorded: Vec<f64> =
            notes.reports[0].history.iter().map(|record| record.learning_rate).collect();
        assert!(relative_error(&recorded, &rates, 1.0) < ROUNDING);
    }
}

/// What an observer is told agrees with what the trainer returns.
#[test]
fn observers_are_told_everything_in_order() {
    let samples = data(4, 23);
    let mut model = model(Contractive::new());
    let before = model.parameters().clone();
    let trainer = Trainer::builder().batch_size(5).epochs(3);
    let notes = observed(trainer, &mut model, &samples);
    let places: Vec<_> = notes.steps.iter().map(|note| note.place).collect();
    let expected: Vec<_> = (0..3).flat_map(|epoch| (0..4).map(move |step| (epoch, step))).collect();
    assert_eq!(places, expected);
    assert_eq!(notes.start, [before]);
    assert_eq!(notes.epochs.last(), Some(model.parameters()));
    let [report] = &notes.reports[..] else { panic!("{} reports", notes.reports.len()) };
    for (epoch, record) in report.history.iter().enumerate() {
        assert_eq!(record.epoch, epoch);
        assert_eq!(notes.epochs[epoch], notes.steps[4 * epoch + 3].parameters);
        let mean = notes.objectives()[4 * epoch..][..4].iter().sum::<f64>() / 4.0;
        assert!((record.objective() - mean).abs() < ROUNDING * mean);
    }
}

/// An observer that stops leaves the model as it is at that moment, wherever it stops.
#[test]
fn a_stop_keeps_the_parameters_of_the_moment() {
    let samples = data(4, 20);
    let trainer = || Trainer::builder().batch_size(5).epochs(3).constraint(Constraint::UNIT);
    let whole = observed(trainer(), &mut model(Unregularized), &samples);
    let stopped = |mut notes: Notes<f64>| {
        let mut model = model(Unregularized);
        let options = FitOptions::default().observer(&mut notes);
        let report = trainer().build().unwrap().fit_with(&mut model, &samples, options).unwrap();
        assert_eq!(report.stop_reason, StopReason::Observer);
        assert_eq!(notes.reports.last(), Some(&report));
        assert_eq!(notes.kept.last(), Some(model.parameters()));
        (model.parameters().clone(), report.steps, report.history.len())
    };
    let at_start = Notes { stop_at_start: true, ..Notes::default() };
    assert_eq!(stopped(at_start), (whole.start[0].clone(), 0, 0));
    let after_steps = Notes { stop_after_steps: Some(6), ..Notes::default() };
    assert_eq!(stopped(after_steps), (whole.steps[5].parameters.clone(), 6, 1));
    let after_epochs = Notes { stop_after_epochs: Some(2), ..Notes::default() };
    assert_eq!(stopped(after_epochs), (whole.epochs[1].clone(), 8, 2));
}

/// The validation objective of each epoch, and the parameters after it.
fn validated<R: Regularizer<f64>>(
    trainer: TrainerBuilder<f64>,
    model: &mut RegularizedAutoEncoder<f64, Sigmoid, R>,
    validation: &DMatrix<f64>,
) -> Vec<(f64, Parameters<f64>)> {
    let mut notes = Notes::default();
    let options = FitOptions::default().validation(validation).observer(&mut notes);
    let report = trainer.build().unwrap().fit_with(model, &data(4, 20), options).unwrap();
    report.history.iter().map(|record| record.validation.unwrap()).zip(notes.epochs).collect()
}

/// In one batch for any R; in several where R is a mean over the samples.
#[test]
fn validation_is_the_objective_on_the_validation_set() {
    let validation = data(4, 33).columns(20, 13).clone_owned();
    for (batch_size, regularizer) in [
        (13, Box::new(KlSparsity::new(0.0).unwrap()) as AnyRegularizer<f64>),
        (20, Box::new(Contractive::new())),
        (5, Box::new(Contractive::new())),
    ] {
        let mut model = model(&*regularizer);
        let trainer = Trainer::builder().learning_rate(0.01).batch_size(batch_size).epochs(4);
        let epochs = validated(trainer, &mut model, &validation);
        assert_eq!(epochs.len(), 4);
        for (found, parameters) in epochs {
            model.set_parameters(parameters).unwrap();
            let expected = model.objective(&validation).unwrap().total();
            assert!((found - expected).abs() < ROUNDING * expected, "{found}, not {expected}");
            let clean = model.objective(&data(4, 13)).unwrap().total();
            assert!((found - clean).abs() > 1e-3, "another set has another objective");
        }
    }
}

/// Validation sees the same noise in every epoch, training new one.
#[test]
fn only_training_draws_its_noise_anew() {
    let frozen = || Trainer::builder().learning_rate(FROZEN).batch_size(20).epochs(3);
    let denoising = || frozen().corruption(GaussianNoise::new(0.2).unwrap());
    let first_order = || model(FirstOrderDenoising::new(0.2).unwrap());
    let differ = |objectives: Vec<f64>| {
        assert_eq!(objectives.len(), 3);
        (0..3).all(|at| (objectives[at] - objectives[(at + 1) % 3]).abs() > 1e-6)
    };
    let samples = data(4, 20);
    assert!(!differ(observed(frozen(), &mut model(Unregularized), &samples).objectives()));
    assert!(differ(observed(denoising(), &mut model(Unregularized), &samples).objectives()));
    assert!(differ(observed(frozen(), &mut first_order(), &samples).objectives()));

    let validations = [
        validated(denoising(), &mut model(Unregularized), &samples),
        validated(frozen(), &mut first_order(), &samples),
    ];
    let clean = model(Unregularized).objective(&samples).unwrap().total();
    for epochs in validations {
        assert!(epochs.iter().all(|epoch| epoch.0 == epochs[0].0));
        assert!((epochs[0].0 - clean).abs() > 1e-3, "noise is in the validation too");
    }
}

/// Whether it stops or completes, early stopping gives the parameters of a training of as many epochs
/// as the best one: the last whose objective fell far enough below the best before.
#[test]
fn early_stopping_keeps_the_best_epoch() {
    const EPOCHS: usize = 9;
    let (samples, validation) = (data(4, 20), data(4, 33).columns(20, 13).clone_owned());
    // With so much momentum J overshoots, and falls again.
    let trainer = |epochs| {
        Trainer::builder().learning_rate(0.05).momentum(0.95).batch_size(20).epochs(epochs)
    };
    let fit = |trainer: TrainerBuilder<f64>, options: FitOptions<'_, f64>| {
        let mut model = model(Unregularized);
        let report = trainer.build().unwrap().fit_with(&mut model, &samples, options).unwrap();
        (report, model.parameters().clone())
    };
    let mut seen = Vec::new();
    for with_validation in [false, true] {
        for (patience, minimum_improvement) in [(1, 0.0), (3, 0.0), (1, 0.5), (EPOCHS, 0.0)] {
            let stopping = EarlyStopping { patience, minimum_improvement };
            let mut options = FitOptions::default();
            if with_validation {
                options = options.validation(&validation);
            }
            let (report, parameters) = fit(trainer(EPOCHS).early_stopping(stopping), options);

            let history = report.history.iter();
            let watched: Vec<f64> =
                history.map(|record| record.validation.unwrap_or(record.objective())).collect();
            let fold = |least: f64| {
                (0..watched.len()).fold(0, |best, epoch| {
                    if watched[epoch] < watched[best] - least { epoch } else { best }
                })
            };
            let (best_epoch, last_improvement) = (fold(0.0), fold(minimum_improvement));
            let (length, stop_reason) = if last_improvement + patience < EPOCHS {
                (last_improvement + 1 + patience, StopReason::EarlyStopping)
            } else {
                (EPOCHS, StopReason::Completed)
            };
            assert_eq!((report.history.len(), report.stop_reason), (length, stop_reason));
            assert_eq!(report.best_epoch, Some(best_epoch));
            let (_, expected) = fit(trainer(best_epoch + 1), FitOptions::default());
            assert_eq!(parameters, expected);
            if best_epoch + 1 < length {
                assert_ne!(parameters, fit(trainer(length), FitOptions::default()).1);
            }
            seen.push((best_epoch, length));
        }
    }
    assert!(seen.iter().all(|(best, _)| *best > 0));
    assert!(seen[2].1 < seen[0].1, "small improvements do not count");
    assert!(seen.iter().any(|(best, length)| best + 1 < *length), "something is put back");
}
