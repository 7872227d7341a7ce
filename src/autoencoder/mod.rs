//! The auto-encoder: an activation and a regularizer around parameters.

mod builder;

pub use builder::AutoEncoderBuilder;

use crate::activation::{Activation, Sigmoid};
use crate::data::Scaler;
use crate::error::{Error, same_size};
use crate::inference::{self, Encoder};
use crate::model::Parameters;
use crate::objective::{Batch, Gradient, Loss, Pass, Regularizer, Shape};
use crate::regularizer::Unregularized;
use crate::samples::Samples;
use crate::scalar::Real;
use nalgebra::DMatrix;

/// A regularized auto-encoder with tied weights and a linear decoder, Eq. 1 and 4.
///
/// ```text
/// a = W x + b_e,  h = s(a),  y = Wᵀ h + b_d
/// J = E‖x − y‖² + R(W, b_e)
/// ```
/// The reconstruction error is summed over the n inputs and averaged over the samples, without a
/// factor ½. Samples stand in the columns of n × N matrices; codes are m × N. Methods take
/// nalgebra matrices and views or, by [`Samples::from_slice`], plain slices.
///
/// The model is `Send + Sync`, and every method that computes takes `&self`.
///
/// # Scaler
/// A model may have a [`Scaler`], a standardisation or a whitening, and then belongs to the data in
/// their own units. One rule holds everywhere: whatever takes samples takes them in the units of the
/// **input**, and the scaler brings them to those in which the **model** computes;
/// [`decode`](Self::decode) and [`reconstruct`](Self::reconstruct) give the input's units back; J,
/// R, their gradients, noise and corruptions are in the model's units.
///
/// n is the number of inputs of the parameters: with PCA its rank. A sample has
/// [`n_features`](Self::n_features) values. Encoding and [`metrics`](crate::metrics) scale 64 samples
/// at a time; an objective scales its batch, and a training its whole data set, into a copy.
///
/// ```
/// use nalgebra::DMatrix;
/// use regularized_autoencoder::{RegularizedAutoEncoder, Trainer, data::Standardization};
/// let x = DMatrix::<f32>::from_fn(4, 100, |i, j| 50.0 + 9.0 * ((i * j) as f32).sin());
/// let mut model = RegularizedAutoEncoder::builder(4, 7)
///     .scaler(Standardization::fit(&x, 0.1)?)
///     .build()?;
/// Trainer::builder().epochs(5).build()?.fit(&mut model, &x)?;
/// let y = model.reconstruct(&x)?;
/// assert!((y.mean() - 50.0).abs() < 9.0);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
///
/// # Example
/// ```
/// use nalgebra::DMatrix;
/// use regularized_autoencoder::{Contractive, RegularizedAutoEncoder, Softplus};
///
/// let model = RegularizedAutoEncoder::builder(4, 7)
///     .activation(Softplus::new())
///     .regularizer(0.1 * Contractive::new())
///     .seed(1)
///     .build()?;
/// let x = DMatrix::<f32>::from_fn(4, 10, |i, j| (i as f32 - 0.3 * j as f32).sin());
/// assert_eq!(model.encode(&x)?.shape(), (7, 10));
/// assert_eq!(model.reconstruct(&x)?.shape(), (4, 10));
/// assert!(model.objective(&x)?.total() > 0.0);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "Unchecked<T, A, R>",
        bound(
            serialize = "T: serde::Serialize, A: serde::Serialize, R: serde::Serialize",
            deserialize = "T: serde::Deserialize<'de>, A: Activation<T> + serde::Deserialize<'de>, \
                           R: Regularizer<T> + serde::Deserialize<'de>"
        )
    )
)]
pub struct RegularizedAutoEncoder<T: Real, A = Sigmoid, R = Unregularized> {
    parameters: Parameters<T>,
    activation: A,
    regularizer: R,
    scaler: Option<Scaler>,
    #[cfg_attr(feature = "serde", serde(skip))]
    threads: usize,
}

/// What serde reads.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(
    rename = "RegularizedAutoEncoder",
    deny_unknown_fields,
    bound(deserialize = "T: serde::Deserialize<'de>, A: serde::Deserialize<'de>, \
                         R: serde::Deserialize<'de>")
)]
struct Unchecked<T: Real, A, R> {
    parameters: Parameters<T>,
    activation: A,
    regularizer: R,
    scaler: Option<Scaler>,
}

#[cfg(feature = "serde")]
impl<T: Real, A: Activation<T>, R: Regularizer<T>> TryFrom<Unchecked<T, A, R>>
    for RegularizedAutoEncoder<T, A, R>
{
    type Error = Error;

    fn try_from(read: Unchecked<T, A, R>) -> Result<Self, Error> {
        let (n_inputs, n_hidden) = (read.parameters.n_inputs(), read.parameters.n_hidden());
        let mut model = RegularizedAutoEncoder::builder(n_inputs, n_hidden)
            .activation(read.activation)
            .regularizer(read.regularizer)
            .parameters(read.parameters)
            .build()?;
        model.set_scaler(read.scaler)?;
        Ok(model)
    }
}

/// An auto-encoder whose activation and regularizer are chosen at run time.
///
/// ```
/// use regularized_autoencoder::prelude::*;
/// fn model(sparse: bool) -> Result<AnyAutoEncoder<f32>, Error> {
///     let activation: Box<dyn Activation<f32>> =
///         if sparse { Box::new(Relu) } else { Box::new(Sigmoid) };
///     let mut regularizer: Box<dyn Regularizer<f32>> = Box::new(0.01 * WeightDecay::new());
///     if sparse {
///         regularizer = Box::new(regularizer + 0.2 * KlSparsity::new(0.05)?);
///     }
///     RegularizedAutoEncoder::builder(8, 16).activation(activation).regularizer(regularizer).build()
/// }
/// assert_eq!(model(true)?.encode(&DMatrix::zeros(8, 3))?.shape(), (16, 3));
/// # Ok::<(), Error>(())
/// ```
pub type AnyAutoEncoder<T> =
    RegularizedAutoEncoder<T, Box<dyn Activation<T>>, Box<dyn Regularizer<T>>>;

/// The number of threads does not count.
impl<T: Real, A: PartialEq, R: PartialEq> PartialEq for RegularizedAutoEncoder<T, A, R> {
    fn eq(&self, other: &Self) -> bool {
        let same_functions =
            self.activation == other.activation && self.regularizer == other.regularizer;
        same_functions && self.parameters == other.parameters && self.scaler == other.scaler
    }
}

impl<T: Real> RegularizedAutoEncoder<T> {
    /// Begins a model with n = `n_inputs` and m = `n_hidden`: sigmoid and no regularizer unless
    /// chosen otherwise.
    ///
    /// The scalar type follows from the data; where there are none, name it:
    /// `RegularizedAutoEncoder::<f32>::builder(64, 256)`.
    pub fn builder(n_inputs: usize, n_hidden: usize) -> AutoEncoderBuilder<T> {
        AutoEncoderBuilder {
            n_inputs,
            n_hidden,
            activation: Sigmoid,
            regularizer: Unregularized,
            decoder_bias: false,
            seed: 0,
            parameters: None,
            scaler: None,
            threads: 1,
        }
    }
}

impl<T: Real, A, R> RegularizedAutoEncoder<T, A, R> {
    /// The parameters.
    pub fn parameters(&self) -> &Parameters<T> {
        &self.parameters
    }

    /// Replaces the parameters by others of the same sizes.
    ///
    /// # Errors
    /// [`Error::Dimension`] if a size differs; the model stays as it was.
    pub fn set_parameters(&mut self, parameters: Parameters<T>) -> Result<(), Error> {
        self.parameters.same_sizes(&parameters)?;
        self.parameters = parameters;
        Ok(())
    }

    /// The activation s.
    pub fn activation(&self) -> &A {
        &self.activation
    }

    /// The regularizer R, coefficients included.
    pub fn regularizer(&self) -> &R {
        &self.regularizer
    }

    /// What brings samples to the units in which the model computes, if anything does.
    pub fn scaler(&self) -> Option<&Scaler> {
        self.scaler.as_ref()
    }

    /// Replaces the scaler, or takes it away.
    ///
    /// # Errors
    /// [`Error::Dimension`] if it does not give n values per sample; the model stays as it was.
    pub fn set_scaler(&mut self, scaler: Option<Scaler>) -> Result<(), Error> {
        fits(scaler.as_ref(), self.n_inputs())?;
        self.scaler = scaler;
        Ok(())
    }

    /// Number of inputs of the parameters, n.
    pub fn n_inputs(&self) -> usize {
        self.parameters.n_inputs()
    }

    /// Values per sample: those that the scaler takes, or n without one.
    pub fn n_features(&self) -> usize {
        self.scaler.as_ref().map_or(self.n_inputs(), Scaler::n_inputs)
    }

    /// Number of hidden units, m.
    pub fn n_hidden(&self) -> usize {
        self.parameters.n_hidden()
    }

    /// Threads for encoding, reconstruction and metrics.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Sets the threads for encoding, reconstruction and [`metrics`](crate::metrics), which share
    /// the samples in pieces of 64; they change no bit of the result. At most as many are started,
    /// anew for each call, as there are pieces and cores. Those of a training are its trainer's.
    ///
    /// # Errors
    /// [`Error::Zero`] without threads.
    pub fn set_threads(&mut self, threads: usize) -> Result<(), Error> {
        crate::error::at_least_one("threads", threads)?;
        self.threads = threads;
        Ok(())
    }

    /// y = Wᵀh + b_d: the reconstructions (n × N) of codes (m × N); with a scaler in the units of the
    /// input.
    ///
    /// # Errors
    /// [`Error::Dimension`] if a code has not m values, [`Error::Empty`] without codes,
    /// [`Error::NotFinite`] for NaN and ±∞ in the codes and if a reconstruction overflows in the
    /// scaler, [`Error::NotFiniteResult`] if a reconstruction overflows before it, [`Error::TooLarge`] if they do not fit into memory,
    /// [`Error::Threads`] if threads cannot be started.
    pub fn decode<'a>(&self, codes: impl Into<Samples<'a, T>>) -> Result<DMatrix<T>, Error> {
        let codes = codes.into();
        same_size("values per code", self.n_hidden(), codes.n_inputs())?;
        codes.check("codes")?;
        inference::decode(&self.parameters, self.scaler(), codes.as_slice(), self.threads)
    }

    /// Parameters, activation and scaler.
    pub(crate) fn into_parts(self) -> (Parameters<T>, A, Option<Scaler>) {
        (self.parameters, self.activation, self.scaler)
    }

    /// What encodes samples in the units of the input.
    pub(crate) fn encoder(&self) -> Encoder<'_, T> {
        Encoder::from(&self.parameters).with_scaler(self.scaler.as_ref())
    }
}

impl<T: Real, A: Activation<T>, R> RegularizedAutoEncoder<T, A, R> {
    /// h = s(Wx + b_e): the codes (m × N) of samples (n × N). Codes whose magnitude is below
    /// [`Real::MIN_POSITIVE`] are 0.
    ///
    /// # Errors
    /// [`Error::Dimension`] if a sample has not [`n_features`](Self::n_features) values,
    /// [`Error::Empty`] without samples, [`Error::NotFinite`] for NaN and ±∞ in the samples and if
    /// one overflows in the scaler, [`Error::NotFiniteResult`] if a code overflows,
    /// [`Error::TooLarge`] if the codes do not fit into memory, [`Error::Threads`] if threads
    /// cannot be started.
    pub fn encode<'a>(&self, samples: impl Into<Samples<'a, T>>) -> Result<DMatrix<T>, Error> {
        let samples = self.checked(samples.into())?;
        let activation = Some(&self.activation as &dyn Activation<T>);
        inference::encode(self.encoder(), activation, samples.as_slice(), self.threads)
    }

    /// The pre-activations a = Wx + b_e (m × N) of samples (n × N).
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode).
    pub fn pre_activations<'a>(
        &self,
        samples: impl Into<Samples<'a, T>>,
    ) -> Result<DMatrix<T>, Error> {
        let samples = self.checked(samples.into())?;
        inference::encode(self.encoder(), None, samples.as_slice(), self.threads)
    }

    /// Encodes one sample (n values) into `code` (m values), without allocating memory, with a scaler
    /// too.
    ///
    /// Equal to [`encode`](Self::encode) up to rounding: the products are summed in another order,
    /// those of a whitening in `f64`.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode), and [`Error::Dimension`] if `code` has not m values;
    /// after an error `code` holds no meaningful values.
    ///
    /// ```
    /// use regularized_autoencoder::RegularizedAutoEncoder;
    /// let model = RegularizedAutoEncoder::<f32>::builder(3, 5).build()?;
    /// let mut code = [0.0; 5];
    /// model.encode_into(&[0.1, -0.2, 0.3], &mut code)?;
    /// assert!(code.iter().all(|h| (0.0..1.0).contains(h)));
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn encode_into(&self, sample: &[T], code: &mut [T]) -> Result<(), Error> {
        same_size("values per sample", self.n_features(), sample.len())?;
        same_size("values per code", self.n_hidden(), code.len())?;
        inference::encode_into(self.encoder(), &self.activation, sample, code)
    }

    /// The reconstructions y (n × N) of samples (n × N), in pieces, so that no m × N array of codes
    /// exists.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode) and [`decode`](Self::decode).
    pub fn reconstruct<'a>(&self, samples: impl Into<Samples<'a, T>>) -> Result<DMatrix<T>, Error> {
        let (samples, parameters) = (self.checked(samples.into())?, &self.parameters);
        let (encoder, activation) = (self.encoder(), &self.activation);
        inference::reconstruct(encoder, activation, parameters, samples.as_slice(), self.threads)
    }

    fn checked<'a>(&self, samples: Samples<'a, T>) -> Result<Samples<'a, T>, Error> {
        same_size("values per sample", self.n_features(), samples.n_inputs())?;
        samples.check("samples")?;
        Ok(samples)
    }
}

impl<T: Real, A: Activation<T>, R: Regularizer<T>> RegularizedAutoEncoder<T, A, R> {
    /// The parts, for the trainer, which keeps the parameters' sizes and checks their values.
    pub(crate) fn parts_mut(
        &mut self,
    ) -> (&mut Parameters<T>, &dyn Activation<T>, &dyn Regularizer<T>, Option<&Scaler>) {
        (&mut self.parameters, &self.activation, &self.regularizer, self.scaler.as_ref())
    }

    /// The same model with another regularizer, coefficients included.
    ///
    /// # Errors
    /// What the regularizer reports, such as a negative, infinite or NaN coefficient.
    pub fn with_regularizer<S: Regularizer<T>>(
        self,
        regularizer: S,
    ) -> Result<RegularizedAutoEncoder<T, A, S>, Error> {
        let (n_inputs, n_hidden) = (self.n_inputs(), self.n_hidden());
        regularizer.validate(Shape { n_inputs, n_hidden, n_samples: 1 })?;
        let Self { parameters, activation, scaler, threads, .. } = self;
        Ok(RegularizedAutoEncoder { parameters, activation, regularizer, scaler, threads })
    }

    /// What an objective is a function of, with the batch in the units of the model.
    pub(crate) fn pass<'a>(&'a self, batch: impl Into<Batch<'a, T>>) -> Result<Pass<'a, T>, Error> {
        let mut batch = batch.into();
        if let Some(scaler) = &self.scaler {
            batch = batch.scaled(|samples, what| scaler.scale_samples(samples, what))?;
        }
        Pass::new(&self.parameters, &self.activation, batch)
    }

    /// J_AE and R, evaluated on all samples as **one batch**.
    ///
    /// With a target of its own, `batch` makes it the denoising objective, Eq. 6; regularizers
    /// that draw noise find it there too. Memory: some m × N and n × N arrays, the latter one for each
    /// 256 hidden units too.
    ///
    /// # Errors
    /// [`Error::Dimension`] and [`Error::Empty`] for wrong sizes, [`Error::NotFinite`] for NaN and
    /// ±∞, [`Error::MissingNoise`] if the regularizer draws noise and the batch brings too little,
    /// [`Error::NotFiniteResult`] if something overflows, [`Error::TooLarge`] if the arrays do not
    /// fit into memory, and what the regularizer's
    /// [`validate`](crate::RegularizerMetadata::validate) reports.
    pub fn objective<'a>(&'a self, batch: impl Into<Batch<'a, T>>) -> Result<Loss<T>, Error> {
        Ok(self.gradient(batch)?.0)
    }

    /// J_AE and R with the whole gradient of J, from one computation.
    ///
    /// # Errors
    /// Those of [`objective`](Self::objective).
    pub fn gradient<'a>(
        &'a self,
        batch: impl Into<Batch<'a, T>>,
    ) -> Result<(Loss<T>, Gradient<T>), Error> {
        self.pass(batch)?.differentiate(&self.regularizer, true)
    }
}

/// An error unless the scaler gives as many values per sample as there are inputs.
fn fits(scaler: Option<&Scaler>, n_inputs: usize) -> Result<(), Error> {
    match scaler {
        None => Ok(()),
        Some(scaler) => {
            same_size("values per sample that the scaler gives", n_inputs, scaler.n_outputs())
        }
    }
}
