//! Matrix products with a factor most of whose numbers are 0: the codes of units with hard zeros,
//! once a training has made them sparse.
//!
//! They take time for each number that is not 0, where a dense product takes time for all, but
//! more of it.

use crate::error::Error;
use crate::kernels::{add_columns, count_nonzero, dot, mark_nonzero, mark_nonzero_rows};
use crate::memory::zeros;
use crate::scalar::Real;

/// Whether so few of these numbers are not 0 that the products here are faster than dense ones.
pub(crate) fn is_sparse<T: Real>(values: &[T]) -> bool {
    let mut allowed = values.len() / 8;
    // Most numbers that are not sparse show it soon.
    values.chunks(1024).all(|part| {
        let count = count_nonzero(part) as usize;
        let is_allowed = count <= allowed;
        allowed = allowed.saturating_sub(count);
        is_allowed
    })
}

/// Columns of a matrix and their factors that are collected before they are added, at most.
const COLLECTED: usize = 64;

/// A combination of columns that is being collected.
struct Combination<'a, T> {
    columns: &'a [T],
    numbers: [usize; COLLECTED],
    factors: [T; COLLECTED],
    length: usize,
}

impl<'a, T: Real> Combination<'a, T> {
    fn of(columns: &'a [T]) -> Self {
        Self { columns, numbers: [0; COLLECTED], factors: [T::zero(); COLLECTED], length: 0 }
    }

    /// Adds a column with its factor, now or later.
    fn take(&mut self, number: usize, factor: T, out: &mut [T]) {
        self.numbers[self.length] = number;
        self.factors[self.length] = factor;
        self.length += 1;
        if self.length == COLLECTED {
            self.finish(out);
        }
    }

    /// Adds what has been collected to `out`.
    fn finish(&mut self, out: &mut [T]) {
        let (numbers, factors) = (&self.numbers[..self.length], &self.factors[..self.length]);
        add_columns(out, self.columns, numbers, factors);
        self.length = 0;
    }
}

/// The places of the ones in 64 bits.
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros() as usize;
        bits &= bits.wrapping_sub(1);
        (place < 64).then_some(place)
    })
}

/// Calls `f` with the place of each number that is not 0.
fn for_each_place<T: Real>(values: &[T], mut f: impl FnMut(usize)) {
    const WORDS: usize = 8;
    let mut bits = [0; WORDS];
    for (part, values) in values.chunks(64 * WORDS).enumerate() {
        let bits = &mut bits[..values.len().div_ceil(64)];
        mark_nonzero(bits, values);
        for (word, &bits) in bits.iter().enumerate() {
            ones(bits).for_each(|bit| f(64 * (part * WORDS + word) + bit));
        }
    }
}

/// `out ← left · right`, n × B, with a sparse `right`, k × B; column-major.
pub(crate) fn multiply<T: Real>(out: &mut [T], left: &[T], right: &[T], k: usize) {
    let n = left.len() / k;
    let mut combination = Combination::of(left);
    for (out, right) in out.chunks_exact_mut(n).zip(right.chunks_exact(k)) {
        out.fill(T::zero());
        for_each_place(right, |place| combination.take(place, right[place], out));
        combination.finish(out);
    }
}

/// `out ← leftᵀ · right`, k × B, where the sparse `wanted` is not 0, and 0 elsewhere; column-major.
pub(crate) fn multiply_where<T: Real>(
    out: &mut [T],
    left: &[T],
    right: &[T],
    wanted: &[T],
    k: usize,
) {
    let n = left.len() / k;
    let columns = out.chunks_exact_mut(k).zip(right.chunks_exact(n));
    for ((out, right), wanted) in columns.zip(wanted.chunks_exact(k)) {
        out.fill(T::zero());
        for_each_place(wanted, |place| out[place] = dot(&left[place * n..][..n], right));
    }
}

/// Which numbers in the rows of a sparse matrix are not 0.
#[derive(Debug)]
pub(crate) struct Rows {
    /// For each 64 columns, a word for each row.
    bits: Vec<u64>,
    n_rows: usize,
}

impl Rows {
    /// A sum of more columns than this is left to dense products, which round less.
    const COLUMNS: usize = 1024;

    /// For matrices of so many rows and columns.
    pub fn new(n_rows: usize, n_columns: usize) -> Result<Self, Error> {
        let n_words = if n_columns <= Self::COLUMNS { n_columns.div_ceil(64) } else { 0 };
        Ok(Self { bits: zeros("places", n_rows, n_words)?, n_rows })
    }

    /// Whether there is room for the marks of this matrix.
    pub fn fits<T>(&self, matrix: &[T]) -> bool {
        matrix.len() <= 64 * self.bits.len()
    }

    /// Those of this column-major matrix.
    pub fn mark<T: Real>(&mut self, matrix: &[T]) {
        let groups = matrix.chunks(64 * self.n_rows);
        for (bits, columns) in self.bits.chunks_exact_mut(self.n_rows).zip(groups) {
            bits.fill(0);
            for (bit, column) in columns.chunks_exact(self.n_rows).enumerate() {
                mark_nonzero_rows(bits, column, bit);
            }
        }
    }

    /// `out ← out + factor · left · rowᵀ`, n values, with one row of the marked matrix; `left` is
    /// column-major.
    pub fn add_product<T: Real>(
        &self,
        out: &mut [T],
        factor: T,
        left: &[T],
        matrix: &[T],
        row: usize,
    ) {
        let mut combination = Combination::of(left);
        let groups = matrix.len().div_ceil(64 * self.n_rows);
        for (group, bits) in self.bits.chunks_exact(self.n_rows).take(groups).enumerate() {
            for bit in ones(bits[row]) {
                let column = 64 * group + bit;
                combination.take(column, factor * matrix[column * self.n_rows + row], out);
            }
        }
        combination.finish(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    /// A matrix of which one number in `step` is not 0.
    fn sparse(rows: usize, columns: usize, step: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |i, j| {
            let number = (7 * i + 11 * j) % 23;
            if (i + 3 * j) % step == 0 { number as f64 - 11.5 } else { 0.0 }
        })
    }

    #[test]
    fn products_agree_with_dense_ones() {
        for (n, k, batch) in [(1, 1, 1), (5, 40, 3), (33, 300, 4), (16, 130, 2), (2, 900, 3)] {
            for step in [1, 2, 9, 1000] {
                let left = DMatrix::from_fn(n, k, |i, j| ((i * 5 + j * 3) % 17) as f64 - 8.0);
                let right = sparse(k, batch, step);
                let mut out = DMatrix::from_element(n, batch, f64::NAN);
                multiply(out.as_mut_slice(), left.as_slice(), right.as_slice(), k);
                assert_eq!(out, &left * &right);

                let dense = DMatrix::from_fn(n, batch, |i, j| ((i * 3 + j) % 7) as f64);
                let mut out = DMatrix::from_element(k, batch, f64::NAN);
                let (l, r) = (left.as_slice(), dense.as_slice());
                multiply_where(out.as_mut_slice(), l, r, right.as_slice(), k);
                let wanted = right.map(|value| f64::from(value != 0.0));
                assert_eq!(out, (left.transpose() * &dense).component_mul(&wanted));

                let matrix = sparse(3, k, step);
                let mut rows = Rows::new(3, k + 100).unwrap();
                rows.mark(sparse(3, k, 1).as_slice());
                rows.mark(matrix.as_slice());
                for row in 0..3 {
                    let mut out = vec![2.0; n];
                    rows.add_product(&mut out, 0.5, l, matrix.as_slice(), row);
                    let expected = (&left * matrix.row(row).transpose() * 0.5).add_scalar(2.0);
                    assert_eq!(out, expected.as_slice());
                }
            }
        }
    }

    #[test]
    fn nan_counts_as_a_number() {
        let mut out = [0.0];
        multiply(&mut out, &[1.0, 2.0], &[0.0, f64::NAN], 2);
        assert!(out[0].is_nan());
    }

    #[test]
    fn one_in_eight_is_sparse() {
        assert!(is_sparse(&[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]));
        assert!(!is_sparse(&[0.0, 0.0, 1.0, 0.0, f64::NAN, 0.0, 0.0, 0.0]));
    }
}
