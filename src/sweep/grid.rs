//! What a sweep trains.

use crate::activation::Activation;
use crate::constraint::Constraint;
use crate::corruption::Corruption;
use crate::error::Error;
use crate::objective::Regularizer;
use crate::regularizer::Unregularized;
use crate::scalar::Real;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What makes a model one of its kind: a regularizer, and a corruption if it is a denoising one.
#[derive(Debug)]
pub struct Objective<T: Real> {
    pub(super) regularizer: Box<dyn Regularizer<T>>,
    pub(super) corruption: Option<Arc<dyn Corruption<T>>>,
}

impl<T: Real> Objective<T> {
    /// A regularizer, with its coefficient, and no corruption.
    pub fn regularized(regularizer: impl Regularizer<T> + 'static) -> Self {
        Self { regularizer: Box::new(regularizer), corruption: None }
    }

    /// A corruption, and no regularizer.
    pub fn corrupted(corruption: impl Corruption<T> + 'static) -> Self {
        Self::regularized(Unregularized).with_corruption(corruption)
    }

    /// With a corruption too.
    pub fn with_corruption(self, corruption: impl Corruption<T> + 'static) -> Self {
        Self { corruption: Some(Arc::new(corruption)), ..self }
    }
}

pub(super) type MakeObjective<T> = Arc<dyn Fn(f64) -> Result<Objective<T>, Error> + Send + Sync>;
pub(super) type MakeActivation<T> = Arc<dyn Fn() -> Box<dyn Activation<T>> + Send + Sync>;

/// A grid of runs: every model with every activation, coefficient, constraint and seed.
///
/// Names identify models and activations in the files of results; what they stand for is the
/// caller's.
#[derive(Clone)]
pub struct Grid<T: Real> {
    pub(super) models: Vec<(String, MakeObjective<T>)>,
    pub(super) activations: Vec<(String, MakeActivation<T>)>,
    pub(super) coefficients: Vec<f64>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) seeds: Vec<u64>,
}

impl<T: Real> Default for Grid<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Real> Grid<T> {
    /// Without models, activations and coefficients; no constraint, seed 0.
    pub fn new() -> Self {
        Self {
            models: Vec::new(),
            activations: Vec::new(),
            coefficients: Vec::new(),
            constraints: vec![Constraint::None],
            seeds: vec![0],
        }
    }

    /// Adds a model: its regularizer and corruption for each coefficient.
    pub fn model(
        mut self,
        name: impl Into<String>,
        objective: impl Fn(f64) -> Result<Objective<T>, Error> + Send + Sync + 'static,
    ) -> Self {
        self.models.push((name.into(), Arc::new(objective)));
        self
    }

    /// Adds an activation.
    pub fn activation<A: Activation<T> + 'static>(
        mut self,
        name: impl Into<String>,
        activation: impl Fn() -> A + Send + Sync + 'static,
    ) -> Self {
        self.activations.push((name.into(), Arc::new(move || Box::new(activation()))));
        self
    }

    /// The coefficients λ, or whatever the models take them for.
    pub fn coefficients(self, coefficients: impl IntoIterator<Item = f64>) -> Self {
        Self { coefficients: coefficients.into_iter().collect(), ..self }
    }

    /// The constraints on the filters' lengths.
    pub fn constraints(self, constraints: impl IntoIterator<Item = Constraint>) -> Self {
        Self { constraints: constraints.into_iter().collect(), ..self }
    }

    /// The seeds, each of the initial filters and of the training.
    pub fn seeds(self, seeds: impl IntoIterator<Item = u64>) -> Self {
        Self { seeds: seeds.into_iter().collect(), ..self }
    }

    /// The cells, in the order in which they are trained: seeds last.
    pub fn cells(&self) -> Vec<Cell> {
        self.runs().into_iter().map(|(cell, ..)| cell).collect()
    }

    /// An error unless every list has an entry, every name one meaning, and every number a value.
    pub(super) fn check(&self) -> Result<(), Error> {
        for (name, count) in [
            ("number of models", self.models.len()),
            ("number of activations", self.activations.len()),
            ("number of coefficients", self.coefficients.len()),
            ("number of constraints", self.constraints.len()),
            ("number of seeds", self.seeds.len()),
        ] {
            crate::error::at_least_one(name, count)?;
        }
        for coefficient in &self.coefficients {
            if !coefficient.is_finite() {
                return Err(Error::invalid("coefficient", *coefficient, "finite"));
            }
        }
        self.constraints.iter().try_for_each(|constraint| constraint.validate())?;
        let cells = self.cells();
        match (1..cells.len()).find(|&at| cells[..at].contains(&cells[at])) {
            Some(at) => {
                Err(Error::Repeated { what: "cell of the grid", value: cells[at].to_string() })
            }
            None => Ok(()),
        }
    }

    /// The cells with what makes their objectives and activations, in the order of training.
    pub(super) fn runs(&self) -> Vec<(Cell, &MakeObjective<T>, &MakeActivation<T>)> {
        let mut runs = Vec::new();
        for &seed in &self.seeds {
            for &constraint in &self.constraints {
                for (activation, make_activation) in &self.activations {
                    for (model, make_objective) in &self.models {
                        for &coefficient in &self.coefficients {
                            let (model, activation) = (model.clone(), activation.clone());
                            let cell = Cell { model, activation, coefficient, constraint, seed };
                            runs.push((cell, make_objective, make_activation));
                        }
                    }
                }
            }
        }
        runs
    }
}

impl<T: Real> fmt::Debug for Grid<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn names<M>(named: &[(String, M)]) -> Vec<&String> {
            named.iter().map(|(name, _)| name).collect()
        }
        formatter
            .debug_struct("Grid")
            .field("models", &names(&self.models))
            .field("activations", &names(&self.activations))
            .field("coefficients", &self.coefficients)
            .field("constraints", &self.constraints)
            .field("seeds", &self.seeds)
            .finish()
    }
}

/// One run of a grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The model's name.
    pub model: String,
    /// The activation's name.
    pub activation: String,
    /// The coefficient.
    pub coefficient: f64,
    /// The constraint on the filters' lengths.
    pub constraint: Constraint,
    /// The seed of initial filters and training.
    pub seed: u64,
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, activation, coefficient, constraint, seed } = self;
        write!(
            formatter,
            "{model}, {activation}, coefficient {coefficient}, {constraint}, seed {seed}"
        )
    }
}

/// What all runs of a sweep have in common; the default is the paper's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// Number of hidden units, m: 1000.
    pub n_hidden: usize,
    /// Passes over the data: 50.
    pub epochs: usize,
    /// Samples a step: 50.
    pub batch_size: usize,
    /// η: 0.001.
    pub learning_rate: f64,
    /// μ: 0.9.
    pub momentum: f64,
}

impl Default for Protocol {
    fn default() -> Self {
        Self { n_hidden: 1000, epochs: 50, batch_size: 50, learning_rate: 0.001, momentum: 0.9 }
    }
}
