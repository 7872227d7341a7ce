//! The five matrix products of a training step and nothing else, on one thread: the limit to which
//! a step is compared. In the order of a step, on blocks of 250 hidden units, as it computes them.

mod common;

use common::{Shape, samples};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use std::time::Duration;

const BLOCK: usize = 250;

fn random(rows: usize, columns: usize) -> Mat<f32> {
    let values = samples::<f32>(rows, columns);
    Mat::from_fn(rows, columns, |i, j| values[(i, j)])
}

/// `out ← out + left · right`.
fn add(out: MatMut<'_, f32>, left: MatRef<'_, f32>, right: MatRef<'_, f32>) {
    matmul(out, Accum::Add, left, right, 1e-6, Par::Seq);
}

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("products");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    for n in [64, 192, 784, 3072] {
        for m in [100, 1000, 4000] {
            for batch in [10, 50, 256, 1000] {
                five(&mut group, (n, m, batch));
            }
        }
    }
}

fn five(
    group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>,
    (n, m, batch): Shape,
) {
    // x and 2r, h and δ; v takes the gradient.
    let (filters, mut v) = (random(n, m), random(n, m));
    let left = random(n, 2 * batch);
    let right = random(m, 2 * batch);
    let (mut a, mut y) = (random(m, batch), random(n, batch));
    let x = left.as_ref().subcols(0, batch);
    let h = right.as_ref().subcols(0, batch);
    let blocks = || (0..m).step_by(BLOCK).map(|first| (first, BLOCK.min(m - first)));
    group.throughput(Throughput::Elements(10 * (n * m * batch) as u64));
    group.bench_function(BenchmarkId::new("five", format!("{n}-{m}-batch-{batch}")), |bencher| {
        bencher.iter(|| {
            for (first, units) in blocks() {
                let w = filters.as_ref().subcols(first, units);
                add(a.as_mut().subrows_mut(first, units), w.transpose(), x);
                add(y.as_mut(), w, h.subrows(first, units));
            }
            for (first, units) in blocks() {
                let w = filters.as_ref().subcols(first, units);
                add(a.as_mut().subrows_mut(first, units), w.transpose(), x);
            }
            for (first, units) in blocks() {
                let right = right.as_ref().subrows(first, units).transpose();
                add(v.as_mut().subcols_mut(first, units), left.as_ref(), right);
            }
        });
    });
}

criterion_group!(benches, products);
criterion_main!(benches);
