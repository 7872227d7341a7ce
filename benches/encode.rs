//! Encoding at the size of language models' embeddings: dense codes, the 32 largest, and those
//! above 0; the throughput counts samples.

mod common;

use common::noise;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nalgebra::DVector;
use regularized_autoencoder::SparseCode;
use regularized_autoencoder::prelude::*;
use std::time::Duration;

const N_INPUTS: usize = 768;
const N_HIDDEN: usize = 4096;
const K: usize = 32;

/// A ReLU model of which about one unit in ten is active.
fn model() -> RegularizedAutoEncoder<f32, Relu> {
    let filters = noise(N_INPUTS, N_HIDDEN) * (1.0 / (N_INPUTS as f32).sqrt());
    let bias = DVector::from_element(N_HIDDEN, -1.28);
    let parameters = Parameters::new(filters, bias, None).expect("valid parameters");
    RegularizedAutoEncoder::builder(N_INPUTS, N_HIDDEN)
        .activation(Relu)
        .parameters(parameters)
        .build()
        .expect("a valid model")
}

fn batches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode-768-4096-f32");
    group.sample_size(10).measurement_time(Duration::from_secs(2));
    let mut model = model();
    for n_samples in [256, 4096] {
        let x = noise(N_INPUTS, n_samples);
        group.throughput(Throughput::Elements(n_samples as u64));
        for threads in [1, 2] {
            model.set_threads(threads).expect("a valid number");
            let id = |what| {
                BenchmarkId::new(
                    format!("{n_samples}-samples-{what}"),
                    format!("{threads}-threads"),
                )
            };
            group.bench_function(id("dense"), |bencher| bencher.iter(|| model.encode(&x)));
            group.bench_function(id("top-32"), |bencher| {
                bencher.iter(|| model.encode_topk(&x, K));
            });
            group.bench_function(id("above-0"), |bencher| {
                bencher.iter(|| model.encode_sparse(&x, 0.0));
            });
            let codes = model.encode_topk(&x, K).expect("valid samples");
            group.bench_function(id("decode-top-32"), |bencher| {
                bencher.iter(|| model.decode_sparse(&codes));
            });
        }
    }
}

fn one_sample(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode-768-4096-f32");
    group.throughput(Throughput::Elements(1)).measurement_time(Duration::from_secs(2));
    let (model, x) = (model(), noise(N_INPUTS, 1));
    let (mut dense, mut sparse) = (vec![0.0; N_HIDDEN], SparseCode::new(N_HIDDEN).expect("memory"));
    let id = |what| BenchmarkId::new("one-sample", what);
    group.bench_function(id("dense"), |bencher| {
        bencher.iter(|| model.encode_into(x.as_slice(), &mut dense));
    });
    group.bench_function(id("top-32"), |bencher| {
        bencher.iter(|| model.encode_topk_into(x.as_slice(), K, &mut sparse));
    });
    group.bench_function(id("above-0"), |bencher| {
        bencher.iter(|| model.encode_sparse_into(x.as_slice(), 0.0, &mut sparse));
    });
}

criterion_group!(benches, batches, one_sample);
criterion_main!(benches);
