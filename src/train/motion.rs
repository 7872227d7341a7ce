//! What the optimizer carries from step to step.

use crate::model::Parameters;
use crate::scalar::Real;

/// The velocity v of the momentum method.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Motion<T: Real> {
    /// v, with the shape of the parameters. Within a pass the filters' part is multiplied by the μ
    /// of the next step already: see [`Stepper::step`](super::step::Stepper::step).
    pub velocity: Parameters<T>,
}

impl<T: Real> Motion<T> {
    /// Before the first step of parameters of this shape.
    pub fn at_rest(parameters: &Parameters<T>) -> Self {
        Self { velocity: parameters.zeros_alike() }
    }

    /// Takes the velocity away.
    pub fn rest(&mut self) {
        self.velocity.fill(T::zero());
    }
}
