//! Compares two programs, once they are known to compute the same.

use crate::measure::{Method, measure, median};
use crate::naive::Naive;
use crate::ours::Ours;
use crate::problem::Problem;
use crate::products::Products;
use crate::program::Program;
use crate::pytorch::{PyTorch, Workers};
use crate::rows::{Peer, Row};
use crate::setup::{Model, Precision, Setup};
use faer::traits::ComplexField;
use regularized_autoencoder::Real;
use serde::Serialize;
use std::error::Error;

/// After so many steps both programs must have reached the same J.
const CHECKED_STEPS: usize = 20;

/// A round that takes so many times as long as another tells of a machine that was not idle.
const UNSTEADY: f64 = 1.5;

/// What came out.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Measured(Times),
    /// Why the peer cannot be had here.
    Unavailable(String),
}

/// Milliseconds per step, round by round.
#[derive(Serialize)]
pub struct Times {
    pub ours: Vec<f64>,
    pub peer: Vec<f64>,
}

impl Times {
    /// The peer's median, divided by ours.
    pub fn ratio(&self) -> f64 {
        median(&self.peer) / median(&self.ours)
    }

    /// Whether the rounds of each program took about the same time.
    pub fn are_steady(&self) -> bool {
        [&self.ours, &self.peer].iter().all(|times| {
            let fastest = times.iter().copied().fold(f64::INFINITY, f64::min);
            times.iter().all(|&time| time <= UNSTEADY * fastest)
        })
    }

    /// The smallest and the largest ratio of a round.
    pub fn spread(&self) -> (f64, f64) {
        let ratios = self.peer.iter().zip(&self.ours).map(|(peer, ours)| peer / ours);
        ratios.fold((f64::INFINITY, 0.0), |(low, high), ratio| (low.min(ratio), high.max(ratio)))
    }
}

/// Checks and times both programs of a row.
pub fn compare(
    row: &Row,
    workers: Option<&mut Workers>,
    method: Method,
) -> Result<Outcome, Box<dyn Error>> {
    match row.setup.precision {
        Precision::F32 => compare_in::<f32>(row, workers, method),
        Precision::F64 => compare_in::<f64>(row, workers, method),
    }
}

fn compare_in<T: Real + ComplexField>(
    row: &Row,
    workers: Option<&mut Workers>,
    method: Method,
) -> Result<Outcome, Box<dyn Error>> {
    let setup = &row.setup;
    let problem = Problem::<T>::new(setup)?;
    let peer: Box<dyn Program + '_> = match row.peer {
        Peer::PyTorch(way) => {
            let workers = workers.ok_or("PyTorch has not been started")?;
            match PyTorch::new(workers, way, &problem, setup)? {
                Ok(peer) => Box::new(peer),
                Err(reason) => return Ok(Outcome::Unavailable(reason)),
            }
        }
        Peer::Naive => Box::new(Naive::new(Problem::<T>::new(setup)?, setup)),
        Peer::Products => Box::new(Products::new(&problem, setup)?),
        Peer::OneThread => Box::new(Ours::<T>::new(Problem::new(setup)?, &setup.threads(1))?),
        Peer::Denoising => {
            let denoising = setup.computing(Model::Dae, setup.activation);
            Box::new(Ours::<T>::new(Problem::new(setup)?, &denoising)?)
        }
    };
    let mut programs = [Box::new(Ours::new(problem, setup)?) as Box<dyn Program>, peer];
    check(row, &mut programs)?;
    let [ours, peer] = measure(&mut programs, method)?.try_into().expect("times of two programs");
    Ok(Outcome::Measured(Times { ours, peer }))
}

/// An error unless both programs compute the same, as far as the peer is meant to.
fn check(row: &Row, [ours, peer]: &mut [Box<dyn Program + '_>; 2]) -> Result<(), Box<dyn Error>> {
    let (ours, peer) = (ours.objective(CHECKED_STEPS)?, peer.objective(CHECKED_STEPS)?);
    let (Some(ours), Some(peer)) = (ours, peer) else { return Ok(()) };
    if matches!(row.peer, Peer::Denoising) {
        return Ok(());
    }
    let tolerance = tolerance(&row.setup);
    if (peer / ours - 1.0).abs() <= tolerance {
        return Ok(());
    }
    let what = format!("{row}: J of step {CHECKED_STEPS} is {peer}, ours {ours}");
    Err(format!("{what}: they differ by more than {tolerance} and compute different things").into())
}

fn tolerance(setup: &Setup) -> f64 {
    match (setup.model, setup.precision) {
        // The noise differs.
        (Model::Dae, _) => 0.05,
        (_, Precision::F32) => 1e-3,
        (_, Precision::F64) => 1e-6,
    }
}
