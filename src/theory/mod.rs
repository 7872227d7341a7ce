//! The theory, executable.
mod assumption;
mod bias_gradients;
mod bounds;
mod measured;
mod prediction;
mod snapshot;
mod statement;
mod verdict;

pub use assumption::{Assumption1, Claim, Exactness};
pub use bias_gradients::BiasGradients;
pub use bounds::{cantelli, chebyshev, lemma_1_bound};
pub use prediction::{Basis, Prediction, Reason, Source, Trend};
pub use snapshot::{Snapshot, UnitSnapshot};
pub use statement::{Premise, Statement};
pub use verdict::{TermVerdict, Verdict};
