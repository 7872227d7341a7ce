//! Filters and biases.

use crate::error::{Error, at_least_one, same_size};
use crate::memory::zeros;
use crate::random::{Purpose, Random};
use crate::samples::check_finite;
use crate::scalar::Real;
use nalgebra::{DMatrix, DVector};

/// The parameters of an auto-encoder with tied weights and a linear decoder.
///
/// ```text
/// a = W x + b_e,   h = s(a),   y = Wᵀ h + b_d
/// ```
/// The weights are held as **filters**: an n × m matrix (inputs × hidden units) whose column j is
/// W_j, so that a filter's values are contiguous; the paper's m × n matrix W is its transpose.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "Unchecked<T>",
        bound(serialize = "T: serde::Serialize", deserialize = "T: serde::Deserialize<'de>")
    )
)]
pub struct Parameters<T: Real> {
    #[cfg_attr(feature = "serde", serde(with = "crate::stored::matrix"))]
    pub(crate) filters: DMatrix<T>,
    #[cfg_attr(feature = "serde", serde(with = "crate::stored::vector"))]
    pub(crate) encoder_bias: DVector<T>,
    #[cfg_attr(feature = "serde", serde(with = "crate::stored::optional_vector"))]
    pub(crate) decoder_bias: Option<DVector<T>>,
}

/// What serde reads.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(
    rename = "Parameters",
    deny_unknown_fields,
    bound(deserialize = "T: serde::Deserialize<'de>")
)]
struct Unchecked<T: Real> {
    #[serde(with = "crate::stored::matrix")]
    filters: DMatrix<T>,
    #[serde(with = "crate::stored::vector")]
    encoder_bias: DVector<T>,
    #[serde(with = "crate::stored::optional_vector")]
    decoder_bias: Option<DVector<T>>,
}

#[cfg(feature = "serde")]
impl<T: Real> TryFrom<Unchecked<T>> for Parameters<T> {
    type Error = Error;

    fn try_from(read: Unchecked<T>) -> Result<Self, Error> {
        Self::new(read.filters, read.encoder_bias, read.decoder_bias)
    }
}

impl<T: Real> Parameters<T> {
    /// Puts parameters together.
    ///
    /// # Errors
    /// [`Error::Zero`] without inputs or hidden units, [`Error::Dimension`] if the biases do not
    /// fit the filters (n × m), [`Error::NotFinite`] for NaN and ±∞.
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector, dmatrix};
    /// use regularized_autoencoder::Parameters;
    /// // Two inputs, three hidden units: W_1 = (1, 0), W_2 = (0, 1), W_3 = (1, 1).
    /// let filters = dmatrix![1.0, 0.0, 1.0; 0.0, 1.0, 1.0];
    /// let parameters = Parameters::new(filters, DVector::zeros(3), None)?;
    /// assert_eq!((parameters.n_inputs(), parameters.n_hidden()), (2, 3));
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn new(
        filters: DMatrix<T>,
        encoder_bias: DVector<T>,
        decoder_bias: Option<DVector<T>>,
    ) -> Result<Self, Error> {
        let (n_inputs, n_hidden) = filters.shape();
        at_least_one("n_inputs", n_inputs)?;
        at_least_one("n_hidden", n_hidden)?;
        same_size("length of the encoder bias", n_hidden, encoder_bias.len())?;
        check_finite("filters", filters.as_slice(), n_inputs)?;
        check_finite("encoder bias", encoder_bias.as_slice(), n_hidden)?;
        if let Some(bias) = &decoder_bias {
            same_size("length of the decoder bias", n_inputs, bias.len())?;
            check_finite("decoder bias", bias.as_slice(), n_inputs)?;
        }
        Ok(Self { filters, encoder_bias, decoder_bias })
    }

    /// Filters drawn uniformly from ±√(6/(n+m)) (Glorot and Bengio), biases 0.
    ///
    /// # Errors
    /// [`Error::Zero`] without inputs or hidden units, [`Error::TooLarge`] if the filters do not
    /// fit into memory.
    pub fn glorot_uniform(
        n_inputs: usize,
        n_hidden: usize,
        with_decoder_bias: bool,
        seed: u64,
    ) -> Result<Self, Error> {
        at_least_one("n_inputs", n_inputs)?;
        at_least_one("n_hidden", n_hidden)?;
        let mut filters = zeros("filters", n_inputs, n_hidden)?;
        let bound = (6.0 / (n_inputs as f64 + n_hidden as f64)).sqrt();
        for (unit, filter) in filters.chunks_exact_mut(n_inputs).enumerate() {
            let mut random = Random::stream(seed, Purpose::Initialization, 0, 0, unit);
            filter.fill_with(|| T::of(bound * (2.0 * random.uniform() - 1.0)));
        }
        let bias = |what, length| Ok::<_, Error>(DVector::from_vec(zeros(what, length, 1)?));
        Ok(Self {
            filters: DMatrix::from_vec(n_inputs, n_hidden, filters),
            encoder_bias: bias("encoder bias", n_hidden)?,
            decoder_bias: with_decoder_bias.then(|| bias("decoder bias", n_inputs)).transpose()?,
        })
    }

    /// Number of inputs, n.
    pub fn n_inputs(&self) -> usize {
        self.filters.nrows()
    }

    /// Number of hidden units, m.
    pub fn n_hidden(&self) -> usize {
        self.filters.ncols()
    }

    /// The filters, n × m; column j is W_j.
    pub fn filters(&self) -> &DMatrix<T> {
        &self.filters
    }

    /// The encoder bias b_e, one value a hidden unit.
    pub fn encoder_bias(&self) -> &DVector<T> {
        &self.encoder_bias
    }

    /// The decoder bias b_d, one value an input, if the model has one.
    pub fn decoder_bias(&self) -> Option<&DVector<T>> {
        self.decoder_bias.as_ref()
    }

    /// ‖W_j‖ of each hidden unit, m values. Squares are summed in `f64`: ∞ or 0 where these over- or
    /// underflow.
    pub fn filter_lengths(&self) -> DVector<T> {
        let squares = |filter: &[T]| -> f64 { filter.iter().map(|w| w.as_f64().powi(2)).sum() };
        let filters = self.filters.as_slice().chunks_exact(self.n_inputs());
        let lengths = filters.map(|filter| T::of(squares(filter).sqrt()));
        DVector::from_iterator(self.n_hidden(), lengths)
    }

    /// An error unless `other` has the same sizes, and a decoder bias if these have one.
    pub(crate) fn same_sizes(&self, other: &Self) -> Result<(), Error> {
        let decoder_bias = |parameters: &Self| parameters.decoder_bias().map_or(0, DVector::len);
        same_size("number of inputs", self.n_inputs(), other.n_inputs())?;
        same_size("number of hidden units", self.n_hidden(), other.n_hidden())?;
        same_size("length of the decoder bias", decoder_bias(self), decoder_bias(other))
    }

    /// Whether a value is below 0.
    #[cfg(feature = "files")]
    pub(crate) fn has_negative(&self) -> bool {
        let biases = self.encoder_bias.iter().chain(self.decoder_bias.iter().flatten());
        self.filters.iter().chain(biases).any(|value| *value < T::zero())
    }

    /// Zeros of the same sizes.
    pub(crate) fn zeros_alike(&self) -> Self {
        Self {
            filters: DMatrix::zeros(self.n_inputs(), self.n_hidden()),
            encoder_bias: DVector::zeros(self.n_hidden()),
            decoder_bias: self.decoder_bias.as_ref().map(|bias| DVector::zeros(bias.len())),
        }
    }

    /// Makes all values `value`.
    pub(crate) fn fill(&mut self, value: T) {
        self.filters.fill(value);
        self.encoder_bias.fill(value);
        if let Some(bias) = &mut self.decoder_bias {
            bias.fill(value);
        }
    }

    /// Takes the values of `other`, which has the same sizes, without taking memory.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.filters.copy_from(&other.filters);
        self.encoder_bias.copy_from(&other.encoder_bias);
        if let (Some(bias), Some(other)) = (&mut self.decoder_bias, &other.decoder_bias) {
            bias.copy_from(other);
        }
    }

    /// Filters, encoder bias and decoder bias.
    pub fn into_parts(self) -> (DMatrix<T>, DVector<T>, Option<DVector<T>>) {
        (self.filters, self.encoder_bias, self.decoder_bias)
    }
}
