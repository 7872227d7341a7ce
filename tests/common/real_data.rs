//! MNIST and CIFAR-10, where a machine has them.

use std::path::{Path, PathBuf};

/// A folder of `REGULARIZED_AUTOENCODER_DATA`, else of `../shared/data`; says so if there is none.
pub fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("REGULARIZED_AUTOENCODER_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let path = root.join(name);
    if !path.is_dir() {
        println!("skipped: there is no folder {}", path.display());
        return None;
    }
    Some(path)
}

/// A file, or the gzipped one where only that is there.
pub fn file(folder: &Path, name: &str) -> PathBuf {
    let plain = folder.join(name);
    if plain.is_file() { plain } else { folder.join(format!("{name}.gz")) }
}
