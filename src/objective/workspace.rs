//! The one computation behind objective, gradient and training step, and its buffers.
//!
//! The layer is cut into blocks of hidden units, whose number depends on m and the regularizer. A
//! block computes for itself but for sums over all units, such as the reconstruction, of which each
//! block computes a part. The parts are summed in the order of the blocks, so that the result is
//! the same to the bit for any number of threads.

pub(crate) use super::block::Job;
use super::block::{BackwardBatch, Block, columns};
pub(crate) use super::weight_gradient::WeightGradient;
use super::{Loss, Needs, Regularizer, Shape};
use crate::error::{Error, finite_results};
use crate::kernels::{add, are_finite, note_above, scale, subtract, sum_columns};
use crate::memory::zeros;
use crate::scalar::Real;
use crate::team::{Team, chunks, items};

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
    /// s'(a) of each block, units × B.
    slopes: Vec<Vec<T>>,
    /// ∂R/∂r, n × B, if R depends on the residual.
    on_residual: Vec<T>,
    decoder_bias_gradient: Vec<T>,
    /// A number an input, summed over the samples.
    sums: Vec<f64>,
    /// ‖r‖² of each sample.
    squares: Vec<T>,
}

/// The number of units in each block, but for the last, which may be smaller: as alike as they can
/// be if there are as few blocks of at most `largest` units as possible.
fn block_size(n_hidden: usize, largest: usize) -> usize {
    n_hidden.div_ceil(n_hidden.div_ceil(largest))
}

/// The number of blocks of a layer with this regularizer: as many threads have work.
pub(crate) fn n_blocks<T: Real>(shape: Shape, regularizer: &dyn Regularizer<T>) -> usize {
    let per_unit = regularizer.needs(shape).per_unit;
    if per_unit { shape.n_hidden.div_ceil(block_size(shape.n_hidden, BLOCK)) } else { 1 }
}

impl<T: Real> Workspace<T> {
    pub fn new(
        shape: Shape,
        regularizer: &dyn Regularizer<T>,
        block: usize,
    ) -> Result<Self, Error> {
        let needs = regularizer.needs(shape);
        let samples = shape.n_samples;
        let size = if needs.per_unit { block_size(shape.n_hidden, block) } else { shape.n_hidden };
        let (mut blocks, mut slopes) = (Vec::new(), Vec::new());
        for first in (0..shape.n_hidden).step_by(size) {
            let units = first..shape.n_hidden.min(first + size);
            let scratch = regularizer.needs(Shape { n_hidden: units.len(), ..shape }).scratch;
            slopes.push(zeros("units × samples of a block", units.len(), samples)?);
            blocks.push(Block::new(units, shape, needs, scratch)?);
        }
        let on_residual = if needs.residual { samples } else { 0 };
        Ok(Self {
            shape,
            needs,
            left: zeros("inputs × samples of a batch", shape.n_inputs, needs.columns(samples)?)?,
            blocks,
            slopes,
            on_residual: zeros("inputs × samples of a batch", shape.n_inputs, on_residual)?,
            decoder_bias_gradient: zeros("decoder bias gradient", shape.n_inputs, 1)?,
            sums: zeros("sums over the samples", shape.n_inputs, 1)?,
            squares: zeros("sums over the inputs", samples, 1)?,
        })
    }

    /// The sizes that this workspace serves.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// To be filled before a run: the encoder's input, n × B, and standard normal numbers,
    /// n × (B·draws).
    pub fn batch_mut(&mut self) -> (&mut [T], &mut [T]) {
        let left = columns(&mut self.left, self.shape, self.needs, self.shape.n_inputs);
        (left.second, left.noise)
    }

    /// What [`batch_mut`](Self::batch_mut) was filled with; a run leaves it as it is.
    pub fn batch(&self) -> (&[T], &[T]) {
        let length = self.shape.n_inputs * self.shape.n_samples;
        let (input, rest) = self.left[length..].split_at(length);
        (input, &rest[..length * self.needs.draws])
    }

    /// Of the last run: the gradient by the encoder bias, unit after unit.
    pub fn encoder_bias_gradient(&self) -> impl Iterator<Item = T> {
        self.blocks.iter().flat_map(|block| block.bias_gradient.iter().copied())
    }

    /// Of the last run: the gradient by the decoder bias.
    pub fn decoder_bias_gradient(&self) -> &[T] {
        &self.decoder_bias_gradient
    }

    /// Evaluates the objective; if there are `filters`, also all of its gradient but
    /// [`weight_gradient`](Self::weight_gradient). What of the derivative by the filters a
    /// regularizer gives directly is added to them, multiplied by a factor.
    pub fn run(
        &mut self,
        team: &mut Team,
        job: &Job<'_, T>,
        filters: Option<(&mut [T], T)>,
    ) -> Loss<T> {
        let with_gradient = filters.is_some();
        let sample_weight = T::one() / T::of(self.shape.n_samples as f64);
        let with_residual = job.with_reconstruction || self.needs.residual;
        // ∂J_AE/∂r = on_residual · r, which is 0 if only R is wanted.
        let on_residual =
            if job.with_reconstruction { T::of(2.0) * sample_weight } else { T::zero() };

        self.forward(team, job, with_residual);
        let mut reconstruction = T::zero();
        if with_residual {
            let squares = self.residual(team, job, on_residual);
            if job.with_reconstruction {
                reconstruction = T::of(squares / self.shape.n_samples as f64);
            }
        } else {
            self.left[..self.shape.n_inputs * self.shape.n_samples].fill(T::zero());
        }
        self.backward(team, job, on_residual, filters);
        if self.needs.residual && with_gradient {
            self.back_through_code(team, job);
        }
        if job.parameters.decoder_bias.is_some() && with_gradient {
            let on_residual = &self.left[..self.shape.n_inputs * self.shape.n_samples];
            sum_columns(&mut self.sums, on_residual);
            for (out, sum) in self.decoder_bias_gradient.iter_mut().zip(&self.sums) {
                *out = T::of(*sum);
            }
        }
        let losses = self.blocks.iter().map(|block| block.regularizer_loss);
        Loss { reconstruction, regularizer: losses.fold(T::zero(), |sum, loss| sum + loss) }
    }

    /// Codes, and each block's part of the reconstruction.
    fn forward(&mut self, team: &mut Team, job: &Job<'_, T>, with_residual: bool) {
        let left = columns(&mut self.left, self.shape, self.needs, self.shape.n_inputs);
        let (input, noise) = (&*left.second, &*left.noise);
        let pieces = (items(&mut self.blocks), items(&mut self.slopes));
        team.for_each(pieces, |_, (block, slopes)| {
            block.forward(job, (input, noise), slopes, with_residual);
        });
    }

    /// r and `on_residual` · r; gives Σ‖r‖².
    fn residual(&mut self, team: &mut Team, job: &Job<'_, T>, on_residual: T) -> f64 {
        let n_inputs = self.shape.n_inputs;
        let left = columns(&mut self.left, self.shape, self.needs, n_inputs);
        let target = job.target.unwrap_or(left.second);
        let blocks = &self.blocks;
        let kept = self.needs.residual.then(|| chunks(left.residual, n_inputs));
        let pieces = (chunks(left.first, n_inputs), kept, items(&mut self.squares));
        team.for_each(pieces, |sample, (residual, kept, square)| {
            let start = sample * n_inputs;
            sum_partials(residual, blocks, start);
            if let Some(bias) = &job.parameters.decoder_bias {
                add(residual, bias.as_slice());
            }
            *square = subtract(residual, &target[start..start + n_inputs]);
            if let Some(kept) = kept {
                kept.copy_from_slice(residual);
            }
            scale(residual, on_residual);
        });
        self.squares.iter().map(|square| square.as_f64()).sum()
    }

    /// δ and everything else that belongs to a block.
    fn backward(
        &mut self,
        team: &mut Team,
        job: &Job<'_, T>,
        factor: T,
        filters: Option<(&mut [T], T)>,
    ) {
        let (needs, size) = (self.needs, self.numbers_per_block());
        let filters_factor = filters.as_ref().map_or(T::zero(), |(_, factor)| *factor);
        let filters = filters.map(|(filters, _)| chunks(filters, size));
        let left = columns(&mut self.left, self.shape, self.needs, self.shape.n_inputs);
        let batch = BackwardBatch {
            input: left.second,
            noise: left.noise,
            residual: needs.residual.then_some(&*left.residual),
            on_residual: left.first,
            factor,
        };
        let slopes = &self.slopes;
        team.for_each((items(&mut self.blocks), filters), |number, (block, filters)| {
            block.backward(job, needs, &batch, (number, slopes), (filters, filters_factor));
        });
    }

    /// ∂R/∂r = Σ_j ū_j W_j takes the same way back through h as ∂J_AE/∂r does.
    fn back_through_code(&mut self, team: &mut Team, job: &Job<'_, T>) {
        let n_inputs = self.shape.n_inputs;
        let left = columns(&mut self.left, self.shape, self.needs, n_inputs);
        let (blocks, slopes) = (&self.blocks, &self.slopes);
        let pieces = (chunks(&mut self.on_residual, n_inputs), chunks(left.first, n_inputs));
        team.for_each(pieces, |sample, (on_residual, all)| {
            sum_partials(on_residual, blocks, sample * n_inputs);
            add(all, on_residual);
        });
        let on_residual = &self.on_residual;
        team.for_each(items(&mut self.blocks), |number, block| {
            block.back_through_code(job, &slopes[number], on_residual);
        });
    }

    /// Of the last run: ‖r‖² of each sample.
    pub fn squared_residuals(&self) -> &[T] {
        &self.squares
    }

    /// Of the last run: notes each unit that has a code above the threshold for some sample.
    pub fn note_active(&self, threshold: T, active: &mut [bool]) {
        for block in &self.blocks {
            let codes = &block.right[..block.pre_activation.len()];
            note_above(&mut active[block.units.clone()], codes, threshold);
        }
    }

    /// How many numbers of an n × m matrix belong to each block; the last may have fewer.
    pub fn numbers_per_block(&self) -> usize {
        self.blocks[0].units.len() * self.shape.n_inputs
    }

    /// Of the last run: the gradient by the filters of block `number`.
    pub fn weight_gradient(&self, number: usize) -> WeightGradient<'_, T> {
        self.blocks[number].weight_gradient(&self.left)
    }

    /// An error that names the first quantity that is not finite, in the order of computation, if
    /// the last run's loss or gradient is not finite.
    pub fn check(&self, loss: &Loss<T>) -> Result<(), Error> {
        if loss.total().is_finite()
            && self.blocks.iter().all(|block| block.is_finite)
            && are_finite(&self.decoder_bias_gradient)
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
        for (block, slopes) in self.blocks.iter().zip(&self.slopes) {
            let unit = |at| Some(block.units.start + at % block.units.len());
            finite_results("derivative of the activation", slopes, unit)?;
        }
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

/// One column of the sum over the blocks of what each holds in `partial` from `start` on, in their
/// order.
fn sum_partials<T: Real>(sum: &mut [T], blocks: &[Block<T>], start: usize) {
    sum.fill(T::zero());
    for block in blocks {
        add(sum, &block.partial[start..start + sum.len()]);
    }
}
