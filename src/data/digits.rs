//! The UCI handwritten digits, embedded in the crate (feature `digits`, on by default).
//!
//! The test set of *Optical Recognition of Handwritten Digits*: 1,797 images of 8 × 8 pixels with
//! values 0 to 16, by E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, licensed
//! under CC BY 4.0; stored here as gzipped IDX files.
//!
//! Three of the 64 pixels are constant, so that standardising needs an offset and whitening keeps
//! 61 directions.
//!
//! ```
//! use regularized_autoencoder::data::{Standardization, Whitening, digits};
//! let mut images = digits::images::<f64>() / 16.0;
//! assert_eq!(Whitening::pca(&images, 1e-6)?.rank(), 61);
//! Standardization::fit(&images, 0.1)?.apply(&mut images)?;
//! assert!(images.row(20).mean().abs() < 1e-12);
//! # Ok::<(), regularized_autoencoder::Error>(())
//! ```

use super::idx::{read_images_from, read_labels_from};
use crate::scalar::Real;
use nalgebra::DMatrix;

static IMAGES: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits-images-idx3-ubyte.gz"));
static LABELS: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits-labels-idx1-ubyte.gz"));

/// The images, 64 × 1797: an image in each column, row by row, values 0 to 16.
///
/// ```
/// use regularized_autoencoder::data::digits;
/// let images = digits::images::<f32>();
/// assert_eq!(images.shape(), (64, 1797));
/// assert_eq!((images.min(), images.max()), (0.0, 16.0));
/// ```
pub fn images<T: Real>() -> DMatrix<T> {
    read_images_from(IMAGES, "embedded digits").expect("embedded at compile time, in a valid form")
}

/// The digit that each image shows, 0 to 9, 1797 of them.
///
/// ```
/// use regularized_autoencoder::data::digits;
/// let labels = digits::labels();
/// assert_eq!(labels.len(), 1797);
/// assert_eq!(labels.iter().filter(|&&label| label == 0).count(), 178);
/// ```
pub fn labels() -> Vec<u8> {
    read_labels_from(LABELS, "embedded digits", 10)
        .expect("embedded at compile time, in a valid form")
}
