//! Models to SAELens.

use super::config::{self, Config};
use super::tensors::{self, dtype_name};
use crate::activation::{Activation, Sign};
use crate::error::Error;
use crate::files::write_atomically;
use crate::memory::zeros;
use crate::scalar::{Real, compiled};
use crate::tensors::{Tensor, Values, sort, write};
use crate::untied::UntiedAutoEncoder;
use nalgebra::DVector;
use std::io::ErrorKind;
use std::path::Path;

/// Saves a ReLU model as one of the architecture `standard` in a folder, which is made if it is not
/// there.
///
/// The weights are stored to the bit, in the type of the model; without a decoder bias, b_dec is 0.
/// Each of the two files is written whole or not at all; what else is in the folder stays. A model that was
/// there before stays loadable if writing fails, if its `cfg.json` is to the letter the one that would be
/// written. Any other is removed first, so that new weights never stand beside the description of others.
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
    // Column after column of the transpose, which is row after row.
    let mut rows: Vec<T> = zeros("encoder filters", d_in, d_sae)?;
    for (unit, filter) in weights.encoder.chunks_exact(d_in).enumerate() {
        for (input, weight) in filter.iter().enumerate() {
            rows[input * d_sae + unit] = *weight;
        }
    }
    let none: Vec<T> = zeros("decoder bias", d_in, 1)?;
    let values = |name| match name {
        "W_enc" => &rows[..],
        "W_dec" => weights.decoder,
        "b_enc" => weights.encoder_bias.as_slice(),
        _ => weights.decoder_bias.map_or(&none[..], DVector::as_slice),
    };
    let mut tensors = tensors::shapes(d_in, d_sae).map(|(name, shape)| Tensor {
        name,
        shape,
        values: Values::Model(values(name)),
    });
    sort(&mut tensors);

    // Never new weights beside the description of others: without one they are not loaded.
    let config_path = folder.join(config::FILE);
    let config = Config { d_in, d_sae, subtracts_decoder_bias: false }.write(dtype_name::<T>());
    let is_described = std::fs::read(&config_path).is_ok_and(|there| there == config.as_bytes());
    if !is_described {
        match std::fs::remove_file(&config_path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(Error::Io { path: config_path, source });
            }
            _ => {}
        }
    }
    write_atomically(&folder.join(tensors::FILE), |file| write(&tensors, None, file))?;
    if is_described {
        return Ok(());
    }
    write_atomically(&config_path, |file| file.write_all(config.as_bytes()))
}
