//! Numbers as files in the safetensors format hold them.

use crate::scalar::Real;
use safetensors::Dtype;

/// The type in which numbers of `T` are stored: F32 or F64.
pub(crate) fn dtype<T: Real>() -> Dtype {
    if size_of::<T>() == size_of::<f32>() { Dtype::F32 } else { Dtype::F64 }
}

/// Puts the bytes of numbers behind others.
pub(crate) fn append<'v, T: Real>(bytes: &mut Vec<u8>, values: impl IntoIterator<Item = &'v T>) {
    let values = values.into_iter().map(|value| value.as_f64());
    match dtype::<T>() {
        Dtype::F32 => bytes.extend(values.flat_map(|value| (value as f32).to_le_bytes())),
        _ => bytes.extend(values.flat_map(f64::to_le_bytes)),
    }
}

/// The bytes of numbers.
pub(crate) fn bytes<'v, T: Real>(values: impl IntoIterator<Item = &'v T>) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(&mut bytes, values);
    bytes
}

/// The numbers that bytes of the type F32 or F64 stand for; bytes behind the last whole number are
/// left out.
pub(crate) fn numbers<T: Real>(dtype: Dtype, bytes: &[u8]) -> impl Iterator<Item = T> {
    let (fours, eights) = match dtype {
        Dtype::F32 => (bytes.as_chunks().0, &[][..]),
        _ => (&[][..], bytes.as_chunks().0),
    };
    let singles = fours.iter().map(|four| T::of(f32::from_le_bytes(*four).into()));
    singles.chain(eights.iter().map(|eight| T::of(f64::from_le_bytes(*eight))))
}
