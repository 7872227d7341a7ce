//! An activation of your own, checked and trained.
//!
//! ```text
//! s(a) = (a + √(a² + 1))/2,  s' = s/√(a² + 1),  s'' = 1/(2 (a² + 1)^{3/2})
//! ```
//! Strictly increasing and strictly convex, so Corollaries 1 and 2 hold for it. By its name models
//! with it are saved and loaded.
//! Run it with `cargo run --example custom_activation`.

use regularized_autoencoder::prelude::*;
use regularized_autoencoder::theory::Verdict;
use regularized_autoencoder::{Interval, Sign, Threshold, check, metrics};
use std::borrow::Cow;

#[derive(Debug)]
struct Squareplus;

impl ActivationMetadata for Squareplus {
    fn properties(&self) -> Properties {
        Properties {
            slope: Sign::Positive,
            curvature: Sign::Positive,
            convex: true,
            range: Interval::NON_NEGATIVE,
            derivative_range: Interval::new(0.0, 1.0),
            limit_at_negative_infinity: Some(0.0),
            // s(a) = δ at a = δ − 1/(4 δ).
            threshold: Threshold { code: 0.1, pre_activation: Some(0.1 - 2.5) },
            ..Properties::unknown()
        }
    }
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("my_crate/squareplus".into())
    }
}

impl<T: Real> Activation<T> for Squareplus {
    fn value(&self, a: T) -> T {
        let root = (a * a + T::one()).sqrt();
        // For a < 0 without cancellation.
        T::of(0.5) * if a < T::zero() { T::one() / (root - a) } else { a + root }
    }
    fn derivative(&self, a: T) -> T {
        self.value(a) / (a * a + T::one()).sqrt()
    }
    fn second_derivative(&self, a: T) -> T {
        T::of(0.5) / (a * a + T::one()).powf(T::of(1.5))
    }
}

fn main() -> Result<(), Error> {
    let report = check::activation::<f64>(&Squareplus);
    assert!(report.passed(), "{report}");
    println!(
        "{report}\nCAE\n{}\n",
        Verdict::of(&Squareplus, &Contractive::new(), Constraint::UNIT)
    );

    let x = DMatrix::<f32>::from_fn(16, 500, |i, j| ((i * i + 3 * j) as f32).sin());
    for coefficient in [0.0, 1.0, 4.0] {
        let mut model = RegularizedAutoEncoder::builder(16, 64)
            .activation(Squareplus)
            .regularizer(coefficient * Contractive::new())
            .build()?;
        let trainer = Trainer::builder().constraint(Constraint::UNIT).learning_rate(0.002);
        trainer.build()?.fit(&mut model, &x)?;
        let active = metrics::evaluate(&model, &x)?.average_activation_fraction;
        println!("CAE with λ = {coefficient}: {:.0} % of the units active", 100.0 * active);
    }
    Ok(())
}
