//! Masking noise.

use super::{Corruption, CorruptionMetadata, Noise};
use crate::error::{Error, probability};
use crate::random::Random;
use crate::scalar::{Real, compiled};

/// Masking noise: every coordinate is set to 0 with probability p, on its own.
///
/// Its mean is not 0, so Thm. 3 does not speak of it.
///
/// ```
/// use regularized_autoencoder::{Corruption, Masking, Random};
/// let mut sample = [1.0_f32; 8];
/// Masking::new(1.0)?.corrupt(&mut sample, &mut Random::new(0));
/// assert_eq!(sample, [0.0; 8]);
/// assert!(Masking::new(1.5).is_err());
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Masking {
    probability: f64,
}

impl Masking {
    /// With p = `probability_of_zero`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if p does not lie in [0, 1].
    pub fn new(probability_of_zero: f64) -> Result<Self, Error> {
        Ok(Self { probability: probability("masking probability", probability_of_zero)? })
    }

    /// p.
    pub fn probability(&self) -> f64 {
        self.probability
    }
}

impl CorruptionMetadata for Masking {
    fn noise(&self) -> Noise {
        if self.probability == 0.0 { Noise::None } else { Noise::Unknown }
    }
}

impl<T: Real> Corruption<T> for Masking {
    fn corrupt(&self, sample: &mut [T], random: &mut Random) {
        let probability = self.probability;
        compiled!(T, mask(probability: f64, sample: &mut [T], random: &mut Random) -> ());
    }
}

fn mask<T: Real>(probability: f64, sample: &mut [T], random: &mut Random) {
    for x in sample {
        if random.uniform() < probability {
            *x = T::zero();
        }
    }
}
