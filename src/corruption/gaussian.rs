//! Gaussian noise.

use super::{Corruption, CorruptionMetadata, Noise};
use crate::error::{Error, non_negative};
use crate::random::Random;
use crate::scalar::{Real, compiled};

/// Additive Gaussian noise, x̃ = x + ε with ε ~ N(0, σ²I): the corruption of the paper and of
/// Thm. 3.
///
/// ```
/// use regularized_autoencoder::{Corruption, GaussianNoise, Random};
/// let noise = GaussianNoise::new(0.25)?;
/// let mut samples = vec![1.0_f64; 10_000];
/// noise.corrupt(&mut samples, &mut Random::new(0));
/// let variance = samples.iter().map(|x| (x - 1.0).powi(2)).sum::<f64>() / 1e4;
/// assert!((variance - 0.25).abs() < 0.02);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianNoise {
    variance: f64,
}

impl GaussianNoise {
    /// With σ² = `variance`; 0 changes nothing.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if σ² is negative, infinite or NaN.
    pub fn new(variance: f64) -> Result<Self, Error> {
        Ok(Self { variance: non_negative("variance", variance)? })
    }

    /// σ².
    pub fn variance(&self) -> f64 {
        self.variance
    }
}

impl CorruptionMetadata for GaussianNoise {
    fn noise(&self) -> Noise {
        if self.variance == 0.0 { Noise::None } else { Noise::ZeroMean }
    }
}

impl<T: Real> Corruption<T> for GaussianNoise {
    fn corrupt(&self, sample: &mut [T], random: &mut Random) {
        let deviation = self.variance.sqrt();
        compiled!(T, add_noise(deviation: f64, sample: &mut [T], random: &mut Random) -> ());
    }
}

fn add_noise<T: Real>(deviation: f64, sample: &mut [T], random: &mut Random) {
    let deviation = T::of(deviation);
    for x in sample {
        *x += deviation * random.standard_normal::<T>();
    }
}
