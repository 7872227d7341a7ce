//! Time for training steps of the paper's protocol on its MNIST shape, and for encoding.
//!
//! Each measured iteration is an epoch of 20 steps (784 inputs, 1000 hidden units, batch 50, f32,
//! one thread); the throughput counts samples.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nalgebra::DMatrix;
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::{Relu, Sigmoid, Unregularized};

const N_SAMPLES: usize = 1000;

fn samples() -> DMatrix<f32> {
    DMatrix::from_fn(784, N_SAMPLES, |i, j| ((i * 31 + j * 17) as f32).sin())
}

fn models() -> Vec<(&'static str, Box<dyn Regularizer<f32>>)> {
    vec![
        ("ae", Box::new(Unregularized)),
        ("cae", Box::new(0.1 * Contractive::new())),
        ("mdae", Box::new(0.1 * MarginalizedDenoising::new())),
        ("sae", Box::new(0.1 * KlSparsity::new(0.0).unwrap())),
        ("edae", Box::new(FirstOrderDenoising::new(0.1).unwrap())),
        ("cae-h", Box::new(Contractive::with_hessian(1.0, 0.01, 1).unwrap().scaled(0.1))),
    ]
}

fn training(criterion: &mut Criterion) {
    let x = samples();
    let mut group = criterion.benchmark_group("epoch-784x1000-batch-50-f32");
    group.sample_size(10).throughput(Throughput::Elements(N_SAMPLES as u64));
    for (name, regularizer) in models() {
        for activation in [&Sigmoid as &dyn Activation<f32>, &Relu] {
            let id = BenchmarkId::new(name, format!("{activation:?}"));
            let mut model = RegularizedAutoEncoder::builder(784, 1000)
                .activation(activation)
                .regularizer(&*regularizer)
                .build()
                .unwrap();
            let trainer =
                Trainer::builder().constraint(Constraint::UNIT).epochs(1).build().unwrap();
            group.bench_function(id, |bencher| {
                bencher.iter(|| trainer.fit(&mut model, &x).unwrap());
            });
        }
    }
    group.finish();
}

fn encoding(criterion: &mut Criterion) {
    let x = samples();
    let model = RegularizedAutoEncoder::builder(784, 1000).build().unwrap();
    let mut group = criterion.benchmark_group("encode-784x1000-f32");
    group.throughput(Throughput::Elements(N_SAMPLES as u64));
    group.bench_function("batch-1000", |bencher| bencher.iter(|| model.encode(&x).unwrap()));
    group.finish();
}

criterion_group!(benches, training, encoding);
criterion_main!(benches);
