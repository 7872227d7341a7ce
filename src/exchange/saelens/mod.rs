//! Models to and from SAELens, the Python library in which sparse auto-encoders of language models
//! are exchanged.
//!
//! A model is a folder with two files. Of the architectures of the package, `standard` is the one
//! that this crate has:
//! ```text
//! cfg.json                    architecture, sizes, type, apply_b_dec_to_input
//! sae_weights.safetensors     W_enc [d_in, d_sae], b_enc [d_sae], W_dec [d_sae, d_in], b_dec [d_in]
//!
//! h = max(0, (x − c) W_enc + b_enc),   y = h W_dec + b_dec       c = b_dec or 0, x and h rows
//! ```
//! c is 0 if `apply_b_dec_to_input` is false, as [`save`] writes it. [`load`] makes −c W_enc part of
//! b_enc. A model with tied weights is the case W_dec = W_encᵀ: to save one, or one with a scaler,
//! give [`save`] its [`fold_scaler`](crate::RegularizedAutoEncoder::fold_scaler).
//!
//! ```
//! use nalgebra::DMatrix;
//! use regularized_autoencoder::exchange::saelens;
//! use regularized_autoencoder::{RegularizedAutoEncoder, Relu};
//! # let folder = std::env::temp_dir().join(format!("saelens-example-{}", std::process::id()));
//! let model = RegularizedAutoEncoder::<f32>::builder(4, 7).activation(Relu).build()?;
//! saelens::save(&model.clone().fold_scaler()?, &folder)?;
//! let loaded = saelens::load::<f32>(&folder)?;
//! let x = DMatrix::from_fn(4, 10, |i, j| ((i * j) as f32).sin());
//! assert_eq!(loaded.encode(&x)?, model.encode(&x)?);
//! # std::fs::remove_dir_all(folder).unwrap();
//! # Ok::<(), regularized_autoencoder::Error>(())
//! ```
//! In Python, `sae_lens.SAE.load_from_disk(folder)` gives the same codes. Written for sae-lens 6, and
//! checked with 6.54.12; folders of older versions are read too.

mod config;
mod load;
mod save;
mod tensors;

pub use load::load;
pub use save::save;
