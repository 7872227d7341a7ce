//! What most programs need: `use regularized_autoencoder::prelude::*;`

pub use crate::activation::{
    Activation, ActivationMetadata, Elu, Gelu, HardSigmoid, Identity, Interval, Kink, LeakyRelu,
    Properties, Relu, Sigmoid, Sign, Silu, Softplus, Tanh, Threshold,
};
pub use crate::autoencoder::{AnyAutoEncoder, RegularizedAutoEncoder};
pub use crate::corruption::{Corruption, GaussianNoise, Masking, SaltAndPepper};
pub use crate::error::Error;
pub use crate::metrics;
pub use crate::model::Parameters;
pub use crate::objective::{
    Batch, Cotangents, Form, Forward, Needs, Pass, Regularizer, RegularizerMetadata, Shape,
};
pub use crate::regularizer::{
    CodeL1, Contractive, FirstOrderDenoising, KlSparsity, MarginalizedDenoising, MeanCode,
    SecondOrderDenoising, SlopePenalty, Unregularized, WeightDecay,
};
pub use crate::samples::Samples;
pub use crate::scalar::Real;
pub use crate::train::{
    Constraint, EarlyStopping, EndEvent, EpochEvent, FitOptions, LearningRate, Observer, Trainer,
    Training, TrainingState, train_many,
};
pub use nalgebra::{DMatrix, DVector};
pub use std::ops::ControlFlow;
