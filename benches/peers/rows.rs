//! What is compared with what, and how the ratio should come out.

use crate::setup::ActivationName::{Relu, Sigmoid, Softplus};
use crate::setup::Model::{Cae, Dae, Mdae, Sae};
use crate::setup::{DIGITS, MNIST, PATCHES, Precision, Setup};
use crate::worker::Way;
use std::fmt::{self, Display, Formatter};

/// A training by this crate and another program that does the same, or a part of it.
#[derive(Clone, Copy)]
pub struct Row {
    pub setup: Setup,
    pub peer: Peer,
    /// Of the peer's time, divided by this crate's; without one the row is for information.
    pub bar: Option<Bar>,
}

#[derive(Clone, Copy)]
pub enum Peer {
    PyTorch(Way),
    Naive,
    Products,
    /// This crate on one thread.
    OneThread,
    /// This crate's denoising auto-encoder.
    Denoising,
}

impl Display for Peer {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::PyTorch(Way::ByHand) => "PyTorch by hand",
            Self::PyTorch(Way::ByHandDense) => "PyTorch by hand, dense tensors only",
            Self::PyTorch(Way::ByHandPrivate) => "PyTorch by hand, private operator",
            Self::PyTorch(Way::Eager) => "PyTorch eager",
            Self::PyTorch(Way::Compiled) => "PyTorch compiled",
            Self::Naive => "plain nalgebra",
            Self::Products => "matrix products alone",
            Self::OneThread => "ours, 1 thread",
            Self::Denoising => "ours, DAE",
        })
    }
}

#[derive(Clone, Copy)]
pub enum Bar {
    AtLeast(f64),
    AtMost(f64),
}

impl Bar {
    pub fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(bar) => ratio >= bar,
            Self::AtMost(bar) => ratio <= bar,
        }
    }
}

impl Display for Bar {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bar) => write!(formatter, "≥ {bar}"),
            Self::AtMost(bar) => write!(formatter, "≤ {bar}"),
        }
    }
}

impl Display for Row {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Setup { n_inputs, n_hidden, batch_size, model, activation, precision, .. } = self.setup;
        write!(formatter, "{n_inputs} → {n_hidden}, batch {batch_size} | ")?;
        write!(formatter, "{model} | {activation} | {precision} | ")?;
        match self.setup {
            Setup { trainings: 1, threads, .. } => write!(formatter, "{threads}")?,
            Setup { trainings, threads, .. } => write!(formatter, "{trainings} × {threads}")?,
        }
        write!(formatter, " | {}", self.peer)
    }
}

/// All comparisons.
pub fn rows() -> Vec<Row> {
    let at_least = |setup, peer, bar| Row { setup, peer, bar: Some(Bar::AtLeast(bar)) };
    let at_most = |setup, peer, bar| Row { setup, peer, bar: Some(Bar::AtMost(bar)) };
    let open = |setup, peer| Row { setup, peer, bar: None };
    let by_hand = Peer::PyTorch(Way::ByHand);
    let by_hand_dense = Peer::PyTorch(Way::ByHandDense);
    let by_hand_private = Peer::PyTorch(Way::ByHandPrivate);
    let eager = Peer::PyTorch(Way::Eager);
    let compiled = Peer::PyTorch(Way::Compiled);
    let sweep = Setup { trainings: 2, ..MNIST };
    // Cells of the reproduction of the paper's figures.
    let cell = |model, activation| Setup { trainings: 2, ..PATCHES.computing(model, activation) };
    vec![
        at_least(MNIST.threads(2), by_hand, 2.0),
        open(MNIST.threads(2), by_hand_dense),
        open(MNIST.threads(2), by_hand_private),
        at_least(MNIST.threads(2), eager, 3.3),
        at_least(MNIST.threads(2), compiled, 2.5),
        at_least(MNIST.threads(2).computing(Dae, Relu), eager, 2.6),
        at_least(MNIST.threads(2).computing(Sae, Sigmoid), eager, 3.2),
        at_least(MNIST.threads(2).computing(Mdae, Softplus), eager, 3.5),
        at_least(Setup { precision: Precision::F64, ..MNIST.threads(2) }, eager, 2.7),
        at_least(PATCHES.threads(2), by_hand, 2.0),
        open(PATCHES.threads(2), by_hand_dense),
        open(PATCHES.threads(2), by_hand_private),
        at_least(PATCHES.threads(2), eager, 3.0),
        at_least(MNIST, by_hand, 2.0),
        open(MNIST, by_hand_dense),
        open(MNIST, by_hand_private),
        at_least(MNIST.computing(Cae, Relu), eager, 2.9),
        at_least(PATCHES, by_hand, 1.8),
        open(PATCHES, by_hand_dense),
        open(PATCHES, by_hand_private),
        at_least(PATCHES.computing(Cae, Relu), eager, 2.5),
        at_least(DIGITS, by_hand, 10.0),
        at_least(DIGITS, eager, 10.0),
        at_least(sweep, by_hand, 2.0),
        open(sweep, by_hand_dense),
        open(sweep, by_hand_private),
        open(cell(Cae, Relu), eager),
        open(cell(Dae, Relu), eager),
        open(cell(Sae, Sigmoid), eager),
        open(cell(Mdae, Softplus), eager),
        open(MNIST, Peer::Naive),
        at_least(MNIST, Peer::Products, 0.8),
        open(PATCHES, Peer::Products),
        at_least(MNIST.threads(2), Peer::OneThread, 1.75),
        at_least(PATCHES.threads(2), Peer::OneThread, 1.85),
        at_most(MNIST.threads(2).computing(Cae, Relu), Peer::Denoising, 1.25),
        at_most(MNIST.computing(Cae, Relu), Peer::Denoising, 1.25),
        at_most(PATCHES.threads(2).computing(Cae, Relu), Peer::Denoising, 1.25),
        at_most(PATCHES.computing(Cae, Relu), Peer::Denoising, 1.25),
    ]
}
