//! New filters for dead units.

use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{
    Activation, ActivationMetadata, Constraint, DeadUnitResampling, EpochEvent, Error, Every,
    FitOptions, GaussianNoise, LearningRate, Observer, Optimizer, Parameters,
    RegularizedAutoEncoder, Relu, Sigmoid, StepEvent, Trainer, TrainerBuilder, metrics,
};
use std::ops::ControlFlow;

const INPUTS: usize = 6;
const BATCH: usize = 10;
const SAMPLES: usize = 64;
/// Units that are dead at first, of three blocks.
const DEAD: [usize; 4] = [0, 7, 300, 599];
const HIDDEN: usize = 600;

fn data() -> DMatrix<f64> {
    DMatrix::from_fn(INPUTS, SAMPLES, |i, j| (1.3 * (j as f64 + 1.0) * (i as f64 + 0.7)).sin())
}

/// The biases of the dead units are so low that no sample activates them.
fn parameters() -> Parameters<f64> {
    let drawn = Parameters::<f64>::glorot_uniform(INPUTS, HIDDEN, true, 1).unwrap();
    let (filters, mut bias, decoder_bias) = drawn.into_parts();
    DEAD.iter().for_each(|unit| bias[*unit] = -9.0);
    Parameters::new(filters, bias, decoder_bias).unwrap()
}

fn model<A: Activation<f64>>(
    activation: A,
) -> RegularizedAutoEncoder<f64, A, regularized_autoencoder::Unregularized> {
    RegularizedAutoEncoder::builder(INPUTS, HIDDEN)
        .activation(activation)
        .parameters(parameters())
        .build()
        .unwrap()
}

fn trainer() -> TrainerBuilder<f64> {
    Trainer::builder().batch_size(BATCH).epochs(4).learning_rate(1e-4)
}

fn resampling(every: Every) -> DeadUnitResampling {
    DeadUnitResampling { every, samples: 35 }
}

/// The parameters after each step, how many units were resampled before it, and those after each
/// epoch.
#[derive(Default)]
struct Notes {
    steps: Vec<(usize, Parameters<f64>)>,
    epochs: Vec<usize>,
}

impl Observer<f64> for Notes {
    fn on_step(&mut self, event: &StepEvent<'_, f64>) -> ControlFlow<()> {
        self.steps.push((event.resampled, event.parameters.clone()));
        ControlFlow::Continue(())
    }
    fn on_epoch(&mut self, event: &EpochEvent<'_, f64>) -> ControlFlow<()> {
        self.epochs.push(event.record.resampled);
        ControlFlow::Continue(())
    }
}

fn notes<A: Activation<f64>>(trainer: TrainerBuilder<f64>, activation: A) -> Notes {
    let mut notes = Notes::default();
    let options = FitOptions::default().observer(&mut notes);
    trainer.build().unwrap().fit_with(&mut model(activation), &data(), options).unwrap();
    notes
}

#[test]
fn dead_units_come_to_life() {
    let dead = |trainer: TrainerBuilder<f64>| {
        let mut model = model(Relu);
        let report = trainer.build().unwrap().fit(&mut model, &data()).unwrap();
        let evaluation = metrics::evaluate(&model, &data()).unwrap();
        let of_these = DEAD.iter().filter(|unit| evaluation.activation_rate[**unit] == 0.0);
        let resampled: Vec<_> = report.history.iter().map(|record| record.resampled).collect();
        (of_these.count(), resampled)
    };
    assert_eq!(dead(trainer()), (DEAD.len(), vec![0; 4]), "by themselves they stay dead");
    for optimizer in [Optimizer::default(), Optimizer::ADAM] {
        for constraint in [Constraint::None, Constraint::UNIT, Constraint::MaxNorm(0.2)] {
            let trainer = trainer().optimizer(optimizer).constraint(constraint);
            let every = Every::Epochs(1);
            let (left, resampled) = dead(trainer.dead_unit_resampling(resampling(every)));
            assert_eq!(left, 0, "{constraint:?}");
            assert_eq!(resampled[..2], [0, DEAD.len()], "{constraint:?}");
        }
    }
}

/// Every so many steps or epochs, before the step that follows, and never after the last one.
#[test]
fn it_happens_when_the_interval_has_passed() {
    for (every, expected) in [
        (Every::Steps(4), vec![4]),
        (Every::Steps(9), vec![9]),
        (Every::Epochs(1), vec![6]),
        (Every::Epochs(3), vec![18]),
        (Every::Steps(24), vec![]),
        (Every::Epochs(4), vec![]),
    ] {
        let notes = notes(trainer().dead_unit_resampling(resampling(every)), Relu);
        assert_eq!(notes.steps.len(), 24);
        let steps = notes.steps.iter().enumerate();
        let at: Vec<_> = steps.filter(|(_, (count, _))| *count > 0).map(|(at, _)| at).collect();
        assert_eq!(at, expected, "{every:?}");
        let of_epoch = |epoch: usize| {
            let of_steps = notes.steps[6 * epoch..][..6].iter().map(|(count, _)| count);
            of_steps.sum::<usize>()
        };
        assert_eq!(notes.epochs, (0..4).map(of_epoch).collect::<Vec<_>>());
    }
}

/// A sigmoid with a δ_min of 0.1, below which its units have a gradient all the same.
#[derive(Clone, Copy, Debug)]
struct Dim;

impl ActivationMetadata for Dim {
    fn properties(&self) -> regularized_autoencoder::Properties {
        let mut properties = Sigmoid.properties();
        properties.threshold.code = 0.1;
        properties
    }
}

impl Activation<f64> for Dim {
    fn value(&self, a: f64) -> f64 {
        Activation::<f64>::value(&Sigmoid, a)
    }
    fn derivative(&self, a: f64) -> f64 {
        Activation::<f64>::derivative(&Sigmoid, a)
    }
    fn second_derivative(&self, a: f64) -> f64 {
        Activation::<f64>::second_derivative(&Sigmoid, a)
    }
}

/// In the second epoch, with a rate of 0, only the velocities of the first move anything: those of
/// the live units as if nothing had happened, those of the others not at all.
#[test]
fn new_filters_point_to_samples_and_rest_and_the_others_go_on() {
    let x = data();
    for constraint in [Constraint::None, Constraint::Length(0.7), Constraint::MaxNorm(0.02)] {
        for clip in [None, Some(1.0)] {
            let mut trainer =
                trainer().epochs(2).learning_rate(LearningRate::step(1e-3, 1.0, 1e-300));
            if let Some(bound) = clip {
                trainer = trainer.clip_norm(bound);
            }
            let trainer = || trainer.clone().constraint(constraint);
            let every = Every::Epochs(1);
            let with = notes(trainer().dead_unit_resampling(resampling(every)), Dim);
            let without = notes(trainer(), Dim);
            assert_eq!(with.steps[..6], without.steps[..6]);
            assert_eq!(with.steps[6].0, DEAD.len());

            let before = &with.steps[5].1;
            let live = (0..HIDDEN).filter(|unit| !DEAD.contains(unit));
            let lengths = before.filter_lengths();
            let mean =
                live.clone().map(|unit| lengths[unit]).sum::<f64>() / live.clone().count() as f64;
            let length = match constraint {
                Constraint::Length(length) => length,
                Constraint::MaxNorm(bound) => bound.min(0.2 * mean),
                Constraint::None => 0.2 * mean,
            };
            for (at, (_, parameters)) in with.steps.iter().enumerate().skip(6) {
                let (_, undisturbed) = &without.steps[at];
                for unit in live.clone() {
                    let filter = |parameters: &Parameters<f64>| {
                        parameters.filters().column(unit).clone_owned()
                    };
                    assert!(filter(parameters) == filter(undisturbed));
                    assert!(parameters.encoder_bias()[unit] == undisturbed.encoder_bias()[unit]);
                }
                assert!(parameters.decoder_bias() == undisturbed.decoder_bias());
                for unit in DEAD {
                    let filter = parameters.filters().column(unit);
                    assert!((filter.norm() / length - 1.0).abs() < 1e-12, "{constraint:?}");
                    let is_along = |x: &DVector<f64>| {
                        (filter.dot(x) / filter.norm() / x.norm() - 1.0).abs() < 1e-12
                    };
                    assert!(x.column_iter().any(|x| is_along(&x.clone_owned())));
                    assert!(parameters.encoder_bias()[unit].abs() < 1e-290);
                    // Without the reset they would have gone on.
                    assert!(undisturbed.filters().column(unit) != before.filters().column(unit));
                }
            }
            let directions: Vec<_> =
                DEAD.map(|unit| with.steps[6].1.filters().column(unit).clone_owned()).into();
            assert!(directions.iter().any(|one| one != &directions[0]), "each draws for itself");
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit_and_the_seed_decides() {
    for optimizer in [Optimizer::default(), Optimizer::ADAM] {
        let trainer = trainer()
            .optimizer(optimizer)
            .corruption(GaussianNoise::new(0.2).unwrap())
            .dead_unit_resampling(resampling(Every::Steps(5)));
        let alone = notes(trainer.clone(), Relu).steps;
        assert!(alone.iter().any(|(resampled, _)| *resampled > 0));
        for threads in [2, 3, 4] {
            assert!(notes(trainer.clone().threads(threads), Relu).steps == alone);
        }
        assert!(notes(trainer.clone().seed(1), Relu).steps != alone);
    }
}

/// Samples that are 0, or reconstructed without an error, are no direction.
#[test]
fn without_a_direction_nothing_happens() {
    let resampling = resampling(Every::Steps(1));
    let trainer = trainer().dead_unit_resampling(resampling).build().unwrap();
    let mut model = model(Relu);
    let report = trainer.fit(&mut model, &DMatrix::zeros(INPUTS, SAMPLES)).unwrap();
    assert!(report.history.iter().all(|record| record.resampled == 0));
    assert!(DEAD.iter().all(|unit| model.parameters().encoder_bias()[*unit] == -9.0));
}

#[test]
fn counts_of_0_are_refused() {
    for (resampling, name) in [
        (DeadUnitResampling { every: Every::Steps(0), samples: 1 }, "interval of steps"),
        (DeadUnitResampling { every: Every::Epochs(0), samples: 1 }, "interval of epochs"),
        (
            DeadUnitResampling { every: Every::Steps(1), samples: 0 },
            "samples for the resampling of dead units",
        ),
    ] {
        let error = trainer().dead_unit_resampling(resampling).build().unwrap_err();
        assert!(matches!(error, Error::Zero { name: found } if found == name), "{error}");
    }
}
