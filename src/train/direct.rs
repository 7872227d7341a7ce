//! Steps of gradient descent with momentum that need no gradient in memory.

use super::learner::Learner;
use super::motion::Motion;
use super::step::Stepper;
use super::update::Update;
use crate::constraint::Constraint;
use crate::error::{Error, finite_results};
use crate::kernels::{normal, scale};
use crate::objective::Loss;
use crate::scalar::Real;
use crate::team::Team;

/// Adds the weight gradient to v straight away.
#[derive(Clone, Copy)]
pub(super) struct Direct {
    pub momentum: f64,
    pub constraint: Constraint,
}

impl Direct {
    /// Multiplies the filters' part of v by μ, before the first step of a pass.
    pub fn begin<T: Real>(&self, motion: &mut Motion<T>) {
        scale(motion.first.filters.as_mut_slice(), T::of(self.momentum));
    }

    /// v ← μv − ηg, θ ← θ + v, then the constraint; gives the loss before the update.
    ///
    /// So that one pass over the filters suffices, it leaves their part of v multiplied by the μ of
    /// the next step already, but after the last step of a pass. Before the first step of a pass,
    /// [`begin`](Self::begin) makes up for it.
    pub fn step<T: Real>(
        &self,
        (team, stepper): (&mut Team, &mut Stepper<'_, T>),
        learner: &mut Learner<'_, T>,
        motion: &mut Motion<T>,
        (rate, is_last): (f64, bool),
    ) -> Result<Loss<T>, Error> {
        let (momentum, rate) = (T::of(self.momentum), T::of(rate));
        finite_results("learning rate", &[rate], |_| None)?;
        let velocity = &mut motion.first;
        let filters = Some((velocity.filters.as_mut_slice(), -rate));
        let loss = stepper.evaluate(team, learner, filters)?;

        let (workspace, parameters) = (stepper.workspace(), &mut *learner.parameters);
        let gradient = workspace.encoder_bias_gradient();
        let bias = parameters.encoder_bias.iter_mut().zip(velocity.encoder_bias.iter_mut());
        for ((b, v), g) in bias.zip(gradient) {
            *v = normal(momentum * *v - rate * g);
            *b += *v;
        }
        let bias = parameters.encoder_bias.as_slice();
        finite_results("encoder bias after the update", bias, Some)?;
        if let (Some(bias), Some(velocity)) =
            (&mut parameters.decoder_bias, &mut velocity.decoder_bias)
        {
            let gradient = workspace.decoder_bias_gradient();
            for ((b, v), g) in bias.iter_mut().zip(velocity.iter_mut()).zip(gradient) {
                *v = normal(momentum * *v - rate * *g);
                *b += *v;
            }
            finite_results("decoder bias after the update", bias.as_slice(), |_| None)?;
        }

        let momentum = if is_last { T::one() } else { momentum };
        let update = Update { rate, momentum, constraint: self.constraint };
        let (filters, velocity) =
            (parameters.filters.as_mut_slice(), velocity.filters.as_mut_slice());
        update.run(team, workspace, filters, velocity)?;
        motion.steps += 1;
        Ok(loss)
    }
}
