//! The one computation behind objective, gradient and training step, and its buffers.
//!
//! The layer is cut into blocks of hidden units, whose number depends on m alone. A block computes
//! for itself; partial reconstructions are the only exchange and are summed in the order of the
//! blocks, so that the result is the same to the bit for any number of threads.

use super::{Cotangents, Forward, Loss, Needs, Regularizer, Shape};
use crate::activation::{Activation, Jet};
use crate::error::{Error, finite_results};
use crate::matmul::Operand;
use crate::memory::zeros;
use crate::model::Parameters;
use crate::numerics::dot;
use crate::scalar::Real;
use rayon::ThreadPool;
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};
use std::ops::Range;

/// The largest number of hidden units in a block.
pub(crate) const BLOCK: usize = 256;

/// One evaluation of the objective.
pub(crate) struct Job<'a, T: Real> {
    pub parameters: &'a Parameters<T>,
    pub activation: &'a dyn Activation<T>,
    pub regularizer: &'a dyn Regularizer<T>,
    /// What the reconstruction is compared with, n × B; `None`: the input.
    pub target: Option<&'a [T]>,
    /// Without it, value and gradient are those of R alone.
    pub with_reconstruction: bool,
    /// `None`: the calling thread.
    pub threads: Option<&'a ThreadPool>,
}

/// Buffers for batches of one size.
///
/// `left` and `right` hold side by side the factors of the weight gradient,
/// `left · rightᵀ = [∂J/∂r, x, z, r]·[h, δ, z̄, ū]ᵀ`, where z̄ and ū are the derivatives by W_j·z
/// and W_j·r; the last pair is used only if R depends on the residual.
#[derive(Debug)]
pub(crate) struct Workspace<T: Real> {
    shape: Shape,
    needs: Needs,
    /// n × (2B + B·draws + B).
    left: Vec<T>,
    blocks: Vec<Block<T>>,
    /// ∂R/∂r, n × B, if R depends on the residual.
    on_residual: Vec<T>,
    decoder_bias_gradient: Vec<T>,
}

/// The buffers of a block of hidden units.
#[derive(Debug)]
struct Block<T> {
    units: Range<usize>,
    pre_activation: Vec<T>,
    first: Vec<T>,
    second: Vec<T>,
    third: Vec<T>,
    projected_residual: Vec<T>,
    projected_noise: Vec<T>,
    /// units × (2B + B·draws + B): h, δ, z̄, ū.
    right: Vec<T>,
    squared_lengths: Vec<T>,
    mean_code: Vec<T>,
    on_squared_lengths: Vec<T>,
    bias_gradient: Vec<T>,
    /// n × B: this block's part of a sum over all units.
    partial: Vec<T>,
    scratch: Vec<T>,
    regularizer_loss: T,
}

/// The four parts of `left` or of a block's `right`.
struct Columns<'a, T> {
    first: &'a mut [T],
    second: &'a mut [T],
    noise: &'a mut [T],
    residual: &'a mut [T],
}

fn columns<T>(values: &mut [T], rows: usize, n_samples: usize) -> Columns<'_, T> {
    let length = rows * n_samples;
    let (first, rest) = values.split_at_mut(length);
    let (second, rest) = rest.split_at_mut(length);
    let (noise, residual) = rest.split_at_mut(rest.len() - length);
    Columns { first, second, noise, residual }
}

/// Cuts `n_hidden` units into the fewest blocks of at most `size`, alike to one unit.
fn cut(n_hidden: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    let count = n_hidden.div_ceil(size);
    (0..count).map(move |block| block * n_hidden / count..(block + 1) * n_hidden / count)
}

impl<T: Real> Workspace<T> {
    pub fn new(
        shape: Shape,
        regularizer: &dyn Regularizer<T>,
        block: usize,
    ) -> Result<Self, Error> {
        let needs = regularizer.needs(shape);
        let block = if needs.per_unit { block } else { shape.n_hidden };
        let samples = shape.n_samples;
        let too_many = |what, rows| Error::TooLarge { what, rows, columns: samples };
        let columns = samples
            .checked_mul(needs.draws)
            .and_then(|noise| samples.checked_mul(3)?.checked_add(noise))
            .ok_or_else(|| too_many("noise for a batch", needs.draws))?;
        let blocks = cut(shape.n_hidden, block)
            .map(|units| {
                let size = units.len();
                let scratch = regularizer.needs(Shape { n_hidden: size, ..shape }).scratch;
                let each = |wanted: bool| {
                    zeros("units × samples of a block", size, if wanted { samples } else { 0 })
                };
                Ok(Block {
                    units,
                    pre_activation: each(true)?,
                    first: each(true)?,
                    second: each(needs.order >= 2)?,
                    third: each(needs.order >= 3)?,
                    projected_residual: each(true)?,
                    projected_noise: zeros("projected noise", size, samples * needs.draws)?,
                    right: zeros("units × samples of a block", size, columns)?,
                    squared_lengths: zeros("lengths", size, 1)?,
                    mean_code: zeros("mean codes", size, 1)?,
                    on_squared_lengths: zeros("lengths", size, 1)?,
                    bias_gradient: zeros("bias gradient", size, 1)?,
                    partial: zeros("partial reconstruction", shape.n_inputs, samples)?,
                    scratch: zeros("scratch memory", scratch, 1)?,
                    regularizer_loss: T::zero(),
                })
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            shape,
            needs,
            left: zeros("inputs × samples of a batch", shape.n_inputs, columns)?,
            blocks,
            on_residual: zeros(
                "inputs × samples of a batch",
                shape.n_inputs,
                if needs.residual { samples } else { 0 },
            )?,
            decoder_bias_gradient: zeros("decoder bias gradient", shape.n_inputs, 1)?,
        })
    }

    /// The sizes that this workspace serves.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The encoder's input, n × B, to be filled before a run.
    pub fn input_mut(&mut self) -> &mut [T] {
        columns(&mut self.left, self.shape.n_inputs, self.shape.n_samples).second
    }

    /// Standard normal numbers, n × (B·draws), to be filled before a run.
    pub fn noise_mut(&mut self) -> &mut [T] {
        columns(&mut self.left, self.shape.n_inputs, self.shape.n_samples).noise
    }

    /// Of the last run: the gradient by the encoder bias, unit after unit.
    pub fn encoder_bias_gradient(&self) -> impl Iterator<Item = T> {
        self.blocks.iter().flat_map(|block| block.bias_gradient.iter().copied())
    }

    /// Of the last run: the gradient by the decoder bias.
    pub fn decoder_bias_gradient(&self) -> &[T] {
        &self.decoder_bias_gradient
    }

    /// Evaluates the objective; adds `factor` times its gradient by the filters to `filters`.
    pub fn run(&mut self, job: &Job<'_, T>, filters: &mut [T], factor: T) -> Loss<T> {
        let Shape { n_inputs, n_samples, .. } = self.shape;
        let needs = self.needs;
        let sample_weight = T::one() / T::of(n_samples as f64);
        let with_residual = job.with_reconstruction || needs.residual;
        // ∂J_AE/∂r = on_residual · r, which is 0 if only R is wanted.
        let on_residual =
            if job.with_reconstruction { T::of(2.0) * sample_weight } else { T::zero() };

        let left = columns(&mut self.left, n_inputs, n_samples);
        let (input, noise) = (&*left.second, &*left.noise);
        for_each(job.threads, &mut self.blocks, |block| {
            block.forward(job, input, noise, with_residual);
        });

        let mut reconstruction = T::zero();
        if with_residual {
            sum_partials(left.residual, &self.blocks);
            subtract_target(left.residual, job.parameters, job.target.unwrap_or(input));
            if job.with_reconstruction {
                let squares: f64 = left.residual.iter().map(|r| (*r * *r).as_f64()).sum();
                reconstruction = T::of(squares) * sample_weight;
            }
        }
        for (out, r) in left.first.iter_mut().zip(&*left.residual) {
            *out = on_residual * *r;
        }

        let residual = with_residual.then_some(&*left.residual);
        let mut work = with_filters(&mut self.blocks, filters, n_inputs);
        for_each(job.threads, &mut work, |(block, filters)| {
            let out = (&mut **filters, factor);
            block.backward(job, needs, (input, noise, residual), on_residual, out);
        });

        if needs.residual {
            // ∂R/∂r = Σ_j ū_j W_j takes the same way back through h as ∂J_AE/∂r does.
            drop(work);
            sum_partials(&mut self.on_residual, &self.blocks);
            add(left.first, &self.on_residual);
            let on_residual = &self.on_residual;
            for_each(job.threads, &mut self.blocks, |block| {
                block.back_through_code(job, on_residual);
            });
            work = with_filters(&mut self.blocks, filters, n_inputs);
        }

        let used = n_samples * (2 + needs.draws + usize::from(needs.residual));
        let left = Operand::new(&self.left[..n_inputs * used], n_inputs, used);
        for_each(job.threads, &mut work, |(block, filters)| {
            block.gradient(job, left, used, filters, factor);
        });

        self.decoder_bias_gradient.fill(T::zero());
        for column in self.left[..n_inputs * n_samples].chunks_exact(n_inputs) {
            add(&mut self.decoder_bias_gradient, column);
        }
        let mut regularizer = T::zero();
        for block in &self.blocks {
            regularizer += block.regularizer_loss;
        }
        Loss { reconstruction, regularizer }
    }

    /// An error that names the first quantity that is not finite, in the order of computation, if
    /// the last run's loss or gradient is not finite. `filters` is what the run added to.
    pub fn check(&self, loss: &Loss<T>, filters: &[T]) -> Result<(), Error> {
        let finite = |values: &[T]| values.iter().all(|value| value.is_finite());
        // An activation may turn NaN into a number.
        let good = |block: &Block<T>| finite(&block.pre_activation) && finite(&block.bias_gradient);
        if loss.total().is_finite()
            && self.blocks.iter().all(good)
            && finite(&self.decoder_bias_gradient)
            && finite(filters)
        {
            return Ok(());
        }
        let whole = |quantity, values: &[T]| finite_results(quantity, values, |_| None);
        let of_units = |quantity, values: fn(&Block<T>) -> &[T]| {
            self.blocks.iter().try_for_each(|block| {
                let unit = |at| Some(block.units.start + at % block.units.len());
                finite_results(quantity, values(block), unit)
            })
        };
        let length = self.shape.n_inputs * self.shape.n_samples;
        whole("input after corruption", &self.left[length..2 * length])?;
        of_units("pre-activation", |block| &block.pre_activation)?;
        of_units("code", |block| &block.right[..block.pre_activation.len()])?;
        of_units("derivative of the activation", |block| &block.first)?;
        of_units("second derivative of the activation", |block| &block.second)?;
        of_units("third derivative of the activation", |block| &block.third)?;
        whole("reconstruction error", &[loss.reconstruction])?;
        of_units("projected residual", |block| &block.projected_residual)?;
        of_units("gradient by the pre-activation", |block| {
            &block.right[block.pre_activation.len()..2 * block.pre_activation.len()]
        })?;
        of_units("bias gradient", |block| &block.bias_gradient)?;
        whole("value of the regularizer", &[loss.regularizer])?;
        finite_results("weight gradient", filters, |at| Some(at / self.shape.n_inputs))?;
        whole("decoder bias gradient", &self.decoder_bias_gradient)?;
        whole("objective", &[loss.total()])
    }
}

impl<T: Real> Block<T> {
    fn filters<'a>(&self, job: &Job<'a, T>) -> &'a [T] {
        let n_inputs = job.parameters.n_inputs();
        &job.parameters.filters.as_slice()[self.units.start * n_inputs..self.units.end * n_inputs]
    }

    /// a, h, derivatives, ρ, W_j·z and this block's part of the reconstruction.
    fn forward(&mut self, job: &Job<'_, T>, input: &[T], noise: &[T], with_residual: bool) {
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
            first: Some(&mut self.first),
            second: Some(&mut *self.second).filter(|second| !second.is_empty()),
            third: Some(&mut *self.third).filter(|third| !third.is_empty()),
        });
        self.mean_code.fill(T::zero());
        for column in code.chunks_exact(n_units) {
            add(&mut self.mean_code, column);
        }
        let sample_weight = T::one() / T::of(n_samples as f64);
        for mean in &mut self.mean_code {
            *mean *= sample_weight;
        }

        if with_residual {
            let code = Operand::new(code, n_units, n_samples);
            T::product(&mut self.partial, false, T::one(), stored, code);
        }
    }

    /// δ, ū, z̄, the direct derivatives by filters and lengths, and this block's part of ∂R/∂r.
    fn backward(
        &mut self,
        job: &Job<'_, T>,
        needs: Needs,
        (input, noise, residual): (&[T], &[T], Option<&[T]>),
        on_residual: T,
        (filters_out, filters_factor): (&mut [T], T),
    ) {
        let (n_inputs, n_units) = (job.parameters.n_inputs(), self.units.len());
        let n_samples = input.len() / n_inputs;
        let filters = self.filters(job);
        let stored = Operand::new(filters, n_inputs, n_units);
        let right = columns(&mut self.right, n_units, n_samples);

        if let Some(residual) = residual {
            let residual = Operand::new(residual, n_inputs, n_samples);
            T::product(&mut self.projected_residual, false, T::one(), stored.transpose(), residual);
            let slopes = self.first.iter().zip(&self.projected_residual);
            for (delta, (d, u)) in right.second.iter_mut().zip(slopes) {
                *delta = on_residual * *d * *u;
            }
        } else {
            right.second.fill(T::zero());
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
            first: &self.first,
            second: (needs.order >= 2).then_some(&self.second),
            third: (needs.order >= 3).then_some(&self.third),
            residual: residual.filter(|_| needs.residual),
            projected_residual: needs.residual.then_some(&self.projected_residual),
            noise,
            projected_noise: &self.projected_noise,
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

        if needs.residual {
            let on_projected = Operand::new(right.residual, n_units, n_samples);
            T::product(&mut self.partial, false, T::one(), stored, on_projected);
        }
    }

    /// δ ← δ + s'(a) ∘ Vᵀ(∂R/∂r).
    fn back_through_code(&mut self, job: &Job<'_, T>, on_residual: &[T]) {
        let (n_inputs, n_units) = (job.parameters.n_inputs(), self.units.len());
        let n_samples = on_residual.len() / n_inputs;
        let stored = Operand::new(self.filters(job), n_inputs, n_units);
        let on_residual = Operand::new(on_residual, n_inputs, n_samples);
        T::product(&mut self.projected_residual, false, T::one(), stored.transpose(), on_residual);
        let delta = columns(&mut self.right, n_units, n_samples).second;
        let slopes = self.first.iter().zip(&self.projected_residual);
        for (delta, (d, v)) in delta.iter_mut().zip(slopes) {
            *delta += *d * *v;
        }
    }

    /// The weight gradient in one product, the lengths' part of it, and the bias gradient.
    fn gradient(
        &mut self,
        job: &Job<'_, T>,
        left: Operand<'_, T>,
        used: usize,
        filters_out: &mut [T],
        factor: T,
    ) {
        let (n_inputs, n_units) = (job.parameters.n_inputs(), self.units.len());
        let right = Operand::new(&self.right[..n_units * used], n_units, used);
        T::product(filters_out, true, factor, left, right.transpose());

        let filters = self.filters(job).chunks_exact(n_inputs);
        let both = filters_out.chunks_exact_mut(n_inputs).zip(filters);
        for ((out, filter), on_squared_length) in both.zip(&self.on_squared_lengths) {
            if !on_squared_length.is_zero() {
                let factor = factor * T::of(2.0) * *on_squared_length;
                for (out, w) in out.iter_mut().zip(filter) {
                    *out += factor * *w;
                }
            }
        }

        self.bias_gradient.fill(T::zero());
        let length = self.pre_activation.len();
        for column in self.right[length..2 * length].chunks_exact(n_units) {
            add(&mut self.bias_gradient, column);
        }
    }
}

/// Each block together with its part of an n × m matrix.
fn with_filters<'a, T>(
    blocks: &'a mut [Block<T>],
    mut filters: &'a mut [T],
    n_inputs: usize,
) -> Vec<(&'a mut Block<T>, &'a mut [T])> {
    blocks
        .iter_mut()
        .map(|block| {
            let all = std::mem::take(&mut filters);
            let (mine, rest) = all.split_at_mut(block.units.len() * n_inputs);
            filters = rest;
            (block, mine)
        })
        .collect()
}

/// Calls `f` with each item, on the threads of the pool if there is one.
pub(crate) fn for_each<I: Send>(
    threads: Option<&ThreadPool>,
    items: &mut [I],
    f: impl Fn(&mut I) + Sync + Send,
) {
    match threads {
        Some(threads) => threads.install(|| items.par_iter_mut().for_each(f)),
        None => items.iter_mut().for_each(f),
    }
}

/// The sum over the blocks of what each holds in `partial`, in their order.
fn sum_partials<T: Real>(sum: &mut [T], blocks: &[Block<T>]) {
    sum.fill(T::zero());
    for block in blocks {
        add(sum, &block.partial);
    }
}

/// y − target, from y without decoder bias.
fn subtract_target<T: Real>(values: &mut [T], parameters: &Parameters<T>, target: &[T]) {
    if let Some(bias) = &parameters.decoder_bias {
        for column in values.chunks_exact_mut(bias.len()) {
            add(column, bias.as_slice());
        }
    }
    for (value, target) in values.iter_mut().zip(target) {
        *value -= *target;
    }
}

fn add<T: Real>(sum: &mut [T], values: &[T]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += *value;
    }
}
