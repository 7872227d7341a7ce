//! The rectified linear unit.

use super::{ActivationMetadata, Formula, Interval, Kink, Properties, Sign, Threshold, built_in};
use crate::numerics::unless_nan;
use crate::scalar::Real;
use std::borrow::Cow;

/// The rectified linear unit.
///
/// ```text
/// s(a) = max(0, a),  s' = 1 for a > 0 and 0 for a ≤ 0,  s'' = s''' = 0
/// ```
/// Non-decreasing and convex, with exact zeros, but piecewise linear: the bias gradient of Cor. 1
/// is at least 0, that of Cor. 2 is 0. δ_min = 0, hence a_min = 0. The kink at 0 has order 1; the
/// derivative there is 0, and s'' leaves out its Dirac delta.
///
/// At −∞ it is 0, at +∞ it is +∞, the derivative 0 and 1; NaN gives NaN.
///
/// ```
/// use regularized_autoencoder::{Activation, Relu};
/// assert_eq!(Relu.value(-3.0_f64), 0.0);
/// assert_eq!(Relu.value(2.5_f64), 2.5);
/// assert_eq!(Relu.derivative(0.0_f32), 0.0);
/// assert!(Relu.value(f64::NAN).is_nan());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Relu;

impl ActivationMetadata for Relu {
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("relu".into())
    }

    fn properties(&self) -> Properties {
        Properties {
            slope: Sign::NonNegative,
            curvature: Sign::Zero,
            convex: true,
            range: Interval::NON_NEGATIVE,
            derivative_range: Interval::new(0.0, 1.0),
            limit_at_negative_infinity: Some(0.0),
            hard_zeros: true,
            kinks: Cow::Borrowed(&[Kink { at: 0.0, order: 1 }]),
            threshold: Threshold { code: 0.0, pre_activation: Some(0.0) },
        }
    }
}

impl Formula for Relu {
    #[inline(always)]
    fn value<T: Real>(&self, a: T) -> T {
        if a <= T::zero() { T::zero() } else { a }
    }

    #[inline(always)]
    fn derivative<T: Real>(&self, a: T) -> T {
        unless_nan(a, if a > T::zero() { T::one() } else { T::zero() })
    }
}

built_in!(Relu);
