//! Memory whose size depends on what a caller passes.

use crate::error::Error;
use crate::scalar::Real;
use nalgebra::DMatrix;
use num_traits::Zero;

/// `rows` · `columns` zeros, or an error if they do not fit into memory.
pub(crate) fn zeros<N: Zero + Clone>(
    what: &'static str,
    rows: usize,
    columns: usize,
) -> Result<Vec<N>, Error> {
    let too_large = || Error::TooLarge { what, rows, columns };
    let length = rows.checked_mul(columns).ok_or_else(too_large)?;
    let mut values = Vec::new();
    values.try_reserve_exact(length).map_err(|_| too_large())?;
    values.resize(length, N::zero());
    Ok(values)
}

/// A matrix of zeros, or an error if it does not fit into memory.
pub(crate) fn zero_matrix<T: Real>(
    what: &'static str,
    rows: usize,
    columns: usize,
) -> Result<DMatrix<T>, Error> {
    Ok(DMatrix::from_vec(rows, columns, zeros(what, rows, columns)?))
}

/// A matrix of these rows, one after the other, or an error if it does not fit into memory.
#[cfg(feature = "files")]
pub(crate) fn from_rows<T: Real>(
    what: &'static str,
    (rows, columns): (usize, usize),
    values: &[T],
) -> Result<DMatrix<T>, Error> {
    let mut matrix = zero_matrix(what, rows, columns)?;
    for (mut row, values) in matrix.row_iter_mut().zip(values.chunks_exact(columns.max(1))) {
        row.iter_mut().zip(values).for_each(|(to, value)| *to = *value);
    }
    Ok(matrix)
}
