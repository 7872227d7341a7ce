//! One step of stochastic gradient descent.

use super::learner::Learner;
use super::trainer::Trainer;
use super::update::Update;
use crate::error::{Error, finite_results};
use crate::kernels::scale;
use crate::model::Parameters;
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
        let purpose = match stage {
            Stage::Training => Purpose::Corruption,
            Stage::Validation => Purpose::ValidationCorruption,
        };
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
                change.corrupt(x, &mut Random::stream(trainer.seed, purpose, epoch, step, column));
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
        let purpose = match stage {
            Stage::Training => Purpose::Noise,
            Stage::Validation => Purpose::ValidationNoise,
        };
        let (n_inputs, seed) = (self.workspace.shape().n_inputs, self.trainer.seed);
        let (_, draws) = self.workspace.batch_mut();
        if !draws.is_empty() {
            team.for_each(chunks(draws, n_inputs), |column, z| {
                Random::stream(seed, purpose, epoch, step, column).fill_with_standard_normal(z);
            });
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

    /// Multiplies the filters' part of v by μ, before the first step of a pass.
    pub fn begin(&self, velocity: &mut Parameters<T>) {
        scale(velocity.filters.as_mut_slice(), T::of(self.trainer.momentum));
    }

    /// v ← μv − ηg, θ ← θ + v, then the constraint; gives the loss before the update.
    ///
    /// The weight gradient is added to v straight away; there is no gradient matrix. So that one
    /// pass over the filters suffices, it leaves their part of v multiplied by the μ of the next
    /// step already, `next_momentum`: 1 after the last step of a pass. Before the first step of a
    /// pass, [`begin`](Self::begin) makes up for it.
    pub fn step(
        &mut self,
        team: &mut Team,
        learner: &mut Learner<'_, T>,
        velocity: &mut Parameters<T>,
        (rate, next_momentum): (f64, f64),
    ) -> Result<Loss<T>, Error> {
        let (momentum, rate) = (T::of(self.trainer.momentum), T::of(rate));
        finite_results("learning rate", &[rate], |_| None)?;
        let loss = self.evaluate(team, learner, Some((velocity.filters.as_mut_slice(), -rate)))?;

        let parameters = &mut *learner.parameters;
        let gradient = self.workspace.encoder_bias_gradient();
        let bias = parameters.encoder_bias.iter_mut().zip(velocity.encoder_bias.iter_mut());
        for ((b, v), g) in bias.zip(gradient) {
            *v = momentum * *v - rate * g;
            *b += *v;
        }
        let bias = parameters.encoder_bias.as_slice();
        finite_results("encoder bias after the update", bias, Some)?;
        if let (Some(bias), Some(velocity)) =
            (&mut parameters.decoder_bias, &mut velocity.decoder_bias)
        {
            let gradient = self.workspace.decoder_bias_gradient();
            for ((b, v), g) in bias.iter_mut().zip(velocity.iter_mut()).zip(gradient) {
                *v = momentum * *v - rate * *g;
                *b += *v;
            }
            finite_results("decoder bias after the update", bias.as_slice(), |_| None)?;
        }

        let momentum = T::of(next_momentum);
        let update = Update { rate, momentum, constraint: self.trainer.constraint };
        let (filters, velocity) =
            (parameters.filters.as_mut_slice(), velocity.filters.as_mut_slice());
        update.run(team, &self.workspace, filters, velocity)?;
        Ok(loss)
    }
}
