//! An auto-encoder whose decoder has filters of its own.

use crate::activation::{Activation, Sigmoid};
use crate::autoencoder::RegularizedAutoEncoder;
use crate::data::Scaler;
use crate::error::{Error, at_least_one, same_size};
use crate::inference::{self, Decoder, Encoder};
use crate::samples::{Samples, check_finite};
use crate::scalar::Real;
use nalgebra::{DMatrix, DVector};

/// An auto-encoder with one hidden layer, whose encoder and decoder have filters of their own:
///
/// ```text
/// a = Wᵀx + b_e,  h = s(a),  y = Vh + b_d
/// ```
/// with the encoder's filters in the columns of W and the decoder's in those of V, both n × m. It is
/// there for use and not for training: it is what a model with a scaler becomes when the scaler is
/// [folded](RegularizedAutoEncoder::fold_scaler) into the weights, and what other programs train.
///
/// Samples stand in the columns of n × N matrices; codes are m × N.
///
/// ```
/// use nalgebra::{dmatrix, dvector};
/// use regularized_autoencoder::{Relu, UntiedAutoEncoder};
/// // h = max(0, x_1 − 1), max(0, x_2);  y = 2h_1 + 1, h_2
/// let model = UntiedAutoEncoder::new(
///     dmatrix![1.0, 0.0; 0.0, 1.0],
///     dvector![-1.0, 0.0],
///     dmatrix![2.0, 0.0; 0.0, 1.0],
///     Some(dvector![1.0, 0.0]),
///     Relu,
/// )?;
/// let x = dmatrix![3.0; -5.0];
/// assert_eq!(model.encode(&x)?, dmatrix![2.0; 0.0]);
/// assert_eq!(model.reconstruct(&x)?, dmatrix![5.0; 0.0]);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "Unchecked<T, A>",
        bound(
            serialize = "T: serde::Serialize, A: serde::Serialize",
            deserialize = "T: serde::Deserialize<'de>, A: serde::Deserialize<'de>"
        )
    )
)]
pub struct UntiedAutoEncoder<T: Real, A = Sigmoid> {
    #[cfg_attr(feature = "serde", serde(with = "crate::stored::matrix"))]
    encoder_filters: DMatrix<T>,
    #[cfg_attr(feature = "serde", serde(with = "crate::stored::vector"))]
    encoder_bias: DVector<T>,
    #[cfg_attr(feature = "serde", serde(with = "crate::stored::matrix"))]
    decoder_filters: DMatrix<T>,
    #[cfg_attr(feature = "serde", serde(with = "crate::stored::optional_vector"))]
    decoder_bias: Option<DVector<T>>,
    activation: A,
    #[cfg_attr(feature = "serde", serde(skip))]
    threads: usize,
}

/// What serde reads.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(
    rename = "UntiedAutoEncoder",
    deny_unknown_fields,
    bound(deserialize = "T: serde::Deserialize<'de>, A: serde::Deserialize<'de>")
)]
struct Unchecked<T: Real, A> {
    #[serde(with = "crate::stored::matrix")]
    encoder_filters: DMatrix<T>,
    #[serde(with = "crate::stored::vector")]
    encoder_bias: DVector<T>,
    #[serde(with = "crate::stored::matrix")]
    decoder_filters: DMatrix<T>,
    #[serde(with = "crate::stored::optional_vector")]
    decoder_bias: Option<DVector<T>>,
    activation: A,
}

#[cfg(feature = "serde")]
impl<T: Real, A> TryFrom<Unchecked<T, A>> for UntiedAutoEncoder<T, A> {
    type Error = Error;

    fn try_from(read: Unchecked<T, A>) -> Result<Self, Error> {
        let (encoder, bias) = (read.encoder_filters, read.encoder_bias);
        Self::new(encoder, bias, read.decoder_filters, read.decoder_bias, read.activation)
    }
}

/// The number of threads does not count.
impl<T: Real, A: PartialEq> PartialEq for UntiedAutoEncoder<T, A> {
    fn eq(&self, other: &Self) -> bool {
        self.activation == other.activation
            && self.encoder_filters == other.encoder_filters
            && self.encoder_bias == other.encoder_bias
            && self.decoder_filters == other.decoder_filters
            && self.decoder_bias == other.decoder_bias
    }
}

impl<T: Real, A> UntiedAutoEncoder<T, A> {
    /// Puts parameters and an activation together.
    ///
    /// # Errors
    /// [`Error::Zero`] without inputs or hidden units, [`Error::Dimension`] if decoder filters
    /// (n × m), encoder bias (m) or decoder bias (n) do not fit the encoder filters (n × m),
    /// [`Error::NotFinite`] for NaN and ±∞.
    pub fn new(
        encoder_filters: DMatrix<T>,
        encoder_bias: DVector<T>,
        decoder_filters: DMatrix<T>,
        decoder_bias: Option<DVector<T>>,
        activation: A,
    ) -> Result<Self, Error> {
        let (n_inputs, n_hidden) = encoder_filters.shape();
        at_least_one("n_inputs", n_inputs)?;
        at_least_one("n_hidden", n_hidden)?;
        same_size("length of the encoder bias", n_hidden, encoder_bias.len())?;
        same_size("rows of the decoder filters", n_inputs, decoder_filters.nrows())?;
        same_size("columns of the decoder filters", n_hidden, decoder_filters.ncols())?;
        check_finite("encoder filters", encoder_filters.as_slice(), n_inputs)?;
        check_finite("encoder bias", encoder_bias.as_slice(), n_hidden)?;
        check_finite("decoder filters", decoder_filters.as_slice(), n_inputs)?;
        if let Some(bias) = &decoder_bias {
            same_size("length of the decoder bias", n_inputs, bias.len())?;
            check_finite("decoder bias", bias.as_slice(), n_inputs)?;
        }
        let threads = 1;
        Ok(Self {
            encoder_filters,
            encoder_bias,
            decoder_filters,
            decoder_bias,
            activation,
            threads,
        })
    }

    /// Number of inputs, n.
    pub fn n_inputs(&self) -> usize {
        self.encoder_filters.nrows()
    }

    /// Number of hidden units, m.
    pub fn n_hidden(&self) -> usize {
        self.encoder_filters.ncols()
    }

    /// The encoder's filters, n × m.
    pub fn encoder_filters(&self) -> &DMatrix<T> {
        &self.encoder_filters
    }

    /// The encoder bias b_e, m values.
    pub fn encoder_bias(&self) -> &DVector<T> {
        &self.encoder_bias
    }

    /// The decoder's filters, n × m.
    pub fn decoder_filters(&self) -> &DMatrix<T> {
        &self.decoder_filters
    }

    /// The decoder bias b_d, n values, if there is one.
    pub fn decoder_bias(&self) -> Option<&DVector<T>> {
        self.decoder_bias.as_ref()
    }

    /// The activation s.
    pub fn activation(&self) -> &A {
        &self.activation
    }

    /// Threads for encoding and reconstruction.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Sets the threads, as [`RegularizedAutoEncoder::set_threads`] does; 1 to begin with.
    ///
    /// # Errors
    /// [`Error::Zero`] without threads.
    pub fn set_threads(&mut self, threads: usize) -> Result<(), Error> {
        self.threads = at_least_one("threads", threads)?;
        Ok(())
    }

    /// y = Vh + b_d: the reconstructions (n × N) of codes (m × N).
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::decode`].
    pub fn decode<'a>(&self, codes: impl Into<Samples<'a, T>>) -> Result<DMatrix<T>, Error> {
        let codes = codes.into();
        same_size("values per code", self.n_hidden(), codes.n_inputs())?;
        codes.check("codes")?;
        inference::decode(self.decoder(), None, codes.as_slice(), self.threads)
    }

    /// What encodes samples.
    pub(crate) fn encoder(&self) -> Encoder<'_, T> {
        Encoder { filters: &self.encoder_filters, bias: &self.encoder_bias, scaler: None }
    }

    /// What decodes codes.
    pub(crate) fn decoder(&self) -> Decoder<'_, T> {
        Decoder { filters: &self.decoder_filters, bias: self.decoder_bias.as_ref() }
    }
}

impl<T: Real, A: Activation<T>> UntiedAutoEncoder<T, A> {
    /// h = s(Wᵀx + b_e): the codes (m × N) of samples (n × N).
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::encode`].
    pub fn encode<'a>(&self, samples: impl Into<Samples<'a, T>>) -> Result<DMatrix<T>, Error> {
        let samples = self.checked(samples.into())?;
        let activation = Some(&self.activation as &dyn Activation<T>);
        inference::encode(self.encoder(), activation, samples.as_slice(), self.threads)
    }

    /// Encodes one sample (n values) into `code` (m values), without allocating memory; equal to
    /// [`encode`](Self::encode) up to rounding.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::encode_into`].
    pub fn encode_into(&self, sample: &[T], code: &mut [T]) -> Result<(), Error> {
        same_size("values per sample", self.n_inputs(), sample.len())?;
        same_size("values per code", self.n_hidden(), code.len())?;
        inference::encode_into(self.encoder(), &self.activation, sample, code)
    }

    fn checked<'a>(&self, samples: Samples<'a, T>) -> Result<Samples<'a, T>, Error> {
        same_size("values per sample", self.n_inputs(), samples.n_inputs())?;
        samples.check("samples")?;
        Ok(samples)
    }

    /// The reconstructions y (n × N) of samples (n × N), in pieces, so that no m × N array of codes
    /// exists.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode) and [`decode`](Self::decode).
    pub fn reconstruct<'a>(&self, samples: impl Into<Samples<'a, T>>) -> Result<DMatrix<T>, Error> {
        let (samples, decoder) = (self.checked(samples.into())?, self.decoder());
        let (encoder, activation) = (self.encoder(), &self.activation);
        inference::reconstruct(encoder, activation, decoder, samples.as_slice(), self.threads)
    }
}

impl<T: Real, A, R> RegularizedAutoEncoder<T, A, R> {
    /// The same encoder and decoder without a scaler, which becomes part of the weights.
    ///
    /// With x' = S(x − μ), and x = Bx' + μ for the way back:
    /// ```text
    /// encoder:  filters SᵀW,  bias b_e − WᵀSμ      decoder:  filters BW,  bias Bb_d + μ
    /// ```
    /// for the filters in the columns of W. This is computed in `f64`; codes and reconstructions are the
    /// same up to rounding. What is lost grows with |μ|/σ, as x is no longer centred before it is
    /// multiplied: in `f32` pre-activations are off by about 1e-7 |μ|/σ. Without a scaler both have the model's own filters.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if a number overflows, [`Error::TooLarge`] if the filters do not fit
    /// into memory.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use regularized_autoencoder::{RegularizedAutoEncoder, data::Standardization};
    /// let x = DMatrix::<f64>::from_fn(4, 100, |i, j| 50.0 + 9.0 * ((i * j) as f64).sin());
    /// let model = RegularizedAutoEncoder::builder(4, 7)
    ///     .scaler(Standardization::fit(&x, 0.1)?)
    ///     .build()?;
    /// let codes = model.encode(&x)?;
    /// let folded = model.fold_scaler()?;
    /// assert!((folded.encode(&x)? - codes).amax() < 1e-12);
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn fold_scaler(self) -> Result<UntiedAutoEncoder<T, A>, Error> {
        let threads = self.threads();
        let (parameters, activation, scaler) = self.into_parts();
        let (filters, bias, decoder_bias) = parameters.into_parts();
        let folded = match &scaler {
            None => {
                UntiedAutoEncoder::new(filters.clone(), bias, filters, decoder_bias, activation)
            }
            Some(scaler) => {
                let (forward, bias) = folded_encoder(scaler, &filters, &bias)?;
                let (backward, decoder_bias) = folded_decoder(scaler, &filters, decoder_bias)?;
                UntiedAutoEncoder::new(forward, bias, backward, Some(decoder_bias), activation)
            }
        }?;
        Ok(UntiedAutoEncoder { threads, ..folded })
    }
}

/// SᵀW and b_e − WᵀSμ.
fn folded_encoder<T: Real>(
    scaler: &Scaler,
    filters: &DMatrix<T>,
    bias: &DVector<T>,
) -> Result<(DMatrix<T>, DVector<T>), Error> {
    let filters = scaler.fold_forward(filters.map(T::as_f64))?;
    let shift = |filter: &[f64]| filter.iter().zip(scaler.mean()).map(|(w, mean)| w * mean).sum();
    let shifts = filters.as_slice().chunks_exact(filters.nrows()).map(shift);
    let bias = bias.iter().zip(shifts).map(|(b, shift): (_, f64)| T::of(b.as_f64() - shift));
    Ok((filters.map(T::of), DVector::from_iterator(filters.ncols(), bias)))
}

/// BW and Bb_d + μ.
fn folded_decoder<T: Real>(
    scaler: &Scaler,
    filters: &DMatrix<T>,
    bias: Option<DVector<T>>,
) -> Result<(DMatrix<T>, DVector<T>), Error> {
    let bias = bias.map_or_else(
        || vec![0.0; filters.nrows()],
        |bias| bias.iter().map(|b| b.as_f64()).collect(),
    );
    let bias = scaler.fold_backward(DMatrix::from_vec(filters.nrows(), 1, bias))?;
    let bias = bias.iter().zip(scaler.mean()).map(|(b, mean)| T::of(b + mean));
    let bias = DVector::from_iterator(scaler.n_inputs(), bias);
    Ok((scaler.fold_backward(filters.map(T::as_f64))?.map(T::of), bias))
}
