//! Encoding and decoding.
//!
//! Samples are encoded in pieces of [`CHUNK`], which threads share: a piece is computed in the same
//! way whoever does it, so that the number of threads changes no bit.

use crate::activation::{Activation, Jet};
use crate::data::Scaler;
use crate::error::{Error, finite_results};
use crate::kernels::{dot, flush};
use crate::matmul::Operand;
use crate::memory::{zero_matrix, zeros};
use crate::model::Parameters;
use crate::scalar::{Real, compiled};
use crate::team::{Team, chunks};
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

/// The codes, m × N, of samples; without an activation, their pre-activations.
pub(crate) fn encode<'e, T: Real>(
    encoder: impl Into<Encoder<'e, T>>,
    activation: Option<&dyn Activation<T>>,
    samples: &[T],
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    let encoder = encoder.into();
    compiled!(T, encode_in(
        encoder: Encoder<'_, T>,
        activation: Option<&dyn Activation<T>>,
        samples: &[T],
        threads: usize,
    ) -> Result<DMatrix<T>, Error>)
}

fn encode_in<T: Real>(
    encoder: Encoder<'_, T>,
    activation: Option<&dyn Activation<T>>,
    samples: &[T],
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    let (n_features, n_hidden) = (encoder.n_features(), encoder.filters.ncols());
    let n_samples = samples.len() / n_features;
    let what = if activation.is_some() { "codes" } else { "pre-activations" };
    let mut all = zero_matrix(what, n_hidden, n_samples)?;
    let pieces = chunks(all.as_mut_slice(), n_hidden * CHUNK);
    team(threads, n_samples)?.try_for_each(pieces, |piece, out| {
        let samples = &samples[piece * n_features * CHUNK..][..out.len() / n_hidden * n_features];
        let samples = &*encoder.scaled(samples, piece * CHUNK)?;
        match activation {
            Some(activation) => {
                let mut pre_activations = zeros("pre-activations", out.len(), 1)?;
                encode_piece(encoder, activation, samples, &mut pre_activations, out)
            }
            None => pre_activate_piece(encoder, samples, out),
        }
    })?;
    Ok(all)
}

/// As many threads as are wanted, have something to do and find a core to do it.
pub(crate) fn team(threads: usize, n_samples: usize) -> Result<Team, Error> {
    Team::on_cores(threads.min(n_samples.div_ceil(CHUNK)))
}

/// Pre-activations and codes of a few samples in the units of the filters.
pub(crate) fn encode_piece<'e, T: Real>(
    encoder: impl Into<Encoder<'e, T>>,
    activation: &dyn Activation<T>,
    samples: &[T],
    pre_activations: &mut [T],
    codes: &mut [T],
) -> Result<(), Error> {
    let encoder = encoder.into();
    pre_activate_piece(encoder, samples, pre_activations)?;
    activation.evaluate(Jet::new(pre_activations, codes, None, None, None)?);
    flush(codes, T::MIN_POSITIVE);
    finite_results("code", codes, |at| Some(at % encoder.bias.len()))
}

fn pre_activate_piece<T: Real>(
    encoder: Encoder<'_, T>,
    samples: &[T],
    pre_activations: &mut [T],
) -> Result<(), Error> {
    let (n_inputs, n_hidden) = encoder.filters.shape();
    for column in pre_activations.chunks_exact_mut(n_hidden) {
        column.copy_from_slice(encoder.bias.as_slice());
    }
    let filters = Operand::new(encoder.filters.as_slice(), n_inputs, n_hidden);
    let samples = Operand::new(samples, n_inputs, samples.len() / n_inputs);
    T::product(pre_activations, true, T::one(), filters.transpose(), samples);
    finite_results("pre-activation", pre_activations, |at| Some(at % n_hidden))
}

/// Reconstructions, in the units of the data, of codes.
pub(crate) fn decode<'d, T: Real>(
    decoder: impl Into<Decoder<'d, T>>,
    scaler: Option<&Scaler>,
    codes: &[T],
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    let decoder = decoder.into();
    compiled!(T, decode_in(
        decoder: Decoder<'_, T>,
        scaler: Option<&Scaler>,
        codes: &[T],
        threads: usize,
    ) -> Result<DMatrix<T>, Error>)
}

fn decode_in<T: Real>(
    decoder: Decoder<'_, T>,
    scaler: Option<&Scaler>,
    codes: &[T],
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    let n_hidden = decoder.filters.ncols();
    let n_samples = codes.len() / n_hidden;
    fill_restored(decoder, scaler, n_samples, threads, |first, reconstructions| {
        let length = reconstructions.len() / decoder.filters.nrows() * n_hidden;
        decode_piece(decoder, &codes[first * n_hidden..][..length], reconstructions)
    })
}

/// Reconstructions, in the units of the data, of samples in these units; no array of all codes
/// exists.
pub(crate) fn reconstruct<'e, 'd, T: Real>(
    encoder: impl Into<Encoder<'e, T>>,
    activation: &dyn Activation<T>,
    decoder: impl Into<Decoder<'d, T>>,
    samples: &[T],
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    let (encoder, decoder) = (encoder.into(), decoder.into());
    compiled!(T, reconstruct_in(
        encoder: Encoder<'_, T>,
        activation: &dyn Activation<T>,
        decoder: Decoder<'_, T>,
        samples: &[T],
        threads: usize,
    ) -> Result<DMatrix<T>, Error>)
}

fn reconstruct_in<T: Real>(
    encoder: Encoder<'_, T>,
    activation: &dyn Activation<T>,
    decoder: Decoder<'_, T>,
    samples: &[T],
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    let n_features = encoder.n_features();
    let n_samples = samples.len() / n_features;
    fill_restored(decoder, encoder.scaler, n_samples, threads, |first, reconstructions| {
        let count = reconstructions.len() / decoder.filters.nrows();
        let samples = (&samples[first * n_features..][..count * n_features], first);
        reconstruct_piece(encoder, activation, decoder, samples, reconstructions)
    })
}

/// A matrix of reconstructions in the units of the data, by way of `decode`, which is given the
/// number of a sample and fills those of some samples from it on, in the units of the filters.
pub(crate) fn fill_restored<T: Real>(
    decoder: Decoder<'_, T>,
    scaler: Option<&Scaler>,
    n_samples: usize,
    threads: usize,
    decode: impl Fn(usize, &mut [T]) -> Result<(), Error> + Sync,
) -> Result<DMatrix<T>, Error> {
    let n_inputs = decoder.filters.nrows();
    let n_features = scaler.map_or(n_inputs, Scaler::n_inputs);
    let mut all = zero_matrix("reconstructions", n_features, n_samples)?;
    let pieces = chunks(all.as_mut_slice(), n_features * CHUNK);
    team(threads, n_samples)?.try_for_each(pieces, |piece, restored| {
        let first = piece * CHUNK;
        let Some(scaler) = scaler else { return decode(first, restored) };
        let mut scaled = zeros("reconstructions", n_inputs, restored.len() / n_features)?;
        decode(first, &mut scaled)?;
        restored.copy_from_slice(&scaler.unscale(&scaled, first)?);
        Ok(())
    })?;
    Ok(all)
}

/// Reconstructions, in the units of the filters, of a few samples in those of the data; the number
/// of the `first` is for errors.
pub(crate) fn reconstruct_piece<T: Real>(
    encoder: Encoder<'_, T>,
    activation: &dyn Activation<T>,
    decoder: Decoder<'_, T>,
    (samples, first): (&[T], usize),
    reconstructions: &mut [T],
) -> Result<(), Error> {
    let (n_inputs, n_hidden) = encoder.filters.shape();
    let samples = &*encoder.scaled(samples, first)?;
    let count = samples.len() / n_inputs;
    let mut pre_activations = zeros("pre-activations", n_hidden, count)?;
    let mut codes = zeros("codes", n_hidden, count)?;
    encode_piece(encoder, activation, samples, &mut pre_activations, &mut codes)?;
    decode_piece(decoder, &codes, reconstructions)
}

/// Reconstructions of a few codes.
pub(crate) fn decode_piece<'d, T: Real>(
    decoder: impl Into<Decoder<'d, T>>,
    codes: &[T],
    reconstructions: &mut [T],
) -> Result<(), Error> {
    let decoder = decoder.into();
    let (n_inputs, n_hidden) = decoder.filters.shape();
    match decoder.bias {
        Some(bias) => reconstructions
            .chunks_exact_mut(n_inputs)
            .for_each(|column| column.copy_from_slice(bias.as_slice())),
        None => reconstructions.fill(T::zero()),
    }
    let filters = Operand::new(decoder.filters.as_slice(), n_inputs, n_hidden);
    let codes = Operand::new(codes, n_hidden, codes.len() / n_hidden);
    T::product(reconstructions, true, T::one(), filters, codes);
    finite_results("reconstruction", reconstructions, |_| None)
}

/// The code of one sample, without allocating.
pub(crate) fn encode_into<'e, T: Real>(
    encoder: impl Into<Encoder<'e, T>>,
    activation: &dyn Activation<T>,
    sample: &[T],
    code: &mut [T],
) -> Result<(), Error> {
    let encoder = encoder.into();
    compiled!(T, encode_into_in(
        encoder: Encoder<'_, T>,
        activation: &dyn Activation<T>,
        sample: &[T],
        code: &mut [T],
    ) -> Result<(), Error>)
}

fn encode_into_in<T: Real>(
    encoder: Encoder<'_, T>,
    activation: &dyn Activation<T>,
    sample: &[T],
    code: &mut [T],
) -> Result<(), Error> {
    const UNITS: usize = 64;
    crate::samples::check_finite("sample", sample, sample.len())?;
    // Until the end `code` holds the pre-activations.
    code.copy_from_slice(encoder.bias.as_slice());
    add_projections(encoder, sample, code)?;
    let mut pre_activations = [T::zero(); UNITS];
    for (block, code) in code.chunks_mut(UNITS).enumerate() {
        let first = block * UNITS;
        let pre_activations = &mut pre_activations[..code.len()];
        pre_activations.copy_from_slice(code);
        activation.evaluate(Jet::new(pre_activations, code, None, None, None)?);
        flush(code, T::MIN_POSITIVE);
        finite_results("pre-activation", pre_activations, |at| Some(first + at))?;
        finite_results("code", code, |at| Some(first + at))?;
    }
    Ok(())
}

/// Adds W_j·S(x) to the number of each unit j.
fn add_projections<T: Real>(
    encoder: Encoder<'_, T>,
    sample: &[T],
    units: &mut [T],
) -> Result<(), Error> {
    const INPUTS: usize = 256;
    let n_inputs = encoder.filters.nrows();
    let filters = encoder.filters.as_slice().chunks_exact(n_inputs);
    let Some(scaler) = encoder.scaler else {
        units.iter_mut().zip(filters).for_each(|(unit, filter)| *unit += dot(filter, sample));
        return Ok(());
    };
    let mut scaled = [T::zero(); INPUTS];
    for first in (0..n_inputs).step_by(INPUTS) {
        let scaled = &mut scaled[..INPUTS.min(n_inputs - first)];
        scaler.scale_part(sample, first, scaled)?;
        for (unit, filter) in units.iter_mut().zip(filters.clone()) {
            *unit += dot(&filter[first..][..scaled.len()], scaled);
        }
    }
    Ok(())
}
