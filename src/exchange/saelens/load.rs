//! Models from SAELens.

use super::config::{self, Config};
use super::tensors;
use crate::activation::Relu;
use crate::error::Error;
use crate::memory::from_rows;
use crate::scalar::{Real, compiled};
use crate::tensors::{Reader, open, readable};
use crate::untied::UntiedAutoEncoder;
use nalgebra::{DMatrix, DVector};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Loads a model of the architecture `standard` from a folder.
///
/// The decoder bias c that SAELens subtracts from samples becomes part of the encoder bias, computed in
/// `f64`: codes and reconstructions are the same up to rounding, which in `f32` is some 10⁻⁷ of ‖c‖‖W_j‖ at
/// the pre-activations. Numbers of `f32` load as `f64` too, where it is nothing.
///
/// # Errors
/// [`Error::Io`] if a file cannot be read, [`Error::Format`] with what `cfg.json` or the tensors say
/// and what they must: another architecture or activation, inputs that are normalised, types other
/// than `float32` and `float64`, numbers of `f64` for a model of `f32`, sizes that do not fit, a tensor
/// that is missing or unknown, a header that does not fit the file, NaN and ±∞, which an encoder bias can become,
/// too; [`Error::TooLarge`] if the numbers do not fit into memory.
pub fn load<T: Real>(folder: impl AsRef<Path>) -> Result<UntiedAutoEncoder<T, Relu>, Error> {
    let folder = folder.as_ref();
    compiled!(T, load_in(folder: &Path) -> Result<UntiedAutoEncoder<T, Relu>, Error>)
}

fn load_in<T: Real>(folder: &Path) -> Result<UntiedAutoEncoder<T, Relu>, Error> {
    let config = read_config(&folder.join(config::FILE))?;
    let path = folder.join(tensors::FILE);
    let Weights { encoder, mut encoder_bias, decoder, decoder_bias } =
        read_weights(&path, &config)?;
    if config.subtracts_decoder_bias {
        for (bias, filter) in encoder_bias.iter_mut().zip(encoder.column_iter()) {
            let pairs = filter.iter().zip(&decoder_bias);
            let shift: f64 = pairs.map(|(w, b): (&T, &T)| w.as_f64() * b.as_f64()).sum();
            *bias = T::of(bias.as_f64() - shift);
        }
    }
    UntiedAutoEncoder::new(encoder, encoder_bias, decoder, Some(decoder_bias), Relu)
        .map_err(|error| Error::Format { path, reason: error.to_string() })
}

fn read_config(path: &Path) -> Result<Config, Error> {
    /// In bytes, far more than metadata take.
    const LONGEST: u64 = 1 << 20;
    let violation = |reason| Error::Format { path: path.to_owned(), reason };
    let (file, _) = open(path)?;
    let mut content = Vec::new();
    let read = file.take(LONGEST + 1).read_to_end(&mut content);
    let length = read.map_err(|source| Error::Io { path: path.to_owned(), source })?;
    if length as u64 > LONGEST {
        return Err(violation(format!("it is longer than {LONGEST} bytes")));
    }
    Config::parse(&content).map_err(violation)
}

/// The tensors of a model.
struct Weights<T: Real> {
    encoder: DMatrix<T>,
    encoder_bias: DVector<T>,
    decoder: DMatrix<T>,
    decoder_bias: DVector<T>,
}

fn read_weights<T: Real>(path: &Path, config: &Config) -> Result<Weights<T>, Error> {
    let (mut file, length) = open(path)?;
    let mut reader = Reader::new(&mut file, path, length)?;
    check::<T>(&reader, config).map_err(|reason| reader.violation(reason))?;
    let mut numbers = BTreeMap::new();
    for name in reader.names() {
        let values: Vec<T> = reader.values(&name)?;
        numbers.insert(name, values);
    }
    reader.finish()?;
    let mut numbers = |name| numbers.remove(name).unwrap_or_default();
    let Config { d_in, d_sae, .. } = *config;
    Ok(Weights {
        encoder: from_rows("encoder filters", (d_in, d_sae), &numbers("W_enc"))?,
        encoder_bias: DVector::from_vec(numbers("b_enc")),
        // Row after row, which is column after column of the transpose.
        decoder: DMatrix::from_vec(d_in, d_sae, numbers("W_dec")),
        decoder_bias: DVector::from_vec(numbers("b_dec")),
    })
}

/// The reason why the tensors are not those of a model of `T` with these sizes, if so.
fn check<T: Real>(reader: &Reader<'_>, config: &Config) -> Result<(), String> {
    let shapes = tensors::shapes(config.d_in, config.d_sae);
    for name in reader.names() {
        if !shapes.iter().any(|(known, _)| *known == name) {
            let known = shapes.map(|(name, _)| name).join(", ");
            return Err(format!("there is a tensor {name}, but there must be {known} alone"));
        }
    }
    for (name, shape) in shapes {
        let (found, sizes) = reader.info(name).ok_or(format!("there is no tensor {name}"))?;
        if sizes != shape {
            return Err(format!("{name} has the sizes {sizes:?}, but must have {shape:?}"));
        }
        readable::<T>(name, found)?;
    }
    Ok(())
}
