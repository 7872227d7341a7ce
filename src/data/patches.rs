//! Patches: small parts of images, taken at random.

use super::images::{Images, convert};
use crate::error::{Error, at_least_one};
use crate::memory::zero_matrix;
use crate::random::{Purpose, Random};
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;

/// Draws `count` patches of `shape` = (height, width): height · width · channels × count.
///
/// Each is all channels of a rectangle whose image and whose position within it are drawn
/// uniformly and independently. A column holds a patch as [`Images`] holds an image: channel after
/// channel, row after row, values 0 to 255. Patch i depends on `seed` and i alone, so that more
/// patches are the same ones and more.
///
/// # Errors
/// [`Error::Zero`] if `count` or a size is 0, [`Error::InvalidParameter`] if a patch is larger than
/// an image, [`Error::TooLarge`] if the patches do not fit into memory.
///
/// # Example
/// ```
/// use regularized_autoencoder::data::{Images, random_patches};
/// let image = Images::new(4, 4, 1, (0..16).collect())?;
/// let patches = random_patches::<f32>(&image, (2, 2), 100, 7)?;
/// assert_eq!(patches.shape(), (4, 100));
/// for patch in patches.column_iter() {
///     assert_eq!((patch[1] - patch[0], patch[2] - patch[0]), (1.0, 4.0));
/// }
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn random_patches<T: Real>(
    images: &Images,
    shape: (usize, usize),
    count: usize,
    seed: u64,
) -> Result<DMatrix<T>, Error> {
    at_least_one("number of patches", count)?;
    fits("patch height", shape.0, images.height())?;
    fits("patch width", shape.1, images.width())?;
    compiled!(
        T,
        draw(images: &Images, shape: (usize, usize), count: usize, seed: u64)
            -> Result<DMatrix<T>, Error>
    )
}

/// An error unless 1 ≤ `size` ≤ `limit`.
fn fits(name: &'static str, size: usize, limit: usize) -> Result<(), Error> {
    at_least_one(name, size)?;
    if size <= limit {
        Ok(())
    } else {
        Err(Error::invalid(name, size as f64, format!("at most the image's {limit}")))
    }
}

fn draw<T: Real>(
    images: &Images,
    (height, width): (usize, usize),
    count: usize,
    seed: u64,
) -> Result<DMatrix<T>, Error> {
    let n_inputs = height * width * images.channels();
    let mut patches = zero_matrix("patches", n_inputs, count)?;
    for (index, patch) in patches.as_mut_slice().chunks_exact_mut(n_inputs).enumerate() {
        let mut random = Random::stream(seed, Purpose::Patches, 0, 0, index);
        let image = random.below(images.n_images());
        let top = random.below(images.height() - height + 1);
        let left = random.below(images.width() - width + 1);
        for (line, out) in patch.chunks_exact_mut(width).enumerate() {
            let plane = image * images.channels() + line / height;
            let row = plane * images.height() + top + line % height;
            convert(&images.as_slice()[row * images.width() + left..], out);
        }
    }
    Ok(patches)
}
