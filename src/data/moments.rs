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
    let mut mean = Mean::default();
    mean.add(data.as_slice(), data.n_inputs());
    mean.finish()
}

/// E\[x\] of samples that come one piece after the other.
#[derive(Default)]
pub(crate) struct Mean {
    /// The first sample, from which the others are measured.
    origin: Vec<f64>,
    sum: Vec<f64>,
    n_samples: usize,
}

impl Mean {
    pub fn add<T: Real>(&mut self, samples: &[T], n_inputs: usize) {
        if self.n_samples == 0 {
            self.origin = samples[..n_inputs].iter().map(|x| x.as_f64()).collect();
            self.sum = vec![0.0; n_inputs];
        }
        for sample in samples.chunks_exact(n_inputs) {
            for ((sum, value), origin) in self.sum.iter_mut().zip(sample).zip(&self.origin) {
                *sum += value.as_f64() - origin;
            }
        }
        self.n_samples += samples.len() / n_inputs;
    }

    pub fn finish(self) -> Result<Vec<f64>, Error> {
        let deviations = self.sum.iter().map(|sum| sum / self.n_samples as f64);
        let mean: Vec<f64> = self.origin.iter().zip(deviations).map(|(o, d)| o + d).collect();
        check_finite("mean of the data", &mean, mean.len())?;
        Ok(mean)
    }
}

/// E\[(xᵢ − E\[xᵢ\])²\] of each feature.
pub(super) fn variance<T: Real>(data: &Samples<'_, T>, mean: &[f64]) -> Result<Vec<f64>, Error> {
    let mut variance = Variance::about(mean);
    variance.add(data.as_slice());
    variance.finish()
}

/// E\[(xᵢ − E\[xᵢ\])²\] of samples that come one piece after the other.
pub(crate) struct Variance<'a> {
    mean: &'a [f64],
    sum: Vec<f64>,
    n_samples: usize,
}

impl<'a> Variance<'a> {
    /// With this E\[x\].
    pub fn about(mean: &'a [f64]) -> Self {
        Self { mean, sum: vec![0.0; mean.len()], n_samples: 0 }
    }

    pub fn add<T: Real>(&mut self, samples: &[T]) {
        for sample in samples.chunks_exact(self.mean.len()) {
            for ((sum, value), mean) in self.sum.iter_mut().zip(sample).zip(self.mean) {
                let deviation = value.as_f64() - mean;
                *sum += deviation * deviation;
            }
        }
        self.n_samples += samples.len() / self.mean.len();
    }

    pub fn finish(mut self) -> Result<Vec<f64>, Error> {
        self.sum.iter_mut().for_each(|sum| *sum /= self.n_samples as f64);
        check_finite("variance of the data", &self.sum, self.mean.len())?;
        Ok(self.sum)
    }
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
