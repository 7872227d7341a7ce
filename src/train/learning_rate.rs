//! Learning-rate schedules.

use crate::error::{Error, positive, positive_in};
use crate::scalar::Real;

/// The learning rate η as a function of how far the training is.
///
/// Rates, factors and numbers of epochs must be finite and greater than 0 (`last` and the warm-up
/// may be 0); [`TrainerBuilder::build`](crate::TrainerBuilder::build) checks them.
///
/// ```
/// use regularized_autoencoder::LearningRate;
/// let rate = LearningRate::step(0.01, 10.0, 0.5).with_warm_up(2.0);
/// // Of 100 steps an epoch: the first, the end of the warm-up, and 25 epochs later.
/// assert_eq!(rate.at(0, 100), 0.01 / 200.0);
/// assert_eq!(rate.at(200, 100), 0.01);
/// assert_eq!(rate.at(2500, 100), 0.01 * 0.25);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningRate {
    initial: f64,
    decay: Decay,
    warm_up: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Decay {
    Constant,
    Step { epochs: f64, factor: f64 },
    Cosine { epochs: f64, last: f64 },
}

impl LearningRate {
    /// η throughout.
    pub fn constant(rate: f64) -> Self {
        Self { initial: rate, decay: Decay::Constant, warm_up: 0.0 }
    }

    /// η multiplied by `factor` after every so many epochs.
    pub fn step(rate: f64, epochs: f64, factor: f64) -> Self {
        Self { decay: Decay::Step { epochs, factor }, ..Self::constant(rate) }
    }

    /// η falls from `rate` to `last` along half a cosine within so many epochs, and stays there.
    ///
    /// ```
    /// use regularized_autoencoder::LearningRate;
    /// let rate = LearningRate::cosine(0.01, 50.0, 0.0);
    /// assert!((rate.at(25 * 100, 100) - 0.005).abs() < 1e-15);
    /// ```
    pub fn cosine(rate: f64, epochs: f64, last: f64) -> Self {
        Self { decay: Decay::Cosine { epochs, last }, ..Self::constant(rate) }
    }

    /// The same, multiplied by a factor that rises linearly to 1 within so many epochs.
    #[must_use]
    pub fn with_warm_up(self, epochs: f64) -> Self {
        Self { warm_up: epochs, ..self }
    }

    /// η of the step that follows `step` others, with `steps_per_epoch` steps an epoch.
    pub fn at(&self, step: usize, steps_per_epoch: usize) -> f64 {
        let per_epoch = steps_per_epoch.max(1) as f64;
        let epochs_done = step as f64 / per_epoch;
        let rate = match self.decay {
            Decay::Constant => self.initial,
            Decay::Step { epochs, factor } => {
                self.initial * factor.powf((epochs_done / epochs + 1e-9).floor())
            }
            Decay::Cosine { epochs, last } => {
                let phase = (epochs_done / epochs).min(1.0) * std::f64::consts::PI;
                last + (self.initial - last) * 0.5 * (1.0 + phase.cos())
            }
        };
        let warm_up_steps = self.warm_up * per_epoch;
        let done = step as f64 + 1.0;
        if done < warm_up_steps { rate * done / warm_up_steps } else { rate }
    }

    pub(super) fn validate<T: Real>(&self) -> Result<(), Error> {
        positive_in::<T>("learning rate", self.initial)?;
        match self.decay {
            Decay::Constant => {}
            Decay::Step { epochs, factor } => {
                positive("epochs between steps of the learning rate", epochs)?;
                positive("factor of the learning rate", factor)?;
            }
            Decay::Cosine { epochs, last } => {
                positive("epochs of the learning rate's fall", epochs)?;
                crate::error::non_negative("last learning rate", last)?;
            }
        }
        crate::error::non_negative("epochs of warm-up", self.warm_up).map(drop)
    }
}

/// Constant.
impl From<f64> for LearningRate {
    fn from(rate: f64) -> Self {
        Self::constant(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_falls_and_stays() {
        let rate = LearningRate::cosine(1.0, 4.0, 0.2);
        assert_eq!(rate.at(0, 10), 1.0);
        assert!((rate.at(20, 10) - 0.6).abs() < 1e-15);
        assert!((rate.at(40, 10) - 0.2).abs() < 1e-15);
        assert_eq!(rate.at(90, 10), rate.at(40, 10));
    }

    #[test]
    fn every_number_is_checked() {
        for rate in [
            LearningRate::constant(0.0),
            LearningRate::constant(f64::NAN),
            LearningRate::step(0.1, 0.0, 0.5),
            LearningRate::step(0.1, 1.0, f64::INFINITY),
            LearningRate::cosine(0.1, f64::NAN, 0.0),
            LearningRate::cosine(0.1, 1.0, -0.1),
            LearningRate::constant(0.1).with_warm_up(-1.0),
        ] {
            assert!(rate.validate::<f64>().is_err(), "{rate:?}");
        }
        let tiny = LearningRate::constant(1e-50);
        assert!(tiny.validate::<f64>().is_ok() && tiny.validate::<f32>().is_err());
    }

    #[test]
    fn the_last_step_that_can_be_counted_has_a_rate() {
        let rate = LearningRate::constant(0.1).with_warm_up(2.0);
        assert_eq!(rate.at(usize::MAX, 100), 0.1);
    }
}
