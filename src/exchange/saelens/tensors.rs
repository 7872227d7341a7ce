//! `sae_weights.safetensors`: names, sizes and numbers.

use crate::little_endian::{dtype, numbers};
use crate::memory::zeros;
use crate::scalar::Real;
use safetensors::{Dtype, SafeTensors};

/// The name of the file in a folder.
pub(super) const FILE: &str = "sae_weights.safetensors";

/// What the type in which numbers of T are stored is called in `cfg.json`.
pub(super) fn dtype_name<T: Real>() -> &'static str {
    if dtype::<T>() == Dtype::F32 { "float32" } else { "float64" }
}

/// The numbers of a tensor of these sizes; the reason why they cannot be had, if so.
pub(super) fn read<T: Real>(
    file: &SafeTensors<'_>,
    name: &'static str,
    shape: &[usize],
) -> Result<Vec<T>, String> {
    let tensor = file.tensor(name).map_err(|_| format!("there is no tensor {name}"))?;
    if tensor.shape() != shape {
        return Err(format!("{name} has the sizes {:?}, but must have {shape:?}", tensor.shape()));
    }
    match (tensor.dtype(), dtype::<T>()) {
        (Dtype::F32, _) | (Dtype::F64, Dtype::F64) => {}
        (Dtype::F64, _) => {
            return Err(format!("{name} holds f64, which f32 cannot hold exactly: load it as f64"));
        }
        (other, _) => {
            return Err(format!("{name} has the type {other:?}, but must have F32 or F64"));
        }
    }
    let length = shape.iter().product();
    let mut values = zeros(name, length, 1).map_err(|error| error.to_string())?;
    for (value, number) in values.iter_mut().zip(numbers(tensor.dtype(), tensor.data())) {
        *value = number;
    }
    Ok(values)
}
