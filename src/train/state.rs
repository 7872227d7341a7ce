//! What training in pieces carries from piece to piece.

use super::motion::Motion;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::scalar::Real;

/// What [`partial_fit`](crate::Trainer::partial_fit) carries from one piece of data to the next:
/// the velocity v of the momentum method, or the moments of Adam, and the counters. No random generator is among it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingState<T: Real> {
    pub(super) motion: Motion<T>,
    pub(super) pieces: usize,
    pub(super) steps: usize,
}

impl<T: Real> TrainingState<T> {
    /// The state before the first step: no velocity.
    pub fn new<A, R>(model: &RegularizedAutoEncoder<T, A, R>) -> Self {
        Self { motion: Motion::at_rest(model.parameters()), pieces: 0, steps: 0 }
    }

    /// How many pieces of data have been used.
    pub fn pieces(&self) -> usize {
        self.pieces
    }

    /// How many steps have been made.
    pub fn steps(&self) -> usize {
        self.steps
    }
}
