//! `sae_weights.safetensors`: names and sizes.

use crate::little_endian::dtype;
use crate::scalar::Real;
use safetensors::Dtype;

/// The name of the file in a folder.
pub(super) const FILE: &str = "sae_weights.safetensors";

/// The tensors with their sizes; of a matrix the last number varies fastest.
pub(super) fn shapes(d_in: usize, d_sae: usize) -> [(&'static str, Vec<usize>); 4] {
    [
        ("W_enc", vec![d_in, d_sae]),
        ("b_enc", vec![d_sae]),
        ("W_dec", vec![d_sae, d_in]),
        ("b_dec", vec![d_in]),
    ]
}

/// What the type in which numbers of T are stored is called in `cfg.json`.
pub(super) fn dtype_name<T: Real>() -> &'static str {
    if dtype::<T>() == Dtype::F32 { "float32" } else { "float64" }
}
