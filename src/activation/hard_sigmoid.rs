//! The hard sigmoid.

use super::{ActivationMetadata, Formula, Interval, Kink, Properties, Sign, Threshold, built_in};
use crate::numerics::unless_nan;
use crate::scalar::Real;
use std::borrow::Cow;

/// The hard sigmoid, a piecewise linear likeness of the sigmoid.
///
/// ```text
/// s(a) = clip(a/6 + ½, 0, 1),  s' = 1/6 for |a| < 3 and 0 otherwise,  s'' = s''' = 0
/// ```
/// Non-decreasing, neither convex nor concave, with exact zeros for a ≤ −3. δ_min = 0, hence
/// a_min = −3. The kinks at ±3 have order 1; the derivative there is 0.
///
/// At −∞ it is 0, at +∞ 1, its derivatives 0; NaN gives NaN, in the derivatives too.
///
/// ```
/// use regularized_autoencoder::{Activation, HardSigmoid};
/// assert_eq!(HardSigmoid.value(1.5_f64), 0.75);
/// assert_eq!(HardSigmoid.value(-3.0_f32), 0.0);
/// assert_eq!(HardSigmoid.derivative(0.0_f64), 1.0 / 6.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HardSigmoid;

impl ActivationMetadata for HardSigmoid {
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("hard_sigmoid".into())
    }

    fn properties(&self) -> Properties {
        Properties {
            slope: Sign::NonNegative,
            curvature: Sign::Zero,
            range: Interval::new(0.0, 1.0),
            derivative_range: Interval::new(0.0, (1.0_f64 / 6.0).next_up()),
            limit_at_negative_infinity: Some(0.0),
            hard_zeros: true,
            kinks: Cow::Borrowed(&[Kink { at: -3.0, order: 1 }, Kink { at: 3.0, order: 1 }]),
            threshold: Threshold { code: 0.0, pre_activation: Some(-3.0) },
            ..Properties::unknown()
        }
    }
}

impl Formula for HardSigmoid {
    /// (a + 3)/6 rather than a/6 + ½, which loses digits next to −3.
    #[inline(always)]
    fn value<T: Real>(&self, a: T) -> T {
        ((a + T::of(3.0)) / T::of(6.0)).clamp(T::zero(), T::one())
    }

    #[inline(always)]
    fn derivative<T: Real>(&self, a: T) -> T {
        unless_nan(a, if a.abs() < T::of(3.0) { T::of(1.0 / 6.0) } else { T::zero() })
    }
}

built_in!(HardSigmoid);
