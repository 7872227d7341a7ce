//! The gradient by the filters of a block of hidden units.

use crate::kernels::add_scaled;
use crate::matmul::Operand;
use crate::scalar::Real;
use crate::sparse;
use std::ops::Range;

/// The gradient by the filters of a block, not yet multiplied out:
/// `left · rightᵀ` + 2 ∂R/∂‖W_j‖² W_j.
pub(crate) struct WeightGradient<'a, T> {
    /// n × (as many columns as `right` has).
    pub(super) left: &'a [T],
    pub(super) right: &'a [T],
    pub(super) n_units: usize,
    /// Where `right` is not 0, if it is sparse.
    pub(super) nonzero: Option<&'a sparse::Rows>,
    /// ∂R/∂‖W_j‖².
    pub on_squared_lengths: &'a [T],
}

impl<T: Real> WeightGradient<'_, T> {
    /// Adds the gradient to `out`, n × units.
    pub fn add_to(&self, out: &mut [T], filters: &[T]) {
        self.add_product(0..self.n_units, T::one(), out);
        let size = out.len() / self.n_units;
        let both = out.chunks_exact_mut(size).zip(filters.chunks_exact(size));
        for ((out, filter), on_squared_length) in both.zip(self.on_squared_lengths) {
            add_scaled(out, T::of(2.0) * *on_squared_length, filter);
        }
    }

    /// Adds `factor` times the product's part for some of the block's units to `out`, n × units.
    pub fn add_product(&self, units: Range<usize>, factor: T, out: &mut [T]) {
        let used = self.right.len() / self.n_units;
        let n_inputs = self.left.len() / used;
        if let Some(nonzero) = self.nonzero {
            for (unit, out) in units.zip(out.chunks_exact_mut(n_inputs)) {
                nonzero.add_product(out, factor, self.left, self.right, unit);
            }
        } else {
            let left = Operand::new(self.left, n_inputs, used);
            let right = Operand::new(self.right, self.n_units, used).rows(units);
            T::product(out, true, factor, left, right.transpose());
        }
    }
}
