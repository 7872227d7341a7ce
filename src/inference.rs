//! Encoding and decoding, compiled in this crate.

use crate::activation::{Activation, Jet};
use crate::error::{Error, finite_results};
use crate::kernels::dot;
use crate::matmul::Operand;
use crate::memory::zero_matrix;
use crate::model::Parameters;
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;

/// Pre-activations and codes, m × N each, of samples.
pub(crate) fn encode<T: Real>(
    parameters: &Parameters<T>,
    activation: &dyn Activation<T>,
    samples: &[T],
) -> Result<(DMatrix<T>, DMatrix<T>), Error> {
    compiled!(T, encode_in(
        parameters: &Parameters<T>,
        activation: &dyn Activation<T>,
        samples: &[T],
    ) -> Result<(DMatrix<T>, DMatrix<T>), Error>)
}

fn encode_in<T: Real>(
    parameters: &Parameters<T>,
    activation: &dyn Activation<T>,
    samples: &[T],
) -> Result<(DMatrix<T>, DMatrix<T>), Error> {
    let (n_inputs, n_hidden) = (parameters.n_inputs(), parameters.n_hidden());
    let n_samples = samples.len() / n_inputs;
    let mut pre_activations = zero_matrix("pre-activations", n_hidden, n_samples)?;
    let mut codes = zero_matrix("codes", n_hidden, n_samples)?;
    for mut column in pre_activations.column_iter_mut() {
        column.copy_from(&parameters.encoder_bias);
    }
    let filters = Operand::new(parameters.filters.as_slice(), n_inputs, n_hidden);
    let samples = Operand::new(samples, n_inputs, n_samples);
    T::product(pre_activations.as_mut_slice(), true, T::one(), filters.transpose(), samples);
    activation.evaluate(Jet::new(
        pre_activations.as_slice(),
        codes.as_mut_slice(),
        None,
        None,
        None,
    )?);
    for (quantity, values) in [("pre-activation", &pre_activations), ("code", &codes)] {
        finite_results(quantity, values.as_slice(), |at| Some(at % n_hidden))?;
    }
    Ok((pre_activations, codes))
}

/// Reconstructions, n × N, of codes.
pub(crate) fn decode<T: Real>(
    parameters: &Parameters<T>,
    codes: &[T],
) -> Result<DMatrix<T>, Error> {
    compiled!(T, decode_in(parameters: &Parameters<T>, codes: &[T]) -> Result<DMatrix<T>, Error>)
}

fn decode_in<T: Real>(parameters: &Parameters<T>, codes: &[T]) -> Result<DMatrix<T>, Error> {
    let (n_inputs, n_hidden) = (parameters.n_inputs(), parameters.n_hidden());
    let n_samples = codes.len() / n_hidden;
    let mut reconstructions = zero_matrix("reconstructions", n_inputs, n_samples)?;
    if let Some(bias) = &parameters.decoder_bias {
        for mut column in reconstructions.column_iter_mut() {
            column.copy_from(bias);
        }
    }
    let filters = Operand::new(parameters.filters.as_slice(), n_inputs, n_hidden);
    let codes = Operand::new(codes, n_hidden, n_samples);
    T::product(reconstructions.as_mut_slice(), true, T::one(), filters, codes);
    finite_results("reconstruction", reconstructions.as_slice(), |_| None)?;
    Ok(reconstructions)
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
