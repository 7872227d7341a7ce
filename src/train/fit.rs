//! The training loop.

use super::learner::{Learner, Rollback};
use super::observer::{EndEvent, EpochEvent, Observer, StartEvent, StepEvent};
use super::report::{EpochRecord, EpochSums, Report, StopReason, Warning};
use super::state::TrainingState;
use super::step::{Stage, Stepper, Steppers};
use super::trainer::{EarlyStopping, Trainer};
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::Error;
use crate::model::Parameters;
use crate::objective::Regularizer;
use crate::random::{Purpose, Random};
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use crate::team::Team;
use std::ops::ControlFlow;
use std::time::Instant;

/// What a training may be given beyond the data.
#[must_use]
pub struct FitOptions<'a, T: Real> {
    pub(super) validation: Option<Samples<'a, T>>,
    pub(super) observer: Option<&'a mut dyn Observer<T>>,
}

impl<T: Real> Default for FitOptions<'_, T> {
    fn default() -> Self {
        Self { validation: None, observer: None }
    }
}

impl<'a, T: Real> FitOptions<'a, T> {
    /// Evaluates J on these samples (n × any number) after each epoch, in batches of the
    /// training's size, with a corruption and noise that are the same in every epoch.
    pub fn validation(self, samples: impl Into<Samples<'a, T>>) -> Self {
        Self { validation: Some(samples.into()), ..self }
    }

    /// Tells this observer what happens.
    pub fn observer(self, observer: &'a mut dyn Observer<T>) -> Self {
        Self { observer: Some(observer), ..self }
    }
}

impl<T: Real> std::fmt::Debug for FitOptions<'_, T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("FitOptions")
            .field("validation", &self.validation)
            .field("observer", &self.observer.is_some())
            .finish()
    }
}

impl<T: Real> Trainer<T> {
    /// Trains `model` on `samples` (n × N), shuffled anew in each epoch; an incomplete last batch
    /// is left out. It goes on from the model's present parameters, with momentum 0; the same
    /// call again sees the same order and noise.
    ///
    /// If the model has a scaler, training and validation data are in the units of the input, and a
    /// scaled copy of them is trained on, which takes as much memory again; what corrupts them, and
    /// what an observer sees, is in the units of the model. Without one the data are not copied.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Dimension`], [`Error::NotFinite`] for data that do not fit,
    /// [`Error::NotEnough`] if the batch is larger than the data set, [`Error::ZeroFilter`] if the
    /// constraint cannot be met, [`Error::Threads`] if threads cannot be started,
    /// [`Error::TooLarge`] if the buffers for a batch do not fit into memory, what corruption and
    /// regularizer report of their parameters, and [`Error::Diverged`] for the first value
    /// that is not finite.
    /// After an error, and if an activation, a regularizer, a corruption or an observer panics,
    /// the model has the parameters of the last epoch that was completed, or those before the call.
    pub fn fit<'a, A: Activation<T>, R: Regularizer<T>>(
        &self,
        model: &mut RegularizedAutoEncoder<T, A, R>,
        samples: impl Into<Samples<'a, T>>,
    ) -> Result<Report, Error> {
        self.fit_with(model, samples, FitOptions::default())
    }

    /// [`fit`](Self::fit) with a validation set, an observer, or both.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), for the validation set too.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use regularized_autoencoder::{EpochEvent, FitOptions, Observer, RegularizedAutoEncoder};
    /// use regularized_autoencoder::{StopReason, Trainer};
    /// use std::ops::ControlFlow;
    ///
    /// struct StopAfterTwo;
    /// impl Observer<f64> for StopAfterTwo {
    ///     fn on_epoch(&mut self, event: &EpochEvent<'_, f64>) -> ControlFlow<()> {
    ///         println!("epoch {}: J = {}", event.record.epoch, event.record.objective());
    ///         if event.record.epoch == 1 { ControlFlow::Break(()) }
    ///         else { ControlFlow::Continue(()) }
    ///     }
    /// }
    ///
    /// let x = DMatrix::from_fn(3, 60, |i, j| (i as f64 + j as f64).cos());
    /// let mut model = RegularizedAutoEncoder::builder(3, 4).build()?;
    /// let mut observer = StopAfterTwo;
    /// let options = FitOptions::default().validation(&x).observer(&mut observer);
    /// let report = Trainer::builder().build()?.fit_with(&mut model, &x, options)?;
    /// assert_eq!((report.history.len(), report.stop_reason), (2, StopReason::Observer));
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn fit_with<'a, A: Activation<T>, R: Regularizer<T>>(
        &self,
        model: &mut RegularizedAutoEncoder<T, A, R>,
        samples: impl Into<Samples<'a, T>>,
        options: FitOptions<'_, T>,
    ) -> Result<Report, Error> {
        let (trainer, learner, samples) = (self, Learner::of(model), &samples.into());
        let team = self.start_threads(&learner)?;
        compiled!(T, fit(
            trainer: &Trainer<T>,
            team: Team,
            learner: Learner<'_, T>,
            samples: &Samples<'_, T>,
            options: FitOptions<'_, T>,
        ) -> Result<Report, Error>)
    }
}

/// [`Trainer::fit_with`], on these threads.
pub(super) fn fit<T: Real>(
    trainer: &Trainer<T>,
    mut team: Team,
    learner: Learner<'_, T>,
    samples: &Samples<'_, T>,
    options: FitOptions<'_, T>,
) -> Result<Report, Error> {
    let FitOptions { validation, mut observer } = options;
    let samples = &learner.scaled(samples, "training data")?;
    trainer.check_data(&learner, samples, "training data")?;
    let validation = match &validation {
        Some(validation) => Some(learner.scaled(validation, "validation data")?),
        None => None,
    };
    if let Some(validation) = &validation {
        trainer.check_data(&learner, validation, "validation data")?;
    }
    if trainer.batch_size > samples.n_samples() {
        return Err(Error::NotEnough {
            what: "samples for a batch".into(),
            asked: trainer.batch_size,
            available: samples.n_samples(),
        });
    }
    let mut steppers = Steppers::new(trainer);
    let stepper = steppers.of_size(&learner, trainer.batch_size)?;
    let mut rollback = Rollback::new(learner);
    trainer.apply_constraint(rollback.learner.parameters)?;
    let warnings = trainer.warnings(&rollback.learner);
    let outcome = run_epochs(
        (trainer, &mut team, stepper),
        &mut rollback,
        (samples, validation.as_ref()),
        (observer.as_deref_mut(), warnings),
    );
    if let Some(observer) = observer {
        observer.on_end(&EndEvent {
            outcome: outcome.as_ref(),
            parameters: &rollback.good,
            activation: rollback.learner.activation,
        });
    }
    outcome
}

/// Trains; the parameters to keep are then the good ones of `rollback`.
fn run_epochs<T: Real>(
    (trainer, team, stepper): (&Trainer<T>, &mut Team, &mut Stepper<'_, T>),
    rollback: &mut Rollback<'_, T>,
    (samples, validation): (&Samples<'_, T>, Option<&Samples<'_, T>>),
    (mut observer, warnings): (Option<&mut (dyn Observer<T> + '_)>, Vec<Warning>),
) -> Result<Report, Error> {
    let steps_per_epoch = samples.n_samples() / trainer.batch_size;
    let mut state = TrainingState::at_rest(rollback.learner.parameters);
    let mut order: Vec<usize> = (0..samples.n_samples()).collect();
    let mut history = Vec::new();
    let mut best: Option<Best<T>> = None;
    let mut stop_reason = StopReason::Completed;
    let mut seconds = 0.0;

    if let Some(observer) = observer.as_deref_mut() {
        let mut stop = false;
        for warning in &warnings {
            stop |= observer.on_warning(warning).is_break();
        }
        let start = observer.on_start(&StartEvent {
            n_epochs: trainer.epochs,
            steps_per_epoch,
            parameters: rollback.learner.parameters,
            activation: rollback.learner.activation,
            regularizer: rollback.learner.regularizer,
        });
        if stop || start.is_break() {
            stop_reason = StopReason::Observer;
        }
    }
    'epochs: for epoch in 0..trainer.epochs {
        if stop_reason != StopReason::Completed {
            break;
        }
        // The order of an epoch depends on the seed and the epoch alone.
        order.iter_mut().enumerate().for_each(|(at, number)| *number = at);
        Random::stream(trainer.seed, Purpose::Shuffle, epoch, 0, 0).shuffle(&mut order);
        let mut sums = EpochSums::default();
        for (step, batch) in order.chunks_exact(trainer.batch_size).enumerate() {
            let begin = Instant::now();
            let rate = trainer.learning_rate.at(state.steps, steps_per_epoch);
            stepper.load(team, samples, (0, Some(batch)), (Stage::Training, epoch, step));
            let loss = stepper
                .step(team, &mut rollback.learner, &mut state.velocity, (rate, trainer.momentum))
                .map_err(|error| error.at_step(epoch, step))?;
            state.steps += 1;
            sums.add(&loss, 1.0, rate, begin);
            if let Some(observer) = observer.as_deref_mut() {
                let event = StepEvent {
                    epoch,
                    step,
                    steps_per_epoch,
                    learning_rate: rate,
                    batch: stepper.batch(),
                    loss,
                    parameters: rollback.learner.parameters,
                    activation: rollback.learner.activation,
                    regularizer: rollback.learner.regularizer,
                };
                if observer.on_step(&event).is_break() {
                    stop_reason = StopReason::Observer;
                    seconds += sums.seconds;
                    break 'epochs;
                }
            }
        }
        let validation = match validation {
            Some(validation) => Some(
                validate((trainer, &mut *team), &rollback.learner, validation)
                    .map_err(|error| error.at_step(epoch, steps_per_epoch))?,
            ),
            None => None,
        };
        let record = sums.record(epoch, validation);
        seconds += record.seconds;
        rollback.mark_good();
        if let Some(stopping) = trainer.early_stopping
            && Best::update(&mut best, stopping, &record, &rollback.good)
        {
            stop_reason = StopReason::EarlyStopping;
        }
        let flow = match observer.as_deref_mut() {
            Some(observer) => observer.on_epoch(&EpochEvent {
                record: &record,
                n_epochs: trainer.epochs,
                parameters: rollback.learner.parameters,
                activation: rollback.learner.activation,
                regularizer: rollback.learner.regularizer,
            }),
            None => ControlFlow::Continue(()),
        };
        history.push(record);
        if flow.is_break() {
            stop_reason = StopReason::Observer;
        }
    }
    rollback.mark_good();
    let best_epoch = best.as_ref().map(|best| best.epoch);
    if let (StopReason::EarlyStopping | StopReason::Completed, Some(best)) = (stop_reason, best) {
        rollback.good = best.parameters;
    }
    Ok(Report { history, stop_reason, best_epoch, warnings, steps: state.steps, seconds })
}

/// J on a validation set, in batches, with the same random numbers in every epoch.
fn validate<T: Real>(
    (trainer, team): (&Trainer<T>, &mut Team),
    learner: &Learner<'_, T>,
    samples: &Samples<'_, T>,
) -> Result<f64, Error> {
    let (mut sum, mut first) = (0.0, 0);
    let mut steppers = Steppers::new(trainer);
    while first < samples.n_samples() {
        let size = trainer.batch_size.min(samples.n_samples() - first);
        let stepper = steppers.of_size(learner, size)?;
        stepper.load(team, samples, (first, None), (Stage::Validation, 0, first));
        let loss = stepper.evaluate(team, learner, None)?;
        sum += loss.total().as_f64() * size as f64;
        first += size;
    }
    Ok(sum / samples.n_samples() as f64)
}

/// The epoch with the lowest objective so far, and how long ago there was progress.
struct Best<T: Real> {
    objective: f64,
    epoch: usize,
    parameters: Parameters<T>,
    /// The objective from which the next improvement counts, and its epoch.
    progress: (f64, usize),
}

impl<T: Real> Best<T> {
    /// Takes note of an epoch; tells whether patience has run out.
    fn update(
        best: &mut Option<Self>,
        stopping: EarlyStopping,
        record: &EpochRecord,
        parameters: &Parameters<T>,
    ) -> bool {
        let (epoch, objective) = (record.epoch, record.validation.unwrap_or(record.objective()));
        let Some(best) = best else {
            let parameters = parameters.clone();
            *best = Some(Self { objective, epoch, parameters, progress: (objective, epoch) });
            return false;
        };
        if objective < best.objective {
            (best.objective, best.epoch) = (objective, epoch);
            best.parameters.copy_from(parameters);
        }
        let (reference, last) = best.progress;
        if objective < reference - stopping.minimum_improvement {
            best.progress = (objective, epoch);
            return false;
        }
        epoch - last >= stopping.patience
    }
}
