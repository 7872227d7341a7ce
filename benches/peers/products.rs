//! The matrix products of a training step by faer, and nothing else.

use crate::problem::Problem;
use crate::program::{Program, Timing};
use crate::setup::{LEARNING_RATE, Setup};
use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;
use regularized_autoencoder::Real;
use std::error::Error;

/// Steps of each block size that are timed to choose one.
const TRIAL: usize = 30;

/// The products with the hidden units in blocks of the size that is fastest here, one thread:
///
/// ```text
/// a = Wᵀ x,  y = W h,  u = Wᵀ r,  V = V − η [r, x] [h, δ]ᵀ       W: n × m, x: n × B
/// ```
/// The last has the inner size 2B and counts as two: five products of n · m · B in all.
pub struct Products<T> {
    n_inputs: usize,
    batch_size: usize,
    block: usize,
    filters: Vec<T>,
    velocity: Vec<T>,
    /// r and x: n × 2B.
    inputs: Vec<T>,
    /// h and δ, block by block: units × 2B.
    codes: Vec<T>,
    /// a or u, block by block.
    activations: Vec<T>,
    reconstruction: Vec<T>,
}

impl<T: Real + ComplexField> Products<T> {
    pub fn new(problem: &Problem<T>, setup: &Setup) -> Result<Self, Box<dyn Error>> {
        let &Setup { n_inputs, n_hidden, batch_size, .. } = setup;
        let zeros = |rows, columns| vec![<T as num_traits::Zero>::zero(); rows * columns];
        let mut products = Self {
            n_inputs,
            batch_size,
            block: n_hidden,
            filters: problem.filters.as_slice().to_vec(),
            velocity: zeros(n_inputs, n_hidden),
            inputs: problem.samples.columns(0, 2 * batch_size).iter().copied().collect(),
            codes: DMatrix::from_element(n_hidden, 2 * batch_size, T::of(0.5)).data.into(),
            activations: zeros(n_hidden, batch_size),
            reconstruction: zeros(n_inputs, batch_size),
        };
        let mut fastest = f64::INFINITY;
        for block in [n_hidden, 250, 125] {
            let chosen = std::mem::replace(&mut products.block, block);
            products.run(TRIAL)?;
            let seconds = products.run(TRIAL)?.seconds;
            if seconds < fastest {
                fastest = seconds;
            } else {
                products.block = chosen;
            }
        }
        Ok(products)
    }

    fn step(&mut self) {
        let (n, batch) = (self.n_inputs, self.batch_size);
        let (residual, input) = self.inputs.split_at(n * batch);
        for (number, codes) in self.codes.chunks(2 * batch * self.block).enumerate() {
            let units = codes.len() / (2 * batch);
            let first = number * self.block;
            let filters = matrix(&self.filters[first * n..][..units * n], n, units);
            let a = &mut self.activations[first * batch..][..units * batch];
            let h = matrix(&codes[..units * batch], units, batch);
            let add = if first == 0 { Accum::Replace } else { Accum::Add };
            let one = T::of(1.0);
            let x = matrix(input, n, batch);
            product(matrix_mut(a, units), Accum::Replace, filters.transpose(), x, one);
            product(matrix_mut(&mut self.reconstruction, n), add, filters, h, one);
        }
        for (number, codes) in self.codes.chunks(2 * batch * self.block).enumerate() {
            let units = codes.len() / (2 * batch);
            let first = number * self.block;
            let filters = matrix(&self.filters[first * n..][..units * n], n, units);
            let u = &mut self.activations[first * batch..][..units * batch];
            let r = matrix(residual, n, batch);
            product(matrix_mut(u, units), Accum::Replace, filters.transpose(), r, T::of(1.0));
            let velocity = matrix_mut(&mut self.velocity[first * n..][..units * n], n);
            let inputs = matrix(&self.inputs, n, 2 * batch);
            let codes = matrix(codes, units, 2 * batch);
            product(velocity, Accum::Add, inputs, codes.transpose(), T::of(-LEARNING_RATE));
        }
    }
}

impl<T: Real + ComplexField> Program for Products<T> {
    fn objective(&mut self, _: usize) -> Result<Option<f64>, Box<dyn Error>> {
        Ok(None)
    }

    fn run(&mut self, steps: usize) -> Result<Timing, Box<dyn Error>> {
        Timing::of(steps, || {
            (0..steps).for_each(|_| self.step());
            Ok(())
        })
    }
}

fn product<T: ComplexField>(
    out: MatMut<'_, T>,
    add: Accum,
    left: MatRef<'_, T>,
    right: MatRef<'_, T>,
    factor: T,
) {
    matmul(out, add, left, right, factor, Par::Seq);
}

fn matrix<T>(values: &[T], rows: usize, columns: usize) -> MatRef<'_, T> {
    MatRef::from_column_major_slice(values, rows, columns)
}

fn matrix_mut<T>(values: &mut [T], rows: usize) -> MatMut<'_, T> {
    let columns = values.len() / rows;
    MatMut::from_column_major_slice_mut(values, rows, columns)
}
