//! Telling data sets and long texts apart.

use crate::scalar::{Real, compiled};

/// A number that depends on every bit of the values and on their order.
pub(crate) fn checksum<T: Real>(values: &[T]) -> u64 {
    compiled!(T, mix(values: &[T]) -> u64)
}

/// Multiplication by an odd number and the shift are reversible: values that differ in one place
/// have different sums, and others have the same one by a chance of 2⁻⁶⁴.
fn mix<T: Real>(values: &[T]) -> u64 {
    values.iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, value| {
        let mixed = (sum ^ value.as_f64().to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 32)
    })
}

/// A text as it is, or the beginning of a long one with a checksum of all of it: a `Debug` text may be
/// as long as a data set.
pub(crate) fn abridged(text: String) -> String {
    const CHARACTERS: usize = 2000;
    match text.char_indices().nth(CHARACTERS) {
        None => text,
        Some((end, _)) => {
            let bytes: Vec<f64> = text.bytes().map(f64::from).collect();
            let (length, sum) = (text.len(), checksum(&bytes));
            format!("{} … ({length} bytes, checksum {sum:016x})", &text[..end])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_its_sign_and_its_place_count() {
        let sums = [
            checksum(&[1.0, 2.0, 3.0]),
            checksum(&[1.0, 3.0, 2.0]),
            checksum(&[-1.0, -2.0, 3.0]),
            checksum(&[-1.0, 2.0, -3.0]),
            checksum(&[1.0, 2.0, 3.0, 0.0]),
            checksum(&[1.0, 2.0, f64::from_bits(3.0_f64.to_bits() + 1)]),
        ];
        for (at, sum) in sums.iter().enumerate() {
            assert!(!sums[..at].contains(sum), "{at}");
        }
        assert_eq!(checksum(&[1.0_f32, 2.0, 3.0]), sums[0]);
    }
}
