//! What the benchmarks share.
#![allow(dead_code, reason = "each benchmark uses its part")]

use nalgebra::DMatrix;
use regularized_autoencoder::{
    Activation, Constraint, Real, RegularizedAutoEncoder, Regularizer, Trainer, TrainerBuilder,
};
use std::time::Duration;

/// n, m and the batch size.
pub type Shape = (usize, usize, usize);

/// The paper's shapes: MNIST, and CIFAR-10 patches.
pub const MNIST: Shape = (784, 1000, 50);
pub const PATCHES: Shape = (192, 1000, 50);

/// Numbers of the size of standardised data.
pub fn samples<T: Real>(n_inputs: usize, n_samples: usize) -> DMatrix<T> {
    DMatrix::from_fn(n_inputs, n_samples, |i, j| T::of(1.4 * ((i * 31 + j * 17) as f64).sin()))
}

/// The paper's protocol.
pub fn protocol<T: Real>(batch: usize) -> TrainerBuilder<T> {
    Trainer::builder().constraint(Constraint::UNIT).batch_size(batch)
}

/// The time of so many training steps, everything included that belongs to a step.
pub fn time_of_steps<T: Real>(
    steps: u64,
    (n_inputs, n_hidden, batch): Shape,
    trainer: TrainerBuilder<T>,
    activation: &dyn Activation<T>,
    regularizer: &dyn Regularizer<T>,
) -> Duration {
    const STEPS_PER_EPOCH: usize = 5;
    let x = samples(n_inputs, STEPS_PER_EPOCH * batch);
    let mut model = RegularizedAutoEncoder::builder(n_inputs, n_hidden)
        .activation(activation)
        .regularizer(regularizer)
        .build()
        .expect("a valid model");
    let epochs = 1 + (steps as usize).div_ceil(STEPS_PER_EPOCH);
    let trainer = trainer.epochs(epochs).build().expect("a valid trainer");
    let report = trainer.fit(&mut model, &x).expect("a training that does not diverge");
    // The first epoch warms up.
    let seconds: f64 = report.history[1..].iter().map(|record| record.seconds).sum();
    let measured = (epochs - 1) * STEPS_PER_EPOCH;
    Duration::from_secs_f64(seconds * steps as f64 / measured as f64)
}

/// Numbers of mean 0 and variance 1 without a pattern, which `peers/encode.py` computes too.
pub fn noise(rows: usize, columns: usize) -> DMatrix<f32> {
    DMatrix::from_fn(rows, columns, |i, j| {
        let uniform = ((i as f64 * 12.9898 + j as f64 * 78.233).sin() * 43758.5453).rem_euclid(1.0);
        (12.0_f64.sqrt() * (uniform - 0.5)) as f32
    })
}
