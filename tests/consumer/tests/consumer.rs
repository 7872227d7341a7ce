//! The library as a user's crate sees it.

use consumer::{LogMean, Squareplus, train};
use regularized_autoencoder::nalgebra::DMatrix;
use regularized_autoencoder::{Error, Real, activation_laws, regularizer_laws};

activation_laws!(squareplus_obeys_its_laws, Squareplus);
regularizer_laws!(log_mean_obeys_its_laws, LogMean, Squareplus);

fn training_lowers_the_codes<T: Real>() -> Result<(), Error> {
    let x = DMatrix::from_fn(6, 100, |i, j| T::of(((3 * i + 7 * j) as f64).sin()));
    let (free, codes) = train(&x, 0.0)?;
    let (_, regularized) = train(&x, 5.0)?;
    assert!(free.history[29].objective() < 0.5 * free.history[0].objective());
    let mean = |codes: &DMatrix<T>| codes.iter().map(|h| h.as_f64()).sum::<f64>();
    assert!(mean(&regularized) < 0.7 * mean(&codes), "Corollary 1");
    Ok(())
}

#[test]
fn training_lowers_the_codes_in_single_precision() -> Result<(), Error> {
    training_lowers_the_codes::<f32>()
}

#[test]
fn training_lowers_the_codes_in_double_precision() -> Result<(), Error> {
    training_lowers_the_codes::<f64>()
}

/// The macro fails where the law does.
mod refused {
    use regularized_autoencoder::{Activation, ActivationMetadata, Properties, Real};

    #[derive(Debug)]
    pub struct Careless;

    impl ActivationMetadata for Careless {
        fn properties(&self) -> Properties {
            Properties { convex: true, ..Properties::unknown() }
        }
    }

    impl<T: Real> Activation<T> for Careless {
        fn value(&self, a: T) -> T {
            a.tanh()
        }
        fn derivative(&self, a: T) -> T {
            T::one() - a.tanh() * a.tanh()
        }
        fn second_derivative(&self, a: T) -> T {
            T::of(-2.0) * a.tanh() * (T::one() - a.tanh() * a.tanh())
        }
    }

    regularized_autoencoder::activation_laws!(
        #[should_panic(expected = "convex")]
        a_false_claim,
        Careless
    );
}
