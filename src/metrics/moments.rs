//! Means and variances that are measured in pieces.

use crate::kernels::add_deviations;
use crate::scalar::Real;

/// Mean and variance of each row, measured from the first column so that nothing cancels.
pub(super) struct Moments {
    count: f64,
    origin: Vec<f64>,
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    pub fn new(rows: usize) -> Self {
        Self { count: 0.0, origin: vec![0.0; rows], sum: vec![0.0; rows], squares: vec![0.0; rows] }
    }

    /// Those of these columns, whatever was here before.
    pub fn measure<T: Real>(&mut self, columns: &[T]) {
        self.count = 0.0;
        self.sum.fill(0.0);
        self.squares.fill(0.0);
        for column in columns.chunks_exact(self.origin.len()) {
            if self.count == 0.0 {
                self.origin.iter_mut().zip(column).for_each(|(out, value)| *out = value.as_f64());
            }
            self.count += 1.0;
            add_deviations(&mut self.sum, &mut self.squares, column, &self.origin);
        }
    }

    /// Adds those of further columns, moved to this origin.
    pub fn add(&mut self, other: &Self) {
        if self.count == 0.0 {
            self.origin.copy_from_slice(&other.origin);
        }
        self.count += other.count;
        for row in 0..self.origin.len() {
            let shift = other.origin[row] - self.origin[row];
            self.sum[row] += other.sum[row] + other.count * shift;
            self.squares[row] +=
                other.squares[row] + shift * (2.0 * other.sum[row] + other.count * shift);
        }
    }

    pub fn mean(&self) -> impl Iterator<Item = f64> {
        self.origin.iter().zip(&self.sum).map(|(origin, sum)| origin + sum / self.count)
    }

    pub fn variance(&self) -> impl Iterator<Item = f64> {
        self.squares.iter().zip(&self.sum).map(|(squares, sum)| {
            let mean = sum / self.count;
            let variance = squares / self.count - mean * mean;
            // Unlike `max`, this keeps a NaN.
            if variance < 0.0 { 0.0 } else { variance }
        })
    }
}
