//! Reconstructions of codes and of samples.

use super::{CHUNK, Decoder, Encoder, encode_piece, team};
use crate::activation::Activation;
use crate::data::Scaler;
use crate::error::{Error, finite_results};
use crate::matmul::Operand;
use crate::memory::{zero_matrix, zeros};
use crate::scalar::{Real, compiled};
use crate::team::chunks;
use nalgebra::DMatrix;

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
