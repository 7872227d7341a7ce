//! Training on samples in memory, and what every training begins with.

use super::course::Course;
use super::descent::Descent;
use super::feed::{Data, Feed};
use super::learner::{Learner, Rollback};
use super::observer::{EndEvent, Observer};
use super::options::FitOptions;
use super::report::Report;
use super::run::Run;
use super::settings::Subject;
use super::step::Stepper;
use super::trainer::Trainer;
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::Error;
use crate::objective::Regularizer;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use crate::team::Team;

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
