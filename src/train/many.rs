//! Trainings side by side.

use super::checkpoint::Checkpoint;
use super::fit::fit;
use super::learner::Learner;
use super::observer::Observer;
use super::options::FitOptions;
use super::report::Report;
use super::saving::Saving;
use super::trainer::Trainer;
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::{Error, at_least_one};
use crate::objective::Regularizer;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use crate::team::Team;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One of the trainings of [`train_many`]: a trainer and the model that it trains.
#[must_use]
pub struct Training<'a, T: Real> {
    trainer: &'a Trainer<T>,
    learner: Learner<'a, T>,
    validation: Option<Samples<'a, T>>,
    observer: Option<&'a mut (dyn Observer<T> + Send)>,
    resume: Option<Checkpoint<T>>,
    saving: Option<Saving>,
}

impl<'a, T: Real> Training<'a, T> {
    /// With nothing beyond the data.
    pub fn new<A: Activation<T>, R: Regularizer<T>>(
        trainer: &'a Trainer<T>,
        model: &'a mut RegularizedAutoEncoder<T, A, R>,
    ) -> Self {
        Self {
            trainer,
            learner: Learner::of(model),
            validation: None,
            observer: None,
            resume: None,
            saving: None,
        }
    }

    /// As [`FitOptions::validation`].
    pub fn validation(self, samples: impl Into<Samples<'a, T>>) -> Self {
        Self { validation: Some(samples.into()), ..self }
    }

    /// Tells this observer what happens, on the thread of the training.
    pub fn observer(self, observer: &'a mut (dyn Observer<T> + Send)) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// As [`FitOptions::resume`].
    pub fn resume(self, checkpoint: impl Into<Option<Checkpoint<T>>>) -> Self {
        Self { resume: checkpoint.into(), ..self }
    }

    /// As [`FitOptions::checkpoint_every`], to a file of its own.
    #[cfg(feature = "files")]
    pub fn checkpoint_every(
        self,
        path: impl AsRef<std::path::Path>,
        every: impl Into<super::saving::CheckpointInterval>,
    ) -> Self {
        Self { saving: Some(Saving::new(path.as_ref().to_owned(), every.into())), ..self }
    }

    fn run(self, samples: &Samples<'_, T>) -> Result<Report, Error> {
        let Self { trainer, learner, validation, observer, resume, saving } = self;
        let observer = observer.map(|observer| observer as &mut dyn Observer<T>);
        let options = FitOptions { validation, observer, resume, saving };
        let team = Team::solo();
        compiled!(T, fit(
            trainer: &Trainer<T>,
            team: Team,
            learner: Learner<'_, T>,
            samples: &Samples<'_, T>,
            options: FitOptions<'_, T>,
        ) -> Result<Report, Error>)
    }
}

impl<T: Real> std::fmt::Debug for Training<'_, T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Training")
            .field("trainer", &self.trainer)
            .field("validation", &self.validation)
            .field("observer", &self.observer.is_some())
            .field("resume", &self.resume)
            .field("saving", &self.saving)
            .finish()
    }
}

/// Makes trainings side by side on one data set (n × N), which all share: a sweep over λ, models
/// or seeds. Each runs as [`Trainer::fit`] does, but on one thread; as many run at a time as there
/// are `threads`, in the given order.
///
/// For many trainings this uses the cores better than threads within a step do. A trained model is
/// the same to the bit as one that `fit` trains alone.
///
/// Gives what `fit` gives, for each training in order: one that fails harms no other.
///
/// # Errors
/// [`Error::Zero`] without threads, [`Error::Threads`] if they cannot be started; then nothing has
/// been trained. If user code panics, the other trainings go on, and the panic comes out in the
/// end.
///
/// ```
/// use nalgebra::DMatrix;
/// use regularized_autoencoder::{Contractive, RegularizedAutoEncoder, Trainer};
/// use regularized_autoencoder::{Training, metrics, train_many};
///
/// let x = DMatrix::<f32>::from_fn(8, 200, |i, j| ((i * j) as f32).sin());
/// let trainer = Trainer::builder().epochs(5).learning_rate(0.01).build()?;
/// let mut models = Vec::new();
/// for lambda in [0.0, 0.1, 1.0] {
///     let regularizer = lambda * Contractive::new();
///     models.push(RegularizedAutoEncoder::builder(8, 16).regularizer(regularizer).build()?);
/// }
/// let trainings = models.iter_mut().map(|model| Training::new(&trainer, model));
/// for report in train_many(trainings, &x, 2)? {
///     println!("J = {}", report?.history[4].objective());
/// }
/// for model in &models {
///     println!("{}", metrics::evaluate(model, &x)?.average_activation_fraction);
/// }
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn train_many<'a, 's, T: Real>(
    trainings: impl IntoIterator<Item = Training<'a, T>>,
    samples: impl Into<Samples<'s, T>>,
    threads: usize,
) -> Result<Vec<Result<Report, Error>>, Error> {
    at_least_one("threads", threads)?;
    let samples = &samples.into();
    let trainings: Vec<_> = trainings.into_iter().collect();
    let count = trainings.len();
    let mut outcomes: Vec<_> = (0..count).map(|_| None).collect();
    let mut team = Team::new(threads.min(count.max(1)))?;
    let queue = Mutex::new(trainings.into_iter().zip(&mut outcomes));
    team.run(&|_| {
        // The lock is free again while the training runs.
        while let Some((training, outcome)) = { lock(&queue).next() } {
            *outcome = Some(catch_unwind(AssertUnwindSafe(|| training.run(samples))));
        }
    });
    drop(queue);
    let (mut reports, mut panic) = (Vec::with_capacity(count), None);
    for outcome in outcomes.into_iter().flatten() {
        match outcome {
            Ok(report) => reports.push(report),
            Err(first) if panic.is_none() => panic = Some(first),
            // To drop it could panic in its turn.
            Err(further) => std::mem::forget(further),
        }
    }
    match panic {
        Some(panic) => resume_unwind(panic),
        None => Ok(reports),
    }
}

/// No user code runs while the lock is held.
fn lock<G>(mutex: &Mutex<G>) -> MutexGuard<'_, G> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
