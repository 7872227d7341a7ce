//! Checkpoints in files.
//!
//! A file is in the safetensors format: arrays with names, and text. What holds more than a number
//! stands in arrays, so that every bit is kept and any reader of the format can look at it.

mod read;
mod write;

use super::checkpoint::Checkpoint;
use crate::error::Error;
use crate::files::write_atomically;
use crate::scalar::{Real, compiled};
use read::decode;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use write::encode;

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
    /// it is written under another name, synchronised with the disk and renamed. A process that is
    /// killed meanwhile leaves a file `.regularized-autoencoder-PROCESS-NUMBER.tmp` in the folder,
    /// as large as a checkpoint, which may be deleted.
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
