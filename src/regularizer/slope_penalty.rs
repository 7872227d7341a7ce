//! Corollary 2: powers of the activation's slope.

use super::sample_sums::SampleSums;
use super::{Kernel, built_in};
use crate::activation::Sign;
use crate::error::{Error, at_least_one};
use crate::objective::{Cotangents, FilterPart, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// A power of the activation's slope times a power of the filter's length: Corollary 2.
///
/// ```text
/// R = E Σ_j s'(a_j)^q ‖W_j‖^p,  q ∈ {1, 2, …},  p ∈ {0, 1, 2, …}
/// ∂R/∂b_j = E[q s'(a_j)^(q−1) s''(a_j)] ‖W_j‖^p
/// ∂R/∂W_j = E[q s'^(q−1) s'' x] ‖W_j‖^p + E[s'^q] p ‖W_j‖^(p−2) W_j
/// ```
/// ∂R/∂b_j ≥ 0 for non-decreasing convex s. At W_j = 0 the second term of ∂R/∂W_j is 0.
/// [`Contractive`](crate::Contractive) is q = 2, p = 2.
///
/// ```
/// use regularized_autoencoder::SlopePenalty;
/// assert!(SlopePenalty::new(1, 0).is_ok());
/// assert!(SlopePenalty::new(0, 2).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SlopePenalty {
    slope_power: u32,
    length_power: u32,
}

#[cfg(feature = "serde")]
crate::stored::deserialize_checked!(
    SlopePenalty { slope_power: u32, length_power: u32 } => Self::new(slope_power, length_power)
);

impl SlopePenalty {
    /// With q = `slope_power` and p = `length_power`.
    ///
    /// # Errors
    /// [`Error::Zero`] if q = 0, [`Error::InvalidParameter`] if a power exceeds `i32::MAX`.
    pub fn new(slope_power: u32, length_power: u32) -> Result<Self, Error> {
        at_least_one("power q of the slope", slope_power as usize)?;
        for power in [slope_power, length_power] {
            if i32::try_from(power).is_err() {
                return Err(Error::invalid("power", f64::from(power), "below 2³¹"));
            }
        }
        Ok(Self { slope_power, length_power })
    }

    /// q.
    pub fn slope_power(&self) -> u32 {
        self.slope_power
    }

    /// p.
    pub fn length_power(&self) -> u32 {
        self.length_power
    }
}

impl RegularizerMetadata for SlopePenalty {
    fn form(&self) -> Form {
        form(self.slope_power, self.length_power)
    }

    fn needs(&self, shape: Shape) -> Needs {
        needs(shape)
    }
}

impl Kernel for SlopePenalty {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        accumulate(self.slope_power, self.length_power, forward, out)
    }
}

built_in!(SlopePenalty);

pub(super) fn form(q: u32, p: u32) -> Form {
    let depends_on = if p == 0 { FilterPart::Nothing } else { FilterPart::Length };
    Form::SlopePower { power: q, weight: Sign::Positive, depends_on }
}

pub(super) fn needs(shape: Shape) -> Needs {
    Needs::per_unit().scratch(shape.n_hidden.saturating_mul(3))
}

/// The term with any q and p.
#[inline(always)]
pub(super) fn accumulate<T: Real>(
    q: u32,
    p: u32,
    forward: &Forward<'_, T>,
    out: &mut Cotangents<'_, T>,
) -> T {
    let (weights, sums, partial) = scratch(forward, out);
    // ‖W_j‖^p, from the squared lengths.
    for (weight, squared) in weights.iter_mut().zip(forward.squared_lengths()) {
        *weight = half_power(*squared, p);
    }
    slope_powers(q, weights, (sums, partial), forward, out);
    // ∂‖W_j‖^p / ∂‖W_j‖² = (p/2) ‖W_j‖^(p−2)
    if p > 0 {
        let half_p = T::of(0.5 * f64::from(p));
        out.add_squared_lengths(sums.iter().zip(forward.squared_lengths()).map(
            |(&sum, &squared)| {
                if p == 1 && squared.is_zero() {
                    T::zero()
                } else if p == 1 {
                    sum * half_p / squared.sqrt()
                } else {
                    sum * half_p * half_power(squared, p - 2)
                }
            },
        ));
    }
    sums.iter().zip(&*weights).fold(T::zero(), |value, (&sum, &weight)| value + sum * weight)
}

/// For R = E Σ_j s'(a_j)^q w_j: adds to the pre-activations, and gives E[s'(a_j)^q] in `sums`;
/// `partial` is scratch.
#[inline(always)]
pub(super) fn slope_powers<T: Real>(
    q: u32,
    weights: &[T],
    (sums, partial): (&mut [T], &mut [T]),
    forward: &Forward<'_, T>,
    out: &mut Cotangents<'_, T>,
) {
    let sample_weight = forward.sample_weight();
    let factor = sample_weight * T::of(f64::from(q));
    let mut total = SampleSums::new(sums, partial);
    for i in 0..forward.n_samples() {
        let (d, c) = (forward.derivative(i), forward.second_derivative(i));
        let all = weights.iter().zip(d).zip(c);
        if q == 2 {
            out.add_pre_activations(i, all.map(|((&w, &d), &c)| factor * w * d * c));
            total.add(d.iter().map(|&d| d * d));
        } else {
            let (q, less) = (q as i32, q as i32 - 1);
            out.add_pre_activations(i, all.map(|((&w, &d), &c)| factor * w * d.powi(less) * c));
            total.add(d.iter().map(|d| d.powi(q)));
        }
    }
    for sum in total.finish() {
        *sum *= sample_weight;
    }
}

/// Three numbers of scratch a unit: weights, sums and partial sums.
#[inline(always)]
pub(super) fn scratch<'a, T: Real>(
    forward: &Forward<'_, T>,
    out: &mut Cotangents<'a, T>,
) -> (&'a mut [T], &'a mut [T], &'a mut [T]) {
    let n_units = forward.n_units();
    let (weights, rest) = out.take_scratch().split_at_mut(n_units);
    let (sums, partial) = rest.split_at_mut(n_units);
    (weights, sums, &mut partial[..n_units])
}

/// `squared`^(power/2).
fn half_power<T: Real>(squared: T, power: u32) -> T {
    let whole = squared.powi((power / 2) as i32);
    if power.is_multiple_of(2) { whole } else { whole * squared.sqrt() }
}
