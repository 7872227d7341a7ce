//! A training that fails says where, and the model keeps the parameters of the last good epoch.

use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{
    Activation, ActivationMetadata, Constraint, Contractive, Corruption, CorruptionMetadata,
    Cotangents, EpochEvent, Error, FitOptions, Forward, Identity, Needs, Observer, Parameters,
    Properties, Random, Real, RegularizedAutoEncoder, Regularizer, RegularizerMetadata, Relu,
    Shape, Sigmoid, StartEvent, StepEvent, Trainer, TrainerBuilder, TrainingState, WeightDecay,
};
use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// Three blocks of hidden units, so that there is work for three threads.
const N_HIDDEN: usize = 600;
const N_SAMPLES: usize = 43;
const BATCH: usize = 10;
const STEPS_PER_EPOCH: usize = N_SAMPLES / BATCH;
/// The step at which things go wrong: the second of the third epoch.
const EPOCH: usize = 2;
const STEP: usize = 1;
const GOOD_STEPS: usize = EPOCH * STEPS_PER_EPOCH + STEP;

fn samples() -> DMatrix<f64> {
    DMatrix::from_fn(6, N_SAMPLES, |i, j| (1.0 + i as f64 + 0.3 * j as f64).sin())
}

/// The bias of the unit `marked` is so large that its pre-activation exceeds 50; no other's does.
fn parameters(marked: usize) -> Parameters<f64> {
    let (filters, mut bias, _) =
        Parameters::glorot_uniform(6, N_HIDDEN, false, 1).unwrap().into_parts();
    bias[marked] = 100.0;
    Parameters::new(filters, bias, Some(DVector::zeros(6))).unwrap()
}

fn trainer(threads: usize) -> TrainerBuilder<f64> {
    Trainer::builder().batch_size(BATCH).epochs(5).learning_rate(1e-3).threads(threads)
}

/// What goes wrong once it has gone well for long enough.
#[derive(Debug)]
struct Fuse {
    left: AtomicUsize,
    panics: bool,
}

impl Fuse {
    fn after(calls: usize, panics: bool) -> Self {
        Self { left: AtomicUsize::new(calls), panics }
    }

    /// `value` while it goes well, then NaN or a panic.
    fn pass<T: Real>(&self, value: T) -> T {
        let less = |left: usize| left.checked_sub(1);
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            value
        } else if self.panics {
            panic!("deliberate")
        } else {
            T::NAN
        }
    }
}

/// The sigmoid, but one of its functions fails at pre-activations above 50.
#[derive(Debug)]
struct FaultyActivation {
    /// 0: the value; 1, 2: the derivative of that order.
    order: u32,
    fuse: Fuse,
}

impl FaultyActivation {
    fn pass<T: Real>(&self, order: u32, a: T, value: T) -> T {
        if order == self.order && a > T::of(50.0) { self.fuse.pass(value) } else { value }
    }
}

impl ActivationMetadata for FaultyActivation {
    fn properties(&self) -> Properties {
        Properties::unknown()
    }
}

impl<T: Real> Activation<T> for FaultyActivation {
    fn value(&self, a: T) -> T {
        self.pass(0, a, Sigmoid.value(a))
    }
    fn derivative(&self, a: T) -> T {
        self.pass(1, a, Sigmoid.derivative(a))
    }
    fn second_derivative(&self, a: T) -> T {
        self.pass(2, a, Sigmoid.second_derivative(a))
    }
}

/// What of a regularizer fails.
#[derive(Clone, Copy, Debug)]
enum Part {
    Value,
    PreActivation,
    Filter,
}

/// R = 0 with gradient 0, but one part of it fails, at one unit.
#[derive(Debug)]
struct FaultyRegularizer {
    part: Part,
    unit: usize,
    fuse: Fuse,
}

impl RegularizerMetadata for FaultyRegularizer {
    fn needs(&self, _: Shape) -> Needs {
        Needs::per_unit()
    }
}

impl<T: Real> Regularizer<T> for FaultyRegularizer {
    fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        if !forward.units().contains(&self.unit) {
            return T::zero();
        }
        let unit = self.unit - forward.units().start;
        let value = self.fuse.pass(T::zero());
        match self.part {
            Part::Value => return value,
            Part::PreActivation => out.add_pre_activation(unit, 4, value),
            Part::Filter => out.add_filter(unit, [T::zero(), value]),
        }
        T::zero()
    }
}

/// Changes nothing, and fails.
#[derive(Debug)]
struct FaultyCorruption(Fuse);

impl CorruptionMetadata for FaultyCorruption {}

impl<T: Real> Corruption<T> for FaultyCorruption {
    fn corrupt(&self, sample: &mut [T], _: &mut Random) {
        sample[2] = self.0.pass(sample[2]);
    }
}

type Model = RegularizedAutoEncoder<f64, Box<dyn Activation<f64>>, Box<dyn Regularizer<f64>>>;

fn model<A, R>(activation: A, regularizer: R, marked: usize) -> Model
where
    A: Activation<f64> + 'static,
    R: Regularizer<f64> + 'static,
{
    let (activation, regularizer): (Box<dyn Activation<f64>>, Box<dyn Regularizer<f64>>) =
        (Box::new(activation), Box::new(regularizer));
    RegularizedAutoEncoder::builder(6, N_HIDDEN)
        .activation(activation)
        .regularizer(regularizer)
        .parameters(parameters(marked))
        .build()
        .unwrap()
}

/// A training diverges where it should, and leaves what the epochs before made.
#[track_caller]
fn diverges(make: impl Fn(usize) -> Model, quantity: &str, unit: Option<usize>) {
    for threads in [1, 2, 5] {
        let mut good = make(usize::MAX);
        trainer(threads).epochs(EPOCH).build().unwrap().fit(&mut good, &samples()).unwrap();
        let mut model = make(GOOD_STEPS);
        let error = trainer(threads).build().unwrap().fit(&mut model, &samples()).unwrap_err();
        match error {
            Error::Diverged { epoch, step, quantity: q, unit: u, value } => {
                assert_eq!((epoch, step, q, u), (EPOCH, STEP, quantity, unit));
                assert!(value.is_nan());
            }
            other => panic!("{other}"),
        }
        assert!(model.parameters() == good.parameters(), "{threads} threads");
        assert!(good.parameters() != make(0).parameters());

        let mut model = make(0);
        let before = model.parameters().clone();
        let error = trainer(threads).build().unwrap().fit(&mut model, &samples()).unwrap_err();
        assert!(matches!(error, Error::Diverged { epoch: 0, step: 0, .. }), "{error}");
        assert!(model.parameters() == &before);
    }
}

#[test]
fn nan_of_an_activation_names_the_unit() {
    for marked in [0, 3, 255, 599] {
        for (order, quantity) in [
            (0, "code"),
            (1, "derivative of the activation"),
            (2, "second derivative of the activation"),
        ] {
            // The activation is called once for each sample of a batch, at the marked unit.
            let make = |steps: usize| {
                let fuse = Fuse::after(steps.saturating_mul(BATCH), false);
                model(FaultyActivation { order, fuse }, 0.1 * Contractive::new(), marked)
            };
            diverges(make, quantity, Some(marked));
        }
    }
}

#[test]
fn nan_of_a_regularizer_names_the_unit() {
    for (part, unit, quantity, named) in [
        (Part::Value, 300, "value of the regularizer", None),
        (Part::PreActivation, 3, "gradient by the pre-activation", Some(3)),
        (Part::PreActivation, 300, "gradient by the pre-activation", Some(300)),
        (Part::Filter, 3, "weight gradient", Some(3)),
        (Part::Filter, 599, "weight gradient", Some(599)),
    ] {
        let make = |steps| {
            let regularizer = FaultyRegularizer { part, unit, fuse: Fuse::after(steps, false) };
            model(Sigmoid, 0.1 * (WeightDecay + regularizer), 0)
        };
        diverges(make, quantity, named);
    }
}

#[test]
fn nan_of_a_corruption_is_named() {
    let (mut model, before) = (model(Sigmoid, WeightDecay, 0), model(Sigmoid, WeightDecay, 0));
    let corruption = FaultyCorruption(Fuse::after(17, false));
    let trainer = trainer(2).corruption(corruption).build().unwrap();
    let error = trainer.fit(&mut model, &samples()).unwrap_err();
    let quantity = "input after corruption";
    assert!(
        matches!(error, Error::Diverged { epoch: 0, step: 1, quantity: q, .. } if q == quantity),
        "{error}"
    );
    assert!(model.parameters() == before.parameters());
}

#[test]
fn a_huge_learning_rate_diverges_and_is_rolled_back() {
    fn diverges<A: Activation<f32>>(activation: A) {
        let x = samples().map(|x| x as f32);
        let mut model =
            RegularizedAutoEncoder::builder(6, 20).activation(activation).build().unwrap();
        let before = model.parameters().clone();
        let trainer = Trainer::builder().batch_size(BATCH).learning_rate(1e3).build().unwrap();
        let error = trainer.fit(&mut model, &x).unwrap_err();
        assert!(matches!(error, Error::Diverged { epoch: 0, .. }), "{error}");
        assert!(model.parameters() == &before);
        assert!(model.reconstruct(&x).is_ok());
    }
    diverges(Identity);
    diverges(Relu);
}

#[test]
fn a_filter_of_length_0_is_named_and_nothing_changes() {
    let (mut filters, bias, _) = parameters(0).into_parts();
    filters.column_mut(299).fill(0.0);
    let parameters = Parameters::new(filters, bias, None).unwrap();
    let builder = RegularizedAutoEncoder::builder(6, N_HIDDEN).parameters(parameters.clone());
    let mut model = builder.build().unwrap();
    let unit = trainer(2).constraint(Constraint::Length(2.5)).build().unwrap();
    // A state that moves, which a refusal must not bring to rest.
    let mut state = TrainingState::new(&model);
    let mut other = RegularizedAutoEncoder::builder(6, N_HIDDEN).build().unwrap();
    trainer(2).build().unwrap().partial_fit(&mut other, &mut state, &samples()).unwrap();
    let moving = state.clone();
    for error in [
        unit.fit(&mut model, &samples()).unwrap_err(),
        unit.partial_fit(&mut model, &mut state, &samples()).unwrap_err(),
    ] {
        assert!(matches!(error, Error::ZeroFilter { unit: 299, length: 2.5 }), "{error}");
        assert!(model.parameters() == &parameters && state == moving);
    }
    let bounded = trainer(2).constraint(Constraint::MaxNorm(0.5)).build().unwrap();
    bounded.fit(&mut model, &samples()).unwrap();
    let longest = model.parameters().filters().column_iter().map(|filter| filter.norm());
    assert!(longest.fold(0.0, f64::max) <= 0.5 + 1e-12);
}

// ------------------------------------------------------------------------------------- panics

/// What `f` gives, which runs on a thread of its own, so that it cannot hang the tests.
#[track_caller]
fn in_time<V: Send + 'static>(f: impl FnOnce() -> V + Send + 'static) -> V {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(f()));
    receiver.recv_timeout(Duration::from_secs(60)).expect("must neither hang nor panic")
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().unwrap_or("something else")
}

/// Training panics with what the user's part panicked with, and leaves what the epochs before made.
#[track_caller]
fn panics(make: fn(usize) -> Model, configure: fn(TrainerBuilder<f64>) -> TrainerBuilder<f64>) {
    for threads in [1, 3] {
        let (model, panic) = in_time(move || {
            let mut model = make(GOOD_STEPS);
            let trainer = configure(trainer(threads)).build().unwrap();
            let fit = AssertUnwindSafe(|| trainer.fit(&mut model, &samples()));
            let panic = catch_unwind(fit).expect_err("must panic");
            (model, message(&*panic).to_owned())
        });
        assert_eq!(panic, "deliberate");
        let mut good = self::model(Sigmoid, 0.1 * Contractive::new(), 300);
        trainer(threads).epochs(EPOCH).build().unwrap().fit(&mut good, &samples()).unwrap();
        assert!(model.parameters() == good.parameters(), "{threads} threads");
    }
}

#[test]
fn a_panic_of_an_activation_comes_out_and_harms_nothing() {
    let make = |steps: usize| {
        let fuse = Fuse::after(steps * BATCH, true);
        model(FaultyActivation { order: 0, fuse }, 0.1 * Contractive::new(), 300)
    };
    panics(make, |trainer| trainer);
}

#[test]
fn a_panic_of_a_regularizer_comes_out_and_harms_nothing() {
    let make = |steps: usize| {
        let fuse = Fuse::after(steps, true);
        let regularizer = FaultyRegularizer { part: Part::Value, unit: 300, fuse };
        model(Sigmoid, 0.1 * Contractive::new() + regularizer, 300)
    };
    panics(make, |trainer| trainer);
}

#[test]
fn a_panic_of_a_corruption_comes_out_and_harms_nothing() {
    let make = |_| model(Sigmoid, 0.1 * Contractive::new(), 300);
    panics(make, |trainer| {
        trainer.corruption(FaultyCorruption(Fuse::after(GOOD_STEPS * BATCH, true)))
    });
}

/// Panics at one of its calls.
struct FaultyObserver(&'static str);

impl Observer<f64> for FaultyObserver {
    fn on_start(&mut self, _: &StartEvent<'_, f64>) -> ControlFlow<()> {
        assert_ne!(self.0, "start", "deliberate");
        ControlFlow::Continue(())
    }
    fn on_step(&mut self, event: &StepEvent<'_, f64>) -> ControlFlow<()> {
        let now = (event.epoch, event.step) == (EPOCH, STEP);
        assert!(!(now && self.0 == "step"), "deliberate");
        ControlFlow::Continue(())
    }
    fn on_epoch(&mut self, event: &EpochEvent<'_, f64>) -> ControlFlow<()> {
        assert!(!(event.record.epoch == EPOCH && self.0 == "epoch"), "deliberate");
        ControlFlow::Continue(())
    }
    fn on_end(&mut self, _: &regularized_autoencoder::EndEvent<'_, f64>) {
        assert_ne!(self.0, "end", "deliberate");
    }
}

#[test]
fn a_panic_of_an_observer_comes_out_and_keeps_the_epochs_before() {
    let make = || model(Sigmoid, WeightDecay, 0);
    for (call, good_epochs) in [("start", 0), ("step", EPOCH), ("epoch", EPOCH + 1), ("end", 5)] {
        for threads in [1, 3] {
            let kept = in_time(move || {
                let (mut model, mut observer) = (make(), FaultyObserver(call));
                let options = FitOptions::default().observer(&mut observer);
                let trainer = trainer(threads).build().unwrap();
                let fit = AssertUnwindSafe(|| trainer.fit_with(&mut model, &samples(), options));
                assert!(catch_unwind(fit).is_err(), "must panic");
                model
            });
            let mut good = make();
            if good_epochs > 0 {
                let trainer = trainer(threads).epochs(good_epochs).build().unwrap();
                trainer.fit(&mut good, &samples()).unwrap();
            }
            assert!(kept.parameters() == good.parameters(), "{call}, {threads} threads");
        }
    }
}

// -------------------------------------------------------------------------------- partial_fit

/// After a piece that failed, training goes on as from rest, with the parameters before it.
fn goes_on_after(fail: fn(&mut Model, &mut TrainingState<f64>)) {
    let trainer = trainer(2).build().unwrap();
    let make = || {
        // It lasts for one piece.
        let fuse = Fuse::after(N_SAMPLES, false);
        model(FaultyActivation { order: 0, fuse }, WeightDecay, 300)
    };
    let mut failed = make();
    let mut state = TrainingState::new(&failed);
    trainer.partial_fit(&mut failed, &mut state, &samples()).unwrap();
    let before = failed.parameters().clone();
    fail(&mut failed, &mut state);
    assert!(failed.parameters() == &before);
    assert_eq!((state.pieces(), state.steps()), (1, 5));

    let after = |state: &mut TrainingState<f64>| {
        let mut model = model(Sigmoid, WeightDecay, 300);
        model.set_parameters(before.clone()).unwrap();
        trainer.partial_fit(&mut model, state, &samples()).unwrap();
        assert!(model.parameters() != &before);
        model.parameters().clone()
    };
    let mut rested = TrainingState::new(&failed);
    assert!(after(&mut state) == after(&mut rested));
    // With the momentum of another piece it would go elsewhere.
    let mut moving = TrainingState::new(&failed);
    trainer.partial_fit(&mut model(Sigmoid, WeightDecay, 300), &mut moving, &samples()).unwrap();
    assert!(after(&mut moving) != after(&mut TrainingState::new(&failed)));
}

#[test]
fn a_piece_that_diverges_leaves_the_parameters_and_rests() {
    goes_on_after(|model, state| {
        let trainer = trainer(2).build().unwrap();
        let error = trainer.partial_fit(model, state, &samples()).unwrap_err();
        let wanted = matches!(
            error,
            Error::Diverged { epoch: 1, step: 0, quantity: "code", unit: Some(300), .. }
        );
        assert!(wanted, "{error}");
    });
}

#[test]
fn a_piece_that_is_refused_changes_nothing() {
    let mut model = model(Sigmoid, WeightDecay, 300);
    let mut state = TrainingState::new(&model);
    let trainer = trainer(2).build().unwrap();
    trainer.partial_fit(&mut model, &mut state, &samples()).unwrap();
    let before = (model.parameters().clone(), state.clone());
    let mut x = samples();
    x[(1, 40)] = f64::NAN;
    let error = trainer.partial_fit(&mut model, &mut state, &x).unwrap_err();
    assert!(matches!(error, Error::NotFinite { row: 1, column: 40, .. }), "{error}");
    let error = trainer.partial_fit(&mut model, &mut state, samples().rows(0, 5)).unwrap_err();
    assert!(matches!(error, Error::Dimension { expected: 6, actual: 5, .. }), "{error}");
    assert!((model.parameters().clone(), state) == before);
}

#[test]
fn a_piece_that_panics_leaves_the_parameters_and_rests() {
    goes_on_after(|model, state| {
        let corruption = FaultyCorruption(Fuse::after(25, true));
        let trainer = trainer(2).corruption(corruption).build().unwrap();
        // Without a pre-activation above 50 the fuse of the activation is not asked.
        let before = model.parameters().clone();
        let (filters, mut bias, decoder_bias) = before.clone().into_parts();
        bias[300] = 0.0;
        let harmless = Parameters::new(filters, bias, decoder_bias).unwrap();
        model.set_parameters(harmless.clone()).unwrap();
        let fit = AssertUnwindSafe(|| trainer.partial_fit(model, state, &samples()));
        let panic = catch_unwind(fit).expect_err("must panic");
        assert_eq!(message(&*panic), "deliberate");
        assert!(model.parameters() == &harmless);
        model.set_parameters(before).unwrap();
    });
}
