//! The exponential linear unit.

use super::{
    ActivationMetadata, Formula, Interval, Kink, Properties, Sign, Threshold, built_in, scale,
};
use crate::error::Error;
use crate::numerics::{decay, unless_nan};
use crate::scalar::Real;
use std::borrow::Cow;

/// The exponential linear unit with scale α > 0.
///
/// ```text
/// s(a) = a for a > 0 and α(e^a − 1) for a ≤ 0
/// s'   = 1 for a > 0 and αe^a for a ≤ 0
/// s''  = s''' = 0 for a > 0 and αe^a for a ≤ 0
/// ```
/// Strictly increasing, convex for α ≤ 1 only, with values in (−α, ∞). Its limit at −∞ is −α, so
/// that a lower pre-activation says nothing about sparsity. δ_min = 0.1, hence a_min = 0.1. At 0
/// the second derivative jumps (a kink of order 2), and for α ≠ 1 the first one as well (order 1);
/// the derivatives there are those from below.
///
/// At −∞ it is −α, its derivatives 0; at +∞ it is +∞, its derivative 1, the others 0; NaN gives
/// NaN.
///
/// ```
/// use regularized_autoencoder::{Activation, Elu};
/// let activation = Elu::new(0.5)?;
/// assert_eq!(activation.value(-1.0_f64), 0.5 * (-1.0_f64).exp_m1());
/// assert_eq!(activation.derivative(0.0_f32), 0.5);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Elu {
    alpha: f64,
}

#[cfg(feature = "serde")]
crate::stored::deserialize_checked!(Elu { alpha: f64 } => Self::new(alpha));

impl Elu {
    /// The limit at −∞ is −`alpha`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if `alpha` is not finite and greater than 0, or does not lie
    /// between 10⁻¹⁸ and 10¹⁸, the scales that are allowed in the crate for the sake of `f32`.
    ///
    /// ```
    /// use regularized_autoencoder::Elu;
    /// let error = Elu::new(-1.0).unwrap_err();
    /// assert_eq!(error.to_string(), "alpha is -1, but must be finite and greater than 0");
    /// ```
    pub fn new(alpha: f64) -> Result<Self, Error> {
        Ok(Self { alpha: scale("alpha", alpha)? })
    }

    /// The scale α.
    ///
    /// ```
    /// assert_eq!(regularized_autoencoder::Elu::default().alpha(), 1.0);
    /// ```
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// αe^a. By halves, lest e^a vanish where αe^a does not.
    #[inline(always)]
    fn exponential<T: Real>(&self, a: T) -> T {
        let (half, _) = decay(a * T::of(-0.5));
        T::of(self.alpha) * half * half
    }

    /// The derivatives: αe^a below 0, `above` above, NaN at NaN.
    #[inline(always)]
    fn any_derivative<T: Real>(&self, a: T, above: T) -> T {
        if a <= T::zero() { self.exponential(a) } else { unless_nan(a, above) }
    }
}

/// α = 1.
impl Default for Elu {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl ActivationMetadata for Elu {
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("elu".into())
    }

    fn parameters(&self) -> Vec<(Cow<'static, str>, f64)> {
        vec![("alpha".into(), self.alpha)]
    }

    fn properties(&self) -> Properties {
        Properties {
            slope: Sign::Positive,
            curvature: Sign::NonNegative,
            convex: self.alpha <= 1.0,
            range: Interval::new(-self.alpha, f64::INFINITY),
            derivative_range: Interval::new(0.0, self.alpha.max(1.0)),
            limit_at_negative_infinity: Some(-self.alpha),
            kinks: Cow::Borrowed(match self.alpha {
                1.0 => &[Kink { at: 0.0, order: 2 }],
                _ => &[Kink { at: 0.0, order: 1 }],
            }),
            threshold: Threshold {
                code: Properties::SOFT_THRESHOLD,
                pre_activation: Some(Properties::SOFT_THRESHOLD),
            },
            ..Properties::unknown()
        }
    }
}

impl Formula for Elu {
    #[inline(always)]
    fn value<T: Real>(&self, a: T) -> T {
        if a > T::zero() { a } else { T::of(self.alpha) * decay(-a).1 }
    }

    #[inline(always)]
    fn derivative<T: Real>(&self, a: T) -> T {
        self.any_derivative(a, T::one())
    }

    #[inline(always)]
    fn second_derivative<T: Real>(&self, a: T) -> T {
        self.any_derivative(a, T::zero())
    }

    #[inline(always)]
    fn third_derivative<T: Real>(&self, a: T) -> T {
        self.any_derivative(a, T::zero())
    }
}

built_in!(Elu);
