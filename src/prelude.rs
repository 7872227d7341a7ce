//! What most programs need: `use regularized_autoencoder::prelude::*;`

pub use crate::activation::{Activation, ActivationMetadata, Properties};
pub use crate::autoencoder::RegularizedAutoEncoder;
pub use crate::corruption::{Corruption, GaussianNoise, Masking, SaltAndPepper};
pub use crate::error::Error;
pub use crate::objective::{Batch, Regularizer, RegularizerMetadata};
pub use crate::regularizer::{
    CodeL1, Contractive, FirstOrderDenoising, KlSparsity, MarginalizedDenoising, MeanCode,
    SecondOrderDenoising, SlopePenalty, WeightDecay,
};
pub use crate::samples::Samples;
pub use crate::scalar::Real;
pub use crate::train::{Constraint, LearningRate, Observer, Trainer};
