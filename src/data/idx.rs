//! IDX files, the format of MNIST, Fashion-MNIST, EMNIST and others; plain or gzipped.
//!
//! ```text
//! 00 00 · type (08: unsigned byte) · rank r · r sizes, 4 bytes each, big-endian · the values
//! ```
//! Whether a file is gzipped is told from its first two bytes, not from its name. The values are
//! converted while they are read, and memory is taken as they arrive: a header that promises more
//! than the file holds is an error, and costs no memory.

use super::bytes::Bytes;
use super::encoding::{Encoding, Layout, product};
use crate::error::{Error, at_least_one};
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;
use std::io::Read;
use std::path::Path;

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
    read_matrix(Bytes::open(path.as_ref())?, None)
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
    read_matrix(Bytes::open(path.as_ref())?, Some(count))
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
    read_matrix(Bytes::new(reader, name.as_ref())?, None)
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
    labels(Bytes::open(path.as_ref())?, n_classes)
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
    labels(Bytes::new(reader, name.as_ref())?, n_classes)
}

fn read_matrix<T: Real>(bytes: Bytes<'_>, first: Option<usize>) -> Result<DMatrix<T>, Error> {
    compiled!(T, images(bytes: Bytes<'_>, first: Option<usize>) -> Result<DMatrix<T>, Error>)
}

/// All images, or the `first` so many.
fn images<T: Real>(mut bytes: Bytes<'_>, first: Option<usize>) -> Result<DMatrix<T>, Error> {
    let (n_pixels, available) = image_sizes(&mut bytes)?;
    let asked = first.unwrap_or(available);
    if asked > available {
        let what = format!("images of {}", bytes.path().display()).into();
        return Err(Error::NotEnough { what, asked, available });
    }
    let encoding = Encoding::U8;
    let pixels = bytes.values("IDX values", (n_pixels, asked), 1, |bytes, out| {
        encoding.decode(bytes, out);
    })?;
    if first.is_none() {
        bytes.end(pixels.len())?;
    }
    Ok(DMatrix::from_vec(n_pixels, asked, pixels))
}

fn labels(mut bytes: Bytes<'_>, n_classes: usize) -> Result<Vec<u8>, Error> {
    at_least_one("number of classes", n_classes)?;
    let sizes = header(&mut bytes)?;
    let [count] = sizes[..] else {
        return Err(bytes.violation(format!("rank is {}, but must be 1", sizes.len())));
    };
    let labels = bytes.values("IDX values", (1, count), 1, |bytes, out: &mut [u8]| {
        out.copy_from_slice(bytes);
    })?;
    bytes.end(count)?;
    match labels.iter().position(|&label| usize::from(label) >= n_classes) {
        None => Ok(labels),
        Some(at) => {
            Err(bytes
                .violation(format!("label {at} is {}, but must be below {n_classes}", labels[at])))
        }
    }
}

/// Values per image and number of images that the header promises.
fn image_sizes(bytes: &mut Bytes<'_>) -> Result<(usize, usize), Error> {
    let sizes = header(bytes)?;
    if sizes.len() < 2 {
        return Err(bytes.violation(format!("rank is {}, but must be at least 2", sizes.len())));
    }
    Ok((product("IDX images", &sizes[1..])?, sizes[0]))
}

/// Where in the file which images stand.
pub(crate) fn layout(bytes: &mut Bytes<'_>) -> Result<Layout, Error> {
    let (n_inputs, n_samples) = image_sizes(bytes)?;
    Ok(Layout { offset: bytes.taken(), encoding: Encoding::U8, n_inputs, n_samples })
}

/// The sizes that the header promises, none of them 0.
fn header(bytes: &mut Bytes<'_>) -> Result<Vec<usize>, Error> {
    let [zero, also_zero, kind, rank] = word(bytes)?;
    if (zero, also_zero) != (0, 0) {
        return Err(bytes.violation(format!(
            "the first two bytes are {zero:02x} {also_zero:02x}, but must be 00 00"
        )));
    }
    if kind != UNSIGNED_BYTE {
        return Err(bytes.violation(format!(
            "the type of the values is 0x{kind:02x}, but must be 0x{UNSIGNED_BYTE:02x} (unsigned byte)"
        )));
    }
    let mut sizes = Vec::new();
    for dimension in 0..rank {
        let size = u32::from_be_bytes(word(bytes)?);
        if size == 0 {
            return Err(bytes.violation(format!("size {dimension} is 0, but must be at least 1")));
        }
        // Where a usize has 16 bits, what does not fit is reported as too large further on.
        sizes.push(usize::try_from(size).unwrap_or(usize::MAX));
    }
    Ok(sizes)
}

/// The next four bytes of the header.
fn word(bytes: &mut Bytes<'_>) -> Result<[u8; 4], Error> {
    let mut word = [0; 4];
    match bytes.fill(&mut word)? {
        4 => Ok(word),
        got => Err(bytes.violation(format!("the header ends within a number: {got} of 4 bytes"))),
    }
}
