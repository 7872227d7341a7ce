//! The loop of a training: epochs, steps, and what is told and kept of them.

use super::checkpoint::Moment;
use super::course::Course;
use super::descent::Descent;
use super::early_stopping::Best;
use super::feed::Feed;
use super::learner::{Learner, Rollback};
use super::observer::{EpochEvent, Observer, StartEvent, StepEvent};
use super::report::{Report, StopReason, Warning};
use super::resampling::resample;
use super::saving::Saving;
use super::settings::Subject;
use super::step::{Stage, Stepper, Steppers};
use super::trainer::Trainer;
use crate::error::Error;
use crate::objective::Loss;
use crate::samples::Samples;
use crate::scalar::Real;
use crate::team::Team;
use std::ops::ControlFlow;
use std::time::Instant;

/// A training that runs.
pub(super) struct Run<'a, T: Real> {
    pub trainer: &'a Trainer<T>,
    pub team: Team,
    pub stepper: Stepper<'a, T>,
    pub descent: Descent<T>,
    pub rollback: Rollback<'a, T>,
    pub feed: Feed<'a, T>,
    pub validation: Option<&'a Samples<'a, T>>,
    pub steps_per_epoch: usize,
    pub course: Course<T>,
    /// δ_min.
    pub threshold: T,
    pub subject: Subject<'a, T>,
    pub saving: Option<Saving>,
}

impl<T: Real> Run<'_, T> {
    /// Trains; the parameters to keep are then the good ones of the rollback.
    pub fn run(&mut self, observer: &mut dyn Observer<T>) -> Result<Report, Error> {
        let warnings = self.trainer.warnings(&self.rollback.learner);
        let mut stop = match self.start(&warnings, observer) {
            ControlFlow::Break(()) => Some(StopReason::Observer),
            ControlFlow::Continue(()) => self.early_stop(),
        };
        self.save(Saving::save)?;
        while stop.is_none() && self.course.epoch < self.trainer.epochs {
            stop = match self.steps(observer)? {
                ControlFlow::Break(()) => Some(StopReason::Observer),
                ControlFlow::Continue(()) => self.end_epoch(observer)?,
            };
        }
        self.save(Saving::save)?;
        Ok(self.finish(stop.unwrap_or(StopReason::Completed), warnings))
    }

    /// Tells the observer that it begins.
    fn start(&self, warnings: &[Warning], observer: &mut dyn Observer<T>) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        for warning in warnings {
            if observer.on_warning(warning).is_break() {
                flow = ControlFlow::Break(());
            }
        }
        let start = observer.on_start(&StartEvent {
            n_epochs: self.trainer.epochs,
            steps_per_epoch: self.steps_per_epoch,
            epoch: self.course.epoch,
            steps: self.course.steps,
            parameters: self.rollback.learner.parameters,
            activation: self.rollback.learner.activation,
            regularizer: self.rollback.learner.regularizer,
            moment: self.moment(),
        });
        if start.is_break() { start } else { flow }
    }

    /// The steps of the present epoch that are not made yet; ends early if the observer wants it.
    fn steps(&mut self, observer: &mut dyn Observer<T>) -> Result<ControlFlow<()>, Error> {
        if self.course.step < self.steps_per_epoch {
            self.feed.begin(self.course.epoch, self.course.step * self.trainer.batch_size)?;
        }
        while self.course.step < self.steps_per_epoch {
            let step = self.course.step;
            let resampled = self.resample()?;
            let (loss, learning_rate) = self.step()?;
            let event = StepEvent {
                epoch: self.course.epoch,
                step,
                steps_per_epoch: self.steps_per_epoch,
                learning_rate,
                resampled,
                batch: self.stepper.batch(),
                loss,
                parameters: self.rollback.learner.parameters,
                activation: self.rollback.learner.activation,
                regularizer: self.rollback.learner.regularizer,
                moment: self.moment(),
            };
            if observer.on_step(&event).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.save(Saving::after_step)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Gives dead units new filters if it is time; tells how many.
    fn resample(&mut self) -> Result<usize, Error> {
        let (trainer, course) = (self.trainer, &mut self.course);
        let place = (course.epoch, course.step);
        let Some(resampling) = trainer.resampling else { return Ok(0) };
        if !resampling.every.has_passed(place, course.steps) {
            return Ok(0);
        }
        let begin = Instant::now();
        let on = (trainer, &mut self.team, &mut self.stepper);
        let window = self.feed.window()?;
        let resampled = resample(resampling, on, &mut self.rollback.learner, course, window)
            .map_err(|error| error.at_step(place.0, place.1))?;
        course.sums.resampled = course.sums.resampled.saturating_add(resampled);
        course.sums.seconds += begin.elapsed().as_secs_f64();
        Ok(resampled)
    }

    /// Makes a step; gives the loss before it, and its η.
    fn step(&mut self) -> Result<(Loss<T>, f64), Error> {
        let (trainer, course) = (self.trainer, &mut self.course);
        let (epoch, step) = (course.epoch, course.step);
        let begin = Instant::now();
        let rate = trainer.learning_rate.at(course.steps, self.steps_per_epoch);
        self.feed.load(&mut self.stepper, &mut self.team, (Stage::Training, epoch, step))?;
        let on = (trainer, &mut self.team, &mut self.stepper);
        let loss = self
            .descent
            .step(on, &mut self.rollback.learner, &mut course.motion, (rate, false))
            .map_err(|error| error.at_step(epoch, step))?;
        if trainer.resampling.is_some() {
            self.stepper.workspace().note_active(self.threshold, &mut course.active);
        }
        course.step += 1;
        course.steps += 1;
        course.sums.add(&loss, 1.0, rate, begin);
        Ok((loss, rate))
    }

    /// Validates and takes note of an epoch whose steps are made; tells whether to stop, and why.
    fn end_epoch(&mut self, observer: &mut dyn Observer<T>) -> Result<Option<StopReason>, Error> {
        let validation = self.validate()?;
        self.course.end_epoch(validation);
        self.rollback.mark_good();
        if let (Some(stopping), Some(record)) =
            (self.trainer.early_stopping, self.course.history.last())
        {
            Best::update(&mut self.course.best, stopping, record, &self.rollback.good);
        }
        let Some(record) = self.course.history.last() else { return Ok(None) };
        let flow = observer.on_epoch(&EpochEvent {
            record,
            n_epochs: self.trainer.epochs,
            parameters: self.rollback.learner.parameters,
            activation: self.rollback.learner.activation,
            regularizer: self.rollback.learner.regularizer,
            moment: self.moment(),
        });
        self.save(Saving::after_epoch)?;
        Ok(if flow.is_break() { Some(StopReason::Observer) } else { self.early_stop() })
    }

    /// Whether patience has run out.
    fn early_stop(&self) -> Option<StopReason> {
        let (stopping, best) = (self.trainer.early_stopping?, self.course.best.as_ref()?);
        let is_over = best.is_long_ago(stopping, self.course.epoch);
        is_over.then_some(StopReason::EarlyStopping)
    }

    fn moment(&self) -> Moment<'_, T> {
        Moment {
            subject: &self.subject,
            parameters: self.rollback.learner.parameters,
            course: &self.course,
        }
    }

    /// Writes a checkpoint, if that is wanted and this kind of moment is one for it.
    fn save(
        &mut self,
        when: impl FnOnce(&mut Saving, Moment<'_, T>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(saving) = &mut self.saving else { return Ok(()) };
        let moment = Moment {
            subject: &self.subject,
            parameters: self.rollback.learner.parameters,
            course: &self.course,
        };
        when(saving, moment)
    }

    /// Decides which parameters to keep, and reports.
    fn finish(&mut self, stop_reason: StopReason, warnings: Vec<Warning>) -> Report {
        self.rollback.mark_good();
        let seconds = self.course.seconds();
        let best = self.course.best.take();
        let best_epoch = best.as_ref().map(|best| best.epoch);
        if let (StopReason::EarlyStopping | StopReason::Completed, Some(best)) = (stop_reason, best)
        {
            self.rollback.good = best.parameters;
        }
        let history = std::mem::take(&mut self.course.history);
        Report { history, stop_reason, best_epoch, warnings, steps: self.course.steps, seconds }
    }

    /// J on the validation set, in batches, with the same random numbers in every epoch.
    fn validate(&mut self) -> Result<Option<f64>, Error> {
        let Some(samples) = self.validation else { return Ok(None) };
        let (team, learner) = (&mut self.team, &self.rollback.learner);
        validate((self.trainer, team), learner, samples)
            .map(Some)
            .map_err(|error| error.at_step(self.course.epoch, self.steps_per_epoch))
    }
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
        stepper.load(team, samples, first, (Stage::Validation, 0, first));
        let loss = stepper.evaluate(team, learner, None)?;
        sum += loss.total().as_f64() * size as f64;
        first += size;
    }
    Ok(sum / samples.n_samples() as f64)
}
