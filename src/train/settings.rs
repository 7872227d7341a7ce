//! By what a training is told from another.

use super::course::Course;
use super::feed::Data;
use super::learner::Learner;
use super::optimizer::Optimizer;
use super::trainer::Trainer;
use crate::activation::Activation;
use crate::checksum::{abridged, checksum};
use crate::data::Scaler;
use crate::error::Error;
use crate::model::Parameters;
use crate::objective::Regularizer;
use crate::samples::Samples;
use crate::scalar::Real;
use std::sync::OnceLock;

/// Everything that decides the bits of a training but its first parameters, as pairs of a name and
/// a value; numbers are written so that they are read back exactly.
///
/// The number of threads is not among them, nor is that of epochs, which only decides how far the
/// training goes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings(pub Vec<(String, String)>);

impl Settings {
    /// An error that names the first setting in which these, of a training that has begun, differ
    /// from those `now`.
    pub fn check(&self, now: &Self) -> Result<(), Error> {
        let value = |settings: &Self, name: &str| {
            let found = settings.0.iter().find(|(other, _)| other == name);
            found.map_or_else(|| "unknown".to_owned(), |(_, value)| value.clone())
        };
        let names = now.0.iter().chain(&self.0).map(|(name, _)| name);
        for name in names {
            let (before, now) = (value(self, name), value(now, name));
            if before != now {
                return Err(Error::OtherTraining { setting: name.clone(), before, now });
            }
        }
        Ok(())
    }
}

/// What a training is of. Its [`Settings`] are collected only if they are asked for, since that
/// takes a pass over the data.
pub(super) struct Subject<'a, T: Real> {
    trainer: &'a Trainer<T>,
    activation: &'a dyn Activation<T>,
    regularizer: &'a dyn Regularizer<T>,
    n_hidden: usize,
    has_decoder_bias: bool,
    scaler: Option<&'a Scaler>,
    data: Data<'a, T>,
    validation: Option<&'a Samples<'a, T>>,
    settings: OnceLock<Settings>,
}

impl<'a, T: Real> Subject<'a, T> {
    pub fn new(
        trainer: &'a Trainer<T>,
        learner: &Learner<'a, T>,
        data: Data<'a, T>,
        validation: Option<&'a Samples<'a, T>>,
    ) -> Self {
        Self {
            trainer,
            activation: learner.activation,
            regularizer: learner.regularizer,
            n_hidden: learner.parameters.n_hidden(),
            has_decoder_bias: learner.parameters.decoder_bias.is_some(),
            scaler: learner.scaler,
            data,
            validation,
            settings: OnceLock::new(),
        }
    }

    pub fn settings(&self) -> &Settings {
        self.settings.get_or_init(|| self.collect())
    }

    fn collect(&self) -> Settings {
        let trainer = self.trainer;
        let early_stopping = trainer.early_stopping.map(|stopping| format!("{stopping:?}"));
        let corruption = trainer.corruption.as_ref().map(|corruption| format!("{corruption:?}"));
        let resampling = trainer.resampling.map(|resampling| format!("{resampling:?}"));
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".into());
        let data = |samples: &Samples<'_, T>| {
            format!(
                "{} samples, checksum {:016x}",
                samples.n_samples(),
                checksum(samples.as_slice())
            )
        };
        let training_data = match self.data {
            Data::Memory(samples) => data(samples),
            Data::Source(source, windows) => {
                let order = if source.is_sequential() { "in their order" } else { "shuffled" };
                let (samples, chunks) = (source.n_samples(), windows.chunks());
                let chunk = windows.chunk_samples();
                format!(
                    "{samples} samples of a source, {chunks} chunks of {chunk} in memory, {order}"
                )
            }
        };
        let settings = [
            ("scalar type", std::any::type_name::<T>().to_owned()),
            ("number of inputs", self.data.n_inputs().to_string()),
            ("number of hidden units", self.n_hidden.to_string()),
            ("decoder bias", if self.has_decoder_bias { "yes" } else { "no" }.to_owned()),
            ("activation", format!("{:?}", self.activation)),
            ("regularizer", format!("{:?}", self.regularizer)),
            ("corruption", or_none(corruption)),
            ("constraint", format!("{:?}", trainer.constraint)),
            ("optimizer", trainer.optimizer.to_string()),
            ("bound of the gradient's norm", or_none(trainer.clip_norm.map(|c| c.to_string()))),
            ("learning rate", format!("{:?}", trainer.learning_rate)),
            ("batch size", trainer.batch_size.to_string()),
            ("early stopping", or_none(early_stopping)),
            ("resampling of dead units", or_none(resampling)),
            ("seed", trainer.seed.to_string()),
            ("scaler", or_none(self.scaler.map(scaler))),
            ("training data", training_data),
            ("validation data", or_none(self.validation.map(data))),
        ];
        Settings(settings.map(|(name, value)| (name.to_owned(), abridged(value))).into())
    }

    /// An error unless what a checkpoint holds has the sizes of this training: a file need not come
    /// from one whose settings it names.
    pub fn check_sizes(&self, parameters: &Parameters<T>, course: &Course<T>) -> Result<(), Error> {
        let resampled = if self.trainer.resampling.is_some() { self.n_hidden } else { 0 };
        let is_adam = matches!(self.trainer.optimizer, Optimizer::Adam { .. });
        let sizes = |(n, m): (usize, usize), bias: bool, second: bool, active: usize| {
            let (bias, second) = (usize::from(bias), usize::from(second));
            format!(
                "{n} inputs, {m} hidden units, {bias} decoder biases, {second} second moments, \
                 {active} units looked at"
            )
        };
        let second = course.motion.second.is_some();
        let has_bias = parameters.decoder_bias.is_some();
        let before = sizes(parameters.filters.shape(), has_bias, second, course.active.len());
        let shape = (self.data.n_inputs(), self.n_hidden);
        let now = sizes(shape, self.has_decoder_bias, is_adam, resampled);
        if before != now {
            return Err(Error::OtherTraining { setting: "sizes".into(), before, now });
        }
        Ok(())
    }
}

/// A scaler in a few words.
fn scaler(scaler: &Scaler) -> String {
    let checksums = |parts: &[&[f64]]| {
        let sums = parts.iter().map(|values| format!("{:016x}", checksum(values)));
        sums.collect::<Vec<_>>().join(", ")
    };
    match scaler {
        Scaler::Standardization(standardization) => {
            let (mean, deviation) = (standardization.mean(), standardization.standard_deviation());
            let offset = standardization.offset();
            format!(
                "standardisation, checksums {}, offset {offset:?}",
                checksums(&[mean, deviation])
            )
        }
        Scaler::Whitening(whitening) => {
            let (forward, backward) = whitening.matrices();
            let parts = [whitening.mean(), forward.as_slice(), backward.as_slice()];
            format!("whitening, checksums {}", checksums(&parts))
        }
    }
}
