//! Reproducible random numbers: every draw is a function of a seed and of what it is for.

use crate::scalar::Real;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

/// What a stream of random numbers is for; two purposes never share numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    User = 0,
    Initialization = 1,
    Shuffle = 2,
    Corruption = 3,
    Noise = 4,
    Patches = 5,
    Dictionary = 6,
    Codes = 7,
    ValidationCorruption = 8,
    ValidationNoise = 9,
    Atoms = 10,
    Resampling = 11,
    Chunks = 12,
    MonitorNoise = 13,
}

/// A stream of random numbers that is the same for every number of threads and on every machine, but
/// for the last bit of some normal numbers, which the platform's `ln` and `exp` round.
///
/// The generator is ChaCha8, keyed by (seed, purpose, epoch) with one stream for each step and
/// sample, so that nothing has to be carried along: a training's draws are functions of
/// (seed, purpose, epoch, step, sample).
///
/// ```
/// use regularized_autoencoder::Random;
/// let (mut a, mut b) = (Random::new(7), Random::new(7));
/// assert_eq!(a.uniform(), b.uniform());
/// ```
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self::stream(seed, Purpose::User, 0, 0, 0)
    }

    /// The stream of one sample in one step of one epoch.
    pub(crate) fn stream(
        seed: u64,
        purpose: Purpose,
        epoch: usize,
        step: usize,
        sample: usize,
    ) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        key[16..24].copy_from_slice(&(epoch as u64).to_le_bytes());
        key[24..].copy_from_slice(&((step as u64) >> 32).to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(((step as u64) << 32) ^ sample as u64);
        Self(generator)
    }

    /// A number drawn from N(0, 1).
    pub fn standard_normal<T: Real>(&mut self) -> T {
        let value: f64 = StandardNormal.sample(&mut self.0);
        T::of(value)
    }

    /// Fills `values` with numbers drawn from N(0, 1).
    pub(crate) fn fill_with_standard_normal<T: Real>(&mut self, values: &mut [T]) {
        values.fill_with(|| self.standard_normal());
    }

    /// A number drawn uniformly from [0, 1).
    pub fn uniform(&mut self) -> f64 {
        StandardUniform.sample(&mut self.0)
    }

    /// A number drawn uniformly from 0, 1, …, `bound` − 1; 0 if `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        // Multiply and shift; the bias is below bound / 2⁶⁴.
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// Puts `items` into a random order (Fisher and Yates).
    pub fn shuffle<I>(&mut self, items: &mut [I]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_in_every_coordinate() {
        let draw = |seed, purpose, epoch, step, sample| {
            Random::stream(seed, purpose, epoch, step, sample).0.next_u64()
        };
        let draws = [
            draw(0, Purpose::Noise, 0, 0, 0),
            draw(1, Purpose::Noise, 0, 0, 0),
            draw(0, Purpose::Corruption, 0, 0, 0),
            draw(0, Purpose::Noise, 1, 0, 0),
            draw(0, Purpose::Noise, 0, 1, 0),
            draw(0, Purpose::Noise, 0, 0, 1),
            draw(0, Purpose::Noise, 0, 1 << 32, 0),
        ];
        for (i, a) in draws.iter().enumerate() {
            assert!(draws[..i].iter().all(|b| a != b));
        }
    }

    #[test]
    fn shuffle_is_a_permutation() {
        let mut items: Vec<_> = (0..100).collect();
        Random::new(3).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
