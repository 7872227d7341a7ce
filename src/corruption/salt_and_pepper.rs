//! Salt-and-pepper noise.

use super::{Corruption, CorruptionMetadata, Noise};
use crate::error::{Error, probability, same_size};
use crate::random::Random;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};

/// Salt-and-pepper noise: with probability p, every coordinate on its own is set to the smallest
/// or the largest value of its feature, each with probability ½.
///
/// Its mean is not 0, so Thm. 3 does not speak of it.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::SaltAndPepper;
/// let data = dmatrix![0.0, 1.0, 3.0; -1.0, 5.0, 2.0];
/// let noise = SaltAndPepper::of_data(0.1, &data)?;
/// assert_eq!(noise.limits(), [(0.0, 3.0), (-1.0, 5.0)]);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SaltAndPepper {
    probability: f64,
    limits: Vec<(f64, f64)>,
}

impl SaltAndPepper {
    /// With p = `probability_of_change` and the smallest and largest value of each feature.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if p does not lie in [0, 1], a limit is not finite, or a
    /// smallest value exceeds the largest.
    pub fn new(
        probability_of_change: f64,
        limits: impl Into<Vec<(f64, f64)>>,
    ) -> Result<Self, Error> {
        let probability = probability("salt-and-pepper probability", probability_of_change)?;
        let limits = limits.into();
        for (i, &(low, high)) in limits.iter().enumerate() {
            let name = |which| format!("{which} value of feature {i}");
            if !low.is_finite() {
                return Err(Error::invalid(name("smallest"), low, "finite"));
            }
            if !(high.is_finite() && high >= low) {
                let rule = format!("finite and at least the smallest, {low}");
                return Err(Error::invalid(name("largest"), high, rule));
            }
        }
        Ok(Self { probability, limits })
    }

    /// With p = `probability_of_change` and the limits found in `samples` (n × N).
    ///
    /// Samples are corrupted in the units of the model: where it has a scaler, give those that the
    /// scaler has been applied to.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if p does not lie in [0, 1], [`Error::Empty`] without samples,
    /// [`Error::NotFinite`] for NaN and ±∞ in them.
    pub fn of_data<'a, T: Real>(
        probability_of_change: f64,
        samples: impl Into<Samples<'a, T>>,
    ) -> Result<Self, Error> {
        let samples = samples.into();
        samples.check("samples")?;
        let mut limits = vec![(f64::INFINITY, f64::NEG_INFINITY); samples.n_inputs()];
        for sample in samples.chunks(1) {
            for ((low, high), x) in limits.iter_mut().zip(sample) {
                *low = low.min(x.as_f64());
                *high = high.max(x.as_f64());
            }
        }
        Self::new(probability_of_change, limits)
    }

    /// p.
    pub fn probability(&self) -> f64 {
        self.probability
    }

    /// Smallest and largest value of each feature.
    pub fn limits(&self) -> &[(f64, f64)] {
        &self.limits
    }
}

impl CorruptionMetadata for SaltAndPepper {
    fn noise(&self) -> Noise {
        if self.probability == 0.0 { Noise::None } else { Noise::Unknown }
    }

    fn validate(&self, n_inputs: usize) -> Result<(), Error> {
        let what = "limits of salt-and-pepper noise, one for each input";
        same_size(what, n_inputs, self.limits.len())
    }
}

impl<T: Real> Corruption<T> for SaltAndPepper {
    fn corrupt(&self, sample: &mut [T], random: &mut Random) {
        let noise = self;
        compiled!(T, change(
            noise: &SaltAndPepper,
            sample: &mut [T],
            random: &mut Random,
        ) -> ());
    }
}

fn change<T: Real>(noise: &SaltAndPepper, sample: &mut [T], random: &mut Random) {
    for (x, (low, high)) in sample.iter_mut().zip(&noise.limits) {
        let draw = random.uniform();
        if draw < noise.probability {
            *x = T::of(if draw < 0.5 * noise.probability { *low } else { *high });
        }
    }
}
