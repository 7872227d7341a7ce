//! The contractive auto-encoder with sigmoid in plain nalgebra, as a user would write it.

use crate::problem::Problem;
use crate::program::{Program, Timing};
use crate::setup::{COEFFICIENT, LEARNING_RATE, MOMENTUM, Setup};
use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{Random, Real};
use std::error::Error;

/// The training in matrix expressions; every one of them makes a new matrix.
pub struct Naive<T> {
    samples: DMatrix<T>,
    batch_size: usize,
    /// n × m.
    filters: DMatrix<T>,
    bias: DVector<T>,
    filter_velocity: DMatrix<T>,
    bias_velocity: DVector<T>,
}

impl<T: Real> Naive<T> {
    pub fn new(problem: Problem<T>, setup: &Setup) -> Self {
        Self {
            samples: problem.samples,
            batch_size: setup.batch_size,
            filters: problem.filters,
            bias: DVector::zeros(setup.n_hidden),
            filter_velocity: DMatrix::zeros(setup.n_inputs, setup.n_hidden),
            bias_velocity: DVector::zeros(setup.n_hidden),
        }
    }

    /// Gives J of the batch `x` (n × B), before the update.
    fn step(&mut self, x: &DMatrix<T>) -> T {
        let (rate, momentum) = (T::of(LEARNING_RATE), T::of(MOMENTUM));
        let (coefficient, two) = (T::of(COEFFICIENT), T::of(2.0));
        let mean = T::of(1.0 / self.batch_size as f64);

        let mut a = self.filters.transpose() * x;
        a.column_iter_mut().for_each(|mut a| a += &self.bias);
        let h = a.map(|a| T::one() / (T::one() + (-a).exp()));
        let r = &self.filters * &h - x;

        let slope = h.map(|h| h * (T::one() - h));
        let curvature = slope.component_mul(&h.map(|h| T::one() - two * h));
        let squared_slopes = slope.map(|slope| slope * slope).column_sum() * mean;
        let squared_lengths =
            DVector::from_iterator(h.nrows(), self.filters.column_iter().map(|w| w.norm_squared()));
        let objective =
            r.norm_squared() * mean + coefficient * squared_slopes.dot(&squared_lengths);

        let mut pull = self.filters.transpose() * &r;
        for (mut pull, curvature) in pull.column_iter_mut().zip(curvature.column_iter()) {
            pull += squared_lengths.component_mul(&curvature) * coefficient;
        }
        let delta = pull.component_mul(&slope) * (two * mean);
        let mut gradient = &r * h.transpose() * (two * mean) + x * delta.transpose();
        for (unit, mut gradient) in gradient.column_iter_mut().enumerate() {
            gradient += self.filters.column(unit) * (two * coefficient * squared_slopes[unit]);
        }

        self.filter_velocity = &self.filter_velocity * momentum - gradient * rate;
        self.bias_velocity = &self.bias_velocity * momentum - delta.column_sum() * rate;
        self.filters += &self.filter_velocity;
        self.bias += &self.bias_velocity;
        self.filters.column_iter_mut().for_each(|mut filter| filter /= filter.norm());
        objective
    }
}

impl<T: Real> Program for Naive<T> {
    fn objective(&mut self, steps: usize) -> Result<Option<f64>, Box<dyn Error>> {
        let mut objective = None;
        for step in 0..steps {
            let first = step * self.batch_size;
            let x = self.samples.columns(first, self.batch_size).into_owned();
            objective = Some(self.step(&x).as_f64());
        }
        Ok(objective)
    }

    fn run(&mut self, steps: usize) -> Result<Timing, Box<dyn Error>> {
        let mut order: Vec<usize> = (0..self.samples.ncols()).collect();
        Timing::of(steps, || {
            Random::new(0).shuffle(&mut order);
            for step in 0..steps {
                let first = step * self.batch_size % order.len();
                let x = self.samples.select_columns(&order[first..][..self.batch_size]);
                self.step(&x);
            }
            Ok(())
        })
    }
}
