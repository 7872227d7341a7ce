//! What the property tests share: strategies, ranges and tolerances, the built-in activations and
//! regularizers, and how numbers are compared.

#![allow(dead_code, reason = "each test file uses a part")]

pub mod family;
pub mod files;
pub mod real_data;

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use regularized_autoencoder::{
    Activation, Batch, CodeL1, Contractive, DenoisingCross, DenoisingCurvature, Elu, Error,
    FirstOrderDenoising, Gelu, Gradient, HardSigmoid, HessianPenalty, Identity, KlSparsity,
    LeakyRelu, MarginalizedDenoising, MeanCode, Parameters, Pass, Real, RegularizedAutoEncoder,
    Regularizer, RegularizerMetadata, Relu, SecondOrderDenoising, Sigmoid, Silu, SlopePenalty,
    Softplus, Tanh, Unregularized, WeightDecay,
};
use std::ops::RangeInclusive;

/// Inputs, hidden units and samples of a random problem.
pub const SIZES: RangeInclusive<usize> = 1..=4;
/// Bound of the entries of filters.
pub const FILTERS: f64 = 1.5;
/// Bound of the entries of biases.
pub const BIASES: f64 = 2.0;
/// Bound of the entries of samples and targets.
pub const DATA: f64 = 2.0;
/// Bound of the entries of noise, in standard deviations.
pub const NOISE: f64 = 3.0;
/// As many draws of noise as the most demanding regularizer takes.
pub const DRAWS: usize = 2;
/// The variance of the displacements of every `HessianPenalty`.
pub const DISPLACEMENT_VARIANCE: f64 = 0.2;

/// Two computations of the same number in another order.
pub const ROUNDING: f64 = 1e-12;
/// Central differences in `f64`.
pub const DIFFERENCES: f64 = 1e-6;
/// `f32` against `f64`.
pub const SINGLE: f64 = 1e-4;
/// How close to a kink differences, and values in `f32`, may be wrong.
pub const REACH: f64 = 1e-3;

pub type AnyActivation<T> = Box<dyn Activation<T>>;
pub type AnyRegularizer<T> = Box<dyn Regularizer<T>>;

/// The built-in activations, some with several hyper-parameters.
pub fn activations<T: Real>() -> Vec<AnyActivation<T>> {
    vec![
        Box::new(Relu),
        Box::new(Softplus::new()),
        Box::new(Softplus::with_sharpness(3.0).unwrap()),
        Box::new(Sigmoid),
        Box::new(Tanh),
        Box::new(Identity),
        Box::new(LeakyRelu::default()),
        Box::new(LeakyRelu::new(0.3).unwrap()),
        Box::new(Elu::default()),
        Box::new(Elu::new(0.5).unwrap()),
        Box::new(Elu::new(1.5).unwrap()),
        Box::new(Silu),
        Box::new(Gelu),
        Box::new(HardSigmoid),
    ]
}

/// The built-in regularizers, each on its own.
pub fn single_regularizers<T: Real>(n_inputs: usize) -> Vec<AnyRegularizer<T>> {
    let slope = |q, p| SlopePenalty::new(q, p).unwrap();
    let variances: Vec<f64> = (0..n_inputs).map(|i| 0.5 * i as f64).collect();
    vec![
        Box::new(Unregularized),
        Box::new(WeightDecay::new()),
        Box::new(MeanCode::new()),
        Box::new(MeanCode::square()),
        Box::new(KlSparsity::new(0.0).unwrap()),
        Box::new(KlSparsity::new(0.3).unwrap()),
        Box::new(KlSparsity::new(0.0).unwrap().with_margin(0.4).unwrap()),
        Box::new(CodeL1::new()),
        Box::new(slope(1, 0)),
        Box::new(slope(1, 1)),
        Box::new(slope(2, 3)),
        Box::new(slope(3, 2)),
        Box::new(Contractive::new()),
        Box::new(MarginalizedDenoising::new()),
        Box::new(MarginalizedDenoising::with_variances(variances).unwrap()),
        Box::new(DenoisingCross::new()),
        Box::new(DenoisingCurvature::new()),
        Box::new(SecondOrderDenoising::new()),
        Box::new(FirstOrderDenoising::new(0.3).unwrap()),
        Box::new(HessianPenalty::new(DISPLACEMENT_VARIANCE, DRAWS).unwrap()),
    ]
}

/// The built-in regularizers singly, scaled and in sums.
pub fn regularizers<T: Real>(n_inputs: usize) -> Vec<AnyRegularizer<T>> {
    let mut all = single_regularizers(n_inputs);
    let kl = KlSparsity::new(0.0).unwrap();
    let first_order = FirstOrderDenoising::new(0.3).unwrap();
    let boxed: AnyRegularizer<T> = Box::new(SecondOrderDenoising::new());
    all.push(Box::new(0.0 * Contractive::new()));
    all.push(Box::new(2.5 * DenoisingCross::new()));
    all.push(Box::new(Contractive::with_hessian(0.5, DISPLACEMENT_VARIANCE, 1).unwrap()));
    all.push(Box::new(0.5 * Contractive::new() + 0.1 * kl + WeightDecay::new()));
    all.push(Box::new(0.3 * (DenoisingCurvature::new() + 2.0 * first_order)));
    all.push(Box::new(boxed.scaled(0.5) + 0.7 * CodeL1::new()));
    all
}

/// Parameters and a batch, everything that an objective is a function of but the functions.
#[derive(Clone, Debug)]
pub struct Problem<T: Real> {
    pub parameters: Parameters<T>,
    pub input: DMatrix<T>,
    pub target: Option<DMatrix<T>>,
    /// n × (N · `DRAWS`).
    pub noise: DMatrix<T>,
}

pub type Model<'a, T> = RegularizedAutoEncoder<T, &'a dyn Activation<T>, &'a dyn Regularizer<T>>;

impl<T: Real> Problem<T> {
    pub fn n_samples(&self) -> usize {
        self.input.ncols()
    }

    pub fn batch(&self) -> Batch<'_, T> {
        let batch = Batch::from(&self.input).with_noise(&self.noise);
        match &self.target {
            Some(target) => batch.with_target(target),
            None => batch,
        }
    }

    pub fn pass<'a>(&'a self, activation: &'a dyn Activation<T>) -> Pass<'a, T> {
        Pass::new(&self.parameters, activation, self.batch()).unwrap()
    }

    pub fn model<'a>(
        &self,
        activation: &'a dyn Activation<T>,
        regularizer: &'a dyn Regularizer<T>,
    ) -> Model<'a, T> {
        RegularizedAutoEncoder::builder(self.parameters.n_inputs(), self.parameters.n_hidden())
            .activation(activation)
            .regularizer(regularizer)
            .parameters(self.parameters.clone())
            .build()
            .unwrap()
    }

    /// The problem on some of the samples, in the given order.
    pub fn select(&self, samples: &[usize]) -> Self {
        let draws = self.noise.ncols() / self.n_samples();
        let of_draw = |draw| samples.iter().map(move |sample| draw * self.n_samples() + sample);
        let noise: Vec<_> = (0..draws).flat_map(of_draw).collect();
        Self {
            parameters: self.parameters.clone(),
            input: self.input.select_columns(samples),
            target: self.target.as_ref().map(|target| target.select_columns(samples)),
            noise: self.noise.select_columns(&noise),
        }
    }

    /// The same numbers in another scalar type.
    pub fn cast<U: Real>(&self) -> Problem<U> {
        let matrix = |matrix: &DMatrix<T>| matrix.map(|value| U::of(value.as_f64()));
        let vector = |vector: &DVector<T>| vector.map(|value| U::of(value.as_f64()));
        let old = &self.parameters;
        let parameters = Parameters::new(
            matrix(old.filters()),
            vector(old.encoder_bias()),
            old.decoder_bias().map(vector),
        );
        Problem {
            parameters: parameters.unwrap(),
            input: matrix(&self.input),
            target: self.target.as_ref().map(matrix),
            noise: matrix(&self.noise),
        }
    }
}

impl Problem<f64> {
    /// The samples that have no kink within `REACH` of a pre-activation, neither at x nor where
    /// `HessianPenalty` displaces x: those of s that its properties name, and that of |h| at h = 0.
    pub fn samples_without_kinks(&self, activation: &dyn Activation<f64>) -> Vec<usize> {
        let kinks = activation.properties().kinks;
        let smooth = |&a: &f64| {
            kinks.iter().all(|kink| (a - kink.at).abs() > REACH)
                && activation.value(a - REACH) * activation.value(a + REACH) >= 0.0
        };
        let (filters, bias) = (self.parameters.filters(), self.parameters.encoder_bias());
        let deviation = DISPLACEMENT_VARIANCE.sqrt();
        let is_smooth = |&sample: &usize| {
            let x = self.input.column(sample);
            let displacements = self.noise.column_iter().skip(sample).step_by(self.n_samples());
            (filters.tr_mul(&x) + bias).iter().all(smooth)
                && displacements
                    .map(|z| filters.tr_mul(&(x + deviation * z)) + bias)
                    .all(|displaced| displaced.iter().all(smooth))
        };
        (0..self.n_samples()).filter(is_smooth).collect()
    }
}

fn vector(length: usize, bound: f64) -> impl Strategy<Value = DVector<f64>> {
    prop::collection::vec(-bound..=bound, length).prop_map(DVector::from_vec)
}

pub fn matrix(rows: usize, columns: usize, bound: f64) -> impl Strategy<Value = DMatrix<f64>> {
    prop::collection::vec(-bound..=bound, rows * columns)
        .prop_map(move |values| DMatrix::from_vec(rows, columns, values))
}

pub fn parameters(n_inputs: usize, n_hidden: usize) -> impl Strategy<Value = Parameters<f64>> {
    let bias = vector(n_hidden, BIASES);
    (matrix(n_inputs, n_hidden, FILTERS), bias, prop::option::of(vector(n_inputs, BIASES)))
        .prop_map(|(filters, bias, decoder)| Parameters::new(filters, bias, decoder).unwrap())
}

/// Problems of all shapes, with and without decoder bias and a target that is not the input.
pub fn problem() -> impl Strategy<Value = Problem<f64>> {
    (SIZES, SIZES, SIZES).prop_flat_map(|(n_inputs, n_hidden, n_samples)| {
        let samples = move || matrix(n_inputs, n_samples, DATA);
        let noise = matrix(n_inputs, n_samples * DRAWS, NOISE);
        (parameters(n_inputs, n_hidden), samples(), prop::option::of(samples()), noise).prop_map(
            |(parameters, input, target, noise)| Problem { parameters, input, target, noise },
        )
    })
}

/// So many cases, with those that failed kept beside the test's source.
pub fn cases(count: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    let count = wanted.map_or(count, |cases| cases.parse().expect("PROPTEST_CASES is no number"));
    let file = FileFailurePersistence::WithSource("regressions");
    ProptestConfig {
        failure_persistence: Some(Box::new(file)),
        ..ProptestConfig::with_cases(count)
    }
}

/// The same random values in every run, for existence and for averages.
pub fn examples<S: Strategy>(strategy: S, count: usize) -> impl Iterator<Item = S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

/// Value and gradient of a regularizer alone.
pub fn evaluate<T: Real>(regularizer: &dyn Regularizer<T>, pass: &Pass<'_, T>) -> (T, Gradient<T>) {
    let gradient = Gradient {
        filters: regularizer.weight_gradient(pass).unwrap(),
        encoder_bias: regularizer.bias_gradient(pass).unwrap(),
        decoder_bias: regularizer.decoder_bias_gradient(pass).unwrap(),
    };
    (regularizer.loss(pass).unwrap(), gradient)
}

/// The entries of a gradient: filters, encoder bias, decoder bias.
pub fn entries<T: Real>(gradient: &Gradient<T>) -> Vec<f64> {
    flatten(&gradient.filters, &gradient.encoder_bias, gradient.decoder_bias.as_ref())
}

/// The parameters in the order of `entries`.
pub fn values<T: Real>(parameters: &Parameters<T>) -> Vec<f64> {
    flatten(parameters.filters(), parameters.encoder_bias(), parameters.decoder_bias())
}

fn flatten<T: Real>(
    filters: &DMatrix<T>,
    encoder_bias: &DVector<T>,
    decoder_bias: Option<&DVector<T>>,
) -> Vec<f64> {
    let decoder_bias = decoder_bias.into_iter().flatten();
    filters.iter().chain(encoder_bias).chain(decoder_bias).map(|value| value.as_f64()).collect()
}

/// Parameters of the shape of `like` with these entries.
pub fn with_values(like: &Parameters<f64>, values: &[f64]) -> Parameters<f64> {
    let (n_inputs, n_hidden) = (like.n_inputs(), like.n_hidden());
    let (filters, biases) = values.split_at(n_inputs * n_hidden);
    let (encoder, decoder) = biases.split_at(n_hidden);
    Parameters::new(
        DMatrix::from_column_slice(n_inputs, n_hidden, filters),
        DVector::from_column_slice(encoder),
        like.decoder_bias().map(|_| DVector::from_column_slice(decoder)),
    )
    .unwrap()
}

/// The largest difference relative to the largest expected entry, but at least to `floor`;
/// infinite for NaN.
pub fn relative_error(found: &[f64], expected: &[f64], floor: f64) -> f64 {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(floor, |scale, value| scale.max(value.abs()));
    let errors = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
    let worse = |worst: f64, error: f64| {
        if error.is_nan() { f64::INFINITY } else { worst.max(error / scale) }
    };
    errors.fold(0.0, worse)
}

/// How far two evaluations of an objective are apart, relative to the largest number in them or to
/// 1: their terms may cancel.
pub fn difference<T: Real>(
    (found, found_gradient): &(T, Gradient<T>),
    (expected, expected_gradient): &(T, Gradient<T>),
) -> f64 {
    let all = |value: &T, gradient| [vec![value.as_f64()], entries(gradient)].concat();
    relative_error(&all(found, found_gradient), &all(expected, expected_gradient), 1.0)
}

/// Checks that there is an error whose message has all parts.
#[track_caller]
pub fn rejected<V>(attempt: Result<V, Error>, parts: &[&str]) {
    let message = attempt.err().expect("it must be rejected").to_string();
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}
