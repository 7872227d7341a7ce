//! What the optimizer carries from step to step.

use super::optimizer::Optimizer;
use crate::error::Error;
use crate::model::Parameters;
use crate::scalar::Real;

/// The velocity of the momentum method, or the two moments of Adam.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Motion<T: Real> {
    /// The velocity v, or Adam's m, with the shape of the parameters. Within a pass of steps
    /// without a whole gradient the filters' part of v is multiplied by the μ of the next step
    /// already: see [`Direct::step`](super::direct::Direct::step).
    pub first: Parameters<T>,
    /// Adam's v.
    pub second: Option<Parameters<T>>,
    /// Steps since rest: Adam's t.
    pub steps: usize,
}

impl<T: Real> Motion<T> {
    /// Before the first step of parameters of this shape.
    pub fn at_rest(parameters: &Parameters<T>) -> Self {
        Self { first: parameters.zeros_alike(), second: None, steps: 0 }
    }

    /// Makes it one of this optimizer, if it rests.
    pub fn prepare(&mut self, optimizer: Optimizer) -> Result<(), Error> {
        if self.second.is_some() == optimizer.is_adam() {
            return Ok(());
        }
        if self.steps > 0 {
            let before = if self.second.is_some() { "Adam" } else { "momentum" }.to_owned();
            let (setting, now) = ("optimizer".to_owned(), optimizer.to_string());
            return Err(Error::OtherTraining { setting, before, now });
        }
        self.second = optimizer.is_adam().then(|| self.first.zeros_alike());
        Ok(())
    }

    /// Takes all motion away.
    pub fn rest(&mut self) {
        self.first.fill(T::zero());
        if let Some(second) = &mut self.second {
            second.fill(T::zero());
        }
        self.steps = 0;
    }

    /// Takes the motion of one hidden unit away.
    pub fn rest_unit(&mut self, unit: usize) {
        for moment in std::iter::once(&mut self.first).chain(&mut self.second) {
            moment.filters.column_mut(unit).fill(T::zero());
            moment.encoder_bias[unit] = T::zero();
        }
    }
}
