//! The curvature term of the second-order denoising objective.

use super::sample_sums::SampleSums;
use super::{Kernel, built_in};
use crate::kernels::dot;
use crate::objective::{Cotangents, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// The curvature term of Thm. 3, Eq. 7.
///
/// ```text
/// R = E Σ_j s''(a_j) ‖W_j‖² (W_j·r),  r = y − x
/// ```
/// Neither R nor its bias gradient has a definite sign, whatever s; for piecewise linear s both
/// are 0. Its gradient needs s''' and runs through the residual, hence also to the decoder bias.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DenoisingCurvature;

impl DenoisingCurvature {
    /// The curvature term.
    pub fn new() -> Self {
        Self
    }
}

impl RegularizerMetadata for DenoisingCurvature {
    fn form(&self) -> Form {
        Form::Curvature
    }

    fn needs(&self, shape: Shape) -> Needs {
        Needs::per_unit().order(3).residual().scratch(shape.n_hidden.saturating_mul(3))
    }
}

impl Kernel for DenoisingCurvature {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let weight = forward.sample_weight();
        let lengths = forward.squared_lengths();
        let m = forward.n_units();
        let (terms, rest) = out.take_scratch()[..3 * m].split_at_mut(m);
        let (sums, partial) = rest.split_at_mut(m);
        let mut on_lengths = SampleSums::new(sums, partial);
        let mut value = 0.0;
        for i in 0..forward.n_samples() {
            let (c, third) = (forward.second_derivative(i), forward.third_derivative(i));
            let u = forward.projected_residual(i);
            for (term, (&c, &u)) in terms.iter_mut().zip(c.iter().zip(u)) {
                *term = c * u;
            }
            let both = lengths.iter().zip(u);
            out.add_pre_activations(
                i,
                third.iter().zip(both).map(|(&t, (&l, &u))| weight * t * l * u),
            );
            on_lengths.add(terms.iter().copied());
            out.add_projected_residuals(i, lengths.iter().zip(c).map(|(&l, &c)| weight * c * l));
            value += dot(terms, lengths).as_f64();
        }
        out.add_squared_lengths(on_lengths.finish().iter().map(|&sum| weight * sum));
        T::of(value * weight.as_f64())
    }
}

built_in!(DenoisingCurvature);
