//! Matrices of a size that a caller chose, and for which there may be no memory.

use crate::error::Error;
use crate::scalar::Real;
use nalgebra::DMatrix;

/// A matrix of zeros, or [`Error::TooLarge`].
pub(super) fn zeros<T: Real>(
    what: &'static str,
    rows: usize,
    columns: usize,
) -> Result<DMatrix<T>, Error> {
    let too_large = || Error::TooLarge { what, rows, columns };
    let length = rows.checked_mul(columns).ok_or_else(too_large)?;
    let mut values = Vec::new();
    values.try_reserve_exact(length).map_err(|_| too_large())?;
    values.resize(length, T::zero());
    Ok(DMatrix::from_vec(rows, columns, values))
}
