//! An observer that logs.

use super::observer::{EndEvent, EpochEvent, Observer, StartEvent};
use super::report::Warning;
use crate::scalar::Real;
use std::ops::ControlFlow;

/// Tells the crate `log`, and so whatever logger the program has, how a training goes (feature `log`).
///
/// Warnings of the theory are logged as warnings, begin, epochs and end as information, an error that
/// ends the training as an error; the target is `regularized_autoencoder`.
///
/// ```
/// use regularized_autoencoder::prelude::*;
/// use regularized_autoencoder::train::LogProgress;
/// let x = DMatrix::<f64>::from_fn(3, 60, |i, j| (i as f64 + j as f64).cos());
/// let mut model = RegularizedAutoEncoder::builder(3, 4).build()?;
/// let mut log = LogProgress;
/// let options = FitOptions::default().observer(&mut log);
/// Trainer::builder().epochs(2).build()?.fit_with(&mut model, &x, options)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogProgress;

const TARGET: &str = "regularized_autoencoder";

impl<T: Real> Observer<T> for LogProgress {
    fn on_warning(&mut self, warning: &Warning) -> ControlFlow<()> {
        log::warn!(target: TARGET, "{warning}");
        ControlFlow::Continue(())
    }

    fn on_start(&mut self, event: &StartEvent<'_, T>) -> ControlFlow<()> {
        let (n_inputs, n_hidden) = (event.parameters.n_inputs(), event.parameters.n_hidden());
        log::info!(
            target: TARGET,
            "training {n_inputs} → {n_hidden}: {} epochs of {} steps",
            event.n_epochs,
            event.steps_per_epoch
        );
        ControlFlow::Continue(())
    }

    fn on_epoch(&mut self, event: &EpochEvent<'_, T>) -> ControlFlow<()> {
        let record = event.record;
        log::info!(
            target: TARGET,
            "epoch {} of {}: J = {:.6}, J_AE = {:.6}",
            record.epoch + 1,
            event.n_epochs,
            record.objective(),
            record.reconstruction
        );
        ControlFlow::Continue(())
    }

    fn on_end(&mut self, event: &EndEvent<'_, T>) {
        match event.outcome {
            Ok(report) => log::info!(target: TARGET, "{}", report.stop_reason),
            Err(error) => log::error!(target: TARGET, "{error}"),
        }
    }
}
