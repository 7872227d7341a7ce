//! Codes of samples: many at a time, and one without allocating.

use super::{CHUNK, Encoder, team};
use crate::activation::{Activation, Jet};
use crate::error::{Error, finite_results};
use crate::kernels::{dot, flush};
use crate::matmul::Operand;
use crate::memory::{zero_matrix, zeros};
use crate::scalar::{Real, compiled};
use crate::team::chunks;
use nalgebra::DMatrix;

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
