//! Corollary 1: functions of the mean code.

use super::{Kernel, accumulate as run};
use crate::activation::Interval;
use crate::objective::{
    Cotangents, Form, Forward, Needs, Regularizer, RegularizerMetadata, Shape, operators,
};
use crate::scalar::{Real, compiled};
use std::fmt::Debug;

/// A function f of a unit's mean code ρ_j, evaluated once a unit and batch.
///
/// ```
/// use regularized_autoencoder::{Interval, MeanCode, MeanPenalty};
///
/// /// f(r) = e^r
/// #[derive(Debug)]
/// struct Exponential;
///
/// impl MeanPenalty for Exponential {
///     fn value(&self, mean: f64) -> f64 { mean.exp() }
///     fn derivative(&self, mean: f64) -> f64 { mean.exp() }
///     fn increasing_on(&self) -> Interval { Interval::REAL }
///     fn is_strictly_increasing(&self) -> bool { true }
/// }
///
/// let regularizer = 0.1 * MeanCode::of(Exponential);
/// # let _ = regularizer;
/// ```
pub trait MeanPenalty: Debug + Send + Sync {
    /// f(ρ_j).
    fn value(&self, mean: f64) -> f64;

    /// f'(ρ_j).
    fn derivative(&self, mean: f64) -> f64;

    /// An interval on which f' ≥ 0; Cor. 1 holds if it encloses the activation's range.
    fn increasing_on(&self) -> Interval;

    /// Whether f' > 0 there.
    fn is_strictly_increasing(&self) -> bool {
        false
    }
}

/// f(r) = r.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Linear;

impl MeanPenalty for Linear {
    fn value(&self, mean: f64) -> f64 {
        mean
    }

    fn derivative(&self, _: f64) -> f64 {
        1.0
    }

    fn increasing_on(&self) -> Interval {
        Interval::REAL
    }

    fn is_strictly_increasing(&self) -> bool {
        true
    }
}

/// f(r) = r², which increases for r ≥ 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Square;

impl MeanPenalty for Square {
    fn value(&self, mean: f64) -> f64 {
        mean * mean
    }

    fn derivative(&self, mean: f64) -> f64 {
        2.0 * mean
    }

    fn increasing_on(&self) -> Interval {
        Interval::NON_NEGATIVE
    }
}

/// A function of the mean code of each unit: Corollary 1.
///
/// ```text
/// R = Σ_j f(ρ_j),  ρ_j = E[h_j],  ∂R/∂a_j = f'(ρ_j) s'(a_j) / B,  ∂R/∂b_j = f'(ρ_j) E[s'(a_j)]
/// ```
/// The mean is over the samples of the batch, so R of a data set is not the mean of R over its
/// batches unless f is linear. ∂R/∂b_j ≥ 0 for non-decreasing s where f increases.
///
/// ```
/// use nalgebra::{DVector, dmatrix};
/// use regularized_autoencoder::{Identity, MeanCode, Parameters, Pass, Regularizer};
/// let parameters = Parameters::new(dmatrix![1.0], DVector::zeros(1), None)?;
/// let samples = dmatrix![2.0, 4.0];
/// let pass = Pass::new(&parameters, &Identity, &samples)?;
/// assert_eq!(MeanCode::new().loss(&pass)?, 3.0);
/// assert_eq!(MeanCode::square().bias_gradient(&pass)?[0], 6.0);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MeanCode<F = Linear>(F);

impl MeanCode {
    /// Σ_j ρ_j.
    pub fn new() -> Self {
        Self(Linear)
    }

    /// Σ_j ρ_j².
    pub fn square() -> MeanCode<Square> {
        MeanCode(Square)
    }

    /// Σ_j f(ρ_j) with any f.
    pub fn of<F: MeanPenalty>(f: F) -> MeanCode<F> {
        MeanCode(f)
    }
}

impl<F: MeanPenalty> RegularizerMetadata for MeanCode<F> {
    fn form(&self) -> Form {
        form(&self.0)
    }

    fn needs(&self, shape: Shape) -> Needs {
        needs(shape)
    }
}

impl<T: Real, F: MeanPenalty> Regularizer<T> for MeanCode<F> {
    fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let kernel = &Of(&self.0);
        compiled!(T, run(
            kernel: &Of<'_>,
            forward: &Forward<'_, T>,
            out: &mut Cotangents<'_, T>,
        ) -> T)
    }
}

/// The computation for an f that is known at run time only.
struct Of<'a>(&'a dyn MeanPenalty);

impl Kernel for Of<'_> {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        accumulate(self.0, forward, out)
    }
}

operators!([F: MeanPenalty] MeanCode<F>);

pub(super) fn form(f: &dyn MeanPenalty) -> Form {
    Form::MeanCode { increasing_on: f.increasing_on(), strictly: f.is_strictly_increasing() }
}

pub(super) fn needs(shape: Shape) -> Needs {
    Needs::per_unit().order(1).scratch(shape.n_hidden)
}

#[inline(always)]
pub(super) fn accumulate<T: Real>(
    f: &dyn MeanPenalty,
    forward: &Forward<'_, T>,
    out: &mut Cotangents<'_, T>,
) -> T {
    let weight = forward.sample_weight();
    let slope = |mean: &T| T::of(f.derivative(mean.as_f64())) * weight;
    let slopes = out.take_scratch();
    for (out, mean) in slopes.iter_mut().zip(forward.mean_code()) {
        *out = slope(mean);
    }
    for i in 0..forward.n_samples() {
        let d = forward.derivative(i);
        out.add_pre_activations(i, slopes.iter().zip(d).map(|(&slope, &d)| slope * d));
    }
    let values = forward.mean_code().iter().map(|mean| f.value(mean.as_f64()));
    T::of(values.sum())
}
