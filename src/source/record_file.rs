//! Files in which samples of one size stand one after the other.

use super::batch_source::check_range;
use super::position::fill_at;
use crate::data::bytes::{Bytes, format_error, io_error};
use crate::data::encoding::Layout;
use crate::data::npy::check_finite;
use crate::error::Error;
use crate::scalar::{Real, compiled};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// How many bytes are read at a time; a multiple of the size of every number.
const PIECE: usize = 1 << 16;

/// An open file, and where in it which samples stand.
#[derive(Debug)]
pub(super) struct RecordFile {
    path: PathBuf,
    file: File,
    layout: Layout,
}

impl RecordFile {
    /// Opens a file whose header `layout` reads, and checks its length.
    pub fn open(
        path: &Path,
        layout: impl Fn(&mut Bytes<'_>) -> Result<Layout, Error>,
    ) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| io_error(path, source))?;
        let mut bytes = Bytes::new(BufReader::new(&file), path)?;
        if bytes.is_packed() {
            return Err(bytes.violation(
                "it is gzipped, and so cannot be read at offsets: unpack it first".to_owned(),
            ));
        }
        let layout = layout(&mut bytes)?;
        drop(bytes);
        let record = Self { path: path.to_owned(), file, layout };
        record.check_length()?;
        Ok(record)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn n_inputs(&self) -> usize {
        self.layout.n_inputs
    }

    pub fn n_samples(&self) -> usize {
        self.layout.n_samples
    }

    /// An error unless the file ends with the last value that its header promises.
    fn check_length(&self) -> Result<(), Error> {
        let Layout { offset, encoding, n_inputs, n_samples } = self.layout;
        let metadata = self.file.metadata().map_err(|source| io_error(&self.path, source))?;
        let there = metadata.len().saturating_sub(offset);
        let promised = n_inputs as u128 * n_samples as u128 * encoding.width() as u128;
        if u128::from(there) < promised {
            let reason = format!("the values end after {there} of {promised} bytes");
            return Err(format_error(&self.path, reason));
        }
        if u128::from(there) > promised {
            let reason = format!("there are bytes after the {promised} that the header promises");
            return Err(format_error(&self.path, reason));
        }
        Ok(())
    }

    /// Reads the samples from number `first` on.
    pub fn read<T: Real>(&self, first: usize, out: &mut [T]) -> Result<(), Error> {
        check_range((self.layout.n_inputs, self.layout.n_samples), first, out.len())?;
        let file = self;
        compiled!(T, read(file: &RecordFile, first: usize, out: &mut [T]) -> Result<(), Error>)
    }

    /// Fills the piece of this number, counted from the beginning of the sample `first`.
    fn fill(&self, piece: &mut [u8], first: usize, number: usize) -> Result<(), Error> {
        let Layout { offset, encoding, n_inputs, .. } = self.layout;
        let width = n_inputs as u64 * encoding.width() as u64;
        // The file is as long as its header promises, so that no place in it overflows a `u64`.
        let place = first as u64 * width + number as u64 * PIECE as u64;
        let got = fill_at(&self.file, piece, offset + place)
            .map_err(|source| io_error(&self.path, source))?;
        if got < piece.len() {
            let sample = (place + got as u64) / width;
            let reason = format!("it ends within sample {sample}: it was cut short");
            return Err(format_error(&self.path, reason));
        }
        Ok(())
    }
}

fn read<T: Real>(file: &RecordFile, first: usize, out: &mut [T]) -> Result<(), Error> {
    let Layout { encoding, n_inputs, .. } = file.layout;
    let width = encoding.width();
    let mut buffer = vec![0; PIECE.min(out.len().saturating_mul(width))];
    for (number, values) in out.chunks_mut(PIECE / width).enumerate() {
        let piece = &mut buffer[..values.len() * width];
        file.fill(piece, first, number)?;
        encoding.decode(piece, values);
    }
    check_finite(&file.path, out, n_inputs, first)
}
