//! A regularizer of your own, checked and trained.
//!
//! ```text
//! R = Σ_j Var[h_j] = Σ_j E[h_j²] − ρ_j²,  ∂R/∂a_j = 2 (h_j − ρ_j) s'(a_j) / B
//! ```
//! with E the mean over the batch and ρ_j = E[h_j], through which nothing is added, as the deviations
//! from ρ_j sum to 0. It asks for codes that hardly vary; its bias
//! gradient has no definite sign, so its form is left unknown.
//! Run it with `cargo run --example custom_regularizer`.

use regularized_autoencoder::prelude::*;
use regularized_autoencoder::{Cotangents, Forward, Needs, Shape, Sigmoid, check};

#[derive(Debug)]
struct CodeVariance;

impl RegularizerMetadata for CodeVariance {
    fn needs(&self, _: Shape) -> Needs {
        // A sum over hidden units, in which s' occurs.
        Needs::per_unit().order(1)
    }
}

impl<T: Real> Regularizer<T> for CodeVariance {
    fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let (weight, means) = (forward.sample_weight(), forward.mean_code());
        let mut variance = T::zero();
        for i in 0..forward.n_samples() {
            let (h, d) = (forward.code(i), forward.derivative(i));
            for j in 0..forward.n_units() {
                let deviation = h[j] - means[j];
                variance += weight * deviation * deviation;
                out.add_pre_activation(j, i, T::of(2.0) * weight * deviation * d[j]);
            }
        }
        variance
    }
}

fn main() -> Result<(), Error> {
    let report = check::regularizer::<f64>(&CodeVariance, &Sigmoid);
    assert!(report.passed(), "{report}");
    println!("{report}");

    let x = DMatrix::<f32>::from_fn(16, 500, |i, j| ((i * i + 3 * j) as f32).sin());
    for coefficient in [0.0, 10.0, 100.0] {
        let mut model = RegularizedAutoEncoder::builder(16, 64)
            .regularizer(CodeVariance.scaled(coefficient) + 0.001 * WeightDecay::new())
            .build()?;
        Trainer::builder().learning_rate(0.005).build()?.fit(&mut model, &x)?;
        let codes = model.encode(&x)?;
        let variance: f32 = codes.row_iter().map(|row| row.variance()).sum();
        println!("λ = {coefficient}: Σ_j Var[h_j] = {variance:.4}");
    }
    Ok(())
}
