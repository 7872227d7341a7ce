//! Checkpoints in files.
//!
//! A file is in the safetensors format: arrays with names, and text. What holds more than a number
//! stands in arrays, so that every bit is kept and any reader of the format can look at it.

use super::checkpoint::Checkpoint;
use super::course::Course;
use super::early_stopping::Best;
use super::motion::Motion;
use super::report::{EpochRecord, EpochSums};
use super::settings::Settings;
use crate::error::Error;
use crate::files::write_atomically;
use crate::little_endian::{self, dtype};
use crate::model::Parameters;
use crate::scalar::{Real, compiled};
use nalgebra::{DMatrix, DVector};
use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// What the text of a file is called.
const TEXT: &str = "checkpoint";
/// The array that holds the CRC-32 of all other bytes of the file.
const CHECKSUM: &str = "checksum";
/// Stands for a path in errors.
const IN_MEMORY: &str = "bytes of a checkpoint";
/// A new number for every change that old readers would not notice.
const FORMAT: &str = "regularized-autoencoder checkpoint 1";

impl<T: Real> Checkpoint<T> {
    /// Writes the checkpoint to a file, in the safetensors format.
    ///
    /// Whatever happens meanwhile, the file is the previous one or the new one, each of them whole:
    /// it is written under another name, synchronised with the disk and renamed.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written, [`Error::Format`] if the format cannot hold it.
    ///
    /// ```
    /// use regularized_autoencoder::prelude::*;
    ///
    /// /// As `FitOptions::checkpoint_every` does it.
    /// struct Save<'a>(&'a std::path::Path);
    /// impl Observer<f32> for Save<'_> {
    ///     fn on_epoch(&mut self, event: &EpochEvent<'_, f32>) -> ControlFlow<()> {
    ///         event.checkpoint().save(self.0).unwrap();
    ///         ControlFlow::Continue(())
    ///     }
    /// }
    ///
    /// let path = std::env::temp_dir().join(format!("checkpoint-{}", std::process::id()));
    /// let x = DMatrix::from_fn(3, 60, |i, j| (i as f32 + j as f32).cos());
    /// let mut model = RegularizedAutoEncoder::builder(3, 4).build()?;
    /// let trainer = Trainer::builder().epochs(2).build()?;
    /// trainer.fit_with(&mut model, &x, FitOptions::default().observer(&mut Save(&path)))?;
    /// let checkpoint = Checkpoint::<f32>::load(&path)?;
    /// assert_eq!((checkpoint.epoch(), checkpoint.parameters()), (2, model.parameters()));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let bytes = self.bytes_of(path)?;
        write_atomically(path, |file| file.write_all(&bytes))
    }

    /// The bytes of a file of the checkpoint, for [`from_bytes`](Self::from_bytes).
    ///
    /// # Errors
    /// [`Error::Format`] if the format cannot hold it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        self.bytes_of(IN_MEMORY.as_ref())
    }

    fn bytes_of(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let checkpoint = self;
        compiled!(T, encode(checkpoint: &Checkpoint<T>) -> Result<Vec<u8>, String>)
            .map_err(|reason| Error::Format { path: path.to_owned(), reason })
    }

    /// Reads a checkpoint from a file that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::Format`] if it is no checkpoint of a model in
    /// this scalar type, or not whole: a checksum covers every byte.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        Self::of_file(&bytes, path)
    }

    /// A checkpoint from the bytes of a file.
    ///
    /// # Errors
    /// [`Error::Format`], as [`load`](Self::load), about `bytes of a checkpoint`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::of_file(bytes, IN_MEMORY.as_ref())
    }

    fn of_file(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        compiled!(T, decode(bytes: &[u8]) -> Result<Checkpoint<T>, String>)
            .map_err(|reason| Error::Format { path: path.to_owned(), reason })
    }

    /// [`load`](Self::load) if there is such a file: what a program does that begins a training, or
    /// goes on with it if an earlier run was interrupted.
    ///
    /// # Errors
    /// Those of [`load`](Self::load), but for a file that does not exist.
    pub fn load_if_present(path: impl AsRef<Path>) -> Result<Option<Self>, Error> {
        match Self::load(path) {
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }
}

/// The text of a file, as JSON: everything but real numbers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    format: String,
    /// The version of the crate that wrote it, for people to read.
    version: String,
    epoch: usize,
    step: usize,
    steps: usize,
    /// Units that were given new filters in the epoch that runs.
    resampled: usize,
    /// With early stopping, the best epoch and that of the last progress.
    best: Option<[usize; 2]>,
    settings: Vec<(String, String)>,
}

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

// -------------------------------------------------------------------------------------- writing

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

fn encode<T: Real>(checkpoint: &Checkpoint<T>) -> Result<Vec<u8>, String> {
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

/// Where the four bytes of the checksum are.
fn place_of_checksum(bytes: &[u8]) -> Result<usize, String> {
    let (header, arrays) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    match arrays.info(CHECKSUM) {
        Some(info) if info.dtype == Dtype::U32 && info.shape == [1] => {
            Ok(8 + header + info.data_offsets.0)
        }
        _ => Err("it has no checksum".into()),
    }
}

/// The CRC-32 of all bytes but the four at this place, which exist.
fn checksum(bytes: &[u8], place: usize) -> u32 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&bytes[..place]);
    checksum.update(&bytes[place + 4..]);
    checksum.finalize()
}

// -------------------------------------------------------------------------------------- reading

struct File<'a>(SafeTensors<'a>);

impl File<'_> {
    /// The bytes of an array of this type and shape.
    fn bytes(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<&[u8], String> {
        let array = self.0.tensor(name).map_err(|error| error.to_string())?;
        if array.dtype() != dtype || array.shape() != shape {
            let (found, there) = (array.dtype(), array.shape());
            return Err(format!("{name} is {found} {there:?} where {dtype} {shape:?} belongs"));
        }
        Ok(array.data())
    }

    fn numbers<T: Real>(&self, name: &str, shape: &[usize]) -> Result<Vec<T>, String> {
        let bytes = self.bytes(name, dtype::<T>(), shape)?;
        let numbers: Vec<T> = little_endian::numbers(dtype::<T>(), bytes).collect();
        if numbers.iter().any(|number| number.is_nan()) {
            return Err(format!("{name} holds NaN"));
        }
        Ok(numbers)
    }

    fn has(&self, name: &str) -> bool {
        self.0.tensor(name).is_ok()
    }

    /// Parameters of the sizes (n, m), with a decoder bias or without.
    fn parameters<T: Real>(
        &self,
        name: &str,
        (n, m): (usize, usize),
        has_decoder_bias: bool,
    ) -> Result<Parameters<T>, String> {
        let filters = self.numbers(&format!("{name}.weights"), &[m, n])?;
        let encoder_bias = self.numbers(&format!("{name}.encoder_bias"), &[m])?;
        let decoder_bias =
            has_decoder_bias.then(|| self.numbers(&format!("{name}.decoder_bias"), &[n]));
        Parameters::new(
            DMatrix::from_vec(n, m, filters),
            DVector::from_vec(encoder_bias),
            decoder_bias.transpose()?.map(DVector::from_vec),
        )
        .map_err(|error| format!("{name}: {error}"))
    }
}

fn decode<T: Real>(bytes: &[u8]) -> Result<Checkpoint<T>, String> {
    let place = place_of_checksum(bytes)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let file = File(SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?);
    let is_whole = file.bytes(CHECKSUM, Dtype::U32, &[1])? == checksum(bytes, place).to_le_bytes();
    // A fuzzer would hardly get past it.
    if !is_whole && !cfg!(fuzzing) {
        return Err("its checksum is not that of its content: it is damaged".into());
    }
    let text = header.metadata().as_ref().and_then(|texts| texts.get(TEXT));
    let text = text.ok_or("it is no checkpoint")?;
    let text: Text =
        serde_json::from_str(text).map_err(|error| format!("it is no checkpoint: {error}"))?;
    if text.format != FORMAT {
        return Err(format!("it is a {}, not a {FORMAT}", text.format));
    }

    let shape = match file.0.tensor("parameters.weights") {
        Ok(weights) => weights.shape().to_vec(),
        Err(error) => return Err(error.to_string()),
    };
    let &[m, n] = &shape[..] else { return Err("its weights are no matrix".into()) };
    let has_decoder_bias = file.has("parameters.decoder_bias");
    let parameters = |name| file.parameters::<T>(name, (n, m), has_decoder_bias);
    let second = file.has("motion.second.weights").then(|| parameters("motion.second"));
    let second = second.transpose()?;
    if second.as_ref().is_some_and(Parameters::has_negative) {
        return Err("a second moment is negative".into());
    }
    let motion = Motion { first: parameters("motion.first")?, second, steps: text.steps };
    let best = match text.best {
        Some([epoch, progress]) if epoch.max(progress) < text.epoch => {
            let objectives = file.numbers("best.objectives", &[2])?;
            Some(Best {
                objective: objectives[0],
                epoch,
                parameters: parameters("best")?,
                progress: (objectives[1], progress),
            })
        }
        Some(epochs) => return Err(format!("of {} epochs it has {epochs:?}", text.epoch)),
        None => None,
    };
    let sums: Vec<f64> = file.numbers("sums", &[5])?;
    let course = Course {
        motion,
        epoch: text.epoch,
        step: text.step,
        steps: text.steps,
        sums: EpochSums {
            reconstruction: sums[0],
            regularizer: sums[1],
            weight: sums[2],
            learning_rate: sums[3],
            resampled: text.resampled,
            seconds: sums[4],
        },
        history: history(&file, text.epoch)?,
        active: active(&file, m)?,
        best,
    };
    let settings = Settings(text.settings);
    Ok(Checkpoint { settings, parameters: parameters("parameters")?, course })
}

fn history(file: &File<'_>, epochs: usize) -> Result<Vec<EpochRecord>, String> {
    let column = |name: &str| file.numbers::<f64>(&format!("history.{name}"), &[epochs]);
    let (reconstruction, regularizer) = (column("reconstruction")?, column("regularizer")?);
    let (learning_rate, seconds) = (column("learning_rate")?, column("seconds")?);
    let validation = file.has("history.validation").then(|| column("validation")).transpose()?;
    let resampled = file.bytes("history.resampled", Dtype::U64, &[epochs])?.as_chunks::<8>().0;
    let record = |epoch: usize| {
        Some(EpochRecord {
            epoch,
            reconstruction: reconstruction[epoch],
            regularizer: regularizer[epoch],
            validation: validation.as_ref().map(|validation| validation[epoch]),
            learning_rate: learning_rate[epoch],
            resampled: usize::try_from(u64::from_le_bytes(resampled[epoch])).ok()?,
            seconds: seconds[epoch],
        })
    };
    let records: Option<Vec<_>> = (0..reconstruction.len()).map(record).collect();
    records.ok_or_else(|| "more units were resampled than there can be".to_owned())
}

/// Which of m units were active; none without resampling.
fn active(file: &File<'_>, m: usize) -> Result<Vec<bool>, String> {
    let length = file.0.tensor("active").map_or(m, |active| active.shape().iter().product());
    if length != 0 && length != m {
        return Err(format!("of {m} hidden units {length} are active or not"));
    }
    let bytes = file.bytes("active", Dtype::U8, &[length])?;
    Ok(bytes.iter().map(|byte| *byte != 0).collect())
}
