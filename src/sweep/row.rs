//! The results of one run.

use super::grid::{Cell, Protocol};
use crate::metrics::Evaluation;
use crate::train::EpochRecord;
use serde::{Deserialize, Serialize};

/// A row of a sweep: what was trained, and what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// Which run of the grid.
    #[serde(flatten)]
    pub cell: Cell,
    /// What all runs have in common.
    #[serde(flatten)]
    pub protocol: Protocol,
    /// The metrics on the training data after the training; `None` if the run failed.
    pub results: Option<Results>,
    /// Why the run failed, such as where it diverged.
    pub error: Option<String>,
    /// Why the training ended, if it did not fail.
    pub stop_reason: Option<String>,
    /// Time for the training, on one thread beside the other runs.
    pub seconds: f64,
    /// A record for each epoch that was completed.
    pub history: Vec<EpochRecord>,
}

/// The metrics of one run, on the whole data set without corruption.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Results {
    /// The share of the pairs of sample and unit with h > δ_min, Eq. 14.
    pub average_activation_fraction: f64,
    /// The share of the units with h ≤ δ_min for every sample.
    pub dead_fraction: f64,
    /// The share of the pairs with h = 0 exactly.
    pub hard_zero_fraction: f64,
    /// The mean over the units of E\[a_j\].
    pub mean_pre_activation: f64,
    /// The mean over the units of ‖W_j‖.
    pub mean_filter_length: f64,
    /// J_AE.
    pub reconstruction_error: f64,
    /// 1 − J_AE / E‖x − E\[x\]‖²; `None` where all samples are alike.
    pub explained_variance: Option<f64>,
}

impl Results {
    pub(super) fn new(evaluation: &Evaluation, mean_filter_length: f64) -> Self {
        Self {
            average_activation_fraction: evaluation.average_activation_fraction,
            dead_fraction: evaluation.dead_fraction(),
            hard_zero_fraction: evaluation.hard_zero_fraction,
            mean_pre_activation: evaluation.mean_pre_activation(),
            mean_filter_length,
            reconstruction_error: evaluation.reconstruction_error,
            explained_variance: evaluation.explained_variance,
        }
    }
}

impl Row {
    /// The names of the columns of [`fields`](Self::fields).
    pub(super) const COLUMNS: [&'static str; 20] = [
        "model",
        "activation",
        "coefficient",
        "constraint",
        "seed",
        "n_hidden",
        "epochs",
        "batch_size",
        "learning_rate",
        "momentum",
        "average_activation_fraction",
        "dead_fraction",
        "hard_zero_fraction",
        "mean_pre_activation",
        "mean_filter_length",
        "reconstruction_error",
        "explained_variance",
        "seconds",
        "stop_reason",
        "error",
    ];

    /// Everything but the history, for a table; what there is not is empty.
    pub(super) fn fields(&self) -> [String; 20] {
        let Self { cell, protocol, results, .. } = self;
        let metric = |of: fn(&Results) -> Option<f64>| {
            results.as_ref().and_then(of).map(|value| value.to_string()).unwrap_or_default()
        };
        [
            cell.model.clone(),
            cell.activation.clone(),
            cell.coefficient.to_string(),
            cell.constraint.to_string(),
            cell.seed.to_string(),
            protocol.n_hidden.to_string(),
            protocol.epochs.to_string(),
            protocol.batch_size.to_string(),
            protocol.learning_rate.to_string(),
            protocol.momentum.to_string(),
            metric(|results| Some(results.average_activation_fraction)),
            metric(|results| Some(results.dead_fraction)),
            metric(|results| Some(results.hard_zero_fraction)),
            metric(|results| Some(results.mean_pre_activation)),
            metric(|results| Some(results.mean_filter_length)),
            metric(|results| Some(results.reconstruction_error)),
            metric(|results| results.explained_variance),
            self.seconds.to_string(),
            self.stop_reason.clone().unwrap_or_default(),
            self.error.clone().unwrap_or_default(),
        ]
    }
}
