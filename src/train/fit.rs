//! The training loop.

use super::observer::{EpochEvent, StartEvent, StepEvent};
use super::report::{EpochRecord, Report, StopReason};
use super::state::TrainingState;
use super::step::{Stage, Stepper};
use super::trainer::{EarlyStopping, FitOptions, Trainer};
use crate::activation::Activation;
use crate::error::{Error, same_size};
use crate::model::Parameters;
use crate::objective::Regularizer;
use crate::objective::workspace::BLOCK;
use crate::random::{Purpose, Random};
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::ops::ControlFlow;
use std::time::Instant;

/// What is trained: a model without its type parameters.
pub(super) struct Learner<'a, T: Real> {
    pub parameters: &'a mut Parameters<T>,
    pub activation: &'a dyn Activation<T>,
    pub regularizer: &'a dyn Regularizer<T>,
}

/// [`Trainer::fit_with`], compiled in this crate.
pub(super) fn fit<T: Real>(
    trainer: &Trainer<T>,
    learner: Learner<'_, T>,
    samples: &Samples<'_, T>,
    options: FitOptions<'_, T>,
) -> Result<Report, Error> {
    compiled!(T, fit_in(
        trainer: &Trainer<T>,
        learner: Learner<'_, T>,
        samples: &Samples<'_, T>,
        options: FitOptions<'_, T>,
    ) -> Result<Report, Error>)
}

fn fit_in<T: Real>(
    trainer: &Trainer<T>,
    learner: Learner<'_, T>,
    samples: &Samples<'_, T>,
    options: FitOptions<'_, T>,
) -> Result<Report, Error> {
    let FitOptions { validation, mut observer } = options;
    check_data(trainer, &learner, samples, "training data")?;
    if let Some(validation) = &validation {
        check_data(trainer, &learner, validation, "validation data")?;
    }
    if trainer.batch_size > samples.n_samples() {
        return Err(Error::NotEnough {
            what: "samples for a batch".into(),
            asked: trainer.batch_size,
            available: samples.n_samples(),
        });
    }
    let threads = start_threads(trainer.threads, &learner)?;
    let mut stepper = Stepper::new(trainer, threads.as_ref(), &learner, trainer.batch_size)?;
    let mut state = TrainingState::at_rest(learner.parameters);
    let mut rollback = Rollback::new(learner);
    apply_constraint(trainer, rollback.learner.parameters)?;

    let steps_per_epoch = samples.n_samples() / trainer.batch_size;
    let mut order: Vec<usize> = (0..samples.n_samples()).collect();
    let mut history = Vec::new();
    let mut best: Option<Best<T>> = None;
    let mut stop_reason = StopReason::Completed;
    let mut seconds = 0.0;

    if let Some(observer) = observer.as_deref_mut() {
        let start = observer.on_start(&StartEvent {
            n_epochs: trainer.epochs,
            steps_per_epoch,
            parameters: rollback.learner.parameters,
            activation: rollback.learner.activation,
        });
        if start.is_break() {
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
        let mut sums = Sums::default();
        for (step, batch) in order.chunks_exact(trainer.batch_size).enumerate() {
            let begin = Instant::now();
            let rate = trainer.learning_rate.at(state.steps, steps_per_epoch);
            stepper.load(samples, batch.iter().copied(), (Stage::Training, epoch, step));
            let loss = stepper
                .step(&mut rollback.learner, &mut state.velocity, rate)
                .map_err(|error| located(error, epoch, step))?;
            state.steps += 1;
            sums.add(&loss, 1.0, rate, begin);
            if let Some(observer) = observer.as_deref_mut() {
                let event = StepEvent {
                    epoch,
                    step,
                    steps_per_epoch,
                    learning_rate: rate,
                    loss,
                    parameters: rollback.learner.parameters,
                    activation: rollback.learner.activation,
                };
                if observer.on_step(&event).is_break() {
                    stop_reason = StopReason::Observer;
                    seconds += sums.seconds;
                    break 'epochs;
                }
            }
        }
        let validation = match &validation {
            Some(validation) => Some(
                validate(
                    (trainer, threads.as_ref()),
                    &rollback.learner,
                    validation,
                    state.velocity.filters.as_mut_slice(),
                )
                .map_err(|error| located(error, epoch, steps_per_epoch))?,
            ),
            None => None,
        };
        let record = sums.record(epoch, validation);
        seconds += record.seconds;
        rollback.mark_good();
        if let Some(stopping) = trainer.early_stopping {
            let objective = record.validation.unwrap_or(record.objective());
            if Best::is_beaten(&best, stopping, objective) {
                drop(best.take());
                let parameters = rollback.learner.parameters.clone();
                best = Some(Best { objective, epoch, parameters });
            } else if let Some(best) = &best
                && epoch - best.epoch >= stopping.patience
            {
                stop_reason = StopReason::EarlyStopping { best_epoch: best.epoch };
            }
        }
        let flow = match observer.as_deref_mut() {
            Some(observer) => observer.on_epoch(&EpochEvent {
                record: &record,
                n_epochs: trainer.epochs,
                parameters: rollback.learner.parameters,
                activation: rollback.learner.activation,
            }),
            None => ControlFlow::Continue(()),
        };
        history.push(record);
        if flow.is_break() {
            stop_reason = StopReason::Observer;
        }
    }
    rollback.mark_good();
    if let (StopReason::EarlyStopping { .. } | StopReason::Completed, Some(best)) =
        (stop_reason, best)
    {
        rollback.good = best.parameters;
    }
    drop(rollback);
    let report = Report { history, stop_reason, steps: state.steps, seconds };
    if let Some(observer) = observer {
        observer.on_end(&report);
    }
    Ok(report)
}

/// [`Trainer::partial_fit`], compiled in this crate.
pub(super) fn partial_fit<T: Real>(
    trainer: &Trainer<T>,
    learner: Learner<'_, T>,
    state: &mut TrainingState<T>,
    samples: &Samples<'_, T>,
) -> Result<Report, Error> {
    compiled!(T, partial_fit_in(
        trainer: &Trainer<T>,
        learner: Learner<'_, T>,
        state: &mut TrainingState<T>,
        samples: &Samples<'_, T>,
    ) -> Result<Report, Error>)
}

fn partial_fit_in<T: Real>(
    trainer: &Trainer<T>,
    learner: Learner<'_, T>,
    state: &mut TrainingState<T>,
    samples: &Samples<'_, T>,
) -> Result<Report, Error> {
    check_data(trainer, &learner, samples, "training data")?;
    learner.parameters.same_sizes(&state.velocity)?;
    let threads = start_threads(trainer.threads, &learner)?;
    let mut motion = Motion { state, is_good: false };
    let mut rollback = Rollback::new(learner);
    apply_constraint(trainer, rollback.learner.parameters)?;
    let record = one_pass(trainer, threads.as_ref(), &mut rollback.learner, motion.state, samples)?;
    rollback.mark_good();
    motion.is_good = true;
    let seconds = record.seconds;
    let steps = samples.n_samples().div_ceil(trainer.batch_size);
    Ok(Report { history: vec![record], stop_reason: StopReason::Completed, steps, seconds })
}

/// One pass over a piece of data, in the given order.
fn one_pass<T: Real>(
    trainer: &Trainer<T>,
    threads: Option<&ThreadPool>,
    learner: &mut Learner<'_, T>,
    state: &mut TrainingState<T>,
    samples: &Samples<'_, T>,
) -> Result<EpochRecord, Error> {
    let epoch = state.pieces;
    let steps = samples.n_samples().div_ceil(trainer.batch_size);
    let mut sums = Sums::default();
    let mut stepper: Option<(usize, Stepper<'_, T>)> = None;
    for step in 0..steps {
        let begin = Instant::now();
        let first = step * trainer.batch_size;
        let size = trainer.batch_size.min(samples.n_samples() - first);
        let stepper = match &mut stepper {
            Some((of_size, stepper)) if *of_size == size => stepper,
            other => {
                let new = Stepper::new(trainer, threads, learner, size)?;
                &mut other.insert((size, new)).1
            }
        };
        let rate = trainer.learning_rate.at(epoch * steps + step, steps);
        stepper.load(samples, first..first + size, (Stage::Training, epoch, step));
        let loss = stepper
            .step(learner, &mut state.velocity, rate)
            .map_err(|error| located(error, epoch, step))?;
        sums.add(&loss, size as f64, rate, begin);
    }
    state.pieces += 1;
    state.steps += steps;
    Ok(sums.record(epoch, None))
}

/// J on a validation set, in batches, with the same random numbers in every epoch.
///
/// The gradient is computed as well; its part by the filters is added to `filters` with the factor
/// 0, which leaves them as they are.
fn validate<T: Real>(
    (trainer, threads): (&Trainer<T>, Option<&ThreadPool>),
    learner: &Learner<'_, T>,
    samples: &Samples<'_, T>,
    filters: &mut [T],
) -> Result<f64, Error> {
    let (mut sum, mut first) = (0.0, 0);
    let mut stepper: Option<(usize, Stepper<'_, T>)> = None;
    while first < samples.n_samples() {
        let size = trainer.batch_size.min(samples.n_samples() - first);
        let stepper = match &mut stepper {
            Some((of_size, stepper)) if *of_size == size => stepper,
            other => {
                let new = Stepper::new(trainer, threads, learner, size)?;
                &mut other.insert((size, new)).1
            }
        };
        stepper.load(samples, first..first + size, (Stage::Validation, 0, first));
        let loss = stepper.differentiate(learner, filters, T::zero())?;
        sum += loss.total().as_f64() * size as f64;
        first += size;
    }
    Ok(sum / samples.n_samples() as f64)
}

/// Puts the parameters of the last good epoch back when it is dropped: at an error or a panic.
struct Rollback<'a, T: Real> {
    learner: Learner<'a, T>,
    good: Parameters<T>,
}

impl<'a, T: Real> Rollback<'a, T> {
    fn new(learner: Learner<'a, T>) -> Self {
        let good = learner.parameters.clone();
        Self { learner, good }
    }

    fn mark_good(&mut self) {
        self.good.copy_from(self.learner.parameters);
    }
}

impl<T: Real> Drop for Rollback<'_, T> {
    fn drop(&mut self) {
        std::mem::swap(self.learner.parameters, &mut self.good);
    }
}

/// Brings the momentum to rest when it is dropped before all went well: at an error or a panic.
struct Motion<'a, T: Real> {
    state: &'a mut TrainingState<T>,
    is_good: bool,
}

impl<T: Real> Drop for Motion<'_, T> {
    fn drop(&mut self) {
        if !self.is_good {
            self.state.rest();
        }
    }
}

/// The best epoch so far.
struct Best<T: Real> {
    objective: f64,
    epoch: usize,
    parameters: Parameters<T>,
}

impl<T: Real> Best<T> {
    fn is_beaten(best: &Option<Self>, stopping: EarlyStopping, objective: f64) -> bool {
        best.as_ref().is_none_or(|best| objective < best.objective - stopping.minimum_improvement)
    }
}

/// Sums over the batches of an epoch.
#[derive(Default)]
struct Sums {
    reconstruction: f64,
    regularizer: f64,
    weight: f64,
    learning_rate: f64,
    seconds: f64,
}

impl Sums {
    fn add<T: Real>(
        &mut self,
        loss: &crate::objective::Loss<T>,
        weight: f64,
        rate: f64,
        begin: Instant,
    ) {
        self.reconstruction += weight * loss.reconstruction.as_f64();
        self.regularizer += weight * loss.regularizer.as_f64();
        self.weight += weight;
        self.learning_rate = rate;
        self.seconds += begin.elapsed().as_secs_f64();
    }

    fn record(&self, epoch: usize, validation: Option<f64>) -> EpochRecord {
        EpochRecord {
            epoch,
            reconstruction: self.reconstruction / self.weight,
            regularizer: self.regularizer / self.weight,
            validation,
            learning_rate: self.learning_rate,
            seconds: self.seconds,
        }
    }
}

fn check_data<T: Real>(
    trainer: &Trainer<T>,
    learner: &Learner<'_, T>,
    samples: &Samples<'_, T>,
    what: &'static str,
) -> Result<(), Error> {
    let n_inputs = learner.parameters.n_inputs();
    samples.check(what)?;
    same_size(format!("values per sample of the {what}"), n_inputs, samples.n_inputs())?;
    match &trainer.corruption {
        Some(corruption) => corruption.validate(n_inputs),
        None => Ok(()),
    }
}

/// The wanted threads, but no more than there are blocks of hidden units to share.
fn start_threads<T: Real>(
    threads: usize,
    learner: &Learner<'_, T>,
) -> Result<Option<ThreadPool>, Error> {
    let threads = threads.min(learner.parameters.n_hidden().div_ceil(BLOCK));
    if threads <= 1 {
        return Ok(None);
    }
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map(Some)
        .map_err(|error| Error::Threads { threads, reason: error.to_string() })
}

fn apply_constraint<T: Real>(
    trainer: &Trainer<T>,
    parameters: &mut Parameters<T>,
) -> Result<(), Error> {
    let n_inputs = parameters.n_inputs();
    let filters = parameters.filters.as_mut_slice().chunks_exact_mut(n_inputs);
    filters.enumerate().try_for_each(|(unit, filter)| trainer.constraint.apply(unit, filter))
}

/// An error of the objective as one of the training, with the place where it arose.
fn located(error: Error, epoch: usize, step: usize) -> Error {
    match error {
        Error::NotFiniteResult { quantity, unit, value } => {
            Error::Diverged { epoch, step, quantity, unit, value }
        }
        other => other,
    }
}
