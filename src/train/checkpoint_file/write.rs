//! Checkpoints into bytes.

use super::{CHECKSUM, FORMAT, TEXT, Text, checksum, place_of_checksum};
use crate::little_endian::{self, dtype};
use crate::model::Parameters;
use crate::scalar::Real;
use crate::train::checkpoint::Checkpoint;
use crate::train::course::Course;
use crate::train::report::{EpochRecord, EpochSums};
use safetensors::{Dtype, View};
use std::borrow::Cow;

/// An array of a file.
struct Array {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for &Array {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The arrays of a file, by name.
#[derive(Default)]
struct Arrays(Vec<(String, Array)>);

impl Arrays {
    fn add(&mut self, name: &str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) {
        self.0.push((name.to_owned(), Array { dtype, shape: shape.to_vec(), bytes }));
    }

    fn add_numbers<T: Real>(&mut self, name: &str, shape: &[usize], values: &[T]) {
        self.add(name, dtype::<T>(), shape, little_endian::bytes(values));
    }

    fn add_doubles(&mut self, name: &str, values: impl IntoIterator<Item = f64>) {
        let values: Vec<f64> = values.into_iter().collect();
        self.add_numbers(name, &[values.len()], &values);
    }

    /// Filters row by row: unit by unit.
    fn add_parameters<T: Real>(&mut self, name: &str, parameters: &Parameters<T>) {
        let (n, m) = (parameters.n_inputs(), parameters.n_hidden());
        self.add_numbers(&format!("{name}.weights"), &[m, n], parameters.filters.as_slice());
        let bias = parameters.encoder_bias.as_slice();
        self.add_numbers(&format!("{name}.encoder_bias"), &[m], bias);
        if let Some(bias) = &parameters.decoder_bias {
            self.add_numbers(&format!("{name}.decoder_bias"), &[n], bias.as_slice());
        }
    }
}

pub(super) fn encode<T: Real>(checkpoint: &Checkpoint<T>) -> Result<Vec<u8>, String> {
    let Course { motion, epoch, step, steps, sums, history, active, best } = &checkpoint.course;
    let mut arrays = Arrays::default();
    arrays.add_parameters("parameters", &checkpoint.parameters);
    arrays.add_parameters("motion.first", &motion.first);
    if let Some(second) = &motion.second {
        arrays.add_parameters("motion.second", second);
    }
    if let Some(best) = best {
        arrays.add_parameters("best", &best.parameters);
        arrays.add_doubles("best.objectives", [best.objective, best.progress.0]);
    }
    let EpochSums { reconstruction, regularizer, weight, learning_rate, seconds, .. } = *sums;
    arrays.add_doubles("sums", [reconstruction, regularizer, weight, learning_rate, seconds]);
    let column = |value: fn(&EpochRecord) -> f64| history.iter().map(value);
    arrays.add_doubles("history.reconstruction", column(|record| record.reconstruction));
    arrays.add_doubles("history.regularizer", column(|record| record.regularizer));
    if history.iter().all(|record| record.validation.is_some()) {
        let values = history.iter().filter_map(|record| record.validation);
        arrays.add_doubles("history.validation", values);
    }
    arrays.add_doubles("history.learning_rate", column(|record| record.learning_rate));
    arrays.add_doubles("history.seconds", column(|record| record.seconds));
    let resampled = history.iter().flat_map(|record| (record.resampled as u64).to_le_bytes());
    arrays.add("history.resampled", Dtype::U64, &[history.len()], resampled.collect());
    let active: Vec<u8> = active.iter().map(|active| u8::from(*active)).collect();
    arrays.add("active", Dtype::U8, &[active.len()], active);
    arrays.add(CHECKSUM, Dtype::U32, &[1], vec![0; 4]);

    let text = Text {
        format: FORMAT.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        epoch: *epoch,
        step: *step,
        steps: *steps,
        resampled: sums.resampled,
        best: best.as_ref().map(|best| [best.epoch, best.progress.1]),
        settings: checkpoint.settings.0.clone(),
    };
    let text = serde_json::to_string(&text).map_err(|error| error.to_string())?;
    let text = std::iter::once((TEXT.to_owned(), text)).collect();
    let arrays = arrays.0.iter().map(|(name, array)| (name, array));
    let mut bytes =
        safetensors::serialize(arrays, Some(text)).map_err(|error| error.to_string())?;
    let place = place_of_checksum(&bytes)?;
    let checksum = checksum(&bytes, place);
    bytes[place..place + 4].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}
