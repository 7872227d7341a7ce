//! What is counted of a piece of the samples.

use super::moments::Moments;
use crate::codec::sealed::Computation;
use crate::error::Error;
use crate::inference::{decode_piece, encode_piece};
use crate::kernels::sum_columns;
use crate::memory::zeros;
use crate::scalar::Real;

/// What is counted and summed over samples.
pub(super) struct Counts {
    /// For each unit, the samples for which it is active.
    pub active_samples: Vec<usize>,
    pub hard_zeros: usize,
    /// For each unit, the sum of its codes and the largest.
    pub codes: Vec<f64>,
    pub largest_codes: Vec<f64>,
    pub squared_error: f64,
    pub inputs: Moments,
    pub pre_activations: Moments,
}

impl Counts {
    pub fn new(n_inputs: usize, n_hidden: usize) -> Self {
        Self {
            active_samples: vec![0; n_hidden],
            hard_zeros: 0,
            codes: vec![0.0; n_hidden],
            largest_codes: vec![f64::NEG_INFINITY; n_hidden],
            squared_error: 0.0,
            inputs: Moments::new(n_inputs),
            pre_activations: Moments::new(n_hidden),
        }
    }

    /// Adds those of further samples.
    pub fn add(&mut self, other: &Self) {
        for (total, active) in self.active_samples.iter_mut().zip(&other.active_samples) {
            *total += active;
        }
        self.hard_zeros += other.hard_zeros;
        for (total, sum) in self.codes.iter_mut().zip(&other.codes) {
            *total += sum;
        }
        for (largest, other) in self.largest_codes.iter_mut().zip(&other.largest_codes) {
            *largest = largest.max(*other);
        }
        self.squared_error += other.squared_error;
        self.inputs.add(&other.inputs);
        self.pre_activations.add(&other.pre_activations);
    }
}

/// The counts of one piece of the samples, with the memory that it takes to make them.
pub(super) struct Tally<T> {
    a: Vec<T>,
    h: Vec<T>,
    y: Vec<T>,
    /// For each sample of the piece, its active units.
    pub active_units: Vec<usize>,
    pub counts: Counts,
}

impl<T: Real> Tally<T> {
    pub fn new(n_inputs: usize, n_hidden: usize, n_samples: usize) -> Result<Self, Error> {
        Ok(Self {
            a: zeros("pre-activations", n_hidden, n_samples)?,
            h: zeros("codes", n_hidden, n_samples)?,
            y: zeros("reconstructions", n_inputs, n_samples)?,
            active_units: vec![0; n_samples],
            counts: Counts::new(n_inputs, n_hidden),
        })
    }

    /// Counts these samples, whatever was counted before; the number of the `first` is for errors.
    pub fn take(
        &mut self,
        Computation { encoder, decoder, activation }: Computation<'_, T>,
        (samples, first): (&[T], usize),
        delta_min: T,
    ) -> Result<(), Error> {
        let (n_inputs, n_hidden) = encoder.filters.shape();
        let samples = &*encoder.scaled(samples, first)?;
        let n_samples = samples.len() / n_inputs;
        let a = &mut self.a[..n_samples * n_hidden];
        let h = &mut self.h[..n_samples * n_hidden];
        let y = &mut self.y[..samples.len()];
        encode_piece(encoder, activation, samples, a, h)?;
        decode_piece(decoder, h, y)?;

        let counts = &mut self.counts;
        counts.squared_error = 0.0;
        for (y, x) in y.iter().zip(samples) {
            let difference = (*y - *x).as_f64();
            counts.squared_error += difference * difference;
        }
        counts.inputs.measure(samples);
        counts.pre_activations.measure(a);
        counts.active_samples.fill(0);
        counts.hard_zeros = 0;
        sum_columns(&mut counts.codes, h);
        counts.largest_codes.fill(f64::NEG_INFINITY);
        for (code, units) in h.chunks_exact(n_hidden).zip(&mut self.active_units) {
            *units = 0;
            for (count, h) in counts.active_samples.iter_mut().zip(code) {
                let is_active = usize::from(*h > delta_min);
                *count += is_active;
                *units += is_active;
                counts.hard_zeros += usize::from(h.is_zero());
            }
            for (largest, h) in counts.largest_codes.iter_mut().zip(code) {
                *largest = largest.max(h.as_f64());
            }
        }
        Ok(())
    }
}
