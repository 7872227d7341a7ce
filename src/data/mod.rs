//! Data: readers of the usual files, standardisation, whitening and synthetic samples.
//!
//! Every data set is an n × N matrix with the samples in its columns: column i is sample xᵢ.
//!
//! | item | what it gives | shape |
//! |---|---|---|
//! | [`idx`] | images and labels from IDX files (MNIST and its kin), plain or gzipped | pixels × N |
//! | [`npy`] | matrices of NumPy, read and written | n × N |
//! | [`cifar10`] | the binary version of CIFAR-10, as [`Images`] | 3072 × N |
//! | `digits` (feature `digits`) | the UCI handwritten digits, embedded | 64 × 1797 |
//! | [`random_patches`] | patches at random positions of [`Images`] | patch × count |
//! | [`SparseDictionary`] | samples with known sparse codes | n × N |
//! | [`Standardization`] | each feature with mean 0 and standard deviation 1, in place | n × N |
//! | [`Whitening`] | E\[x\] = 0 and E\[xxᵀ\] = I by PCA or ZCA | rank × N or n × N |
//! | [`Scaler`] | one of the two, for a model to keep | |
//!
//! Files larger than memory are read piece by piece: see [`source`](crate::source).
//!
//! Readers return raw values, such as 0 to 255. To bring them to \[0, 1\]: `images /= 255.0`.
//!
//! # Example
//! The data of the paper's experiments: MNIST pixels in \[0, 1\], standardised with offset 0.1.
//! ```no_run
//! use regularized_autoencoder::data::{Standardization, idx};
//! let mut images = idx::read_first_images::<f32>("train-images-idx3-ubyte.gz", 50_000)?;
//! images /= 255.0;
//! Standardization::fit(&images, 0.1)?.apply(&mut images)?;
//! # Ok::<(), regularized_autoencoder::Error>(())
//! ```

pub(crate) mod bytes;
pub mod cifar10;
#[cfg(feature = "digits")]
pub mod digits;
pub(crate) mod encoding;
pub mod idx;
mod images;
mod linear_map;
pub(crate) mod moments;
pub mod npy;
mod patches;
mod scaler;
mod standardize;
mod synthetic;
mod whiten;

pub use images::Images;
pub use patches::random_patches;
pub use scaler::Scaler;
pub use standardize::Standardization;
pub use synthetic::{SparseDictionary, SparseSamples};
pub use whiten::Whitening;
