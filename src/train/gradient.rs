//! Steps by way of the whole gradient: for Adam, and for clipping.

use super::learner::Learner;
use super::motion::Motion;
use super::optimizer::Optimizer;
use super::step::Stepper;
use super::trainer::Trainer;
use crate::constraint::Constraint;
use crate::error::{Error, finite_results};
use crate::kernels::{AdamStep, adam, descend, sum_of_squares};
use crate::memory::{zero_matrix, zeros};
use crate::model::Parameters;
use crate::objective::Loss;
use crate::objective::workspace::Workspace;
use crate::scalar::Real;
use crate::team::{Team, chunks};
use nalgebra::DVector;

/// The gradient g of J, in the shape of the parameters.
pub(super) struct WholeGradient<T: Real> {
    gradient: Parameters<T>,
    /// ‖∂J/∂W_j‖² of each unit.
    squares: Vec<f64>,
}

impl<T: Real> WholeGradient<T> {
    /// For parameters of this shape.
    pub fn new(parameters: &Parameters<T>) -> Result<Self, Error> {
        let (n_inputs, n_hidden) = parameters.filters.shape();
        let decoder_bias = parameters.decoder_bias.as_ref();
        let gradient = Parameters {
            filters: zero_matrix("gradient by the filters", n_inputs, n_hidden)?,
            encoder_bias: DVector::zeros(n_hidden),
            decoder_bias: decoder_bias.map(|_| DVector::zeros(n_inputs)),
        };
        Ok(Self { gradient, squares: zeros("squared lengths", n_hidden, 1)? })
    }

    /// A step on the loaded batch; gives the loss before it.
    pub fn step(
        &mut self,
        (trainer, team, stepper): (&Trainer<T>, &mut Team, &mut Stepper<'_, T>),
        learner: &mut Learner<'_, T>,
        motion: &mut Motion<T>,
        rate: f64,
    ) -> Result<Loss<T>, Error> {
        finite_results("learning rate", &[T::of(rate)], |_| None)?;
        self.gradient.filters.fill(T::zero());
        let filters = Some((self.gradient.filters.as_mut_slice(), T::one()));
        let loss = stepper.evaluate(team, learner, filters)?;
        self.complete(team, stepper.workspace(), learner.parameters)?;
        let share = self.share(trainer.clip_norm)?;
        motion.steps += 1;
        let rule = Rule::new(trainer.optimizer, (rate, share), motion.steps);
        self.move_biases(&rule, learner.parameters, motion)?;
        let size = stepper.workspace().numbers_per_block();
        self.move_filters((&rule, trainer.constraint), (team, size), learner.parameters, motion)?;
        Ok(loss)
    }

    /// Adds to what the regularizer gave directly what the chain rule gives; measures each filter's
    /// part.
    fn complete(
        &mut self,
        team: &mut Team,
        workspace: &Workspace<T>,
        parameters: &Parameters<T>,
    ) -> Result<(), Error> {
        let (n_inputs, size) = (parameters.n_inputs(), workspace.numbers_per_block());
        let filters = parameters.filters.as_slice();
        let gradient = self.gradient.filters.as_mut_slice();
        let pieces = (chunks(gradient, size), chunks(&mut self.squares, size / n_inputs));
        team.try_for_each(pieces, |block, (gradient, squares)| {
            let first = block * size;
            workspace.weight_gradient(block).add_to(gradient, &filters[first..][..gradient.len()]);
            let all = gradient.chunks_exact(n_inputs).zip(squares).enumerate();
            for (unit, (gradient, square)) in all {
                *square = sum_of_squares(gradient);
                if !square.is_finite() {
                    let number = Some(first / n_inputs + unit);
                    finite_results("weight gradient", gradient, |_| number)?;
                }
            }
            Ok(())
        })?;
        let bias = self.gradient.encoder_bias.iter_mut();
        bias.zip(workspace.encoder_bias_gradient()).for_each(|(out, value)| *out = value);
        if let Some(bias) = &mut self.gradient.decoder_bias {
            bias.as_mut_slice().copy_from_slice(workspace.decoder_bias_gradient());
        }
        Ok(())
    }

    /// By what the gradient is to be multiplied so that its norm does not exceed the bound.
    fn share(&self, bound: Option<f64>) -> Result<f64, Error> {
        let Some(bound) = bound else { return Ok(1.0) };
        let decoder_bias = self.gradient.decoder_bias.as_ref();
        let sum = self.squares.iter().sum::<f64>()
            + sum_of_squares(self.gradient.encoder_bias.as_slice())
            + decoder_bias.map_or(0.0, |bias| sum_of_squares(bias.as_slice()));
        let norm = sum.sqrt();
        finite_results("norm of the gradient", &[norm], |_| None)?;
        Ok(if norm > bound { bound / norm } else { 1.0 })
    }

    fn move_biases(
        &self,
        rule: &Rule<T>,
        parameters: &mut Parameters<T>,
        Motion { first, second, .. }: &mut Motion<T>,
    ) -> Result<(), Error> {
        let mut second = second.as_mut();
        let squares = second.as_mut().map(|second| second.encoder_bias.as_mut_slice());
        let bias = parameters.encoder_bias.as_mut_slice();
        let gradient = self.gradient.encoder_bias.as_slice();
        let motion = (first.encoder_bias.as_mut_slice(), squares);
        rule.apply(bias, motion, gradient, ("encoder bias after the update", Some))?;
        if let (Some(bias), Some(first), Some(gradient)) =
            (&mut parameters.decoder_bias, &mut first.decoder_bias, &self.gradient.decoder_bias)
        {
            let squares = second.and_then(|second| second.decoder_bias.as_mut());
            let motion = (first.as_mut_slice(), squares.map(|bias| bias.as_mut_slice()));
            let name = ("decoder bias after the update", |_| None);
            rule.apply(bias.as_mut_slice(), motion, gradient.as_slice(), name)?;
        }
        Ok(())
    }

    fn move_filters(
        &self,
        (rule, constraint): (&Rule<T>, Constraint),
        (team, size): (&mut Team, usize),
        parameters: &mut Parameters<T>,
        motion: &mut Motion<T>,
    ) -> Result<(), Error> {
        let n_inputs = parameters.n_inputs();
        let gradient = self.gradient.filters.as_slice();
        let first = chunks(motion.first.filters.as_mut_slice(), size);
        let second = motion.second.as_mut();
        let second = second.map(|second| chunks(second.filters.as_mut_slice(), size));
        let pieces = (chunks(parameters.filters.as_mut_slice(), size), first, second);
        team.try_for_each(pieces, |block, (filters, first, mut second)| {
            let gradient = &gradient[block * size..][..filters.len()];
            let all = filters
                .chunks_exact_mut(n_inputs)
                .zip(first.chunks_exact_mut(n_inputs))
                .zip(gradient.chunks_exact(n_inputs));
            for (unit, ((filter, first), gradient)) in all.enumerate() {
                let second = second.as_deref_mut();
                let second = second.map(|second| &mut second[unit * n_inputs..][..n_inputs]);
                let number = block * size / n_inputs + unit;
                let name = ("filter after the update", |_| Some(number));
                let squared_length = rule.apply(filter, (first, second), gradient, name)?;
                constraint.apply(number, filter, squared_length)?;
            }
            Ok(())
        })
    }
}

/// The optimizer in one step, with all numbers that do not depend on the parameter.
enum Rule<T> {
    Sgd { momentum: T, rate: T },
    Adam(AdamStep<T>),
}

impl<T: Real> Rule<T> {
    /// In step number `steps`, from 1, with a gradient that is multiplied by `share`.
    fn new(optimizer: Optimizer, (rate, share): (f64, f64), steps: usize) -> Self {
        match optimizer {
            Optimizer::Sgd { momentum } => {
                Self::Sgd { momentum: T::of(momentum), rate: T::of(rate * share) }
            }
            Optimizer::Adam { beta1, beta2, epsilon } => Self::Adam(AdamStep {
                share: T::of(share),
                keep: [T::of(beta1), T::of(beta2)],
                gain: [T::of(1.0 - beta1), T::of(1.0 - beta2)],
                rate: T::of(rate / (1.0 - beta1.powf(steps as f64))),
                correction: T::of(1.0 / (1.0 - beta2.powf(steps as f64)).sqrt()),
                epsilon: T::of(epsilon),
            }),
        }
    }

    /// Moves parameters and motion; gives the sum of the squares of the parameters.
    fn apply(
        &self,
        values: &mut [T],
        (first, mut second): (&mut [T], Option<&mut [T]>),
        gradient: &[T],
        (name, unit): (&'static str, impl Fn(usize) -> Option<usize>),
    ) -> Result<T, Error> {
        let squares = match self {
            Self::Sgd { momentum, rate } => descend(values, first, gradient, *momentum, *rate),
            Self::Adam(step) => {
                // `Motion::prepare` has made them.
                let second = second.as_deref_mut().unwrap_or_default();
                adam(values, first, second, gradient, *step)
            }
        };
        if !squares.is_finite() {
            if let Some(second) = second {
                finite_results("second moment of the gradient", second, &unit)?;
            }
            finite_results(name, values, unit)?;
        }
        Ok(squares)
    }
}
