//! The files of a sweep's rows.

use super::grid::{Cell, Grid, Protocol};
use super::row::Row;
use crate::constraint::Constraint;
use crate::error::Error;
use crate::samples::Samples;
use crate::scalar::Real;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const FORMAT: &str = "rows of a sweep of regularized-autoencoder, version 1";

/// The first line of a file of rows: what they are rows of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    format: String,
    /// Of this crate: seeded results may change with it.
    version: String,
    models: Vec<String>,
    activations: Vec<String>,
    coefficients: Vec<f64>,
    constraints: Vec<Constraint>,
    seeds: Vec<u64>,
    #[serde(flatten)]
    protocol: Protocol,
    scalar: String,
    n_inputs: usize,
    n_samples: usize,
    /// Of the data's bytes.
    checksum: u32,
}

impl Header {
    pub fn new<T: Real>(grid: &Grid<T>, protocol: Protocol, samples: &Samples<'_, T>) -> Self {
        let mut checksum = crc32fast::Hasher::new();
        for value in samples.as_slice() {
            checksum.update(&value.as_f64().to_le_bytes());
        }
        Self {
            format: FORMAT.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            models: grid.models.iter().map(|(name, _)| name.clone()).collect(),
            activations: grid.activations.iter().map(|(name, _)| name.clone()).collect(),
            coefficients: grid.coefficients.clone(),
            constraints: grid.constraints.clone(),
            seeds: grid.seeds.clone(),
            protocol,
            scalar: std::any::type_name::<T>().into(),
            n_inputs: samples.n_inputs(),
            n_samples: samples.n_samples(),
            checksum: checksum.finalize(),
        }
    }

    /// What differs from another header, in words.
    fn difference(&self, other: &Self) -> Option<String> {
        let (Ok(ours), Ok(theirs)) = (serde_json::to_value(self), serde_json::to_value(other))
        else {
            return None;
        };
        let keys = ours.as_object()?.iter();
        let mut differing = keys.filter(|(key, value)| theirs.get(key) != Some(value));
        let (key, value) = differing.next()?;
        let found = theirs.get(key).map_or("nothing".into(), ToString::to_string);
        Some(format!("{key} is {found} there and {value} here"))
    }
}

/// A file of rows in JSON lines, the first of which is a header, and the same rows as CSV beside it.
///
/// A row is appended to the first file and synchronised with the disk before it counts; the second
/// is written anew from the first when a sweep goes on.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    lines: File,
    table_path: PathBuf,
    table: csv::Writer<File>,
}

/// What a file of rows holds already.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub rows: Vec<Row>,
    /// Whether the last row had been cut off.
    pub was_cut_off: bool,
}

impl Store {
    /// Opens or makes `path` and the table beside it, reads the rows, and removes a last one that was
    /// cut off. Files that are not of this sweep, or that another is writing to, stay as they are.
    pub fn open(path: &Path, header: &Header, cells: &[Cell]) -> Result<(Self, Found), Error> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let table_path = path.with_extension("csv");
        if table_path == path {
            let reason = "rows are JSON lines, and the table beside them has the extension csv";
            return Err(Error::Format { path: path.to_owned(), reason: reason.into() });
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut lines = options.open(path).map_err(io)?;
        lock(&lines).map_err(io)?;
        let mut bytes = Vec::new();
        lines.read_to_end(&mut bytes).map_err(io)?;
        let first_line = serde_json::to_string(header).map(|line| line + "\n");
        let first_line = first_line
            .map_err(|error| Error::Format { path: path.to_owned(), reason: error.to_string() })?;
        let (complete, found) = read(&bytes, (header, &first_line), cells)
            .map_err(|reason| Error::Format { path: path.to_owned(), reason })?;
        check_table(&table_path)?;

        cut(&mut lines, complete as u64).map_err(io)?;
        if complete == 0 {
            lines.write_all(first_line.as_bytes()).map_err(io)?;
        }
        lines.sync_data().map_err(io)?;
        let table = File::create(&table_path)
            .map_err(|source| Error::Io { path: table_path.clone(), source })?;
        let table = csv::Writer::from_writer(table);
        let mut store = Self { path: path.to_owned(), lines, table_path, table };
        store.write_table(Row::COLUMNS)?;
        for row in &found.rows {
            store.write_table(row.fields())?;
        }
        store.flush_table()?;
        Ok((store, found))
    }

    /// Appends a row to both files. A row that cannot be written whole is taken out again.
    pub fn append(&mut self, row: &Row) -> Result<(), Error> {
        let line = serde_json::to_string(row).map_err(|error| Error::Format {
            path: self.path.clone(),
            reason: error.to_string(),
        })?;
        let length = self.lines.metadata().map(|data| data.len());
        let written = self.lines.write_all(format!("{line}\n").as_bytes());
        if let Err(source) = written.and_then(|()| self.lines.sync_data()) {
            if let Ok(length) = length {
                // There is an error already, which is the one to report.
                let _ = cut(&mut self.lines, length);
            }
            return Err(Error::Io { path: self.path.clone(), source });
        }
        self.write_table(row.fields())?;
        self.flush_table()
    }

    fn write_table<F: AsRef<[u8]>>(&mut self, fields: [F; 20]) -> Result<(), Error> {
        let written = self.table.write_record(fields);
        written.map_err(|error| self.table_error(error.into()))
    }

    fn flush_table(&mut self) -> Result<(), Error> {
        self.table.flush().map_err(|error| self.table_error(error))
    }

    fn table_error(&self, source: io::Error) -> Error {
        Error::Io { path: self.table_path.clone(), source }
    }
}

/// Takes away what is behind the first bytes, and goes on writing there.
fn cut(file: &mut File, length: u64) -> io::Result<()> {
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length)).map(|_| ())
}

/// An error if another sweep has the file open to write to. File systems without locks answer with
/// errors of many kinds, which hinder no sweep.
fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            Err(io::Error::new(ErrorKind::WouldBlock, "another sweep is writing to it"))
        }
        _ => Ok(()),
    }
}

/// The length of the complete lines of a file of rows, and what they hold; or what is wrong. The
/// length is 0 if the file is empty, or has the header of another sweep and no row, so that nothing
/// is lost when it is begun anew.
fn read(
    bytes: &[u8],
    (header, first_line): (&Header, &str),
    cells: &[Cell],
) -> Result<(usize, Found), String> {
    let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let (whole, rest) = bytes.split_at(complete);
    let text = str::from_utf8(whole).map_err(|error| format!("it is no text: {error}"))?;
    let mut found = Found { rows: Vec::new(), was_cut_off: !rest.is_empty() };
    let mut lines = text.lines();
    let Some(line) = lines.next() else {
        let is_ours = first_line.as_bytes().starts_with(rest);
        return if is_ours { Ok((0, found)) } else { Err("line 1 is no header of a sweep".into()) };
    };
    let other: Header = serde_json::from_str(line)
        .map_err(|error| format!("line 1 is no header of a sweep: {error}"))?;
    let difference = header.difference(&other);
    if let Some(difference) = difference {
        if lines.next().is_none() && rest.is_empty() {
            return Ok((0, found));
        }
        return Err(format!("it belongs to another sweep: {difference}"));
    }
    for (number, line) in (2..).zip(lines) {
        let row: Row = serde_json::from_str(line)
            .map_err(|error| format!("line {number} is no row: {error}"))?;
        if !cells.contains(&row.cell) {
            return Err(format!("line {number} is not of this sweep: {}", row.cell));
        }
        if found.rows.iter().any(|earlier| earlier.cell == row.cell) {
            return Err(format!("line {number} repeats a run: {}", row.cell));
        }
        found.rows.push(row);
    }
    Ok((complete, found))
}

/// An error if there is a file that is no table of a sweep, whole or cut off.
fn check_table(path: &Path) -> Result<(), Error> {
    let first_line = Row::COLUMNS.join(",") + "\n";
    let mut begin = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(first_line.len() as u64).read_to_end(&mut begin));
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(source) => Err(Error::Io { path: path.to_owned(), source }),
        Ok(_) if first_line.as_bytes().starts_with(&begin) => Ok(()),
        Ok(_) => {
            let reason = "it is no table of a sweep, which would take its place".into();
            Err(Error::Format { path: path.to_owned(), reason })
        }
    }
}
