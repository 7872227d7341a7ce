//! The logistic sigmoid.

use super::{ActivationMetadata, Formula, Interval, Properties, Sign, Threshold, built_in};
use crate::numerics;
use crate::scalar::Real;
use std::borrow::Cow;

/// The logistic sigmoid.
///
/// ```text
/// s(a) = σ(a) = 1/(1 + e^{−a}),  s' = σ(1−σ),  s'' = σ(1−σ)(1−2σ),  s''' = s'(1−6s')
/// ```
/// Strictly increasing, neither convex nor concave, with values in (0, 1): Cor. 1 holds for it,
/// Cor. 2 does not promise anything. δ_min = 0.1, hence a_min = log(1/9).
///
/// At −∞ it is 0, at +∞ 1, its derivatives 0; NaN gives NaN.
///
/// ```
/// use regularized_autoencoder::{Activation, Sigmoid};
/// assert_eq!(Sigmoid.value(0.0_f64), 0.5);
/// assert_eq!(Sigmoid.derivative(0.0_f32), 0.25);
/// // No cancellation in the tail, where 1 − σ would round to 0:
/// assert!(Sigmoid.derivative(50.0_f64) > 1.9e-22);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sigmoid;

impl ActivationMetadata for Sigmoid {
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("sigmoid".into())
    }

    fn properties(&self) -> Properties {
        Properties {
            slope: Sign::Positive,
            range: Interval::new(0.0, 1.0),
            derivative_range: Interval::new(0.0, 0.25),
            limit_at_negative_infinity: Some(0.0),
            threshold: Threshold {
                code: Properties::SOFT_THRESHOLD,
                pre_activation: Some(-9.0_f64.ln()),
            },
            ..Properties::unknown()
        }
    }
}

impl Formula for Sigmoid {
    #[inline(always)]
    fn value<T: Real>(&self, a: T) -> T {
        numerics::sigmoid(a)
    }

    #[inline(always)]
    fn derivative<T: Real>(&self, a: T) -> T {
        numerics::sigmoid_first(a)
    }

    #[inline(always)]
    fn second_derivative<T: Real>(&self, a: T) -> T {
        numerics::sigmoid_second(a)
    }

    #[inline(always)]
    fn third_derivative<T: Real>(&self, a: T) -> T {
        numerics::sigmoid_third(a)
    }
}

built_in!(Sigmoid);
