//! Stopping a training that no longer improves.

use super::report::EpochRecord;
use crate::error::{Error, at_least_one, non_negative};
use crate::model::Parameters;
use crate::scalar::Real;

/// Stops a training that no longer improves; the model gets the parameters of its best epoch.
///
/// What is watched is J on the validation set if one is given, else the mean of J over the epoch's
/// batches, each measured before its update, so that a validation set is the better judge. The
/// best epoch is that with the lowest J, whether the training stopped early or not.
///
/// ```
/// use nalgebra::DMatrix;
/// use regularized_autoencoder::{EarlyStopping, FitOptions, RegularizedAutoEncoder, Trainer};
/// let x = DMatrix::<f64>::from_fn(3, 120, |i, j| (i as f64 + j as f64).cos());
/// let (training, validation) = (x.columns(0, 100), x.columns(100, 20));
/// let mut model = RegularizedAutoEncoder::builder(3, 4).build()?;
/// let trainer = Trainer::builder()
///     .epochs(1000)
///     .learning_rate(0.05)
///     .early_stopping(EarlyStopping { patience: 3, minimum_improvement: 1e-3 })
///     .build()?;
/// let options = FitOptions::default().validation(validation);
/// let report = trainer.fit_with(&mut model, training, options)?;
/// assert!(report.history.len() < 1000 && report.best_epoch.is_some());
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// The training stops after this many epochs in a row without improvement.
    pub patience: usize,
    /// By how much J must fall below its value at the last improvement to count as another.
    pub minimum_improvement: f64,
}

impl EarlyStopping {
    pub(super) fn validate(&self) -> Result<(), Error> {
        at_least_one("patience", self.patience)?;
        non_negative("minimum improvement", self.minimum_improvement).map(drop)
    }
}

/// The epoch with the lowest objective so far, and how long ago there was progress.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Best<T: Real> {
    pub objective: f64,
    pub epoch: usize,
    pub parameters: Parameters<T>,
    /// The objective from which the next improvement counts, and its epoch.
    pub progress: (f64, usize),
}

impl<T: Real> Best<T> {
    /// Takes note of an epoch and of the parameters after it.
    pub fn update(
        best: &mut Option<Self>,
        stopping: EarlyStopping,
        record: &EpochRecord,
        parameters: &Parameters<T>,
    ) {
        let (epoch, objective) = (record.epoch, record.validation.unwrap_or(record.objective()));
        let Some(best) = best else {
            let parameters = parameters.clone();
            *best = Some(Self { objective, epoch, parameters, progress: (objective, epoch) });
            return;
        };
        if objective < best.objective {
            (best.objective, best.epoch) = (objective, epoch);
            best.parameters.copy_from(parameters);
        }
        if objective < best.progress.0 - stopping.minimum_improvement {
            best.progress = (objective, epoch);
        }
    }

    /// Whether patience has run out once so many epochs are completed.
    pub fn is_long_ago(&self, stopping: EarlyStopping, epochs: usize) -> bool {
        epochs.saturating_sub(1).saturating_sub(self.progress.1) >= stopping.patience
    }
}
