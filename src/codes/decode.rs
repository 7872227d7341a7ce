//! Decoding sparse codes.

use super::SparseCodes;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::data::Scaler;
use crate::error::{Error, finite_results, same_size};
use crate::inference::{Decoder, fill_restored};
use crate::kernels::add_columns;
use crate::scalar::{Real, compiled};
use crate::untied::UntiedAutoEncoder;
use nalgebra::DMatrix;

impl<T: Real, A, R> RegularizedAutoEncoder<T, A, R> {
    /// y = Wᵀh + b_d: the reconstructions (n × N) of sparse codes, in time for each code that is
    /// kept and none for the others; with a scaler in the units of the input.
    ///
    /// Equal to [`decode`](Self::decode) of the dense codes up to rounding: the products are summed
    /// in another order.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the codes are of another number of units, [`Error::Empty`] without
    /// samples, [`Error::NotFiniteResult`] if a reconstruction overflows, [`Error::NotFinite`] if it
    /// does in the scaler, [`Error::TooLarge`] if they do not fit into memory, [`Error::Threads`] if
    /// threads cannot be started.
    ///
    /// ```
    /// use nalgebra::{DVector, dmatrix};
    /// use regularized_autoencoder::{Parameters, RegularizedAutoEncoder, SparseCodes};
    /// let filters = dmatrix![1.0, 0.0, 1.0; 0.0, 1.0, 1.0];
    /// let model = RegularizedAutoEncoder::builder(2, 3)
    ///     .parameters(Parameters::new(filters, DVector::zeros(3), None)?)
    ///     .build()?;
    /// // 2 W_1 + 3 W_3
    /// let codes = SparseCodes::new(3, vec![0, 2], vec![0, 2], vec![2.0, 3.0])?;
    /// assert_eq!(model.decode_sparse(&codes)?, dmatrix![5.0; 3.0]);
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn decode_sparse(&self, codes: &SparseCodes<T>) -> Result<DMatrix<T>, Error> {
        decode(Decoder::from(self.parameters()), self.scaler(), codes, self.threads())
    }
}

impl<T: Real, A> UntiedAutoEncoder<T, A> {
    /// y = Vh + b_d: the reconstructions (n × N) of sparse codes, as
    /// [`RegularizedAutoEncoder::decode_sparse`] gives them.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::decode_sparse`].
    pub fn decode_sparse(&self, codes: &SparseCodes<T>) -> Result<DMatrix<T>, Error> {
        decode(self.decoder(), None, codes, self.threads())
    }
}

fn decode<T: Real>(
    decoder: Decoder<'_, T>,
    scaler: Option<&Scaler>,
    codes: &SparseCodes<T>,
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    same_size("values per code", decoder.filters.ncols(), codes.n_hidden())?;
    if codes.n_samples() == 0 {
        let (what, n_inputs) = ("sparse codes", codes.n_hidden());
        return Err(Error::Empty { what, n_inputs, n_samples: 0 });
    }
    compiled!(T, decode_in(
        decoder: Decoder<'_, T>,
        scaler: Option<&Scaler>,
        codes: &SparseCodes<T>,
        threads: usize,
    ) -> Result<DMatrix<T>, Error>)
}

fn decode_in<T: Real>(
    decoder: Decoder<'_, T>,
    scaler: Option<&Scaler>,
    codes: &SparseCodes<T>,
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    let filters = decoder.filters;
    fill_restored(decoder, scaler, codes.n_samples(), threads, |first, reconstructions| {
        for (offset, y) in reconstructions.chunks_exact_mut(filters.nrows()).enumerate() {
            let (indices, values) = codes.at(first + offset);
            if let Some(bias) = decoder.bias {
                y.copy_from_slice(bias.as_slice());
            }
            add_columns(y, filters.as_slice(), indices, values);
        }
        finite_results("reconstruction", reconstructions, |_| None)
    })
}
