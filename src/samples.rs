//! Samples as the methods of a model take them: from nalgebra's matrices or from plain slices.

use crate::error::Error;
use crate::kernels::are_finite;
use crate::scalar::Real;
use nalgebra::{DMatrix, DMatrixView, DVector, DVectorView};
use std::borrow::Cow;

/// Samples in the columns of an n × N matrix, borrowed where they can be.
///
/// Methods take them as `impl Into<Samples>`: `&DMatrix`, a view, `&Samples`, or a single sample
/// as `&DVector` or as a column `x.column(i)`.
///
/// A row-major N × n array, samples in rows, is the same memory: pass it to
/// [`from_slice`](Self::from_slice).
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::Samples;
/// // Two samples of three values each.
/// let columns = dmatrix![1.0, 4.0; 2.0, 5.0; 3.0, 6.0];
/// let rows = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// assert_eq!(Samples::from(&columns), Samples::from_slice(&rows, 3)?);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Samples<'a, T: Clone> {
    values: Cow<'a, [T]>,
    n_inputs: usize,
    n_samples: usize,
}

impl<'a, T: Real> Samples<'a, T> {
    /// The samples that stand one after the other in `values`, `n_inputs` values each.
    ///
    /// # Errors
    /// [`Error::Zero`] if `n_inputs` is 0, [`Error::PartialSample`] if the slice's length is no
    /// multiple of it.
    pub fn from_slice(values: &'a [T], n_inputs: usize) -> Result<Self, Error> {
        crate::error::at_least_one("n_inputs", n_inputs)?;
        if !values.len().is_multiple_of(n_inputs) {
            return Err(Error::PartialSample { length: values.len(), n_inputs });
        }
        Ok(Self::whole(values, n_inputs))
    }

    /// Samples of a slice that holds a whole number of them.
    pub(crate) fn whole(values: &'a [T], n_inputs: usize) -> Self {
        Self { values: Cow::Borrowed(values), n_inputs, n_samples: values.len() / n_inputs }
    }

    /// Samples that nobody else has.
    pub(crate) fn owned(values: Vec<T>, n_inputs: usize) -> Samples<'static, T> {
        let n_samples = values.len() / n_inputs;
        Samples { values: Cow::Owned(values), n_inputs, n_samples }
    }

    /// Number of values per sample, n.
    pub fn n_inputs(&self) -> usize {
        self.n_inputs
    }

    /// Number of samples, N.
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// All values, sample after sample.
    pub fn as_slice(&self) -> &[T] {
        &self.values
    }

    /// The samples `range.start`, …, `range.end` − 1, borrowed.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the range ends before it begins, [`Error::NotEnough`] if it
    /// ends after the last sample.
    pub fn range(&self, range: std::ops::Range<usize>) -> Result<Samples<'_, T>, Error> {
        if range.start > range.end {
            let rule = format!("at least its start, {}", range.start);
            return Err(Error::invalid("end of the range", range.end as f64, rule));
        }
        if range.end > self.n_samples {
            let what = format!("samples of the range {} to {}", range.start, range.end).into();
            return Err(Error::NotEnough { what, asked: range.end, available: self.n_samples });
        }
        let values = &self.values[range.start * self.n_inputs..range.end * self.n_inputs];
        Ok(Samples {
            values: Cow::Borrowed(values),
            n_inputs: self.n_inputs,
            n_samples: range.len(),
        })
    }

    /// The values of one sample.
    pub(crate) fn sample(&self, index: usize) -> &[T] {
        &self.values[index * self.n_inputs..][..self.n_inputs]
    }

    /// Pieces of at most `size` samples each, in order.
    pub(crate) fn chunks(&self, size: usize) -> std::slice::Chunks<'_, T> {
        self.values.chunks((size * self.n_inputs).max(1))
    }

    /// An error unless there is at least one sample and every value is finite.
    pub(crate) fn check(&self, what: &'static str) -> Result<(), Error> {
        if self.n_inputs == 0 || self.n_samples == 0 {
            let (n_inputs, n_samples) = (self.n_inputs, self.n_samples);
            return Err(Error::Empty { what, n_inputs, n_samples });
        }
        check_finite(what, &self.values, self.n_inputs)
    }
}

/// An error unless every value of a column-major matrix is finite.
pub(crate) fn check_finite<T: Real>(
    what: &'static str,
    values: &[T],
    rows: usize,
) -> Result<(), Error> {
    if are_finite(values) {
        return Ok(());
    }
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(Error::NotFinite {
            what,
            row: at % rows,
            column: at / rows,
            value: values[at].as_f64(),
        }),
    }
}

impl<'a, T: Real> From<&'a DMatrix<T>> for Samples<'a, T> {
    fn from(matrix: &'a DMatrix<T>) -> Self {
        let (n_inputs, n_samples) = matrix.shape();
        Self { values: Cow::Borrowed(matrix.as_slice()), n_inputs, n_samples }
    }
}

/// The same samples, borrowed.
impl<'a, T: Real> From<&'a Samples<'_, T>> for Samples<'a, T> {
    fn from(samples: &'a Samples<'_, T>) -> Self {
        let (n_inputs, n_samples) = (samples.n_inputs, samples.n_samples);
        Self { values: Cow::Borrowed(&samples.values), n_inputs, n_samples }
    }
}

/// One sample, such as a column of a matrix.
impl<'a, T: Real> From<DVectorView<'a, T>> for Samples<'a, T> {
    fn from(vector: DVectorView<'a, T>) -> Self {
        Self {
            n_inputs: vector.len(),
            n_samples: 1,
            values: Cow::Borrowed(vector.data.into_slice()),
        }
    }
}

/// One sample.
impl<'a, T: Real> From<&'a DVector<T>> for Samples<'a, T> {
    fn from(vector: &'a DVector<T>) -> Self {
        Self { values: Cow::Borrowed(vector.as_slice()), n_inputs: vector.len(), n_samples: 1 }
    }
}

/// Copies the view, since nalgebra cannot tell whether its memory is contiguous; to borrow a range
/// of samples, use [`Samples::range`].
impl<'a, T: Real> From<DMatrixView<'a, T>> for Samples<'a, T> {
    fn from(view: DMatrixView<'a, T>) -> Self {
        let (n_inputs, n_samples) = view.shape();
        Self { values: Cow::Owned(view.iter().copied().collect()), n_inputs, n_samples }
    }
}
