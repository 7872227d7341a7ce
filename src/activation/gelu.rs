//! The Gaussian error linear unit.

use super::{ActivationMetadata, Formula, Interval, Properties, Threshold, built_in};
use crate::numerics::{bell, scaled_normal_tail, within_tails};
use crate::scalar::Real;
use std::borrow::Cow;

/// The Gaussian error linear unit in its exact form, with the error function.
///
/// ```text
/// s(a) = aΦ(a),  s' = Φ + aφ,  s'' = φ(2 − a²),  s''' = φ(a³ − 4a)
/// ```
/// with Φ and φ the distribution function and the density of the standard normal law. It falls
/// below −0.7518, where it has its least value −0.17, and rises above; it is convex between ±√2
/// and concave beyond: neither Cor. 1 nor Cor. 2 promises anything for it. δ_min = 0.1, hence
/// a_min = 0.17554.
///
/// At −∞ it and its derivatives are 0; at +∞ it is +∞, its derivative 1, the others 0; NaN gives
/// NaN.
///
/// ```
/// use regularized_autoencoder::{Activation, Gelu};
/// assert_eq!(Gelu.value(0.0_f64), 0.0);
/// assert_eq!(Gelu.derivative(0.0_f32), 0.5);
/// // No cancellation in the tail, where 1 + erf would round to 0:
/// assert!(Gelu.value(-10.0_f64) < -7.6e-23);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Gelu;

impl ActivationMetadata for Gelu {
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("gelu".into())
    }

    /// The ends of the ranges are rounded outwards.
    fn properties(&self) -> Properties {
        Properties {
            range: Interval::new(-0.169_971_207_479_903_9, f64::INFINITY),
            derivative_range: Interval::new(-0.128_904_145_185_155_1, 1.128_904_145_185_155_2),
            limit_at_negative_infinity: Some(0.0),
            threshold: Threshold {
                code: Properties::SOFT_THRESHOLD,
                pre_activation: Some(0.175_539_560_742_891_55), // aΦ(a) = 0.1
            },
            ..Properties::unknown()
        }
    }
}

/// 1/√(2π).
const DENSITY_AT_ZERO: f64 = 0.398_942_280_401_432_7;

impl Formula for Gelu {
    /// s(a) = max(a, 0) − |a| Φ(−|a|)
    #[inline(always)]
    fn value<T: Real>(&self, a: T) -> T {
        let size = within_tails(a).abs();
        let tail = bell(size) * scaled_normal_tail(size);
        let identity = if a > T::zero() { a } else { T::zero() };
        identity - size * tail
    }

    /// s'(a) = 1 − s'(−a), from the side where it is small.
    #[inline(always)]
    fn derivative<T: Real>(&self, a: T) -> T {
        let size = within_tails(a).abs();
        let below = bell(size) * (scaled_normal_tail(size) - T::of(DENSITY_AT_ZERO) * size);
        if a > T::zero() { T::one() - below } else { below }
    }

    #[inline(always)]
    fn second_derivative<T: Real>(&self, a: T) -> T {
        let a = within_tails(a);
        density(a) * (T::of(2.0) - a * a)
    }

    #[inline(always)]
    fn third_derivative<T: Real>(&self, a: T) -> T {
        let a = within_tails(a);
        density(a) * a * (a * a - T::of(4.0))
    }
}

/// The standard normal density φ(a).
#[inline(always)]
fn density<T: Real>(a: T) -> T {
    T::of(DENSITY_AT_ZERO) * bell(a)
}

built_in!(Gelu);
