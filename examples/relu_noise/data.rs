//! The data, standardised feature by feature.

use crate::files;
use nalgebra::DMatrix;
use regularized_autoencoder::data::{Standardization, cifar10, digits, random_patches};
use std::error::Error;
use std::path::Path;

const PATCHES: usize = 50_000;

/// The embedded digits, 64 × 1797.
pub fn digits() -> Result<DMatrix<f32>, Box<dyn Error>> {
    standardized(digits::images() / 16.0, 0.1)
}

/// Random patches of 8 × 8 pixels and 3 channels, 192 × 50,000.
pub fn patches(folder: &Path) -> Result<DMatrix<f32>, Box<dyn Error>> {
    let images = cifar10::read_batches(files::cifar10(folder)?)?.images;
    standardized(random_patches(&images, (8, 8), PATCHES, 0)?, 0.0)
}

fn standardized(mut x: DMatrix<f32>, offset: f64) -> Result<DMatrix<f32>, Box<dyn Error>> {
    Standardization::fit(&x, offset)?.apply(&mut x)?;
    Ok(x)
}
