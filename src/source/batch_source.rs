//! The trait of sources.

use crate::error::{Error, at_least_one};
use crate::memory::{zero_matrix, zeros};
use crate::samples::{Samples, check_finite};
use crate::scalar::Real;
use nalgebra::DMatrix;
use std::ops::Range;
use std::sync::Arc;

/// Where the samples of a training come from: N samples of n values, read a range at a time.
///
/// A source does not hold its samples in memory: [`Trainer::fit_source`](crate::Trainer::fit_source)
/// asks for as many as its [`Windows`](super::Windows) hold, on a thread of its own, and checks that
/// they are finite. Two reads of a sample must give the same values.
///
/// ```
/// use regularized_autoencoder::{BatchSource, Error, source};
///
/// /// Sample i is (sin i, cos i).
/// struct Circle;
///
/// impl BatchSource for Circle {
///     type Scalar = f32;
///
///     fn n_inputs(&self) -> usize { 2 }
///     fn n_samples(&self) -> usize { 1_000_000_000 }
///     fn read(&self, first: usize, out: &mut [f32]) -> Result<(), Error> {
///         for (index, sample) in out.chunks_exact_mut(2).enumerate() {
///             let (sine, cosine) = ((first + index) as f64).sin_cos();
///             sample.copy_from_slice(&[sine as f32, cosine as f32]);
///         }
///         Ok(())
///     }
/// }
///
/// let some = source::read_range(&Circle, 999_999_000..999_999_010)?;
/// assert_eq!(some.shape(), (2, 10));
/// assert!((some.column(3).norm() - 1.0).abs() < 1e-6);
/// # Ok::<(), Error>(())
/// ```
pub trait BatchSource: Sync {
    /// The type of the values, `f32` or `f64`.
    type Scalar: Real;

    /// Number of values per sample, n.
    fn n_inputs(&self) -> usize;

    /// Number of samples, N.
    fn n_samples(&self) -> usize;

    /// Fills `out` with the samples from number `first` on, sample after sample.
    ///
    /// The length of `out` is a multiple of n, and its last sample has a number below N.
    ///
    /// # Errors
    /// What went wrong, best with the name of the file and the number of the sample in it, such as
    /// an [`Error::Io`] or an [`Error::Format`]. A training that meets it stops with it.
    fn read(&self, first: usize, out: &mut [Self::Scalar]) -> Result<(), Error>;

    /// Whether samples can be had quickly only in their order. The windows of a training then take
    /// them in their order.
    fn is_sequential(&self) -> bool {
        false
    }
}

macro_rules! forwarded {
    ($($(#[$doc:meta])* $type:ty),* $(,)?) => {$(
        $(#[$doc])*
        impl<S: BatchSource + ?Sized> BatchSource for $type
        where
            Self: Sync,
        {
            type Scalar = S::Scalar;

            fn n_inputs(&self) -> usize {
                (**self).n_inputs()
            }

            fn n_samples(&self) -> usize {
                (**self).n_samples()
            }

            fn read(&self, first: usize, out: &mut [S::Scalar]) -> Result<(), Error> {
                (**self).read(first, out)
            }

            fn is_sequential(&self) -> bool {
                (**self).is_sequential()
            }
        }
    )*};
}
forwarded!(
    /// The same source.
    &S,
    /// The same source.
    Box<S>,
    /// The same source.
    Arc<S>,
);

/// Reads the samples `range.start`, …, `range.end` − 1 into memory: n × so many; for a validation
/// set, or to measure means and deviations.
///
/// # Errors
/// [`Error::InvalidParameter`] if the range ends before it begins, [`Error::Empty`] if it is empty,
/// [`Error::NotEnough`] if it ends after the last sample, [`Error::TooLarge`] if the samples do not
/// fit into memory, [`Error::NotFinite`] if a value is not finite, and what the source reports.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::source;
/// let x = dmatrix![1.0, 2.0, 3.0; 4.0, 5.0, 6.0];
/// assert_eq!(source::read_range(&x, 1..3)?, dmatrix![2.0, 3.0; 5.0, 6.0]);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read_range<S: BatchSource + ?Sized>(
    source: &S,
    range: Range<usize>,
) -> Result<DMatrix<S::Scalar>, Error> {
    let n_inputs = at_least_one("n_inputs", source.n_inputs())?;
    if range.start > range.end {
        let rule = format!("at least its start, {}", range.start);
        return Err(Error::invalid("end of the range", range.end as f64, rule));
    }
    if range.is_empty() {
        return Err(Error::Empty { what: "range of samples", n_inputs, n_samples: 0 });
    }
    if range.end > source.n_samples() {
        let what = format!("samples of the range {} to {}", range.start, range.end).into();
        return Err(Error::NotEnough { what, asked: range.end, available: source.n_samples() });
    }
    let mut samples = zero_matrix("samples of a source", n_inputs, range.len())?;
    read_finite(source, "samples of a source", range.start, samples.as_mut_slice())?;
    Ok(samples)
}

/// [`BatchSource::read`], and an error that names the first sample with a value that is not finite;
/// `what` they are is for errors.
pub(super) fn read_finite<S: BatchSource + ?Sized>(
    source: &S,
    what: &'static str,
    first: usize,
    out: &mut [S::Scalar],
) -> Result<(), Error> {
    source.read(first, out)?;
    let checked = check_finite(what, out, source.n_inputs());
    checked.map_err(|error| error.after_samples(first))
}

/// Reads all samples in order, `size` at a time; `what` they are is for errors.
pub(crate) fn for_each_piece<S: BatchSource + ?Sized>(
    source: &S,
    what: &'static str,
    size: usize,
    mut take: impl FnMut(&[S::Scalar]) -> Result<(), Error>,
) -> Result<(), Error> {
    let (n_inputs, n_samples) = (source.n_inputs(), source.n_samples());
    if n_inputs == 0 || n_samples == 0 {
        return Err(Error::Empty { what: "source", n_inputs, n_samples });
    }
    let mut memory = zeros("samples of a source", n_inputs, n_samples.min(size))?;
    for first in (0..n_samples).step_by(size) {
        let samples = &mut memory[..size.min(n_samples - first) * n_inputs];
        read_finite(source, what, first, samples)?;
        take(samples)?;
    }
    Ok(())
}

/// An error unless `length` values from the sample number `first` on are samples of the source.
pub(super) fn check_range(
    (n_inputs, n_samples): (usize, usize),
    first: usize,
    length: usize,
) -> Result<(), Error> {
    if n_inputs == 0 || !length.is_multiple_of(n_inputs) {
        return Err(Error::PartialSample { length, n_inputs });
    }
    let end = first.saturating_add(length / n_inputs);
    if end > n_samples {
        let what = format!("samples of the range {first} to {end}").into();
        return Err(Error::NotEnough { what, asked: end, available: n_samples });
    }
    Ok(())
}

/// Samples in memory.
impl<T: Real> BatchSource for Samples<'_, T> {
    type Scalar = T;

    fn n_inputs(&self) -> usize {
        self.n_inputs()
    }

    fn n_samples(&self) -> usize {
        self.n_samples()
    }

    fn read(&self, first: usize, out: &mut [T]) -> Result<(), Error> {
        check_range((self.n_inputs(), self.n_samples()), first, out.len())?;
        out.copy_from_slice(&self.as_slice()[first * self.n_inputs()..][..out.len()]);
        Ok(())
    }
}

/// The columns of a matrix.
impl<T: Real> BatchSource for DMatrix<T> {
    type Scalar = T;

    fn n_inputs(&self) -> usize {
        self.nrows()
    }

    fn n_samples(&self) -> usize {
        self.ncols()
    }

    fn read(&self, first: usize, out: &mut [T]) -> Result<(), Error> {
        Samples::from(self).read(first, out)
    }
}
