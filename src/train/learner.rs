//! What is trained, and how it is put back when something fails.

use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::model::Parameters;
use crate::objective::Regularizer;
use crate::scalar::Real;

/// What is trained: a model without its type parameters.
pub(super) struct Learner<'a, T: Real> {
    pub parameters: &'a mut Parameters<T>,
    pub activation: &'a dyn Activation<T>,
    pub regularizer: &'a dyn Regularizer<T>,
}

impl<'a, T: Real> Learner<'a, T> {
    pub fn of<A: Activation<T>, R: Regularizer<T>>(
        model: &'a mut RegularizedAutoEncoder<T, A, R>,
    ) -> Self {
        let (parameters, activation, regularizer) = model.parts_mut();
        Self { parameters, activation, regularizer }
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

    /// Begins with other parameters of the same sizes.
    pub fn to(good: Parameters<T>, learner: Learner<'a, T>) -> Self {
        learner.parameters.copy_from(&good);
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
