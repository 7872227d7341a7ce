//! What the theory says about a training.

use super::learner::Learner;
use super::report::Warning;
use super::trainer::Trainer;
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::objective::Regularizer;
use crate::scalar::Real;
use crate::theory::Verdict;

impl<T: Real> Trainer<T> {
    /// What the theory says about training `model` with this trainer's constraint and corruption,
    /// before anything is trained.
    ///
    /// ```
    /// use regularized_autoencoder::prelude::*;
    /// use regularized_autoencoder::theory::Trend;
    /// let model = RegularizedAutoEncoder::<f32>::builder(8, 16)
    ///     .activation(Relu)
    ///     .regularizer(0.5 * Contractive::new())
    ///     .build()?;
    /// let trainer = Trainer::builder().constraint(Constraint::UNIT).build()?;
    /// let verdict = trainer.verdict(&model);
    /// assert_eq!(verdict.coefficient.as_ref().unwrap().trend, Trend::Unaffected);
    /// println!("{verdict}");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn verdict<A: Activation<T>, R: Regularizer<T>>(
        &self,
        model: &RegularizedAutoEncoder<T, A, R>,
    ) -> Verdict {
        self.verdict_of(model.activation(), model.regularizer())
    }

    fn verdict_of(
        &self,
        activation: &dyn Activation<T>,
        regularizer: &dyn Regularizer<T>,
    ) -> Verdict {
        match &self.corruption {
            None => Verdict::of(activation, regularizer, self.constraint),
            Some(corruption) => Verdict::with_corruption(
                activation,
                regularizer,
                self.constraint,
                corruption.as_ref(),
            ),
        }
    }

    /// What the user should know before the training.
    pub(super) fn warnings(&self, learner: &Learner<'_, T>) -> Vec<Warning> {
        let verdict = self.verdict_of(learner.activation, learner.regularizer);
        let idle = verdict.coefficient_has_no_effect();
        if idle { vec![Warning::CoefficientHasNoEffect(verdict)] } else { Vec::new() }
    }
}
