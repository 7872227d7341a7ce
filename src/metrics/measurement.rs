//! The evaluation of a model, a part of the samples at a time.

use super::Evaluation;
use super::tally::{Counts, Tally};
use crate::codec::sealed::Computation;
use crate::error::{Error, finite_results, same_size};
use crate::inference::{CHUNK, team};
use crate::scalar::{Real, compiled};
use crate::team::{Team, items};

/// What has been measured of the samples so far.
pub(super) struct Measurement<'a, T: Real> {
    computation: Computation<'a, T>,
    threshold: f64,
    team: Team,
    /// One for each thread.
    tallies: Vec<Tally<T>>,
    totals: Counts,
    active_units: Vec<usize>,
}

impl<'a, T: Real> Measurement<'a, T> {
    /// Of samples of so many values, so many.
    pub fn new(
        computation: Computation<'a, T>,
        threshold: f64,
        threads: usize,
        (n_features, n_samples): (usize, usize),
    ) -> Result<Self, Error> {
        if !threshold.is_finite() {
            return Err(Error::invalid("activation threshold", threshold, "finite"));
        }
        same_size("values per sample", computation.encoder.n_features(), n_features)?;
        let (n_inputs, n_hidden) = computation.encoder.filters.shape();
        let team = team(threads, n_samples)?;
        let mut tallies = Vec::new();
        for _ in 0..team.threads() {
            tallies.push(Tally::new(n_inputs, n_hidden, CHUNK.min(n_samples))?);
        }
        let totals = Counts::new(n_inputs, n_hidden);
        let mut active_units = Vec::new();
        active_units.try_reserve_exact(n_samples).map_err(|_| Error::TooLarge {
            what: "numbers of active units",
            rows: n_samples,
            columns: 1,
        })?;
        Ok(Self { computation, threshold, team, tallies, totals, active_units })
    }

    /// Adds samples that are finite: a multiple of [`CHUNK`], unless they are the last.
    pub fn add(&mut self, samples: &[T]) -> Result<(), Error> {
        let this = self;
        compiled!(T, add(this: &mut Measurement<'_, T>, samples: &[T]) -> Result<(), Error>)
    }

    /// # Errors
    /// [`Error::NotFiniteResult`] if something overflows.
    pub fn finish(self) -> Result<Evaluation, Error> {
        let Self { threshold, totals, active_units, .. } = self;
        let n_samples = active_units.len() as f64;
        let reconstruction_error = totals.squared_error / n_samples;
        let spread: f64 = totals.inputs.variance().sum();
        let pre_activation_mean: Vec<f64> = totals.pre_activations.mean().collect();
        let pre_activation_variance: Vec<f64> = totals.pre_activations.variance().collect();
        let code_mean: Vec<f64> = totals.codes.iter().map(|sum| sum / n_samples).collect();
        finite_results("mean code", &code_mean, Some)?;
        finite_results("reconstruction error", &[reconstruction_error], |_| None)?;
        finite_results("variance of the samples", &[spread], |_| None)?;
        finite_results("mean of the pre-activation", &pre_activation_mean, Some)?;
        finite_results("variance of the pre-activation", &pre_activation_variance, Some)?;
        let active_samples = totals.active_samples;
        let pairs = n_samples * active_samples.len() as f64;
        Ok(Evaluation {
            threshold,
            average_activation_fraction: active_units.iter().sum::<usize>() as f64 / pairs,
            dead_units: active_samples.iter().filter(|count| **count == 0).count(),
            hard_zero_fraction: totals.hard_zeros as f64 / pairs,
            activation_rate: active_samples.iter().map(|n| *n as f64 / n_samples).collect(),
            code_mean,
            code_max: totals.largest_codes,
            active_units,
            pre_activation_mean,
            pre_activation_variance,
            reconstruction_error,
            explained_variance: (spread > 0.0).then(|| 1.0 - reconstruction_error / spread),
        })
    }
}

fn add<T: Real>(this: &mut Measurement<'_, T>, samples: &[T]) -> Result<(), Error> {
    let Measurement { computation, threshold, team, tallies, totals, active_units } = this;
    let n_features = computation.encoder.n_features();
    // A piece for each thread at a time; their results are added in the order of the samples.
    let mut pieces = samples.chunks(n_features * CHUNK);
    while pieces.len() > 0 {
        let now: Vec<_> = pieces.by_ref().take(tallies.len()).collect();
        let first = active_units.len();
        team.try_for_each(items(&mut tallies[..now.len()]), |piece, tally| {
            let samples = (now[piece], first + piece * CHUNK);
            tally.take(*computation, samples, T::of(*threshold))
        })?;
        for (tally, samples) in tallies.iter().zip(&now) {
            totals.add(&tally.counts);
            active_units.extend(&tally.active_units[..samples.len() / n_features]);
        }
    }
    Ok(())
}
