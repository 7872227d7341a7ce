//! A linear map of samples.

use super::moments::{CHUNK, subtract};
use crate::error::Error;
use crate::matmul::Operand;
use crate::memory::zeros;
use crate::samples::check_finite;
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;
use std::any::Any;
use std::fmt;
use std::sync::OnceLock;

/// A matrix in `f64`, and in `f32` too once samples of that type were mapped.
#[derive(Clone)]
pub(super) struct LinearMap {
    matrix: DMatrix<f64>,
    single: OnceLock<DMatrix<f32>>,
}

impl LinearMap {
    pub fn new(matrix: DMatrix<f64>) -> Self {
        Self { matrix, single: OnceLock::new() }
    }

    pub fn matrix(&self) -> &DMatrix<f64> {
        &self.matrix
    }

    /// The matrix in the type of the samples.
    fn of_type<T: Real>(&self) -> &DMatrix<T> {
        let double: &dyn Any = &self.matrix;
        let single = || -> &dyn Any { self.single.get_or_init(|| self.matrix.map(|m| m as f32)) };
        double
            .downcast_ref()
            .or_else(|| single().downcast_ref())
            .expect("`Real` is sealed: the scalar is f32 or f64")
    }

    /// matrix · (x − `before`) + `after` for each sample x.
    pub fn affine<T: Real>(
        &self,
        before: &[f64],
        after: &[f64],
        samples: &[T],
    ) -> Result<Vec<T>, Error> {
        let map = self;
        compiled!(
            T,
            affine(map: &LinearMap, before: &[f64], after: &[f64], samples: &[T])
                -> Result<Vec<T>, Error>
        )
    }
}

impl PartialEq for LinearMap {
    fn eq(&self, other: &Self) -> bool {
        self.matrix == other.matrix
    }
}

impl fmt::Debug for LinearMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.matrix.fmt(formatter)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for LinearMap {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::stored::matrix::serialize(&self.matrix, serializer)
    }
}

fn affine<T: Real>(
    map: &LinearMap,
    before: &[f64],
    after: &[f64],
    samples: &[T],
) -> Result<Vec<T>, Error> {
    let matrix = map.of_type::<T>();
    let (rows, columns) = matrix.shape();
    check_finite("data to transform", samples, columns)?;
    let mut result = zeros("transformed data", rows, samples.len() / columns)?;
    let mut centred: Vec<T> = Vec::new();
    let pieces = samples.chunks(CHUNK * columns);
    for (samples, out) in pieces.zip(result.chunks_mut(CHUNK * rows)) {
        subtract(samples, before, &mut centred);
        let left = Operand::new(matrix.as_slice(), rows, columns);
        let right = Operand::new(&centred, columns, samples.len() / columns);
        T::product(out, false, T::one(), left, right);
        for sample in out.chunks_exact_mut(rows) {
            for (value, &after) in sample.iter_mut().zip(after) {
                *value += T::of(after);
            }
        }
    }
    check_finite("transformed data", &result, rows)?;
    Ok(result)
}
