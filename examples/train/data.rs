//! The data sets, standardised feature by feature.

use crate::files;
use crate::settings::{Data, Settings};
use nalgebra::DMatrix;
use regularized_autoencoder::Error;
use regularized_autoencoder::data::{
    SparseDictionary, Standardization, cifar10, digits, idx, random_patches,
};
use std::path::Path;

/// Reads or draws the samples that the settings name, n × N.
pub fn load(settings: &Settings) -> Result<DMatrix<f32>, Box<dyn std::error::Error>> {
    let (samples, seed) = (settings.samples, settings.seed);
    // Pixels at an image's border hardly vary, if at all: there the offset bounds the quotient.
    let (mut x, offset) = match &settings.data {
        Data::Digits => (first_digits(samples)? / 16.0, 0.1),
        Data::Mnist(folder) => (mnist(folder, samples)? / 255.0, 0.1),
        Data::Cifar10(folder) => {
            let images = cifar10::read_batches(files::cifar10(folder)?)?.images;
            (random_patches(&images, (8, 8), samples.unwrap_or(50_000), seed)?, 0.0)
        }
        Data::Synthetic => {
            let source = SparseDictionary::new(64, 128, 0.05)?.with_noise(0.05)?;
            (source.generate(samples.unwrap_or(10_000), seed)?.data, 0.0)
        }
    };
    Standardization::fit(&x, offset)?.apply(&mut x)?;
    Ok(x)
}

fn first_digits(count: Option<usize>) -> Result<DMatrix<f32>, Error> {
    let images = digits::images();
    let (available, asked) = (images.ncols(), count.unwrap_or(images.ncols()));
    if asked > available {
        return Err(Error::NotEnough { what: "images of digits".into(), asked, available });
    }
    Ok(images.columns(0, asked).into_owned())
}

fn mnist(folder: &Path, count: Option<usize>) -> Result<DMatrix<f32>, Box<dyn std::error::Error>> {
    let path = files::mnist(folder, "train-images-idx3-ubyte")?;
    Ok(match count {
        Some(count) => idx::read_first_images(path, count),
        None => idx::read_images(path),
    }?)
}
