//! How often something happens during a training.

use crate::error::{Error, at_least_one};

/// How often something happens during a training, counted from its first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// After every so many steps.
    Steps(usize),
    /// After every so many epochs.
    Epochs(usize),
}

impl Every {
    pub(super) fn validate(self) -> Result<(), Error> {
        match self {
            Self::Steps(count) => at_least_one("interval of steps", count),
            Self::Epochs(count) => at_least_one("interval of epochs", count),
        }
        .map(drop)
    }

    /// Whether it has passed once more before this step of this epoch, with so many steps before it.
    pub(super) fn has_passed(self, (epoch, step): (usize, usize), steps: usize) -> bool {
        match self {
            Self::Steps(count) => steps > 0 && steps.is_multiple_of(count),
            Self::Epochs(count) => step == 0 && epoch > 0 && epoch.is_multiple_of(count),
        }
    }
}

/// `2 steps`, `1 epochs`.
impl std::fmt::Display for Every {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Steps(count) => write!(formatter, "{count} steps"),
            Self::Epochs(count) => write!(formatter, "{count} epochs"),
        }
    }
}
