//! What is trained: sizes, model, activation, precision and threads.

use serde::Serialize;
use std::fmt::{self, Display, Formatter};

/// η.
pub const LEARNING_RATE: f64 = 0.001;
/// μ.
pub const MOMENTUM: f64 = 0.9;
/// λ of every regularizer.
pub const COEFFICIENT: f64 = 0.1;
/// σ² of the denoising auto-encoder.
pub const NOISE_VARIANCE: f64 = 0.25;

/// A training: the shapes of its arrays, what it computes and on how many threads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Setup {
    pub data: Data,
    pub n_inputs: usize,
    pub n_hidden: usize,
    pub n_samples: usize,
    pub batch_size: usize,
    pub model: Model,
    pub activation: ActivationName,
    pub precision: Precision,
    /// Threads of each training.
    pub threads: usize,
    /// How many such trainings run at the same time.
    pub trainings: usize,
}

/// The paper's MNIST shape: contractive, sigmoid, f32, one thread.
pub const MNIST: Setup = Setup {
    data: Data::Formula,
    n_inputs: 784,
    n_hidden: 1000,
    n_samples: 5000,
    batch_size: 50,
    model: Model::Cae,
    activation: ActivationName::Sigmoid,
    precision: Precision::F32,
    threads: 1,
    trainings: 1,
};

/// The same in the paper's shape of CIFAR-10 patches.
pub const PATCHES: Setup = Setup { n_inputs: 192, ..MNIST };

/// A small model on the embedded digits.
pub const DIGITS: Setup = Setup {
    data: Data::Digits,
    n_inputs: 64,
    n_hidden: 100,
    n_samples: 1797,
    batch_size: 10,
    ..MNIST
};

impl Setup {
    pub const fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    pub const fn computing(self, model: Model, activation: ActivationName) -> Self {
        Self { model, activation, ..self }
    }
}

/// Samples from where.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Data {
    Formula,
    Digits,
}

/// Which auto-encoder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    Cae,
    Dae,
    Mdae,
    Sae,
}

impl Display for Model {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cae => "CAE",
            Self::Dae => "DAE",
            Self::Mdae => "mDAE",
            Self::Sae => "SAE",
        })
    }
}

/// The activation of the hidden units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActivationName {
    Relu,
    Sigmoid,
    Softplus,
}

impl Display for ActivationName {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Relu => "ReLU",
            Self::Sigmoid => "sigmoid",
            Self::Softplus => "softplus",
        })
    }
}

/// The scalar type.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    F32,
    F64,
}

impl Display for Precision {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        })
    }
}
