//! A labelled data set, standardised, in two parts.

use crate::files;
use nalgebra::DMatrix;
use regularized_autoencoder::Error as LibraryError;
use regularized_autoencoder::data::{Standardization, digits, idx};
use std::error::Error;
use std::ops::Range;
use std::path::PathBuf;

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
    pub fn load(&self, samples: Option<usize>) -> Result<Split, Box<dyn Error>> {
        match self {
            Self::Digits => {
                let (x, labels) = (digits::images::<f32>() / 16.0, digits::labels());
                let (asked, available) = (samples.unwrap_or(x.ncols()), x.ncols());
                let first_test = asked - asked / 4;
                if asked > available {
                    let what = "digits".into();
                    return Err(LibraryError::NotEnough { what, asked, available }.into());
                }
                let part = |samples: Range<usize>| Part {
                    x: x.columns_range(samples.clone()).into_owned(),
                    labels: labels[samples].to_vec(),
                };
                split("digits", part(0..first_test), part(first_test..asked))
            }
            Self::Mnist(folder) => {
                let part = |prefix: &str, count: Option<usize>| -> Result<Part, Box<dyn Error>> {
                    let images = files::mnist(folder, &format!("{prefix}-images-idx3-ubyte"))?;
                    let labels = files::mnist(folder, &format!("{prefix}-labels-idx1-ubyte"))?;
                    let images = match count {
                        Some(count) => idx::read_first_images::<f32>(images, count),
                        None => idx::read_images(images),
                    };
                    let (x, mut labels) = (images? / 255.0, idx::read_labels(labels, 10)?);
                    labels.truncate(count.unwrap_or(labels.len()));
                    Ok(Part { x, labels })
                };
                split("mnist", part("train", samples)?, part("t10k", None)?)
            }
        }
    }
}

/// Two parts, standardised by the first.
fn split(name: &'static str, mut training: Part, mut test: Part) -> Result<Split, Box<dyn Error>> {
    for (what, part) in [("training", &training), ("test", &test)] {
        let (images, labels) = (part.x.ncols(), part.labels.len());
        if images != labels {
            return Err(format!("there are {images} {what} samples, but {labels} labels").into());
        }
        if images < 2 {
            return Err(format!("{images} {what} samples are too few: take more").into());
        }
    }
    let standardization = Standardization::fit(&training.x, 0.1)?;
    standardization.apply(&mut training.x)?;
    standardization.apply(&mut test.x)?;
    Ok(Split { name, training, test })
}
