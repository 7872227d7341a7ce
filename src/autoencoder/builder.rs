//! The builder of a model.

use super::{RegularizedAutoEncoder, fits};
use crate::activation::{Activation, Sigmoid};
use crate::data::Scaler;
use crate::error::{Error, at_least_one, same_size};
use crate::model::Parameters;
use crate::objective::{Regularizer, Shape};
use crate::regularizer::Unregularized;
use crate::scalar::Real;

/// Collects the parts of a [`RegularizedAutoEncoder`]; [`build`](Self::build) checks them.
///
/// | name | default | purpose |
/// |---|---|---|
/// | `activation` | [`Sigmoid`] | s |
/// | `regularizer` | [`Unregularized`] | R, coefficients included |
/// | `decoder_bias` | no | whether there is a b_d |
/// | `seed` | 0 | decides the initial filters, Glorot-uniform |
/// | `parameters` | drawn from the seed | parameters to begin with |
/// | `scaler` | none | brings samples to the units in which the model computes; must give n values |
/// | `threads` | 1 | threads for encoding, reconstruction and metrics of large data |
#[derive(Clone, Debug)]
#[must_use]
pub struct AutoEncoderBuilder<T: Real, A = Sigmoid, R = Unregularized> {
    pub(super) n_inputs: usize,
    pub(super) n_hidden: usize,
    pub(super) activation: A,
    pub(super) regularizer: R,
    pub(super) decoder_bias: bool,
    pub(super) seed: u64,
    pub(super) parameters: Option<Parameters<T>>,
    pub(super) scaler: Option<Scaler>,
    pub(super) threads: usize,
}

impl<T: Real, A, R> AutoEncoderBuilder<T, A, R> {
    /// Uses another activation.
    pub fn activation<B>(self, activation: B) -> AutoEncoderBuilder<T, B, R> {
        AutoEncoderBuilder {
            n_inputs: self.n_inputs,
            n_hidden: self.n_hidden,
            activation,
            regularizer: self.regularizer,
            decoder_bias: self.decoder_bias,
            seed: self.seed,
            parameters: self.parameters,
            scaler: self.scaler,
            threads: self.threads,
        }
    }

    /// Uses another regularizer, with its coefficient.
    pub fn regularizer<S>(self, regularizer: S) -> AutoEncoderBuilder<T, A, S> {
        AutoEncoderBuilder {
            n_inputs: self.n_inputs,
            n_hidden: self.n_hidden,
            activation: self.activation,
            regularizer,
            decoder_bias: self.decoder_bias,
            seed: self.seed,
            parameters: self.parameters,
            scaler: self.scaler,
            threads: self.threads,
        }
    }

    /// With or without a decoder bias b_d.
    pub fn decoder_bias(self, decoder_bias: bool) -> Self {
        Self { decoder_bias, ..self }
    }

    /// The seed of the initial filters.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Begins with these parameters, a decoder bias included or not, instead of drawn ones.
    pub fn parameters(self, parameters: Parameters<T>) -> Self {
        Self { parameters: Some(parameters), ..self }
    }

    /// A [`Standardization`](crate::data::Standardization) or a
    /// [`Whitening`](crate::data::Whitening), which gives n values per sample.
    pub fn scaler(self, scaler: impl Into<Scaler>) -> Self {
        Self { scaler: Some(scaler.into()), ..self }
    }

    /// Threads for encoding, reconstruction and metrics; see
    /// [`set_threads`](RegularizedAutoEncoder::set_threads).
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }
}

impl<T: Real, A: Activation<T>, R: Regularizer<T>> AutoEncoderBuilder<T, A, R> {
    /// Checks everything and makes the model.
    ///
    /// # Errors
    /// [`Error::Zero`] without inputs, hidden units or threads, [`Error::TooLarge`] if the filters do not
    /// fit into memory, [`Error::Dimension`] if the given parameters have other sizes or the scaler
    /// does not give n values per sample, and what the regularizer reports, such as a negative, infinite or NaN coefficient.
    pub fn build(self) -> Result<RegularizedAutoEncoder<T, A, R>, Error> {
        let (n_inputs, n_hidden) = (self.n_inputs, self.n_hidden);
        at_least_one("n_inputs", n_inputs)?;
        at_least_one("n_hidden", n_hidden)?;
        at_least_one("threads", self.threads)?;
        fits(self.scaler.as_ref(), n_inputs)?;
        self.regularizer.validate(Shape { n_inputs, n_hidden, n_samples: 1 })?;
        let parameters = match self.parameters {
            Some(parameters) => {
                same_size("number of inputs", n_inputs, parameters.n_inputs())?;
                same_size("number of hidden units", n_hidden, parameters.n_hidden())?;
                parameters
            }
            None => Parameters::glorot_uniform(n_inputs, n_hidden, self.decoder_bias, self.seed)?,
        };
        let Self { activation, regularizer, scaler, threads, .. } = self;
        Ok(RegularizedAutoEncoder { parameters, activation, regularizer, scaler, threads })
    }
}
