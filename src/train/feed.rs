//! Where the samples of the steps come from, in the order of the training.

use super::step::{Stage, Stepper};
use crate::error::Error;
use crate::samples::Samples;
use crate::scalar::Real;
use crate::source::{BatchSource, Stream, Windows, shuffle};
use crate::team::Team;

/// What a training is of.
#[derive(Clone, Copy)]
pub(super) enum Data<'a, T: Real> {
    /// All samples are in memory.
    Memory(&'a Samples<'a, T>),
    /// More samples than a window holds.
    Source(&'a dyn BatchSource<Scalar = T>, Windows),
}

impl<T: Real> Data<'_, T> {
    pub fn n_inputs(&self) -> usize {
        match self {
            Self::Memory(samples) => samples.n_inputs(),
            Self::Source(source, _) => source.n_inputs(),
        }
    }

    pub fn n_samples(&self) -> usize {
        match self {
            Self::Memory(samples) => samples.n_samples(),
            Self::Source(source, _) => source.n_samples(),
        }
    }
}

/// The samples of a training, some at a time.
pub(super) enum Feed<'a, T: Real> {
    /// All of them are in memory: one window that is there already.
    Memory(Memory<'a, T>),
    /// A window after the other.
    Stream(Stream<T>),
}

/// The samples that are in memory.
pub(super) struct Window<'a, T: Real> {
    /// In their own order.
    pub samples: Samples<'a, T>,
    /// Their numbers, in the order in which they are used.
    pub order: &'a [usize],
    /// How many of the order have been used, fewer than all.
    pub used: usize,
}

/// Samples in memory, and their order in the epoch that runs.
pub(super) struct Memory<'a, T: Real> {
    samples: &'a Samples<'a, T>,
    seed: u64,
    order: Vec<usize>,
    /// How many samples of the order have been used.
    used: usize,
}

impl<'a, T: Real> Feed<'a, T> {
    pub fn of_samples(samples: &'a Samples<'a, T>, seed: u64) -> Self {
        let order = (0..samples.n_samples()).collect();
        Self::Memory(Memory { samples, seed, order, used: 0 })
    }

    /// Begins an epoch at the sample with this number in its order. A stream is asked for the epochs
    /// for which it was started, one after the other, and knows where to begin.
    pub fn begin(&mut self, epoch: usize, first: usize) -> Result<(), Error> {
        match self {
            Self::Memory(memory) => {
                // The order of an epoch depends on the seed and the epoch alone.
                memory.order.iter_mut().enumerate().for_each(|(at, number)| *number = at);
                shuffle((memory.seed, epoch, 0), &mut memory.order);
                memory.used = first;
                Ok(())
            }
            Self::Stream(stream) => stream.begin(epoch),
        }
    }

    /// Fills the batch with the samples that come next.
    pub fn load(
        &mut self,
        stepper: &mut Stepper<'_, T>,
        team: &mut Team,
        at: (Stage, usize, usize),
    ) -> Result<(), Error> {
        let (mut filled, size) = (0, stepper.batch_size());
        while filled < size {
            let (samples, order) = self.next(size - filled)?;
            let columns = filled..filled + order.len();
            stepper.load_columns(
                team,
                columns,
                |column| samples.sample(order[column - filled]),
                at,
            );
            filled += order.len();
        }
        stepper.draw(team, at);
        Ok(())
    }

    /// The window in which the sample stands that comes next.
    pub fn window(&mut self) -> Result<Window<'_, T>, Error> {
        let (samples, order, used) = match self {
            Self::Memory(Memory { samples, order, used, .. }) => {
                (Samples::from(*samples), &**order, *used)
            }
            Self::Stream(stream) => stream.window()?,
        };
        Ok(Window { samples, order, used })
    }

    /// At most `limit` of the samples that come next, at least one, in a block of memory and as
    /// their numbers in that block.
    fn next(&mut self, limit: usize) -> Result<(Samples<'_, T>, &[usize]), Error> {
        match self {
            Self::Memory(Memory { samples, order, used, .. }) => {
                let first = *used;
                *used = order.len().min(first + limit);
                Ok((Samples::from(*samples), &order[first..*used]))
            }
            Self::Stream(stream) => stream.next(limit),
        }
    }
}
