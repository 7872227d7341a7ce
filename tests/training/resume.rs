//! A training that is interrupted and goes on from a checkpoint ends with the bits of one that is
//! not.

use crate::common::*;
use nalgebra::DMatrix;
use regularized_autoencoder::{
    Activation, Checkpoint, Constraint, Contractive, DeadUnitResampling, EarlyStopping, EpochEvent,
    Error, Every, FirstOrderDenoising, FitOptions, GaussianNoise, HessianPenalty, LearningRate,
    Masking, Observer, Optimizer, Parameters, Real, RegularizedAutoEncoder, Regularizer, Relu,
    Report, SaltAndPepper, Sigmoid, Softplus, StartEvent, StepEvent, StopReason, Trainer,
    TrainerBuilder, Training, Unregularized, train_many,
};
use std::ops::ControlFlow;

const INPUTS: usize = 5;
const BATCH: usize = 5;
/// Four steps an epoch; three samples are left out.
const SAMPLES: usize = 23;
const STEPS_PER_EPOCH: usize = SAMPLES / BATCH;
const EPOCHS: usize = 3;

fn data<T: Real>(n_samples: usize) -> DMatrix<T> {
    DMatrix::from_fn(INPUTS, n_samples, |i, j| {
        T::of((1.3 * (j as f64 + 1.0) * (i as f64 + 0.7)).sin() + 0.1 * i as f64)
    })
}

/// What is trained, and how.
struct Case<T: Real> {
    trainer: TrainerBuilder<T>,
    activation: AnyActivation<T>,
    regularizer: AnyRegularizer<T>,
    n_hidden: usize,
    decoder_bias: bool,
    /// Every third unit begins with a bias so low that it is dead.
    some_are_dead: bool,
    validation: Option<DMatrix<T>>,
}

type Model<'a, T> = RegularizedAutoEncoder<T, &'a dyn Activation<T>, &'a dyn Regularizer<T>>;

impl<T: Real> Case<T> {
    fn new(regularizer: AnyRegularizer<T>) -> Self {
        Self {
            trainer: Trainer::builder().batch_size(BATCH).epochs(EPOCHS).learning_rate(1e-3),
            activation: Box::new(Sigmoid),
            regularizer,
            n_hidden: 7,
            decoder_bias: true,
            some_are_dead: false,
            validation: None,
        }
    }

    fn with(self, change: impl FnOnce(TrainerBuilder<T>) -> TrainerBuilder<T>) -> Self {
        Self { trainer: change(self.trainer), ..self }
    }

    fn model(&self, seed: u64) -> Model<'_, T> {
        let (has_bias, m) = (self.decoder_bias, self.n_hidden);
        let drawn = Parameters::glorot_uniform(INPUTS, m, has_bias, seed).unwrap();
        let (filters, mut bias, decoder_bias) = drawn.into_parts();
        if self.some_are_dead {
            bias.iter_mut().step_by(3).for_each(|bias| *bias = T::of(-9.0));
        }
        RegularizedAutoEncoder::builder(INPUTS, m)
            .activation(&*self.activation)
            .regularizer(&*self.regularizer)
            .parameters(Parameters::new(filters, bias, decoder_bias).unwrap())
            .build()
            .unwrap()
    }

    /// Trains; a checkpoint replaces the parameters, so that the seed of the model is of no matter.
    fn train(
        &self,
        threads: usize,
        resume: Option<Checkpoint<T>>,
        observer: &mut dyn Observer<T>,
    ) -> (Report, Vec<u64>) {
        let mut model = self.model(if resume.is_some() { 9 } else { 1 });
        let mut options = FitOptions::default().observer(observer).resume(resume);
        if let Some(validation) = &self.validation {
            options = options.validation(validation);
        }
        let trainer = self.trainer.clone().threads(threads).build().unwrap();
        let report = trainer.fit_with(&mut model, &data(SAMPLES), options).unwrap();
        (timeless(report), bits(model.parameters()))
    }

    /// From wherever it is interrupted, and with any number of threads, the training ends the same.
    #[track_caller]
    fn goes_on(&self) {
        let mut undisturbed = Keep::default();
        let (report, parameters) = self.train(1, None, &mut undisturbed);
        let what = format!("{:?}, {:?}", self.trainer, self.regularizer);
        let steps = undisturbed.steps;
        assert!(!steps.is_empty(), "{what}");
        let all = undisturbed.start.into_iter().chain(steps).chain(undisturbed.epochs);
        for (number, checkpoint) in all.enumerate() {
            let place = (checkpoint.epoch(), checkpoint.step());
            let threads = 1 + number % 3;
            #[cfg(feature = "files")]
            let checkpoint = if number % 4 == 1 { through_a_file(checkpoint) } else { checkpoint };
            let mut rest = Keep::default();
            let again = self.train(threads, Some(checkpoint.clone()), &mut rest);
            assert!(again.1 == parameters, "{what}: parameters from {place:?} on");
            assert_eq!(again.0, report, "{what}: report from {place:?} on");
            assert_eq!(rest.steps.len(), report.steps - checkpoint.steps(), "{what}");
            assert_eq!(rest.start[0].parameters(), checkpoint.parameters());
        }
    }
}

/// What is read back equals what was written.
#[cfg(feature = "files")]
fn through_a_file<T: Real>(checkpoint: Checkpoint<T>) -> Checkpoint<T> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
    let path = std::env::temp_dir().join(format!("resume-{process}-{number}"));
    checkpoint.save(&path).unwrap();
    let read = Checkpoint::load(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(read == checkpoint);
    read
}

/// Keeps a checkpoint of every moment, and stops after some steps or epochs.
struct Keep<T: Real> {
    start: Vec<Checkpoint<T>>,
    steps: Vec<Checkpoint<T>>,
    epochs: Vec<Checkpoint<T>>,
    stop_after: Option<usize>,
}

impl<T: Real> Default for Keep<T> {
    fn default() -> Self {
        Self { start: Vec::new(), steps: Vec::new(), epochs: Vec::new(), stop_after: None }
    }
}

impl<T: Real> Observer<T> for Keep<T> {
    fn on_start(&mut self, event: &StartEvent<'_, T>) -> ControlFlow<()> {
        self.start.push(event.checkpoint());
        ControlFlow::Continue(())
    }
    fn on_step(&mut self, event: &StepEvent<'_, T>) -> ControlFlow<()> {
        self.steps.push(event.checkpoint());
        if self.stop_after == Some(self.steps.len()) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
    fn on_epoch(&mut self, event: &EpochEvent<'_, T>) -> ControlFlow<()> {
        self.epochs.push(event.checkpoint());
        ControlFlow::Continue(())
    }
}

/// Without what a clock measures.
fn timeless(mut report: Report) -> Report {
    report.seconds = 0.0;
    report.history.iter_mut().for_each(|record| record.seconds = 0.0);
    report
}

fn bits<T: Real>(parameters: &Parameters<T>) -> Vec<u64> {
    values(parameters).into_iter().map(f64::to_bits).collect()
}

fn plain<T: Real>() -> Case<T> {
    Case::new(Box::new(Unregularized))
}

fn every_regularizer<T: Real>() {
    for regularizer in regularizers::<T>(INPUTS) {
        Case::new(regularizer).with(|trainer| trainer.learning_rate(1e-4)).goes_on();
    }
}

#[test]
fn with_every_regularizer_in_single_precision() {
    every_regularizer::<f32>();
}

#[test]
fn with_every_regularizer_in_double_precision() {
    every_regularizer::<f64>();
}

#[test]
fn with_every_corruption_constraint_and_schedule() {
    let noise = || GaussianNoise::new(0.3).unwrap();
    let salt = || SaltAndPepper::of_data(0.3, &data::<f64>(SAMPLES)).unwrap();
    plain::<f64>().with(|trainer| trainer.corruption(noise())).goes_on();
    plain::<f64>().with(|trainer| trainer.corruption(Masking::new(0.4).unwrap())).goes_on();
    plain::<f64>().with(|trainer| trainer.corruption(salt())).goes_on();
    for constraint in [Constraint::UNIT, Constraint::Length(0.3), Constraint::MaxNorm(0.6)] {
        plain::<f32>().with(|trainer| trainer.constraint(constraint)).goes_on();
    }
    for rate in [
        LearningRate::step(0.01, 0.7, 0.5),
        LearningRate::cosine(0.01, 2.0, 0.001),
        LearningRate::constant(0.01).with_warm_up(1.6),
    ] {
        plain::<f32>().with(|trainer| trainer.learning_rate(rate)).goes_on();
    }
    plain::<f64>().with(|trainer| trainer.momentum(0.0)).goes_on();
    Case { decoder_bias: false, ..plain::<f32>() }.goes_on();
}

fn optimizers() -> [Optimizer; 2] {
    [Optimizer::Sgd { momentum: 0.8 }, Optimizer::ADAM]
}

#[test]
fn with_every_optimizer_clipped_or_not() {
    for optimizer in optimizers() {
        for clip in [None, Some(0.5)] {
            let configure = |trainer: TrainerBuilder<f32>| {
                let trainer = trainer.optimizer(optimizer).corruption(Masking::new(0.2).unwrap());
                let trainer = trainer.constraint(Constraint::MaxNorm(0.8));
                match clip {
                    Some(bound) => trainer.clip_norm(bound),
                    None => trainer,
                }
            };
            plain().with(configure).goes_on();
            let case = Case { n_hidden: 600, ..Case::new(Box::new(0.1 * Contractive::new())) };
            case.with(configure).goes_on();
        }
    }
}

/// A ReLU layer some units of which die, and are given new filters.
#[test]
fn with_resampling_of_dead_units() {
    for optimizer in optimizers() {
        for (every, samples) in
            [(Every::Steps(5), 12), (Every::Epochs(1), 1), (Every::Steps(1), 99)]
        {
            let resampling = DeadUnitResampling { every, samples };
            let case = Case { activation: Box::new(Relu), n_hidden: 300, ..plain::<f64>() };
            let case = Case { some_are_dead: true, ..case };
            let case = case.with(|trainer| {
                let trainer = trainer.optimizer(optimizer).learning_rate(0.02);
                trainer
                    .corruption(GaussianNoise::new(0.1).unwrap())
                    .dead_unit_resampling(resampling)
            });
            case.goes_on();
            let (report, _) = case.train(1, None, &mut ());
            let resampled: usize = report.history.iter().map(|record| record.resampled).sum();
            assert!(resampled > 0, "{every:?}");
        }
    }
}

/// Three blocks of hidden units, so that there is work for three threads.
#[test]
fn with_several_threads() {
    let regularizers: [AnyRegularizer<f32>; 3] = [
        Box::new(0.01 * Contractive::new()),
        Box::new(FirstOrderDenoising::new(0.1).unwrap()),
        Box::new(0.01 * HessianPenalty::new(0.1, 2).unwrap()),
    ];
    for regularizer in regularizers {
        let case = Case { n_hidden: 600, ..Case::new(regularizer) };
        Case { activation: Box::new(Relu), ..case }.goes_on();
    }
    let case = Case { n_hidden: 600, ..plain::<f64>() };
    Case { activation: Box::new(Softplus::new()), ..case }.goes_on();
}

/// Also from the moment at which patience has run out, and where the best epoch is put back.
#[test]
fn with_validation_and_early_stopping() {
    let mut ends = Vec::new();
    for (patience, minimum_improvement) in [(1, 0.0), (2, 0.0), (1, 0.5), (9, 0.0)] {
        for validation in [None, Some(data(29).columns(20, 9).clone_owned())] {
            let stopping = EarlyStopping { patience, minimum_improvement };
            // With so much momentum J overshoots, and falls again.
            let trainer = Trainer::<f64>::builder()
                .learning_rate(0.05)
                .momentum(0.95)
                .batch_size(20)
                .epochs(9)
                .early_stopping(stopping);
            let case = Case { trainer, validation, ..plain() };
            case.goes_on();
            let (report, _) = case.train(1, None, &mut ());
            ends.push((report.stop_reason, report.best_epoch.unwrap() + 1 < report.history.len()));
        }
    }
    for expected in [(StopReason::EarlyStopping, true), (StopReason::Completed, false)] {
        assert!(ends.contains(&expected), "{ends:?}");
    }
}

/// Interrupted again and again, after each step.
#[test]
fn step_by_step() {
    let case = plain::<f64>().with(|trainer| trainer.corruption(GaussianNoise::new(0.1).unwrap()));
    let expected = case.train(1, None, &mut ());
    let mut checkpoint = None;
    for step in 1..=EPOCHS * STEPS_PER_EPOCH {
        let mut keep = Keep { stop_after: Some(1), ..Keep::default() };
        let (report, _) = case.train(1 + step % 2, checkpoint.take(), &mut keep);
        assert_eq!((report.steps, report.stop_reason), (step, StopReason::Observer));
        checkpoint = keep.steps.pop();
    }
    assert!(case.train(1, checkpoint, &mut ()) == expected);
}

/// A training of three epochs that goes on to six is one of six.
#[test]
fn a_training_may_go_on_for_longer() {
    let case = plain::<f32>();
    let mut keep = Keep::default();
    case.train(1, None, &mut keep);
    let longer = plain::<f32>().with(|trainer| trainer.epochs(2 * EPOCHS));
    let expected = longer.train(1, None, &mut ());
    assert_eq!(expected.0.history.len(), 2 * EPOCHS);
    for checkpoint in [&keep.epochs[EPOCHS - 1], &keep.steps[EPOCHS * STEPS_PER_EPOCH - 1]] {
        assert!(longer.train(1, Some(checkpoint.clone()), &mut ()) == expected);
    }
    // A training that is over already makes no step.
    let mut rest = Keep::default();
    let (report, _) = case.train(1, keep.epochs.pop(), &mut rest);
    assert_eq!((report.steps, rest.steps.len()), (EPOCHS * STEPS_PER_EPOCH, 0));
}

#[test]
fn side_by_side() {
    let case = plain::<f32>();
    let mut keep = Keep::default();
    let (_, expected) = case.train(1, None, &mut keep);
    let trainer = case.trainer.clone().build().unwrap();
    let mut models: Vec<_> = (0..2).map(|seed| case.model(seed)).collect();
    let trainings = models.iter_mut().zip([&keep.steps[1], &keep.steps[8]]);
    let trainings = trainings
        .map(|(model, checkpoint)| Training::new(&trainer, model).resume(checkpoint.clone()));
    let reports = train_many(trainings, &data(SAMPLES), 2).unwrap();
    assert!(reports.into_iter().all(|report| report.unwrap().steps == 12));
    assert!(models.iter().all(|model| bits(model.parameters()) == expected));
}

/// What decides the bits must be as it was; the error names what is not, and nothing changes.
#[test]
fn other_settings_are_refused_by_name() {
    let mut keep = Keep::default();
    let noisy = |variance| GaussianNoise::new(variance).unwrap();
    let base = || {
        let case = Case { validation: Some(data(7)), ..plain::<f64>() };
        let stopping = EarlyStopping { patience: 2, minimum_improvement: 0.1 };
        case.with(|trainer| trainer.corruption(noisy(0.25)).early_stopping(stopping))
    };
    base().train(1, None, &mut keep);
    let checkpoint = &keep.steps[5];
    let other = |change: fn(TrainerBuilder<f64>) -> TrainerBuilder<f64>| base().with(change);
    let cases = [
        ("learning rate", other(|trainer| trainer.learning_rate(0.002))),
        ("learning rate", other(|t| t.learning_rate(LearningRate::cosine(1e-3, 9.0, 1e-4)))),
        ("optimizer", other(|trainer| trainer.momentum(0.5))),
        ("optimizer", other(|trainer| trainer.optimizer(Optimizer::ADAM))),
        ("bound of the gradient's norm", other(|trainer| trainer.clip_norm(1.0))),
        (
            "resampling of dead units",
            other(|t| {
                t.dead_unit_resampling(DeadUnitResampling { every: Every::Epochs(1), samples: 9 })
            }),
        ),
        ("batch size", other(|trainer| trainer.batch_size(4))),
        ("constraint", other(|trainer| trainer.constraint(Constraint::UNIT))),
        ("corruption", other(|t| t.corruption(GaussianNoise::new(0.5).unwrap()))),
        ("corruption", other(|t| t.corruption(Masking::new(0.25).unwrap()))),
        (
            "early stopping",
            other(|t| t.early_stopping(EarlyStopping { patience: 3, minimum_improvement: 0.1 })),
        ),
        ("seed", other(|trainer| trainer.seed(1))),
        ("regularizer", Case { regularizer: Box::new(0.5 * Contractive::new()), ..base() }),
        ("activation", Case { activation: Box::new(Relu), ..base() }),
        ("number of hidden units", Case { n_hidden: 8, ..base() }),
        ("decoder bias", Case { decoder_bias: false, ..base() }),
        ("validation data", Case { validation: None, ..base() }),
        ("validation data", Case { validation: Some(data(8)), ..base() }),
    ];
    let refused = |case: &Case<f64>, samples: &DMatrix<f64>| {
        let mut model = case.model(3);
        let before = model.parameters().clone();
        let mut options = FitOptions::default().resume(checkpoint.clone());
        if let Some(validation) = &case.validation {
            options = options.validation(validation);
        }
        let trainer = case.trainer.clone().build().unwrap();
        let error = trainer.fit_with(&mut model, samples, options).unwrap_err();
        assert_eq!(*model.parameters(), before);
        error
    };
    let name = |error: Error| match error {
        Error::OtherTraining { setting, before, now } => {
            assert_ne!(before, now);
            setting
        }
        other => panic!("{other}"),
    };
    for (setting, case) in &cases {
        assert_eq!(name(refused(case, &data(SAMPLES))), *setting);
    }
    // As many samples, one bit of one of which differs.
    let mut samples = data::<f64>(SAMPLES);
    samples[(4, 22)] = f64::from_bits(samples[(4, 22)].to_bits() ^ 1);
    assert_eq!(name(refused(&base(), &samples)), "training data");
    samples = data(SAMPLES + 1);
    assert_eq!(name(refused(&base(), &samples)), "training data");

    let error = refused(&cases[0].1, &data(SAMPLES)).to_string();
    assert!(error.contains("0.002") && error.contains("0.001"), "{error}");
    let error = refused(&base().with(|trainer| trainer.epochs(1)), &data(SAMPLES));
    assert!(matches!(error, Error::InvalidParameter { value: 1.0, .. }), "{error}");
    assert!(error.to_string().contains("at least 2"), "{error}");
}

/// A training that fails after it went on has the checkpoint's parameters.
#[test]
fn a_failure_puts_the_checkpoint_back() {
    let case = plain::<f64>();
    let mut keep = Keep::default();
    case.train(1, None, &mut keep);
    let checkpoint = keep.steps.swap_remove(5);
    let mut model = case.model(3);
    struct Panic;
    impl Observer<f64> for Panic {
        fn on_step(&mut self, _: &StepEvent<'_, f64>) -> ControlFlow<()> {
            panic!("deliberate")
        }
    }
    let trainer = case.trainer.clone().build().unwrap();
    let (mut observer, samples) = (Panic, data(SAMPLES));
    let options = FitOptions::default().observer(&mut observer).resume(checkpoint.clone());
    let fit = || trainer.fit_with(&mut model, &samples, options);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(fit)).is_err());
    assert_eq!(model.parameters(), checkpoint.parameters());
}
