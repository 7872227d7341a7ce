//! The update of the filters, in one pass over them.

use super::constraint::Constraint;
use crate::error::{Error, finite_results};
use crate::scalar::Real;

/// W ← W + v, v ← μv, then the constraint: filter by filter, each while it is in the cache.
pub(super) struct Update<'a, T> {
    pub filters: &'a mut [T],
    pub velocity: &'a mut [T],
    pub n_inputs: usize,
    /// The number of the first of these units, for errors.
    pub first_unit: usize,
    pub momentum: T,
    pub constraint: Constraint,
}

impl<T: Real> Update<'_, T> {
    /// An error names the first unit whose gradient or filter is not finite, or whose filter
    /// cannot obey the constraint.
    pub fn run(&mut self) -> Result<(), Error> {
        let filters = self.filters.chunks_exact_mut(self.n_inputs);
        let both = filters.zip(self.velocity.chunks_exact_mut(self.n_inputs));
        for (unit, (filter, velocity)) in both.enumerate() {
            let unit = self.first_unit + unit;
            let squared_length = pulp::Arch::new().dispatch(Move {
                filter: &mut *filter,
                velocity: &mut *velocity,
                momentum: self.momentum,
            });
            if !squared_length.is_finite() {
                finite_results("weight gradient", velocity, |_| Some(unit))?;
                finite_results("filter after the update", filter, |_| Some(unit))?;
            }
            self.constraint.apply(unit, filter, squared_length)?;
        }
        Ok(())
    }
}

/// W_j ← W_j + v, v ← μv for one filter; gives ‖W_j‖².
struct Move<'a, T> {
    filter: &'a mut [T],
    velocity: &'a mut [T],
    momentum: T,
}

impl<T: Real> pulp::WithSimd for Move<'_, T> {
    type Output = T;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> T {
        // Interleaved sums, so that they can be vectorised.
        const LANES: usize = 16;
        let mut sums = [T::zero(); LANES];
        let mut filters = self.filter.chunks_exact_mut(LANES);
        let mut velocities = self.velocity.chunks_exact_mut(LANES);
        for (filter, velocity) in (&mut filters).zip(&mut velocities) {
            for ((w, v), sum) in filter.iter_mut().zip(velocity).zip(&mut sums) {
                *w += *v;
                *v *= self.momentum;
                *sum += *w * *w;
            }
        }
        let rest = filters.into_remainder().iter_mut().zip(velocities.into_remainder());
        for ((w, v), sum) in rest.zip(&mut sums) {
            *w += *v;
            *v *= self.momentum;
            *sum += *w * *w;
        }
        sums.into_iter().fold(T::zero(), |total, sum| total + sum)
    }
}
