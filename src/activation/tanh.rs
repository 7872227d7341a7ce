//! The hyperbolic tangent.

use super::{ActivationMetadata, Formula, Interval, Properties, Sign, Threshold, built_in};
use crate::numerics;
use crate::scalar::Real;
use std::borrow::Cow;

/// The hyperbolic tangent.
///
/// ```text
/// s(a) = t = tanh a,  s' = 1 − t²,  s'' = −2t(1 − t²),  s''' = −2(1 − t²)(1 − 3t²)
/// ```
/// Strictly increasing, neither convex nor concave, with values in (−1, 1). Its limit at −∞ is −1,
/// so that a lower pre-activation says nothing about sparsity. δ_min = 0.1, hence
/// a_min = artanh 0.1.
///
/// At ±∞ it is ±1, its derivatives 0; NaN gives NaN.
///
/// ```
/// use regularized_autoencoder::{Activation, Tanh};
/// assert_eq!(Tanh.value(0.5_f64), 0.5_f64.tanh());
/// assert_eq!(Tanh.derivative(0.0_f32), 1.0);
/// // No cancellation in the tail, where 1 − t² would round to 0:
/// assert!(Tanh.derivative(30.0_f64) > 3.5e-26);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tanh;

impl ActivationMetadata for Tanh {
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("tanh".into())
    }

    fn properties(&self) -> Properties {
        let code = Properties::SOFT_THRESHOLD;
        Properties {
            slope: Sign::Positive,
            range: Interval::new(-1.0, 1.0),
            derivative_range: Interval::new(0.0, 1.0),
            limit_at_negative_infinity: Some(-1.0),
            threshold: Threshold { code, pre_activation: Some(code.atanh()) },
            ..Properties::unknown()
        }
    }
}

impl Formula for Tanh {
    #[inline(always)]
    fn value<T: Real>(&self, a: T) -> T {
        numerics::tanh(a)
    }

    /// 1 − tanh² a = 4σ'(2a).
    #[inline(always)]
    fn derivative<T: Real>(&self, a: T) -> T {
        T::of(4.0) * numerics::sigmoid_first(a + a)
    }

    #[inline(always)]
    fn second_derivative<T: Real>(&self, a: T) -> T {
        T::of(-2.0) * numerics::tanh(a) * self.derivative(a)
    }

    #[inline(always)]
    fn third_derivative<T: Real>(&self, a: T) -> T {
        let t = numerics::tanh(a);
        T::of(-2.0) * self.derivative(a) * (T::one() - T::of(3.0) * t * t)
    }
}

built_in!(Tanh);
