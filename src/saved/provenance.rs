//! Where a saved model comes from.

use crate::constraint::Constraint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a saved model comes from: kept in its file. The model computes the same without it; what a
/// program needs beside the model, such as the threshold of an alarm, can go into its notes.
///
/// ```
/// use regularized_autoencoder::{Constraint, saved::Provenance};
/// let provenance = Provenance::new()
///     .seed(7)
///     .epochs(50)
///     .constraint(Constraint::UNIT)
///     .note("data", "MNIST, first 50,000 training images");
/// assert_eq!(provenance.epochs, Some(50));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Provenance {
    /// The version of this crate that wrote the file; saving fills it in.
    pub crate_version: String,
    /// The regularizer as its `Debug` prints it: saving a model fills in its own, but leaves what is
    /// here if it has none, as models that were loaded.
    pub regularizer: Option<String>,
    /// What held for the lengths of the filters.
    pub constraint: Option<Constraint>,
    /// The seed of the initial filters.
    pub seed: Option<u64>,
    /// For how many epochs it was trained.
    pub epochs: Option<usize>,
    /// Whatever else is worth knowing, by name.
    pub notes: BTreeMap<String, String>,
}

impl Provenance {
    /// The version of this crate, and nothing else.
    pub fn new() -> Self {
        Self {
            crate_version: env!("CARGO_PKG_VERSION").into(),
            regularizer: None,
            constraint: None,
            seed: None,
            epochs: None,
            notes: BTreeMap::new(),
        }
    }

    /// The seed of the initial filters.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// For how many epochs the model was trained.
    #[must_use]
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs: Some(epochs), ..self }
    }

    /// What held for the lengths of the filters.
    #[must_use]
    pub fn constraint(self, constraint: Constraint) -> Self {
        Self { constraint: Some(constraint), ..self }
    }

    /// Anything else; another note of this name is replaced.
    #[must_use]
    pub fn note(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.notes.insert(name.into(), text.into());
        self
    }
}

impl Default for Provenance {
    fn default() -> Self {
        Self::new()
    }
}
