//! What a regularizer sees: the forward pass of a block of hidden units.

use crate::activation::Activation;
use crate::scalar::Real;
use nalgebra::DMatrixView;
use std::ops::Range;

/// The forward pass of a block of hidden units (or of all of them) on all samples of a batch.
///
/// Quantities that belong to units and samples are given for one sample at a time, as a slice over
/// the units of the block: `forward.code(i)[j]` is h of sample i and unit j. Units are counted from
/// the block's first.
///
/// Codes and derivatives of the activation whose magnitude is below √[`Real::MIN_POSITIVE`] (10⁻¹⁹ in
/// `f32`, 10⁻¹⁵⁴ in `f64`) are 0: products of smaller numbers are subnormal, which processors take a
/// hundred times as long for.
///
/// # Panics
/// Reading a quantity that [`Needs`](crate::Needs) does not declare is a mistake in the
/// regularizer and panics with a message that says so; so does an index out of bounds.
#[derive(Debug)]
pub struct Forward<'a, T: Real> {
    pub(crate) units: Range<usize>,
    pub(crate) n_inputs: usize,
    pub(crate) n_samples: usize,
    pub(crate) draws: usize,
    pub(crate) activation: &'a dyn Activation<T>,
    /// n × units.
    pub(crate) filters: &'a [T],
    pub(crate) squared_lengths: &'a [T],
    pub(crate) mean_code: &'a [T],
    /// n × samples.
    pub(crate) input: &'a [T],
    /// From here on units × samples.
    pub(crate) pre_activation: &'a [T],
    pub(crate) code: &'a [T],
    pub(crate) first: &'a [T],
    pub(crate) second: Option<&'a [T]>,
    pub(crate) third: Option<&'a [T]>,
    pub(crate) residual: Option<&'a [T]>,
    pub(crate) projected_residual: Option<&'a [T]>,
    /// n × (samples · draws); the draws of a batch stand one after the other.
    pub(crate) noise: &'a [T],
    /// units × (samples · draws).
    pub(crate) projected_noise: &'a [T],
    /// The filters of all units, n × m, and s' of each block of them.
    pub(crate) layer: Option<(&'a [T], &'a [Vec<T>])>,
}

impl<'a, T: Real> Forward<'a, T> {
    /// Number of units in this block.
    pub fn n_units(&self) -> usize {
        self.units.len()
    }

    /// Which of the layer's units these are.
    pub fn units(&self) -> Range<usize> {
        self.units.clone()
    }

    /// Number of inputs, n.
    pub fn n_inputs(&self) -> usize {
        self.n_inputs
    }

    /// Number of samples in the batch, B.
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// Noise vectors for each sample: at least as many as were asked for.
    pub fn n_draws(&self) -> usize {
        self.draws
    }

    /// 1/B, the weight of one sample in an expectation.
    pub fn sample_weight(&self) -> T {
        T::one() / T::of(self.n_samples as f64)
    }

    /// The activation, to evaluate it elsewhere.
    pub fn activation(&self) -> &'a dyn Activation<T> {
        self.activation
    }

    /// The filters, n × units: column j is W_j.
    pub fn filters(&self) -> DMatrixView<'a, T> {
        DMatrixView::from_slice(self.filters, self.n_inputs, self.n_units())
    }

    /// W_j, n values.
    pub fn filter(&self, unit: usize) -> &'a [T] {
        &self.filters[unit * self.n_inputs..][..self.n_inputs]
    }

    /// ‖W_j‖² of each unit.
    pub fn squared_lengths(&self) -> &'a [T] {
        self.squared_lengths
    }

    /// ρ_j = E\[h_j\] of each unit, the mean over the batch.
    pub fn mean_code(&self) -> &'a [T] {
        self.mean_code
    }

    /// x of one sample (x̃ where it is corrupted), n values.
    pub fn input(&self, sample: usize) -> &'a [T] {
        &self.input[sample * self.n_inputs..][..self.n_inputs]
    }

    /// a of one sample, a value for each unit.
    pub fn pre_activation(&self, sample: usize) -> &'a [T] {
        self.over_units(self.pre_activation, sample)
    }

    /// h of one sample, a value for each unit.
    pub fn code(&self, sample: usize) -> &'a [T] {
        self.over_units(self.code, sample)
    }

    /// s'(a) of one sample, a value for each unit.
    pub fn derivative(&self, sample: usize) -> &'a [T] {
        self.over_units(self.first, sample)
    }

    /// s''(a) of one sample, a value for each unit; needs `order(2)`, the default.
    pub fn second_derivative(&self, sample: usize) -> &'a [T] {
        self.over_units(declared(self.second, "order(2)"), sample)
    }

    /// s'''(a) of one sample, a value for each unit; needs `order(3)`.
    pub fn third_derivative(&self, sample: usize) -> &'a [T] {
        self.over_units(declared(self.third, "order(3)"), sample)
    }

    /// r = y − x of one sample (y − target where there is one), n values; needs `residual()`.
    pub fn residual(&self, sample: usize) -> &'a [T] {
        &declared(self.residual, "residual()")[sample * self.n_inputs..][..self.n_inputs]
    }

    /// W_j·r of one sample, a value for each unit; needs `residual()`.
    pub fn projected_residual(&self, sample: usize) -> &'a [T] {
        self.over_units(declared(self.projected_residual, "residual()"), sample)
    }

    /// z of one sample, standard normal, n values; needs `draws(k)` with k > `draw`.
    pub fn noise(&self, sample: usize, draw: usize) -> &'a [T] {
        let column = self.noise_column(sample, draw);
        &self.noise[column * self.n_inputs..][..self.n_inputs]
    }

    /// W_j·z of one sample, a value for each unit; needs `draws(k)` with k > `draw`.
    pub fn projected_noise(&self, sample: usize, draw: usize) -> &'a [T] {
        let column = self.noise_column(sample, draw);
        self.over_units(self.projected_noise, column)
    }

    /// All units of the layer, in parts, with what can be read of them; needs `layer_slopes()`.
    pub fn layer(&self) -> impl Iterator<Item = Part<'a, T>> {
        let (n_inputs, n_samples) = (self.n_inputs, self.n_samples);
        let (filters, slopes) = declared(self.layer, "layer_slopes()");
        let mut first = 0;
        slopes.iter().map(move |slopes| {
            let units = first..first + slopes.len() / n_samples;
            first = units.end;
            let filters = &filters[units.start * n_inputs..units.end * n_inputs];
            Part { units, n_inputs, filters, slopes }
        })
    }

    fn noise_column(&self, sample: usize, draw: usize) -> usize {
        assert!(sample < self.n_samples, "there are {} samples, no {sample}", self.n_samples);
        assert!(draw < self.draws, "the regularizer reads draw {draw}: declare it by `draws(k)`");
        draw * self.n_samples + sample
    }

    fn over_units(&self, values: &'a [T], column: usize) -> &'a [T] {
        &values[column * self.n_units()..][..self.n_units()]
    }
}

/// Some of the layer's units, as the regularizer of others may see them; see [`Forward::layer`].
#[derive(Clone, Debug)]
pub struct Part<'a, T> {
    units: Range<usize>,
    n_inputs: usize,
    pub(crate) filters: &'a [T],
    pub(crate) slopes: &'a [T],
}

impl<'a, T: Real> Part<'a, T> {
    /// Which of the layer's units these are.
    pub fn units(&self) -> Range<usize> {
        self.units.clone()
    }

    /// The filters, n × units: column j is that of unit `units().start + j`.
    pub fn filters(&self) -> DMatrixView<'a, T> {
        DMatrixView::from_slice(self.filters, self.n_inputs, self.units.len())
    }

    /// s'(a) of one sample, a value for each of these units.
    pub fn derivative(&self, sample: usize) -> &'a [T] {
        &self.slopes[sample * self.units.len()..][..self.units.len()]
    }
}

fn declared<V>(values: Option<V>, need: &str) -> V {
    values.unwrap_or_else(|| {
        panic!("the regularizer reads what its `needs` do not declare: add `.{need}`")
    })
}
