//! Standardisation: each feature with mean 0 and standard deviation 1.

use super::moments;
use crate::error::{Error, at_least_one, non_negative, same_size};
use crate::memory::zeros;
use crate::samples::{Samples, check_finite};
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;

/// Subtracts from each feature its mean and divides by its standard deviation plus an offset.
///
/// ```text
/// x'_ik = (x_ik − μ_i) / (σ_i + offset)     μ_i, σ_i over the samples k = 1 … N, with 1/N
/// ```
/// The paper (§3) uses it with offset 0 for CIFAR-10 patches and 0.1 for MNIST in \[0, 1\], whose
/// border pixels hardly vary. With an offset the standard deviation becomes σ_i / (σ_i + offset).
///
/// Means and deviations are computed in two passes and kept in `f64`, whatever the data's type;
/// those of a constant feature are exact. A variance below 1e-308 underflows: rescale such data first.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::data::Standardization;
/// // Two features, three samples.
/// let mut x: nalgebra::DMatrix<f64> = dmatrix![1.0, 2.0, 3.0; 0.0, 0.0, 6.0];
/// let original = x.clone();
/// let standardization = Standardization::fit(&x, 0.0)?;
/// assert_eq!(standardization.mean(), [2.0, 2.0]);
/// standardization.apply(&mut x)?;
/// assert!((x.row(1).norm_squared() - 3.0).abs() < 1e-12);
/// standardization.invert(&mut x)?;
/// assert!((x - original).norm() < 1e-12);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Standardization {
    mean: Vec<f64>,
    standard_deviation: Vec<f64>,
    offset: f64,
}

#[cfg(feature = "serde")]
crate::stored::deserialize_checked!(
    Standardization { mean: Vec<f64>, standard_deviation: Vec<f64>, offset: f64 } =>
        Self::from_parts(mean, standard_deviation, offset)
);

/// What errors call the result.
const STANDARDISED: &str = "standardised data";
/// … and of the way back.
const RESTORED: &str = "restored data";

impl Standardization {
    /// Measures the features (rows) of an n × N data set over its samples (columns).
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if `offset` is negative or not finite, [`Error::Empty`] without
    /// data, [`Error::NotFinite`] if a value is not finite or so large that its mean or variance is
    /// not, [`Error::ConstantFeature`] if σ_i + offset is 0.
    pub fn fit<'a, T: Real>(x: impl Into<Samples<'a, T>>, offset: f64) -> Result<Self, Error> {
        non_negative("offset", offset)?;
        let x = &x.into();
        compiled!(T, fit(x: &Samples<'_, T>, offset: f64) -> Result<Standardization, Error>)
    }

    /// Puts together what was measured elsewhere: μ and σ of each feature, and the offset.
    ///
    /// # Errors
    /// [`Error::Zero`] without features, [`Error::Dimension`] if there are not as many σ as μ,
    /// [`Error::NotFinite`] for NaN and ±∞ in μ, [`Error::InvalidParameter`] if a σ or the offset is
    /// negative, or their sum not finite, [`Error::ConstantFeature`] if σ_i + offset is 0.
    ///
    /// ```
    /// use regularized_autoencoder::data::Standardization;
    /// let standardization = Standardization::from_parts(vec![0.5, 2.0], vec![0.3, 0.0], 0.1)?;
    /// assert_eq!(standardization.mean(), [0.5, 2.0]);
    /// let error = Standardization::from_parts(vec![0.5], vec![-0.3], 0.1).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "standard deviation of feature 0 is -0.3, but must be finite and at least 0"
    /// );
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn from_parts(
        mean: Vec<f64>,
        standard_deviation: Vec<f64>,
        offset: f64,
    ) -> Result<Self, Error> {
        at_least_one("number of features", mean.len())?;
        same_size("number of standard deviations", mean.len(), standard_deviation.len())?;
        non_negative("offset", offset)?;
        check_finite("mean of the data", &mean, mean.len())?;
        for (feature, &deviation) in standard_deviation.iter().enumerate() {
            if !(deviation >= 0.0 && deviation.is_finite()) {
                let name = format!("standard deviation of feature {feature}");
                return Err(Error::invalid(name, deviation, "finite and at least 0"));
            }
        }
        if let Some(feature) = standard_deviation.iter().position(|s| !(s + offset).is_finite()) {
            let name = format!("standard deviation of feature {feature} with the offset");
            return Err(Error::invalid(name, standard_deviation[feature] + offset, "finite"));
        }
        match standard_deviation.iter().position(|s| s + offset == 0.0) {
            None => Ok(Self { mean, standard_deviation, offset }),
            Some(feature) => {
                let standard_deviation = standard_deviation[feature];
                Err(Error::ConstantFeature { feature, standard_deviation, offset })
            }
        }
    }

    /// μ of each feature.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// σ of each feature, without the offset.
    pub fn standard_deviation(&self) -> &[f64] {
        &self.standard_deviation
    }

    /// What is added to each σ.
    pub fn offset(&self) -> f64 {
        self.offset
    }

    /// x ← (x − μ) / (σ + offset), in place; `x` may be other data than was measured.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the number of features differs, [`Error::NotFinite`] if a result
    /// would not be finite, because the value is not or because it overflows. `x` is then as before.
    pub fn apply<T: Real>(&self, x: &mut DMatrix<T>) -> Result<(), Error> {
        let fitted = self;
        compiled!(T, apply(fitted: &Standardization, x: &mut DMatrix<T>) -> Result<(), Error>)
    }

    /// [`apply`](Self::apply) for samples that stand one after the other in a slice, such as one
    /// sample.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply), but [`Error::PartialSample`] instead of
    /// [`Error::Dimension`].
    pub fn apply_to_slice<T: Real>(&self, x: &mut [T]) -> Result<(), Error> {
        Samples::from_slice(x, self.mean.len())?;
        let fitted = self;
        compiled!(T, apply_to_slice(fitted: &Standardization, x: &mut [T]) -> Result<(), Error>)
    }

    /// x ← x · (σ + offset) + μ, in place.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply).
    pub fn invert<T: Real>(&self, x: &mut DMatrix<T>) -> Result<(), Error> {
        let fitted = self;
        compiled!(T, invert(fitted: &Standardization, x: &mut DMatrix<T>) -> Result<(), Error>)
    }

    /// A standardised copy of samples that stand one after the other.
    pub(super) fn scale<T: Real>(&self, samples: &[T]) -> Result<Vec<T>, Error> {
        let fitted = self;
        compiled!(T, scale(fitted: &Standardization, samples: &[T]) -> Result<Vec<T>, Error>)
    }

    /// A copy of standardised samples that stand one after the other, taken back.
    pub(super) fn unscale<T: Real>(&self, scaled: &[T]) -> Result<Vec<T>, Error> {
        let fitted = self;
        compiled!(T, unscale(fitted: &Standardization, scaled: &[T]) -> Result<Vec<T>, Error>)
    }

    /// The standardised values `first`, `first` + 1, … of one sample, finite or not.
    pub(super) fn scale_part<T: Real>(&self, sample: &[T], first: usize, out: &mut [T]) {
        let features = self.mean[first..].iter().zip(&self.standard_deviation[first..]);
        for ((out, x), (mean, deviation)) in out.iter_mut().zip(&sample[first..]).zip(features) {
            *out = T::of((x.as_f64() - mean) / (deviation + self.offset));
        }
    }

    /// Each number of a matrix by `map`(number, σ + offset of its row).
    pub(super) fn scale_rows(
        &self,
        mut matrix: DMatrix<f64>,
        map: impl Fn(f64, f64) -> f64,
    ) -> DMatrix<f64> {
        for column in matrix.as_mut_slice().chunks_exact_mut(self.mean.len()) {
            for (value, deviation) in column.iter_mut().zip(&self.standard_deviation) {
                *value = map(*value, deviation + self.offset);
            }
        }
        matrix
    }

    /// x ← `map`(x, μ, σ + offset), unless a result would not be finite.
    fn transform<T: Real>(
        &self,
        x: &mut DMatrix<T>,
        what: &'static str,
        map: impl Fn(f64, f64, f64) -> f64,
    ) -> Result<(), Error> {
        same_size("number of features (rows)", self.mean.len(), x.nrows())?;
        self.transform_slice(x.as_mut_slice(), what, map)
    }

    /// [`transform`](Self::transform) of samples that stand one after the other.
    fn transform_slice<T: Real>(
        &self,
        x: &mut [T],
        what: &'static str,
        map: impl Fn(f64, f64, f64) -> f64,
    ) -> Result<(), Error> {
        let n = self.mean.len();
        let scale: Vec<f64> = self.standard_deviation.iter().map(|s| s + self.offset).collect();
        let map = |value: T, row: usize| T::of(map(value.as_f64(), self.mean[row], scale[row]));
        for (column, sample) in x.chunks_exact(n).enumerate() {
            for (row, &value) in sample.iter().enumerate() {
                let value = map(value, row);
                if !value.is_finite() {
                    return Err(Error::NotFinite { what, row, column, value: value.as_f64() });
                }
            }
        }
        for sample in x.chunks_exact_mut(n) {
            for (row, value) in sample.iter_mut().enumerate() {
                *value = map(*value, row);
            }
        }
        Ok(())
    }
}

fn fit<T: Real>(samples: &Samples<'_, T>, offset: f64) -> Result<Standardization, Error> {
    let mean = moments::mean(samples)?;
    let variance = moments::variance(samples, &mean)?;
    let standard_deviation = variance.into_iter().map(f64::sqrt).collect();
    Standardization::from_parts(mean, standard_deviation, offset)
}

fn apply<T: Real>(fitted: &Standardization, x: &mut DMatrix<T>) -> Result<(), Error> {
    fitted.transform(x, STANDARDISED, standardised)
}

fn apply_to_slice<T: Real>(fitted: &Standardization, x: &mut [T]) -> Result<(), Error> {
    fitted.transform_slice(x, STANDARDISED, standardised)
}

/// (x − μ) / (σ + offset).
fn standardised(x: f64, mean: f64, scale: f64) -> f64 {
    (x - mean) / scale
}

/// A standardised copy of whole samples.
fn scale<T: Real>(fitted: &Standardization, samples: &[T]) -> Result<Vec<T>, Error> {
    let n = fitted.mean.len();
    let mut scaled = zeros(STANDARDISED, n, samples.len() / n)?;
    for (sample, out) in samples.chunks_exact(n).zip(scaled.chunks_exact_mut(n)) {
        fitted.scale_part(sample, 0, out);
    }
    check_finite(STANDARDISED, &scaled, n)?;
    Ok(scaled)
}

fn invert<T: Real>(fitted: &Standardization, x: &mut DMatrix<T>) -> Result<(), Error> {
    fitted.transform(x, RESTORED, restored)
}

fn unscale<T: Real>(fitted: &Standardization, scaled: &[T]) -> Result<Vec<T>, Error> {
    let n = fitted.mean.len();
    let mut data = zeros(RESTORED, n, scaled.len() / n)?;
    data.copy_from_slice(scaled);
    fitted.transform_slice(&mut data, RESTORED, restored)?;
    Ok(data)
}

/// x (σ + offset) + μ.
fn restored(x: f64, mean: f64, scale: f64) -> f64 {
    x * scale + mean
}
