//! One step of stochastic gradient descent.

use super::learner::Learner;
use super::trainer::Trainer;
use super::update::Update;
use crate::error::{Error, finite_results};
use crate::model::Parameters;
use crate::objective::workspace::{BLOCK, Job, Workspace, for_each};
use crate::objective::{Loss, Shape};
use crate::random::{Purpose, Random};
use crate::samples::Samples;
use crate::scalar::Real;
use rayon::ThreadPool;

/// Which streams of random numbers a batch draws from.
#[derive(Clone, Copy)]
pub(super) enum Stage {
    Training,
    Validation,
}

/// Gives a stepper for batches of any size, and keeps the last.
pub(super) struct Steppers<'a, T: Real> {
    trainer: &'a Trainer<T>,
    threads: Option<&'a ThreadPool>,
    last: Option<Stepper<'a, T>>,
}

impl<'a, T: Real> Steppers<'a, T> {
    pub fn new(trainer: &'a Trainer<T>, threads: Option<&'a ThreadPool>) -> Self {
        Self { trainer, threads, last: None }
    }

    pub fn of_size(
        &mut self,
        learner: &Learner<'_, T>,
        n_samples: usize,
    ) -> Result<&mut Stepper<'a, T>, Error> {
        let stepper = match self.last.take() {
            Some(last) if last.workspace.shape().n_samples == n_samples => last,
            _ => Stepper::new(self.trainer, self.threads, learner, n_samples)?,
        };
        Ok(self.last.insert(stepper))
    }
}

/// The buffers for steps on batches of one size.
pub(super) struct Stepper<'a, T: Real> {
    trainer: &'a Trainer<T>,
    threads: Option<&'a ThreadPool>,
    workspace: Workspace<T>,
    /// The clean batch, where the workspace holds a corrupted one.
    target: Vec<T>,
}

impl<'a, T: Real> Stepper<'a, T> {
    fn new(
        trainer: &'a Trainer<T>,
        threads: Option<&'a ThreadPool>,
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
        Ok(Self { trainer, threads, workspace, target })
    }

    /// Fills the batch with the samples of the given numbers, corrupted where that is wanted.
    pub fn load(
        &mut self,
        samples: &Samples<'_, T>,
        numbers: impl Iterator<Item = usize>,
        (stage, epoch, step): (Stage, usize, usize),
    ) {
        let n_inputs = self.workspace.shape().n_inputs;
        let (corruption, noise) = match stage {
            Stage::Training => (Purpose::Corruption, Purpose::Noise),
            Stage::Validation => (Purpose::ValidationCorruption, Purpose::ValidationNoise),
        };
        let random =
            |purpose, column| Random::stream(self.trainer.seed, purpose, epoch, step, column);
        let input = self.workspace.input_mut();
        for (column, number) in input.chunks_exact_mut(n_inputs).zip(numbers) {
            column.copy_from_slice(samples.sample(number));
        }
        if let Some(change) = &self.trainer.corruption {
            self.target.copy_from_slice(input);
            for (number, column) in input.chunks_exact_mut(n_inputs).enumerate() {
                change.corrupt(column, &mut random(corruption, number));
            }
        }
        for (number, column) in self.workspace.noise_mut().chunks_exact_mut(n_inputs).enumerate() {
            let mut random = random(noise, number);
            column.fill_with(|| random.standard_normal());
        }
    }

    /// J of the loaded batch; adds `factor` times the gradient by the filters to `filters`.
    pub fn differentiate(
        &mut self,
        learner: &Learner<'_, T>,
        filters: &mut [T],
        factor: T,
    ) -> Result<Loss<T>, Error> {
        let job = Job {
            parameters: learner.parameters,
            activation: learner.activation,
            regularizer: learner.regularizer,
            target: self.trainer.corruption.is_some().then_some(&*self.target),
            with_reconstruction: true,
            threads: self.threads,
        };
        let loss = self.workspace.run(&job, filters, factor);
        self.workspace.check(&loss)?;
        Ok(loss)
    }

    /// v ← μv − ηg, θ ← θ + v, then the constraint; gives the loss before the update.
    ///
    /// The weight gradient is added to v straight away; there is no gradient matrix. Between steps
    /// the filters' part of v is kept multiplied by μ, so that one pass over the filters suffices.
    pub fn step(
        &mut self,
        learner: &mut Learner<'_, T>,
        velocity: &mut Parameters<T>,
        rate: f64,
    ) -> Result<Loss<T>, Error> {
        let (momentum, rate) = (T::of(self.trainer.momentum), T::of(rate));
        finite_results("learning rate", &[rate], |_| None)?;
        let loss = self.differentiate(learner, velocity.filters.as_mut_slice(), -rate)?;

        let parameters = &mut *learner.parameters;
        let gradient = self.workspace.encoder_bias_gradient();
        let bias = parameters.encoder_bias.iter_mut().zip(velocity.encoder_bias.iter_mut());
        for (unit, ((b, v), g)) in bias.zip(gradient).enumerate() {
            *v = momentum * *v - rate * g;
            *b += *v;
            finite_results("encoder bias after the update", &[*b], |_| Some(unit))?;
        }
        if let (Some(bias), Some(velocity)) =
            (&mut parameters.decoder_bias, &mut velocity.decoder_bias)
        {
            let gradient = self.workspace.decoder_bias_gradient();
            for ((b, v), g) in bias.iter_mut().zip(velocity.iter_mut()).zip(gradient) {
                *v = momentum * *v - rate * *g;
                *b += *v;
                finite_results("decoder bias after the update", &[*b], |_| None)?;
            }
        }
        self.update_filters(parameters, velocity)?;
        Ok(loss)
    }

    fn update_filters(
        &self,
        parameters: &mut Parameters<T>,
        velocity: &mut Parameters<T>,
    ) -> Result<(), Error> {
        let n_inputs = parameters.n_inputs();
        let (momentum, constraint) = (T::of(self.trainer.momentum), self.trainer.constraint);
        let size = n_inputs * BLOCK;
        let filters = parameters.filters.as_mut_slice().chunks_mut(size);
        let velocity = velocity.filters.as_mut_slice().chunks_mut(size);
        let mut updates: Vec<_> = filters
            .zip(velocity)
            .enumerate()
            .map(|(piece, (filters, velocity))| {
                let first_unit = piece * BLOCK;
                let update =
                    Update { filters, velocity, n_inputs, first_unit, momentum, constraint };
                (update, Ok(()))
            })
            .collect();
        for_each(self.threads, &mut updates, |(update, outcome)| *outcome = update.run());
        updates.into_iter().try_for_each(|(_, outcome)| outcome)
    }
}
