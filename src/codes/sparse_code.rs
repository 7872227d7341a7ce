//! The sparse code of one sample.

use super::select::{Candidate, Keep, select};
use crate::error::{Error, at_least_one};
use crate::memory::zeros;
use crate::scalar::Real;

/// The sparse code of one sample, in memory that is used again for the next.
///
/// ```
/// use nalgebra::{DVector, dmatrix};
/// use regularized_autoencoder::{Parameters, RegularizedAutoEncoder, Relu, SparseCode};
/// // h = max(0, x_1), max(0, x_2), max(0, x_1 + x_2)
/// let filters = dmatrix![1.0, 0.0, 1.0; 0.0, 1.0, 1.0];
/// let model = RegularizedAutoEncoder::builder(2, 3)
///     .activation(Relu)
///     .parameters(Parameters::new(filters, DVector::zeros(3), None)?)
///     .build()?;
/// let mut code = SparseCode::new(3)?;
/// model.encode_topk_into(&[2.0, 5.0], 2, &mut code)?;
/// assert_eq!((code.indices(), code.values()), (&[1, 2][..], &[5.0, 7.0][..]));
/// model.encode_topk_into(&[2.0, -5.0], 2, &mut code)?; // the codes are 2, 0, 0
/// assert_eq!((code.indices(), code.values()), (&[0][..], &[2.0][..]));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SparseCode<T: Real> {
    pub(super) dense: Vec<T>,
    kept: Vec<Candidate<T>>,
    indices: Vec<usize>,
    values: Vec<T>,
}

impl<T: Real> SparseCode<T> {
    /// Memory for codes of m = `n_hidden` units, however many of them are kept; nothing is kept yet.
    ///
    /// # Errors
    /// [`Error::Zero`] without units, [`Error::TooLarge`] if it does not fit into memory.
    pub fn new(n_hidden: usize) -> Result<Self, Error> {
        at_least_one("n_hidden", n_hidden)?;
        let mut kept = Vec::new();
        kept.try_reserve_exact(n_hidden).map_err(|_| Error::TooLarge {
            what: "candidates",
            rows: n_hidden,
            columns: 1,
        })?;
        let mut indices: Vec<usize> = zeros("indices", n_hidden, 1)?;
        let mut values: Vec<T> = zeros("values", n_hidden, 1)?;
        indices.clear();
        values.clear();
        Ok(Self { dense: zeros("codes", n_hidden, 1)?, kept, indices, values })
    }

    /// Number of hidden units, m.
    pub fn n_hidden(&self) -> usize {
        self.dense.len()
    }

    /// The units whose codes are kept, ascending.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// The codes of [`indices`](Self::indices).
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// Keeps some of the dense codes.
    pub(super) fn select(&mut self, keep: Keep) {
        select(&self.dense, keep, &mut self.kept);
        self.clear();
        self.indices.extend(self.kept.iter().map(|candidate| candidate.index));
        self.values.extend(self.kept.iter().map(|candidate| candidate.value));
    }

    /// Keeps nothing.
    pub(super) fn clear(&mut self) {
        self.indices.clear();
        self.values.clear();
    }
}
