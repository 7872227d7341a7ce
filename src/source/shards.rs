//! Several sources as one.

use super::batch_source::{BatchSource, check_range};
use crate::error::{Error, same_size};

/// The samples of several sources, one after the other.
///
/// For sources of different types, `S` can be `Box<dyn BatchSource<Scalar = f32>>`.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::source::{Shards, read_range};
/// let (a, b) = (dmatrix![1.0, 2.0; 3.0, 4.0], dmatrix![5.0; 6.0]);
/// let all = Shards::new([a, b])?;
/// assert_eq!(read_range(&all, 1..3)?, dmatrix![2.0, 5.0; 4.0, 6.0]);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shards<S> {
    shards: Vec<S>,
    n_inputs: usize,
    /// For each shard, the number of the sample after its last.
    ends: Vec<usize>,
}

impl<S: BatchSource> Shards<S> {
    /// These sources, in this order.
    ///
    /// # Errors
    /// [`Error::Empty`] without sources, [`Error::Dimension`] if their samples differ in size,
    /// [`Error::TooLarge`] if there are more samples than a `usize` can count.
    pub fn new(shards: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        let shards: Vec<S> = shards.into_iter().collect();
        let n_inputs = match shards.first() {
            Some(first) => first.n_inputs(),
            None => return Err(Error::Empty { what: "set of shards", n_inputs: 0, n_samples: 0 }),
        };
        let (mut ends, mut end) = (Vec::with_capacity(shards.len()), 0_usize);
        for (number, shard) in shards.iter().enumerate() {
            same_size(format!("values per sample of shard {number}"), n_inputs, shard.n_inputs())?;
            let (rows, columns) = (n_inputs, shard.n_samples());
            let too_large = Error::TooLarge { what: "shards", rows, columns };
            end = end.checked_add(columns).ok_or(too_large)?;
            ends.push(end);
        }
        Ok(Self { shards, n_inputs, ends })
    }

    /// The sources.
    pub fn shards(&self) -> &[S] {
        &self.shards
    }
}

impl<S: BatchSource> BatchSource for Shards<S> {
    type Scalar = S::Scalar;

    fn n_inputs(&self) -> usize {
        self.n_inputs
    }

    fn n_samples(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn read(&self, mut first: usize, mut out: &mut [S::Scalar]) -> Result<(), Error> {
        check_range((self.n_inputs, self.n_samples()), first, out.len())?;
        // The first shard that ends after `first`.
        let mut number = self.ends.partition_point(|&end| end <= first);
        while !out.is_empty() {
            let (shard, end) = (&self.shards[number], self.ends[number]);
            let (here, rest) =
                out.split_at_mut(out.len().min((end - first).saturating_mul(self.n_inputs)));
            if !here.is_empty() {
                shard.read(first + shard.n_samples() - end, here)?;
            }
            (first, out, number) = (end, rest, number + 1);
        }
        Ok(())
    }

    fn is_sequential(&self) -> bool {
        self.shards.iter().any(BatchSource::is_sequential)
    }
}
