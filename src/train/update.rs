//! The update of the filters, in one pass over them.

use crate::constraint::Constraint;
use crate::error::{Error, finite_results};
use crate::kernels::move_filter;
use crate::objective::workspace::{WeightGradient, Workspace};
use crate::scalar::Real;
use crate::team::{Team, chunks};

/// Filters that are updated at a time: few enough, up to a thousand inputs, to stay in the
/// second-level cache together with their velocity between the product that adds their gradient
/// and the update.
const FILTERS: usize = 125;

/// v ← v − ηg, W ← W + v, v ← μv with the μ of the next step, then the constraint.
pub(super) struct Update<T> {
    pub rate: T,
    pub momentum: T,
    pub constraint: Constraint,
}

impl<T: Real> Update<T> {
    /// Updates filters and velocity, n × m each, by the gradient of the workspace's last run.
    ///
    /// An error names the first unit whose gradient or filter is not finite, or whose filter
    /// cannot obey the constraint.
    pub fn run(
        &self,
        team: &mut Team,
        workspace: &Workspace<T>,
        filters: &mut [T],
        velocity: &mut [T],
    ) -> Result<(), Error> {
        let (n_inputs, size) = (workspace.shape().n_inputs, workspace.numbers_per_block());
        let pieces = (chunks(filters, size), chunks(velocity, size));
        team.try_for_each(pieces, |block, (filters, velocity)| {
            let gradient = workspace.weight_gradient(block);
            self.move_block(&gradient, n_inputs, block * size / n_inputs, filters, velocity)
        })
    }

    fn move_block(
        &self,
        gradient: &WeightGradient<'_, T>,
        n_inputs: usize,
        first_unit: usize,
        filters: &mut [T],
        velocity: &mut [T],
    ) -> Result<(), Error> {
        let pulls = gradient.on_squared_lengths.chunks(FILTERS);
        let pieces = filters
            .chunks_mut(FILTERS * n_inputs)
            .zip(velocity.chunks_mut(FILTERS * n_inputs))
            .zip(pulls);
        let mut unit = 0;
        for ((filters, velocity), pulls) in pieces {
            gradient.add_product(unit..unit + pulls.len(), -self.rate, velocity);
            let both = filters.chunks_exact_mut(n_inputs).zip(velocity.chunks_exact_mut(n_inputs));
            for ((filter, velocity), pull) in both.zip(pulls) {
                // 2 ∂R/∂‖W_j‖² W_j is a part of the gradient.
                let pull = -self.rate * T::of(2.0) * *pull;
                let squared_length = move_filter(filter, velocity, pull, self.momentum);
                let number = first_unit + unit;
                if !squared_length.is_finite() {
                    finite_results("weight gradient", velocity, |_| Some(number))?;
                    finite_results("filter after the update", filter, |_| Some(number))?;
                }
                self.constraint.apply(number, filter, squared_length)?;
                unit += 1;
            }
        }
        Ok(())
    }
}
