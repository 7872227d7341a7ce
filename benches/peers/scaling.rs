//! This crate's time against the size of the problem.

use crate::measure::{Method, measure, median};
use crate::ours::Ours;
use crate::problem::Problem;
use crate::program::Program;
use crate::setup::{MNIST, Setup};
use serde::Serialize;
use std::error::Error;

/// Trainings that differ in one size.
pub struct Family {
    /// The size that varies.
    pub what: &'static str,
    setups: Vec<Setup>,
    size: fn(&Setup) -> usize,
    steps: fn(&Setup) -> usize,
    /// What takes that many steps.
    pub unit: &'static str,
}

/// The time at one size.
#[derive(Serialize)]
pub struct Cost {
    pub size: usize,
    /// For a step or an epoch, round by round.
    pub milliseconds: Vec<f64>,
}

impl Cost {
    pub fn median(&self) -> f64 {
        median(&self.milliseconds)
    }

    /// The median, divided by the size.
    pub fn per_size(&self) -> f64 {
        self.median() / self.size as f64
    }
}

/// All sizes that vary.
pub fn families() -> Vec<Family> {
    let steps_per_epoch = |setup: &Setup| setup.n_samples / setup.batch_size;
    vec![
        Family {
            what: "m",
            setups: [500, 1000, 2000, 4000].map(|n_hidden| Setup { n_hidden, ..MNIST }).into(),
            size: |setup| setup.n_hidden,
            steps: |_| 1,
            unit: "step",
        },
        Family {
            what: "n",
            setups: [192, 392, 784, 1568].map(|n_inputs| Setup { n_inputs, ..MNIST }).into(),
            size: |setup| setup.n_inputs,
            steps: |_| 1,
            unit: "step",
        },
        Family {
            what: "batch",
            setups: [25, 50, 100, 200].map(|batch_size| Setup { batch_size, ..MNIST }).into(),
            size: |setup| setup.batch_size,
            steps: |_| 1,
            unit: "step",
        },
        Family {
            what: "N",
            setups: [10_000, 20_000, 40_000].map(|n_samples| Setup { n_samples, ..MNIST }).into(),
            size: |setup| setup.n_samples,
            steps: steps_per_epoch,
            unit: "epoch",
        },
    ]
}

impl Family {
    /// The costs at all sizes, measured in turn.
    pub fn measure(&self, method: Method) -> Result<Vec<Cost>, Box<dyn Error>> {
        let program = |setup: &Setup| -> Result<Box<dyn Program>, Box<dyn Error>> {
            Ok(Box::new(Ours::<f32>::new(Problem::new(setup)?, setup)?))
        };
        let mut programs = self.setups.iter().map(program).collect::<Result<Vec<_>, _>>()?;
        let times = measure(&mut programs, method)?;
        let cost = |(setup, times): (&Setup, Vec<f64>)| Cost {
            size: (self.size)(setup),
            milliseconds: times.iter().map(|time| time * (self.steps)(setup) as f64).collect(),
        };
        Ok(self.setups.iter().zip(times).map(cost).collect())
    }
}
