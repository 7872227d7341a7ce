//! The binary version of CIFAR-10: 32 × 32 colour images of ten classes.
//!
//! A file is a sequence of records, each of them one byte of label, 0 to 9, then 1024 bytes of red,
//! 1024 of green and 1024 of blue, each plane row by row. Files may be gzipped.
//!
//! A. Krizhevsky, *Learning Multiple Layers of Features from Tiny Images*, 2009.

use super::bytes::{Bytes, io_error};
use super::images::Images;
use crate::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Rows and columns of an image.
const SIDE: usize = 32;
/// Red, green, blue.
const CHANNELS: usize = 3;
/// Bytes of a label and its image.
const RECORD: usize = 1 + SIDE * SIDE * CHANNELS;
/// Number of classes.
const N_CLASSES: u8 = 10;

/// Images and their classes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cifar10 {
    /// N images of 32 × 32 pixels and 3 channels.
    pub images: Images,
    /// The class of each image, 0 to 9.
    pub labels: Vec<u8>,
}

/// Reads one file, such as `data_batch_1.bin` or `test_batch.bin`.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Format`] if its length is 0 or no multiple of
/// 3073, or a label is above 9; [`Error::TooLarge`] if the images do not fit into memory.
///
/// # Example
/// ```no_run
/// use regularized_autoencoder::data::cifar10;
/// let test = cifar10::read_file("cifar-10-batches-bin/test_batch.bin")?;
/// assert_eq!(test.images.to_matrix::<f32>()?.shape(), (3072, 10_000));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read_file(path: impl AsRef<Path>) -> Result<Cifar10, Error> {
    read(&[path.as_ref().to_owned()])
}

/// Reads one file's content from anything that gives bytes; see [`read_file`].
///
/// `name` stands for the path in errors.
///
/// # Errors
/// Those of [`read_file`].
///
/// # Example
/// ```
/// use regularized_autoencoder::data::cifar10;
/// let mut record = vec![7];
/// record.resize(3073, 200);
/// let batch = cifar10::read_from(&record[..], "one image")?;
/// assert_eq!((batch.images.n_images(), &batch.labels[..]), (1, &[7][..]));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read_from(reader: impl Read, name: impl AsRef<Path>) -> Result<Cifar10, Error> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    append(&mut Bytes::new(reader, name.as_ref())?, &mut pixels, &mut labels)?;
    Ok(Cifar10 { images: Images::new(SIDE, SIDE, CHANNELS, pixels)?, labels })
}

/// Reads every file of a folder whose name is `data_batch_*.bin`, in the order of their names.
///
/// # Errors
/// Those of [`read_file`]; [`Error::Io`] if there is no such folder or no such file in it.
///
/// # Example
/// ```no_run
/// use regularized_autoencoder::data::{cifar10, random_patches};
/// let training = cifar10::read_batches("cifar-10-batches-bin")?;
/// let patches = random_patches::<f32>(&training.images, (8, 8), 50_000, 1)?;
/// assert_eq!(patches.shape(), (192, 50_000));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read_batches(folder: impl AsRef<Path>) -> Result<Cifar10, Error> {
    let folder = folder.as_ref();
    let mut paths = batches(folder).map_err(|source| io_error(folder, source))?;
    if paths.is_empty() {
        let reason = "there is no file data_batch_*.bin in it";
        return Err(io_error(folder, std::io::Error::new(std::io::ErrorKind::NotFound, reason)));
    }
    paths.sort();
    read(&paths)
}

fn batches(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in folder.read_dir()? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("data_batch_") && name.ends_with(".bin") {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

fn read(paths: &[PathBuf]) -> Result<Cifar10, Error> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for path in paths {
        append(&mut Bytes::open(path)?, &mut pixels, &mut labels)?;
    }
    Ok(Cifar10 { images: Images::new(SIDE, SIDE, CHANNELS, pixels)?, labels })
}

/// Appends the records of one file.
fn append(bytes: &mut Bytes<'_>, pixels: &mut Vec<u8>, labels: &mut Vec<u8>) -> Result<(), Error> {
    let mut record = [0; RECORD];
    for index in 0.. {
        let got = bytes.fill(&mut record)?;
        if got == 0 && index > 0 {
            break;
        }
        if got < RECORD {
            let length = index * RECORD + got;
            return Err(bytes.violation(format!(
                "the length is {length} bytes, but must be a positive multiple of {RECORD}"
            )));
        }
        let (label, image) = (record[0], &record[1..]);
        if label >= N_CLASSES {
            return Err(
                bytes.violation(format!("label {index} is {label}, but must be below {N_CLASSES}"))
            );
        }
        let full = |_| Error::TooLarge { what: "images", rows: RECORD, columns: index };
        labels.try_reserve(1).map_err(full)?;
        pixels.try_reserve(image.len()).map_err(full)?;
        labels.push(label);
        pixels.extend_from_slice(image);
    }
    Ok(())
}
