//! Regularized auto-encoders, and the theory of why they learn sparse representations.
//!
//! Arpit, Zhou, Ngo and Govindaraju, *Why Regularized Auto-Encoders Learn Sparse Representation?*
//! (ICML 2016), proved which activations and which regularizers drive the hidden units of an
//! auto-encoder towards sparsity. Denoising, contractive, marginalized denoising and sparse
//! auto-encoders are cases of two families. This crate is that framework: any [`Activation`] and
//! any [`Regularizer`] compose into a [`RegularizedAutoEncoder`], which a [`Trainer`] trains.
//!
//! ```
//! use regularized_autoencoder::prelude::*;
//!
//! // 200 samples of 8 values each, in the columns of a matrix.
//! let x = DMatrix::<f32>::from_fn(8, 200, |i, j| ((i * j) as f32).sin());
//! let mut model = RegularizedAutoEncoder::builder(8, 32)
//!     .activation(Sigmoid)
//!     .regularizer(0.5 * Contractive::new())
//!     .build()?;
//! let trainer =
//!     Trainer::builder().constraint(Constraint::UNIT).learning_rate(0.01).epochs(20).build()?;
//! trainer.fit(&mut model, &x)?;
//! let codes = model.encode(&x)?;
//! assert_eq!(codes.shape(), (32, 200));
//! println!("{}", metrics::evaluate(&model, &x)?.average_activation_fraction);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Notation
//! | symbol | shape | meaning |
//! |---|---|---|
//! | x | n | input sample; a data set has N samples, a batch B |
//! | W | m × n | encoder weights; row W_j is the filter of hidden unit j |
//! | b_e, b_d | m, n | encoder bias, decoder bias (optional) |
//! | a = W x + b_e | m | pre-activation |
//! | h = s(a) | m | code |
//! | y = Wᵀ h + b_d | n | reconstruction: tied weights, linear decoder |
//! | r = y − x | n | residual |
//! | ρ_j = E\[h_j\] | | mean code of unit j |
//!
//! J_AE = E‖x − y‖² is the sum over the inputs and the mean over the samples, without a factor ½;
//! every expectation E is the mean over the samples of the batch or data set.
//!
//! # Layout
//! Samples stand in the **columns** of n × N matrices; a row-major N × n array is the same memory
//! ([`Samples::from_slice`]). Filters are the columns of an n × m matrix.
//!
//! # Modules
//! [`activation`] and [`regularizer`] hold the built-in ones, [`objective`] the trait [`Regularizer`]
//! and what it computes with, [`corruption`] the noise of denoising auto-encoders, [`train`] the
//! training loop, [`model`] the parameters, [`metrics`] what is measured afterwards, [`data`] readers
//! and preparation of data, [`source`] data larger than memory, [`sparse_coding`] the baseline
//! without an encoder. [`codes`], [`scores`] and [`inspect`] are for trained models: sparse codes,
//! anomaly scores, and looking at units; with the feature `files`, `saved` keeps models in files and
//! `exchange` brings them to SAELens and back, with the feature `sweep`, `sweep` trains over grids
//! with rows in files. [`theory`] says before a training what λ will do, [`study`] compares during
//! one what is said with what is measured, and [`check`] tells whether an activation or a regularizer
//! of yours is right. The common names are re-exported here and in [`prelude`].

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::unwrap_used)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod activation;
mod autoencoder;
pub mod check;
mod checksum;
mod codec;
pub mod codes;
mod constraint;
pub mod corruption;
pub mod data;
mod elementary;
mod error;
#[cfg(feature = "files")]
pub mod exchange;
mod files;
mod inference;
pub mod inspect;
mod kernels;
#[cfg(feature = "files")]
mod little_endian;
mod matmul;
mod memory;
pub mod metrics;
pub mod model;
mod numerics;
pub mod objective;
mod pieces;
pub mod prelude;
mod random;
pub mod regularizer;
mod samples;
#[cfg(feature = "files")]
pub mod saved;
mod scalar;
pub mod scores;
pub mod source;
mod sparse;
pub mod sparse_coding;
#[cfg(feature = "serde")]
mod stored;
pub mod study;
#[cfg(feature = "sweep")]
pub mod sweep;
mod team;
#[cfg(feature = "files")]
mod tensors;
pub mod theory;
pub mod train;
mod untied;

pub use activation::{
    Activation, ActivationMetadata, Elu, Gelu, HardSigmoid, Identity, Interval, Jet, Kink,
    LeakyRelu, Properties, Relu, Sigmoid, Sign, Silu, Softplus, Tanh, Threshold,
};
pub use autoencoder::{AnyAutoEncoder, AutoEncoderBuilder, RegularizedAutoEncoder};
pub use codec::Codec;
pub use codes::{SparseCode, SparseCodes};
pub use constraint::Constraint;
pub use corruption::{
    Corruption, CorruptionMetadata, GaussianNoise, Masking, Noise, SaltAndPepper,
};
pub use error::Error;
pub use model::Parameters;
pub use nalgebra;
pub use objective::{
    Batch, Cotangents, FilterPart, Form, Forward, Gradient, Loss, Needs, Part, Pass, Regularizer,
    RegularizerMetadata, Scaled, Shape, Sum,
};
pub use random::Random;
pub use regularizer::{
    CodeL1, Contractive, DenoisingCross, DenoisingCurvature, FirstOrderDenoising, HessianPenalty,
    KlSparsity, Linear, MarginalizedDenoising, MeanCode, MeanPenalty, SecondOrderDenoising,
    SlopePenalty, Square, Unregularized, WeightDecay,
};
pub use samples::Samples;
pub use scalar::Real;
pub use source::BatchSource;
pub use sparse_coding::{CodeSign, LearnedDictionary, OptimalCodes, SparseCoding};
pub use train::{
    Checkpoint, CheckpointInterval, DeadUnitResampling, EarlyStopping, EndEvent, EpochEvent,
    EpochRecord, Every, FitOptions, LearningRate, Observer, Optimizer, Report, StartEvent,
    StepEvent, StopReason, Trainer, TrainerBuilder, Training, TrainingState, Warning, train_many,
};
pub use untied::UntiedAutoEncoder;

/// Compiles and runs the README's example.
#[cfg(all(doctest, feature = "digits", feature = "files"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles and runs the page about production.
#[cfg(all(doctest, feature = "digits", feature = "files"))]
#[doc = include_str!("../docs/PRODUCTION.md")]
struct Production;
