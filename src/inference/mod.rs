//! Encoding and decoding.
//!
//! Samples are encoded in pieces of [`CHUNK`], which threads share: a piece is computed in the same
//! way whoever does it, so that the number of threads changes no bit.

mod decode;
mod encode;

pub(crate) use decode::{decode, decode_piece, fill_restored, reconstruct, reconstruct_piece};
pub(crate) use encode::{encode, encode_into, encode_piece};

use crate::data::Scaler;
use crate::error::Error;
use crate::model::Parameters;
use crate::scalar::Real;
use crate::team::Team;
use nalgebra::{DMatrix, DVector};
use std::borrow::Cow;

/// Samples that are encoded at a time: enough for products to run at full speed, few enough that
/// small batches keep all threads busy.
pub(crate) const CHUNK: usize = 64;

/// What turns samples into codes, but for the activation: a = W S(x) + b_e, with a scaler S or without.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoder<'a, T: Real> {
    pub filters: &'a DMatrix<T>,
    pub bias: &'a DVector<T>,
    pub scaler: Option<&'a Scaler>,
}

/// Without a scaler.
impl<'a, T: Real> From<&'a Parameters<T>> for Encoder<'a, T> {
    fn from(parameters: &'a Parameters<T>) -> Self {
        Self { filters: &parameters.filters, bias: &parameters.encoder_bias, scaler: None }
    }
}

impl<'a, T: Real> Encoder<'a, T> {
    /// With this scaler, if there is one.
    pub fn with_scaler(self, scaler: Option<&'a Scaler>) -> Self {
        Self { scaler, ..self }
    }

    /// Values per sample.
    pub fn n_features(&self) -> usize {
        self.scaler.map_or(self.filters.nrows(), Scaler::n_inputs)
    }

    /// Samples in the units of the filters: a copy if there is a scaler.
    pub fn scaled<'s>(&self, samples: &'s [T], first: usize) -> Result<Cow<'s, [T]>, Error> {
        Scaler::scaled(self.scaler, samples, first)
    }
}

/// What turns codes into reconstructions: y = Wᵀh + b_d.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoder<'a, T: Real> {
    pub filters: &'a DMatrix<T>,
    pub bias: Option<&'a DVector<T>>,
}

impl<'a, T: Real> From<&'a Parameters<T>> for Decoder<'a, T> {
    fn from(parameters: &'a Parameters<T>) -> Self {
        Self { filters: &parameters.filters, bias: parameters.decoder_bias.as_ref() }
    }
}

/// As many threads as are wanted, have something to do and find a core to do it.
pub(crate) fn team(threads: usize, n_samples: usize) -> Result<Team, Error> {
    Team::on_cores(threads.min(n_samples.div_ceil(CHUNK)))
}
