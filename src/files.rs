//! Files that are written whole or not at all.

use crate::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes the file `path` by way of `write`; whatever happens, the file is the previous one or the
/// new one, each of them whole.
///
/// What `write` writes goes into a temporary file in the same folder, which is synchronised with the
/// disk and then renamed to `path`; in the end the folder is synchronised. A link is followed, and
/// the permissions of a previous file are kept. If anything fails before the renaming, or if `write`
/// panics, the temporary file is removed and the previous file is as it was; a process that is killed leaves a
/// temporary file behind, named `.regularized-autoencoder-PROCESS-NUMBER.tmp`.
///
/// # Errors
/// [`Error::Io`] with `path`: what `write` or the operating system reports, and a path that is no
/// name of a file or names something other than a regular file, or a link to nothing.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    replace(path, write).map_err(|source| Error::Io { path: path.to_owned(), source })
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink());
    let target = match fs::canonicalize(path) {
        Err(_) if is_link => return Err(invalid("it is a link to something that is not there")),
        target => target.unwrap_or_else(|_| path.to_owned()),
    };
    let previous = match fs::metadata(&target) {
        Ok(previous) if previous.is_file() => Some(previous),
        Ok(_) => return Err(invalid("it exists and is no regular file")),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if target.file_name().is_none() {
        return Err(invalid("it ends without the name of a file"));
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let (temporary, file) = Temporary::create(folder)?;
    if let Some(previous) = previous {
        file.set_permissions(previous.permissions())?;
    }
    let mut writer = BufWriter::new(&file);
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    file.sync_all()?;
    drop(file);
    temporary.rename(&target)?;
    synchronise(folder)
}

fn invalid(rule: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, rule)
}

/// A file that is removed when this is dropped, unless it was renamed.
struct Temporary {
    path: PathBuf,
    is_there: bool,
}

impl Temporary {
    /// A new file, under a name that no other thread, process or machine uses.
    fn create(folder: &Path) -> io::Result<(Self, File)> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let process = process::id();
            let path = folder.join(format!(".regularized-autoencoder-{process}-{number}.tmp"));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((Self { path, is_there: true }, file)),
                // Left behind by a process of the same number, or another machine's.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn rename(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.is_there = false;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.is_there {
            // There is an error already, which is the one to report.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes a renaming in `folder` last; some file systems need no such thing and refuse it, and a
/// folder may be one that files can be put into but that cannot be read.
#[cfg(unix)]
fn synchronise(folder: &Path) -> io::Result<()> {
    use ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => {
            Ok(())
        }
        outcome => outcome,
    }
}

/// Elsewhere a folder cannot be opened as a file.
#[cfg(not(unix))]
fn synchronise(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// A folder that is removed in the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("{name}-{}", process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        /// The names of what is in it.
        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
            let mut names: Vec<_> =
                entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn write(path: &Path, text: &str) -> Result<(), Error> {
        write_atomically(path, |writer| writer.write_all(text.as_bytes()))
    }

    #[test]
    fn a_file_is_made_and_replaced() {
        let folder = Folder::new("files-replaced");
        let path = folder.0.join("model");
        for text in ["first", "second, which is longer", ""] {
            write(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(folder.names(), ["model"]);
        }
    }

    #[test]
    fn a_failure_leaves_the_previous_file_and_no_other() {
        let folder = Folder::new("files-failure");
        let path = folder.0.join("model");
        for previous in [None, Some("previous")] {
            if let Some(previous) = previous {
                write(&path, previous).unwrap();
            }
            for length in [0, 10, 100_000] {
                let error = write_atomically(&path, |writer| {
                    writer.write_all(&vec![b'x'; length])?;
                    Err(io::Error::other("the writer failed"))
                });
                let message = error.unwrap_err().to_string();
                assert_eq!(message, format!("{}: the writer failed", path.display()));
                let panic = || {
                    write_atomically(&path, |writer| {
                        writer.write_all(&vec![b'x'; length])?;
                        panic!("the writer panicked")
                    })
                };
                assert!(catch_unwind(AssertUnwindSafe(panic)).is_err());
                assert_eq!(fs::read_to_string(&path).ok().as_deref(), previous);
                assert_eq!(folder.names().len(), usize::from(previous.is_some()));
            }
        }
    }

    #[test]
    fn what_is_no_regular_file_is_refused_and_left_alone() {
        let folder = Folder::new("files-refused");
        let inner = folder.0.join("inner");
        fs::create_dir(&inner).unwrap();
        for path in [&inner, Path::new("/"), Path::new(".."), Path::new("")] {
            let error = write(path, "text").unwrap_err();
            assert!(matches!(&error, Error::Io { path: named, .. } if named == path), "{error}");
        }
        let missing = folder.0.join("missing").join("model");
        let error = write(&missing, "text").unwrap_err().to_string();
        assert!(error.contains("missing"), "{error}");
        assert_eq!(folder.names(), ["inner"]);
        assert!(inner.is_dir());
    }

    #[test]
    fn many_threads_write_one_file() {
        let folder = Folder::new("files-threads");
        let path = &folder.0.join("model");
        let text = |thread: usize| format!("{thread}").repeat(10_000);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || (0..20).for_each(|_| write(path, &text(thread)).unwrap()));
            }
        });
        let found = fs::read_to_string(path).unwrap();
        assert!((0..4).any(|thread| found == text(thread)));
        assert_eq!(folder.names(), ["model"]);
    }

    /// As if a process of the same number had been killed.
    #[test]
    fn a_temporary_file_that_was_left_behind_is_no_obstacle() {
        let folder = Folder::new("files-left");
        let left = |number| format!(".regularized-autoencoder-{}-{number}.tmp", process::id());
        let numbers = 0..400;
        numbers.clone().for_each(|number| fs::write(folder.0.join(left(number)), "old").unwrap());
        write(&folder.0.join("model"), "new").unwrap();
        assert_eq!(fs::read_to_string(folder.0.join("model")).unwrap(), "new");
        for number in numbers {
            assert_eq!(fs::read_to_string(folder.0.join(left(number))).unwrap(), "old");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_permissions_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = Folder::new("files-links");
        let (path, link) = (folder.0.join("model"), folder.0.join("link"));
        write(&path, "first").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&path, &link).unwrap();
        write(&link, "second").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_is_refused() {
        let folder = Folder::new("dangling");
        let link = folder.0.join("link");
        std::os::unix::fs::symlink(folder.0.join("missing"), &link).unwrap();
        let error = write(&link, "text").unwrap_err().to_string();
        assert!(error.ends_with("it is a link to something that is not there"), "{error}");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_refused() {
        let error = write(Path::new("/dev/null"), "text").unwrap_err().to_string();
        assert_eq!(error, "/dev/null: it exists and is no regular file");
    }
}
