//! Gradients are the derivatives of the values: every activation with every regularizer, from the
//! objective to the step of the trainer.

use crate::common::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use regularized_autoencoder::{
    Activation, ActivationMetadata, Batch, Contractive, Cotangents, Forward, GaussianNoise,
    Gradient, Loss, Masking, Needs, Parameters, Real, Regularizer, RegularizerMetadata,
    SaltAndPepper, Shape, Sigmoid, Trainer, TrainingState, Unregularized,
};
use std::cell::Cell;
use std::sync::Mutex;

/// How far the gradient of the objective is from central differences of the objective.
fn gradient_error(
    problem: &Problem<f64>,
    activation: &dyn Activation<f64>,
    regularizer: &dyn Regularizer<f64>,
) -> f64 {
    let mut model = problem.model(activation, regularizer);
    let (loss, gradient) = model.gradient(problem.batch()).unwrap();
    let at = values(&problem.parameters);
    let mut objective = |entry: usize, value: f64| {
        let mut values = at.clone();
        values[entry] = value;
        model.set_parameters(with_values(&problem.parameters, &values)).unwrap();
        model.objective(problem.batch()).unwrap().total()
    };
    let differences: Vec<f64> = (0..at.len())
        .map(|entry| {
            let step = f64::EPSILON.cbrt() * at[entry].abs().max(1.0);
            let (right, left) = (at[entry] + step, at[entry] - step);
            (objective(entry, right) - objective(entry, left)) / (right - left)
        })
        .collect();
    relative_error(&entries(&gradient), &differences, loss.total().abs().max(1e-3))
}

#[test]
fn gradients_are_central_differences() {
    let (checked, skipped) = (Cell::new(0), Cell::new(0));
    let activations = activations();
    let property = |problem: Problem<f64>| {
        let regularizers = regularizers(problem.parameters.n_inputs());
        for activation in &activations {
            let samples = problem.samples_without_kinks(activation);
            checked.set(checked.get() + samples.len());
            skipped.set(skipped.get() + problem.n_samples() - samples.len());
            if samples.is_empty() {
                continue;
            }
            let problem = problem.select(&samples);
            for regularizer in &regularizers {
                let error = gradient_error(&problem, activation, regularizer);
                prop_assert!(error < DIFFERENCES, "{activation:?}, {regularizer:?}: {error:e}");
            }
        }
        Ok(())
    };
    let config = ProptestConfig { source_file: Some(file!()), ..cases(100) };
    TestRunner::new(config).run(&problem(), property).unwrap();
    assert!(skipped.get() < checked.get() / 10, "{} of {}", skipped.get(), checked.get());
}

/// R with its gradient multiplied by a factor.
#[derive(Debug)]
struct Misjudged<R>(R, f64);

impl<R: RegularizerMetadata> RegularizerMetadata for Misjudged<R> {
    fn needs(&self, shape: Shape) -> Needs {
        self.0.needs(shape)
    }
}

impl<R: Regularizer<f64>> Regularizer<f64> for Misjudged<R> {
    fn accumulate(&self, forward: &Forward<'_, f64>, out: &mut Cotangents<'_, f64>) -> f64 {
        self.0.accumulate(forward, &mut out.scaled(self.1))
    }
}

/// E Σ_j s'(a_j)² ‖W_j‖² that forgets how ‖W_j‖ depends on W.
#[derive(Debug)]
struct LengthForgotten;

impl RegularizerMetadata for LengthForgotten {
    fn needs(&self, _: Shape) -> Needs {
        Needs::per_unit()
    }
}

impl Regularizer<f64> for LengthForgotten {
    fn accumulate(&self, forward: &Forward<'_, f64>, out: &mut Cotangents<'_, f64>) -> f64 {
        let (weight, lengths) = (forward.sample_weight(), forward.squared_lengths());
        let mut value = 0.0;
        for i in 0..forward.n_samples() {
            let (d, c) = (forward.derivative(i), forward.second_derivative(i));
            for (j, &length) in lengths.iter().enumerate() {
                value += weight * d[j] * d[j] * length;
                out.add_pre_activation(j, i, 2.0 * weight * d[j] * c[j] * length);
            }
        }
        value
    }
}

/// The sigmoid with a wrong derivative.
#[derive(Debug)]
struct Steep;

impl ActivationMetadata for Steep {}

impl Activation<f64> for Steep {
    fn value(&self, a: f64) -> f64 {
        Sigmoid.value(a)
    }
    fn derivative(&self, a: f64) -> f64 {
        1.01 * Sigmoid.derivative(a)
    }
    fn second_derivative(&self, a: f64) -> f64 {
        Sigmoid.second_derivative(a)
    }
}

#[test]
fn wrong_gradients_are_found() {
    const PROBLEMS: usize = 40;
    let found = |activation: &dyn Activation<f64>, regularizer: &dyn Regularizer<f64>| {
        examples(problem(), PROBLEMS)
            .filter(|problem| gradient_error(problem, activation, regularizer) > DIFFERENCES)
            .count()
    };
    assert_eq!(found(&Sigmoid, &Misjudged(Contractive::new(), 1.0)), 0);
    assert_eq!(found(&Sigmoid, &Misjudged(Contractive::new(), 2.0)), PROBLEMS);
    assert_eq!(found(&Sigmoid, &LengthForgotten), PROBLEMS);
    assert_eq!(found(&Steep, &Unregularized), PROBLEMS);
}

proptest! {
    #![proptest_config(cases(100))]

    /// R is what it adds to the objective and to each gradient.
    #[test]
    fn a_regularizer_alone_is_its_part_of_the_objective(problem in problem()) {
        for activation in activations() {
            let plain = problem.model(&activation, &Unregularized);
            let (_, plain) = plain.gradient(problem.batch()).unwrap();
            for regularizer in regularizers(problem.parameters.n_inputs()) {
                let (value, alone) = evaluate(&regularizer, &problem.pass(&activation));
                let model = problem.model(&activation, &regularizer);
                let (loss, whole) = model.gradient(problem.batch()).unwrap();
                let sum: Vec<f64> =
                    entries(&plain).iter().zip(entries(&alone)).map(|(p, a)| p + a).collect();
                let error = relative_error(&sum, &entries(&whole), loss.total().abs().max(1.0))
                    .max(relative_error(&[value], &[loss.regularizer], 1e-3));
                prop_assert!(error < ROUNDING, "{activation:?}, {regularizer:?}: {error:e}");
            }
        }
    }

    /// Away from kinks, where a rounding error may decide on which side a sample lies.
    #[test]
    fn single_precision_agrees(problem in problem()) {
        let single: Problem<f32> = problem.cast();
        let double: Problem<f64> = single.cast();
        let n_inputs = problem.parameters.n_inputs();
        for (in_single, in_double) in activations().iter().zip(activations()) {
            let samples = double.samples_without_kinks(&in_double);
            if samples.is_empty() {
                continue;
            }
            let (single, double) = (single.select(&samples), double.select(&samples));
            for (of_single, of_double) in regularizers(n_inputs).iter().zip(regularizers(n_inputs))
            {
                let found = single.model(in_single, of_single).gradient(single.batch()).unwrap();
                let expected =
                    double.model(&in_double, &of_double).gradient(double.batch()).unwrap();
                let total = expected.0.total();
                let scale = total.abs().max(expected.0.reconstruction).max(1.0);
                let error = relative_error(&[found.0.total().as_f64()], &[total], scale)
                    .max(relative_error(&entries(&found.1), &entries(&expected.1), scale));
                prop_assert!(error < SINGLE, "{in_double:?}, {of_double:?}: {error:e}");
            }
        }
    }

    /// One step without momentum is θ − η ∇J at the batch and the noise that the regularizer was
    /// shown, a batch of all samples in some order.
    #[test]
    fn a_plain_step_follows_the_gradient(
        problem in problem(),
        rate in 0.01..1.0,
        seed in any::<u64>(),
    ) {
        let trainer = Trainer::builder()
            .learning_rate(rate)
            .momentum(0.0)
            .epochs(1)
            .batch_size(problem.n_samples())
            .seed(seed)
            .build()
            .unwrap();
        for activation in activations() {
            for regularizer in regularizers(problem.parameters.n_inputs()) {
                let spy = Spy::on(&regularizer);
                let mut model = problem.model(&activation, &spy);
                let report = trainer.fit(&mut model, &problem.input).unwrap();
                let (input, noise) = spy.report(problem.parameters.n_inputs());
                prop_assert_eq!(sorted_columns(&input), sorted_columns(&problem.input));

                let batch = Batch::from(&input).with_noise(&noise);
                let expected = problem.model(&activation, &regularizer).gradient(batch).unwrap();
                let found = (report.history[0].objective(), model.parameters());
                let error = step_error(found, &problem.parameters, rate, &expected);
                prop_assert!(error < ROUNDING, "{activation:?}, {regularizer:?}: {error:e}");
            }
        }
    }

    /// The same with corrupted inputs, whose target are the clean ones.
    #[test]
    fn a_denoising_step_follows_the_gradient(problem in problem(), seed in any::<u64>()) {
        const RATE: f64 = 0.1;
        let n_inputs = problem.parameters.n_inputs();
        let limits = vec![(-1.0, 1.0); n_inputs];
        let builder = Trainer::builder()
            .learning_rate(RATE)
            .momentum(0.0)
            .batch_size(problem.n_samples())
            .seed(seed);
        let trainers = [
            builder.clone().corruption(GaussianNoise::new(0.3).unwrap()).build().unwrap(),
            builder.clone().corruption(Masking::new(0.5).unwrap()).build().unwrap(),
            builder.corruption(SaltAndPepper::new(0.5, limits).unwrap()).build().unwrap(),
        ];
        for activation in activations() {
            for regularizer in regularizers(n_inputs) {
                for trainer in &trainers {
                    let spy = Spy::on(&regularizer);
                    let mut model = problem.model(&activation, &spy);
                    let mut state = TrainingState::new(&model);
                    let report =
                        trainer.partial_fit(&mut model, &mut state, &problem.input).unwrap();
                    let (input, noise) = spy.report(n_inputs);

                    let batch =
                        Batch::from(&input).with_target(&problem.input).with_noise(&noise);
                    let expected =
                        problem.model(&activation, &regularizer).gradient(batch).unwrap();
                    let found = (report.history[0].objective(), model.parameters());
                    let error = step_error(found, &problem.parameters, RATE, &expected);
                    prop_assert!(error < ROUNDING, "{activation:?}, {regularizer:?}: {error:e}");
                }
            }
        }
    }
}

/// Notes the input and the noise that another regularizer is shown.
#[derive(Debug)]
struct Spy<'a> {
    regularizer: &'a dyn Regularizer<f64>,
    input: Mutex<Vec<f64>>,
    noise: Mutex<Vec<f64>>,
}

impl<'a> Spy<'a> {
    fn on(regularizer: &'a dyn Regularizer<f64>) -> Self {
        Self { regularizer, input: Mutex::default(), noise: Mutex::default() }
    }

    /// Input and noise in columns; one column of zeros where there was no noise.
    fn report(&self, n_inputs: usize) -> (DMatrix<f64>, DMatrix<f64>) {
        let matrix = |values: &Mutex<Vec<f64>>| {
            let values = values.lock().unwrap();
            DMatrix::from_column_slice(n_inputs, values.len() / n_inputs, &values)
        };
        let noise = matrix(&self.noise);
        (matrix(&self.input), if noise.is_empty() { DMatrix::zeros(n_inputs, 1) } else { noise })
    }
}

impl RegularizerMetadata for Spy<'_> {
    fn needs(&self, shape: Shape) -> Needs {
        self.regularizer.needs(shape)
    }
}

impl Regularizer<f64> for Spy<'_> {
    fn accumulate(&self, forward: &Forward<'_, f64>, out: &mut Cotangents<'_, f64>) -> f64 {
        let mut input = self.input.lock().unwrap();
        let mut noise = self.noise.lock().unwrap();
        (0..forward.n_samples()).for_each(|sample| input.extend(forward.input(sample)));
        for draw in 0..forward.n_draws() {
            (0..forward.n_samples()).for_each(|sample| noise.extend(forward.noise(sample, draw)));
        }
        self.regularizer.accumulate(forward, out)
    }
}

fn sorted_columns(matrix: &DMatrix<f64>) -> Vec<Vec<f64>> {
    let mut columns: Vec<Vec<f64>> =
        matrix.column_iter().map(|column| column.iter().copied().collect()).collect();
    columns.sort_by(|left, right| left.partial_cmp(right).unwrap());
    columns
}

/// How far objective and parameters after a step are from J and θ − η ∇J.
fn step_error(
    (objective, after): (f64, &Parameters<f64>),
    before: &Parameters<f64>,
    rate: f64,
    (loss, gradient): &(Loss<f64>, Gradient<f64>),
) -> f64 {
    let gradient = entries(gradient);
    let expected: Vec<f64> =
        values(before).iter().zip(&gradient).map(|(value, g)| value - rate * g).collect();
    let scale = gradient.iter().fold(loss.total().abs().max(1.0), |scale, g| scale.max(g.abs()));
    relative_error(&values(after), &expected, scale).max(relative_error(
        &[objective],
        &[loss.total()],
        scale,
    ))
}

#[test]
fn a_wrong_step_is_found() {
    for problem in examples(problem(), 20) {
        let model = problem.model(&Sigmoid, &Unregularized);
        let expected = model.gradient(&problem.input).unwrap();
        let found = (expected.0.total(), model.parameters());
        assert!(step_error(found, model.parameters(), 0.0, &expected) < ROUNDING);
        assert!(step_error(found, model.parameters(), 0.1, &expected) > 1e-4);
    }
}

/// As one batch, a data set of samples that hardly differ keeps its digits in single precision:
/// there each term of a sum is much smaller than the sum.
#[test]
fn a_whole_data_set_keeps_its_digits_in_single_precision() {
    const N_SAMPLES: usize = 60_000;
    let wave =
        |columns| DMatrix::from_fn(2, columns, |i, j| 0.7 + 0.01 * ((i + 3 * j) as f64).sin());
    let problem = Problem {
        parameters: Parameters::new(
            DMatrix::from_fn(2, 3, |i, j| 0.3 + 0.1 * i as f64 + 0.2 * j as f64),
            DVector::from_element(3, 0.4),
            None,
        )
        .unwrap(),
        input: wave(N_SAMPLES),
        target: None,
        noise: wave(N_SAMPLES * DRAWS),
    };
    let single: Problem<f32> = problem.cast();
    let pairs = single_regularizers::<f64>(2).into_iter().zip(single_regularizers::<f32>(2));
    for (double_regularizer, single_regularizer) in pairs {
        let (_, expected) = evaluate(&*double_regularizer, &problem.pass(&Sigmoid));
        let (_, found) = evaluate(&*single_regularizer, &single.pass(&Sigmoid));
        let error = relative_error(&entries(&found), &entries(&expected), 1e-3);
        assert!(error < 1e-4, "{double_regularizer:?}: {error:e}");
    }
}
