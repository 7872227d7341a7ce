//! Dense embeddings become sparse codes, and an inverted index finds neighbours by them.
//!
//! ```text
//! h = max(0, Wx + b)                  a denoising auto-encoder with ReLU, ‖W_j‖ = 1
//! z = the k largest codes of h        k numbers in place of a dense vector
//! score(query, x) = Σ_j z_j(query) z_j(x) / ‖z(x)‖
//! ```
//! An inverted index holds for each hidden unit the list of the samples that use it. A query reads
//! the lists of its own k units and no other: how many numbers it reads is printed, as a share of
//! those that a dense search reads, beside the recall of the ten neighbours that the cosine of the dense embeddings gives, for the
//! ten best scores and for the hundred best scores (of which the cosine then picks the ten).
//!
//! Run: `cargo run --example sparse_embeddings`

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use regularized_autoencoder::prelude::*;

const DIMENSIONS: usize = 64;
const N_SAMPLES: usize = 5000;
const N_QUERIES: usize = 200;
const N_HIDDEN: usize = 512;
const NEIGHBOURS: usize = 10;
const CANDIDATES: usize = 100;

/// Embeddings of length 1 around 100 random centres.
fn embeddings(n_samples: usize, random: &mut ChaCha8Rng) -> DMatrix<f32> {
    let mut normal = |_, _| -> f32 { StandardNormal.sample(&mut *random) };
    let centres = DMatrix::from_fn(DIMENSIONS, 100, &mut normal);
    let mut x = 0.7 * DMatrix::from_fn(DIMENSIONS, n_samples, &mut normal);
    for (sample, mut x) in x.column_iter_mut().enumerate() {
        x += centres.column(sample % 100);
        x.normalize_mut();
    }
    x
}

/// The numbers of the largest scores, the largest first.
fn largest(scores: &[f32], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|i, j| scores[*j].total_cmp(&scores[*i]));
    order.truncate(count);
    order
}

fn main() -> Result<(), Error> {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let all = embeddings(N_SAMPLES + N_QUERIES, &mut random);
    let x = all.columns(0, N_SAMPLES).into_owned();
    let queries = all.columns(N_SAMPLES, N_QUERIES).into_owned();

    let mut model = RegularizedAutoEncoder::builder(DIMENSIONS, N_HIDDEN)
        .activation(Relu)
        .threads(2)
        .build()?;
    let trainer = Trainer::builder()
        .corruption(GaussianNoise::new(0.004)?)
        .constraint(Constraint::UNIT)
        .learning_rate(0.02)
        .epochs(20);
    trainer.build()?.fit(&mut model, &x)?;
    let evaluation = metrics::evaluate(&model, &x)?;
    println!("{N_SAMPLES} embeddings of {DIMENSIONS} numbers, {N_HIDDEN} hidden units");
    println!("active units a sample: {:.1}", evaluation.mean_active_units());
    println!("explained variance: {:.3}\n", evaluation.explained_variance.unwrap_or(f64::NAN));

    println!(
        "  k   numbers kept   explained   touched   recall   recall of {CANDIDATES}, re-ranked"
    );
    for k in [4, 8, 16, 32] {
        let codes = model.encode_topk(&x, k)?;
        let mut index = vec![Vec::new(); N_HIDDEN];
        for (sample, (units, values)) in codes.rows().enumerate() {
            let length = values.iter().map(|h| h * h).sum::<f32>().sqrt();
            for (unit, value) in units.iter().zip(values) {
                index[*unit].push((sample, value / length));
            }
        }

        let (mut touched, mut found, mut found_among) = (0, 0, 0);
        for (query, (units, values)) in model.encode_topk(&queries, k)?.rows().enumerate() {
            let mut scores = vec![0.0; N_SAMPLES];
            for (unit, value) in units.iter().zip(values) {
                touched += index[*unit].len();
                index[*unit].iter().for_each(|(sample, weight)| scores[*sample] += value * weight);
            }
            let cosines = x.tr_mul(&queries.column(query));
            let neighbours = largest(cosines.as_slice(), NEIGHBOURS);
            let candidates = largest(&scores, CANDIDATES);
            let is_among = |list: &[usize]| neighbours.iter().filter(|n| list.contains(n)).count();
            found += is_among(&candidates[..NEIGHBOURS]);
            found_among += is_among(&candidates);
        }
        let residual = model.decode_sparse(&codes)? - &x;
        let explained = 1.0 - residual.norm_squared() / x.norm_squared();
        let share = touched as f64 / (N_QUERIES * N_SAMPLES * DIMENSIONS) as f64;
        let recall = |found| f64::from(found as u32) / (N_QUERIES * NEIGHBOURS) as f64;
        println!(
            "{k:3}   {:12}   {explained:9.3}   {:5.1} %   {:6.3}   {:6.3}",
            codes.n_kept(),
            100.0 * share,
            recall(found),
            recall(found_among),
        );
    }
    println!(
        "\nTouched: numbers of the index that a query reads, each with the number of its sample,\nas a share of the {} that a dense search reads.",
        N_SAMPLES * DIMENSIONS
    );
    Ok(())
}
