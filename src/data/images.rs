//! Images as bytes, the compact form from which patches are drawn.

use crate::error::{Error, at_least_one};
use crate::memory::zero_matrix;
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;

/// Images of one size, a byte per value: image after image, channel after channel, row after row.
///
/// A quarter of the memory of `f32`. [`to_matrix`](Self::to_matrix) converts whole images,
/// [`random_patches`](crate::data::random_patches) parts of them.
///
/// ```
/// use regularized_autoencoder::data::Images;
/// // Two grey images of 1 × 3 pixels.
/// let images = Images::new(1, 3, 1, vec![1, 2, 3, 4, 5, 255])?;
/// assert_eq!(images.n_images(), 2);
/// assert_eq!(images.to_matrix::<f64>()?.column(1).as_slice(), [4.0, 5.0, 255.0]);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    height: usize,
    width: usize,
    channels: usize,
    pixels: Vec<u8>,
}

impl Images {
    /// The images that stand one after the other in `pixels`.
    ///
    /// # Errors
    /// [`Error::Zero`] if a size is 0, [`Error::TooLarge`] if the sizes multiply to more than a
    /// `usize` holds, [`Error::Empty`] if there is no image, [`Error::PartialSample`] if the last
    /// one is incomplete.
    pub fn new(
        height: usize,
        width: usize,
        channels: usize,
        pixels: Vec<u8>,
    ) -> Result<Self, Error> {
        at_least_one("image height", height)?;
        at_least_one("image width", width)?;
        at_least_one("number of channels", channels)?;
        let too_large = |rows, columns| Error::TooLarge { what: "image", rows, columns };
        let plane = height.checked_mul(width).ok_or_else(|| too_large(height, width))?;
        let n_inputs = plane.checked_mul(channels).ok_or_else(|| too_large(plane, channels))?;
        if pixels.is_empty() {
            return Err(Error::Empty { what: "set of images", n_inputs, n_samples: 0 });
        }
        if !pixels.len().is_multiple_of(n_inputs) {
            return Err(Error::PartialSample { length: pixels.len(), n_inputs });
        }
        Ok(Self { height, width, channels, pixels })
    }

    /// Rows of an image.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns of an image.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Channels of an image: 1 for grey, 3 for red, green, blue.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Values per image: height · width · channels.
    pub fn n_inputs(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Number of images.
    pub fn n_images(&self) -> usize {
        self.pixels.len() / self.n_inputs()
    }

    /// All values: image after image, channel after channel, row after row.
    pub fn as_slice(&self) -> &[u8] {
        &self.pixels
    }

    /// The n × N matrix with an image in each column, values 0 to 255.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if it does not fit into memory.
    pub fn to_matrix<T: Real>(&self) -> Result<DMatrix<T>, Error> {
        let images = self;
        compiled!(T, to_matrix(images: &Images) -> Result<DMatrix<T>, Error>)
    }
}

fn to_matrix<T: Real>(images: &Images) -> Result<DMatrix<T>, Error> {
    let mut matrix = zero_matrix("images", images.n_inputs(), images.n_images())?;
    convert(&images.pixels, matrix.as_mut_slice());
    Ok(matrix)
}

/// `out` ← `bytes`.
pub(super) fn convert<T: Real>(bytes: &[u8], out: &mut [T]) {
    for (out, &byte) in out.iter_mut().zip(bytes) {
        *out = T::of(byte.into());
    }
}
