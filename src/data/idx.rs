//! IDX files, the format of MNIST, Fashion-MNIST, EMNIST and others; plain or gzipped.
//!
//! ```text
//! 00 00 · type (08: unsigned byte) · rank r · r sizes, 4 bytes each, big-endian · the values
//! ```
//! Whether a file is gzipped is told from its first two bytes, not from its name. The values are
//! converted while they are read, and memory is taken as they arrive: a header that promises more
//! than the file holds is an error, and costs no memory.

use super::source::Source;
use crate::error::{Error, at_least_one};
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;
use std::io::Read;
use std::path::Path;

/// How many bytes are read at a time.
const PIECE: usize = 1 << 14;
/// The type code of unsigned bytes.
const UNSIGNED_BYTE: u8 = 0x08;

/// Reads all images of a file: n × N, an image per column, values 0 to 255.
///
/// The first of the file's sizes is the number of images N; the others, at least one, multiply to
/// n, and a column holds an image in the order of the file (rows, for two-dimensional images).
///
/// # Errors
/// [`Error::Io`] if the file cannot be read or unpacked; [`Error::Format`] if it is no IDX file of
/// unsigned bytes, has rank below 2 or a size of 0, or holds fewer or more bytes than its header
/// says; [`Error::TooLarge`] if the images do not fit into memory.
///
/// # Example
/// ```no_run
/// use regularized_autoencoder::data::idx;
/// let images = idx::read_images::<f32>("train-images-idx3-ubyte.gz")?;
/// assert_eq!(images.shape(), (784, 60_000));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read_images<T: Real>(path: impl AsRef<Path>) -> Result<DMatrix<T>, Error> {
    read_matrix(Source::open(path.as_ref())?, None)
}

/// Reads the first `count` images of a file; see [`read_images`].
///
/// What follows them in the file is neither read nor checked.
///
/// # Errors
/// Those of [`read_images`]; [`Error::NotEnough`] if the file has fewer images; [`Error::Zero`] if
/// `count` is 0.
///
/// # Example
/// ```no_run
/// use regularized_autoencoder::data::idx;
/// let images = idx::read_first_images::<f32>("train-images-idx3-ubyte.gz", 50_000)?;
/// assert_eq!(images.shape(), (784, 50_000));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read_first_images<T: Real>(
    path: impl AsRef<Path>,
    count: usize,
) -> Result<DMatrix<T>, Error> {
    at_least_one("number of images", count)?;
    read_matrix(Source::open(path.as_ref())?, Some(count))
}

/// Reads all images from anything that gives bytes; see [`read_images`].
///
/// `name` stands for the path in errors.
///
/// # Errors
/// Those of [`read_images`].
///
/// # Example
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::data::idx;
/// // Two images of 1 × 3 pixels.
/// let bytes = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255];
/// let images = idx::read_images_from::<f64>(&bytes[..], "two images")?;
/// assert_eq!(images, dmatrix![1.0, 4.0; 2.0, 5.0; 3.0, 255.0]);
///
/// let error = idx::read_images_from::<f64>(&bytes[..20], "cut").unwrap_err();
/// assert_eq!(error.to_string(), "cut: the values end after 4 of 6 bytes");
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read_images_from<T: Real>(
    reader: impl Read,
    name: impl AsRef<Path>,
) -> Result<DMatrix<T>, Error> {
    read_matrix(Source::new(reader, name.as_ref())?, None)
}

/// Reads all labels of a file; each must be below `n_classes`.
///
/// With `n_classes` = 256 every byte is a label.
///
/// # Errors
/// Those of [`read_images`], but the rank must be 1; [`Error::Format`] if a label is `n_classes` or
/// more; [`Error::Zero`] if `n_classes` is 0.
///
/// # Example
/// ```no_run
/// use regularized_autoencoder::data::idx;
/// let labels = idx::read_labels("train-labels-idx1-ubyte.gz", 10)?;
/// assert_eq!(labels.len(), 60_000);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read_labels(path: impl AsRef<Path>, n_classes: usize) -> Result<Vec<u8>, Error> {
    labels(Source::open(path.as_ref())?, n_classes)
}

/// Reads all labels from anything that gives bytes; see [`read_labels`].
///
/// `name` stands for the path in errors.
///
/// # Errors
/// Those of [`read_labels`].
///
/// # Example
/// ```
/// use regularized_autoencoder::data::idx;
/// let bytes = [0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9];
/// assert_eq!(idx::read_labels_from(&bytes[..], "labels", 10)?, [7, 0, 9]);
/// let error = idx::read_labels_from(&bytes[..], "labels", 9).unwrap_err();
/// assert_eq!(error.to_string(), "labels: label 2 is 9, but must be below 9");
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read_labels_from(
    reader: impl Read,
    name: impl AsRef<Path>,
    n_classes: usize,
) -> Result<Vec<u8>, Error> {
    labels(Source::new(reader, name.as_ref())?, n_classes)
}

fn read_matrix<T: Real>(source: Source<'_>, first: Option<usize>) -> Result<DMatrix<T>, Error> {
    compiled!(T, images(source: Source<'_>, first: Option<usize>) -> Result<DMatrix<T>, Error>)
}

/// All images, or the `first` so many.
fn images<T: Real>(mut source: Source<'_>, first: Option<usize>) -> Result<DMatrix<T>, Error> {
    let sizes = header(&mut source)?;
    if sizes.len() < 2 {
        return Err(source.violation(format!("rank is {}, but must be at least 2", sizes.len())));
    }
    let mut n_pixels: usize = 1;
    for &size in &sizes[1..] {
        n_pixels = n_pixels.checked_mul(size).ok_or(Error::TooLarge {
            what: "IDX images",
            rows: n_pixels,
            columns: size,
        })?;
    }
    let (available, asked) = (sizes[0], first.unwrap_or(sizes[0]));
    if asked > available {
        let what = format!("images of {}", source.path().display()).into();
        return Err(Error::NotEnough { what, asked, available });
    }
    let pixels = values(&mut source, n_pixels, asked, |byte| T::of(byte.into()))?;
    if first.is_none() {
        end(&mut source, pixels.len())?;
    }
    Ok(DMatrix::from_vec(n_pixels, asked, pixels))
}

fn labels(mut source: Source<'_>, n_classes: usize) -> Result<Vec<u8>, Error> {
    at_least_one("number of classes", n_classes)?;
    let sizes = header(&mut source)?;
    let [count] = sizes[..] else {
        return Err(source.violation(format!("rank is {}, but must be 1", sizes.len())));
    };
    let labels = values(&mut source, 1, count, |byte| byte)?;
    end(&mut source, count)?;
    match labels.iter().position(|&label| usize::from(label) >= n_classes) {
        None => Ok(labels),
        Some(at) => Err(source
            .violation(format!("label {at} is {}, but must be below {n_classes}", labels[at]))),
    }
}

/// The sizes that the header promises, none of them 0.
fn header(source: &mut Source<'_>) -> Result<Vec<usize>, Error> {
    let [zero, also_zero, kind, rank] = word(source)?;
    if (zero, also_zero) != (0, 0) {
        return Err(source.violation(format!(
            "the first two bytes are {zero:02x} {also_zero:02x}, but must be 00 00"
        )));
    }
    if kind != UNSIGNED_BYTE {
        return Err(source.violation(format!(
            "the type of the values is 0x{kind:02x}, but must be 0x{UNSIGNED_BYTE:02x} (unsigned byte)"
        )));
    }
    let mut sizes = Vec::new();
    for dimension in 0..rank {
        let size = u32::from_be_bytes(word(source)?);
        if size == 0 {
            return Err(source.violation(format!("size {dimension} is 0, but must be at least 1")));
        }
        // Where a usize has 16 bits, what does not fit is reported as too large further on.
        sizes.push(usize::try_from(size).unwrap_or(usize::MAX));
    }
    Ok(sizes)
}

/// The next four bytes of the header.
fn word(source: &mut Source<'_>) -> Result<[u8; 4], Error> {
    let mut word = [0; 4];
    match source.fill(&mut word)? {
        4 => Ok(word),
        got => Err(source.violation(format!("the header ends within a number: {got} of 4 bytes"))),
    }
}

/// The next `rows` · `columns` bytes, converted; takes a piece of memory, then twice what arrived.
fn values<V>(
    source: &mut Source<'_>,
    rows: usize,
    columns: usize,
    convert: impl Fn(u8) -> V,
) -> Result<Vec<V>, Error> {
    let too_large = || Error::TooLarge { what: "IDX values", rows, columns };
    let total = rows.checked_mul(columns).ok_or_else(too_large)?;
    let mut values: Vec<V> = Vec::new();
    let mut buffer = [0; PIECE];
    while values.len() < total {
        let left = total - values.len();
        let piece = &mut buffer[..PIECE.min(left)];
        let got = source.fill(piece)?;
        if got < piece.len() {
            let end = values.len() + got;
            return Err(source.violation(format!("the values end after {end} of {total} bytes")));
        }
        if values.capacity() - values.len() < got {
            let more = values.len().max(PIECE).min(left);
            values.try_reserve_exact(more).map_err(|_| too_large())?;
        }
        values.extend(piece.iter().map(|&byte| convert(byte)));
    }
    Ok(values)
}

/// An error unless the file ends here.
fn end(source: &mut Source<'_>, total: usize) -> Result<(), Error> {
    match source.fill(&mut [0])? {
        0 => Ok(()),
        _ => {
            Err(source
                .violation(format!("there are bytes after the {total} that the header promises")))
        }
    }
}
