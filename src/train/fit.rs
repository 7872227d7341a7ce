//! The training loop.

use super::checkpoint::Moment;
use super::course::Course;
use super::descent::Descent;
use super::early_stopping::Best;
use super::feed::{Data, Feed};
use super::learner::{Learner, Rollback};
use super::observer::{EndEvent, EpochEvent, Observer, StartEvent, StepEvent};
use super::options::FitOptions;
use super::report::{Report, StopReason, Warning};
use super::resampling::resample;
use super::saving::Saving;
use super::settings::Subject;
use super::step::{Stage, Stepper, Steppers};
use super::trainer::Trainer;
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::Error;
use crate::objective::{Loss, Regularizer};
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use crate::team::Team;
use std::ops::ControlFlow;
use std::time::Instant;

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

    /// [`fit`](Self::fit) with a validation set, an observer, or from a checkpoint.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), for the validation set too, and those of
    /// [`resume`](FitOptions::resume).
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
    team: Team,
    learner: Learner<'_, T>,
    samples: &Samples<'_, T>,
    options: FitOptions<'_, T>,
) -> Result<Report, Error> {
    let samples = &learner.scaled(samples, "training data")?;
    fit_scaled(trainer, team, learner, samples, options)
}

/// Trains on samples in the model's units, all of which are in memory.
pub(super) fn fit_scaled<T: Real>(
    trainer: &Trainer<T>,
    team: Team,
    learner: Learner<'_, T>,
    samples: &Samples<'_, T>,
    options: FitOptions<'_, T>,
) -> Result<Report, Error> {
    trainer.check_data(&learner, samples, "training data")?;
    let feed = |_: &Course<T>| Ok(Feed::of_samples(samples, trainer.seed));
    fit_feed(trainer, team, learner, (Data::Memory(samples), feed), options)
}

/// Trains on `data`, which are in the model's units, and of which `feed` gives the samples from a
/// moment of the training on.
pub(super) fn fit_feed<'a, T: Real>(
    trainer: &Trainer<T>,
    team: Team,
    learner: Learner<'_, T>,
    (data, feed): (Data<'_, T>, impl FnOnce(&Course<T>) -> Result<Feed<'a, T>, Error>),
    options: FitOptions<'_, T>,
) -> Result<Report, Error> {
    let FitOptions { validation, observer, resume, saving } = options;
    trainer.check_sizes(&learner, (data.n_inputs(), data.n_samples()), "training data")?;
    let validation = match &validation {
        Some(validation) => Some(learner.scaled(validation, "validation data")?),
        None => None,
    };
    if let Some(validation) = &validation {
        trainer.check_data(&learner, validation, "validation data")?;
    }
    trainer.check_batch(data.n_samples())?;
    let validation = validation.as_ref();
    let steps_per_epoch = data.n_samples() / trainer.batch_size;
    let subject = Subject::new(trainer, &learner, data, validation);
    if let Some(saving) = &saving {
        saving.validate()?;
    }
    if let Some(checkpoint) = &resume {
        checkpoint.check(trainer, &subject, steps_per_epoch)?;
    }
    let stepper = Stepper::new(trainer, &learner, trainer.batch_size)?;
    let descent = Descent::new(trainer, learner.parameters)?;
    let (rollback, course) = match resume {
        Some(checkpoint) => (Rollback::to(checkpoint.parameters, learner), checkpoint.course),
        None => {
            let rollback = Rollback::new(learner);
            trainer.apply_constraint(rollback.learner.parameters)?;
            let course = Course::start(trainer, rollback.learner.parameters)?;
            (rollback, course)
        }
    };
    let feed = feed(&course)?;
    let threshold = T::of(rollback.learner.activation.properties().threshold.code);
    let mut run = Run {
        trainer,
        team,
        stepper,
        descent,
        rollback,
        feed,
        validation,
        steps_per_epoch,
        course,
        threshold,
        subject,
        saving,
    };
    let mut nobody = ();
    let observer: &mut dyn Observer<T> = match observer {
        Some(observer) => observer,
        None => &mut nobody,
    };
    let outcome = run.run(observer);
    observer.on_end(&EndEvent {
        outcome: outcome.as_ref(),
        parameters: &run.rollback.good,
        activation: run.rollback.learner.activation,
    });
    outcome
}

/// A training that runs.
struct Run<'a, T: Real> {
    trainer: &'a Trainer<T>,
    team: Team,
    stepper: Stepper<'a, T>,
    descent: Descent<T>,
    rollback: Rollback<'a, T>,
    feed: Feed<'a, T>,
    validation: Option<&'a Samples<'a, T>>,
    steps_per_epoch: usize,
    course: Course<T>,
    /// δ_min.
    threshold: T,
    subject: Subject<'a, T>,
    saving: Option<Saving>,
}

impl<T: Real> Run<'_, T> {
    /// Trains; the parameters to keep are then the good ones of the rollback.
    fn run(&mut self, observer: &mut dyn Observer<T>) -> Result<Report, Error> {
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
