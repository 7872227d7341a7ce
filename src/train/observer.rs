//! Watching a training, and stopping it.

use super::report::{EpochRecord, Report, Warning};
use crate::activation::Activation;
use crate::error::Error;
use crate::model::Parameters;
use crate::objective::{Batch, Loss, Regularizer};
use crate::scalar::Real;
use std::ops::ControlFlow;

/// Is told what a training does, and can stop it by [`ControlFlow::Break`].
///
/// Every method does nothing by default. Parameters, batches and losses are in the units of the
/// model, where it has a scaler.
///
/// ```
/// use regularized_autoencoder::{EpochEvent, Observer, Real};
/// use std::ops::ControlFlow;
///
/// /// Stops once the objective is small enough.
/// struct Enough(f64);
///
/// impl<T: Real> Observer<T> for Enough {
///     fn on_epoch(&mut self, event: &EpochEvent<'_, T>) -> ControlFlow<()> {
///         if event.record.objective() < self.0 { ControlFlow::Break(()) }
///         else { ControlFlow::Continue(()) }
///     }
/// }
/// ```
pub trait Observer<T: Real> {
    /// Something that the theory foresees of this training; before [`on_start`](Self::on_start), once
    /// for each warning. The report has it too.
    fn on_warning(&mut self, warning: &Warning) -> ControlFlow<()> {
        let _ = warning;
        ControlFlow::Continue(())
    }

    /// Before the first step.
    fn on_start(&mut self, event: &StartEvent<'_, T>) -> ControlFlow<()> {
        let _ = event;
        ControlFlow::Continue(())
    }

    /// After each step.
    fn on_step(&mut self, event: &StepEvent<'_, T>) -> ControlFlow<()> {
        let _ = event;
        ControlFlow::Continue(())
    }

    /// After each epoch.
    fn on_epoch(&mut self, event: &EpochEvent<'_, T>) -> ControlFlow<()> {
        let _ = event;
        ControlFlow::Continue(())
    }

    /// When the training has ended, with success or with an error; not if the arguments were
    /// refused, before [`on_start`](Self::on_start).
    fn on_end(&mut self, event: &EndEvent<'_, T>) {
        let _ = event;
    }
}

/// Observes nothing.
impl<T: Real> Observer<T> for () {}

/// A training is about to begin; the constraint holds already.
#[derive(Debug)]
#[non_exhaustive]
pub struct StartEvent<'a, T: Real> {
    /// Epochs that are planned.
    pub n_epochs: usize,
    /// Steps in each.
    pub steps_per_epoch: usize,
    /// The parameters to begin with.
    pub parameters: &'a Parameters<T>,
    /// The activation.
    pub activation: &'a dyn Activation<T>,
    /// The regularizer, coefficients included.
    pub regularizer: &'a dyn Regularizer<T>,
}

/// A step is done.
#[derive(Debug)]
#[non_exhaustive]
pub struct StepEvent<'a, T: Real> {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Step within the epoch, from 0.
    pub step: usize,
    /// Steps in an epoch.
    pub steps_per_epoch: usize,
    /// η of this step.
    pub learning_rate: f64,
    /// The batch of this step: the encoder's input, corrupted if there is a corruption, the clean
    /// target, and the noise that the regularizer drew.
    pub batch: Batch<'a, T>,
    /// The loss of the batch, before the update.
    pub loss: Loss<T>,
    /// The parameters after the update.
    pub parameters: &'a Parameters<T>,
    /// The activation.
    pub activation: &'a dyn Activation<T>,
    /// The regularizer, coefficients included.
    pub regularizer: &'a dyn Regularizer<T>,
}

/// An epoch is done; [`metrics::evaluate_parameters`](crate::metrics::evaluate_parameters) tells
/// how sparse the codes are by then.
#[derive(Debug)]
#[non_exhaustive]
pub struct EpochEvent<'a, T: Real> {
    /// What is known about it.
    pub record: &'a EpochRecord,
    /// Epochs that are planned.
    pub n_epochs: usize,
    /// The parameters after it.
    pub parameters: &'a Parameters<T>,
    /// The activation.
    pub activation: &'a dyn Activation<T>,
    /// The regularizer, coefficients included.
    pub regularizer: &'a dyn Regularizer<T>,
}

/// A training has ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct EndEvent<'a, T: Real> {
    /// What the call returns.
    pub outcome: Result<&'a Report, &'a Error>,
    /// The parameters that the model keeps.
    pub parameters: &'a Parameters<T>,
    /// The activation.
    pub activation: &'a dyn Activation<T>,
}
