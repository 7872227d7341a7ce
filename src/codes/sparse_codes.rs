//! The sparse codes of many samples.

use super::select::Candidate;
use crate::error::{Error, at_least_one, same_size};
use crate::memory::zero_matrix;
use crate::scalar::Real;
use nalgebra::DMatrix;

/// The sparse codes of N samples: a matrix with samples in rows, N × m, of which each row lists the
/// units that are kept, in the format CSR (compressed sparse rows).
///
/// ```text
/// row i:  indices[offsets[i]..offsets[i + 1]], ascending, and values[offsets[i]..offsets[i + 1]]
/// ```
/// The parts are those of every library for sparse matrices: [`into_parts`](Self::into_parts) hands
/// them over without copying, for instance to nalgebra-sparse's `CsrMatrix::try_from_csr_data(N, m,
/// offsets, indices, values)` or sprs' `CsMat::new((N, m), offsets, indices, values)`. Note that
/// there samples stand in rows, where the dense codes of this crate have them in columns.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::SparseCodes;
/// let codes = SparseCodes::new(4, vec![0, 2, 2, 3], vec![0, 3, 1], vec![0.5, 2.0, 1.0])?;
/// assert_eq!((codes.n_samples(), codes.n_hidden(), codes.n_kept()), (3, 4, 3));
/// assert_eq!(codes.row(0)?, (&[0, 3][..], &[0.5, 2.0][..]));
/// assert_eq!(codes.ranked(0)?, [(3, 2.0), (0, 0.5)]);
/// let dense = dmatrix![0.5, 0.0, 0.0; 0.0, 0.0, 1.0; 0.0, 0.0, 0.0; 2.0, 0.0, 0.0];
/// assert_eq!(codes.to_dense()?, dense); // m × N
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SparseCodes<T> {
    n_hidden: usize,
    offsets: Vec<usize>,
    indices: Vec<usize>,
    values: Vec<T>,
}

/// The units of a sample that are kept, ascending, and their codes.
pub type Row<'a, T> = (&'a [usize], &'a [T]);

impl<T: Real> SparseCodes<T> {
    /// Puts the parts of N samples of m = `n_hidden` codes together: N + 1 offsets, and as many
    /// indices as values.
    ///
    /// # Errors
    /// [`Error::Zero`] without units, [`Error::Dimension`] if there are not as many values as
    /// indices or if the offsets do not begin at 0 and end at their number,
    /// [`Error::Empty`] without offsets, [`Error::InvalidParameter`] if offsets fall, or if the
    /// indices of a row do not ascend or reach m, [`Error::NotFinite`] for NaN and ±∞.
    pub fn new(
        n_hidden: usize,
        offsets: Vec<usize>,
        indices: Vec<usize>,
        values: Vec<T>,
    ) -> Result<Self, Error> {
        at_least_one("n_hidden", n_hidden)?;
        same_size("number of values of sparse codes", indices.len(), values.len())?;
        let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else {
            let what = "offsets of sparse codes";
            return Err(Error::Empty { what, n_inputs: n_hidden, n_samples: 0 });
        };
        same_size("first offset of sparse codes", 0, first)?;
        same_size("last offset of sparse codes", indices.len(), last)?;
        for (row, pair) in offsets.windows(2).enumerate() {
            if pair[1] < pair[0] || pair[1] > indices.len() {
                let name = format!("offset {} of sparse codes", row + 1);
                let rule = format!("from {} to {}", pair[0], indices.len());
                return Err(Error::invalid(name, pair[1] as f64, rule));
            }
            check_row(row, &indices[pair[0]..pair[1]], n_hidden)?;
        }
        crate::samples::check_finite("values of sparse codes", &values, values.len().max(1))?;
        Ok(Self { n_hidden, offsets, indices, values })
    }

    /// No sample yet, of codes of so many units.
    pub(super) fn none(n_hidden: usize) -> Self {
        Self { n_hidden, offsets: vec![0], indices: Vec::new(), values: Vec::new() }
    }

    /// Number of samples, N.
    pub fn n_samples(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of hidden units, m.
    pub fn n_hidden(&self) -> usize {
        self.n_hidden
    }

    /// Number of codes that are kept, of all samples together.
    pub fn n_kept(&self) -> usize {
        self.indices.len()
    }

    /// Where each row begins among the indices, and where the last one ends; N + 1 numbers.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// The units that are kept, row after row.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// The codes that are kept, row after row.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The units of one sample that are kept, ascending, and their codes.
    ///
    /// # Errors
    /// [`Error::NotEnough`] if there are not so many samples.
    pub fn row(&self, sample: usize) -> Result<Row<'_, T>, Error> {
        let available = self.n_samples();
        if sample >= available {
            let (what, asked) = ("sparse codes".into(), sample.saturating_add(1));
            return Err(Error::NotEnough { what, asked, available });
        }
        Ok(self.at(sample))
    }

    /// The rows, sample after sample.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_, T>> {
        (0..self.n_samples()).map(|sample| self.at(sample))
    }

    /// The units of one sample and their codes, those of largest |h| first; of equal ones that of
    /// the lower index.
    ///
    /// # Errors
    /// Those of [`row`](Self::row).
    pub fn ranked(&self, sample: usize) -> Result<Vec<(usize, T)>, Error> {
        let (indices, values) = self.row(sample)?;
        let pairs = indices.iter().zip(values);
        let mut row: Vec<_> = pairs.map(|(&index, &value)| Candidate { index, value }).collect();
        Candidate::rank(&mut row);
        Ok(row.into_iter().map(|Candidate { index, value }| (index, value)).collect())
    }

    /// The dense codes, m × N, with 0 for what is not kept.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if they do not fit into memory.
    pub fn to_dense(&self) -> Result<DMatrix<T>, Error> {
        let mut dense = zero_matrix("codes", self.n_hidden, self.n_samples())?;
        for ((indices, values), mut code) in self.rows().zip(dense.column_iter_mut()) {
            for (&index, &value) in indices.iter().zip(values) {
                code[index] = value;
            }
        }
        Ok(dense)
    }

    /// Offsets, indices and values, without copying.
    pub fn into_parts(self) -> (Vec<usize>, Vec<usize>, Vec<T>) {
        (self.offsets, self.indices, self.values)
    }

    /// The row of a sample that there is.
    pub(super) fn at(&self, sample: usize) -> Row<'_, T> {
        let range = self.offsets[sample]..self.offsets[sample + 1];
        (&self.indices[range.clone()], &self.values[range])
    }

    /// Adds samples of which so many codes each are kept, in this order.
    pub(super) fn extend(&mut self, lengths: &[usize], kept: &[Candidate<T>]) -> Result<(), Error> {
        let (rows, columns) = (self.n_samples().saturating_add(lengths.len()), self.n_hidden);
        let too_large = |_| Error::TooLarge { what: "sparse codes", rows, columns };
        self.offsets.try_reserve(lengths.len()).map_err(too_large)?;
        self.indices.try_reserve(kept.len()).map_err(too_large)?;
        self.values.try_reserve(kept.len()).map_err(too_large)?;
        let mut end = self.indices.len();
        for length in lengths {
            end += length;
            self.offsets.push(end);
        }
        self.indices.extend(kept.iter().map(|candidate| candidate.index));
        self.values.extend(kept.iter().map(|candidate| candidate.value));
        Ok(())
    }
}

/// An error unless the indices ascend and stay below m.
fn check_row(row: usize, indices: &[usize], n_hidden: usize) -> Result<(), Error> {
    let mut least = 0;
    for &index in indices {
        if index < least || index >= n_hidden {
            let name = format!("index in row {row} of sparse codes");
            let rule = format!("from {least} to {}, ascending", n_hidden - 1);
            return Err(Error::invalid(name, index as f64, rule));
        }
        least = index + 1;
    }
    Ok(())
}
