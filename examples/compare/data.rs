//! A labelled data set, standardised, in two parts.

use nalgebra::DMatrix;
use regularized_autoencoder::Error;
use regularized_autoencoder::data::{Standardization, digits, idx};
use std::path::{Path, PathBuf};

/// What is compared on.
#[derive(Clone)]
pub enum Source {
    Digits,
    Mnist(PathBuf),
}

/// Samples in columns, and the class of each.
pub struct Part {
    pub x: DMatrix<f32>,
    pub labels: Vec<u8>,
}

/// Training samples, and test samples that nothing is fitted to.
pub struct Split {
    pub name: &'static str,
    pub training: Part,
    pub test: Part,
}

impl Source {
    /// As on the command line.
    pub fn parse(value: &str) -> Result<Self, String> {
        match value.split_once('=') {
            None if value == "digits" => Ok(Self::Digits),
            Some(("mnist", folder)) => Ok(Self::Mnist(folder.into())),
            _ => Err("known are digits and mnist=DIR".into()),
        }
    }

    /// The digits, of which the last quarter is for tests, or MNIST's first training images and all
    /// its test images; features are standardised by the training samples.
    pub fn load(&self, samples: Option<usize>) -> Result<Split, Error> {
        match self {
            Self::Digits => {
                let (x, labels) = (digits::images::<f32>() / 16.0, digits::labels());
                let count = samples.unwrap_or(x.ncols()).clamp(8, x.ncols());
                let training = count - count / 4;
                split("digits", |part| match part {
                    Kind::Training => {
                        Ok((x.columns(0, training).into(), labels[..training].to_vec()))
                    }
                    Kind::Test => Ok((
                        x.columns(training, count - training).into(),
                        labels[training..count].to_vec(),
                    )),
                })
            }
            Self::Mnist(folder) => {
                let count = samples.unwrap_or(60_000);
                split("mnist", |part| {
                    let (prefix, count) = match part {
                        Kind::Training => ("train", count),
                        Kind::Test => ("t10k", 10_000),
                    };
                    let images = file(folder, &format!("{prefix}-images-idx3-ubyte"));
                    let labels = file(folder, &format!("{prefix}-labels-idx1-ubyte"));
                    let mut labels = idx::read_labels(labels, 10)?;
                    labels.truncate(count);
                    Ok((idx::read_first_images::<f32>(images, count)? / 255.0, labels))
                })
            }
        }
    }
}

enum Kind {
    Training,
    Test,
}

fn split(
    name: &'static str,
    read: impl Fn(Kind) -> Result<(DMatrix<f32>, Vec<u8>), Error>,
) -> Result<Split, Error> {
    let ((mut x, labels), (mut test, test_labels)) = (read(Kind::Training)?, read(Kind::Test)?);
    let standardization = Standardization::fit(&x, 0.1)?;
    standardization.apply(&mut x)?;
    standardization.apply(&mut test)?;
    let (training, test) = (Part { x, labels }, Part { x: test, labels: test_labels });
    Ok(Split { name, training, test })
}

/// The file, or the gzipped one where only that is there.
fn file(folder: &Path, name: &str) -> PathBuf {
    let plain = folder.join(name);
    if plain.is_file() { plain } else { folder.join(format!("{name}.gz")) }
}
