//! The time of a training step by model, activation, shape, precision and threads.

mod common;

use common::*;
use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::{
    CodeL1, DenoisingCross, Elu, FirstOrderDenoising, Gelu, HardSigmoid, Identity, LeakyRelu,
    MeanCode, SecondOrderDenoising, Silu, SlopePenalty, Softplus, Tanh, TrainerBuilder,
    Unregularized,
};
use std::time::Duration;

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    group
}

/// Its name, how it is trained, and its regularizer.
type Model = (&'static str, TrainerBuilder<f32>, Box<dyn Regularizer<f32>>);

/// Every model with sigmoid, on one and two threads.
fn models(criterion: &mut Criterion) {
    let plain = || protocol::<f32>(50);
    let noisy = || plain().corruption(GaussianNoise::new(0.25).expect("a valid variance"));
    let kl = KlSparsity::new(0.0).expect("a valid target");
    let with_hessian = Contractive::with_hessian(1.0, 0.01, 1).expect("valid parameters");
    let first_order = FirstOrderDenoising::new(0.01).expect("a valid variance");
    let models: Vec<Model> = vec![
        ("ae", plain(), Box::new(Unregularized)),
        ("dae", noisy(), Box::new(Unregularized)),
        ("cae", plain(), Box::new(0.1 * Contractive::new())),
        ("cae+h", plain(), Box::new(0.1 * with_hessian)),
        ("mdae", plain(), Box::new(0.1 * MarginalizedDenoising::new())),
        ("sae", plain(), Box::new(0.1 * kl)),
        ("edae", plain(), Box::new(first_order)),
        ("l1", plain(), Box::new(0.01 * CodeL1::new())),
        ("cor-1", plain(), Box::new(0.1 * MeanCode::square())),
        ("cor-2", plain(), Box::new(0.1 * SlopePenalty::new(3, 1).expect("valid powers"))),
        ("cross", plain(), Box::new(0.001 * DenoisingCross::new())),
        ("thm-3", plain(), Box::new(0.001 * SecondOrderDenoising::new())),
        (
            "cae+sae+decay",
            plain(),
            Box::new(0.1 * Contractive::new() + 0.1 * kl + 1e-4 * WeightDecay::new()),
        ),
    ];
    let mut group = group(criterion, "step/model");
    for (name, trainer, regularizer) in models {
        for threads in [1, 2] {
            let id = BenchmarkId::new(name, format!("{threads}-threads"));
            let trainer = trainer.clone().threads(threads);
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|steps| {
                    time_of_steps(steps, MNIST, trainer.clone(), &Sigmoid, &*regularizer)
                });
            });
        }
    }
}

fn activations(criterion: &mut Criterion) {
    let elu = Elu::new(1.0).expect("a valid α");
    let leaky = LeakyRelu::new(0.01).expect("a valid α");
    let softplus = Softplus::new();
    let activations: [&dyn Activation<f32>; 10] =
        [&Relu, &softplus, &Sigmoid, &Tanh, &Identity, &leaky, &elu, &Silu, &Gelu, &HardSigmoid];
    let regularizer = 0.1 * Contractive::new();
    let mut group = group(criterion, "step/activation");
    for activation in activations {
        group.bench_function(format!("{activation:?}"), |bencher| {
            bencher.iter_custom(|steps| {
                time_of_steps(steps, MNIST, protocol(50), activation, &regularizer)
            });
        });
    }
}

/// CAE with sigmoid over all shapes; the throughput counts samples.
fn shapes(criterion: &mut Criterion) {
    let regularizer = 0.1 * Contractive::new();
    let mut group = group(criterion, "step/shape");
    for n in [64, 192, 784, 3072] {
        for m in [100, 1000, 4000] {
            for batch in [10, 50, 256, 1000] {
                for threads in [1, 2] {
                    group.throughput(Throughput::Elements(batch as u64));
                    let id = BenchmarkId::new(
                        format!("{n}-{m}-batch-{batch}"),
                        format!("{threads}-threads"),
                    );
                    group.bench_function(id, |bencher| {
                        bencher.iter_custom(|steps| {
                            let trainer =
                                protocol::<f32>(batch).learning_rate(1e-4).threads(threads);
                            time_of_steps(steps, (n, m, batch), trainer, &Sigmoid, &regularizer)
                        });
                    });
                }
            }
        }
    }
}

fn precision(criterion: &mut Criterion) {
    let regularizer = 0.1 * Contractive::new();
    let mut group = group(criterion, "step/precision");
    for (name, shape) in [("mnist", MNIST), ("patches", PATCHES)] {
        for threads in [1, 2] {
            group.bench_function(format!("{name}-f32/{threads}-threads"), |bencher| {
                bencher.iter_custom(|steps| {
                    let trainer = protocol::<f32>(shape.2).threads(threads);
                    time_of_steps(steps, shape, trainer, &Sigmoid, &regularizer)
                });
            });
            group.bench_function(format!("{name}-f64/{threads}-threads"), |bencher| {
                bencher.iter_custom(|steps| {
                    let trainer = protocol::<f64>(shape.2).threads(threads);
                    time_of_steps(steps, shape, trainer, &Sigmoid, &regularizer)
                });
            });
        }
    }
}

criterion_group!(benches, models, activations, shapes, precision);
criterion_main!(benches);
