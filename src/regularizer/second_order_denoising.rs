//! The second-order approximation of the denoising objective.

use super::{DenoisingCross, DenoisingCurvature, Kernel, MarginalizedDenoising, built_in};
use crate::objective::{Cotangents, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// The three second-order terms of Thm. 3 together: mDAE, cross and curvature term.
///
/// ```text
/// J_DAE = J_AE + σ² R + O(σ⁴)   for smooth s and zero-mean i.i.d. noise of variance σ²
/// ```
/// Without a constraint on the filters' lengths, J_AE + σ² R is unbounded below: a training that
/// diverges there is no mistake of the software.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SecondOrderDenoising;

impl SecondOrderDenoising {
    /// mDAE + cross + curvature.
    pub fn new() -> Self {
        Self
    }
}

impl RegularizerMetadata for SecondOrderDenoising {
    fn form(&self) -> Form {
        Form::Sum(vec![
            MarginalizedDenoising::new().form(),
            DenoisingCross.form(),
            DenoisingCurvature.form(),
        ])
    }

    fn needs(&self, shape: Shape) -> Needs {
        MarginalizedDenoising::new()
            .needs(shape)
            .join(DenoisingCross.needs(shape))
            .join(DenoisingCurvature.needs(shape))
    }
}

impl Kernel for SecondOrderDenoising {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        Kernel::accumulate(&MarginalizedDenoising::new(), forward, &mut out.scaled(1.0))
            + Kernel::accumulate(&DenoisingCross, forward, &mut out.scaled(1.0))
            + Kernel::accumulate(&DenoisingCurvature, forward, &mut out.scaled(1.0))
    }
}

built_in!(SecondOrderDenoising);
