//! Standardisation by data that are read piece by piece.

use super::batch_source::{BatchSource, for_each_piece};
use crate::data::Standardization;
use crate::data::moments::{Mean, Variance};
use crate::error::{Error, non_negative};
use crate::scalar::{Real, compiled};

/// Samples that are read at a time.
const PIECE: usize = 256;

impl Standardization {
    /// [`fit`](Self::fit) on a source: it is read twice, with a few samples in memory, and gives the
    /// same bits as the same samples in a matrix do.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), and what the source reports.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use regularized_autoencoder::data::Standardization;
    /// use regularized_autoencoder::source::Shards;
    /// let halves = [0, 1].map(|half| DMatrix::from_fn(3, 400, |i, j| ((i + 2 * j + half) as f32).sin()));
    /// let whole = DMatrix::from_fn(3, 800, |i, j| halves[j / 400][(i, j % 400)]);
    /// let fitted = Standardization::fit_source(&Shards::new(halves)?, 0.1)?;
    /// assert_eq!(fitted, Standardization::fit(&whole, 0.1)?);
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn fit_source<S: BatchSource + ?Sized>(source: &S, offset: f64) -> Result<Self, Error> {
        non_negative("offset", offset)?;
        let n_inputs = source.n_inputs();
        let mut mean = Mean::default();
        for_each_piece(source, "data set", PIECE, |samples| {
            add_to_mean(&mut mean, samples, n_inputs);
            Ok(())
        })?;
        let mean = mean.finish()?;
        let mut variance = Variance::about(&mean);
        for_each_piece(source, "data set", PIECE, |samples| {
            add_to_variance(&mut variance, samples);
            Ok(())
        })?;
        let deviations = variance.finish()?.into_iter().map(f64::sqrt).collect();
        Self::from_parts(mean, deviations, offset)
    }
}

fn add_to_mean<T: Real>(mean: &mut Mean, samples: &[T], n_inputs: usize) {
    fn add<T: Real>(mean: &mut Mean, samples: &[T], n_inputs: usize) {
        mean.add(samples, n_inputs);
    }
    compiled!(T, add(mean: &mut Mean, samples: &[T], n_inputs: usize) -> ());
}

fn add_to_variance<T: Real>(variance: &mut Variance<'_>, samples: &[T]) {
    fn add<T: Real>(variance: &mut Variance<'_>, samples: &[T]) {
        variance.add(samples);
    }
    compiled!(T, add(variance: &mut Variance<'_>, samples: &[T]) -> ());
}
