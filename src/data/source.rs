//! Bytes that come from a file, plain or gzipped, with errors that name the file.

use crate::error::Error;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

/// What every gzip stream begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A stream of unpacked bytes and the name of the file they come from.
pub(super) struct Source<'a> {
    path: &'a Path,
    stream: Box<dyn Read + 'a>,
}

impl<'a> Source<'a> {
    /// The bytes of a file.
    pub(super) fn open(path: &'a Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| io_error(path, source))?;
        Self::new(BufReader::new(file), path)
    }

    /// The bytes of `reader`, unpacked if it begins as gzip does.
    pub(super) fn new(mut reader: impl Read + 'a, path: &'a Path) -> Result<Self, Error> {
        let mut start = Vec::new();
        let length = GZIP.len() as u64;
        reader
            .by_ref()
            .take(length)
            .read_to_end(&mut start)
            .map_err(|source| io_error(path, source))?;
        let gzipped = start == GZIP;
        let bytes = Cursor::new(start).chain(reader);
        let stream: Box<dyn Read + 'a> =
            if gzipped { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
        Ok(Self { path, stream })
    }

    /// The name of the file.
    pub(super) fn path(&self) -> &Path {
        self.path
    }

    /// Fills `buffer`, or as much of it as there are bytes left; returns how much.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.stream.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io_error(self.path, error)),
            }
        }
        Ok(filled)
    }

    /// An error that says which rule of its format the file violates.
    pub(super) fn violation(&self, reason: String) -> Error {
        Error::Format { path: self.path.to_owned(), reason }
    }
}

/// An [`Error::Io`] that names the file.
pub(super) fn io_error(path: &Path, source: io::Error) -> Error {
    Error::Io { path: path.to_owned(), source }
}
