//! Studying trainings with the [`theory`](crate::theory).
//!
//! [`TheoryMonitor`] is an observer that records what Lemma 1, Thm. 1, Thm. 2 and Eq. 5 say and what is
//! measured; [`FractionSearch`] trains repeatedly to find the λ of a wanted sparsity.

mod fraction_search;
mod monitor;

pub use fraction_search::{FractionSearch, Outcome, SearchResult, Trial, TrialEnd};
pub use monitor::{MonitorRecord, StepCheck, TheoryMonitor};
