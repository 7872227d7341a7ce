//! The identity.

use super::{ActivationMetadata, Formula, Interval, Properties, Sign, Threshold, built_in};
use crate::numerics::unless_nan;
use crate::scalar::Real;
use std::borrow::Cow;

/// The identity, which makes the auto-encoder linear.
///
/// ```text
/// s(a) = a,  s' = 1,  s'' = s''' = 0
/// ```
/// Strictly increasing, convex and linear. It falls without bound at −∞, so that a lower
/// pre-activation says nothing about sparsity. δ_min = 0.1, hence a_min = 0.1.
///
/// At ±∞ it is ±∞, its derivative 1; NaN gives NaN, in the derivatives too.
///
/// ```
/// use regularized_autoencoder::{Activation, Identity};
/// assert_eq!(Identity.value(-3.5_f64), -3.5);
/// assert_eq!(Identity.derivative(-3.5_f32), 1.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Identity;

impl ActivationMetadata for Identity {
    fn name(&self) -> Option<Cow<'static, str>> {
        Some("identity".into())
    }

    fn properties(&self) -> Properties {
        Properties {
            slope: Sign::Positive,
            curvature: Sign::Zero,
            convex: true,
            derivative_range: Interval::new(1.0, 1.0),
            limit_at_negative_infinity: Some(f64::NEG_INFINITY),
            threshold: Threshold {
                code: Properties::SOFT_THRESHOLD,
                pre_activation: Some(Properties::SOFT_THRESHOLD),
            },
            ..Properties::unknown()
        }
    }
}

impl Formula for Identity {
    #[inline(always)]
    fn value<T: Real>(&self, a: T) -> T {
        a
    }

    #[inline(always)]
    fn derivative<T: Real>(&self, a: T) -> T {
        unless_nan(a, T::one())
    }
}

built_in!(Identity);
