//! No regularizer.

use super::{Kernel, built_in};
use crate::objective::{Cotangents, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// R = 0: the plain auto-encoder and, with a corruption, the denoising one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Unregularized;

impl RegularizerMetadata for Unregularized {
    fn form(&self) -> Form {
        Form::Nothing
    }

    fn needs(&self, _: Shape) -> Needs {
        Needs::per_unit().order(1)
    }
}

impl Kernel for Unregularized {
    #[inline(always)]
    fn accumulate<T: Real>(&self, _: &Forward<'_, T>, _: &mut Cotangents<'_, T>) -> T {
        T::zero()
    }
}

built_in!(Unregularized);
