//! A file that takes its place only when it is complete.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file to be written later; what stands in its place remains until then.
pub struct Output {
    path: PathBuf,
    partial: PathBuf,
    file: File,
}

impl Output {
    /// Opens a temporary file beside `path`: a place that cannot be written is an error now.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, String> {
        let path = path.as_ref();
        let failed = |reason: &dyn Display| format!("cannot write {}: {reason}", path.display());
        // What a link points to is replaced, not the link.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if path.exists() && !path.is_file() {
            return Err(failed(&"it is not a regular file"));
        }
        let mut partial = path.clone().into_os_string();
        partial.push(".partial");
        let file = File::create(&partial).map_err(|error| failed(&error))?;
        Ok(Self { path, partial: partial.into(), file })
    }

    /// Writes everything and puts the file into its place.
    pub fn finish(mut self, content: impl AsRef<[u8]>) -> Result<(), String> {
        self.file
            .write_all(content.as_ref())
            .and_then(|()| fs::rename(&self.partial, &self.path))
            .map_err(|error| format!("cannot write {}: {error}", self.path.display()))
    }
}

/// Removes the temporary file; after `finish` there is none.
impl Drop for Output {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.partial);
    }
}

/// An error unless files can be written into the folder, which is made if it is not there.
#[allow(dead_code, reason = "not every example has an output folder")]
pub fn check_folder(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    Output::create(folder.join(".writable")).map(drop)
}
