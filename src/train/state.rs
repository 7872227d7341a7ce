//! What a training carries from step to step.

use crate::autoencoder::RegularizedAutoEncoder;
use crate::model::Parameters;
use crate::scalar::Real;
use nalgebra::{DMatrix, DVector};

/// What [`partial_fit`](crate::Trainer::partial_fit) carries from one piece of data to the next:
/// the velocity v of the momentum method and the counters. No random generator is among it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingState<T: Real> {
    /// v, with the shape of the parameters.
    pub(super) velocity: Parameters<T>,
    pub(super) pieces: usize,
    pub(super) steps: usize,
}

impl<T: Real> TrainingState<T> {
    /// The state before the first step: no velocity.
    pub fn new<A, R>(model: &RegularizedAutoEncoder<T, A, R>) -> Self {
        Self::at_rest(model.parameters())
    }

    pub(super) fn at_rest(parameters: &Parameters<T>) -> Self {
        let (n_inputs, n_hidden) = parameters.filters.shape();
        let velocity = Parameters {
            filters: DMatrix::zeros(n_inputs, n_hidden),
            encoder_bias: DVector::zeros(n_hidden),
            decoder_bias: parameters.decoder_bias.as_ref().map(|_| DVector::zeros(n_inputs)),
        };
        Self { velocity, pieces: 0, steps: 0 }
    }

    /// Takes the velocity away.
    pub(super) fn rest(&mut self) {
        self.velocity.filters.fill(T::zero());
        self.velocity.encoder_bias.fill(T::zero());
        if let Some(bias) = &mut self.velocity.decoder_bias {
            bias.fill(T::zero());
        }
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
