//! The regularizer's bias gradients on data: what the corollaries speak of, measured.

use super::bounds::count_of_share;
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::Error;
use crate::objective::{Batch, Pass, Regularizer};
use crate::scalar::Real;
use std::fmt;

/// ∂R/∂b_j of every unit at present parameters, on data, and how these are distributed.
///
/// It tells "the sign is not guaranteed" from "it does not happen": with the sigmoid, Corollary 2
/// guarantees nothing, and yet in most trainings most units have a positive gradient.
///
/// ```
/// use nalgebra::DMatrix;
/// use regularized_autoencoder::theory::BiasGradients;
/// use regularized_autoencoder::{Contractive, RegularizedAutoEncoder, Softplus};
/// let x = DMatrix::<f64>::from_fn(4, 50, |i, j| ((3 * i + j) as f64).sin());
/// let model = RegularizedAutoEncoder::builder(4, 10)
///     .activation(Softplus::new())
///     .regularizer(0.1 * Contractive::new())
///     .build()?;
/// let gradients = BiasGradients::of(&model, &x)?;
/// assert_eq!((gradients.positive(), gradients.negative(), gradients.zero()), (10, 0, 0));
/// assert!(gradients.quantile(0.0)? > 0.0);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BiasGradients {
    values: Vec<f64>,
    rounding: f64,
}

impl BiasGradients {
    /// Measures them for a model, coefficients included, with all samples as one batch.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::objective`].
    pub fn of<'a, T: Real, A: Activation<T>, R: Regularizer<T>>(
        model: &'a RegularizedAutoEncoder<T, A, R>,
        batch: impl Into<Batch<'a, T>>,
    ) -> Result<Self, Error> {
        let pass = model.pass(batch)?;
        Self::of_pass(&pass, model.regularizer())
    }

    /// Measures them for parameters, activation and batch that are not in a model.
    ///
    /// # Errors
    /// Those of [`Regularizer::bias_gradient`].
    pub fn of_pass<T: Real>(
        pass: &Pass<'_, T>,
        regularizer: &(impl Regularizer<T> + ?Sized),
    ) -> Result<Self, Error> {
        let gradient = regularizer.bias_gradient(pass)?;
        let values: Vec<f64> = gradient.iter().map(|g| g.as_f64()).collect();
        let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        Ok(Self { values, rounding: 64.0 * T::EPSILON.as_f64() * largest })
    }

    /// ∂R/∂b_j, m values.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Number of units with a positive one.
    pub fn positive(&self) -> usize {
        self.values.iter().filter(|value| **value > self.rounding).count()
    }

    /// Number of units with a negative one.
    pub fn negative(&self) -> usize {
        self.values.iter().filter(|value| **value < -self.rounding).count()
    }

    /// Number of units with one that is 0 up to rounding: at most 64 ε times the largest.
    pub fn zero(&self) -> usize {
        self.values.len() - self.positive() - self.negative()
    }

    /// The mean over the units.
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    /// The smallest value that at least the given share of the units does not exceed: 0 gives the
    /// minimum, ½ the median, 1 the maximum.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the share does not lie in [0, 1].
    pub fn quantile(&self, share: f64) -> Result<f64, Error> {
        let share = crate::error::probability("share of the units", share)?;
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = count_of_share(share, sorted.len());
        Ok(sorted[rank.saturating_sub(1)])
    }
}

impl fmt::Display for BiasGradients {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.values.len();
        let (positive, negative, zero) = (self.positive(), self.negative(), self.zero());
        write!(
            formatter,
            "∂R/∂b_j is positive for {positive}, zero for {zero}, negative for {negative} of {units} \
             units; mean {:.3e}",
            self.mean()
        )?;
        if units > 0 {
            let at = |share| self.quantile(share).unwrap_or(f64::NAN);
            write!(
                formatter,
                "; minimum {:.3e}, quartiles {:.3e}, {:.3e}, {:.3e}, maximum {:.3e}",
                at(0.0),
                at(0.25),
                at(0.5),
                at(0.75),
                at(1.0)
            )?;
        }
        Ok(())
    }
}
