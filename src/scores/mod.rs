//! Anomaly scores: how badly a sample is reconstructed, which of its features contribute, and from
//! which score on a sample counts as unusual.
//!
//! ```text
//! score of x          ‖x − y‖², the sum over the n inputs, in the squared units of the samples
//! share of feature i  (x_i − y_i)²
//! anomalous           score > t,  t a quantile of reference scores: QuantileThreshold
//! ```
//!
//! ```
//! use nalgebra::DMatrix;
//! use regularized_autoencoder::scores::{QuantileThreshold, contributions, reconstruction_errors};
//! use regularized_autoencoder::{RegularizedAutoEncoder, Relu, Trainer};
//!
//! // x_i = c (i + 1): all of them lie on a line.
//! let x = DMatrix::<f32>::from_fn(4, 500, |i, j| (j as f32).sin() * (i + 1) as f32);
//! let mut model = RegularizedAutoEncoder::builder(4, 8).activation(Relu).build()?;
//! Trainer::builder().learning_rate(0.01).epochs(30).build()?.fit(&mut model, &x)?;
//!
//! let threshold = QuantileThreshold::fit(&reconstruction_errors(&model, &x)?, 0.99)?;
//! let strange = [0.5, 1.0, -3.0, 2.0];
//! let shares = contributions(&model, &strange)?;
//! let score: f64 = shares.iter().map(|share| share.squared_residual).sum();
//! assert!(threshold.is_anomalous(score));
//! assert_eq!(shares[0].input, 2);
//! # Ok::<(), regularized_autoencoder::Error>(())
//! ```

mod reconstruction;
mod threshold;

pub use reconstruction::{Contribution, contributions, reconstruction_errors};
pub use threshold::QuantileThreshold;
