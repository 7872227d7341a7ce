//! `.npy` files, the format in which NumPy saves an array.
//!
//! ```text
//! 93 'NUMPY' · version · length of the header · {'descr': '<f4', 'fortran_order': False,
//! 'shape': (N, n)} · the values
//! ```
//! An array holds a sample in each **row**: of shape (N, n) and in C order, it is the same memory
//! as an n × N matrix with the samples in its columns. Arrays of higher rank, such as images of
//! shape (N, height, width), are read as (N, height · width).
//!
//! Versions 1 to 3 are read, with values of the types `f4`, `f8`, `u1` to `u8` and `i1` to `i8`,
//! little- or big-endian. Fortran order, in which NumPy saves the transpose `x.T` of an array, is
//! read if the rank is 2, with twice the memory. Whether a file is gzipped is told from its first
//! two bytes. As for [`idx`](super::idx), memory is taken while the values arrive: a header that
//! promises more than the file holds is an error, and costs no memory.
//!
//! Written are `f4` or `f8`, as the samples are, little-endian, in C order, version 1.
//!
//! Files larger than memory: see [`NpyFile`](crate::source::NpyFile).

mod header;

use self::header::Header;
use super::bytes::{Bytes, io_error};
use super::encoding::{Layout, product};
use crate::error::Error;
use crate::files::write_atomically;
use crate::kernels::are_finite;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// How many values are written at a time.
const PIECE: usize = 1 << 12;

/// Reads a file: n × N, a column for each row of the array.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read or unpacked; [`Error::Format`] if it is no `.npy` file
/// of numbers, has rank below 2, a rank above 2 in Fortran order, or a size of 0, holds fewer or
/// more bytes than its header says, or a value is not finite, also where a value of `f8` is too
/// large for `f32`; [`Error::TooLarge`] if the values do not fit into memory.
///
/// # Example
/// ```no_run
/// use regularized_autoencoder::data::npy;
/// // numpy.save("x.npy", x), where x.shape == (60000, 784)
/// let x = npy::read::<f32>("x.npy")?;
/// assert_eq!(x.shape(), (784, 60_000));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read<T: Real>(path: impl AsRef<Path>) -> Result<DMatrix<T>, Error> {
    read_matrix(Bytes::open(path.as_ref())?)
}

/// Reads from anything that gives bytes; see [`read`].
///
/// `name` stands for the path in errors.
///
/// # Errors
/// Those of [`read`].
///
/// # Example
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::data::npy;
/// let x = dmatrix![1.0, 4.0; 2.0, 5.0; 3.0, 6.0];
/// let mut file = Vec::new();
/// npy::write_to(&mut file, "memory", &x)?;
/// assert_eq!(npy::read_from::<f64>(&file[..], "memory")?, x);
///
/// let error = npy::read_from::<f64>(&file[..140], "cut").unwrap_err();
/// assert_eq!(error.to_string(), "cut: the values end after 12 of 48 bytes");
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn read_from<T: Real>(reader: impl Read, name: impl AsRef<Path>) -> Result<DMatrix<T>, Error> {
    read_matrix(Bytes::new(reader, name.as_ref())?)
}

/// Writes samples as an array of shape (N, n), of type `f4` or `f8`.
///
/// # Errors
/// [`Error::Empty`] or [`Error::NotFinite`] for samples that [`read`] would refuse; [`Error::Io`] if
/// the file cannot be written. The file is written under another name and then renamed: after an error
/// it is the previous one or the new one, whole.
///
/// # Example
/// ```no_run
/// use nalgebra::DMatrix;
/// use regularized_autoencoder::data::npy;
/// let x = DMatrix::<f32>::from_fn(784, 100, |i, j| ((i * j) as f32).sin());
/// npy::write("x.npy", &x)?;
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn write<'a, T: Real>(
    path: impl AsRef<Path>,
    samples: impl Into<Samples<'a, T>>,
) -> Result<(), Error> {
    let samples = &samples.into();
    samples.check("array to write")?;
    write_atomically(path.as_ref(), |writer| write_compiled(writer, samples))
}

/// Writes to anything that takes bytes; see [`write`](write()).
///
/// `name` stands for the path in errors.
///
/// # Errors
/// Those of [`write`](write()).
pub fn write_to<'a, T: Real>(
    writer: impl Write,
    name: impl AsRef<Path>,
    samples: impl Into<Samples<'a, T>>,
) -> Result<(), Error> {
    let samples = &samples.into();
    samples.check("array to write")?;
    let written = write_compiled(&mut BufWriter::new(writer), samples);
    written.map_err(|source| io_error(name.as_ref(), source))
}

fn write_compiled<T: Real>(writer: &mut dyn Write, samples: &Samples<'_, T>) -> io::Result<()> {
    compiled!(
        T,
        write_samples(writer: &mut dyn Write, samples: &Samples<'_, T>) -> io::Result<()>
    )
}

/// Where in the file which samples stand.
pub(crate) fn layout(bytes: &mut Bytes<'_>) -> Result<Layout, Error> {
    let header = Header::read(bytes)?;
    let (n_inputs, n_samples) = sizes(bytes, &header.shape)?;
    if header.is_fortran_order {
        return Err(bytes.violation(
            "the array is in Fortran order, in which the values of a sample do not stand together: \
             save numpy.ascontiguousarray(x)"
                .to_owned(),
        ));
    }
    Ok(Layout { offset: bytes.taken(), encoding: header.encoding, n_inputs, n_samples })
}

/// Values per sample and number of samples.
fn sizes(bytes: &Bytes<'_>, shape: &[usize]) -> Result<(usize, usize), Error> {
    match shape {
        [n_samples, sizes @ ..] if !sizes.is_empty() => {
            Ok((product("samples of an array", sizes)?, *n_samples))
        }
        _ => Err(bytes.violation(format!("rank is {}, but must be at least 2", shape.len()))),
    }
}

fn read_matrix<T: Real>(bytes: Bytes<'_>) -> Result<DMatrix<T>, Error> {
    compiled!(T, matrix(bytes: Bytes<'_>) -> Result<DMatrix<T>, Error>)
}

fn matrix<T: Real>(mut bytes: Bytes<'_>) -> Result<DMatrix<T>, Error> {
    let Header { encoding, is_fortran_order, shape } = Header::read(&mut bytes)?;
    let (n_inputs, n_samples) = sizes(&bytes, &shape)?;
    if is_fortran_order && shape.len() > 2 {
        let rank = shape.len();
        return Err(bytes.violation(format!("rank is {rank}, but must be 2 in Fortran order")));
    }
    let width = encoding.width();
    let values = bytes.values("array", (n_inputs, n_samples), width, |bytes, out| {
        encoding.decode(bytes, out);
    })?;
    bytes.end(values.len() * width)?;
    let matrix = if is_fortran_order {
        // The columns hold an input each.
        transposed(&values, n_samples, n_inputs)?
    } else {
        DMatrix::from_vec(n_inputs, n_samples, values)
    };
    check_finite(bytes.path(), matrix.as_slice(), n_inputs, 0)?;
    Ok(matrix)
}

fn transposed<T: Real>(values: &[T], rows: usize, columns: usize) -> Result<DMatrix<T>, Error> {
    let mut matrix = crate::memory::zero_matrix("array", columns, rows)?;
    for (mut row, values) in matrix.row_iter_mut().zip(values.chunks_exact(rows)) {
        row.iter_mut().zip(values).for_each(|(out, &value)| *out = value);
    }
    Ok(matrix)
}

/// An error that names the file unless every value is finite; `first` is the number of the first
/// sample.
pub(crate) fn check_finite<T: Real>(
    path: &Path,
    values: &[T],
    n_inputs: usize,
    first: usize,
) -> Result<(), Error> {
    if are_finite(values) {
        return Ok(());
    }
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let (sample, input, value) = (first + at / n_inputs, at % n_inputs, values[at]);
            let reason =
                format!("sample {sample} holds {value} at input {input}, but must be finite");
            Err(super::bytes::format_error(path, reason))
        }
    }
}

fn write_samples<T: Real>(writer: &mut dyn Write, samples: &Samples<'_, T>) -> io::Result<()> {
    let width = size_of::<T>();
    writer.write_all(&Header::bytes(samples.n_samples(), samples.n_inputs(), width))?;
    let mut bytes = Vec::with_capacity(PIECE * width);
    for values in samples.as_slice().chunks(PIECE) {
        bytes.clear();
        for value in values {
            // `T` is f32 or f64, and the conversion to f64 and back is exact.
            match width {
                4 => bytes.extend((value.as_f64() as f32).to_le_bytes()),
                _ => bytes.extend(value.as_f64().to_le_bytes()),
            }
        }
        writer.write_all(&bytes)?;
    }
    writer.flush()
}
