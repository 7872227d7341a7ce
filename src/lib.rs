//! Regularized auto-encoders and the theory of why they learn sparse representations.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(clippy::unwrap_used)]

pub mod activation;
pub mod data;
mod error;
mod matmul;
mod memory;
mod numerics;
mod random;
mod samples;
mod scalar;

pub use activation::{
    Activation, ActivationMetadata, Interval, Jet, Kink, Properties, Sigmoid, Sign, Threshold,
};
pub use error::Error;
pub use random::Random;
pub use samples::Samples;
pub use scalar::Real;
pub mod model;
pub mod objective;
pub use model::Parameters;
pub use objective::{
    Batch, Cotangents, Form, Forward, Gradient, Loss, Needs, Pass, Regularizer,
    RegularizerMetadata, Scaled, Shape, Sum,
};
pub mod regularizer;
pub use regularizer::{
    CodeL1, Contractive, DenoisingCross, DenoisingCurvature, FirstOrderDenoising, HessianPenalty,
    KlSparsity, Linear, MarginalizedDenoising, MeanCode, MeanPenalty, SecondOrderDenoising,
    SlopePenalty, Square, Unregularized, WeightDecay,
};
mod autoencoder;
mod inference;
pub use autoencoder::{AutoEncoderBuilder, RegularizedAutoEncoder};
pub mod corruption;
pub use corruption::{Corruption, GaussianNoise, Masking, SaltAndPepper};
pub mod train;
pub use train::{
    Constraint, EarlyStopping, EpochEvent, EpochRecord, FitOptions, LearningRate, Observer, Report,
    StartEvent, StepEvent, StopReason, Trainer, TrainerBuilder, TrainingState,
};
