//! A block of hidden units: its buffers and its share of the computation.

use super::weight_gradient::WeightGradient;
use super::{Cotangents, Forward, Needs, Regularizer, Shape};
use crate::activation::{Activation, Jet};
use crate::error::Error;
use crate::kernels::{add_product, are_finite, dot, flush, multiply, sum_columns};
use crate::matmul::Operand;
use crate::memory::zeros;
use crate::model::Parameters;
use crate::scalar::Real;
use crate::sparse::{self, is_sparse};
use std::ops::Range;

/// One evaluation of the objective.
pub(crate) struct Job<'a, T: Real> {
    pub parameters: &'a Parameters<T>,
    pub activation: &'a dyn Activation<T>,
    pub regularizer: &'a dyn Regularizer<T>,
    /// What the reconstruction is compared with, n × B; `None`: the input.
    pub target: Option<&'a [T]>,
    /// Without it, value and gradient are those of R alone.
    pub with_reconstruction: bool,
}

/// The buffers of a block of hidden units.
#[derive(Debug)]
pub(super) struct Block<T> {
    pub units: Range<usize>,
    pub pre_activation: Vec<T>,
    pub second: Vec<T>,
    pub third: Vec<T>,
    pub projected_residual: Vec<T>,
    projected_noise: Vec<T>,
    /// units × (2B + B·draws + B): h, δ, z̄ and, if there is a need for the residual, ū.
    pub right: Vec<T>,
    squared_lengths: Vec<T>,
    /// A number a unit, summed over the samples.
    sums: Vec<f64>,
    mean_code: Vec<T>,
    on_squared_lengths: Vec<T>,
    pub bias_gradient: Vec<T>,
    /// n × B: this block's part of a sum over all units.
    pub partial: Vec<T>,
    scratch: Vec<T>,
    pub regularizer_loss: T,
    /// Whether pre-activations and bias gradient are.
    pub is_finite: bool,
    is_sparse: bool,
    /// Which numbers of a sparse `right` are not 0.
    nonzero: sparse::Rows,
}

/// What all blocks read on the way back; n × B each, but for the noise.
pub(super) struct BackwardBatch<'a, T> {
    pub input: &'a [T],
    pub noise: &'a [T],
    /// r, if the regularizer needs it.
    pub residual: Option<&'a [T]>,
    /// ∂J_AE/∂r = `factor` · r.
    pub on_residual: &'a [T],
    pub factor: T,
}

/// The four parts of `left` or of a block's `right`.
pub(super) struct Columns<'a, T> {
    pub first: &'a mut [T],
    pub second: &'a mut [T],
    pub noise: &'a mut [T],
    pub residual: &'a mut [T],
}

/// The last is empty if there is no need for the residual.
pub(super) fn columns<T>(
    values: &mut [T],
    shape: Shape,
    needs: Needs,
    rows: usize,
) -> Columns<'_, T> {
    let length = rows * shape.n_samples;
    let (first, rest) = values.split_at_mut(length);
    let (second, rest) = rest.split_at_mut(length);
    let (noise, residual) = rest.split_at_mut(length * needs.draws);
    Columns { first, second, noise, residual }
}

impl<T: Real> Block<T> {
    /// Buffers for the given units; `shape` and `needs` are those of the layer.
    pub fn new(
        units: Range<usize>,
        shape: Shape,
        needs: Needs,
        scratch: usize,
    ) -> Result<Self, Error> {
        let (size, samples) = (units.len(), shape.n_samples);
        let columns = needs.columns(samples)?;
        let each = |wanted: bool| {
            zeros("units × samples of a block", size, if wanted { samples } else { 0 })
        };
        Ok(Self {
            units,
            pre_activation: each(true)?,
            second: each(needs.order >= 2)?,
            third: each(needs.order >= 3)?,
            projected_residual: each(true)?,
            projected_noise: zeros("projected noise", size, samples * needs.draws)?,
            right: zeros("units × samples of a block", size, columns)?,
            squared_lengths: zeros("lengths", size, 1)?,
            sums: zeros("sums over the samples", size, 1)?,
            mean_code: zeros("mean codes", size, 1)?,
            on_squared_lengths: zeros("lengths", size, 1)?,
            bias_gradient: zeros("bias gradient", size, 1)?,
            partial: zeros("partial reconstruction", shape.n_inputs, samples)?,
            scratch: zeros("scratch memory", scratch, 1)?,
            regularizer_loss: T::zero(),
            is_finite: true,
            is_sparse: false,
            nonzero: sparse::Rows::new(size, columns)?,
        })
    }

    fn filters<'a>(&self, job: &Job<'a, T>) -> &'a [T] {
        let n_inputs = job.parameters.n_inputs();
        &job.parameters.filters.as_slice()[self.units.start * n_inputs..self.units.end * n_inputs]
    }

    /// a, h, derivatives, ρ, W_j·z and this block's part of the reconstruction.
    pub fn forward(
        &mut self,
        job: &Job<'_, T>,
        (input, noise): (&[T], &[T]),
        slopes: &mut [T],
        with_residual: bool,
    ) {
        let (n_inputs, n_units) = (job.parameters.n_inputs(), self.units.len());
        let n_samples = input.len() / n_inputs;
        let filters = self.filters(job);
        let stored = Operand::new(filters, n_inputs, n_units);
        for (out, filter) in self.squared_lengths.iter_mut().zip(filters.chunks_exact(n_inputs)) {
            *out = dot(filter, filter);
        }

        let input = Operand::new(input, n_inputs, n_samples);
        let bias = &job.parameters.encoder_bias.as_slice()[self.units.clone()];
        for column in self.pre_activation.chunks_exact_mut(n_units) {
            column.copy_from_slice(bias);
        }
        T::product(&mut self.pre_activation, true, T::one(), stored.transpose(), input);
        if !noise.is_empty() {
            let noise = Operand::new(noise, n_inputs, noise.len() / n_inputs);
            T::product(&mut self.projected_noise, false, T::one(), stored.transpose(), noise);
        }

        let code = &mut self.right[..n_units * n_samples];
        job.activation.evaluate(Jet {
            input: &self.pre_activation,
            value: code,
            first: Some(slopes),
            second: Some(&mut *self.second).filter(|second| !second.is_empty()),
            third: Some(&mut *self.third).filter(|third| !third.is_empty()),
        });
        // Products of subnormal numbers, and those that give them, take a hundred times as long.
        let negligible = T::MIN_POSITIVE.sqrt();
        for values in [&mut *code, slopes, &mut self.second, &mut self.third] {
            flush(values, negligible);
        }
        sum_columns(&mut self.sums, code);
        for (mean, sum) in self.mean_code.iter_mut().zip(&self.sums) {
            *mean = T::of(*sum / n_samples as f64);
        }

        if with_residual && is_sparse(code) {
            sparse::multiply(&mut self.partial, filters, code, n_units);
        } else if with_residual {
            let code = Operand::new(code, n_units, n_samples);
            T::product(&mut self.partial, false, T::one(), stored, code);
        }
    }

    /// δ, ū, z̄, the direct derivatives by filters and lengths, and this block's part of ∂R/∂r.
    pub fn backward(
        &mut self,
        job: &Job<'_, T>,
        needs: Needs,
        batch: &BackwardBatch<'_, T>,
        (number, slopes): (usize, &[Vec<T>]),
        (filters_out, filters_factor): (Option<&mut [T]>, T),
    ) {
        let with_gradient = filters_out.is_some();
        let BackwardBatch { input, noise, residual, on_residual, factor } = *batch;
        let (n_inputs, n_units) = (job.parameters.n_inputs(), self.units.len());
        let n_samples = input.len() / n_inputs;
        let filters = self.filters(job);
        let stored = Operand::new(filters, n_inputs, n_units);
        let shape = Shape { n_inputs, n_hidden: n_units, n_samples };
        let right = columns(&mut self.right, shape, needs, n_units);
        let first = &slopes[number];

        let projected = &mut self.projected_residual;
        if let Some(residual) = residual {
            let residual = Operand::new(residual, n_inputs, n_samples);
            T::product(projected, false, T::one(), stored.transpose(), residual);
            multiply(right.second, factor, first, projected);
        } else if factor.is_zero() || !with_gradient {
            right.second.fill(T::zero());
        } else {
            // Where the slope is 0, W_j·r has no effect.
            if is_sparse(first) {
                sparse::multiply_where(projected, filters, on_residual, first, n_units);
            } else {
                let on_residual = Operand::new(on_residual, n_inputs, n_samples);
                T::product(projected, false, T::one(), stored.transpose(), on_residual);
            }
            multiply(right.second, T::one(), first, projected);
        }
        right.noise.fill(T::zero());
        right.residual.fill(T::zero());
        self.on_squared_lengths.fill(T::zero());

        let forward = Forward {
            units: self.units.clone(),
            n_inputs,
            n_samples,
            draws: needs.draws,
            activation: job.activation,
            filters,
            squared_lengths: &self.squared_lengths,
            mean_code: &self.mean_code,
            input,
            pre_activation: &self.pre_activation,
            code: right.first,
            first,
            second: (needs.order >= 2).then_some(&self.second),
            third: (needs.order >= 3).then_some(&self.third),
            residual,
            projected_residual: needs.residual.then_some(&self.projected_residual),
            noise,
            projected_noise: &self.projected_noise,
            layer: needs.layer_slopes.then_some((job.parameters.filters.as_slice(), slopes)),
        };
        let mut out = Cotangents {
            coefficient: T::one(),
            n_inputs,
            n_units,
            n_samples,
            pre_activation: right.second,
            squared_length: &mut self.on_squared_lengths,
            filters: filters_out,
            filters_factor,
            projected_residual: needs.residual.then_some(&mut *right.residual),
            projected_noise: right.noise,
            scratch: &mut self.scratch,
        };
        self.regularizer_loss = job.regularizer.accumulate(&forward, &mut out);

        if needs.residual && with_gradient {
            let on_projected = Operand::new(right.residual, n_units, n_samples);
            T::product(&mut self.partial, false, T::one(), stored, on_projected);
        } else {
            self.sum_up();
        }
    }

    /// δ ← δ + s'(a) ∘ Vᵀ(∂R/∂r).
    pub fn back_through_code(&mut self, job: &Job<'_, T>, slopes: &[T], on_residual: &[T]) {
        let (n_inputs, n_units) = (job.parameters.n_inputs(), self.units.len());
        let n_samples = on_residual.len() / n_inputs;
        let stored = Operand::new(self.filters(job), n_inputs, n_units);
        let on_residual = Operand::new(on_residual, n_inputs, n_samples);
        T::product(&mut self.projected_residual, false, T::one(), stored.transpose(), on_residual);
        let delta = &mut self.right[n_units * n_samples..][..n_units * n_samples];
        add_product(delta, slopes, &self.projected_residual);
        self.sum_up();
    }

    /// The bias gradient, which is the sum of δ over the samples.
    fn sum_up(&mut self) {
        let length = self.pre_activation.len();
        sum_columns(&mut self.sums, &self.right[length..2 * length]);
        for (out, sum) in self.bias_gradient.iter_mut().zip(&self.sums) {
            *out = T::of(*sum);
        }
        self.is_sparse = self.nonzero.fits(&self.right) && is_sparse(&self.right);
        if self.is_sparse {
            self.nonzero.mark(&self.right);
        }
        // An activation may turn NaN into a number.
        self.is_finite = are_finite(&self.pre_activation) && are_finite(&self.bias_gradient);
    }

    /// The gradient by the filters, with `left` as its other factor.
    pub fn weight_gradient<'a>(&'a self, left: &'a [T]) -> WeightGradient<'a, T> {
        WeightGradient {
            left,
            right: &self.right,
            n_units: self.units.len(),
            nonzero: self.is_sparse.then_some(&self.nonzero),
            on_squared_lengths: &self.on_squared_lengths,
        }
    }
}
