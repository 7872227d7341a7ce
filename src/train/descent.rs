//! The optimizer at work.

use super::direct::Direct;
use super::gradient::WholeGradient;
use super::learner::Learner;
use super::motion::Motion;
use super::optimizer::Optimizer;
use super::step::Stepper;
use super::trainer::Trainer;
use crate::error::Error;
use crate::model::Parameters;
use crate::objective::Loss;
use crate::scalar::Real;
use crate::team::Team;

/// Makes the steps, in one of two ways.
pub(super) enum Descent<T: Real> {
    Direct(Direct),
    Whole(WholeGradient<T>),
}

impl<T: Real> Descent<T> {
    /// For parameters of this shape: the whole gradient only where there is a need for it.
    pub fn new(trainer: &Trainer<T>, parameters: &Parameters<T>) -> Result<Self, Error> {
        match (trainer.optimizer, trainer.clip_norm) {
            (Optimizer::Sgd { momentum }, None) => {
                Ok(Self::Direct(Direct { momentum, constraint: trainer.constraint }))
            }
            _ => Ok(Self::Whole(WholeGradient::new(parameters)?)),
        }
    }

    /// Before the first step of a pass that a motion from earlier passes goes into.
    pub fn begin(&self, motion: &mut Motion<T>) {
        if let Self::Direct(direct) = self {
            direct.begin(motion);
        }
    }

    /// A step on the loaded batch, with η and whether it is the last of its pass; gives the loss
    /// before it.
    pub fn step(
        &mut self,
        (trainer, team, stepper): (&Trainer<T>, &mut Team, &mut Stepper<'_, T>),
        learner: &mut Learner<'_, T>,
        motion: &mut Motion<T>,
        (rate, is_last): (f64, bool),
    ) -> Result<Loss<T>, Error> {
        match self {
            Self::Direct(direct) => direct.step((team, stepper), learner, motion, (rate, is_last)),
            Self::Whole(gradient) => gradient.step((trainer, team, stepper), learner, motion, rate),
        }
    }
}
