//! What most programs need: `use regularized_autoencoder::prelude::*;`

pub use crate::activation::{
    Activation, ActivationMetadata, Elu, Gelu, HardSigmoid, Identity, Interval, Kink, LeakyRelu,
    Properties, Relu, Sigmoid, Sign, Silu, Softplus, Tanh, Threshold,
};
pub use crate::autoencoder::{AnyAutoEncoder, RegularizedAutoEncoder};
pub use crate::codec::Codec;
pub use crate::codes::{SparseCode, SparseCodes};
pub use crate::constraint::Constraint;
pub use crate::corruption::{
    Corruption, CorruptionMetadata, GaussianNoise, Masking, Noise, SaltAndPepper,
};
pub use crate::error::Error;
pub use crate::metrics;
pub use crate::model::Parameters;
pub use crate::objective::{
    Batch, Cotangents, FilterPart, Form, Forward, Needs, Pass, Regularizer, RegularizerMetadata,
    Shape,
};
pub use crate::regularizer::{
    CodeL1, Contractive, FirstOrderDenoising, KlSparsity, MarginalizedDenoising, MeanCode,
    SecondOrderDenoising, SlopePenalty, Unregularized, WeightDecay,
};
pub use crate::samples::Samples;
pub use crate::scalar::Real;
pub use crate::source::BatchSource;
pub use crate::train::{
    Checkpoint, EarlyStopping, EndEvent, EpochEvent, Every, FitOptions, LearningRate, Observer,
    Optimizer, StartEvent, StepEvent, Trainer, Training, TrainingState, Warning, train_many,
};
pub use crate::untied::UntiedAutoEncoder;
pub use nalgebra::{DMatrix, DVector};
pub use std::ops::ControlFlow;
