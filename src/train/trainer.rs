//! The trainer and its configuration.

use super::constraint::Constraint;
use super::fit::{self, Learner};
use super::learning_rate::LearningRate;
use super::observer::Observer;
use super::report::Report;
use super::state::TrainingState;
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::corruption::Corruption;
use crate::error::{Error, at_least_one, non_negative};
use crate::objective::Regularizer;
use crate::samples::Samples;
use crate::scalar::Real;
use std::sync::Arc;

/// Minimises J by mini-batch stochastic gradient descent with momentum:
///
/// ```text
/// v ← μv − η ∇J(batch),  θ ← θ + v,  then the constraint
/// ```
/// with the gradient of [`RegularizedAutoEncoder::gradient`] on the batch. Everything random is a
/// function of (seed, purpose, epoch, step, sample), and the result is the same to the bit for any
/// number of threads.
///
/// ```
/// use nalgebra::DMatrix;
/// use regularized_autoencoder::{Constraint, Contractive, RegularizedAutoEncoder, Trainer};
///
/// let x = DMatrix::<f32>::from_fn(8, 200, |i, j| ((i * j) as f32).sin());
/// let mut model = RegularizedAutoEncoder::builder(8, 16)
///     .regularizer(0.1 * Contractive::new())
///     .build()?;
/// let report = Trainer::builder()
///     .constraint(Constraint::UNIT)
///     .learning_rate(0.01)
///     .epochs(5)
///     .batch_size(20)
///     .build()?
///     .fit(&mut model, &x)?;
/// assert!(report.history[4].objective() < report.history[0].objective());
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trainer<T: Real> {
    pub(super) learning_rate: LearningRate,
    pub(super) momentum: f64,
    pub(super) batch_size: usize,
    pub(super) epochs: usize,
    pub(super) constraint: Constraint,
    pub(super) corruption: Option<Arc<dyn Corruption<T>>>,
    pub(super) early_stopping: Option<EarlyStopping>,
    pub(super) seed: u64,
    pub(super) threads: usize,
}

/// Stops a training that no longer improves, and keeps its best parameters.
///
/// What is watched is J on the validation set if one is given, else the mean of J over the epoch's
/// batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// How many epochs in a row may pass without improvement.
    pub patience: usize,
    /// By how much J must fall below the best so far to count as an improvement.
    pub minimum_improvement: f64,
}

impl<T: Real> Trainer<T> {
    /// Begins a configuration with the paper's protocol.
    pub fn builder() -> TrainerBuilder<T> {
        TrainerBuilder(Self {
            learning_rate: LearningRate::constant(0.001),
            momentum: 0.9,
            batch_size: 50,
            epochs: 50,
            constraint: Constraint::None,
            corruption: None,
            early_stopping: None,
            seed: 0,
            threads: 1,
        })
    }

    /// Trains `model` on `samples` (n × N), shuffled anew in each epoch; an incomplete last batch
    /// is left out. Momentum begins at 0.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Dimension`], [`Error::NotFinite`] for data that do not fit,
    /// [`Error::NotEnough`] if the batch is larger than the data set, [`Error::ZeroFilter`] if the
    /// constraint cannot be met, [`Error::Threads`] if threads cannot be started, what corruption
    /// and regularizer report of their parameters, and [`Error::Diverged`] for the first value
    /// that is not finite.
    /// After an error, and if an activation, a regularizer, a corruption or an observer panics,
    /// the model has the parameters of the last epoch that was completed.
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
        fit::fit(self, learner(model), &samples.into(), options)
    }

    /// One pass over a piece of data (n × any number of samples), in the given order, with the
    /// momentum and the counters of `state`. An incomplete last batch is used as it is, with
    /// expectations over its own samples, so that no sample is lost.
    ///
    /// The number of epochs and early stopping do not matter here; for schedules and random
    /// numbers each piece counts as an epoch. The constraint holds before and after.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), but a piece may be smaller than a batch; [`Error::Dimension`]
    /// if `state` belongs to a model of other sizes. After an error or a panic the model has the
    /// parameters that it had before the call; momentum is back at 0 if the pass had begun, and as
    /// it was if the arguments were refused.
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
        fit::partial_fit(self, learner(model), state, &samples.into())
    }
}

/// What the training loop needs of a model, without its type parameters.
fn learner<T: Real, A: Activation<T>, R: Regularizer<T>>(
    model: &mut RegularizedAutoEncoder<T, A, R>,
) -> Learner<'_, T> {
    let (parameters, activation, regularizer) = model.parts_mut();
    Learner { parameters, activation, regularizer }
}

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

/// Collects the configuration of a [`Trainer`]; [`build`](Self::build) checks it.
///
/// | name | default | purpose | range |
/// |---|---|---|---|
/// | `learning_rate` | 0.001 | η, a number or a [`LearningRate`] | > 0 |
/// | `momentum` | 0.9 | μ | [0, 1) |
/// | `batch_size` | 50 | samples a step, B | ≥ 1, at most all |
/// | `epochs` | 50 | passes over the data | ≥ 1 |
/// | `constraint` | none | on the filters' lengths | [10⁻¹⁸, 10¹⁸] |
/// | `corruption` | none | makes it a denoising auto-encoder | |
/// | `early_stopping` | none | patience on J | patience ≥ 1, improvement ≥ 0 |
/// | `seed` | 0 | decides order, corruption and noise | |
/// | `threads` | 1 | changes no bit of the result | ≥ 1 |
#[derive(Clone, Debug)]
#[must_use]
pub struct TrainerBuilder<T: Real>(Trainer<T>);

impl<T: Real> TrainerBuilder<T> {
    /// η: a number, or a schedule.
    pub fn learning_rate(mut self, learning_rate: impl Into<LearningRate>) -> Self {
        self.0.learning_rate = learning_rate.into();
        self
    }

    /// μ.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.0.momentum = momentum;
        self
    }

    /// B, samples a step.
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.0.batch_size = batch_size;
        self
    }

    /// Passes over the data.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.0.epochs = epochs;
        self
    }

    /// What holds for the lengths of the filters.
    pub fn constraint(mut self, constraint: Constraint) -> Self {
        self.0.constraint = constraint;
        self
    }

    /// Corrupts the encoder's input, drawn anew for every sample and step: J_DAE, Eq. 6.
    pub fn corruption(mut self, corruption: impl Corruption<T> + 'static) -> Self {
        self.0.corruption = Some(Arc::new(corruption));
        self
    }

    /// Stops when J no longer improves.
    pub fn early_stopping(mut self, early_stopping: EarlyStopping) -> Self {
        self.0.early_stopping = Some(early_stopping);
        self
    }

    /// Decides order, corruption and noise.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Threads for each step, of which there is work for one to 256 hidden units; they change no
    /// bit of the result.
    pub fn threads(mut self, threads: usize) -> Self {
        self.0.threads = threads;
        self
    }

    /// Checks everything and makes the trainer.
    ///
    /// # Errors
    /// [`Error::Zero`] without epochs, batch, threads or patience; [`Error::InvalidParameter`] for
    /// a number outside its range, NaN included.
    pub fn build(self) -> Result<Trainer<T>, Error> {
        let trainer = self.0;
        trainer.learning_rate.validate()?;
        if !(0.0..1.0).contains(&trainer.momentum) {
            return Err(Error::invalid("momentum", trainer.momentum, "in [0, 1)"));
        }
        at_least_one("batch size", trainer.batch_size)?;
        at_least_one("epochs", trainer.epochs)?;
        at_least_one("threads", trainer.threads)?;
        trainer.constraint.validate()?;
        if let Some(stopping) = trainer.early_stopping {
            at_least_one("patience", stopping.patience)?;
            non_negative("minimum improvement", stopping.minimum_improvement)?;
        }
        Ok(trainer)
    }
}
