//! The files of a sweep's rows.

use super::grid::{Cell, Grid, Protocol};
use super::row::Row;
use crate::constraint::Constraint;
use crate::error::Error;
use crate::samples::Samples;
use crate::scalar::Real;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
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
    /// Opens or makes `path`, and reads what it holds; a last row that was cut off is removed.
    pub fn open(path: &Path, header: &Header, cells: &[Cell]) -> Result<(Self, Found), Error> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io)?;
        }
        let mut lines = OpenOptions::new();
        let mut lines = lines.read(true).append(true).create(true).open(path).map_err(io)?;
        let text = fs::read_to_string(path).map_err(io)?;
        let complete = text.rfind('\n').map_or(0, |end| end + 1);
        let mut found = Found { rows: Vec::new(), was_cut_off: complete < text.len() };
        if found.was_cut_off {
            lines.set_len(complete as u64).map_err(io)?;
        }
        let format = |reason| Error::Format { path: path.to_owned(), reason };
        let mut present = text[..complete].lines();
        match present.next() {
            None => {
                let line =
                    serde_json::to_string(header).map_err(|error| format(error.to_string()))?;
                writeln!(lines, "{line}").map_err(io)?;
            }
            Some(line) => {
                let other: Header = serde_json::from_str(line)
                    .map_err(|error| format(format!("line 1 is no header of a sweep: {error}")))?;
                if let Some(difference) = header.difference(&other) {
                    return Err(format(format!("it belongs to another sweep: {difference}")));
                }
            }
        }
        for (number, line) in present.enumerate() {
            let number = number + 2;
            let row: Row = serde_json::from_str(line)
                .map_err(|error| format(format!("line {number} is no row: {error}")))?;
            if !cells.contains(&row.cell) {
                return Err(format(format!("line {number} is not of this sweep: {}", row.cell)));
            }
            if found.rows.iter().any(|earlier| earlier.cell == row.cell) {
                return Err(format(format!("line {number} repeats a run: {}", row.cell)));
            }
            found.rows.push(row);
        }
        lines.sync_data().map_err(io)?;
        let table = File::create(path.with_extension("csv")).map_err(io)?;
        let mut store =
            Self { path: path.to_owned(), lines, table: csv::Writer::from_writer(table) };
        store.table.write_record(Row::COLUMNS).map_err(|error| store.csv_error(&error))?;
        for row in &found.rows {
            store.write_table(row)?;
        }
        store.table.flush().map_err(io)?;
        Ok((store, found))
    }

    /// Appends a row to both files.
    pub fn append(&mut self, row: &Row) -> Result<(), Error> {
        let io = |source| Error::Io { path: self.path.clone(), source };
        let line = serde_json::to_string(row).map_err(|error| Error::Format {
            path: self.path.clone(),
            reason: error.to_string(),
        })?;
        self.lines.write_all(format!("{line}\n").as_bytes()).map_err(io)?;
        self.lines.sync_data().map_err(io)?;
        self.write_table(row)?;
        self.table.flush().map_err(|source| Error::Io { path: self.path.clone(), source })
    }

    fn write_table(&mut self, row: &Row) -> Result<(), Error> {
        self.table.write_record(row.fields()).map_err(|error| self.csv_error(&error))
    }

    fn csv_error(&self, error: &csv::Error) -> Error {
        Error::Format { path: self.path.with_extension("csv"), reason: error.to_string() }
    }
}
