//! Sums over the samples, one for each unit.

use crate::scalar::Real;

/// Samples that are summed before their sum is added to the others', so that rounding does not
/// grow with a batch that is a whole data set.
const SAMPLES: usize = 64;

/// A sum for each unit that grows sample by sample.
pub(super) struct SampleSums<'a, T> {
    sums: &'a mut [T],
    partial: &'a mut [T],
    samples: usize,
}

impl<'a, T: Real> SampleSums<'a, T> {
    /// Takes two numbers of scratch for each unit.
    #[inline(always)]
    pub fn new(sums: &'a mut [T], partial: &'a mut [T]) -> Self {
        sums.fill(T::zero());
        partial.fill(T::zero());
        Self { sums, partial, samples: 0 }
    }

    /// Adds the values of one sample.
    #[inline(always)]
    pub fn add(&mut self, values: impl Iterator<Item = T>) {
        for (sum, value) in self.partial.iter_mut().zip(values) {
            *sum += value;
        }
        self.samples += 1;
        if self.samples.is_multiple_of(SAMPLES) {
            self.flush();
        }
    }

    /// The sums.
    #[inline(always)]
    pub fn finish(mut self) -> &'a mut [T] {
        self.flush();
        self.sums
    }

    #[inline(always)]
    fn flush(&mut self) {
        for (sum, partial) in self.sums.iter_mut().zip(&mut *self.partial) {
            *sum += std::mem::replace(partial, T::zero());
        }
    }
}
