//! A training step takes no memory, whatever the model and the number of threads.
//!
//! One test alone, since allocations of all threads are counted.
#![allow(unsafe_code, reason = "a global allocator cannot be written without it")]

mod common;

use common::*;
use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{
    Activation, Constraint, Contractive, DeadUnitResampling, Every, FirstOrderDenoising,
    GaussianNoise, Masking, Observer, Optimizer, Parameters, Real, RegularizedAutoEncoder,
    Regularizer, Relu, SaltAndPepper, Sigmoid, StepEvent, Trainer, TrainerBuilder, Unregularized,
};
use regularized_autoencoder::{FitOptions, Softplus};
use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, which counts allocations.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
        unsafe { System.realloc(memory, layout, size) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const STEPS: usize = 12;
const BATCH: usize = 8;
const INPUTS: usize = 20;
/// Three blocks.
const HIDDEN: usize = 600;

/// The count after each step; takes no memory itself, but `extra` allocations in step 5.
struct Counts {
    after_step: [usize; STEPS],
    extra: usize,
}

impl<T: Real> Observer<T> for Counts {
    fn on_step(&mut self, event: &StepEvent<'_, T>) -> ControlFlow<()> {
        if event.step == 5 {
            (0..self.extra).for_each(|_| drop(std::hint::black_box(Box::new(event.step))));
        }
        self.after_step[event.step] = ALLOCATIONS.load(Ordering::SeqCst);
        ControlFlow::Continue(())
    }
}

/// How many allocations each step but the first made.
fn allocations<T: Real>(
    trainer: TrainerBuilder<T>,
    activation: &dyn Activation<T>,
    regularizer: &dyn Regularizer<T>,
    extra: usize,
) -> Vec<usize> {
    allocations_with_bias(0.0, trainer, activation, regularizer, extra)
}

/// The least of a few runs: the thread of the test harness may allocate at any time, a step does so
/// every time.
fn allocations_with_bias<T: Real>(
    bias: f64,
    trainer: TrainerBuilder<T>,
    activation: &dyn Activation<T>,
    regularizer: &dyn Regularizer<T>,
    extra: usize,
) -> Vec<usize> {
    let run = || allocations_once(bias, trainer.clone(), activation, regularizer, extra);
    let least =
        |a: Vec<usize>, b: Vec<usize>| a.into_iter().zip(b).map(|(a, b)| a.min(b)).collect();
    least(least(run(), run()), run())
}

fn allocations_once<T: Real>(
    bias: f64,
    trainer: TrainerBuilder<T>,
    activation: &dyn Activation<T>,
    regularizer: &dyn Regularizer<T>,
    extra: usize,
) -> Vec<usize> {
    let drawn = Parameters::<T>::glorot_uniform(INPUTS, HIDDEN, true, 0).unwrap();
    let (filters, _, decoder_bias) = drawn.into_parts();
    let bias = DVector::from_element(HIDDEN, T::of(bias));
    let parameters = Parameters::new(filters, bias, decoder_bias).unwrap();
    let x = DMatrix::from_fn(INPUTS, BATCH * STEPS, |i, j| T::of(((i * 31 + j * 17) as f64).sin()));
    let mut model = RegularizedAutoEncoder::builder(INPUTS, HIDDEN)
        .activation(activation)
        .regularizer(regularizer)
        .parameters(parameters)
        .build()
        .unwrap();
    let mut counts = Counts { after_step: [0; STEPS], extra };
    let trainer = trainer.batch_size(BATCH).epochs(1).learning_rate(1e-4).build().unwrap();
    trainer.fit_with(&mut model, &x, FitOptions::default().observer(&mut counts)).unwrap();
    counts.after_step.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// nalgebra's products take a buffer each. A block has three, and one for each 125 of its 200
/// filters; models with residual, noise or pairs of units have more.
fn is_as_expected(allocations: &[usize], is_plain: bool) -> bool {
    let buffers = if cfg!(feature = "faer") { Some(0) } else { is_plain.then_some(3 * (3 + 2)) };
    allocations.iter().all(|&count| count == buffers.unwrap_or(allocations[0]))
}

fn steps_take_no_memory<T: Real>() {
    let unit = || Trainer::<T>::builder().constraint(Constraint::UNIT);
    let noisy = |noise| unit().corruption(noise);
    let limits = vec![(-1.0, 1.0); INPUTS];
    let corrupted: [(TrainerBuilder<T>, AnyRegularizer<T>, bool); 4] = [
        (noisy(GaussianNoise::new(0.1).unwrap()), Box::new(Unregularized), true),
        (noisy(GaussianNoise::new(0.1).unwrap()), Box::new(Contractive::new()), true),
        (unit().corruption(Masking::new(0.2).unwrap()), Box::new(Unregularized), true),
        (
            unit().corruption(SaltAndPepper::new(0.2, limits).unwrap()),
            Box::new(FirstOrderDenoising::new(0.1).unwrap()),
            false,
        ),
    ];
    let plain =
        regularizers::<T>(INPUTS).into_iter().map(|regularizer| (unit(), regularizer, false));
    for (trainer, regularizer, is_plain) in plain.chain(corrupted) {
        for threads in [1, 2, 3] {
            let trainer = trainer.clone().threads(threads);
            let found = allocations(trainer, &Sigmoid, &*regularizer, 0);
            let what = format!("{regularizer:?}, {threads} threads: {found:?}");
            assert!(is_as_expected(&found, is_plain), "{what}");
        }
    }
    for activation in [&Relu as &dyn Activation<T>, &Softplus::new()] {
        let found = allocations(unit(), activation, &Contractive::new(), 0);
        assert!(is_as_expected(&found, true), "{activation:?}: {found:?}");
    }
    // So few units are active that products skip the others: three products a block are left out.
    for regularizer in [&Unregularized as &dyn Regularizer<T>, &Contractive::new()] {
        for threads in [1, 2, 3] {
            let trainer = unit().threads(threads);
            let found = allocations_with_bias(-2.0, trainer, &Relu, regularizer, 0);
            let expected = if cfg!(feature = "faer") { 0 } else { 3 };
            let what = format!("{regularizer:?}, {threads} threads: {found:?}");
            assert!(found.iter().all(|&count| count == expected), "{what}");
        }
    }
    // With the whole gradient in memory, and with a note of the units that are active.
    let resampling = DeadUnitResampling { every: Every::Epochs(1), samples: 1 };
    for trainer in [
        unit().optimizer(Optimizer::ADAM),
        unit().clip_norm(0.1),
        unit().dead_unit_resampling(resampling),
    ] {
        for threads in [1, 2, 3] {
            let found =
                allocations(trainer.clone().threads(threads), &Relu, &Contractive::new(), 0);
            let is_constant = found.iter().all(|&count| count == found[0]);
            assert!(is_constant && (found[0] == 0 || !cfg!(feature = "faer")), "{found:?}");
        }
    }
    for regularizer in regularizers::<T>(INPUTS) {
        let found = allocations_with_bias(-2.0, unit().threads(2), &Relu, &*regularizer, 0);
        let is_constant = found.iter().all(|&count| count == found[0]);
        assert!(is_constant && (found[0] == 0 || !cfg!(feature = "faer")), "{regularizer:?}");
    }
}

#[test]
fn a_step_takes_no_memory() {
    steps_take_no_memory::<f32>();
    steps_take_no_memory::<f64>();

    // The counter counts.
    let found = allocations::<f32>(Trainer::builder(), &Sigmoid, &Unregularized, 3);
    assert_eq!(found[4] - found[3], 3);
    assert!(!is_as_expected(&found, true));
}
