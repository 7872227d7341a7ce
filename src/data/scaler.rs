//! The scaler of a model: what brings samples to the units in which it computes.

use super::{Standardization, Whitening};
use crate::error::{Error, same_size};
use crate::kernels::are_finite;
use crate::samples::{Samples, check_finite};
use crate::scalar::Real;
use nalgebra::DMatrix;
use std::borrow::Cow;

/// A [`Standardization`] or a [`Whitening`] that belongs to a model.
///
/// A model with a scaler takes samples in the units of its data, and gives reconstructions in them;
/// see [`RegularizedAutoEncoder`](crate::RegularizedAutoEncoder#scaler).
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::data::{Scaler, Standardization, Whitening};
/// let x = dmatrix![1.0, 2.0, 3.0, 2.0; 0.0, 0.0, 6.0, 2.0; 5.0, 5.0, 5.0, 5.0];
/// let scaler = Scaler::from(Standardization::fit(&x, 0.1)?);
/// assert_eq!((scaler.n_inputs(), scaler.n_outputs()), (3, 3));
/// // PCA leaves out the direction in which the data do not vary.
/// let scaler = Scaler::from(Whitening::pca(&x, 1e-9)?);
/// assert_eq!((scaler.n_inputs(), scaler.n_outputs()), (3, 2));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Scaler {
    /// Each feature on its own.
    Standardization(Standardization),
    /// All features together.
    Whitening(Whitening),
}

impl From<Standardization> for Scaler {
    fn from(standardization: Standardization) -> Self {
        Self::Standardization(standardization)
    }
}

impl From<Whitening> for Scaler {
    fn from(whitening: Whitening) -> Self {
        Self::Whitening(whitening)
    }
}

impl Scaler {
    /// Values per sample of the data.
    pub fn n_inputs(&self) -> usize {
        match self {
            Self::Standardization(standardization) => standardization.mean().len(),
            Self::Whitening(whitening) => whitening.mean().len(),
        }
    }

    /// Values per sample in the units of the model: the rank for [`Whitening::pca`].
    pub fn n_outputs(&self) -> usize {
        match self {
            Self::Standardization(standardization) => standardization.mean().len(),
            Self::Whitening(whitening) => whitening.n_outputs(),
        }
    }

    /// Samples of the data (n × N) in the units of the model, as a copy.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the number of features differs, [`Error::NotFinite`] if a value or a
    /// result is not finite, [`Error::TooLarge`] if the copy does not fit into memory.
    pub fn apply<'a, T: Real>(
        &self,
        samples: impl Into<Samples<'a, T>>,
    ) -> Result<DMatrix<T>, Error> {
        let samples = samples.into();
        same_size("number of features (rows)", self.n_inputs(), samples.n_inputs())?;
        let scaled = self.scale(samples.as_slice(), 0)?;
        Ok(DMatrix::from_vec(self.n_outputs(), samples.n_samples(), scaled))
    }

    /// Samples in the units of the model taken back to those of the data, as
    /// [`Standardization::invert`] and [`Whitening::invert`] do.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply).
    pub fn invert<T: Real>(&self, mut scaled: DMatrix<T>) -> Result<DMatrix<T>, Error> {
        match self {
            Self::Standardization(standardization) => {
                standardization.invert(&mut scaled)?;
                Ok(scaled)
            }
            Self::Whitening(whitening) => whitening.invert(&scaled),
        }
    }

    /// The mean μ that is subtracted.
    pub fn mean(&self) -> &[f64] {
        match self {
            Self::Standardization(standardization) => standardization.mean(),
            Self::Whitening(whitening) => whitening.mean(),
        }
    }

    /// With x' = S(x − μ): SᵀW for the columns W of a matrix.
    pub(crate) fn fold_forward(&self, filters: DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        match self {
            Self::Standardization(standardization) => {
                Ok(standardization.scale_rows(filters, |value, scale| value / scale))
            }
            Self::Whitening(whitening) => whitening.fold_forward(&filters),
        }
    }

    /// With x = Bx' + μ: BW for the columns W of a matrix.
    pub(crate) fn fold_backward(&self, filters: DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        match self {
            Self::Standardization(standardization) => {
                Ok(standardization.scale_rows(filters, |value, scale| value * scale))
            }
            Self::Whitening(whitening) => whitening.fold_backward(&filters),
        }
    }

    /// Samples of the data, one after the other, in the units of the model; the number of the
    /// `first` is for errors.
    pub(crate) fn scale<T: Real>(&self, samples: &[T], first: usize) -> Result<Vec<T>, Error> {
        match self {
            Self::Standardization(standardization) => standardization.scale(samples),
            Self::Whitening(whitening) => whitening.scale(samples),
        }
        .map_err(|error| error.after_samples(first))
    }

    /// Samples in the units of the model, one after the other, taken back to those of the data; the
    /// number of the `first` is for errors.
    pub(crate) fn unscale<T: Real>(&self, scaled: &[T], first: usize) -> Result<Vec<T>, Error> {
        match self {
            Self::Standardization(standardization) => standardization.unscale(scaled),
            Self::Whitening(whitening) => whitening.unscale(scaled),
        }
        .map_err(|error| error.after_samples(first))
    }

    /// A data set of the given name in the units of the model, checked.
    pub(crate) fn scale_samples<T: Real>(
        &self,
        samples: &Samples<'_, T>,
        what: &'static str,
    ) -> Result<Samples<'static, T>, Error> {
        same_size(format!("values per sample of the {what}"), self.n_inputs(), samples.n_inputs())?;
        samples.check(what)?;
        Ok(Samples::owned(self.scale(samples.as_slice(), 0)?, self.n_outputs()))
    }

    /// The values `first`, `first` + 1, … of one sample in the units of the model, as many as `out`
    /// takes, without taking memory.
    pub(crate) fn scale_part<T: Real>(
        &self,
        sample: &[T],
        first: usize,
        out: &mut [T],
    ) -> Result<(), Error> {
        match self {
            Self::Standardization(standardization) => {
                standardization.scale_part(sample, first, out);
            }
            Self::Whitening(whitening) => whitening.scale_part(sample, first, out),
        }
        if are_finite(out) {
            return Ok(());
        }
        check_finite("scaled sample", out, out.len()).map_err(|error| match error {
            Error::NotFinite { what, row, column, value } => {
                Error::NotFinite { what, row: first + row, column, value }
            }
            other => other,
        })
    }

    /// Samples in the units of the model: a copy, or the samples as they are without a scaler.
    pub(crate) fn scaled<'a, T: Real>(
        scaler: Option<&Self>,
        samples: &'a [T],
        first: usize,
    ) -> Result<Cow<'a, [T]>, Error> {
        match scaler {
            None => Ok(Cow::Borrowed(samples)),
            Some(scaler) => scaler.scale(samples, first).map(Cow::Owned),
        }
    }
}
