//! Weight decay.

use super::{Kernel, built_in};
use crate::objective::{Cotangents, FilterPart, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// Weight decay.
///
/// ```text
/// R = ‖W‖²_F = Σ_j ‖W_j‖²,  ∂R/∂W_j = 2 W_j,  ∂R/∂b = 0
/// ```
/// No factor ½. It says nothing about sparsity: the encoder bias does not occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WeightDecay;

impl WeightDecay {
    /// ‖W‖²_F.
    pub fn new() -> Self {
        Self
    }
}

impl RegularizerMetadata for WeightDecay {
    fn form(&self) -> Form {
        Form::WeightsOnly(FilterPart::Length)
    }

    fn needs(&self, _: Shape) -> Needs {
        Needs::per_unit().order(1)
    }
}

impl Kernel for WeightDecay {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        out.add_squared_lengths(forward.squared_lengths().iter().map(|_| T::one()));
        forward.squared_lengths().iter().fold(T::zero(), |sum, length| sum + *length)
    }
}

built_in!(WeightDecay);
