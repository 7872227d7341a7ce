//! What a training gives back.

use crate::objective::Loss;
use crate::scalar::Real;
use crate::theory::Verdict;
use std::time::Instant;

/// What happened in one epoch.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct EpochRecord {
    /// Epoch, from 0; for `partial_fit` the number of the piece.
    pub epoch: usize,
    /// Mean over the epoch's samples of J_AE (of J_DAE with a corruption), each batch's before its
    /// update.
    pub reconstruction: f64,
    /// Mean over the epoch's batches of R, coefficients included, weighted by their sizes.
    pub regularizer: f64,
    /// J on the validation set after the epoch, if one was given.
    pub validation: Option<f64>,
    /// η of the epoch's last step.
    pub learning_rate: f64,
    /// Hidden units that were given new filters because they were dead, see
    /// [`DeadUnitResampling`](crate::DeadUnitResampling).
    #[cfg_attr(feature = "serde", serde(default))]
    pub resampled: usize,
    /// Time for its steps, without validation and observers.
    pub seconds: f64,
}

impl EpochRecord {
    /// J = J_AE + R, the mean over the epoch's batches.
    pub fn objective(&self) -> f64 {
        self.reconstruction + self.regularizer
    }
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum StopReason {
    /// All epochs are done. With early stopping the model has the parameters of the best epoch.
    Completed,
    /// The objective has not improved for as many epochs as early stopping has patience. The
    /// model has the parameters of the best epoch.
    EarlyStopping,
    /// An observer stopped it; the model has the parameters of that moment.
    Observer,
}

impl std::fmt::Display for StopReason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Completed => write!(formatter, "all epochs completed"),
            Self::EarlyStopping => write!(formatter, "stopped early"),
            Self::Observer => write!(formatter, "stopped by an observer"),
        }
    }
}

/// What the theory foresees of a training that its user should know before it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Warning {
    /// The regularizer's coefficient does not move sparsity, for the reasons that the verdict
    /// names: ReLU with the contractive penalty at unit length, say.
    CoefficientHasNoEffect(Verdict),
}

impl std::fmt::Display for Warning {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CoefficientHasNoEffect(verdict) => write!(
                formatter,
                "the coefficient of the regularizer will not move the sparsity of the codes\n{verdict}"
            ),
        }
    }
}

/// What a training did.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Report {
    /// A record for each epoch that was completed.
    pub history: Vec<EpochRecord>,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// With early stopping, the epoch with the lowest objective, from 0: the one whose parameters
    /// the model has, unless an observer stopped the training.
    pub best_epoch: Option<usize>,
    /// What the theory foresaw; an observer was told before the first step.
    pub warnings: Vec<Warning>,
    /// Number of steps.
    pub steps: usize,
    /// Time for the steps, without validation and observers.
    pub seconds: f64,
}

/// Sums over the batches of an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct EpochSums {
    pub reconstruction: f64,
    pub regularizer: f64,
    pub weight: f64,
    pub learning_rate: f64,
    pub resampled: usize,
    pub seconds: f64,
}

impl EpochSums {
    pub fn add<T: Real>(&mut self, loss: &Loss<T>, weight: f64, rate: f64, begin: Instant) {
        self.reconstruction += weight * loss.reconstruction.as_f64();
        self.regularizer += weight * loss.regularizer.as_f64();
        self.weight += weight;
        self.learning_rate = rate;
        self.seconds += begin.elapsed().as_secs_f64();
    }

    pub fn record(&self, epoch: usize, validation: Option<f64>) -> EpochRecord {
        EpochRecord {
            epoch,
            reconstruction: self.reconstruction / self.weight,
            regularizer: self.regularizer / self.weight,
            validation,
            learning_rate: self.learning_rate,
            resampled: self.resampled,
            seconds: self.seconds,
        }
    }
}
