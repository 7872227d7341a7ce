//! A batch, and J and its gradient on it.

use super::learner::Learner;
use super::trainer::Trainer;
use crate::error::Error;
use crate::objective::workspace::{BLOCK, Job, Workspace};
use crate::objective::{Batch, Loss, Shape};
use crate::random::{Purpose, Random};
use crate::samples::Samples;
use crate::scalar::Real;
use crate::team::{Team, chunks};
use std::ops::Range;

/// Which streams of random numbers a batch draws from.
#[derive(Clone, Copy)]
pub(super) enum Stage {
    Training,
    Validation,
    /// Without corruption, and with noise 0.
    Resampling,
}

impl Stage {
    fn corruption(self) -> Option<Purpose> {
        match self {
            Self::Training => Some(Purpose::Corruption),
            Self::Validation => Some(Purpose::ValidationCorruption),
            Self::Resampling => None,
        }
    }

    fn noise(self) -> Option<Purpose> {
        match self {
            Self::Training => Some(Purpose::Noise),
            Self::Validation => Some(Purpose::ValidationNoise),
            Self::Resampling => None,
        }
    }
}

/// Gives a stepper for batches of any size, and keeps the last.
pub(super) struct Steppers<'a, T: Real> {
    trainer: &'a Trainer<T>,
    last: Option<Stepper<'a, T>>,
}

impl<'a, T: Real> Steppers<'a, T> {
    pub fn new(trainer: &'a Trainer<T>) -> Self {
        Self { trainer, last: None }
    }

    pub fn of_size(
        &mut self,
        learner: &Learner<'_, T>,
        n_samples: usize,
    ) -> Result<&mut Stepper<'a, T>, Error> {
        let stepper = match self.last.take() {
            Some(last) if last.workspace.shape().n_samples == n_samples => last,
            _ => Stepper::new(self.trainer, learner, n_samples)?,
        };
        Ok(self.last.insert(stepper))
    }
}

/// The buffers for steps on batches of one size.
pub(super) struct Stepper<'a, T: Real> {
    trainer: &'a Trainer<T>,
    workspace: Workspace<T>,
    /// The clean batch, where the workspace holds a corrupted one.
    target: Vec<T>,
}

impl<'a, T: Real> Stepper<'a, T> {
    pub fn new(
        trainer: &'a Trainer<T>,
        learner: &Learner<'_, T>,
        n_samples: usize,
    ) -> Result<Self, Error> {
        let parameters = &*learner.parameters;
        let (n_inputs, n_hidden) = (parameters.n_inputs(), parameters.n_hidden());
        let shape = Shape { n_inputs, n_hidden, n_samples };
        learner.regularizer.validate(shape)?;
        let workspace = Workspace::new(shape, learner.regularizer, BLOCK)?;
        let corrupted = if trainer.corruption.is_some() { n_samples } else { 0 };
        let target = crate::memory::zeros("clean batch", n_inputs, corrupted)?;
        Ok(Self { trainer, workspace, target })
    }

    /// Samples of a batch.
    pub fn batch_size(&self) -> usize {
        self.workspace.shape().n_samples
    }

    /// Fills the batch with the samples whose numbers are `first`, …; corrupted where that is wanted.
    pub fn load(
        &mut self,
        team: &mut Team,
        samples: &Samples<'_, T>,
        first: usize,
        at: (Stage, usize, usize),
    ) {
        let columns = 0..self.batch_size();
        self.load_columns(team, columns, |column| samples.sample(first + column), at);
        self.draw(team, at);
    }

    /// Fills these columns of the batch; [`draw`](Self::draw) is called when all are filled.
    pub fn load_columns<'s>(
        &mut self,
        team: &mut Team,
        columns: Range<usize>,
        sample: impl Fn(usize) -> &'s [T] + Sync,
        (stage, epoch, step): (Stage, usize, usize),
    ) {
        let n_inputs = self.workspace.shape().n_inputs;
        let trainer = self.trainer;
        let corruption = trainer.corruption.as_deref();
        let (first, values) = (columns.start, columns.start * n_inputs..columns.end * n_inputs);
        let input = &mut self.workspace.batch_mut().0[values.clone()];
        let target = corruption.map(|_| chunks(&mut self.target[values], n_inputs));
        let load = |index: usize, (x, target): (&mut [T], Option<&mut [T]>)| {
            let column = first + index;
            x.copy_from_slice(sample(column));
            if let (Some(target), Some(change)) = (target, corruption) {
                target.copy_from_slice(x);
                if let Some(purpose) = stage.corruption() {
                    let mut random = Random::stream(trainer.seed, purpose, epoch, step, column);
                    change.corrupt(x, &mut random);
                }
            }
        };
        if corruption.is_some() {
            team.for_each((chunks(input, n_inputs), target), load);
        } else {
            // To copy is faster than to share what is copied.
            input.chunks_exact_mut(n_inputs).enumerate().for_each(|(at, x)| load(at, (x, None)));
        }
    }

    /// Draws the noise that the regularizer needs.
    pub fn draw(&mut self, team: &mut Team, (stage, epoch, step): (Stage, usize, usize)) {
        let (n_inputs, seed) = (self.workspace.shape().n_inputs, self.trainer.seed);
        let (_, draws) = self.workspace.batch_mut();
        if !draws.is_empty() {
            match stage.noise() {
                Some(noise) => team.for_each(chunks(draws, n_inputs), |column, z| {
                    Random::stream(seed, noise, epoch, step, column).fill_with_standard_normal(z);
                }),
                None => draws.fill(T::zero()),
            }
        }
    }

    /// The loaded batch.
    pub fn batch(&self) -> Batch<'_, T> {
        let n_inputs = self.workspace.shape().n_inputs;
        let (input, noise) = self.workspace.batch();
        let mut batch = Batch::from(Samples::whole(input, n_inputs));
        if !self.target.is_empty() {
            batch = batch.with_target(Samples::whole(&self.target, n_inputs));
        }
        if !noise.is_empty() {
            batch = batch.with_noise(Samples::whole(noise, n_inputs));
        }
        batch
    }

    /// J of the loaded batch, and its gradient if there are `filters`: see [`Workspace::run`].
    pub fn evaluate(
        &mut self,
        team: &mut Team,
        learner: &Learner<'_, T>,
        filters: Option<(&mut [T], T)>,
    ) -> Result<Loss<T>, Error> {
        let job = Job {
            parameters: learner.parameters,
            activation: learner.activation,
            regularizer: learner.regularizer,
            target: self.trainer.corruption.is_some().then_some(&*self.target),
            with_reconstruction: true,
        };
        let loss = self.workspace.run(team, &job, filters);
        self.workspace.check(&loss)?;
        Ok(loss)
    }

    /// Of the last evaluation: everything but the loss.
    pub fn workspace(&self) -> &Workspace<T> {
        &self.workspace
    }
}
