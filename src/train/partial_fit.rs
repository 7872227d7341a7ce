//! Training on data that arrives in pieces.

use super::descent::Descent;
use super::learner::{Learner, Rollback};
use super::report::{EpochRecord, EpochSums, Report, StopReason};
use super::state::TrainingState;
use super::step::{Stage, Steppers};
use super::trainer::Trainer;
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::Error;
use crate::objective::Regularizer;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use crate::team::Team;
use std::time::Instant;

impl<T: Real> Trainer<T> {
    /// One pass over a piece of data (n × any number of samples), in the given order, with the
    /// momentum and the counters of `state`. An incomplete last batch is used as it is, with
    /// expectations over its own samples, so that no sample is lost.
    ///
    /// The number of epochs and early stopping do not matter here; for schedules and random
    /// numbers each piece counts as an epoch. The constraint holds before and after.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), but a piece may be smaller than a batch; [`Error::Dimension`]
    /// if `state` belongs to a model of other sizes,
    /// [`Error::OtherTraining`] if it comes from another optimizer. After an error or a panic the model has the
    /// parameters that it had before the call; momentum is as it was if samples, state, filters,
    /// corruption or threads were refused, and back at 0 otherwise.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use regularized_autoencoder::{RegularizedAutoEncoder, Trainer, TrainingState};
    /// let mut model = RegularizedAutoEncoder::<f64>::builder(3, 4).build()?;
    /// let mut state = TrainingState::new(&model);
    /// let trainer = Trainer::builder().batch_size(20).build()?;
    /// for piece in 0..3 {
    ///     let x = DMatrix::from_fn(3, 50, |i, j| (i as f64 + (50 * piece + j) as f64).cos());
    ///     trainer.partial_fit(&mut model, &mut state, &x)?;
    /// }
    /// assert_eq!((state.pieces(), state.steps()), (3, 9));
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn partial_fit<'a, A: Activation<T>, R: Regularizer<T>>(
        &self,
        model: &mut RegularizedAutoEncoder<T, A, R>,
        state: &mut TrainingState<T>,
        samples: impl Into<Samples<'a, T>>,
    ) -> Result<Report, Error> {
        let (trainer, learner, samples) = (self, Learner::of(model), &samples.into());
        compiled!(T, partial_fit(
            trainer: &Trainer<T>,
            learner: Learner<'_, T>,
            state: &mut TrainingState<T>,
            samples: &Samples<'_, T>,
        ) -> Result<Report, Error>)
    }
}

fn partial_fit<T: Real>(
    trainer: &Trainer<T>,
    learner: Learner<'_, T>,
    state: &mut TrainingState<T>,
    samples: &Samples<'_, T>,
) -> Result<Report, Error> {
    let samples = &learner.scaled(samples, "training data")?;
    trainer.check_data(&learner, samples, "training data")?;
    learner.parameters.same_sizes(&state.motion.first)?;
    state.motion.prepare(trainer.optimizer)?;
    let mut team = trainer.start_threads(&learner)?;
    // Once: with the first piece.
    let warnings = if state.pieces == 0 { trainer.warnings(&learner) } else { Vec::new() };
    let mut rollback = Rollback::new(learner);
    trainer.apply_constraint(rollback.learner.parameters)?;
    let mut restless = RestOnFailure { state, is_good: false };
    let record = one_pass(trainer, &mut team, &mut rollback.learner, restless.state, samples)?;
    rollback.mark_good();
    restless.is_good = true;
    let seconds = record.seconds;
    let steps = samples.n_samples().div_ceil(trainer.batch_size);
    let (history, stop_reason) = (vec![record], StopReason::Completed);
    Ok(Report { history, stop_reason, best_epoch: None, warnings, steps, seconds })
}

/// One pass over a piece of data, in the given order.
fn one_pass<T: Real>(
    trainer: &Trainer<T>,
    team: &mut Team,
    learner: &mut Learner<'_, T>,
    state: &mut TrainingState<T>,
    samples: &Samples<'_, T>,
) -> Result<EpochRecord, Error> {
    let epoch = state.pieces;
    let steps = samples.n_samples().div_ceil(trainer.batch_size);
    let mut sums = EpochSums::default();
    let mut steppers = Steppers::new(trainer);
    let mut descent = Descent::new(trainer, learner.parameters)?;
    for step in 0..steps {
        let begin = Instant::now();
        let first = step * trainer.batch_size;
        let size = trainer.batch_size.min(samples.n_samples() - first);
        let stepper = steppers.of_size(learner, size)?;
        let rate = trainer.learning_rate.at(epoch * steps + step, steps);
        let is_last = step + 1 == steps;
        if step == 0 {
            descent.begin(&mut state.motion);
        }
        stepper.load(team, samples, first, (Stage::Training, epoch, step));
        let on = (trainer, &mut *team, stepper);
        let loss = descent
            .step(on, learner, &mut state.motion, (rate, is_last))
            .map_err(|error| error.at_step(epoch, step))?;
        sums.add(&loss, size as f64, rate, begin);
    }
    state.pieces += 1;
    state.steps += steps;
    Ok(sums.record(epoch, None))
}

/// Brings the momentum to rest when it is dropped before all went well: at an error or a panic.
struct RestOnFailure<'a, T: Real> {
    state: &'a mut TrainingState<T>,
    is_good: bool,
}

impl<T: Real> Drop for RestOnFailure<'_, T> {
    fn drop(&mut self) {
        if !self.is_good {
            self.state.motion.rest();
        }
    }
}
