//! Bytes that come from a file, plain or gzipped, with errors that name the file.

use crate::error::Error;
use flate2::read::MultiGzDecoder;
use num_traits::Zero;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

/// What every gzip stream begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How many bytes are read at a time; a multiple of the size of every number.
const PIECE: usize = 1 << 14;

/// A stream of unpacked bytes and the name of the file they come from.
pub(crate) struct Bytes<'a> {
    path: &'a Path,
    stream: Box<dyn Read + 'a>,
    is_packed: bool,
    taken: u64,
}

impl<'a> Bytes<'a> {
    /// The bytes of a file.
    pub fn open(path: &'a Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| io_error(path, source))?;
        Self::new(BufReader::new(file), path)
    }

    /// The bytes of `reader`, unpacked if it begins as gzip does.
    pub fn new(mut reader: impl Read + 'a, path: &'a Path) -> Result<Self, Error> {
        let mut start = Vec::new();
        let length = GZIP.len() as u64;
        reader
            .by_ref()
            .take(length)
            .read_to_end(&mut start)
            .map_err(|source| io_error(path, source))?;
        let is_packed = start == GZIP;
        let bytes = Cursor::new(start).chain(reader);
        let stream: Box<dyn Read + 'a> =
            if is_packed { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
        Ok(Self { path, stream, is_packed, taken: 0 })
    }

    /// The name of the file.
    pub fn path(&self) -> &Path {
        self.path
    }

    /// Whether the file is gzipped.
    pub fn is_packed(&self) -> bool {
        self.is_packed
    }

    /// How many bytes have been taken: the place of the next one in the unpacked file.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Fills `buffer`, or as much of it as there are bytes left; returns how much.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.stream.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io_error(self.path, error)),
            }
        }
        self.taken += filled as u64;
        Ok(filled)
    }

    /// The next `rows` · `columns` values of `width` bytes each, converted; takes a piece of
    /// memory, then twice what arrived.
    pub fn values<V: Zero + Clone>(
        &mut self,
        what: &'static str,
        (rows, columns): (usize, usize),
        width: usize,
        convert: impl Fn(&[u8], &mut [V]),
    ) -> Result<Vec<V>, Error> {
        let too_large = || Error::TooLarge { what, rows, columns };
        let total = rows.checked_mul(columns).ok_or_else(too_large)?;
        let total_bytes = total.checked_mul(width).ok_or_else(too_large)?;
        let mut values: Vec<V> = Vec::new();
        let mut buffer = [0; PIECE];
        while values.len() < total {
            let (done, left) = (values.len(), total - values.len());
            let piece = &mut buffer[..PIECE.min(left.saturating_mul(width))];
            let got = self.fill(piece)?;
            if got < piece.len() {
                let end = done * width + got;
                return Err(
                    self.violation(format!("the values end after {end} of {total_bytes} bytes"))
                );
            }
            let more = got / width;
            if values.capacity() - done < more {
                let reserve = done.max(PIECE).min(left);
                values.try_reserve_exact(reserve).map_err(|_| too_large())?;
            }
            values.resize(done + more, V::zero());
            convert(piece, &mut values[done..]);
        }
        Ok(values)
    }

    /// An error unless the file ends here, after values that take `total` bytes.
    pub fn end(&mut self, total: usize) -> Result<(), Error> {
        match self.fill(&mut [0])? {
            0 => Ok(()),
            _ => Err(self
                .violation(format!("there are bytes after the {total} that the header promises"))),
        }
    }

    /// An error that says which rule of its format the file violates.
    pub fn violation(&self, reason: String) -> Error {
        format_error(self.path, reason)
    }
}

/// An [`Error::Io`] that names the file.
pub(crate) fn io_error(path: &Path, source: io::Error) -> Error {
    Error::Io { path: path.to_owned(), source }
}

/// An [`Error::Format`] that names the file.
pub(crate) fn format_error(path: &Path, reason: String) -> Error {
    Error::Format { path: path.to_owned(), reason }
}
