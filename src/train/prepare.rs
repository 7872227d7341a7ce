//! What is checked and started before the first step.

use super::learner::Learner;
use super::trainer::Trainer;
use crate::error::{Error, same_size};
use crate::kernels::dot;
use crate::model::Parameters;
use crate::objective::Shape;
use crate::objective::workspace::n_blocks;
use crate::samples::Samples;
use crate::scalar::Real;
use crate::team::Team;

impl<T: Real> Trainer<T> {
    pub(super) fn check_data(
        &self,
        learner: &Learner<'_, T>,
        samples: &Samples<'_, T>,
        what: &'static str,
    ) -> Result<(), Error> {
        samples.check(what)?;
        self.check_sizes(learner, (samples.n_inputs(), samples.n_samples()), what)
    }

    /// [`check_data`](Self::check_data), but for the values.
    pub(super) fn check_sizes(
        &self,
        learner: &Learner<'_, T>,
        (n_inputs, n_samples): (usize, usize),
        what: &'static str,
    ) -> Result<(), Error> {
        if n_inputs == 0 || n_samples == 0 {
            return Err(Error::Empty { what, n_inputs, n_samples });
        }
        let expected = learner.parameters.n_inputs();
        same_size(format!("values per sample of the {what}"), expected, n_inputs)?;
        match &self.corruption {
            Some(corruption) => corruption.validate(n_inputs),
            None => Ok(()),
        }
    }

    /// An error unless there are samples for a batch.
    pub(super) fn check_batch(&self, available: usize) -> Result<(), Error> {
        let asked = self.batch_size;
        if asked <= available {
            return Ok(());
        }
        Err(Error::NotEnough { what: "samples for a batch".into(), asked, available })
    }

    /// The wanted threads, but no more than there are blocks of hidden units to share.
    pub(super) fn start_threads(&self, learner: &Learner<'_, T>) -> Result<Team, Error> {
        let (n_inputs, n_hidden) = learner.parameters.filters.shape();
        let shape = Shape { n_inputs, n_hidden, n_samples: self.batch_size };
        Team::new(self.threads.min(n_blocks(shape, learner.regularizer)))
    }

    pub(super) fn apply_constraint(&self, parameters: &mut Parameters<T>) -> Result<(), Error> {
        let n_inputs = parameters.n_inputs();
        let filters = parameters.filters.as_mut_slice().chunks_exact_mut(n_inputs);
        filters.enumerate().try_for_each(|(unit, filter)| {
            let squared_length = dot(filter, filter);
            self.constraint.apply(unit, filter, squared_length)
        })
    }
}
