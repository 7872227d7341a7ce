//! How sparse given codes are and how good the reconstructions with a given dictionary.

use super::codes::check;
use crate::data::moments::mean;
use crate::error::{Error, finite_results, non_negative, same_size};
use crate::matmul::Operand;
use crate::memory::zeros;
use crate::samples::{Samples, check_finite};
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;

/// Samples that are reconstructed at a time.
const CHUNK: usize = 256;

/// Sparsity of codes and quality of their reconstructions, wherever the codes come from; see
/// [`evaluate_codes`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CodeEvaluation {
    /// δ: a unit is active for a sample if |h| > δ.
    pub threshold: f64,
    /// The share of the N·m pairs of sample and unit with |h| > δ, Eq. 14.
    pub average_activation_fraction: f64,
    /// Number of units with |h| ≤ δ for every sample.
    pub dead_units: usize,
    /// The share of the pairs with h = 0 exactly.
    pub hard_zero_fraction: f64,
    /// E‖h‖₁.
    pub mean_l1: f64,
    /// E‖x − Wᵀh‖²: the sum over the inputs, the mean over the samples.
    pub reconstruction_error: f64,
    /// 1 − E‖x − Wᵀh‖² / E‖x − E\[x\]‖²: 1 for perfect reconstructions, 0 for always answering with
    /// the mean; `None` where all samples are alike.
    pub explained_variance: Option<f64>,
}

impl CodeEvaluation {
    /// E\[‖x − Wᵀh‖² + λ‖h‖₁\], Eq. 2 divided by N, with λ = `coefficient`.
    pub fn objective(&self, coefficient: f64) -> f64 {
        self.reconstruction_error + coefficient * self.mean_l1
    }
}

/// Evaluates `codes` (m × N) of samples (n × N) with the dictionary `filters` (n × m).
///
/// For sparse coding δ = `threshold` is 0; to compare with an auto-encoder, take that of its
/// activation for both, see [`Evaluation::threshold`](crate::metrics::Evaluation::threshold). There
/// is no decoder bias: for a model with one, pass x − b_d. Sums over the samples are in `f64`.
///
/// # Errors
/// [`Error::InvalidParameter`] if the threshold is negative or not finite, [`Error::Zero`] without
/// filters, [`Error::Dimension`] if the sizes do not agree, [`Error::Empty`] without samples,
/// [`Error::NotFinite`] for NaN and ±∞, [`Error::NotFiniteResult`] if something overflows.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::sparse_coding::evaluate_codes;
/// let filters = dmatrix![1.0, 0.0; 0.0, 1.0];
/// let codes = dmatrix![2.0, 0.0; 0.0, 0.0];
/// let x = dmatrix![3.0, 0.0; -1.0, 0.0];
/// let evaluation = evaluate_codes(&filters, &codes, &x, 0.0)?;
/// assert_eq!(evaluation.reconstruction_error, 1.0); // ((3 − 2)² + 1² + 0) / 2
/// assert_eq!(evaluation.mean_l1, 1.0);
/// assert_eq!(evaluation.objective(0.5), 1.5);
/// assert_eq!(evaluation.average_activation_fraction, 0.25);
/// assert_eq!(evaluation.dead_units, 1);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn evaluate_codes<'a, T: Real>(
    filters: &DMatrix<T>,
    codes: &DMatrix<T>,
    samples: impl Into<Samples<'a, T>>,
    threshold: f64,
) -> Result<CodeEvaluation, Error> {
    let samples = &samples.into();
    non_negative("activation threshold", threshold)?;
    check(filters, samples)?;
    same_size("number of codes per sample (rows)", filters.ncols(), codes.nrows())?;
    same_size("number of codes (columns)", samples.n_samples(), codes.ncols())?;
    check_finite("codes", codes.as_slice(), codes.nrows())?;
    compiled!(T, evaluate(
        filters: &DMatrix<T>,
        codes: &DMatrix<T>,
        samples: &Samples<'_, T>,
        threshold: f64,
    ) -> Result<CodeEvaluation, Error>)
}

fn evaluate<T: Real>(
    filters: &DMatrix<T>,
    codes: &DMatrix<T>,
    samples: &Samples<'_, T>,
    threshold: f64,
) -> Result<CodeEvaluation, Error> {
    let (n, m) = filters.shape();
    let n_samples = samples.n_samples();
    let mut active_samples = vec![0_usize; m];
    let (mut zero_codes, mut l1, mut squared_error) = (0_usize, 0.0, 0.0);
    let mut residuals = zeros("residuals", n, CHUNK.min(n_samples))?;
    for (samples, codes) in samples.chunks(CHUNK).zip(codes.as_slice().chunks(CHUNK * m)) {
        for code in codes.chunks_exact(m) {
            for (active, h) in active_samples.iter_mut().zip(code) {
                let magnitude = h.as_f64().abs();
                *active += usize::from(magnitude > threshold);
                zero_codes += usize::from(magnitude == 0.0);
                l1 += magnitude;
            }
        }
        let residuals = &mut residuals[..samples.len()];
        residuals.copy_from_slice(samples);
        let codes = Operand::new(codes, m, codes.len() / m);
        T::product(residuals, true, -T::one(), Operand::new(filters.as_slice(), n, m), codes);
        squared_error += residuals.iter().map(|r| r.as_f64() * r.as_f64()).sum::<f64>();
    }
    let reconstruction_error = squared_error / n_samples as f64;
    let mean_l1 = l1 / n_samples as f64;
    let spread = spread(samples)?;
    finite_results("reconstruction error", &[reconstruction_error], |_| None)?;
    finite_results("mean ℓ1 norm of the codes", &[mean_l1], |_| None)?;
    let pairs = n_samples as f64 * m as f64;
    Ok(CodeEvaluation {
        threshold,
        average_activation_fraction: active_samples.iter().sum::<usize>() as f64 / pairs,
        dead_units: active_samples.iter().filter(|count| **count == 0).count(),
        hard_zero_fraction: zero_codes as f64 / pairs,
        mean_l1,
        reconstruction_error,
        explained_variance: (spread > 0.0).then(|| 1.0 - reconstruction_error / spread),
    })
}

/// E‖x − E\[x\]‖².
fn spread<T: Real>(samples: &Samples<'_, T>) -> Result<f64, Error> {
    let mean = mean(samples)?;
    let squares = samples.chunks(1).map(|sample| {
        let deviations = sample.iter().zip(&mean).map(|(x, mean)| x.as_f64() - mean);
        deviations.map(|deviation| deviation * deviation).sum::<f64>()
    });
    let spread = squares.sum::<f64>() / samples.n_samples() as f64;
    finite_results("variance of the samples", &[spread], |_| None)?;
    Ok(spread)
}
