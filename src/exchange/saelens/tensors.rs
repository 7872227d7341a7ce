//! `sae_weights.safetensors`: names, sizes and numbers.

use crate::memory::zeros;
use crate::scalar::Real;
use safetensors::{Dtype, SafeTensors};

/// The name of the file in a folder.
pub(super) const FILE: &str = "sae_weights.safetensors";

/// The type in which numbers of T are stored, and its name in `cfg.json`.
pub(super) fn dtype<T: Real>() -> (Dtype, &'static str) {
    if size_of::<T>() == 4 { (Dtype::F32, "float32") } else { (Dtype::F64, "float64") }
}

/// The numbers of a tensor of these sizes; the reason why they cannot be had, if so.
pub(super) fn numbers<T: Real>(
    file: &SafeTensors<'_>,
    name: &'static str,
    shape: &[usize],
) -> Result<Vec<T>, String> {
    let tensor = file.tensor(name).map_err(|_| format!("there is no tensor {name}"))?;
    if tensor.shape() != shape {
        return Err(format!("{name} has the sizes {:?}, but must have {shape:?}", tensor.shape()));
    }
    let length = tensor.data().len();
    match (tensor.dtype(), dtype::<T>().0) {
        (Dtype::F32, _) => collect(name, tensor.data(), length / 4, |bytes: [u8; 4]| {
            f64::from(f32::from_le_bytes(bytes))
        }),
        (Dtype::F64, Dtype::F64) => collect(name, tensor.data(), length / 8, f64::from_le_bytes),
        (Dtype::F64, _) => {
            Err(format!("{name} holds f64, which f32 cannot hold exactly: load it as f64"))
        }
        (other, _) => Err(format!("{name} has the type {other:?}, but must have F32 or F64")),
    }
}

fn collect<T: Real, const BYTES: usize>(
    name: &'static str,
    data: &[u8],
    length: usize,
    number: impl Fn([u8; BYTES]) -> f64,
) -> Result<Vec<T>, String> {
    let mut values = zeros(name, length, 1).map_err(|error| error.to_string())?;
    let (bytes, _) = data.as_chunks();
    for (value, bytes) in values.iter_mut().zip(bytes) {
        *value = T::of(number(*bytes));
    }
    Ok(values)
}

/// The bytes of numbers, little-endian.
pub(super) fn bytes<'v, T: Real>(values: impl Iterator<Item = &'v T>) -> Vec<u8> {
    match dtype::<T>().0 {
        Dtype::F32 => values.flat_map(|value| (value.as_f64() as f32).to_le_bytes()).collect(),
        _ => values.flat_map(|value| value.as_f64().to_le_bytes()).collect(),
    }
}
