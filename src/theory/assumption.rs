//! Assumption 1: how far data are from mean 0 and identity covariance.

use crate::data::moments::{covariance, mean};
use crate::error::{Error, non_negative};
use crate::samples::Samples;
use crate::scalar::Real;
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use std::fmt;

/// Assumption 1 of the paper, E\[x\] = 0 and E\[xxᵀ\] = I, measured on data (n × N).
///
/// Most statements need less than it: see [`Claim`].
/// [`Whitening`](crate::data::Whitening) brings data there.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::data::Whitening;
/// use regularized_autoencoder::theory::{Assumption1, Claim, Exactness};
///
/// let x = dmatrix![1.0, -1.0, 3.0, -3.0; 2.0, -2.0, -1.0, 2.0];
/// let raw = Assumption1::of(&x)?;
/// assert_eq!(raw.largest_mean(), 0.25);
/// assert!(matches!(raw.exactness(Claim::Equation5, 1e-9)?, Exactness::Approximate { .. }));
/// assert_eq!(raw.exactness(Claim::Lemma1, 1e-9)?, Exactness::Exact);
///
/// let white = Whitening::zca(&x, 1e-9)?.full_rank()?.apply(&x)?;
/// let white = Assumption1::of(&white)?;
/// assert_eq!(white.exactness(Claim::VarianceIsSquaredLength, 1e-9)?, Exactness::Exact);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Assumption1 {
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
}

/// A statement, by what it needs of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// Lemma 1: nothing.
    Lemma1,
    /// Eq. 5 and Thm. 1, a step moves E\[a_j\] by −η ∂J/∂b_j: E\[x\] = 0.
    Equation5,
    /// Var\[a_j\] = ‖W_j‖²: covariance I.
    VarianceIsSquaredLength,
    /// Thm. 2 with the measured variance: nothing.
    Theorem2,
}

/// Whether a statement holds for some data as it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Exactness {
    /// What it needs holds, within the tolerance.
    Exact,
    /// What it needs does not hold.
    Approximate {
        /// By how much: the largest entry, in magnitude, of E\[x\] or of C − I.
        deviation: f64,
    },
}

impl Assumption1 {
    /// Measures mean and covariance (1/N), in `f64`.
    ///
    /// # Errors
    /// [`Error::Empty`] without data, [`Error::NotFinite`] if a value is not finite or so large that
    /// the covariance is not, [`Error::TooLarge`] if an n × n matrix does not fit into memory.
    pub fn of<'a, T: Real>(samples: impl Into<Samples<'a, T>>) -> Result<Self, Error> {
        let samples = samples.into();
        let mean = mean(&samples)?;
        let covariance = covariance(&samples, &mean)?;
        Ok(Self { mean: DVector::from_vec(mean), covariance })
    }

    /// E\[x\], n values.
    pub fn mean(&self) -> &DVector<f64> {
        &self.mean
    }

    /// C = E\[(x − E\[x\])(x − E\[x\])ᵀ\], n × n.
    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.covariance
    }

    /// The eigenvalues of C, largest first: all 1 for white data.
    ///
    /// # Errors
    /// [`Error::NoEigenvalues`] if the decomposition fails.
    pub fn eigenvalues(&self) -> Result<Vec<f64>, Error> {
        let (size, iterations) = (self.mean.len(), self.mean.len().saturating_mul(100));
        let eigen = SymmetricEigen::try_new(self.covariance.clone(), f64::EPSILON, iterations)
            .ok_or(Error::NoEigenvalues { size, iterations })?;
        let mut eigenvalues = eigen.eigenvalues.as_slice().to_vec();
        eigenvalues.sort_by(|a, b| b.total_cmp(a));
        Ok(eigenvalues)
    }

    /// max_i |E\[x_i\]|.
    pub fn largest_mean(&self) -> f64 {
        self.mean.amax()
    }

    /// max_{ik} |C_ik − δ_ik|.
    pub fn largest_covariance_deviation(&self) -> f64 {
        let identity = |i, k| if i == k { 1.0 } else { 0.0 };
        let size = self.mean.len();
        let pairs = (0..size).flat_map(|i| (0..size).map(move |k| (i, k)));
        pairs.map(|(i, k)| (self.covariance[(i, k)] - identity(i, k)).abs()).fold(0.0, f64::max)
    }

    /// Number of eigenvalues above `relative_tolerance` times the largest.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the tolerance is negative, infinite or NaN,
    /// [`Error::NoEigenvalues`] if the decomposition fails.
    pub fn rank(&self, relative_tolerance: f64) -> Result<usize, Error> {
        let tolerance = non_negative("relative tolerance", relative_tolerance)?;
        let eigenvalues = self.eigenvalues()?;
        Ok(eigenvalues.iter().filter(|value| **value > tolerance * eigenvalues[0]).count())
    }

    /// Whether what a statement needs of the data holds within `tolerance`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the tolerance is negative, infinite or NaN.
    pub fn exactness(&self, claim: Claim, tolerance: f64) -> Result<Exactness, Error> {
        let tolerance = non_negative("tolerance", tolerance)?;
        let deviation = match claim {
            Claim::Lemma1 | Claim::Theorem2 => 0.0,
            Claim::Equation5 => self.largest_mean(),
            Claim::VarianceIsSquaredLength => self.largest_covariance_deviation(),
        };
        Ok(if deviation <= tolerance {
            Exactness::Exact
        } else {
            Exactness::Approximate { deviation }
        })
    }
}

impl fmt::Display for Assumption1 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mean, covariance) = (self.largest_mean(), self.largest_covariance_deviation());
        write!(formatter, "E[x] = 0 up to {mean:.1e}, covariance = I up to {covariance:.1e}")
    }
}
