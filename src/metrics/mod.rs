//! How sparse the codes are and how good the reconstructions.

mod moments;
mod tally;
mod units;

pub use units::{UnitStatistics, UnitTable};

use crate::activation::Activation;
use crate::codec::{Codec, sealed::Computation};
use crate::error::{Error, at_least_one, finite_results, same_size};
use crate::inference::{CHUNK, team};
use crate::model::Parameters;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use crate::team::items;
use tally::{Counts, Tally};

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
    if !threshold.is_finite() {
        return Err(Error::invalid("activation threshold", threshold, "finite"));
    }
    same_size("values per sample", computation.encoder.n_features(), samples.n_inputs())?;
    samples.check("samples")?;
    let samples = &samples;
    compiled!(T, measure(
        computation: Computation<'_, T>,
        samples: &Samples<'_, T>,
        threshold: f64,
        threads: usize,
    ) -> Result<Evaluation, Error>)
}

fn measure<T: Real>(
    computation: Computation<'_, T>,
    samples: &Samples<'_, T>,
    threshold: f64,
    threads: usize,
) -> Result<Evaluation, Error> {
    let (n_inputs, n_hidden) = computation.encoder.filters.shape();
    let (n_features, n_samples) = (samples.n_inputs(), samples.n_samples());
    let mut team = team(threads, n_samples)?;
    let mut tallies = Vec::new();
    for _ in 0..team.threads() {
        tallies.push(Tally::<T>::new(n_inputs, n_hidden, CHUNK.min(n_samples))?);
    }
    let mut totals = Counts::new(n_inputs, n_hidden);
    let mut active_units = Vec::with_capacity(n_samples);
    // A piece for each thread at a time; their results are added in the order of the samples.
    let mut pieces = samples.chunks(CHUNK);
    while pieces.len() > 0 {
        let now: Vec<_> = pieces.by_ref().take(tallies.len()).collect();
        let first = active_units.len();
        team.try_for_each(items(&mut tallies[..now.len()]), |piece, tally| {
            let samples = (now[piece], first + piece * CHUNK);
            tally.take(computation, samples, T::of(threshold))
        })?;
        for (tally, samples) in tallies.iter().zip(&now) {
            totals.add(&tally.counts);
            active_units.extend(&tally.active_units[..samples.len() / n_features]);
        }
    }

    let reconstruction_error = totals.squared_error / n_samples as f64;
    let spread: f64 = totals.inputs.variance().sum();
    let pre_activation_mean: Vec<f64> = totals.pre_activations.mean().collect();
    let pre_activation_variance: Vec<f64> = totals.pre_activations.variance().collect();
    let code_mean: Vec<f64> = totals.codes.iter().map(|sum| sum / n_samples as f64).collect();
    finite_results("mean code", &code_mean, Some)?;
    finite_results("reconstruction error", &[reconstruction_error], |_| None)?;
    finite_results("variance of the samples", &[spread], |_| None)?;
    finite_results("mean of the pre-activation", &pre_activation_mean, Some)?;
    finite_results("variance of the pre-activation", &pre_activation_variance, Some)?;
    let pairs = n_samples as f64 * n_hidden as f64;
    let active_samples = totals.active_samples;
    Ok(Evaluation {
        threshold,
        average_activation_fraction: active_units.iter().sum::<usize>() as f64 / pairs,
        dead_units: active_samples.iter().filter(|count| **count == 0).count(),
        hard_zero_fraction: totals.hard_zeros as f64 / pairs,
        activation_rate: active_samples.iter().map(|n| *n as f64 / n_samples as f64).collect(),
        code_mean,
        code_max: totals.largest_codes,
        active_units,
        pre_activation_mean,
        pre_activation_variance,
        reconstruction_error,
        explained_variance: (spread > 0.0).then(|| 1.0 - reconstruction_error / spread),
    })
}
