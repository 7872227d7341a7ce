//! Encoding into sparse codes.

use super::select::{Candidate, Keep, select};
use super::{SparseCode, SparseCodes};
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::{Error, same_size};
use crate::inference::{Encoder, encode_into};
use crate::pieces::encode_in_pieces;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use crate::untied::UntiedAutoEncoder;

impl<T: Real, A: Activation<T>, R> RegularizedAutoEncoder<T, A, R> {
    /// The k codes of largest |h| of each sample (n × N), or fewer where fewer are not 0, with
    /// exactly the values that [`encode`](Self::encode) gives.
    ///
    /// Of codes of equal magnitude those of the lower indices are kept. Each row is by ascending
    /// index; [`SparseCodes::ranked`] sorts one by magnitude. It takes N · k entries of memory and
    /// the dense codes of 64 samples a thread.
    ///
    /// # Errors
    /// [`Error::Zero`] if k is 0, [`Error::NotEnough`] if it exceeds m, and those of
    /// [`encode`](Self::encode).
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use regularized_autoencoder::RegularizedAutoEncoder;
    /// let model = RegularizedAutoEncoder::builder(8, 32).build()?;
    /// let x = DMatrix::<f32>::from_fn(8, 500, |i, j| ((i * j) as f32).sin());
    /// let codes = model.encode_topk(&x, 5)?;
    /// assert_eq!((codes.n_samples(), codes.n_kept()), (500, 2500));
    /// let dense = model.encode(&x)?;
    /// let (indices, values) = codes.row(17)?;
    /// assert_eq!(values[0], dense[(indices[0], 17)]);
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn encode_topk<'a>(
        &self,
        samples: impl Into<Samples<'a, T>>,
        k: usize,
    ) -> Result<SparseCodes<T>, Error> {
        self.encode_and_keep(samples.into(), Keep::largest(k, self.n_hidden())?)
    }

    /// The codes with |h| > `threshold` of each sample (n × N), with exactly the values that
    /// [`encode`](Self::encode) gives; each row is by ascending index.
    ///
    /// A threshold of 0 keeps all that is not 0, which for activations with hard zeros, such as
    /// [`Relu`](crate::Relu), is the whole code. Where there are none, as with
    /// [`Sigmoid`](crate::Sigmoid), take δ_min, which tells active units from inactive ones:
    /// `model.activation().properties().threshold.code`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless the threshold is finite and at least 0,
    /// [`Error::TooLarge`] if what is kept does not fit into memory, and those of
    /// [`encode`](Self::encode).
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use regularized_autoencoder::{RegularizedAutoEncoder, Relu, metrics};
    /// let model = RegularizedAutoEncoder::builder(8, 32).activation(Relu).build()?;
    /// let x = DMatrix::<f32>::from_fn(8, 500, |i, j| ((i * j) as f32).sin());
    /// let codes = model.encode_sparse(&x, 0.0)?;
    /// assert_eq!(codes.to_dense()?, model.encode(&x)?);
    /// let active: usize = metrics::evaluate(&model, &x)?.active_units.iter().sum();
    /// assert_eq!(codes.n_kept(), active);
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn encode_sparse<'a>(
        &self,
        samples: impl Into<Samples<'a, T>>,
        threshold: f64,
    ) -> Result<SparseCodes<T>, Error> {
        self.encode_and_keep(samples.into(), Keep::above(threshold)?)
    }

    /// [`encode_topk`](Self::encode_topk) for one sample (n values), without allocating memory.
    ///
    /// The codes equal those of [`encode_topk`](Self::encode_topk) up to rounding: the products are
    /// summed in another order.
    ///
    /// # Errors
    /// Those of [`encode_topk`](Self::encode_topk), and [`Error::Dimension`] if `code` is for
    /// another number of units; after an error it keeps nothing.
    pub fn encode_topk_into(
        &self,
        sample: &[T],
        k: usize,
        code: &mut SparseCode<T>,
    ) -> Result<(), Error> {
        code.clear();
        self.encode_and_keep_one(sample, Keep::largest(k, self.n_hidden())?, code)
    }

    /// [`encode_sparse`](Self::encode_sparse) for one sample (n values), without allocating memory;
    /// equal up to rounding.
    ///
    /// # Errors
    /// Those of [`encode_sparse`](Self::encode_sparse), and [`Error::Dimension`] if `code` is for
    /// another number of units; after an error it keeps nothing.
    pub fn encode_sparse_into(
        &self,
        sample: &[T],
        threshold: f64,
        code: &mut SparseCode<T>,
    ) -> Result<(), Error> {
        code.clear();
        self.encode_and_keep_one(sample, Keep::above(threshold)?, code)
    }

    fn encode_and_keep(
        &self,
        samples: Samples<'_, T>,
        keep: Keep,
    ) -> Result<SparseCodes<T>, Error> {
        encode(self.encoder(), self.activation(), &samples, self.threads(), keep)
    }

    fn encode_and_keep_one(
        &self,
        sample: &[T],
        keep: Keep,
        code: &mut SparseCode<T>,
    ) -> Result<(), Error> {
        encode_one(self.encoder(), self.activation(), sample, keep, code)
    }
}

impl<T: Real, A: Activation<T>> UntiedAutoEncoder<T, A> {
    /// The k codes of largest |h| of each sample (n × N), as
    /// [`RegularizedAutoEncoder::encode_topk`] gives them.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::encode_topk`].
    pub fn encode_topk<'a>(
        &self,
        samples: impl Into<Samples<'a, T>>,
        k: usize,
    ) -> Result<SparseCodes<T>, Error> {
        let keep = Keep::largest(k, self.n_hidden())?;
        encode(self.encoder(), self.activation(), &samples.into(), self.threads(), keep)
    }

    /// The codes with |h| > `threshold` of each sample (n × N), as
    /// [`RegularizedAutoEncoder::encode_sparse`] gives them.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::encode_sparse`].
    pub fn encode_sparse<'a>(
        &self,
        samples: impl Into<Samples<'a, T>>,
        threshold: f64,
    ) -> Result<SparseCodes<T>, Error> {
        let keep = Keep::above(threshold)?;
        encode(self.encoder(), self.activation(), &samples.into(), self.threads(), keep)
    }

    /// [`encode_topk`](Self::encode_topk) for one sample (n values), without allocating memory;
    /// equal up to rounding.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::encode_topk_into`].
    pub fn encode_topk_into(
        &self,
        sample: &[T],
        k: usize,
        code: &mut SparseCode<T>,
    ) -> Result<(), Error> {
        code.clear();
        let keep = Keep::largest(k, self.n_hidden())?;
        encode_one(self.encoder(), self.activation(), sample, keep, code)
    }

    /// [`encode_sparse`](Self::encode_sparse) for one sample (n values), without allocating memory;
    /// equal up to rounding.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::encode_sparse_into`].
    pub fn encode_sparse_into(
        &self,
        sample: &[T],
        threshold: f64,
        code: &mut SparseCode<T>,
    ) -> Result<(), Error> {
        code.clear();
        encode_one(self.encoder(), self.activation(), sample, Keep::above(threshold)?, code)
    }
}

fn encode<T: Real>(
    encoder: Encoder<'_, T>,
    activation: &dyn Activation<T>,
    samples: &Samples<'_, T>,
    threads: usize,
    keep: Keep,
) -> Result<SparseCodes<T>, Error> {
    same_size("values per sample", encoder.n_features(), samples.n_inputs())?;
    samples.check("samples")?;
    compiled!(T, encode_and_select(
        encoder: Encoder<'_, T>,
        activation: &dyn Activation<T>,
        samples: &Samples<'_, T>,
        threads: usize,
        keep: Keep,
    ) -> Result<SparseCodes<T>, Error>)
}

fn encode_one<T: Real>(
    encoder: Encoder<'_, T>,
    activation: &dyn Activation<T>,
    sample: &[T],
    keep: Keep,
    code: &mut SparseCode<T>,
) -> Result<(), Error> {
    same_size("values per sample", encoder.n_features(), sample.len())?;
    same_size("values per code", encoder.filters.ncols(), code.n_hidden())?;
    encode_into(encoder, activation, sample, &mut code.dense)?;
    compiled!(T, select_one(code: &mut SparseCode<T>, keep: Keep) -> ());
    Ok(())
}

fn select_one<T: Real>(code: &mut SparseCode<T>, keep: Keep) {
    code.select(keep);
}

/// What is kept of a piece of the samples.
struct Kept<T> {
    /// Of the sample at hand.
    row: Vec<Candidate<T>>,
    /// Of all samples, one after the other.
    all: Vec<Candidate<T>>,
    /// How many of each sample.
    lengths: Vec<usize>,
}

fn encode_and_select<T: Real>(
    encoder: Encoder<'_, T>,
    activation: &dyn Activation<T>,
    samples: &Samples<'_, T>,
    threads: usize,
    keep: Keep,
) -> Result<SparseCodes<T>, Error> {
    let n_hidden = encoder.filters.ncols();
    let mut codes = SparseCodes::none(n_hidden);
    encode_in_pieces(
        encoder,
        activation,
        samples,
        threads,
        || Ok(Kept { row: Vec::new(), all: Vec::new(), lengths: Vec::new() }),
        |kept, dense| {
            kept.all.clear();
            kept.lengths.clear();
            for code in dense.chunks_exact(n_hidden) {
                select(code, keep, &mut kept.row);
                kept.all.extend(&kept.row);
                kept.lengths.push(kept.row.len());
            }
            Ok(())
        },
        |kept, _| codes.extend(&kept.lengths, &kept.all),
    )?;
    Ok(codes)
}
