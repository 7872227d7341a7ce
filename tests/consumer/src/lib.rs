//! An activation, a regularizer and a training, with nothing but the public API.

use regularized_autoencoder::nalgebra::DMatrix;
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::{
    Cotangents, Form, Forward, Interval, Needs, Report, Shape, Sign, Threshold,
};

/// The square root unit s(a) = (a + √(a² + 1))/2: positive, increasing, convex.
#[derive(Clone, Copy, Debug)]
pub struct Squareplus;

impl ActivationMetadata for Squareplus {
    fn properties(&self) -> Properties {
        Properties {
            slope: Sign::Positive,
            curvature: Sign::Positive,
            convex: true,
            range: Interval::NON_NEGATIVE,
            derivative_range: Interval::new(0.0, 1.0),
            limit_at_negative_infinity: Some(0.0),
            // (a + √(a² + 1))/2 = δ has the solution a = δ − 1/(4δ).
            threshold: Threshold { code: 0.1, pre_activation: Some(0.1 - 2.5) },
            ..Properties::unknown()
        }
    }
}

impl<T: Real> Activation<T> for Squareplus {
    fn value(&self, a: T) -> T {
        let root = (a * a + T::one()).sqrt();
        // For a < 0 without the cancellation of a + √(a² + 1).
        let sum = if a < T::zero() { T::one() / (root - a) } else { a + root };
        sum * T::of(0.5)
    }

    fn derivative(&self, a: T) -> T {
        self.value(a) / (a * a + T::one()).sqrt()
    }

    fn second_derivative(&self, a: T) -> T {
        let square = a * a + T::one();
        T::of(0.5) / (square * square.sqrt())
    }
}

/// R = Σ_j log(1 + ρ_j), ρ_j = E[h_j]: Corollary 1 with a concave f.
#[derive(Clone, Copy, Debug)]
pub struct LogMean;

impl RegularizerMetadata for LogMean {
    fn form(&self) -> Form {
        Form::MeanCode { increasing_on: Interval::NON_NEGATIVE, strictly: true }
    }

    fn needs(&self, _: Shape) -> Needs {
        Needs::per_unit().order(1)
    }
}

impl<T: Real> Regularizer<T> for LogMean {
    fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let means = forward.mean_code();
        for i in 0..forward.n_samples() {
            let slopes = forward.derivative(i).iter().zip(means);
            let weight = forward.sample_weight();
            out.add_pre_activations(i, slopes.map(|(d, mean)| weight * *d / (T::one() + *mean)));
        }
        means.iter().fold(T::zero(), |sum, mean| sum + mean.ln_1p())
    }
}

/// Trains an auto-encoder of the two and gives its report and its codes.
pub fn train<T: Real>(x: &DMatrix<T>, coefficient: f64) -> Result<(Report, DMatrix<T>), Error> {
    let mut model = RegularizedAutoEncoder::builder(x.nrows(), 12)
        .activation(Squareplus)
        .regularizer(LogMean.scaled(coefficient) + 0.01 * WeightDecay::new())
        .seed(1)
        .build()?;
    let trainer = Trainer::builder()
        .learning_rate(0.01)
        .batch_size(10)
        .epochs(30)
        .constraint(Constraint::UNIT)
        .build()?;
    let report = trainer.fit(&mut model, x)?;
    let codes = model.encode(x)?;
    Ok((report, codes))
}
