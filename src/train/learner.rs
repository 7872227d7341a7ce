//! What is trained, and how it is put back when something fails.

use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::data::Scaler;
use crate::error::Error;
use crate::model::Parameters;
use crate::objective::Regularizer;
use crate::samples::Samples;
use crate::scalar::Real;

/// What is trained: a model without its type parameters.
pub(super) struct Learner<'a, T: Real> {
    pub parameters: &'a mut Parameters<T>,
    pub activation: &'a dyn Activation<T>,
    pub regularizer: &'a dyn Regularizer<T>,
    /// What brings samples to the units of the parameters.
    pub scaler: Option<&'a Scaler>,
}

impl<'a, T: Real> Learner<'a, T> {
    pub fn of<A: Activation<T>, R: Regularizer<T>>(
        model: &'a mut RegularizedAutoEncoder<T, A, R>,
    ) -> Self {
        let (parameters, activation, regularizer, scaler) = model.parts_mut();
        Self { parameters, activation, regularizer, scaler }
    }

    /// A data set of the given name in the units of the parameters: a copy if there is a scaler.
    pub fn scaled<'s>(
        &self,
        samples: &'s Samples<'_, T>,
        what: &'static str,
    ) -> Result<Samples<'s, T>, Error> {
        match self.scaler {
            None => Ok(samples.into()),
            Some(scaler) => scaler.scale_samples(samples, what),
        }
    }
}

/// Puts the parameters of the last good epoch back when it is dropped: at an error or a panic.
pub(super) struct Rollback<'a, T: Real> {
    pub learner: Learner<'a, T>,
    pub good: Parameters<T>,
}

impl<'a, T: Real> Rollback<'a, T> {
    pub fn new(learner: Learner<'a, T>) -> Self {
        let good = learner.parameters.clone();
        Self { learner, good }
    }

    pub fn mark_good(&mut self) {
        self.good.copy_from(self.learner.parameters);
    }
}

impl<T: Real> Drop for Rollback<'_, T> {
    fn drop(&mut self) {
        std::mem::swap(self.learner.parameters, &mut self.good);
    }
}
