//! How sparse the codes are and how good the reconstructions.

mod measurement;
mod moments;
mod tally;
mod units;

pub use units::{UnitStatistics, UnitTable};

use crate::activation::Activation;
use crate::codec::{Codec, sealed::Computation};
use crate::error::{Error, at_least_one};
use crate::model::Parameters;
use crate::samples::Samples;
use crate::scalar::Real;
use crate::source::{BatchSource, for_each_piece};
use measurement::Measurement;

/// Sparsity of the codes and quality of the reconstructions of a data set; see [`evaluate`].
///
/// Active means h > δ_min, as in the paper. For activations with negative values (tanh, identity,
/// leaky ReLU, ELU) a code far below 0 counts as inactive.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Evaluation {
    /// δ_min: a unit is active for a sample if h > δ_min.
    pub threshold: f64,
    /// The share of the N·m pairs of sample and unit with h > δ_min, Eq. 14.
    pub average_activation_fraction: f64,
    /// Number of units with h ≤ δ_min for every sample.
    pub dead_units: usize,
    /// The share of the pairs with h = 0 exactly.
    pub hard_zero_fraction: f64,
    /// For each unit, the share of the samples for which it is active; m values.
    pub activation_rate: Vec<f64>,
    /// ρ_j = E\[h_j\] of each unit; m values.
    pub code_mean: Vec<f64>,
    /// The largest code of each unit; m values.
    pub code_max: Vec<f64>,
    /// For each sample, the number of active units; N values.
    pub active_units: Vec<usize>,
    /// E\[a_j\] of each unit; m values.
    pub pre_activation_mean: Vec<f64>,
    /// Var\[a_j\] of each unit, 1/N; m values.
    pub pre_activation_variance: Vec<f64>,
    /// J_AE = E‖x − y‖²: the sum over the inputs, the mean over the samples; in the units of the
    /// model, as J is, where it has a scaler.
    pub reconstruction_error: f64,
    /// 1 − E‖x − y‖² / E‖x − E\[x\]‖²: 1 for perfect reconstructions, 0 for always answering with
    /// the mean; `None` where all samples are alike. In the units of the model, too.
    pub explained_variance: Option<f64>,
}

impl Evaluation {
    /// The share of the units that are dead.
    pub fn dead_fraction(&self) -> f64 {
        self.dead_units as f64 / self.activation_rate.len() as f64
    }

    /// The mean over the samples of the number of active units, ℓ0.
    pub fn mean_active_units(&self) -> f64 {
        self.average_activation_fraction * self.activation_rate.len() as f64
    }

    /// The mean of E\[a_j\] over the units.
    pub fn mean_pre_activation(&self) -> f64 {
        let units = self.pre_activation_mean.len() as f64;
        self.pre_activation_mean.iter().sum::<f64>() / units
    }
}

/// Evaluates a model on a data set (n × N, any N), on the model's threads: it is encoded in pieces,
/// so that no m × N array exists. δ_min is what the activation declares.
///
/// # Errors
/// [`Error::Dimension`] if a sample has not n values, [`Error::Empty`] without samples,
/// [`Error::NotFinite`] for NaN and ±∞, [`Error::NotFiniteResult`] if something overflows,
/// [`Error::Threads`] if threads cannot be started, [`Error::TooLarge`] if the codes of 64 samples
/// do not fit into memory.
///
/// ```
/// use nalgebra::{DVector, dmatrix};
/// use regularized_autoencoder::{Parameters, RegularizedAutoEncoder, Relu, metrics};
/// // h = max(0, x_1), max(0, −x_1), max(0, x_1 − 9)
/// let parameters = Parameters::new(
///     dmatrix![1.0, -1.0, 1.0; 0.0, 0.0, 0.0],
///     DVector::from_column_slice(&[0.0, 0.0, -9.0]),
///     None,
/// )?;
/// let model = RegularizedAutoEncoder::builder(2, 3)
///     .activation(Relu)
///     .parameters(parameters)
///     .build()?;
/// let x = dmatrix![1.0, 2.0, -3.0; 0.0, 0.0, 0.0];
/// let evaluation = metrics::evaluate(&model, &x)?;
/// assert_eq!(evaluation.active_units, [1, 1, 1]);
/// assert_eq!(evaluation.average_activation_fraction, 1.0 / 3.0);
/// assert_eq!(evaluation.dead_units, 1);
/// assert_eq!(evaluation.explained_variance, Some(1.0));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn evaluate<'a, C: Codec>(
    model: &C,
    samples: impl Into<Samples<'a, C::Scalar>>,
) -> Result<Evaluation, Error> {
    let threshold = model.parts().activation.properties().threshold.code;
    evaluate_with_threshold(model, samples, threshold)
}

/// [`evaluate`] with another δ_min than the activation declares.
///
/// # Errors
/// Those of [`evaluate`], and [`Error::InvalidParameter`] if the threshold is infinite or NaN.
pub fn evaluate_with_threshold<'a, C: Codec>(
    model: &C,
    samples: impl Into<Samples<'a, C::Scalar>>,
    threshold: f64,
) -> Result<Evaluation, Error> {
    check_and_measure(model.parts(), samples.into(), threshold, model.threads())
}

/// [`evaluate`] on the samples of a source, such as files, of which some thousand are in memory at a
/// time, beside 8 bytes for every sample: the same bits as for the same samples in a matrix.
///
/// # Errors
/// Those of [`evaluate`], and what the source reports.
///
/// ```
/// use regularized_autoencoder::prelude::*;
/// use regularized_autoencoder::source::Shards;
/// let halves = [0, 1].map(|half| DMatrix::from_fn(4, 50, |i, j| ((i * j + half) as f32).sin()));
/// let model = RegularizedAutoEncoder::builder(4, 8).build()?;
/// let evaluation = metrics::evaluate_source(&model, &Shards::new(halves)?)?;
/// assert_eq!(evaluation.active_units.len(), 100);
/// # Ok::<(), Error>(())
/// ```
pub fn evaluate_source<C, S>(model: &C, source: &S) -> Result<Evaluation, Error>
where
    C: Codec,
    S: BatchSource<Scalar = C::Scalar> + ?Sized,
{
    /// A multiple of [`CHUNK`](crate::inference::CHUNK), which the bits depend on.
    const SAMPLES: usize = 4096;
    let threshold = model.parts().activation.properties().threshold.code;
    let size = (source.n_inputs(), source.n_samples());
    let mut measurement = Measurement::new(model.parts(), threshold, model.threads(), size)?;
    for_each_piece(source, "samples", SAMPLES, |samples| measurement.add(samples))?;
    measurement.finish()
}

/// [`evaluate`] for parameters and an activation that are not in a model, as an
/// [`Observer`](crate::Observer) sees them, on so many threads. There is no scaler: the samples
/// are in the units of the parameters.
///
/// # Errors
/// Those of [`evaluate`], and [`Error::Zero`] without threads.
///
/// ```
/// use regularized_autoencoder::prelude::*;
///
/// /// Prints how sparse the codes of some samples are after each epoch.
/// struct Sparsity<'a>(&'a DMatrix<f32>);
///
/// impl Observer<f32> for Sparsity<'_> {
///     fn on_epoch(&mut self, event: &EpochEvent<'_, f32>) -> ControlFlow<()> {
///         match metrics::evaluate_parameters(event.parameters, event.activation, self.0, 1) {
///             Ok(now) => println!("{}: {}", event.record.epoch, now.average_activation_fraction),
///             Err(error) => println!("{error}"),
///         }
///         ControlFlow::Continue(())
///     }
/// }
///
/// let x = DMatrix::<f32>::from_fn(4, 100, |i, j| ((i * j) as f32).sin());
/// let mut model = RegularizedAutoEncoder::builder(4, 8).build()?;
/// let trainer = Trainer::builder().epochs(2).build()?;
/// trainer.fit_with(&mut model, &x, FitOptions::default().observer(&mut Sparsity(&x)))?;
/// # Ok::<(), Error>(())
/// ```
pub fn evaluate_parameters<'a, T: Real>(
    parameters: &Parameters<T>,
    activation: &dyn Activation<T>,
    samples: impl Into<Samples<'a, T>>,
    threads: usize,
) -> Result<Evaluation, Error> {
    at_least_one("threads", threads)?;
    let threshold = activation.properties().threshold.code;
    let (encoder, decoder) = (parameters.into(), parameters.into());
    let computation = Computation { encoder, decoder, activation };
    check_and_measure(computation, samples.into(), threshold, threads)
}

fn check_and_measure<T: Real>(
    computation: Computation<'_, T>,
    samples: Samples<'_, T>,
    threshold: f64,
    threads: usize,
) -> Result<Evaluation, Error> {
    let size = (samples.n_inputs(), samples.n_samples());
    let mut measurement = Measurement::new(computation, threshold, threads, size)?;
    samples.check("samples")?;
    measurement.add(samples.as_slice())?;
    measurement.finish()
}
