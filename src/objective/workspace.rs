//! The one computation behind objective, gradient and training step, and its buffers.
//!
//! The layer is cut into blocks of hidden units, whose number depends on m alone. A block computes
//! for itself; partial reconstructions are the only exchange and are summed in the order of the
//! blocks, so that the result is the same to the bit for any number of threads.

pub(crate) use super::block::Job;
use super::block::{Block, add, columns};
use super::{Loss, Needs, Regularizer, Shape};
use crate::error::{Error, finite_results};
use crate::matmul::Operand;
use crate::memory::zeros;
use crate::model::Parameters;
use crate::numerics::sum_columns;
use crate::scalar::Real;
use rayon::ThreadPool;
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};
use std::ops::Range;

/// The largest number of hidden units in a block.
pub(crate) const BLOCK: usize = 256;

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
    /// A number an input, summed over the samples.
    sums: Vec<f64>,
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
        let columns = needs.columns(samples)?;
        let blocks = cut(shape.n_hidden, block)
            .map(|units| {
                let scratch = regularizer.needs(Shape { n_hidden: units.len(), ..shape }).scratch;
                Block::new(units, shape, needs, scratch)
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
            sums: zeros("sums over the samples", shape.n_inputs, 1)?,
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

        sum_columns(&mut self.sums, &self.left[..n_inputs * n_samples]);
        for (out, sum) in self.decoder_bias_gradient.iter_mut().zip(&self.sums) {
            *out = T::of(*sum);
        }
        let mut regularizer = T::zero();
        for block in &self.blocks {
            regularizer += block.regularizer_loss;
        }
        Loss { reconstruction, regularizer }
    }

    /// An error that names the first quantity that is not finite, in the order of computation, if
    /// the last run's loss or gradient is not finite.
    pub fn check(&self, loss: &Loss<T>) -> Result<(), Error> {
        let finite = |values: &[T]| values.iter().all(|value| value.is_finite());
        // An activation may turn NaN into a number.
        let good = |block: &Block<T>| finite(&block.pre_activation) && finite(&block.bias_gradient);
        if loss.total().is_finite()
            && self.blocks.iter().all(good)
            && finite(&self.decoder_bias_gradient)
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
        whole("decoder bias gradient", &self.decoder_bias_gradient)?;
        whole("objective", &[loss.total()])
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
