//! The ℓ1 norm of the code.

use super::{Kernel, built_in};
use crate::activation::Interval;
use crate::kernels::sum_of_magnitudes;
use crate::objective::{Cotangents, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// The ℓ1 norm of the code, the penalty of sparse coding (Eq. 2).
///
/// ```text
/// R = E Σ_j |h_j|,  ∂R/∂a_j = sign(h_j) s'(a_j) / B
/// ```
/// Where h ≥ 0 this is Σ_j ρ_j, hence Cor. 1; for activations with negative values nothing is
/// promised. The derivative of |h| at 0 is taken as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CodeL1;

impl CodeL1 {
    /// E Σ_j |h_j|.
    pub fn new() -> Self {
        Self
    }
}

impl RegularizerMetadata for CodeL1 {
    fn form(&self) -> Form {
        Form::MeanCode { increasing_on: Interval::NON_NEGATIVE, strictly: true }
    }

    fn needs(&self, _: Shape) -> Needs {
        Needs::per_unit().order(1)
    }
}

impl Kernel for CodeL1 {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let weight = forward.sample_weight();
        let sign = |h: T| if h.is_zero() { h } else { h.signum() };
        let mut sum = 0.0;
        for i in 0..forward.n_samples() {
            let (h, d) = (forward.code(i), forward.derivative(i));
            out.add_pre_activations(i, h.iter().zip(d).map(|(&h, &d)| weight * sign(h) * d));
            sum += sum_of_magnitudes(h).as_f64();
        }
        T::of(sum * weight.as_f64())
    }
}

built_in!(CodeL1);
