//! Where the files of the data sets are, and what to do if they are not there.

use std::path::{Path, PathBuf};

/// A file of MNIST, such as `train-images-idx3-ubyte`, or the gzipped one where only that is there.
#[allow(dead_code, reason = "not every example reads MNIST")]
pub fn mnist(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let paths = [name.to_owned(), format!("{name}.gz")].map(|name| folder.join(name));
    paths.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        format!(
            "neither {name} nor {name}.gz in {}: it must hold the files of MNIST, \
             http://yann.lecun.com/exdb/mnist or a copy of these",
            folder.display()
        )
    })
}

/// The folder, if it has files of CIFAR-10.
#[allow(dead_code, reason = "not every example reads CIFAR-10")]
pub fn cifar10(folder: &Path) -> Result<&Path, String> {
    let is_batch = |name: &str| name.starts_with("data_batch_") && name.ends_with(".bin");
    let has_batch = std::fs::read_dir(folder).is_ok_and(|mut files| {
        files.any(|file| file.is_ok_and(|f| f.file_name().to_str().is_some_and(is_batch)))
    });
    has_batch.then_some(folder).ok_or_else(|| {
        format!(
            "no data_batch_*.bin in {}: it must hold the binary version of CIFAR-10, \
             https://www.cs.toronto.edu/~kriz/cifar.html",
            folder.display()
        )
    })
}
