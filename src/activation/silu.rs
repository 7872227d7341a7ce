//! The sigmoid-weighted linear unit.

use super::{ActivationMetadata, Formula, Interval, Properties, Threshold, built_in};
use crate::numerics::{sigmoid, sigmoid_first, sigmoid_tail, tanh, within_tails};
use crate::scalar::Real;
use std::borrow::Cow;

/// The sigmoid-weighted linear unit, also called swish.
///
/// ```text
/// s(a) = aσ(a),  s' = σ + aσ',  s'' = 2σ' + aσ'',  s''' = 3σ'' + aσ'''
/// ```
/// It falls below −1.2785, where it has its least value −0.2785, and rises above; it is convex
/// between ±2.3994 and concave beyond: neither Cor. 1 nor Cor. 2 promises anything for it.
/// δ_min = 0.1, hence a_min = 0.18326.
///
/// At −∞ it and its derivatives are 0; at +∞ it is +∞, its derivative 1, the others 0; NaN gives
/// NaN.
///
/// ```
/// use regularized_autoencoder::{Activation, Silu};
/// assert_eq!(Silu.value(0.0_f64), 0.0);
/// assert_eq!(Silu.derivative(0.0_f32), 0.5);
/// assert_eq!(Silu.second_derivative(0.0_f64), 0.5);
/// assert_eq!(Silu.value(f64::NEG_INFINITY), 0.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Silu;

impl ActivationMetadata for Silu {
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("silu".into())
    }

    /// The ends of the ranges are rounded outwards.
    fn properties(&self) -> Properties {
        Properties {
            range: Interval::new(-0.278_464_542_761_074_1, f64::INFINITY),
            derivative_range: Interval::new(-0.099_839_320_128_867_3, 1.099_839_320_128_867_4),
            limit_at_negative_infinity: Some(0.0),
            threshold: Threshold {
                code: Properties::SOFT_THRESHOLD,
                pre_activation: Some(0.183_255_537_909_119_97), // aσ(a) = 0.1
            },
            ..Properties::unknown()
        }
    }
}

impl Formula for Silu {
    #[inline(always)]
    fn value<T: Real>(&self, a: T) -> T {
        if a < T::zero() { within_tails(a) * sigmoid(a) } else { a * sigmoid(a) }
    }

    /// With t = σ(−|a|): t(1 + a − at) below 0, (1 − t)(1 + at) above.
    #[inline(always)]
    fn derivative<T: Real>(&self, a: T) -> T {
        let a = within_tails(a);
        let (one, tail) = (T::one(), sigmoid_tail(a.abs()));
        if a < T::zero() { tail * (one + a - a * tail) } else { (one - tail) * (one + a * tail) }
    }

    /// t(1 − t)(2 − |a| + 2|a|t) with t = σ(−|a|).
    #[inline(always)]
    fn second_derivative<T: Real>(&self, a: T) -> T {
        let size = within_tails(a).abs();
        let (two, tail) = (T::of(2.0), sigmoid_tail(size));
        tail * (T::one() - tail) * (two - size + two * size * tail)
    }

    /// σ'(a − 3t − 6aσ') with t = tanh(a/2).
    #[inline(always)]
    fn third_derivative<T: Real>(&self, a: T) -> T {
        let a = within_tails(a);
        let first = sigmoid_first(a);
        let t = tanh(a * T::of(0.5));
        first * (a - T::of(3.0) * t - T::of(6.0) * a * first)
    }
}

built_in!(Silu);
