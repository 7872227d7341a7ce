//! The marginalized denoising auto-encoder's penalty.

use super::{Kernel, built_in, slope_penalty};
use crate::activation::Sign;
use crate::error::{Error, same_size};
use crate::objective::{Cotangents, FilterPart, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// The marginalized denoising auto-encoder (Chen et al. 2014), Eq. 10–11.
///
/// ```text
/// R = E Σ_j s'(a_j)² ‖W_j‖⁴                        (Eq. 11)
/// R = E Σ_j s'(a_j)² ‖W_j‖² Σ_i σ_i² W_ji²         (Eq. 10), σ_i² a variance for each input
/// ```
/// Eq. 11 is Eq. 10 with all variances 1, and Cor. 2 with q = 2, p = 4. It is the first of the
/// three second-order terms of Thm. 3.
///
/// ```
/// use regularized_autoencoder::MarginalizedDenoising;
/// assert!(MarginalizedDenoising::with_variances([0.1, 0.0, 0.4]).is_ok());
/// assert!(MarginalizedDenoising::with_variances([0.1, -0.2]).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MarginalizedDenoising {
    variances: Option<Vec<f64>>,
}

#[cfg(feature = "serde")]
crate::stored::deserialize_checked!(
    MarginalizedDenoising { variances: Option<Vec<f64>> } => match variances {
        Some(variances) => Self::with_variances(variances),
        None => Ok(Self::new()),
    }
);

impl MarginalizedDenoising {
    /// Eq. 11.
    pub fn new() -> Self {
        Self { variances: None }
    }

    /// Eq. 10, with a noise variance for each input dimension.
    ///
    /// That there are n of them is checked when a model is built.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a variance that is negative, infinite or NaN.
    pub fn with_variances(variances: impl Into<Vec<f64>>) -> Result<Self, Error> {
        let variances = variances.into();
        for (i, &variance) in variances.iter().enumerate() {
            if !(variance >= 0.0 && variance.is_finite()) {
                let name = format!("variance of input {i}");
                return Err(Error::invalid(name, variance, "finite and at least 0"));
            }
        }
        Ok(Self { variances: Some(variances) })
    }

    /// The variances of Eq. 10; `None` for Eq. 11.
    pub fn variances(&self) -> Option<&[f64]> {
        self.variances.as_deref()
    }
}

impl RegularizerMetadata for MarginalizedDenoising {
    fn form(&self) -> Form {
        let Some(variances) = &self.variances else { return slope_penalty::form(2, 4) };
        let zero = |variance: &f64| *variance == 0.0;
        if variances.iter().all(zero) {
            return Form::Nothing;
        }
        let weight = if variances.iter().any(zero) { Sign::NonNegative } else { Sign::Positive };
        let equal = variances.iter().all(|variance| *variance == variances[0]);
        let depends_on = if equal { FilterPart::Length } else { FilterPart::Direction };
        Form::SlopePower { power: 2, weight, depends_on }
    }

    fn needs(&self, shape: Shape) -> Needs {
        slope_penalty::needs(shape)
    }

    fn validate(&self, shape: Shape) -> Result<(), Error> {
        match &self.variances {
            None => Ok(()),
            Some(variances) => same_size(
                "variances of marginalized denoising, one for each input",
                shape.n_inputs,
                variances.len(),
            ),
        }
    }
}

impl Kernel for MarginalizedDenoising {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let Some(variances) = &self.variances else {
            return slope_penalty::accumulate(2, 4, forward, out);
        };
        let weighted_square = |unit: usize| {
            let squares = forward.filter(unit).iter().zip(variances);
            squares.fold(T::zero(), |sum, (&w, &variance)| sum + T::of(variance) * w * w)
        };
        let (weights, sums, partial) = slope_penalty::scratch(forward, out);
        for (unit, weight) in weights.iter_mut().enumerate() {
            *weight = forward.squared_lengths()[unit] * weighted_square(unit);
        }
        slope_penalty::slope_powers(2, weights, (sums, partial), forward, out);

        let mut value = T::zero();
        for (unit, &sum) in sums.iter().enumerate() {
            value += sum * weights[unit];
            out.add_squared_length(unit, sum * weighted_square(unit));
            let factor = sum * forward.squared_lengths()[unit] * T::of(2.0);
            let filter = forward.filter(unit).iter().zip(variances);
            out.add_filter(unit, filter.map(|(&w, &variance)| factor * T::of(variance) * w));
        }
        value
    }
}

built_in!(MarginalizedDenoising);
