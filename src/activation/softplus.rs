//! The softplus.

use super::{ActivationMetadata, Formula, Interval, Properties, Sign, Threshold, built_in, scale};
use crate::error::Error;
use crate::numerics;
use crate::scalar::Real;
use std::borrow::Cow;

/// The softplus with sharpness β, a smooth likeness of [`Relu`](super::Relu).
///
/// ```text
/// s(a) = log(1 + e^{βa})/β,  s' = σ(βa),  s'' = βσ'(βa),  s''' = β²σ''(βa)
/// ```
/// Strictly increasing and strictly convex, with values in (0, ∞): Cor. 1 and Cor. 2 hold for it,
/// with a positive bias gradient. δ_min = 0.1, hence a_min = log(e^{0.1β} − 1)/β.
///
/// At −∞ it and its derivatives are 0; at +∞ it is +∞, its derivative 1, the others 0; NaN gives
/// NaN.
///
/// # Numerics
/// Nothing overflows, whatever a. Where e^{−β|a|} is below the smallest normal number, the absolute
/// error may reach ε/β (in s) or εβ² (in s''') times that number.
///
/// ```
/// use regularized_autoencoder::{Activation, Softplus};
/// let activation = Softplus::with_sharpness(2.0)?;
/// assert_eq!(activation.value(0.0_f64), 2.0_f64.ln() / 2.0);
/// assert_eq!(activation.derivative(0.0_f32), 0.5);
/// // log(1 + e^a) would overflow on one side and vanish on the other:
/// assert_eq!(Softplus::new().value(1000.0_f64), 1000.0);
/// assert!(Softplus::new().value(-100.0_f64) > 3.7e-44);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Softplus {
    sharpness: f64,
}

#[cfg(feature = "serde")]
crate::stored::deserialize_checked!(Softplus { sharpness: f64 } => Self::with_sharpness(sharpness));

impl Softplus {
    /// The softplus with sharpness 1: log(1 + e^a).
    ///
    /// ```
    /// assert_eq!(regularized_autoencoder::Softplus::new().sharpness(), 1.0);
    /// ```
    pub fn new() -> Self {
        Self { sharpness: 1.0 }
    }

    /// The softplus with sharpness β = `sharpness`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if β is not finite and greater than 0, or does not lie between
    /// 10⁻¹⁸ and 10¹⁸, outside of which β² overflows or vanishes in `f32`.
    ///
    /// ```
    /// use regularized_autoencoder::Softplus;
    /// let error = Softplus::with_sharpness(0.0).unwrap_err();
    /// assert_eq!(error.to_string(), "sharpness is 0, but must be finite and greater than 0");
    /// ```
    pub fn with_sharpness(sharpness: f64) -> Result<Self, Error> {
        Ok(Self { sharpness: scale("sharpness", sharpness)? })
    }

    /// The sharpness β.
    ///
    /// ```
    /// use regularized_autoencoder::Softplus;
    /// assert_eq!(Softplus::with_sharpness(5.0)?.sharpness(), 5.0);
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn sharpness(&self) -> f64 {
        self.sharpness
    }

    /// β in the scalar type, and βa.
    #[inline(always)]
    fn sharpen<T: Real>(&self, a: T) -> (T, T) {
        let sharpness = T::of(self.sharpness);
        (sharpness, sharpness * a)
    }
}

impl Default for Softplus {
    fn default() -> Self {
        Self::new()
    }
}

impl ActivationMetadata for Softplus {
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("softplus".into())
    }

    fn parameters(&self) -> Vec<(Cow<'static, str>, f64)> {
        vec![("sharpness".into(), self.sharpness)]
    }

    fn properties(&self) -> Properties {
        let code = Properties::SOFT_THRESHOLD;
        // log(e^{δβ} − 1)/β, in a form in which a large β does not overflow
        let pre_activation = code + (-(-code * self.sharpness).exp_m1()).ln() / self.sharpness;
        Properties {
            slope: Sign::Positive,
            curvature: Sign::Positive,
            convex: true,
            range: Interval::NON_NEGATIVE,
            derivative_range: Interval::new(0.0, 1.0),
            limit_at_negative_infinity: Some(0.0),
            threshold: Threshold { code, pre_activation: Some(pre_activation) },
            ..Properties::unknown()
        }
    }
}

impl Formula for Softplus {
    /// max(a, 0) + log(1 + e^{−β|a|})/β.
    #[inline(always)]
    fn value<T: Real>(&self, a: T) -> T {
        let (sharpness, sharpened) = self.sharpen(a);
        let (e, _) = numerics::decay(sharpened.abs());
        a.max(T::zero()) + numerics::ln_1p_of_fraction(e) / sharpness
    }

    #[inline(always)]
    fn derivative<T: Real>(&self, a: T) -> T {
        let (_, sharpened) = self.sharpen(a);
        numerics::sigmoid(sharpened)
    }

    #[inline(always)]
    fn second_derivative<T: Real>(&self, a: T) -> T {
        let (sharpness, sharpened) = self.sharpen(a);
        sharpness * numerics::sigmoid_first(sharpened)
    }

    #[inline(always)]
    fn third_derivative<T: Real>(&self, a: T) -> T {
        let (sharpness, sharpened) = self.sharpen(a);
        sharpness * sharpness * numerics::sigmoid_second(sharpened)
    }
}

built_in!(Softplus);
