//! Encoding and decoding.
//!
//! Samples are encoded in pieces of [`CHUNK`], which threads share: a piece is computed in the same
//! way whoever does it, so that the number of threads changes no bit.

use crate::activation::{Activation, Jet};
use crate::error::{Error, finite_results};
use crate::kernels::dot;
use crate::matmul::Operand;
use crate::memory::{zero_matrix, zeros};
use crate::model::Parameters;
use crate::scalar::{Real, compiled};
use crate::team::{Team, chunks};
use nalgebra::DMatrix;

/// Samples that are encoded at a time.
pub(crate) const CHUNK: usize = 256;

/// The codes, m × N, of samples; without an activation, their pre-activations.
pub(crate) fn encode<T: Real>(
    parameters: &Parameters<T>,
    activation: Option<&dyn Activation<T>>,
    samples: &[T],
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    compiled!(T, encode_in(
        parameters: &Parameters<T>,
        activation: Option<&dyn Activation<T>>,
        samples: &[T],
        threads: usize,
    ) -> Result<DMatrix<T>, Error>)
}

fn encode_in<T: Real>(
    parameters: &Parameters<T>,
    activation: Option<&dyn Activation<T>>,
    samples: &[T],
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    let (n_inputs, n_hidden) = (parameters.n_inputs(), parameters.n_hidden());
    let n_samples = samples.len() / n_inputs;
    let what = if activation.is_some() { "codes" } else { "pre-activations" };
    let mut all = zero_matrix(what, n_hidden, n_samples)?;
    let pieces = chunks(all.as_mut_slice(), n_hidden * CHUNK);
    team(threads, n_samples)?.try_for_each(pieces, |piece, out| {
        let samples = &samples[piece * n_inputs * CHUNK..][..out.len() / n_hidden * n_inputs];
        match activation {
            Some(activation) => {
                let mut pre_activations = zeros("pre-activations", out.len(), 1)?;
                encode_piece(parameters, activation, samples, &mut pre_activations, out)
            }
            None => pre_activate_piece(parameters, samples, out),
        }
    })?;
    Ok(all)
}

/// As many threads as are wanted, have something to do and find a core to do it.
pub(crate) fn team(threads: usize, n_samples: usize) -> Result<Team, Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Team::new(threads.min(n_samples.div_ceil(CHUNK)).min(cores))
}

/// Pre-activations and codes of a few samples.
pub(crate) fn encode_piece<T: Real>(
    parameters: &Parameters<T>,
    activation: &dyn Activation<T>,
    samples: &[T],
    pre_activations: &mut [T],
    codes: &mut [T],
) -> Result<(), Error> {
    pre_activate_piece(parameters, samples, pre_activations)?;
    activation.evaluate(Jet::new(pre_activations, codes, None, None, None)?);
    finite_results("code", codes, |at| Some(at % parameters.n_hidden()))
}

fn pre_activate_piece<T: Real>(
    parameters: &Parameters<T>,
    samples: &[T],
    pre_activations: &mut [T],
) -> Result<(), Error> {
    let (n_inputs, n_hidden) = (parameters.n_inputs(), parameters.n_hidden());
    for column in pre_activations.chunks_exact_mut(n_hidden) {
        column.copy_from_slice(parameters.encoder_bias.as_slice());
    }
    let filters = Operand::new(parameters.filters.as_slice(), n_inputs, n_hidden);
    let samples = Operand::new(samples, n_inputs, samples.len() / n_inputs);
    T::product(pre_activations, true, T::one(), filters.transpose(), samples);
    finite_results("pre-activation", pre_activations, |at| Some(at % n_hidden))
}

/// Reconstructions, n × N, of codes.
pub(crate) fn decode<T: Real>(
    parameters: &Parameters<T>,
    codes: &[T],
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    compiled!(T, decode_in(
        parameters: &Parameters<T>,
        codes: &[T],
        threads: usize,
    ) -> Result<DMatrix<T>, Error>)
}

fn decode_in<T: Real>(
    parameters: &Parameters<T>,
    codes: &[T],
    threads: usize,
) -> Result<DMatrix<T>, Error> {
    let (n_inputs, n_hidden) = (parameters.n_inputs(), parameters.n_hidden());
    let n_samples = codes.len() / n_hidden;
    let mut reconstructions = zero_matrix("reconstructions", n_inputs, n_samples)?;
    let pieces = chunks(reconstructions.as_mut_slice(), n_inputs * CHUNK);
    team(threads, n_samples)?.try_for_each(pieces, |piece, reconstructions| {
        let length = reconstructions.len() / n_inputs * n_hidden;
        decode_piece(parameters, &codes[piece * n_hidden * CHUNK..][..length], reconstructions)
    })?;
    Ok(reconstructions)
}

/// Reconstructions of a few codes.
pub(crate) fn decode_piece<T: Real>(
    parameters: &Parameters<T>,
    codes: &[T],
    reconstructions: &mut [T],
) -> Result<(), Error> {
    let (n_inputs, n_hidden) = (parameters.n_inputs(), parameters.n_hidden());
    match &parameters.decoder_bias {
        Some(bias) => reconstructions
            .chunks_exact_mut(n_inputs)
            .for_each(|column| column.copy_from_slice(bias.as_slice())),
        None => reconstructions.fill(T::zero()),
    }
    let filters = Operand::new(parameters.filters.as_slice(), n_inputs, n_hidden);
    let codes = Operand::new(codes, n_hidden, codes.len() / n_hidden);
    T::product(reconstructions, true, T::one(), filters, codes);
    finite_results("reconstruction", reconstructions, |_| None)
}

/// The code of one sample, without allocating.
pub(crate) fn encode_into<T: Real>(
    parameters: &Parameters<T>,
    activation: &dyn Activation<T>,
    sample: &[T],
    code: &mut [T],
) -> Result<(), Error> {
    compiled!(T, encode_into_in(
        parameters: &Parameters<T>,
        activation: &dyn Activation<T>,
        sample: &[T],
        code: &mut [T],
    ) -> Result<(), Error>)
}

fn encode_into_in<T: Real>(
    parameters: &Parameters<T>,
    activation: &dyn Activation<T>,
    sample: &[T],
    code: &mut [T],
) -> Result<(), Error> {
    const UNITS: usize = 64;
    crate::samples::check_finite("sample", sample, sample.len())?;
    let n_inputs = parameters.n_inputs();
    let bias = parameters.encoder_bias.as_slice();
    let filters = parameters.filters.as_slice();
    let mut pre_activations = [T::zero(); UNITS];
    for (block, code) in code.chunks_mut(UNITS).enumerate() {
        let first = block * UNITS;
        let pre_activations = &mut pre_activations[..code.len()];
        for (offset, a) in pre_activations.iter_mut().enumerate() {
            let unit = first + offset;
            *a = bias[unit] + dot(&filters[unit * n_inputs..][..n_inputs], sample);
        }
        activation.evaluate(Jet::new(pre_activations, code, None, None, None)?);
        finite_results("pre-activation", pre_activations, |at| Some(first + at))?;
        finite_results("code", code, |at| Some(first + at))?;
    }
    Ok(())
}
