//! Models from SAELens.

use super::config::{self, Config};
use super::tensors;
use crate::activation::Relu;
use crate::error::Error;
use crate::scalar::{Real, compiled};
use crate::untied::UntiedAutoEncoder;
use nalgebra::{DMatrix, DVector};
use safetensors::SafeTensors;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Loads a model of the architecture `standard` from a folder.
///
/// The decoder bias that SAELens subtracts from samples becomes part of the encoder bias, computed in
/// `f64`: codes and reconstructions are the same up to rounding. Numbers of `f32` load as `f64` too.
///
/// # Errors
/// [`Error::Io`] if a file cannot be read, [`Error::Format`] with what `cfg.json` or the tensors say
/// and what they must: another architecture or activation, inputs that are normalised, types other
/// than `float32` and `float64`, numbers of `f64` for a model of `f32`, sizes that do not fit, a tensor
/// that is missing or unknown, a header that does not fit the file; [`Error::NotFinite`] for NaN and ±∞.
pub fn load<T: Real>(folder: impl AsRef<Path>) -> Result<UntiedAutoEncoder<T, Relu>, Error> {
    let folder = folder.as_ref();
    compiled!(T, load_in(folder: &Path) -> Result<UntiedAutoEncoder<T, Relu>, Error>)
}

fn load_in<T: Real>(folder: &Path) -> Result<UntiedAutoEncoder<T, Relu>, Error> {
    /// Far more than metadata take.
    const LONGEST: u64 = 1 << 24;
    let path = folder.join(config::FILE);
    let violation = |reason| Error::Format { path: path.clone(), reason };
    let content = read(&path, LONGEST)?;
    if content.len() as u64 > LONGEST {
        return Err(violation(format!("it is longer than {LONGEST} bytes")));
    }
    let config = Config::parse(&content).map_err(violation)?;

    let path = folder.join(tensors::FILE);
    let content = read(&path, u64::MAX - 1)?;
    let weights = weights(&content, &config)
        .map_err(|reason| Error::Format { path: path.clone(), reason })?;
    let Weights { encoder, mut encoder_bias, decoder, decoder_bias } = weights;
    if config.subtracts_decoder_bias {
        for (bias, filter) in encoder_bias.iter_mut().zip(encoder.column_iter()) {
            let pairs = filter.iter().zip(&decoder_bias);
            let shift: f64 = pairs.map(|(w, b): (&T, &T)| w.as_f64() * b.as_f64()).sum();
            *bias = T::of(bias.as_f64() - shift);
        }
    }
    UntiedAutoEncoder::new(encoder, encoder_bias, decoder, Some(decoder_bias), Relu)
}

/// At most `longest` + 1 bytes of a file.
fn read(path: &Path, longest: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let mut content = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(longest + 1).read_to_end(&mut content).map_err(failed)?;
    Ok(content)
}

/// The tensors of a model.
struct Weights<T> {
    encoder: DMatrix<T>,
    encoder_bias: DVector<T>,
    decoder: DMatrix<T>,
    decoder_bias: DVector<T>,
}

fn weights<T: Real>(content: &[u8], config: &Config) -> Result<Weights<T>, String> {
    let file = SafeTensors::deserialize(content)
        .map_err(|error| format!("no valid file of the safetensors format: {error}"))?;
    for name in file.names() {
        if !["W_enc", "b_enc", "W_dec", "b_dec"].contains(&name) {
            let known = "W_enc, b_enc, W_dec and b_dec";
            return Err(format!("there is a tensor {name}, but there must be {known} alone"));
        }
    }
    let Config { d_in, d_sae, .. } = *config;
    let encoder: Vec<T> = tensors::read(&file, "W_enc", &[d_in, d_sae])?;
    let decoder = tensors::read(&file, "W_dec", &[d_sae, d_in])?;
    Ok(Weights {
        encoder: DMatrix::from_row_slice(d_in, d_sae, &encoder),
        encoder_bias: DVector::from_vec(tensors::read(&file, "b_enc", &[d_sae])?),
        // Row after row, which is column after column of the transpose.
        decoder: DMatrix::from_vec(d_in, d_sae, decoder),
        decoder_bias: DVector::from_vec(tensors::read(&file, "b_dec", &[d_in])?),
    })
}
