//! Files in the safetensors format: models, here and for other libraries.
//!
//! ```text
//! length of the header (8 bytes, little-endian) · header (JSON) · the numbers, little-endian
//! ```
//! The header is read and checked before any number, against the length of the file where it is known;
//! memory for numbers is taken as they arrive.

use crate::error::Error;
use crate::little_endian::{self, append, dtype};
use crate::scalar::Real;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// The largest header that is read or written, in bytes. JSON takes up to a hundred times its length
/// in memory while it is read.
const LARGEST_HEADER: usize = 1 << 20;
/// How many bytes are converted at a time.
const PIECE: usize = 1 << 14;

/// A matrix or vector to be written.
pub(crate) struct Tensor<'a, T> {
    pub name: &'static str,
    /// The last number varies fastest.
    pub shape: Vec<usize>,
    pub values: Values<'a, T>,
}

/// The numbers of a model in its type, or those of a scaler in `f64`.
pub(crate) enum Values<'a, T> {
    Model(&'a [T]),
    Scaler(&'a [f64]),
}

impl<T: Real> Tensor<'_, T> {
    fn dtype(&self) -> Dtype {
        match self.values {
            Values::Model(_) => dtype::<T>(),
            Values::Scaler(_) => Dtype::F64,
        }
    }

    fn bytes(&self) -> usize {
        match self.values {
            Values::Model(values) => size_of_val(values),
            Values::Scaler(values) => size_of_val(values),
        }
    }

    /// Gives the bytes, in pieces.
    pub fn for_each_piece(&self, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        match self.values {
            Values::Model(values) => pieces(values, sink),
            Values::Scaler(values) => pieces(values, sink),
        }
    }
}

fn pieces<T: Real>(values: &[T], sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(PIECE);
    for values in values.chunks(PIECE / size_of::<T>()) {
        bytes.clear();
        append(&mut bytes, values);
        sink(&bytes)?;
    }
    Ok(())
}

/// The tensors in the order of the format: those of wider numbers first, else by name.
pub(crate) fn sort<T: Real>(tensors: &mut [Tensor<'_, T>]) {
    tensors.sort_by(|left, right| right.dtype().cmp(&left.dtype()).then(left.name.cmp(right.name)));
}

/// Writes a file that holds these tensors, sorted, and a piece of metadata, if there is one.
pub(crate) fn write<T: Real>(
    tensors: &[Tensor<'_, T>],
    metadata: Option<(&str, String)>,
    writer: &mut dyn Write,
) -> io::Result<()> {
    let header = header(tensors, metadata);
    writer.write_all(&header.map_err(|rule| io::Error::new(io::ErrorKind::InvalidInput, rule))?)?;
    tensors
        .iter()
        .try_for_each(|tensor| tensor.for_each_piece(&mut |bytes| writer.write_all(bytes)))
}

/// The header of a file, with the length before it.
fn header<T: Real>(
    tensors: &[Tensor<'_, T>],
    metadata: Option<(&str, String)>,
) -> Result<Vec<u8>, String> {
    let mut end = 0;
    let entry = |tensor: &Tensor<'_, T>| {
        let begin = end;
        end += tensor.bytes();
        let (dtype, shape) = (tensor.dtype(), tensor.shape.clone());
        (tensor.name.to_owned(), TensorInfo { dtype, shape, data_offsets: (begin, end) })
    };
    let entries = tensors.iter().map(entry).collect();
    let metadata = metadata.map(|(key, text)| [(key.to_owned(), text)].into());
    let metadata = Metadata::new(metadata, entries);
    let metadata = metadata.map_err(|error| error.to_string())?;
    let mut json = serde_json::to_vec(&metadata).map_err(|error| error.to_string())?;
    json.resize(json.len().next_multiple_of(8), b' ');
    if json.len() > LARGEST_HEADER {
        return Err(too_long(json.len() as u64));
    }
    let mut header = (json.len() as u64).to_le_bytes().to_vec();
    header.append(&mut json);
    Ok(header)
}

fn too_long(length: u64) -> String {
    format!("the header has {length} bytes, but must have at most {LARGEST_HEADER}")
}

/// Opens a file for a [`Reader`]; its length, if it has one.
pub(crate) fn open(path: &Path) -> Result<(File, Option<u64>), Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    let length = metadata.is_file().then_some(metadata.len());
    Ok((file, length))
}

/// The reason why numbers of the type `found` cannot be read as those of `T`, if so; `name` is that of
/// their tensor.
pub(crate) fn readable<T: Real>(name: &str, found: Dtype) -> Result<(), String> {
    match (found, dtype::<T>()) {
        (Dtype::F32, _) | (Dtype::F64, Dtype::F64) => Ok(()),
        (Dtype::F64, _) => {
            Err(format!("{name} holds f64, which f32 cannot hold exactly: load it as f64"))
        }
        (other, _) => Err(format!("{name} has the type {other}, but must have F32 or F64")),
    }
}

/// A file that is being read: its header is known, its numbers follow.
pub(crate) struct Reader<'a> {
    path: &'a Path,
    stream: &'a mut dyn Read,
    metadata: Metadata,
    checksum: crc32fast::Hasher,
}

impl<'a> Reader<'a> {
    /// Reads the header; `length` is that of the file, where it is known.
    pub fn new(
        stream: &'a mut dyn Read,
        path: &'a Path,
        length: Option<u64>,
    ) -> Result<Self, Error> {
        let violation = |reason| Error::Format { path: path.to_owned(), reason };
        let mut number = [0; 8];
        let got = fill(stream, path, &mut number)?;
        if got < number.len() {
            return Err(violation(format!("it ends after {got} of the 8 bytes of its length")));
        }
        let promised = u64::from_le_bytes(number);
        if promised > LARGEST_HEADER as u64 {
            return Err(violation(too_long(promised)));
        }
        let mut header = Vec::new();
        let got = stream.take(promised).read_to_end(&mut header);
        let got = got.map_err(|source| Error::Io { path: path.to_owned(), source })? as u64;
        if got < promised {
            return Err(violation(format!(
                "it ends after {got} of the {promised} bytes of its header"
            )));
        }
        let metadata: Metadata = serde_json::from_slice(&header).map_err(|error| {
            violation(format!("the header is not one of a safetensors file: {error}"))
        })?;
        let expected = (8 + promised).saturating_add(metadata.data_len() as u64);
        if let Some(length) = length
            && length != expected
        {
            let reason = format!("it has {length} bytes, but its header is of one of {expected}");
            return Err(violation(reason));
        }
        Ok(Self { path, stream, metadata, checksum: crc32fast::Hasher::new() })
    }

    /// An error about this file.
    pub fn violation(&self, reason: String) -> Error {
        Error::Format { path: self.path.to_owned(), reason }
    }

    /// The text that the metadata have under this key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.metadata.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// The names of the tensors, in the order of the file.
    pub fn names(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.metadata.info(name).is_some()
    }

    /// The type and sizes of a tensor, if there is one of this name.
    pub fn info(&self, name: &str) -> Option<(Dtype, &[usize])> {
        self.metadata.info(name).map(|info| (info.dtype, &info.shape[..]))
    }

    /// The type and sizes of a tensor, which are not 0, of the given rank.
    pub fn shape<const RANK: usize>(&self, name: &str) -> Result<(Dtype, [usize; RANK]), Error> {
        let Some(info) = self.metadata.info(name) else {
            return Err(self.violation(format!("the tensor {name} is missing")));
        };
        match info.shape[..].try_into() {
            Ok(shape) if !info.shape.contains(&0) => Ok((info.dtype, shape)),
            _ => Err(self.violation(format!(
                "the tensor {name} has the sizes {:?}, but must have {RANK} of at least 1",
                info.shape
            ))),
        }
    }

    /// An error unless there are these tensors and no others; for each the name, type and sizes.
    pub fn check(&self, expected: &[(&str, Dtype, Vec<usize>)]) -> Result<(), Error> {
        for (name, dtype, shape) in expected {
            let Some(info) = self.metadata.info(name) else {
                return Err(self.violation(format!("the tensor {name} is missing")));
            };
            if info.dtype != *dtype || info.shape != *shape {
                return Err(self.violation(format!(
                    "the tensor {name} has the type {} and the sizes {:?}, but must have {dtype} \
                     and {shape:?}",
                    info.dtype, info.shape
                )));
            }
        }
        let is_known = |name: &String| expected.iter().any(|(known, ..)| known == name);
        match self.names().iter().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => {
                Err(self.violation(format!("there is a tensor {name:?} that no model has")))
            }
        }
    }

    /// Makes the checksum one of `bytes` too; before any tensor is read.
    pub fn begin_checksum(&mut self, bytes: &[u8]) {
        self.checksum.update(bytes);
    }

    /// The numbers of the tensor that comes next in the file.
    pub fn values<T: Real>(&mut self, name: &str) -> Result<Vec<T>, Error> {
        let Some(info) = self.metadata.info(name) else { return Ok(Vec::new()) };
        let dtype = info.dtype;
        let size = dtype.bitsize() / 8;
        let count = (info.data_offsets.1 - info.data_offsets.0) / size;
        let mut values: Vec<T> = Vec::new();
        let mut buffer = [0; PIECE];
        while values.len() < count {
            let left = count - values.len();
            let piece = &mut buffer[..PIECE.min(left.saturating_mul(size))];
            let got = fill(self.stream, self.path, piece)?;
            if got < piece.len() {
                let end = values.len() + got / size;
                let reason = format!("it ends after {end} of the {count} numbers of {name}");
                return Err(self.violation(reason));
            }
            self.checksum.update(piece);
            let numbers = got / size;
            if values.capacity() - values.len() < numbers {
                let more = values.len().max(numbers).min(left);
                values.try_reserve_exact(more).map_err(|_| Error::TooLarge {
                    what: "numbers of a file",
                    rows: count,
                    columns: 1,
                })?;
            }
            values.extend(little_endian::numbers::<T>(dtype, piece));
        }
        Ok(values)
    }

    /// The checksum of all that was given to it and read; an error unless the file ends here.
    pub fn finish(&mut self) -> Result<String, Error> {
        if fill(self.stream, self.path, &mut [0])? > 0 {
            return Err(self.violation("there are bytes after the last tensor".into()));
        }
        Ok(print(&self.checksum))
    }
}

/// A checksum as it is written.
pub(crate) fn print(checksum: &crc32fast::Hasher) -> String {
    format!("{:08x}", checksum.clone().finalize())
}

/// Fills `buffer`, or as much of it as there are bytes left; returns how much.
fn fill(stream: &mut dyn Read, path: &Path, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(Error::Io { path: path.to_owned(), source }),
        }
    }
    Ok(filled)
}
