//! The cross term of the second-order denoising objective.

use super::{Kernel, built_in};
use crate::matmul::Operand;
use crate::objective::{Cotangents, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// The cross term of Thm. 3, Eq. 7: the only term of the crate that joins pairs of hidden units.
///
/// ```text
/// R = E Σ_{j≠k} s'(a_j) s'(a_k) (W_j·W_k)² = E dᵀ(G∘G)d without its diagonal,  G = W Wᵀ
/// ```
/// ∂R/∂b_j ≥ 0 for non-decreasing convex s. It takes O(m² (n + B)) operations and 2m² + mB numbers
/// of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
        Needs::layer().scratch(pairs.saturating_add(codes))
    }
}

impl Kernel for DenoisingCross {
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let (n, m, n_samples) = (forward.n_inputs(), forward.n_units(), forward.n_samples());
        let (gram, rest) = out.take_scratch().split_at_mut(m * m);
        let (pairs, rest) = rest.split_at_mut(m * m);
        let sums = &mut rest[..m * n_samples];
        let filters = Operand::new(forward.filters, n, m);
        let slopes = Operand::new(forward.first, m, n_samples);
        let weight = forward.sample_weight();

        T::product(gram, false, T::one(), filters.transpose(), filters);
        for j in 0..m {
            gram[j + j * m] = T::zero();
        }
        for (square, g) in pairs.iter_mut().zip(&*gram) {
            *square = *g * *g;
        }
        // Σ_k (W_j·W_k)² s'(a_k)
        T::product(sums, false, T::one(), Operand::new(pairs, m, m), slopes);
        let mut value = 0.0;
        for i in 0..n_samples {
            let (d, c) = (forward.derivative(i), forward.second_derivative(i));
            let sums = &sums[i * m..][..m];
            let of_sample: T =
                d.iter().zip(sums).fold(T::zero(), |value, (&d, &sum)| value + d * sum);
            value += of_sample.as_f64();
            let factor = T::of(2.0) * weight;
            out.add_pre_activations(i, c.iter().zip(sums).map(|(&c, &sum)| factor * c * sum));
        }

        // ∂R/∂W_j = 4 Σ_k (W_j·W_k) E[s'_j s'_k] W_k
        T::product(pairs, false, weight, slopes, slopes.transpose());
        for (pair, g) in pairs.iter_mut().zip(&*gram) {
            *pair *= *g;
        }
        let factor = T::of(4.0) * out.coefficient * out.filters_factor;
        T::product(out.filters, true, factor, filters, Operand::new(pairs, m, m));
        T::of(value) * weight
    }
}

built_in!(DenoisingCross);
