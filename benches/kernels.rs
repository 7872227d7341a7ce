//! Activations with their derivatives, and encoding; the throughput counts values and samples.

mod common;

use common::samples;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::{
    Elu, Gelu, HardSigmoid, Identity, Jet, LeakyRelu, Silu, Softplus, Tanh,
};
use std::time::Duration;

/// Pre-activations of a batch of 50 with 1000 hidden units.
const COUNT: usize = 50_000;

fn activations<T: Real>(criterion: &mut Criterion, precision: &str) {
    let elu = Elu::new(1.0).expect("a valid α");
    let leaky = LeakyRelu::new(0.01).expect("a valid α");
    let softplus = Softplus::new();
    let activations: [&dyn Activation<T>; 10] =
        [&Relu, &softplus, &Sigmoid, &Tanh, &Identity, &leaky, &elu, &Silu, &Gelu, &HardSigmoid];
    let input = samples::<T>(COUNT, 1);
    let mut out = [T::zero(); 4 * COUNT];
    let mut group = criterion.benchmark_group(format!("activation-{precision}"));
    group.throughput(Throughput::Elements(COUNT as u64)).measurement_time(Duration::from_secs(1));
    for activation in activations {
        for order in 0..4 {
            let id = BenchmarkId::new(format!("{activation:?}"), format!("order-{order}"));
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    let mut outs = out.chunks_exact_mut(COUNT).take(1 + order);
                    let value = outs.next().expect("a place for the value");
                    let (first, second, third) = (outs.next(), outs.next(), outs.next());
                    let jet = Jet::new(input.as_slice(), value, first, second, third);
                    activation.evaluate(jet.expect("equal lengths"));
                });
            });
        }
    }
}

fn all_activations(criterion: &mut Criterion) {
    activations::<f32>(criterion, "f32");
    activations::<f64>(criterion, "f64");
}

fn encoding(criterion: &mut Criterion) {
    const N_SAMPLES: usize = 2048;
    let mut group = criterion.benchmark_group("encode-f32");
    group.sample_size(10).measurement_time(Duration::from_secs(1));
    for (n, m) in [(64, 100), (192, 1000), (784, 1000), (784, 4000)] {
        let x = samples::<f32>(n, N_SAMPLES);
        let mut model =
            RegularizedAutoEncoder::builder(n, m).activation(Relu).build().expect("a valid model");
        group.throughput(Throughput::Elements(N_SAMPLES as u64));
        for threads in [1, 2] {
            model.set_threads(threads).expect("a valid number");
            let id =
                |what| BenchmarkId::new(format!("{n}-{m}-{what}"), format!("{threads}-threads"));
            group.bench_function(id("codes"), |bencher| bencher.iter(|| model.encode(&x)));
            group.bench_function(id("metrics"), |bencher| {
                bencher.iter(|| metrics::evaluate(&model, &x));
            });
        }
        let mut code = vec![0.0; m];
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new(format!("{n}-{m}"), "one-sample"), |bencher| {
            bencher.iter(|| model.encode_into(&x.as_slice()[..n], &mut code));
        });
    }
}

criterion_group!(benches, all_activations, encoding);
criterion_main!(benches);
