//! Models to SAELens.

use super::config::{self, Config};
use super::tensors::{self, dtype_name};
use crate::activation::{Activation, Sign};
use crate::error::Error;
use crate::files::write_atomically;
use crate::little_endian::{bytes, dtype};
use crate::memory::zeros;
use crate::scalar::{Real, compiled};
use crate::untied::UntiedAutoEncoder;
use nalgebra::DVector;
use safetensors::tensor::TensorView;
use std::io::ErrorKind;
use std::path::Path;

/// Saves a ReLU model as one of the architecture `standard` in a folder, which is made if it is not
/// there.
///
/// The weights are stored to the bit, in the type of the model; without a decoder bias, b_dec is 0.
/// Each of the two files is written whole or not at all; what else is in the folder stays.
///
/// # Errors
/// [`Error::Format`] with the folder if the activation is not the ReLU, as its properties and values
/// tell, [`Error::Io`] if a file or the folder cannot be written, [`Error::TooLarge`] if a copy of the
/// filters does not fit into memory.
pub fn save<T: Real, A: Activation<T>>(
    model: &UntiedAutoEncoder<T, A>,
    folder: impl AsRef<Path>,
) -> Result<(), Error> {
    let folder = folder.as_ref();
    if !is_relu(model.activation()) {
        let reason =
            format!("the activation is {:?}, but SAELens' `standard` has Relu", model.activation());
        return Err(Error::Format { path: folder.to_owned(), reason });
    }
    let weights = Weights {
        d_in: model.n_inputs(),
        d_sae: model.n_hidden(),
        encoder: model.encoder_filters().as_slice(),
        encoder_bias: model.encoder_bias(),
        decoder: model.decoder_filters().as_slice(),
        decoder_bias: model.decoder_bias(),
    };
    compiled!(T, save_in(weights: Weights<'_, T>, folder: &Path) -> Result<(), Error>)
}

/// Whether an activation is the ReLU: it bends at 0 alone, so that two values on either side decide.
fn is_relu<T: Real>(activation: &dyn Activation<T>) -> bool {
    let properties = activation.properties();
    let is_straight = properties.curvature == Sign::Zero
        && properties.kinks.iter().all(|kink| kink.at == 0.0 && kink.order == 1);
    let values = [(-2.0, 0.0), (-1.0, 0.0), (0.0, 0.0), (1.0, 1.0), (2.0, 2.0)];
    is_straight && values.iter().all(|(a, h)| activation.value(T::of(*a)) == T::of(*h))
}

/// What is saved.
struct Weights<'a, T> {
    d_in: usize,
    d_sae: usize,
    encoder: &'a [T],
    encoder_bias: &'a DVector<T>,
    decoder: &'a [T],
    decoder_bias: Option<&'a DVector<T>>,
}

fn save_in<T: Real>(weights: Weights<'_, T>, folder: &Path) -> Result<(), Error> {
    let Weights { d_in, d_sae, .. } = weights;
    let io = |source| Error::Io { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(io)?;
    let (dtype, name) = (dtype::<T>(), dtype_name::<T>());
    // Column after column of the transpose, which is row after row.
    let mut rows: Vec<T> = zeros("encoder filters", d_in, d_sae)?;
    for (unit, filter) in weights.encoder.chunks_exact(d_in).enumerate() {
        for (input, weight) in filter.iter().enumerate() {
            rows[input * d_sae + unit] = *weight;
        }
    }
    let none: Vec<T> = zeros("decoder bias", d_in, 1)?;
    let decoder_bias = weights.decoder_bias.map_or(&none[..], DVector::as_slice);
    let parts = [
        ("W_enc", vec![d_in, d_sae], bytes(rows.iter())),
        ("W_dec", vec![d_sae, d_in], bytes(weights.decoder.iter())),
        ("b_enc", vec![d_sae], bytes(weights.encoder_bias.iter())),
        ("b_dec", vec![d_in], bytes(decoder_bias.iter())),
    ];
    let path = folder.join(tensors::FILE);
    let views = parts.iter().map(|(name, shape, bytes)| {
        TensorView::new(dtype, shape.clone(), bytes).map(|view| (*name, view))
    });
    let content = views
        .collect::<Result<Vec<_>, _>>()
        .and_then(|views| safetensors::serialize(views, None))
        .map_err(|error| Error::Format { path: path.clone(), reason: error.to_string() })?;
    // Never new weights beside the description of others: without one they are not loaded.
    let config_path = folder.join(config::FILE);
    match std::fs::remove_file(&config_path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            return Err(Error::Io { path: config_path, source });
        }
        _ => {}
    }
    write_atomically(&path, |file| file.write_all(&content))?;

    let config = Config { d_in, d_sae, subtracts_decoder_bias: false }.write(name);
    write_atomically(&config_path, |file| file.write_all(config.as_bytes()))
}
