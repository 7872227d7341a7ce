//! The cross term of the second-order denoising objective.

use super::{Kernel, built_in};
use crate::kernels::dot;
use crate::matmul::Operand;
use crate::objective::{Cotangents, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// The cross term of Thm. 3, Eq. 7: the only term of the crate that joins pairs of hidden units.
///
/// ```text
/// R = E Σ_{j≠k} s'(a_j) s'(a_k) (W_j·W_k)² = E dᵀ(G∘G)d without its diagonal,  G = W Wᵀ
/// ```
/// ∂R/∂b_j ≥ 0 for non-decreasing convex s. It takes O(m² (n + B)) operations, G once a step, in
/// tiles that the threads share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DenoisingCross;

impl DenoisingCross {
    /// The cross term.
    pub fn new() -> Self {
        Self
    }
}

impl RegularizerMetadata for DenoisingCross {
    fn form(&self) -> Form {
        Form::SlopeProducts
    }

    fn needs(&self, shape: Shape) -> Needs {
        let pairs = shape.n_hidden.saturating_mul(shape.n_hidden).saturating_mul(2);
        let codes = shape.n_hidden.saturating_mul(shape.n_samples);
        Needs::per_unit().layer_slopes().scratch(pairs.saturating_add(codes))
    }
}

impl Kernel for DenoisingCross {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let (n, m, n_samples) = (forward.n_inputs(), forward.n_units(), forward.n_samples());
        let (gram, rest) = out.take_scratch().split_at_mut(m * m);
        let (pairs, rest) = rest.split_at_mut(m * m);
        let sums = &mut rest[..m * n_samples];
        let filters = Operand::new(forward.filters, n, m);
        let slopes = Operand::new(forward.first, m, n_samples);
        let weight = forward.sample_weight();
        let factor = T::of(4.0) * out.coefficient * out.filters_factor;

        // G = WWᵀ in tiles of at most m × m: others against this block.
        sums.fill(T::zero());
        for part in forward.layer() {
            let others = part.units();
            for first in others.clone().step_by(m) {
                let tile = first..others.end.min(first + m);
                let size = tile.len();
                let (gram, pairs) = (&mut gram[..size * m], &mut pairs[..size * m]);
                let local = first - others.start..first - others.start + size;
                let other_filters = &part.filters[local.start * n..local.end * n];
                let other_filters = Operand::new(other_filters, n, size);
                let other_slopes = Operand::new(part.slopes, others.len(), n_samples).rows(local);

                T::product(gram, false, T::one(), other_filters.transpose(), filters);
                for (unit, column) in forward.units().zip(gram.chunks_exact_mut(size)) {
                    if tile.contains(&unit) {
                        column[unit - first] = T::zero();
                    }
                }
                for (square, g) in pairs.iter_mut().zip(&*gram) {
                    *square = *g * *g;
                }
                // Σ_k (W_j·W_k)² s'(a_k)
                let squares = Operand::new(pairs, size, m).transpose();
                T::product(sums, true, T::one(), squares, other_slopes);
                let Some(on_filters) = out.filters.as_deref_mut() else { continue };
                // ∂R/∂W_j = 4 Σ_k (W_j·W_k) E[s'_j s'_k] W_k
                T::product(pairs, false, weight, other_slopes, slopes.transpose());
                for (pair, g) in pairs.iter_mut().zip(&*gram) {
                    *pair *= *g;
                }
                let pairs = Operand::new(pairs, size, m);
                T::product(on_filters, true, factor, other_filters, pairs);
            }
        }

        let mut value = 0.0;
        for i in 0..n_samples {
            let (d, c) = (forward.derivative(i), forward.second_derivative(i));
            let sums = &sums[i * m..][..m];
            value += dot(d, sums).as_f64();
            let factor = T::of(2.0) * weight;
            out.add_pre_activations(i, c.iter().zip(sums).map(|(&c, &sum)| factor * c * sum));
        }
        T::of(value * weight.as_f64())
    }
}

built_in!(DenoisingCross);
