//! How far a training is.

use super::early_stopping::Best;
use super::motion::Motion;
use super::report::{EpochRecord, EpochSums};
use super::trainer::Trainer;
use crate::error::Error;
use crate::model::Parameters;
use crate::scalar::Real;

/// Everything that a training carries from step to step beside the parameters. With them it decides
/// all that follows: there is no generator of random numbers whose state would count.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Course<T: Real> {
    pub motion: Motion<T>,
    /// The epoch that runs, from 0.
    pub epoch: usize,
    /// How many of its steps are made.
    pub step: usize,
    /// How many steps are made in all.
    pub steps: usize,
    /// Of the epoch that runs.
    pub sums: EpochSums,
    /// Of those that are completed.
    pub history: Vec<EpochRecord>,
    /// With resampling of dead units, which units were active since the last look.
    pub active: Vec<bool>,
    /// With early stopping, once an epoch is completed.
    pub best: Option<Best<T>>,
}

impl<T: Real> Course<T> {
    /// Before the first step.
    pub fn start(trainer: &Trainer<T>, parameters: &Parameters<T>) -> Result<Self, Error> {
        let mut motion = Motion::at_rest(parameters);
        motion.prepare(trainer.optimizer)?;
        Ok(Self {
            motion,
            epoch: 0,
            step: 0,
            steps: 0,
            sums: EpochSums::default(),
            history: Vec::new(),
            active: vec![
                false;
                if trainer.resampling.is_some() { parameters.n_hidden() } else { 0 }
            ],
            best: None,
        })
    }

    /// Completes the epoch that runs.
    pub fn end_epoch(&mut self, validation: Option<f64>) {
        self.history.push(self.sums.record(self.epoch, validation));
        self.sums = EpochSums::default();
        self.epoch += 1;
        self.step = 0;
    }

    /// Time for the steps.
    pub fn seconds(&self) -> f64 {
        let completed = self.history.iter().map(|record| record.seconds);
        completed.sum::<f64>() + self.sums.seconds
    }
}
