//! A source whose samples are changed when they are read.

use super::batch_source::{BatchSource, check_range};
use crate::error::Error;

/// The samples of a source after `map`, which changes a sample in place: scaled, standardised.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::data::Standardization;
/// use regularized_autoencoder::source::{Mapped, read_range};
/// let x = dmatrix![0.0, 2.0, 4.0; 1.0, 3.0, 8.0];
/// // Measured on some of the samples, applied to all.
/// let standardization = Standardization::fit(&read_range(&x, 0..2)?, 0.0)?;
/// let standardised = Mapped::new(&x, |sample| standardization.apply_to_slice(sample));
/// assert_eq!(read_range(&standardised, 2..3)?, dmatrix![3.0; 6.0]);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Mapped<S, F> {
    source: S,
    map: F,
}

impl<S, F> Mapped<S, F>
where
    S: BatchSource,
    F: Fn(&mut [S::Scalar]) -> Result<(), Error> + Sync,
{
    /// Calls `map` for every sample that is read; it must do the same each time.
    pub fn new(source: S, map: F) -> Self {
        Self { source, map }
    }
}

impl<S, F> BatchSource for Mapped<S, F>
where
    S: BatchSource,
    F: Fn(&mut [S::Scalar]) -> Result<(), Error> + Sync,
{
    type Scalar = S::Scalar;

    fn n_inputs(&self) -> usize {
        self.source.n_inputs()
    }

    fn n_samples(&self) -> usize {
        self.source.n_samples()
    }

    fn read(&self, first: usize, out: &mut [S::Scalar]) -> Result<(), Error> {
        let n_inputs = self.n_inputs();
        check_range((n_inputs, self.n_samples()), first, out.len())?;
        self.source.read(first, out)?;
        let mut samples = out.chunks_exact_mut(n_inputs).zip(first..);
        samples.try_for_each(|(sample, number)| {
            (self.map)(sample).map_err(|error| error.after_samples(number))
        })
    }

    fn is_sequential(&self) -> bool {
        self.source.is_sequential()
    }
}
