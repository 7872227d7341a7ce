//! The data sets, standardised feature by feature.

use crate::arguments::Arguments;
use crate::files;
use nalgebra::DMatrix;
use regularized_autoencoder::Error;
use regularized_autoencoder::data::{Standardization, cifar10, digits, idx, random_patches};
use std::path::PathBuf;

/// A data set to be read.
pub struct Source {
    /// As in file names.
    pub name: &'static str,
    kind: Kind,
    /// How many samples are wanted; the whole set if the digits are not limited.
    pub n_samples: usize,
    /// Height, width and channels of a sample.
    pub shape: (usize, usize, usize),
}

enum Kind {
    Mnist(PathBuf),
    Cifar10(PathBuf),
    Digits,
}

/// The data sets that the command line names: each is there, or it is said what is missing.
pub fn sources(arguments: &Arguments) -> Result<Vec<Source>, String> {
    let n_samples = arguments.samples.unwrap_or(50_000);
    let mut sources = Vec::new();
    if let Some(folder) = &arguments.cifar10 {
        let kind = Kind::Cifar10(files::cifar10(folder)?.into());
        sources.push(Source { name: "cifar10", kind, n_samples, shape: (8, 8, 3) });
    }
    if let Some(folder) = &arguments.mnist {
        let kind = Kind::Mnist(files::mnist(folder, "train-images-idx3-ubyte")?);
        sources.push(Source { name: "mnist", kind, n_samples, shape: (28, 28, 1) });
    }
    if sources.is_empty() {
        let n_samples = arguments.samples.unwrap_or(digits::images::<f32>().ncols());
        sources.push(Source { name: "digits", kind: Kind::Digits, n_samples, shape: (8, 8, 1) });
    }
    Ok(sources)
}

impl Source {
    /// The samples, n × N. Pixels at an image's border hardly vary: there the offset bounds the
    /// quotient.
    pub fn load(&self) -> Result<DMatrix<f32>, Error> {
        let (mut x, offset) = match &self.kind {
            Kind::Mnist(path) => (idx::read_first_images(path, self.n_samples)? / 255.0, 0.1),
            Kind::Cifar10(folder) => {
                let images = cifar10::read_batches(folder)?.images;
                (random_patches(&images, (8, 8), self.n_samples, 0)?, 0.0)
            }
            Kind::Digits => {
                let images = digits::images::<f32>();
                let (asked, available) = (self.n_samples, images.ncols());
                if asked > available {
                    return Err(Error::NotEnough { what: "digits".into(), asked, available });
                }
                (images.columns(0, asked) / 16.0, 0.1)
            }
        };
        Standardization::fit(&x, offset)?.apply(&mut x)?;
        Ok(x)
    }
}
