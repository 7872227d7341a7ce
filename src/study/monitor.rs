//! The theory's statements beside what is measured, during a training.

use crate::activation::Activation;
use crate::error::{Error, at_least_one};
use crate::metrics::evaluate_parameters;
use crate::model::Parameters;
use crate::objective::{Batch, Pass, Regularizer, Shape};
use crate::random::{Purpose, Random};
use crate::samples::Samples;
use crate::scalar::Real;
use crate::theory::{Assumption1, Snapshot};
use crate::train::{Observer, StartEvent, StepEvent};
use std::ops::ControlFlow;

/// An [`Observer`] that records, after every epoch or every k steps, a [`Snapshot`] of Lemma 1,
/// Thm. 1 and Thm. 2 on some samples, and how far the last step moved E\[a_j\] against Eq. 5.
///
/// The first record is of the parameters before the first step. Samples (n × N) are evaluated as
/// one batch: some hundred or thousand suffice. The model is measured at the samples as they are,
/// without corruption; a regularizer that draws noise gets the same draws in every record.
///
/// The samples are in the units of the model: for a model with a [`Scaler`](crate::data::Scaler), those
/// that this gives.
///
/// If a measurement fails, monitoring ends there and [`finish`](Self::finish) tells why; the
/// training goes on.
///
/// ```
/// use regularized_autoencoder::prelude::*;
/// use regularized_autoencoder::study::TheoryMonitor;
/// let x = DMatrix::<f64>::from_fn(4, 100, |i, j| ((3 * i + j) as f64).sin());
/// let mut model =
///     RegularizedAutoEncoder::builder(4, 10).regularizer(0.1 * Contractive::new()).build()?;
/// let mut monitor = TheoryMonitor::new(&x)?;
/// let trainer = Trainer::builder().epochs(3).build()?;
/// trainer.fit_with(&mut model, &x, FitOptions::default().observer(&mut monitor))?;
/// let records = monitor.finish()?;
/// assert_eq!(records.len(), 4);
/// for record in &records {
///     println!("after {} steps: {}", record.steps, record.snapshot);
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct TheoryMonitor<'a, T: Real> {
    samples: Samples<'a, T>,
    inputs: Assumption1,
    interval: Option<usize>,
    noise: Vec<T>,
    before: Option<Parameters<T>>,
    steps: usize,
    records: Result<Vec<MonitorRecord>, Error>,
}

/// What a [`TheoryMonitor`] found at one moment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MonitorRecord {
    /// The epoch of the last step, from 0.
    pub epoch: usize,
    /// Steps done so far.
    pub steps: usize,
    /// The statements at the parameters after these steps.
    pub snapshot: Snapshot,
    /// The last step against Eq. 5; `None` before the first step.
    pub step: Option<StepCheck>,
}

/// How far one step moved E\[a_j\], and how far Eq. 5 says that it moves: by −η ∂J/∂b_j.
///
/// The mean is over the monitored samples, J is the objective of the step's batch. They agree to
/// rounding for plain steps (no momentum) where the monitored samples have mean 0, with any batch,
/// objective and length constraint; else the difference is what momentum and the mean add,
/// or what Adam and clipping make of the step. A step before which dead units got new filters is not
/// compared.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct StepCheck {
    /// The measured difference of E\[a_j\], after the step minus before it; m values.
    pub measured: Vec<f64>,
    /// −η ∂J/∂b_j at the parameters before the step; m values.
    pub predicted: Vec<f64>,
}

impl StepCheck {
    /// max_j |measured_j − predicted_j| / max_j |predicted_j|; 0 if nothing was predicted to move
    /// and nothing moved.
    pub fn relative_error(&self) -> f64 {
        let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
        let pairs = self.measured.iter().zip(&self.predicted);
        let error = largest(&mut pairs.map(|(measured, predicted)| (measured - predicted).abs()));
        let scale = largest(&mut self.predicted.iter().map(|predicted| predicted.abs()));
        if error == 0.0 { 0.0 } else { error / scale }
    }
}

impl<'a, T: Real> TheoryMonitor<'a, T> {
    /// Monitors on these samples (n × N), after every epoch.
    ///
    /// # Errors
    /// Those of [`Assumption1::of`].
    pub fn new(samples: impl Into<Samples<'a, T>>) -> Result<Self, Error> {
        let samples = samples.into();
        let inputs = Assumption1::of(&samples)?;
        let records = Ok(Vec::new());
        Ok(Self {
            samples,
            inputs,
            interval: None,
            noise: Vec::new(),
            before: None,
            steps: 0,
            records,
        })
    }

    /// Monitors every `interval` steps instead.
    ///
    /// # Errors
    /// [`Error::Zero`] if the interval is 0.
    pub fn every_steps(self, interval: usize) -> Result<Self, Error> {
        Ok(Self { interval: Some(at_least_one("interval of steps", interval)?), ..self })
    }

    /// How far the monitored samples are from Assumption 1.
    pub fn inputs(&self) -> &Assumption1 {
        &self.inputs
    }

    /// The records.
    ///
    /// # Errors
    /// That of the first measurement that failed.
    pub fn finish(self) -> Result<Vec<MonitorRecord>, Error> {
        self.records
    }

    /// Does a measurement, unless an earlier one failed.
    fn attempt(&mut self, measure: impl FnOnce(&mut Self) -> Result<(), Error>) -> ControlFlow<()> {
        if self.records.is_ok()
            && let Err(error) = measure(self)
        {
            self.records = Err(error);
        }
        ControlFlow::Continue(())
    }

    fn is_due(&self, steps: usize, steps_per_epoch: usize) -> bool {
        steps.is_multiple_of(self.interval.unwrap_or(steps_per_epoch))
    }

    /// Keeps the parameters before a step that is to be checked.
    fn prepare(&mut self, steps_per_epoch: usize, parameters: &Parameters<T>) {
        let next = self.steps + 1;
        self.before = self.is_due(next, steps_per_epoch).then(|| parameters.clone());
    }

    fn record(
        &mut self,
        epoch: usize,
        (parameters, activation): (&Parameters<T>, &dyn Activation<T>),
        regularizer: &dyn Regularizer<T>,
        step: Option<StepCheck>,
    ) -> Result<(), Error> {
        let mut batch = Batch::from(&self.samples);
        if !self.noise.is_empty() {
            batch = batch.with_noise(Samples::from_slice(&self.noise, self.samples.n_inputs())?);
        }
        let pass = Pass::new(parameters, activation, batch)?;
        let snapshot = Snapshot::with_moments(&pass, regularizer, &self.inputs)?;
        let record = MonitorRecord { epoch, steps: self.steps, snapshot, step };
        if let Ok(records) = &mut self.records {
            records.push(record);
        }
        Ok(())
    }

    fn check_step(
        &self,
        before: &Parameters<T>,
        event: &StepEvent<'_, T>,
    ) -> Result<StepCheck, Error> {
        let pass = Pass::new(before, event.activation, event.batch.clone())?;
        let (_, gradient) = pass.differentiate(event.regularizer, true)?;
        let means = |parameters| {
            let evaluation = evaluate_parameters(parameters, event.activation, &self.samples, 1)?;
            Ok::<_, Error>(evaluation.pre_activation_mean)
        };
        let (earlier, later) = (means(before)?, means(event.parameters)?);
        let measured = later.iter().zip(&earlier).map(|(later, earlier)| later - earlier).collect();
        let predicted = gradient.encoder_bias.iter().map(|g| -event.learning_rate * g.as_f64());
        Ok(StepCheck { measured, predicted: predicted.collect() })
    }
}

impl<T: Real> Observer<T> for TheoryMonitor<'_, T> {
    fn on_start(&mut self, event: &StartEvent<'_, T>) -> ControlFlow<()> {
        self.attempt(|monitor| {
            monitor.steps = event.steps;
            let (n_inputs, n_samples) = (monitor.samples.n_inputs(), monitor.samples.n_samples());
            let n_hidden = event.parameters.n_hidden();
            let needs = event.regularizer.needs(Shape { n_inputs, n_hidden, n_samples });
            let columns = n_samples.saturating_mul(needs.n_draws());
            monitor.noise = crate::memory::zeros("noise for the monitor", n_inputs, columns)?;
            let mut random = Random::stream(0, Purpose::MonitorNoise, 0, 0, 0);
            random.fill_with_standard_normal(&mut monitor.noise);
            monitor.prepare(event.steps_per_epoch, event.parameters);
            monitor.record(
                event.epoch,
                (event.parameters, event.activation),
                event.regularizer,
                None,
            )
        })
    }

    fn on_step(&mut self, event: &StepEvent<'_, T>) -> ControlFlow<()> {
        self.attempt(|monitor| {
            monitor.steps += 1;
            if let Some(before) = monitor.before.take() {
                // New filters are no gradient step.
                let is_step = event.resampled == 0;
                let step = is_step.then(|| monitor.check_step(&before, event)).transpose()?;
                let state = (event.parameters, event.activation);
                monitor.record(event.epoch, state, event.regularizer, step)?;
            }
            monitor.prepare(event.steps_per_epoch, event.parameters);
            Ok(())
        })
    }
}
