//! A small random setting in which a regularizer is checked.

use crate::activation::Activation;
use crate::error::Error;
use crate::model::Parameters;
use crate::objective::{Batch, Pass};
use crate::random::Random;
use crate::samples::Samples;
use crate::scalar::Real;
use nalgebra::{DMatrix, DVector};

/// Parameters, input, target and noise for one evaluation of a regularizer.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem<T: Real> {
    /// Filters (n × m) and biases.
    pub parameters: Parameters<T>,
    /// n × B.
    pub input: DMatrix<T>,
    /// n × B.
    pub target: DMatrix<T>,
    /// n × (B · draws), standard normal.
    pub noise: DMatrix<T>,
}

impl<T: Real> Problem<T> {
    /// A problem of the given sizes, with so many draws of noise, that is a function of the seed:
    /// normal inputs and biases, filters of length about 1.
    ///
    /// # Errors
    /// [`Error::Zero`] if a size is 0.
    pub fn new(
        n_inputs: usize,
        n_hidden: usize,
        n_samples: usize,
        draws: usize,
        seed: u64,
    ) -> Result<Self, Error> {
        crate::error::at_least_one("n_samples", n_samples)?;
        let mut random = Random::new(seed);
        let mut normal = |scale: f64| T::of(scale) * random.standard_normal::<T>();
        let scale = 1.0 / (n_inputs as f64).sqrt();
        let parameters = Parameters::new(
            DMatrix::from_fn(n_inputs, n_hidden, |_, _| normal(scale)),
            DVector::from_fn(n_hidden, |_, _| normal(0.7)),
            Some(DVector::from_fn(n_inputs, |_, _| normal(0.3))),
        )?;
        Ok(Self {
            parameters,
            input: DMatrix::from_fn(n_inputs, n_samples, |_, _| normal(1.0)),
            target: DMatrix::from_fn(n_inputs, n_samples, |_, _| normal(1.0)),
            noise: DMatrix::from_fn(n_inputs, n_samples * draws.max(1), |_, _| normal(1.0)),
        })
    }

    /// What an objective is a function of.
    ///
    /// # Errors
    /// Those of [`Pass::new`].
    pub fn pass<'a>(&'a self, activation: &'a dyn Activation<T>) -> Result<Pass<'a, T>, Error> {
        self.pass_at(&self.parameters, activation)
    }

    /// Whether a pre-activation lies so near a kink that rounding may move it to the other side.
    pub(super) fn is_near_a_kink(&self, activation: &dyn Activation<T>) -> bool {
        let kinks = activation.properties().kinks;
        let Parameters { filters, encoder_bias, .. } = &self.parameters;
        !kinks.is_empty()
            && self.input.column_iter().any(|x| {
                filters.column_iter().zip(encoder_bias).any(|(filter, b)| {
                    let a = (filter.dot(&x) + *b).as_f64();
                    kinks.iter().any(|kink| (a - kink.at).abs() < 1e-3)
                })
            })
    }

    /// Everything that has n values, reflected at the hyperplane orthogonal to (1, 2, …, n): the
    /// same problem in other coordinates.
    pub(super) fn reflected(&self) -> Self {
        let normal = DVector::from_fn(self.input.nrows(), |i, _| T::of(i as f64 + 1.0));
        let normal = normal.unscale(normal.norm());
        let reflect = |columns: &DMatrix<T>| {
            let projections = columns.tr_mul(&normal);
            columns - (&normal * projections.transpose()) * T::of(2.0)
        };
        let Parameters { filters, encoder_bias, decoder_bias } = &self.parameters;
        let decoder_bias =
            decoder_bias.as_ref().map(|bias| bias - &normal * (normal.dot(bias) * T::of(2.0)));
        let parameters = Parameters {
            filters: reflect(filters),
            encoder_bias: encoder_bias.clone(),
            decoder_bias,
        };
        let (input, target) = (reflect(&self.input), reflect(&self.target));
        Self { parameters, input, target, noise: reflect(&self.noise) }
    }

    /// The same with all noise multiplied.
    pub(super) fn with_noise_times(&self, factor: T) -> Self {
        Self { noise: &self.noise * factor, ..self.clone() }
    }

    /// Filters doubled, inputs halved: the same pre-activations.
    pub(super) fn rescaled(&self) -> Self {
        let mut rescaled = self.clone();
        rescaled.parameters.filters *= T::of(2.0);
        rescaled.input *= T::of(0.5);
        rescaled
    }

    /// The same with other parameters.
    pub(super) fn pass_at<'a>(
        &'a self,
        parameters: &'a Parameters<T>,
        activation: &'a dyn Activation<T>,
    ) -> Result<Pass<'a, T>, Error> {
        let batch = Batch::from(&self.input)
            .with_target(&self.target)
            .with_noise(Samples::from(&self.noise));
        Pass::new(parameters, activation, batch)
    }
}
