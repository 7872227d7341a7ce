//! Regularized auto-encoders and the theory of why they learn sparse representations.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(clippy::unwrap_used)]

pub mod activation;
mod error;
mod matmul;
mod numerics;
mod random;
mod samples;
mod scalar;

pub use activation::{
    Activation, ActivationMetadata, Elu, Gelu, HardSigmoid, Identity, Interval, Jet, Kink,
    LeakyRelu, Properties, Relu, Sigmoid, Sign, Silu, Softplus, Tanh, Threshold,
};
pub use error::Error;
pub use random::Random;
pub use samples::Samples;
pub use scalar::Real;
