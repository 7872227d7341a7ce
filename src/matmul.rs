//! The one way to multiply matrices: by faer (feature `faer`, the default) or by nalgebra.
//!
//! faer multiplies a large left factor in pieces, which makes encoding and decoding 1.1 to 1.4 times
//! as fast.
//!
//! nalgebra's `tr_mul` and `gemm_tr` bypass its fast kernel; views with swapped strides do not, so
//! that is how its body multiplies. Small matrices it multiplies by itself: on those nalgebra 0.35
//! takes a path that disregards the strides of the left factor and writes out of bounds.

use std::ops::Range;

/// A column-major matrix in a slice, some rows of one, or the transpose of these.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    /// The distance in memory from one column to the next.
    stride: usize,
    transposed: bool,
}

impl<'a, T> Operand<'a, T> {
    /// The column-major `rows` × `columns` matrix that `data` holds.
    pub fn new(data: &'a [T], rows: usize, columns: usize) -> Self {
        debug_assert_eq!(data.len(), rows * columns);
        Self { data, rows, columns, stride: rows, transposed: false }
    }

    /// These rows of a matrix that is not transposed.
    pub fn rows(self, range: Range<usize>) -> Self {
        debug_assert!(!self.transposed && range.end <= self.rows);
        // An empty matrix may have no number where its rows begin.
        let data = self.data.get(range.start..).unwrap_or(&[]);
        Self { data, rows: range.len(), ..self }
    }

    /// These columns of a matrix that is not transposed.
    #[cfg(feature = "faer")]
    fn columns(self, range: Range<usize>) -> Self {
        debug_assert!(!self.transposed && range.end <= self.columns);
        let data = self.data.get(range.start * self.stride..).unwrap_or(&[]);
        Self { data, columns: range.len(), ..self }
    }

    /// The transpose, without moving a number.
    pub fn transpose(self) -> Self {
        Self { transposed: !self.transposed, ..self }
    }

    fn shape(&self) -> (usize, usize) {
        if self.transposed { (self.columns, self.rows) } else { (self.rows, self.columns) }
    }
}

#[cfg(not(feature = "faer"))]
impl<T: Copy> Operand<'_, T> {
    /// The distances in memory from one row to the next and from one column to the next.
    fn strides(&self) -> (usize, usize) {
        if self.transposed { (self.stride, 1) } else { (1, self.stride) }
    }

    fn at(&self, row: usize, column: usize) -> T {
        let (row_stride, column_stride) = self.strides();
        self.data[row * row_stride + column * column_stride]
    }
}

/// Matrix products for one scalar type.
pub trait Product: Sized {
    /// `out ← factor · left · right`, or with `add`, `out ← out + factor · left · right`;
    /// `out` is column-major.
    fn product(
        out: &mut [Self],
        add: bool,
        factor: Self,
        left: Operand<'_, Self>,
        right: Operand<'_, Self>,
    );
}

/// Rows and columns of the pieces into which the left factor is cut: a piece stays in the
/// second-level cache while the whole right factor is multiplied with it.
#[cfg(feature = "faer")]
const PIECE: (usize, usize) = (192, 256);

/// The numbers below `length` in pieces; one empty piece if there is none.
#[cfg(feature = "faer")]
fn pieces(length: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length.max(1)).step_by(size).map(move |first| first..length.min(first + size))
}

#[cfg(feature = "faer")]
macro_rules! product {
    ($t:ident) => {
        impl Product for $t {
            fn product(
                out: &mut [Self],
                add: bool,
                factor: Self,
                left: Operand<'_, Self>,
                right: Operand<'_, Self>,
            ) {
                use faer::{Accum, MatMut, MatRef, Par};
                fn view<'a>(operand: Operand<'a, $t>) -> MatRef<'a, $t> {
                    let stored = MatRef::from_column_major_slice_with_stride(
                        operand.data,
                        operand.rows,
                        operand.columns,
                        operand.stride,
                    );
                    if operand.transposed { stored.transpose() } else { stored }
                }
                let multiply = |out: MatMut<'_, Self>, add, left, right| {
                    let accumulate = if add { Accum::Add } else { Accum::Replace };
                    let (left, right) = (view(left), view(right));
                    faer::linalg::matmul::matmul(out, accumulate, left, right, factor, Par::Seq);
                };
                debug_assert_eq!(left.shape().1, right.shape().0);
                let (rows, columns) = (left.shape().0, right.shape().1);
                let mut out = MatMut::from_column_major_slice_mut(out, rows, columns);
                if right.transposed {
                    return multiply(out, add, left, right);
                }
                let stored = Operand { transposed: false, ..left };
                for columns in pieces(stored.columns, PIECE.1) {
                    for rows in pieces(stored.rows, PIECE.0) {
                        let piece = stored.rows(rows.clone()).columns(columns.clone());
                        let (piece, outer, inner) = if left.transposed {
                            (piece.transpose(), columns.clone(), rows)
                        } else {
                            (piece, rows, columns.clone())
                        };
                        let out = out.as_mut().subrows_mut(outer.start, outer.len());
                        multiply(out, add || inner.start > 0, piece, right.rows(inner));
                    }
                }
            }
        }
    };
}

#[cfg(not(feature = "faer"))]
macro_rules! product {
    ($t:ident) => {
        impl Product for $t {
            fn product(
                out: &mut [Self],
                add: bool,
                factor: Self,
                left: Operand<'_, Self>,
                right: Operand<'_, Self>,
            ) {
                use nalgebra::{DMatrixViewMut, Dyn, MatrixView};
                /// Up to this size nalgebra does not use its fast kernel.
                const SMALL: usize = 5;
                /// Products that are summed before their sum is added to the others', so that
                /// rounding does not grow with the number of samples.
                const PART: usize = 256;
                fn view<'a>(operand: Operand<'a, $t>) -> MatrixView<'a, $t, Dyn, Dyn, Dyn, Dyn> {
                    let (rows, columns) = operand.shape();
                    let (row_stride, column_stride) = operand.strides();
                    MatrixView::from_slice_with_strides_generic(
                        operand.data,
                        Dyn(rows),
                        Dyn(columns),
                        Dyn(row_stride),
                        Dyn(column_stride),
                    )
                }
                let ((rows, inner), columns) = (left.shape(), right.shape().1);
                debug_assert_eq!(inner, right.shape().0);
                if rows.min(inner).min(columns) > SMALL {
                    let (left, right) = (view(left), view(right));
                    let keep = if add { 1.0 } else { 0.0 };
                    DMatrixViewMut::from_slice(out, rows, columns)
                        .gemm(factor, &left, &right, keep);
                    return;
                }
                for (j, column) in out.chunks_exact_mut(rows.max(1)).enumerate() {
                    for (i, out) in column.iter_mut().enumerate() {
                        let part = |first: usize| -> $t {
                            let last = inner.min(first + PART);
                            (first..last).map(|k| left.at(i, k) * right.at(k, j)).sum()
                        };
                        let sum: $t = (0..inner).step_by(PART).map(part).sum();
                        *out = factor * sum + if add { *out } else { 0.0 };
                    }
                }
            }
        }
    };
}

product!(f32);
product!(f64);

#[cfg(test)]
mod tests {
    use super::*;

    /// Both bodies against the definition, for every combination of transposes.
    #[test]
    fn agrees_with_the_definition() {
        // The last are cut into pieces.
        let shapes = [(1, 1, 1), (3, 4, 5), (17, 9, 2), (33, 64, 40), (300, 400, 3), (600, 193, 2)];
        for (rows, inner, columns) in shapes {
            let number = |i: usize| ((i * 7919 + 13) % 31) as f64 / 31.0 - 0.4;
            let left: Vec<f64> = (0..rows * inner).map(number).collect();
            let right: Vec<f64> = (0..inner * columns).map(|i| number(i + 5)).collect();
            for (left_transposed, right_transposed, add) in [
                (false, false, false),
                (true, false, true),
                (false, true, true),
                (true, true, false),
            ] {
                let l = if left_transposed {
                    Operand::new(&left, inner, rows).transpose()
                } else {
                    Operand::new(&left, rows, inner)
                };
                let r = if right_transposed {
                    Operand::new(&right, columns, inner).transpose()
                } else {
                    Operand::new(&right, inner, columns)
                };
                let at_left = |i: usize, k: usize| {
                    if left_transposed { left[k + i * inner] } else { left[i + k * rows] }
                };
                let at_right = |k: usize, j: usize| {
                    if right_transposed { right[j + k * columns] } else { right[k + j * inner] }
                };
                // NaN where the product must not read what was there before.
                let mut out = vec![if add { 2.0 } else { f64::NAN }; rows * columns];
                f64::product(&mut out, add, 0.5, l, r);
                for i in 0..rows {
                    for j in 0..columns {
                        let sum: f64 = (0..inner).map(|k| at_left(i, k) * at_right(k, j)).sum();
                        let expected = 0.5 * sum + if add { 2.0 } else { 0.0 };
                        assert!((out[i + j * rows] - expected).abs() < 1e-12);
                    }
                }
            }
        }
    }
}
