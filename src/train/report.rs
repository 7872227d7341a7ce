//! What a training gives back.

/// What happened in one epoch.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EpochRecord {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Mean over the epoch's batches of J_AE (of J_DAE with a corruption), each before its update.
    pub reconstruction: f64,
    /// Mean over the epoch's batches of R, coefficients included.
    pub regularizer: f64,
    /// J on the validation set after the epoch, if one was given.
    pub validation: Option<f64>,
    /// η of the epoch's last step.
    pub learning_rate: f64,
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
#[non_exhaustive]
pub enum StopReason {
    /// All epochs are done.
    Completed,
    /// The objective has not improved for as many epochs as early stopping has patience; the
    /// model has the parameters of the best epoch.
    EarlyStopping {
        /// The epoch with the best objective, from 0.
        best_epoch: usize,
    },
    /// An observer stopped it; the model has the parameters of that moment.
    Observer,
}

impl std::fmt::Display for StopReason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Completed => write!(formatter, "all epochs completed"),
            Self::EarlyStopping { best_epoch } => {
                write!(formatter, "early stopping, best epoch {best_epoch}")
            }
            Self::Observer => write!(formatter, "stopped by an observer"),
        }
    }
}

/// What a training did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// A record for each epoch that was completed.
    pub history: Vec<EpochRecord>,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// Number of steps.
    pub steps: usize,
    /// Time for the steps, without validation and observers.
    pub seconds: f64,
}
