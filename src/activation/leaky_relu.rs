//! The leaky rectified linear unit.

use super::{
    ActivationMetadata, Formula, Identity, Interval, Kink, Properties, Relu, Sign, Threshold,
    built_in, scale,
};
use crate::error::{Error, probability};
use crate::numerics::unless_nan;
use crate::scalar::Real;
use std::borrow::Cow;

/// The leaky rectified linear unit with slope α ∈ [0, 1] below 0.
///
/// ```text
/// s(a) = max(a, αa),  s' = 1 for a > 0 and α for a ≤ 0,  s'' = s''' = 0
/// ```
/// Non-decreasing (strictly for α > 0), convex and piecewise linear; without hard zeros, and
/// unbounded below, unless α = 0. δ_min = 0.1, hence a_min = 0.1. The kink at 0 has order 1. With
/// α = 0 it has all properties of [`Relu`], with α = 1 those of [`Identity`].
///
/// At +∞ it is +∞, at −∞ it is −∞, or 0 for α = 0; NaN gives NaN, in the derivatives too.
///
/// ```
/// use regularized_autoencoder::{Activation, LeakyRelu};
/// let activation = LeakyRelu::new(0.25)?;
/// assert_eq!(activation.value(-2.0_f64), -0.5);
/// assert_eq!(activation.derivative(0.0_f32), 0.25);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LeakyRelu {
    alpha: f64,
}

#[cfg(feature = "serde")]
crate::stored::deserialize_checked!(LeakyRelu { alpha: f64 } => Self::new(alpha));

impl LeakyRelu {
    /// The slope below 0 is `alpha`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if `alpha` lies outside [0, 1] or is NaN, and if it is smaller
    /// than 10⁻¹⁸ without being 0.
    ///
    /// ```
    /// use regularized_autoencoder::LeakyRelu;
    /// let error = LeakyRelu::new(1.5).unwrap_err();
    /// assert_eq!(error.to_string(), "alpha is 1.5, but must be in [0, 1]");
    /// ```
    pub fn new(alpha: f64) -> Result<Self, Error> {
        let alpha = probability("alpha", alpha)?;
        if alpha != 0.0 {
            scale("alpha", alpha)?;
        }
        Ok(Self { alpha })
    }

    /// The slope α below 0.
    ///
    /// ```
    /// assert_eq!(regularized_autoencoder::LeakyRelu::default().alpha(), 0.01);
    /// ```
    pub fn alpha(&self) -> f64 {
        self.alpha
    }
}

/// α = 0.01.
impl Default for LeakyRelu {
    fn default() -> Self {
        Self { alpha: 0.01 }
    }
}

impl ActivationMetadata for LeakyRelu {
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("leaky_relu".into())
    }

    fn parameters(&self) -> Vec<(Cow<'static, str>, f64)> {
        vec![("alpha".into(), self.alpha)]
    }

    fn properties(&self) -> Properties {
        if self.alpha == 0.0 {
            return Relu.properties();
        }
        if self.alpha == 1.0 {
            return Identity.properties();
        }
        Properties {
            slope: Sign::Positive,
            curvature: Sign::Zero,
            convex: true,
            derivative_range: Interval::new(self.alpha, 1.0),
            limit_at_negative_infinity: Some(f64::NEG_INFINITY),
            kinks: Cow::Borrowed(&[Kink { at: 0.0, order: 1 }]),
            threshold: Threshold {
                code: Properties::SOFT_THRESHOLD,
                pre_activation: Some(Properties::SOFT_THRESHOLD),
            },
            ..Properties::unknown()
        }
    }
}

impl Formula for LeakyRelu {
    #[inline(always)]
    fn value<T: Real>(&self, a: T) -> T {
        if a > T::zero() {
            a
        } else if self.alpha == 0.0 {
            unless_nan(a, T::zero()) // 0 at −∞ too
        } else {
            T::of(self.alpha) * a
        }
    }

    #[inline(always)]
    fn derivative<T: Real>(&self, a: T) -> T {
        unless_nan(a, if a > T::zero() { T::one() } else { T::of(self.alpha) })
    }
}

built_in!(LeakyRelu);
