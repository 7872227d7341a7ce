//! A source of samples that arrive one after the other.

use super::batch_source::{BatchSource, check_range};
use crate::error::{Error, at_least_one};
use crate::scalar::Real;
use std::sync::{Mutex, PoisonError};

/// The samples of an iterator, which is made anew for each pass over them.
///
/// `make` gives an iterator over pieces, each of them a whole number of samples, one after the other;
/// it must give the same samples each time. Samples are read in their order, and skipped by reading
/// them: [`Windows`](super::Windows) take those of such a source in their order and shuffle within
/// the window only. How many there are has to be known; what follows is not read.
///
/// For data that can be had only once, there is
/// [`Trainer::partial_fit`](crate::Trainer::partial_fit).
///
/// ```
/// use regularized_autoencoder::source::{Replay, read_range};
/// // A thousand pieces of two samples of three values.
/// let pieces = || (0..1000).map(|piece| Ok(vec![f64::from(piece); 6]));
/// let samples = Replay::new(3, 2000, pieces)?;
/// assert_eq!(read_range(&samples, 21..23)?.row(0).iter().sum::<f64>(), 10.0 + 11.0);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub struct Replay<T, F, I> {
    n_inputs: usize,
    n_samples: usize,
    make: F,
    /// Taken away while it is read from, so that after an error or a panic there is none.
    pass: Mutex<Option<Pass<T, I>>>,
}

/// How far a pass over the samples is.
struct Pass<T, I> {
    iterator: I,
    /// The piece that is being used, and how many of its values have been.
    piece: Vec<T>,
    used: usize,
    /// How many samples have been used, those of earlier pieces included.
    position: usize,
}

impl<T, F, I> Replay<T, F, I>
where
    T: Real,
    F: Fn() -> I + Sync,
    I: Iterator<Item = Result<Vec<T>, Error>> + Send,
{
    /// The first N = `n_samples` samples of n = `n_inputs` values.
    ///
    /// # Errors
    /// [`Error::Zero`] if a number is 0.
    pub fn new(n_inputs: usize, n_samples: usize, make: F) -> Result<Self, Error> {
        at_least_one("n_inputs", n_inputs)?;
        at_least_one("n_samples", n_samples)?;
        Ok(Self { n_inputs, n_samples, make, pass: Mutex::new(None) })
    }
}

impl<T, F, I> std::fmt::Debug for Replay<T, F, I> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Replay")
            .field("n_inputs", &self.n_inputs)
            .field("n_samples", &self.n_samples)
            .finish_non_exhaustive()
    }
}

/// Errors are those of the iterator; [`Error::NotEnough`] if it ends early, and
/// [`Error::PartialSample`] if a piece is no whole number of samples.
impl<T, F, I> BatchSource for Replay<T, F, I>
where
    T: Real,
    F: Fn() -> I + Sync,
    I: Iterator<Item = Result<Vec<T>, Error>> + Send,
{
    type Scalar = T;

    fn n_inputs(&self) -> usize {
        self.n_inputs
    }

    fn n_samples(&self) -> usize {
        self.n_samples
    }

    fn read(&self, first: usize, out: &mut [T]) -> Result<(), Error> {
        check_range((self.n_inputs, self.n_samples), first, out.len())?;
        let mut slot = self.pass.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pass = match slot.take() {
            Some(pass) if pass.position <= first => pass,
            _ => Pass { iterator: (self.make)(), piece: Vec::new(), used: 0, position: 0 },
        };
        while pass.position < first {
            let wanted = first - pass.position;
            pass.take(self, wanted)?;
        }
        let mut filled = 0;
        while filled < out.len() {
            let values = pass.take(self, (out.len() - filled) / self.n_inputs)?;
            out[filled..filled + values.len()].copy_from_slice(values);
            filled += values.len();
        }
        *slot = Some(pass);
        Ok(())
    }

    fn is_sequential(&self) -> bool {
        true
    }
}

impl<T: Real, I: Iterator<Item = Result<Vec<T>, Error>>> Pass<T, I> {
    /// The next samples: at least one, and at most `limit`, which is not 0.
    fn take<F>(&mut self, source: &Replay<T, F, I>, limit: usize) -> Result<&[T], Error> {
        let n_inputs = source.n_inputs;
        while self.used == self.piece.len() {
            self.piece = self.iterator.next().unwrap_or_else(|| {
                let (asked, available) = (source.n_samples, self.position);
                Err(Error::NotEnough { what: "samples of an iterator".into(), asked, available })
            })?;
            self.used = 0;
            if !self.piece.len().is_multiple_of(n_inputs) {
                return Err(Error::PartialSample { length: self.piece.len(), n_inputs });
            }
        }
        let samples = limit.min((self.piece.len() - self.used) / n_inputs);
        let values = &self.piece[self.used..][..samples * n_inputs];
        self.used += values.len();
        self.position += samples;
        Ok(values)
    }
}
