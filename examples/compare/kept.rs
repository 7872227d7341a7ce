//! The rows that are done, in a file: a comparison that is stopped goes on where it was.

use crate::data::Split;
use crate::models::Protocol;
use crate::table::Row;
use regularized_autoencoder::Error;
use serde::Serialize;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The first line of the file: what is compared.
#[derive(Serialize)]
pub struct Header {
    comparison_of: &'static str,
    version: &'static str,
    training_samples: usize,
    test_samples: usize,
    /// Of the training features: other data in files of the same names have another.
    sum_of_squares: f64,
    fraction: f64,
    #[serde(flatten)]
    protocol: Protocol,
}

impl Header {
    pub fn new(split: &Split, fraction: f64, protocol: Protocol) -> Self {
        let x = &split.training.x;
        Self {
            comparison_of: split.name,
            version: env!("CARGO_PKG_VERSION"),
            training_samples: x.ncols(),
            test_samples: split.test.x.ncols(),
            sum_of_squares: x.iter().map(|&value| f64::from(value).powi(2)).sum(),
            fraction,
            protocol,
        }
    }
}

/// A file of JSON lines, each but the first a row, to which a row is added when it is done.
pub struct Kept {
    path: PathBuf,
    rows: Vec<Row>,
    file: Mutex<File>,
}

impl Kept {
    /// Opens or makes the file. A last line that was cut off is told and removed; a file of another
    /// comparison, or that another program is writing to, is an error, and stays as it is.
    pub fn open(path: &Path, header: &Header) -> Result<Self, String> {
        let failed = |reason: &dyn std::fmt::Display| format!("{}: {reason}", path.display());
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(|error| failed(&error))?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(failed(&"another comparison is writing to it"));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let text = str::from_utf8(&bytes[..whole]).map_err(|error| failed(&error))?;
        let mut lines = text.lines();
        let first = serde_json::to_string(header).map_err(|error| failed(&error))?;
        match lines.next() {
            None if !first.as_bytes().starts_with(&bytes) => {
                return Err(failed(&"it does not hold the rows of a comparison"));
            }
            Some(other) if other != first => {
                let reason = "it holds the rows of another comparison, take another --out";
                return Err(failed(&format!("{reason}:\n  there {other}\n  here  {first}")));
            }
            _ => {}
        }
        let row = |(at, line)| {
            serde_json::from_str(line).map_err(|error| failed(&format!("line {at}: {error}")))
        };
        let rows = (2..).zip(lines).map(row).collect::<Result<Vec<Row>, String>>()?;
        if whole < bytes.len() {
            eprintln!("{}: the last line was cut off, and is removed", path.display());
        }
        cut(&mut file, whole as u64).map_err(|error| failed(&error))?;
        let kept = Self { path: path.to_owned(), rows, file: Mutex::new(file) };
        if whole == 0 {
            kept.append(&first)?;
        }
        Ok(kept)
    }

    /// How many rows were there at the beginning.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The row of a model as it was kept, or else as it is worked out now, and kept.
    pub fn row(
        &self,
        (name, activation): (&str, &str),
        work: impl FnOnce() -> Result<Row, Error>,
    ) -> Result<Row, String> {
        if let Some(row) = self.rows.iter().find(|row| row.is_of(name, activation)) {
            return Ok(row.clone());
        }
        let row = work().map_err(|error| error.to_string())?;
        let line = serde_json::to_string(&row).map_err(|error| error.to_string())?;
        self.append(&line)?;
        eprintln!("{name}, {activation}: done");
        Ok(row)
    }

    /// Adds a line; one that cannot be written whole is taken out again.
    fn append(&self, line: &str) -> Result<(), String> {
        let mut file = self.file.lock().expect("no one panics with the lock");
        let end = file.stream_position();
        let written =
            file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_data());
        if let (Err(_), Ok(end)) = (&written, end) {
            // There is an error already, which is the one to report.
            let _ = cut(&mut file, end);
        }
        self.told(written)
    }

    fn told(&self, result: io::Result<()>) -> Result<(), String> {
        result.map_err(|error| format!("cannot write {}: {error}", self.path.display()))
    }
}

/// Takes away what is behind the first bytes, and goes on writing there.
fn cut(file: &mut File, length: u64) -> io::Result<()> {
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn header(epochs: usize) -> Header {
        Header {
            comparison_of: "nothing",
            version: "0",
            training_samples: 2,
            test_samples: 1,
            sum_of_squares: 0.1,
            fraction: 0.3,
            protocol: Protocol { n_hidden: 5, epochs, batch_size: 7 },
        }
    }

    /// The path of a file that is removed in the end.
    struct Temporary(PathBuf);

    impl Temporary {
        fn new(name: &str) -> Self {
            let name = format!("compare-{}-{name}.jsonl", std::process::id());
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Temporary {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    fn work(kept: &Kept, name: &str, strength: f64) -> f64 {
        let worked = || {
            let mut row = Row::new(name, "–");
            row.strength = Some(strength);
            Ok(row)
        };
        kept.row((name, "–"), worked).unwrap().strength.unwrap()
    }

    #[test]
    fn a_row_is_worked_out_once() {
        let file = Temporary::new("once");
        let path = &file.0;
        let kept = Kept::open(path, &header(1)).unwrap();
        assert_eq!(work(&kept, "first", 0.1), 0.1);
        drop(kept);
        let kept = Kept::open(path, &header(1)).unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(work(&kept, "first", 0.2), 0.1);
        assert_eq!(work(&kept, "second", 0.2), 0.2);
    }

    #[test]
    fn two_programs_do_not_write_at_once() {
        let file = Temporary::new("two");
        let first = Kept::open(&file.0, &header(1)).unwrap();
        let error = Kept::open(&file.0, &header(1)).err().unwrap();
        assert!(error.contains("another comparison is writing"), "{error}");
        drop(first);
        assert!(Kept::open(&file.0, &header(1)).is_ok());
    }

    #[test]
    fn what_was_cut_off_is_worked_out_again() {
        let file = Temporary::new("cut");
        let path = &file.0;
        let kept = Kept::open(path, &header(1)).unwrap();
        work(&kept, "first", 0.1);
        work(&kept, "second", 0.2);
        drop(kept);
        let whole = fs::read(path).unwrap();
        for length in 0..whole.len() {
            fs::write(path, &whole[..length]).unwrap();
            let kept = Kept::open(path, &header(1)).unwrap();
            work(&kept, "first", 0.1);
            work(&kept, "second", 0.2);
            assert_eq!(fs::read(path).unwrap(), whole, "cut off at {length}");
        }
    }

    #[test]
    fn other_files_are_refused_and_stay() {
        let file = Temporary::new("other");
        let path = &file.0;
        drop(Kept::open(path, &header(1)).unwrap());
        let error = Kept::open(path, &header(2)).err().unwrap().to_string();
        assert!(error.contains("another comparison"), "{error}");
        for (text, part) in [("notes", "does not hold"), ("a\nb", "another comparison")] {
            fs::write(path, text).unwrap();
            let error = Kept::open(path, &header(1)).err().unwrap().to_string();
            assert!(error.contains(part), "{error}");
            assert_eq!(fs::read_to_string(path).unwrap(), text);
        }
    }
}
