//! The trainer's configuration.

use super::early_stopping::EarlyStopping;
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::resampling::DeadUnitResampling;
use crate::constraint::Constraint;
use crate::corruption::Corruption;
use crate::error::{Error, at_least_one, positive_in};
use crate::scalar::Real;
use std::sync::Arc;

/// Minimises J by mini-batch stochastic gradient descent with momentum, or by Adam:
///
/// ```text
/// v ← μv − η ∇J(batch),  θ ← θ + v,  then the constraint
/// ```
/// (see [`Optimizer`]) with the gradient of [`RegularizedAutoEncoder::gradient`](crate::RegularizedAutoEncoder::gradient) on the batch. Everything random is a
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
    pub(super) optimizer: Optimizer,
    pub(super) clip_norm: Option<f64>,
    pub(super) batch_size: usize,
    pub(super) epochs: usize,
    pub(super) constraint: Constraint,
    pub(super) corruption: Option<Arc<dyn Corruption<T>>>,
    pub(super) early_stopping: Option<EarlyStopping>,
    pub(super) resampling: Option<DeadUnitResampling>,
    pub(super) seed: u64,
    pub(super) threads: usize,
}

impl<T: Real> Trainer<T> {
    /// Begins a configuration with the paper's protocol.
    ///
    /// The scalar type follows from the model that is trained; elsewhere name it:
    /// `Trainer::<f32>::builder()`.
    pub fn builder() -> TrainerBuilder<T> {
        TrainerBuilder(Self {
            learning_rate: LearningRate::constant(0.001),
            optimizer: Optimizer::default(),
            clip_norm: None,
            batch_size: 50,
            epochs: 50,
            constraint: Constraint::None,
            corruption: None,
            early_stopping: None,
            resampling: None,
            seed: 0,
            threads: 1,
        })
    }
}

/// Collects the configuration of a [`Trainer`]; [`build`](Self::build) checks it.
///
/// | name | default | purpose | range |
/// |---|---|---|---|
/// | `learning_rate` | 0.001 | η, a number or a [`LearningRate`] | > 0 |
/// | `optimizer` | momentum 0.9 | how a gradient becomes a step; `momentum` is short for it | μ, β₁, β₂ in [0, 1), ε > 0 |
/// | `clip_norm` | none | bound of the gradient's norm | > 0 |
/// | `batch_size` | 50 | samples a step, B | ≥ 1, at most all |
/// | `epochs` | 50 | passes over the data | ≥ 1 |
/// | `constraint` | none | on the filters' lengths | [10⁻¹⁸, 10¹⁸] |
/// | `corruption` | none | makes it a denoising auto-encoder | |
/// | `early_stopping` | none | patience on J | patience ≥ 1, improvement ≥ 0 |
/// | `dead_unit_resampling` | none | new filters for dead units, outside the theory | interval and samples ≥ 1 |
/// | `seed` | 0 | decides order, corruption and noise; the model's own seed decides the initial filters | |
/// | `threads` | 1 | at most ⌈m/256⌉ are used; changes no bit of the result | ≥ 1 |
#[derive(Clone, Debug)]
#[must_use]
pub struct TrainerBuilder<T: Real>(Trainer<T>);

impl<T: Real> TrainerBuilder<T> {
    /// η: a number, or a schedule.
    pub fn learning_rate(mut self, learning_rate: impl Into<LearningRate>) -> Self {
        self.0.learning_rate = learning_rate.into();
        self
    }

    /// μ: short for gradient descent with this momentum as the
    /// [`optimizer`](Self::optimizer).
    pub fn momentum(self, momentum: f64) -> Self {
        self.optimizer(Optimizer::Sgd { momentum })
    }

    /// Gradient descent with momentum, or Adam.
    pub fn optimizer(mut self, optimizer: Optimizer) -> Self {
        self.0.optimizer = optimizer;
        self
    }

    /// Multiplies a gradient g of J on a batch whose norm exceeds c by c / ‖g‖, so that it is c; the
    /// norm is that of all parameters together, filters and biases. With NaN or ±∞ in it the
    /// training ends with an error all the same.
    ///
    /// For the momentum method too the gradient then stands in memory, which takes that of the
    /// parameters once more, and time.
    pub fn clip_norm(mut self, bound: f64) -> Self {
        self.0.clip_norm = Some(bound);
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

    /// Gives dead units new filters from time to time.
    pub fn dead_unit_resampling(mut self, resampling: DeadUnitResampling) -> Self {
        self.0.resampling = Some(resampling);
        self
    }

    /// Decides order, corruption and noise.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Threads for each step, at most ⌈m/256⌉ of which have work, and one if the regularizer's
    /// [`needs`](crate::RegularizerMetadata::needs) are those of a whole layer; they change no bit
    /// of the result.
    pub fn threads(mut self, threads: usize) -> Self {
        self.0.threads = threads;
        self
    }

    /// Checks everything and makes the trainer.
    ///
    /// # Errors
    /// [`Error::Zero`] without epochs, batch, threads, patience, or the interval or samples of
    /// resampling; [`Error::InvalidParameter`] for a number outside its range, NaN included, also
    /// after it is rounded to `T`; a schedule's later rates are looked at when they are used.
    pub fn build(self) -> Result<Trainer<T>, Error> {
        let trainer = self.0;
        trainer.learning_rate.validate::<T>()?;
        trainer.optimizer.validate::<T>()?;
        if let Some(bound) = trainer.clip_norm {
            positive_in::<T>("bound of the gradient's norm", bound)?;
        }
        at_least_one("batch size", trainer.batch_size)?;
        at_least_one("epochs", trainer.epochs)?;
        at_least_one("threads", trainer.threads)?;
        trainer.constraint.validate()?;
        if let Some(stopping) = trainer.early_stopping {
            stopping.validate()?;
        }
        if let Some(resampling) = trainer.resampling {
            resampling.validate()?;
        }
        Ok(trainer)
    }
}
