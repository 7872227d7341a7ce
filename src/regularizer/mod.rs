//! The built-in regularizers.
//!
//! | regularizer | R | source | form |
//! |---|---|---|---|
//! | [`MeanCode`] | Σ_j f(ρ_j), ρ_j = E\[h_j\] | Cor. 1 | Cor. 1 |
//! | [`KlSparsity`] | Σ_j KL(ρ ‖ ρ_j); ρ = 0: −Σ_j log(1 − ρ_j) | SAE, Eq. 12–13 | Cor. 1 where ρ_j ≥ ρ |
//! | [`CodeL1`] | E Σ_j \|h_j\| | the penalty of Eq. 2 | Cor. 1 where h ≥ 0 |
//! | [`SlopePenalty`] | E Σ_j s'(a_j)^q ‖W_j‖^p | Cor. 2 | Cor. 2 |
//! | [`Contractive`] | E‖∂h/∂x‖²_F = E Σ_j s'(a_j)² ‖W_j‖² | CAE, Eq. 8–9 | Cor. 2, q = 2, p = 2 |
//! | [`MarginalizedDenoising`] | E Σ_j s'(a_j)² ‖W_j‖⁴ | mDAE, Eq. 10–11 | Cor. 2, q = 2, p = 4 |
//! | [`DenoisingCross`] | E Σ_{j≠k} s'(a_j) s'(a_k) (W_j·W_k)² | Eq. 7 | products of slopes |
//! | [`DenoisingCurvature`] | E Σ_j s''(a_j) ‖W_j‖² (W_j·r) | Eq. 7 | no definite sign |
//! | [`SecondOrderDenoising`] | mDAE + cross + curvature | Thm. 3 | their sum |
//! | [`FirstOrderDenoising`] | E Σ_j 2 s'(a_j) (W_j·ε)(W_j·r) | eDAE, §3.1.1 | no definite sign |
//! | [`HessianPenalty`] | E‖J(x) − J(x+ε)‖²_F | the H of CAE+H | no definite sign |
//! | [`WeightDecay`] | ‖W‖²_F | | weights only |
//! | [`Unregularized`] | 0 | | none |
//!
//! E is the mean over the samples of a batch, r = y − x the residual. They add and scale:
//! `0.1 * Contractive::new() + 0.01 * WeightDecay::new()`.
//!
//! With a target of its own (denoising), r = y − target.
//!
//! What all gradients have in common is that they are the full ones: also through r, through
//! ‖W_j‖ and through ρ_j.

mod code_l1;
mod contractive;
mod denoising_cross;
mod denoising_curvature;
mod first_order_denoising;
mod hessian;
mod kl_sparsity;
mod marginalized_denoising;
mod mean_code;
mod sample_sums;
mod second_order_denoising;
mod slope_penalty;
mod unregularized;
mod weight_decay;

pub use code_l1::CodeL1;
pub use contractive::Contractive;
pub use denoising_cross::DenoisingCross;
pub use denoising_curvature::DenoisingCurvature;
pub use first_order_denoising::FirstOrderDenoising;
pub use hessian::HessianPenalty;
pub use kl_sparsity::KlSparsity;
pub use marginalized_denoising::MarginalizedDenoising;
pub use mean_code::{Linear, MeanCode, MeanPenalty, Square};
pub use second_order_denoising::SecondOrderDenoising;
pub use slope_penalty::SlopePenalty;
pub use unregularized::Unregularized;
pub use weight_decay::WeightDecay;

use crate::objective::{Cotangents, Forward};
use crate::scalar::Real;

/// The computation of a built-in regularizer, generic over the scalar.
///
/// [`built_in!`] makes a [`Regularizer`](crate::Regularizer) of it that is compiled in this crate,
/// for the processor that it runs on; implementations are `#[inline(always)]` for that reason.
trait Kernel {
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T;
}

/// Runs a kernel with the widest vector instructions that the processor has.
fn accumulate<T: Real, K: Kernel>(
    kernel: &K,
    forward: &Forward<'_, T>,
    out: &mut Cotangents<'_, T>,
) -> T {
    pulp::Arch::new().dispatch(Accumulate { kernel, forward, out })
}

struct Accumulate<'a, 'f, 'o, T: Real, K> {
    kernel: &'a K,
    forward: &'a Forward<'f, T>,
    out: &'a mut Cotangents<'o, T>,
}

impl<T: Real, K: Kernel> pulp::WithSimd for Accumulate<'_, '_, '_, T, K> {
    type Output = T;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> T {
        self.kernel.accumulate(self.forward, self.out)
    }
}

/// Implements `Regularizer` and the operators for a type that implements [`Kernel`].
macro_rules! built_in {
    ($name:ident) => {
        impl<T: $crate::Real> $crate::Regularizer<T> for $name {
            fn accumulate(
                &self,
                forward: &$crate::Forward<'_, T>,
                out: &mut $crate::Cotangents<'_, T>,
            ) -> T {
                use $crate::regularizer::accumulate;
                use $crate::{Cotangents, Forward};
                let kernel = self;
                $crate::scalar::compiled!(T, accumulate(
                    kernel: &$name,
                    forward: &Forward<'_, T>,
                    out: &mut Cotangents<'_, T>,
                ) -> T)
            }
        }

        $crate::objective::operators!([] $name);
    };
}
use built_in;
