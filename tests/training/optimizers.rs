//! Adam and clipping: the steps that the papers define, the bits for any number of threads, and the
//! errors.

use crate::common::*;
use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{
    Constraint, Contractive, Cotangents, Error, FirstOrderDenoising, FitOptions, Forward,
    GaussianNoise, Needs, Observer, Optimizer, Parameters, Real, RegularizedAutoEncoder,
    Regularizer, RegularizerMetadata, SecondOrderDenoising, Shape, StepEvent, Trainer,
    TrainerBuilder, TrainingState, Unregularized, WeightDecay,
};
use serde::Deserialize;
use std::ops::ControlFlow;

/// What `tests/data/adam/reference.py` has written.
#[derive(Deserialize)]
struct Reference {
    n_inputs: usize,
    n_hidden: usize,
    samples: Vec<Vec<f64>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    /// `None`: Adam.
    momentum: Option<f64>,
    clip: Option<f64>,
    decoder_bias: bool,
    unit_length: bool,
    start: Vec<f64>,
    after: Vec<After>,
}

/// W row by row, which is filter by filter, encoder bias, decoder bias.
#[derive(Deserialize)]
struct After {
    step: usize,
    theta: Vec<f64>,
}

impl Case {
    fn trainer<T: Real>(&self) -> TrainerBuilder<T> {
        let Self { beta1, beta2, epsilon, .. } = *self;
        let adam = Optimizer::Adam { beta1, beta2, epsilon };
        let optimizer = self.momentum.map_or(adam, |momentum| Optimizer::Sgd { momentum });
        let constraint = if self.unit_length { Constraint::UNIT } else { Constraint::None };
        let trainer =
            Trainer::builder().optimizer(optimizer).learning_rate(self.rate).constraint(constraint);
        match self.clip {
            Some(bound) => trainer.clip_norm(bound),
            None => trainer,
        }
    }
}

#[test]
fn steps_are_those_of_the_papers() {
    fn check<T: Real>(tolerance: f64) {
        let text = include_str!("../data/adam/reference.json");
        let reference: Reference = serde_json::from_str(text).unwrap();
        let (n, m, samples) = (reference.n_inputs, reference.n_hidden, &reference.samples);
        let x = DMatrix::from_fn(n, samples.len(), |i, j| T::of(samples[j][i]));
        assert_eq!(reference.cases.len(), 6);
        for (number, case) in reference.cases.iter().enumerate() {
            let numbers = |range: std::ops::Range<usize>| {
                case.start[range].iter().map(|value| T::of(*value)).collect::<Vec<_>>()
            };
            let biases = n * m + m;
            let decoder_bias =
                case.decoder_bias.then(|| DVector::from_vec(numbers(biases..biases + n)));
            let start = Parameters::new(
                DMatrix::from_vec(n, m, numbers(0..n * m)),
                DVector::from_vec(numbers(n * m..biases)),
                decoder_bias,
            );
            let mut model =
                RegularizedAutoEncoder::builder(n, m).parameters(start.unwrap()).build().unwrap();
            let mut steps = Steps::default();
            let trainer = case.trainer().batch_size(samples.len()).epochs(12).build().unwrap();
            let options = FitOptions::default().observer(&mut steps);
            trainer.fit_with(&mut model, &x, options).unwrap();
            assert_eq!(case.after.len(), 3);
            for After { step, theta } in &case.after {
                let error = relative_error(&steps.0[step - 1], theta, 0.0);
                assert!(error < tolerance, "case {number}, step {step}: {error}");
            }
        }
    }
    check::<f64>(1e-12);
    check::<f32>(1e-5);
}

/// The parameters after each step.
#[derive(Default)]
struct Steps(Vec<Vec<f64>>);

impl<T: Real> Observer<T> for Steps {
    fn on_step(&mut self, event: &StepEvent<'_, T>) -> ControlFlow<()> {
        self.0.push(values(event.parameters));
        ControlFlow::Continue(())
    }
}

fn data<T: Real>(n_inputs: usize, n_samples: usize) -> DMatrix<T> {
    DMatrix::from_fn(n_inputs, n_samples, |i, j| {
        T::of((1.3 * (j as f64 + 1.0) * (i as f64 + 0.7)).sin() + 0.1 * i as f64)
    })
}

fn model<T: Real>(
    n_hidden: usize,
    regularizer: &dyn Regularizer<T>,
) -> RegularizedAutoEncoder<T, regularized_autoencoder::Sigmoid, &dyn Regularizer<T>> {
    RegularizedAutoEncoder::builder(5, n_hidden)
        .regularizer(regularizer)
        .decoder_bias(true)
        .build()
        .unwrap()
}

/// The parameters after each step of two epochs.
fn steps<T: Real>(
    trainer: TrainerBuilder<T>,
    n_hidden: usize,
    regularizer: &dyn Regularizer<T>,
) -> Vec<Vec<f64>> {
    let mut steps = Steps::default();
    let options = FitOptions::default().observer(&mut steps);
    let trainer = trainer.batch_size(5).epochs(2).build().unwrap();
    trainer.fit_with(&mut model(n_hidden, regularizer), &data(5, 12), options).unwrap();
    steps.0
}

fn optimizers<T: Real>() -> [TrainerBuilder<T>; 3] {
    let rate = |rate| Trainer::builder().learning_rate(rate).constraint(Constraint::MaxNorm(0.9));
    [
        rate(0.01).optimizer(Optimizer::ADAM),
        rate(0.01).optimizer(Optimizer::ADAM).clip_norm(0.1),
        rate(1e-4).clip_norm(0.1),
    ]
}

/// Three blocks of hidden units.
#[test]
fn the_number_of_threads_changes_no_bit() {
    fn check<T: Real>() {
        let regularizers: [AnyRegularizer<T>; 4] = [
            Box::new(Unregularized),
            Box::new(0.1 * Contractive::new() + 0.01 * WeightDecay::new()),
            Box::new(FirstOrderDenoising::new(0.3).unwrap()),
            Box::new(1e-3 * SecondOrderDenoising::new()),
        ];
        for regularizer in &regularizers {
            for trainer in optimizers::<T>() {
                let trainer = trainer.corruption(GaussianNoise::new(0.1).unwrap());
                let alone = steps(trainer.clone(), 600, regularizer);
                assert!(alone[0] != alone[3]);
                for threads in [2, 3, 4] {
                    let together = steps(trainer.clone().threads(threads), 600, regularizer);
                    assert!(alone == together, "{regularizer:?}, {threads} threads");
                }
            }
        }
    }
    check::<f32>();
    check::<f64>();
}

/// A bound that no gradient exceeds leaves, but for rounding, the steps without one, with every
/// regularizer; one that all exceed makes the first step as long as it says.
#[test]
fn a_gradient_below_the_bound_is_not_clipped() {
    for regularizer in regularizers::<f64>(5) {
        for trainer in [Trainer::builder(), Trainer::builder().constraint(Constraint::UNIT)] {
            let trainer = || trainer.clone().learning_rate(1e-3);
            let plain = steps(trainer(), 7, &*regularizer);
            let bounded = steps(trainer().clip_norm(1e6), 7, &*regularizer);
            for (plain, bounded) in plain.iter().zip(&bounded) {
                assert!(relative_error(bounded, plain, 0.0) < 1e-10, "{regularizer:?}");
            }
        }
        let rate = Trainer::builder().learning_rate(0.5);
        let clipped = steps(rate.clip_norm(1e-3), 7, &*regularizer);
        let start = values(model::<f64>(7, &*regularizer).parameters());
        let moved = clipped[0].iter().zip(&start).map(|(now, before)| (now - before).powi(2));
        let length = moved.sum::<f64>().sqrt();
        assert!((length / 0.5e-3 - 1.0).abs() < 1e-9, "{regularizer:?}: {length}");
    }
}

/// Adam on c · J moves as on J where ε is small: λ alone, without J_AE, would be of no effect.
#[test]
fn adam_does_not_see_the_scale_of_the_gradient() {
    let moved = |scale: f64, optimizer: Optimizer| {
        let regularizer = scale * WeightDecay::new() + 0.0 * Contractive::new();
        let mut model = model::<f64>(3, &regularizer);
        let trainer = Trainer::builder().optimizer(optimizer).learning_rate(1e-3).batch_size(5);
        // With inputs of about 0, ∂J_AE is far below that of the weight decay.
        let x = data::<f64>(5, 5) * 1e-9;
        let (filters, bias, _) = model.parameters().clone().into_parts();
        let bias = bias.map(|_| -40.0);
        model
            .set_parameters(Parameters::new(filters, bias, Some(DVector::zeros(5))).unwrap())
            .unwrap();
        let before = model.parameters().filters().clone();
        trainer.epochs(5).build().unwrap().fit(&mut model, &x).unwrap();
        let after = model.parameters().filters();
        (after - before).iter().copied().collect::<Vec<f64>>()
    };
    let (one, hundred) = (moved(1.0, Optimizer::ADAM), moved(100.0, Optimizer::ADAM));
    assert!(relative_error(&hundred, &one, 0.0) < 1e-6);
    let sgd = Optimizer::default();
    assert!(relative_error(&moved(100.0, sgd), &moved(1.0, sgd), 0.0) > 10.0);
}

/// Pieces that follow one another with one state are one long piece.
#[test]
fn moments_are_carried_from_piece_to_piece() {
    let samples = data::<f64>(5, 30);
    let (first, second) = (samples.columns(0, 20).clone_owned(), samples.columns(20, 10).into());
    for trainer in optimizers::<f64>() {
        let trainer = trainer.batch_size(5).build().unwrap();
        let train = |pieces: &[&DMatrix<f64>], with_one_state: bool| {
            let regularizer = Contractive::new();
            let mut model = model(6, &regularizer);
            let mut state = TrainingState::new(&model);
            for piece in pieces {
                if !with_one_state {
                    state = TrainingState::new(&model);
                }
                trainer.partial_fit(&mut model, &mut state, *piece).unwrap();
            }
            values(model.parameters())
        };
        assert_eq!(train(&[&first, &second], true), train(&[&samples], true));
        assert_ne!(train(&[&first, &second], false), train(&[&samples], true));
    }
}

#[test]
fn a_state_is_one_of_its_optimizer() {
    let samples = data::<f64>(5, 30);
    let regularizer = Unregularized;
    let mut model = model(6, &regularizer);
    let of = |optimizer| Trainer::builder().optimizer(optimizer).build().unwrap();
    let (adam, sgd) = (of(Optimizer::ADAM), of(Optimizer::default()));
    for (first, second, names) in [(&adam, &sgd, "Adam"), (&sgd, &adam, "momentum")] {
        let mut state = TrainingState::new(&model);
        first.partial_fit(&mut model, &mut state, &samples).unwrap();
        let before = model.parameters().clone();
        let error = second.partial_fit(&mut model, &mut state, &samples).unwrap_err();
        assert!(
            matches!(&error, Error::OtherTraining { setting, before, .. }
                if setting == "optimizer" && before.contains(names)),
            "{error}"
        );
        assert_eq!(*model.parameters(), before);
        first.partial_fit(&mut model, &mut state, &samples).unwrap();
    }
}

/// Adds a gradient of one value to one filter.
#[derive(Debug)]
struct Pull(f64);

impl RegularizerMetadata for Pull {
    fn needs(&self, _: Shape) -> Needs {
        Needs::per_unit()
    }
}

impl<T: Real> Regularizer<T> for Pull {
    fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        if forward.units().contains(&300) {
            out.add_filter(300 - forward.units().start, [T::of(self.0); 5]);
        }
        T::zero()
    }
}

#[test]
fn what_is_not_finite_is_an_error_that_names_it() {
    fn quantity<T: Real>(trainer: TrainerBuilder<T>, pull: f64) -> (&'static str, Option<usize>) {
        let regularizer = Pull(pull);
        let mut model = model::<T>(600, &regularizer);
        let before = model.parameters().clone();
        let trainer = trainer.batch_size(5).threads(2).build().unwrap();
        let error = trainer.fit(&mut model, &data(5, 12)).unwrap_err();
        assert_eq!(*model.parameters(), before);
        match error {
            Error::Diverged { epoch: 0, step: 0, quantity, unit, .. } => (quantity, unit),
            other => panic!("{other}"),
        }
    }
    for value in [f64::NAN, f64::INFINITY] {
        for trainer in optimizers::<f32>() {
            assert_eq!(quantity(trainer, value), ("weight gradient", Some(300)));
        }
        for trainer in optimizers::<f64>() {
            assert_eq!(quantity(trainer, value), ("weight gradient", Some(300)));
        }
    }
    // The square of the gradient overflows.
    let [adam, clipped_adam, clipped] = optimizers::<f32>();
    let moment = ("second moment of the gradient", Some(300));
    assert_eq!(quantity(adam, 1e30), moment);
    let [_, clipped_adam_in_f64, clipped_in_f64] = optimizers::<f64>();
    let norm = ("norm of the gradient", None);
    assert_eq!(quantity(clipped_adam_in_f64, 1e200), norm);
    assert_eq!(quantity(clipped_in_f64, 1e200), norm);
    // In f32 the norm is found, and the gradient clipped.
    for trainer in [clipped_adam, clipped] {
        let regularizer = Pull(1e30);
        let mut model = model::<f32>(600, &regularizer);
        trainer.batch_size(5).build().unwrap().fit(&mut model, &data(5, 12)).unwrap();
    }
}

#[test]
fn numbers_outside_their_range_are_refused() {
    let refused = |trainer: TrainerBuilder<f32>, parts: [&str; 2]| {
        let error = trainer.build().unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    };
    let builder = Trainer::<f32>::builder;
    for value in [-0.1, 1.0, f64::NAN, f64::INFINITY] {
        let adam = |beta1, beta2| Optimizer::Adam { beta1, beta2, epsilon: 1e-8 };
        refused(builder().optimizer(adam(value, 0.9)), ["β₁ is", "in [0, 1)"]);
        refused(builder().optimizer(adam(0.9, value)), ["β₂ is", "in [0, 1)"]);
        refused(builder().optimizer(Optimizer::Sgd { momentum: value }), ["momentum", "[0, 1)"]);
    }
    for value in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
        let adam = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: value };
        refused(builder().optimizer(adam), ["ε is", "greater than 0"]);
        refused(builder().clip_norm(value), ["bound of the gradient's norm", "greater than 0"]);
    }
    // What f32 would round to 1 or to 0.
    let sgd = Optimizer::Sgd { momentum: 0.99999999 };
    let adam = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-50 };
    refused(builder().optimizer(sgd), ["momentum is 0.99999999", "in [0, 1) in f32"]);
    refused(builder().optimizer(adam), ["ε is", "a normal number of f32"]);
    refused(builder().clip_norm(1e-50), ["bound of the gradient's norm", "normal number of f32"]);
    refused(builder().learning_rate(1e-50), ["learning rate is", "a normal number of f32"]);
    for optimizer in [sgd, adam] {
        Trainer::<f64>::builder().optimizer(optimizer).learning_rate(1e-50).build().unwrap();
    }
}
