//! What serde reads goes through the checks of constructors.

use crate::scalar::Real;
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// Implements `Deserialize` for a type without parameters: its fields are read, and `$make` makes a
/// value of them or an error.
macro_rules! deserialize_checked {
    ($name:ident { $($field:ident: $type:ty),* $(,)? } => $make:expr) => {
        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let ($($field,)*) = {
                    // Of the same name, which some formats write.
                    #[derive(serde::Deserialize)]
                    #[serde(deny_unknown_fields)]
                    struct $name {
                        $($field: $type,)*
                    }
                    let $name { $($field),* } = serde::Deserialize::deserialize(deserializer)?;
                    ($($field,)*)
                };
                let made: Result<Self, $crate::error::Error> = $make;
                made.map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use deserialize_checked;

/// A matrix: its sizes and its values, column after column.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Matrix<'a, T: Clone> {
    rows: usize,
    columns: usize,
    values: Cow<'a, [T]>,
}

/// For `#[serde(with)]`: a matrix, whose values must be as many as its sizes say.
pub(crate) mod matrix {
    use super::*;

    pub fn serialize<T: Real + Serialize, S: Serializer>(
        matrix: &DMatrix<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let ((rows, columns), values) = (matrix.shape(), Cow::Borrowed(matrix.as_slice()));
        Matrix { rows, columns, values }.serialize(serializer)
    }

    pub fn deserialize<'de, T: Real + Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<DMatrix<T>, D::Error> {
        let Matrix { rows, columns, values } = Matrix::<T>::deserialize(deserializer)?;
        if rows.checked_mul(columns) != Some(values.len()) {
            return Err(serde::de::Error::custom(format!(
                "a matrix of {rows} × {columns} has {} values",
                values.len()
            )));
        }
        Ok(DMatrix::from_vec(rows, columns, values.into_owned()))
    }
}

/// For `#[serde(with)]`: a vector as a list.
pub(crate) mod vector {
    use super::*;

    pub fn serialize<T: Real + Serialize, S: Serializer>(
        vector: &DVector<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        vector.as_slice().serialize(serializer)
    }

    pub fn deserialize<'de, T: Real + Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<DVector<T>, D::Error> {
        Vec::deserialize(deserializer).map(DVector::from_vec)
    }
}

/// For `#[serde(with)]`: a vector that may be absent.
pub(crate) mod optional_vector {
    use super::*;

    pub fn serialize<T: Real + Serialize, S: Serializer>(
        vector: &Option<DVector<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        vector.as_ref().map(DVector::as_slice).serialize(serializer)
    }

    pub fn deserialize<'de, T: Real + Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<DVector<T>>, D::Error> {
        Ok(Option::<Vec<T>>::deserialize(deserializer)?.map(DVector::from_vec))
    }
}
