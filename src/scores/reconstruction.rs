//! Reconstruction errors of single samples.

use crate::codec::Codec;
use crate::codec::sealed::Computation;
use crate::error::{Error, finite_results, same_size};
use crate::inference::{CHUNK, reconstruct_piece, team};
use crate::memory::zeros;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use crate::team::chunks;

/// ‖x − y‖² of each sample (n × N, any N): the sum over the inputs, in f64; N values.
///
/// x and y are in the units of the input, also where the model has a scaler; without one, the mean of
/// the errors is the J_AE of [`metrics::evaluate`](crate::metrics::evaluate). Samples are
/// reconstructed in pieces on the model's threads, so that no n × N array of reconstructions exists;
/// the number of threads changes no bit.
///
/// # Errors
/// Those of [`reconstruct`](crate::RegularizedAutoEncoder::reconstruct), and [`Error::NotFiniteResult`] if
/// a square overflows.
///
/// ```
/// use nalgebra::{DVector, dmatrix};
/// use regularized_autoencoder::{Identity, Parameters, RegularizedAutoEncoder, scores};
/// // y = (x_1, 0)
/// let model = RegularizedAutoEncoder::builder(2, 1)
///     .activation(Identity)
///     .parameters(Parameters::new(dmatrix![1.0; 0.0], DVector::zeros(1), None)?)
///     .build()?;
/// let x = dmatrix![7.0, 7.0; 0.0, 3.0];
/// assert_eq!(scores::reconstruction_errors(&model, &x)?, [0.0, 9.0]);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn reconstruction_errors<'a, C: Codec>(
    model: &C,
    samples: impl Into<Samples<'a, C::Scalar>>,
) -> Result<Vec<f64>, Error> {
    let samples = &samples.into();
    same_size("values per sample", model.n_features(), samples.n_inputs())?;
    samples.check("samples")?;
    errors_of(model.parts(), samples, model.threads())
}

fn errors_of<T: Real>(
    computation: Computation<'_, T>,
    samples: &Samples<'_, T>,
    threads: usize,
) -> Result<Vec<f64>, Error> {
    compiled!(T, errors_in(
        computation: Computation<'_, T>,
        samples: &Samples<'_, T>,
        threads: usize,
    ) -> Result<Vec<f64>, Error>)
}

fn errors_in<T: Real>(
    Computation { encoder, decoder, activation }: Computation<'_, T>,
    samples: &Samples<'_, T>,
    threads: usize,
) -> Result<Vec<f64>, Error> {
    let (n_features, n_samples) = (samples.n_inputs(), samples.n_samples());
    let mut errors = zeros("reconstruction errors", n_samples, 1)?;
    let pieces = chunks(&mut errors, CHUNK);
    team(threads, n_samples)?.try_for_each(pieces, |piece, errors| {
        let first = piece * CHUNK;
        let samples = &samples.as_slice()[first * n_features..][..errors.len() * n_features];
        let mut y = zeros("reconstructions", decoder.filters.nrows(), errors.len())?;
        reconstruct_piece(encoder, activation, decoder, (samples, first), &mut y)?;
        if let Some(scaler) = encoder.scaler {
            y = scaler.unscale(&y, first)?;
        }
        let pairs = samples.chunks_exact(n_features).zip(y.chunks_exact(n_features));
        for (error, (x, y)) in errors.iter_mut().zip(pairs) {
            *error = x.iter().zip(y).map(|(x, y)| squared_difference(*x, *y)).sum();
        }
        Ok(())
    })?;
    finite_results("reconstruction error", &errors, |_| None)?;
    Ok(errors)
}

fn squared_difference<T: Real>(x: T, y: T) -> f64 {
    let difference = x.as_f64() - y.as_f64();
    difference * difference
}

/// What one feature contributes to the reconstruction error of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Contribution {
    /// The input, i.
    pub input: usize,
    /// (x_i − y_i)².
    pub squared_residual: f64,
    /// y_i − x_i: positive where the model expects more.
    pub residual: f64,
}

/// The squared residual of each input of one sample (n values), the largest first; of equal ones
/// that of the lower input. They sum to the sample's reconstruction error.
///
/// # Errors
/// Those of [`reconstruction_errors`].
///
/// ```
/// use nalgebra::{DVector, dmatrix};
/// use regularized_autoencoder::{Identity, Parameters, RegularizedAutoEncoder, scores};
/// // y = (x_1, 0, 0)
/// let model = RegularizedAutoEncoder::builder(3, 1)
///     .activation(Identity)
///     .parameters(Parameters::new(dmatrix![1.0; 0.0; 0.0], DVector::zeros(1), None)?)
///     .build()?;
/// let largest = scores::contributions(&model, &[7.0, 2.0, -3.0])?[0];
/// assert_eq!((largest.input, largest.squared_residual, largest.residual), (2, 9.0, 3.0));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn contributions<C: Codec>(
    model: &C,
    sample: &[C::Scalar],
) -> Result<Vec<Contribution>, Error> {
    same_size("values per sample", model.n_features(), sample.len())?;
    let reconstruction = model.reconstruct(&Samples::from_slice(sample, sample.len())?)?;
    let pairs = sample.iter().zip(reconstruction.iter());
    let mut contributions: Vec<_> = pairs
        .enumerate()
        .map(|(input, (x, y))| Contribution {
            input,
            squared_residual: squared_difference(*x, *y),
            residual: y.as_f64() - x.as_f64(),
        })
        .collect();
    for contribution in &contributions {
        finite_results("squared residual", &[contribution.squared_residual], |_| None)?;
    }
    // Stable, so that equal ones stay in the order of the inputs.
    contributions.sort_by(|a, b| b.squared_residual.total_cmp(&a.squared_residual));
    Ok(contributions)
}
