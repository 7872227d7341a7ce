//! Files of the usual formats, read at offsets.

use super::batch_source::BatchSource;
use super::record_file::RecordFile;
use crate::data::{idx, npy};
use crate::error::Error;
use crate::scalar::Real;
use std::marker::PhantomData;
use std::path::Path;

macro_rules! file_source {
    ($(#[$doc:meta])* $name:ident, $layout:path, $(#[$open:meta])*) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<T: Real> {
            file: RecordFile,
            scalar: PhantomData<fn() -> T>,
        }

        impl<T: Real> $name<T> {
            $(#[$open])*
            pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
                let file = RecordFile::open(path.as_ref(), $layout)?;
                Ok(Self { file, scalar: PhantomData })
            }

            /// The file's name.
            pub fn path(&self) -> &Path {
                self.file.path()
            }
        }

        impl<T: Real> BatchSource for $name<T> {
            type Scalar = T;

            fn n_inputs(&self) -> usize {
                self.file.n_inputs()
            }

            fn n_samples(&self) -> usize {
                self.file.n_samples()
            }

            fn read(&self, first: usize, out: &mut [T]) -> Result<(), Error> {
                self.file.read(first, out)
            }
        }
    };
}

file_source!(
    /// A `.npy` file whose rows are the samples; see [`npy`] for what is read. Values are converted
    /// to `T` when they are read.
    ///
    /// ```no_run
    /// use regularized_autoencoder::BatchSource;
    /// use regularized_autoencoder::source::NpyFile;
    /// let file = NpyFile::<f32>::open("x.npy")?;
    /// println!("{} samples of {} values", file.n_samples(), file.n_inputs());
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    NpyFile,
    npy::layout,
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// Those of [`npy::read`], but for what is wrong with the values; [`Error::Format`] also for a
    /// gzipped file and for one in Fortran order, in which the values of a sample do not stand
    /// together.
);

file_source!(
    /// An IDX file of images, values 0 to 255; see [`idx`].
    ///
    /// ```no_run
    /// use regularized_autoencoder::BatchSource;
    /// use regularized_autoencoder::source::{IdxFile, Mapped};
    /// let file = IdxFile::<f32>::open("train-images-idx3-ubyte")?;
    /// let pixels = Mapped::new(file, |sample| {
    ///     sample.iter_mut().for_each(|value| *value /= 255.0);
    ///     Ok(())
    /// });
    /// assert_eq!(pixels.n_inputs(), 784);
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    IdxFile,
    idx::layout,
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// Those of [`idx::read_images`]; [`Error::Format`] also for a gzipped file, which cannot be
    /// read at offsets.
);
