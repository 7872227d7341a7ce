//! The table.

use crate::classifier::{self, Labelled};
use crate::data::Split;
use crate::models::Protocol;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// A line of the table.
#[derive(Clone, Serialize, Deserialize)]
pub struct Row {
    name: String,
    activation: String,
    /// λ or σ².
    pub strength: Option<f64>,
    /// What stands behind the name: why the wanted fraction was not reached, for instance.
    pub remark: Option<String>,
    pub judgement: Option<Judgement>,
}

/// What is said about codes.
#[derive(Clone, Serialize, Deserialize)]
pub struct Judgement {
    /// On the training samples.
    pub fraction: f64,
    /// Share of the units that no training sample activates.
    pub dead: f64,
    /// Share of the codes of test samples that are 0 exactly.
    pub hard_zeros: f64,
    /// Share of the test samples' variance that the reconstructions explain; nothing if they do not vary.
    pub explained: Option<f64>,
    /// Share of the test samples whose class the linear classifier tells.
    pub accuracy: f64,
}

impl Row {
    pub fn new(name: impl Into<String>, activation: impl Into<String>) -> Self {
        let (name, activation) = (name.into(), activation.into());
        Self { name, activation, strength: None, remark: None, judgement: None }
    }

    pub fn is_of(&self, name: &str, activation: &str) -> bool {
        self.name == name && self.activation == activation
    }
}

/// The accuracy of a classifier that is fitted to the first features, on the second.
pub fn accuracy(split: &Split, training: DMatrix<f64>, test: DMatrix<f64>) -> f64 {
    let labelled = |features, labels: &[u8]| Labelled { features, labels: labels.to_vec() };
    let training = labelled(training, &split.training.labels);
    classifier::accuracy(&training, &labelled(test, &split.test.labels), 10)
}

pub fn page(split: &Split, protocol: Protocol, fraction: f64, rows: &[Row]) -> String {
    let mut out = format!(
        "{}: {} samples for training, {} for tests; {} hidden units, {} epochs, batches of {}; filters of \
         length 1; wanted activation fraction {fraction}.\n\n\
         | model | activation | λ or σ² | active | dead units | hard zeros | explained variance | accuracy |\n\
         |---|---|---|---|---|---|---|---|\n",
        split.name,
        split.training.x.ncols(),
        split.test.x.ncols(),
        protocol.n_hidden,
        protocol.epochs,
        protocol.batch_size
    );
    for row in rows {
        let strength = number(row.strength);
        let remark = row.remark.as_ref().map(|remark| format!(" ({remark})")).unwrap_or_default();
        let _ = write!(out, "| {}{remark} | {} | {strength} ", row.name, row.activation);
        let _ = match &row.judgement {
            Some(judged) => writeln!(
                out,
                "| {:.3} | {:.1} % | {:.3} | {} | {:.1} % |",
                judged.fraction,
                100.0 * judged.dead,
                judged.hard_zeros,
                number(judged.explained),
                100.0 * judged.accuracy
            ),
            None => writeln!(out, "| – | – | – | – | – |"),
        };
    }
    out
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| format!("{value:.3}"))
}
