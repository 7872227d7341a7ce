//! Numbers as files store them.

use crate::error::Error;
use crate::scalar::Real;

/// How a file stores a number, and in which order its bytes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    number: Number,
    is_big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

impl Encoding {
    /// A byte without sign.
    pub const U8: Self = Self { number: Number::U8, is_big_endian: false };

    /// The encoding that NumPy calls `kind` and `width`, such as `f` and `4`.
    pub fn named(kind: char, width: &str, is_big_endian: bool) -> Option<Self> {
        let number = match (kind, width) {
            ('u', "1") => Number::U8,
            ('u', "2") => Number::U16,
            ('u', "4") => Number::U32,
            ('u', "8") => Number::U64,
            ('i', "1") => Number::I8,
            ('i', "2") => Number::I16,
            ('i', "4") => Number::I32,
            ('i', "8") => Number::I64,
            ('f', "4") => Number::F32,
            ('f', "8") => Number::F64,
            _ => return None,
        };
        Some(Self { number, is_big_endian })
    }

    /// Bytes that a number takes.
    pub fn width(self) -> usize {
        match self.number {
            Number::U8 | Number::I8 => 1,
            Number::U16 | Number::I16 => 2,
            Number::U32 | Number::I32 | Number::F32 => 4,
            Number::U64 | Number::I64 | Number::F64 => 8,
        }
    }

    /// Converts as many numbers as `out` has room for. What `T` cannot hold is rounded, integers of
    /// 64 bits by way of `f64`, and becomes infinite where it is too large.
    pub fn decode<T: Real>(self, bytes: &[u8], out: &mut [T]) {
        macro_rules! decode {
            ($t:ty) => {{
                let numbers = bytes.as_chunks::<{ size_of::<$t>() }>().0;
                if self.is_big_endian {
                    convert(numbers, out, |bytes| <$t>::from_be_bytes(bytes) as f64);
                } else {
                    convert(numbers, out, |bytes| <$t>::from_le_bytes(bytes) as f64);
                }
            }};
        }
        match self.number {
            Number::U8 => decode!(u8),
            Number::U16 => decode!(u16),
            Number::U32 => decode!(u32),
            Number::U64 => decode!(u64),
            Number::I8 => decode!(i8),
            Number::I16 => decode!(i16),
            Number::I32 => decode!(i32),
            Number::I64 => decode!(i64),
            Number::F32 => decode!(f32),
            Number::F64 => decode!(f64),
        }
    }
}

fn convert<T: Real, const WIDTH: usize>(
    numbers: &[[u8; WIDTH]],
    out: &mut [T],
    decode: impl Fn([u8; WIDTH]) -> f64,
) {
    for (out, &bytes) in out.iter_mut().zip(numbers) {
        *out = T::of(decode(bytes));
    }
}

/// Where in a file which samples stand: one after the other from `offset` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Bytes before the first sample.
    pub offset: u64,
    /// How a value is stored.
    pub encoding: Encoding,
    /// Values per sample.
    pub n_inputs: usize,
    /// Number of samples.
    pub n_samples: usize,
}

/// The sizes multiplied, or an error if a `usize` cannot hold that.
pub(crate) fn product(what: &'static str, sizes: &[usize]) -> Result<usize, Error> {
    sizes.iter().try_fold(1_usize, |rows, &columns| {
        rows.checked_mul(columns).ok_or(Error::TooLarge { what, rows, columns })
    })
}
