//! Whitening: data with mean 0 and identity covariance.

use super::linear_map::LinearMap;
use super::moments::{covariance, mean};
use crate::error::{Error, at_least_one, same_size};
use crate::matmul::{Operand, Product};
use crate::memory::zero_matrix;
use crate::samples::{Samples, check_finite};
use crate::scalar::{Real, compiled};
use nalgebra::{DMatrix, SymmetricEigen};

/// A linear map after which E\[x\] = 0 and E\[xxᵀ\] = I: Assumption 1 of the paper.
///
/// With the covariance (1/N) of the data C = UΛUᵀ, of which the directions with
/// λ_k > max(tolerance, nε, Nε) λ_1 and λ_k > ε'² Σ_i u_ik² E\[x_i²\] are kept (ε = 2⁻⁵², and ε' that
/// of the data's type: what is smaller is rounding of the computation, or of the data):
///
/// | | apply | gives | E\[xxᵀ\] becomes |
/// |---|---|---|---|
/// | [`pca`](Self::pca) | Λ^{−½}Uᵀ(x − μ) | rank × N, largest variance first | I |
/// | [`zca`](Self::zca) | UΛ^{−½}Uᵀ(x − μ) | n × N, as near to the data as can be | UUᵀ |
///
/// UUᵀ, the projector onto the directions kept, is I where all of them are. PCA's directions are
/// determined up to their signs.
///
/// The decomposition is in `f64` whatever the data's type; [`apply`](Self::apply) multiplies in the
/// data's type. Variances below 1e-308 underflow: rescale such data first.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::data::Whitening;
/// // Three features, four samples; the last feature is constant.
/// let x = dmatrix![1.0, -1.0, 3.0, -3.0; 2.0, -2.0, -1.0, 1.0; 5.0, 5.0, 5.0, 5.0];
/// let whitening = Whitening::pca(&x, 1e-9)?;
/// assert_eq!(whitening.rank(), 2);
/// let white = whitening.apply(&x)?;
/// let covariance = &white * white.transpose() / 4.0;
/// assert!((covariance - dmatrix![1.0, 0.0; 0.0, 1.0_f64]).norm() < 1e-12);
/// assert!((whitening.invert(&white)? - x).norm() < 1e-12);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Unchecked"))]
pub struct Whitening {
    mean: Vec<f64>,
    eigenvalues: Vec<f64>,
    forward: LinearMap,
    backward: LinearMap,
}

/// What serde reads.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Whitening", deny_unknown_fields)]
struct Unchecked {
    mean: Vec<f64>,
    eigenvalues: Vec<f64>,
    #[serde(with = "crate::stored::matrix")]
    forward: DMatrix<f64>,
    #[serde(with = "crate::stored::matrix")]
    backward: DMatrix<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Unchecked> for Whitening {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self, Error> {
        Self::from_parts(read.mean, read.eigenvalues, read.forward, read.backward)
    }
}

impl Whitening {
    /// PCA whitening of an n × N data set, which also reduces n to the rank.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if `relative_tolerance` is not in \[0, 1) or all samples are
    /// alike; [`Error::Empty`] without data; [`Error::NotFinite`] if a value is not finite or so
    /// large that the covariance is not; [`Error::TooLarge`] if an n × n matrix does not fit into
    /// memory; [`Error::NoEigenvalues`] if the decomposition fails.
    pub fn pca<'a, T: Real>(
        x: impl Into<Samples<'a, T>>,
        relative_tolerance: f64,
    ) -> Result<Self, Error> {
        let x = &x.into();
        let Directions { mean, eigenvalues, vectors } = Directions::of(x, relative_tolerance)?;
        let forward = scaled(&vectors, &eigenvalues, |value| 1.0 / value.sqrt()).transpose();
        let backward = scaled(&vectors, &eigenvalues, f64::sqrt);
        Ok(Self::of_maps(mean, eigenvalues, forward, backward))
    }

    /// ZCA whitening of an n × N data set, which keeps n.
    ///
    /// # Errors
    /// Those of [`pca`](Self::pca).
    pub fn zca<'a, T: Real>(
        x: impl Into<Samples<'a, T>>,
        relative_tolerance: f64,
    ) -> Result<Self, Error> {
        let x = &x.into();
        let Directions { mean, eigenvalues, vectors } = Directions::of(x, relative_tolerance)?;
        let back = vectors.transpose();
        let forward = scaled(&vectors, &eigenvalues, |value| 1.0 / value.sqrt()) * &back;
        let backward = scaled(&vectors, &eigenvalues, f64::sqrt) * back;
        Ok(Self::of_maps(mean, eigenvalues, forward, backward))
    }

    fn of_maps(
        mean: Vec<f64>,
        eigenvalues: Vec<f64>,
        forward: DMatrix<f64>,
        backward: DMatrix<f64>,
    ) -> Self {
        let (forward, backward) = (LinearMap::new(forward), LinearMap::new(backward));
        Self { mean, eigenvalues, forward, backward }
    }

    /// Puts together what was measured elsewhere: μ, the variances λ_k, the largest first, and the
    /// matrices F and B with x' = F(x − μ) and x = Bx' + μ. F has a row for each λ_k (PCA) or for
    /// each feature (ZCA). That these belong together is not checked.
    ///
    /// # Errors
    /// [`Error::Zero`] without features or variances, [`Error::Dimension`] if the sizes differ,
    /// [`Error::NotFinite`] for NaN and ±∞ in μ and the matrices, [`Error::InvalidParameter`] if there
    /// are more variances than features, or one is not positive or larger than the one before.
    ///
    /// ```
    /// use nalgebra::dmatrix;
    /// use regularized_autoencoder::data::Whitening;
    /// let x = dmatrix![1.0, -1.0, 3.0, -3.0; 2.0, -2.0, -1.0, 1.0];
    /// let whitening = Whitening::pca(&x, 0.0)?;
    /// let (forward, backward) = whitening.matrices();
    /// let (mean, variances) = (whitening.mean().to_vec(), whitening.eigenvalues().to_vec());
    /// let again = Whitening::from_parts(mean, variances, forward.clone(), backward.clone())?;
    /// assert_eq!(again, whitening);
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn from_parts(
        mean: Vec<f64>,
        eigenvalues: Vec<f64>,
        forward: DMatrix<f64>,
        backward: DMatrix<f64>,
    ) -> Result<Self, Error> {
        let (n_features, rank) = (mean.len(), eigenvalues.len());
        at_least_one("number of features", n_features)?;
        at_least_one("rank", rank)?;
        let n_outputs = if forward.nrows() == n_features { n_features } else { rank };
        same_size("rows of the whitening matrix", n_outputs, forward.nrows())?;
        same_size("columns of the whitening matrix", n_features, forward.ncols())?;
        same_size("rows of the matrix back", n_features, backward.nrows())?;
        same_size("columns of the matrix back", n_outputs, backward.ncols())?;
        if rank > n_features {
            let rule = format!("at most the number of features, {n_features}");
            return Err(Error::invalid("rank", rank as f64, rule));
        }
        check_finite("mean of the data", &mean, n_features)?;
        check_finite("whitening matrix", forward.as_slice(), n_outputs)?;
        check_finite("matrix back", backward.as_slice(), n_features)?;
        let mut largest = f64::MAX;
        for (number, &value) in eigenvalues.iter().enumerate() {
            if !(value > 0.0 && value <= largest) {
                let name = format!("eigenvalue {number} of the covariance");
                return Err(Error::invalid(name, value, "positive and at most the one before"));
            }
            largest = value;
        }
        Ok(Self::of_maps(mean, eigenvalues, forward, backward))
    }

    /// F and B: x' = F(x − μ) is white, and x = Bx' + μ.
    pub fn matrices(&self) -> (&DMatrix<f64>, &DMatrix<f64>) {
        (self.forward.matrix(), self.backward.matrix())
    }

    /// This whitening, if it keeps every direction, so that E\[xxᵀ\] becomes I exactly.
    ///
    /// # Errors
    /// [`Error::RankDeficient`] if a direction was left out.
    ///
    /// ```
    /// use nalgebra::dmatrix;
    /// use regularized_autoencoder::data::Whitening;
    /// let x = dmatrix![1.0, -1.0, 0.5; 2.0, 2.0, 2.0];
    /// let error = Whitening::zca(&x, 1e-9)?.full_rank().unwrap_err();
    /// assert_eq!(error.to_string(), "the covariance has rank 1, but all 2 directions are needed");
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn full_rank(self) -> Result<Self, Error> {
        let (rank, size) = (self.rank(), self.mean.len());
        if rank == size { Ok(self) } else { Err(Error::RankDeficient { rank, size }) }
    }

    /// Number of directions kept.
    pub fn rank(&self) -> usize {
        self.eigenvalues.len()
    }

    /// The variances λ_k along the directions kept, largest first.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// The mean μ that is subtracted.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Whitens n × N data, which may be other data than was measured.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the number of features differs, [`Error::NotFinite`] if a value or a
    /// result is not finite, [`Error::TooLarge`] if the result does not fit into memory.
    pub fn apply<'a, T: Real>(&self, x: impl Into<Samples<'a, T>>) -> Result<DMatrix<T>, Error> {
        let x = x.into();
        same_size("number of features (rows)", self.mean.len(), x.n_inputs())?;
        Ok(DMatrix::from_vec(self.n_outputs(), x.n_samples(), self.scale(x.as_slice())?))
    }

    /// Takes whitened data back: [`apply`](Self::apply) and then `invert` project x − μ onto the
    /// directions kept, which for the data that was measured loses what the tolerance allows.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply).
    pub fn invert<'a, T: Real>(
        &self,
        white: impl Into<Samples<'a, T>>,
    ) -> Result<DMatrix<T>, Error> {
        let white = white.into();
        same_size("number of features (rows)", self.n_outputs(), white.n_inputs())?;
        let restored = self.unscale(white.as_slice())?;
        Ok(DMatrix::from_vec(self.mean.len(), white.n_samples(), restored))
    }

    /// The transpose of the map to whitened data, times `filters`.
    pub(super) fn fold_forward(&self, filters: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        product(operand(self.forward.matrix()).transpose(), self.mean.len(), filters)
    }

    /// The map from whitened data back, times `filters`.
    pub(super) fn fold_backward(&self, filters: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        product(operand(self.backward.matrix()), self.mean.len(), filters)
    }

    /// Values of a whitened sample: the rank for PCA, n for ZCA.
    pub(super) fn n_outputs(&self) -> usize {
        self.forward.matrix().nrows()
    }

    /// Whitens samples that stand one after the other.
    pub(super) fn scale<T: Real>(&self, samples: &[T]) -> Result<Vec<T>, Error> {
        self.forward.affine(&self.mean, &vec![0.0; self.n_outputs()], samples)
    }

    /// Takes whitened samples that stand one after the other back.
    pub(super) fn unscale<T: Real>(&self, white: &[T]) -> Result<Vec<T>, Error> {
        self.backward.affine(&vec![0.0; self.n_outputs()], &self.mean, white)
    }

    /// The whitened values `first`, `first` + 1, … of one sample, finite or not.
    ///
    /// Sums in `f64`, a few at a time, and so takes no memory.
    pub(super) fn scale_part<T: Real>(&self, sample: &[T], first: usize, out: &mut [T]) {
        const ROWS: usize = 64;
        for (piece, out) in out.chunks_mut(ROWS).enumerate() {
            let (first, mut sums) = (first + piece * ROWS, [0.0; ROWS]);
            let sums = &mut sums[..out.len()];
            for (i, (x, mean)) in sample.iter().zip(&self.mean).enumerate() {
                let centred = x.as_f64() - mean;
                let column = &self.forward.matrix().as_slice()[i * self.n_outputs() + first..];
                for (sum, factor) in sums.iter_mut().zip(column) {
                    *sum += factor * centred;
                }
            }
            out.iter_mut().zip(sums).for_each(|(out, sum)| *out = T::of(*sum));
        }
    }
}

/// The principal directions of a data set that are kept.
struct Directions {
    mean: Vec<f64>,
    eigenvalues: Vec<f64>,
    /// In the columns.
    vectors: DMatrix<f64>,
}

impl Directions {
    fn of<T: Real>(x: &Samples<'_, T>, relative_tolerance: f64) -> Result<Self, Error> {
        if !(0.0..1.0).contains(&relative_tolerance) {
            return Err(Error::invalid("relative tolerance", relative_tolerance, "in [0, 1)"));
        }
        compiled!(
            T,
            directions(x: &Samples<'_, T>, relative_tolerance: f64) -> Result<Directions, Error>
        )
    }
}

fn directions<T: Real>(
    samples: &Samples<'_, T>,
    relative_tolerance: f64,
) -> Result<Directions, Error> {
    let mean = mean(samples)?;
    let size = mean.len();
    let iterations = size.saturating_mul(100);
    let covariance = covariance(samples, &mean)?;
    let squares = squares(&covariance, &mean);
    let eigen = SymmetricEigen::try_new(covariance, f64::EPSILON, iterations)
        .ok_or(Error::NoEigenvalues { size, iterations })?;
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&i, &j| eigen.eigenvalues[j].total_cmp(&eigen.eigenvalues[i]));
    let largest = eigen.eigenvalues[order[0]];
    if !(f64::MIN_POSITIVE..=f64::MAX).contains(&largest) {
        let rule = "finite and at least 2.2e-308: the samples must not all be alike";
        return Err(Error::invalid("largest eigenvalue of the covariance", largest, rule));
    }
    // What the computation rounds, and what the numbers of the samples had been rounded by.
    let rounding = size.max(samples.n_samples()) as f64 * f64::EPSILON;
    let floor = relative_tolerance.max(rounding) * largest;
    let of_samples = |k: usize| {
        let direction = eigen.eigenvectors.column(k);
        let sum: f64 = direction.iter().zip(&squares).map(|(u, square)| u * u * square).sum();
        T::EPSILON.as_f64().powi(2) * sum
    };
    order.retain(|&k| eigen.eigenvalues[k] > floor.max(of_samples(k)));
    Ok(Directions {
        mean,
        eigenvalues: order.iter().map(|&k| eigen.eigenvalues[k]).collect(),
        vectors: eigen.eigenvectors.select_columns(&order),
    })
}

/// E\[x_i²\] of each feature.
fn squares(covariance: &DMatrix<f64>, mean: &[f64]) -> Vec<f64> {
    mean.iter().enumerate().map(|(i, mean)| covariance[(i, i)] + mean * mean).collect()
}

/// `vectors` with column k multiplied by `factor`(λ_k).
fn scaled(vectors: &DMatrix<f64>, eigenvalues: &[f64], factor: fn(f64) -> f64) -> DMatrix<f64> {
    let mut scaled = vectors.clone();
    for (mut vector, &value) in scaled.column_iter_mut().zip(eigenvalues) {
        vector *= factor(value);
    }
    scaled
}

fn operand(matrix: &DMatrix<f64>) -> Operand<'_, f64> {
    Operand::new(matrix.as_slice(), matrix.nrows(), matrix.ncols())
}

/// `left`, which has so many `rows`, times `right`.
fn product(
    left: Operand<'_, f64>,
    rows: usize,
    right: &DMatrix<f64>,
) -> Result<DMatrix<f64>, Error> {
    let mut result = zero_matrix("folded filters", rows, right.ncols())?;
    f64::product(result.as_mut_slice(), false, 1.0, left, operand(right));
    Ok(result)
}
