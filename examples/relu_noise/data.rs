//! The data, standardised feature by feature.

use nalgebra::DMatrix;
use regularized_autoencoder::Error;
use regularized_autoencoder::data::{Standardization, cifar10, digits, random_patches};
use std::path::Path;

const PATCHES: usize = 50_000;

/// The embedded digits, 64 × 1797.
pub fn digits() -> Result<DMatrix<f32>, Error> {
    standardized(digits::images() / 16.0, 0.1)
}

/// Random patches of 8 × 8 pixels and 3 channels, 192 × 50,000.
pub fn patches(folder: &Path) -> Result<DMatrix<f32>, Error> {
    let images = cifar10::read_batches(folder)?.images;
    standardized(random_patches(&images, (8, 8), PATCHES, 0)?, 0.0)
}

fn standardized(mut x: DMatrix<f32>, offset: f64) -> Result<DMatrix<f32>, Error> {
    Standardization::fit(&x, offset)?.apply(&mut x)?;
    Ok(x)
}
