//! Corruptions of the input: what makes an auto-encoder a denoising one.
//!
//! The denoising objective, Eq. 6, is J_DAE = E‖x − y(x̃)‖²: the encoder sees the corrupted x̃,
//! the reconstruction is compared with the clean x. There is one pass, at x̃; a regularizer beside
//! it is evaluated on that pass, with the residual y(x̃) − x.

mod gaussian;
mod masking;
mod salt_and_pepper;

pub use gaussian::GaussianNoise;
pub use masking::Masking;
pub use salt_and_pepper::SaltAndPepper;

use crate::error::Error;
use crate::random::Random;
use crate::scalar::Real;
use std::fmt::Debug;
use std::sync::Arc;

/// What the theory may assume of a corruption x → x̃.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// x̃ = x.
    None,
    /// x̃ = x + ε where the coordinates of ε are independent of x and of each other and have mean
    /// 0 and one variance: what Thm. 3 speaks of.
    ZeroMean,
    /// Nothing is known.
    Unknown,
}

/// What a corruption declares, apart from what it computes: declarations have no scalar type.
pub trait CorruptionMetadata {
    /// What the theory may assume of it; nothing if not declared.
    fn noise(&self) -> Noise {
        Noise::Unknown
    }

    /// Checks the parameters against the number of inputs; called before a training.
    ///
    /// # Errors
    /// Whatever rule is violated; see [`Error::invalid`].
    fn validate(&self, n_inputs: usize) -> Result<(), Error> {
        let _ = n_inputs;
        Ok(())
    }
}

/// A random change of an input sample.
///
/// ```
/// use regularized_autoencoder::{Corruption, CorruptionMetadata, Random, Real};
///
/// /// Flips the sign of the whole sample with probability ½.
/// #[derive(Debug)]
/// struct Flip;
///
/// impl CorruptionMetadata for Flip {}
///
/// impl<T: Real> Corruption<T> for Flip {
///     fn corrupt(&self, sample: &mut [T], random: &mut Random) {
///         if random.uniform() < 0.5 {
///             sample.iter_mut().for_each(|x| *x = -*x);
///         }
///     }
/// }
/// ```
pub trait Corruption<T: Real>: CorruptionMetadata + Debug + Send + Sync {
    /// Turns x (n values) into x̃; every random number comes from `random`, which belongs to this
    /// sample, epoch and step alone.
    fn corrupt(&self, sample: &mut [T], random: &mut Random);
}

macro_rules! forward_to_inner {
    ($($pointer:ty),*) => {$(
        impl<C: CorruptionMetadata + ?Sized> CorruptionMetadata for $pointer {
            fn noise(&self) -> Noise {
                (**self).noise()
            }
            fn validate(&self, n_inputs: usize) -> Result<(), Error> {
                (**self).validate(n_inputs)
            }
        }

        impl<T: Real, C: Corruption<T> + ?Sized> Corruption<T> for $pointer {
            fn corrupt(&self, sample: &mut [T], random: &mut Random) {
                (**self).corrupt(sample, random);
            }
        }
    )*};
}
forward_to_inner!(&C, Box<C>, Arc<C>);
