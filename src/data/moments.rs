//! Means, variances and covariances of the features of a data set, in f64.

use crate::error::Error;
use crate::matmul::{Operand, Product};
use crate::memory::zero_matrix;
use crate::samples::{Samples, check_finite};
use crate::scalar::Real;
use nalgebra::DMatrix;

/// How many samples are centred at a time.
pub(super) const CHUNK: usize = 256;

/// E\[x\]; exact for a feature that is constant, since it is measured from the first sample.
///
/// An error if there is no data or some of it is not finite.
pub(crate) fn mean<T: Real>(data: &Samples<'_, T>) -> Result<Vec<f64>, Error> {
    data.check("data set")?;
    let (n_inputs, n_samples) = (data.n_inputs(), data.n_samples());
    let first = data.sample(0);
    let mut sum = vec![0.0; n_inputs];
    for sample in data.as_slice().chunks_exact(n_inputs) {
        for ((sum, value), origin) in sum.iter_mut().zip(sample).zip(first) {
            *sum += value.as_f64() - origin.as_f64();
        }
    }
    let mean: Vec<f64> = first
        .iter()
        .zip(&sum)
        .map(|(origin, sum)| origin.as_f64() + sum / n_samples as f64)
        .collect();
    check_finite("mean of the data", &mean, n_inputs)?;
    Ok(mean)
}

/// E\[(xᵢ − E\[xᵢ\])²\] of each feature.
pub(super) fn variance<T: Real>(data: &Samples<'_, T>, mean: &[f64]) -> Result<Vec<f64>, Error> {
    let mut variance = vec![0.0; mean.len()];
    for sample in data.as_slice().chunks_exact(mean.len()) {
        for ((sum, value), mean) in variance.iter_mut().zip(sample).zip(mean) {
            let deviation = value.as_f64() - mean;
            *sum += deviation * deviation;
        }
    }
    variance.iter_mut().for_each(|sum| *sum /= data.n_samples() as f64);
    check_finite("variance of the data", &variance, mean.len())?;
    Ok(variance)
}

/// E\[(x − E\[x\])(x − E\[x\])ᵀ\].
pub(crate) fn covariance<T: Real>(
    data: &Samples<'_, T>,
    mean: &[f64],
) -> Result<DMatrix<f64>, Error> {
    let n = mean.len();
    let mut covariance = zero_matrix("covariance", n, n)?;
    let mut centred = Vec::new();
    for samples in data.chunks(CHUNK) {
        subtract(samples, mean, &mut centred);
        let z = Operand::new(&centred, n, samples.len() / n);
        let share = 1.0 / data.n_samples() as f64;
        f64::product(covariance.as_mut_slice(), true, share, z, z.transpose());
    }
    check_finite("covariance of the data", covariance.as_slice(), n)?;
    Ok(covariance)
}

/// `out` ← x − `mean` of each sample x.
pub(super) fn subtract<T: Real, U: Real>(samples: &[T], mean: &[f64], out: &mut Vec<U>) {
    out.clear();
    for sample in samples.chunks_exact(mean.len()) {
        out.extend(sample.iter().zip(mean).map(|(x, mean)| U::of(x.as_f64() - mean)));
    }
}
