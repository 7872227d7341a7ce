//! Codes with so many hard zeros that products skip them: values and gradients stay what they are.

use crate::common::*;
use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{
    Activation, Constraint, Contractive, FirstOrderDenoising, HardSigmoid, Parameters,
    RegularizedAutoEncoder, Regularizer, Relu, SecondOrderDenoising, Trainer, Unregularized,
};

const N: usize = 30;
const M: usize = 300;
const B: usize = 40;

fn wave(rows: usize, columns: usize, seed: f64) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |i, j| (seed + 1.7 * i as f64 + 2.3 * (i * j) as f64).sin())
}

/// Filters of length 1 and a bias at which few units are active.
fn parameters(bias: f64) -> Parameters<f64> {
    let mut filters = wave(N, M, 0.3);
    filters.column_iter_mut().for_each(|mut filter| _ = filter.normalize_mut());
    let decoder_bias = DVector::from_fn(N, |i, _| 0.1 * (i as f64).cos());
    Parameters::new(filters, DVector::from_element(M, bias), Some(decoder_bias)).unwrap()
}

fn share_of_nonzero(values: &DMatrix<f64>) -> f64 {
    values.iter().filter(|value| **value != 0.0).count() as f64 / values.len() as f64
}

fn problem(bias: f64) -> Problem<f64> {
    Problem {
        parameters: parameters(bias),
        input: wave(N, B, 1.0),
        target: Some(wave(N, B, 2.0)),
        noise: wave(N, B * DRAWS, 3.0),
    }
}

/// The activations with the bias at which their codes, or at least their slopes, are sparse.
fn cases() -> [(&'static dyn Activation<f64>, f64); 2] {
    [(&Relu, -1.4), (&HardSigmoid, -4.2)]
}

#[test]
fn the_cases_are_sparse_and_not_empty() {
    for (activation, bias) in cases() {
        let problem = problem(bias);
        let model = problem.model(activation, &Unregularized);
        let a = model.pre_activations(&problem.input).unwrap();
        let slopes = share_of_nonzero(&a.map(|a| activation.derivative(a)));
        let codes = share_of_nonzero(&model.encode(&problem.input).unwrap());
        assert!(slopes > 0.01 && slopes < 0.1 && codes > 0.01 && codes < 0.1, "{slopes} {codes}");
        for kink in activation.properties().kinks.iter() {
            // Differences over steps of 1e-6 in every parameter meet no kink.
            assert!(a.iter().all(|a| (a - kink.at).abs() > 3e-5));
        }
    }
}

#[test]
fn the_objective_and_its_gradient_are_those_of_the_definition() {
    for (activation, bias) in cases() {
        let problem = problem(bias);
        let Problem { parameters, input: x, target, .. } = &problem;
        let (w, b) = (parameters.filters(), parameters.encoder_bias());
        let a = DMatrix::from_fn(M, B, |j, i| w.column(j).dot(&x.column(i)) + b[j]);
        let (h, d) = (a.map(|a| activation.value(a)), a.map(|a| activation.derivative(a)));
        let mut r = w * &h - target.as_ref().unwrap();
        r.column_iter_mut().for_each(|mut r| r += parameters.decoder_bias().unwrap());
        let delta = (w.transpose() * &r).component_mul(&d) * (2.0 / B as f64);
        let filters = (&r * h.transpose()) * (2.0 / B as f64) + x * delta.transpose();

        let model = problem.model(activation, &Unregularized);
        let (loss, gradient) = model.gradient(problem.batch()).unwrap();
        assert!((loss.reconstruction * B as f64 / r.norm_squared() - 1.0).abs() < 1e-13);
        assert!((gradient.filters - &filters).norm() < 1e-13 * filters.norm());
        let bias = delta.column_sum();
        assert!((gradient.encoder_bias - &bias).norm() < 1e-13 * bias.norm());
    }
}

/// With every regularizer, gradients are the slopes of the objective along some directions.
#[test]
fn gradients_are_slopes() {
    const STEP: f64 = 1e-6;
    for (activation, bias) in cases() {
        let problem = problem(bias);
        for regularizer in regularizers::<f64>(N) {
            let (_, gradient) =
                problem.model(activation, &*regularizer).gradient(problem.batch()).unwrap();
            let gradient = entries(&gradient);
            let start = values(&problem.parameters);
            for seed in [0.1, 0.2] {
                let direction = |at: usize| (seed * at as f64).sin();
                let objective = |step: f64| {
                    let moved: Vec<f64> =
                        start.iter().enumerate().map(|(at, v)| v + step * direction(at)).collect();
                    let parameters = with_values(&problem.parameters, &moved);
                    let moved = Problem { parameters, ..problem.clone() };
                    let model = moved.model(activation, &*regularizer);
                    model.objective(problem.batch()).unwrap().total()
                };
                let slope = (objective(STEP) - objective(-STEP)) / (2.0 * STEP);
                let expected: f64 =
                    gradient.iter().enumerate().map(|(at, g)| g * direction(at)).sum();
                let error = (slope - expected).abs();
                assert!(
                    error < 1e-6 * expected.abs().max(1.0),
                    "{regularizer:?} with {activation:?}: {slope}, not {expected}"
                );
            }
        }
    }
}

/// The bits are the same for any number of threads, also where a training turns from dense to
/// sparse products on its way.
#[test]
fn the_number_of_threads_changes_no_bit() {
    let x = wave(N, B * 5, 1.0);
    let weak: [AnyRegularizer<f64>; 4] = [
        Box::new(Unregularized),
        Box::new(1e-3 * Contractive::new()),
        Box::new(FirstOrderDenoising::new(1e-4).unwrap()),
        Box::new(1e-4 * SecondOrderDenoising::new()),
    ];
    for regularizer in weak {
        threads_change_no_bit(&x, &*regularizer);
    }
}

fn threads_change_no_bit(x: &DMatrix<f64>, regularizer: &dyn Regularizer<f64>) {
    let trained = |threads| {
        let mut model = RegularizedAutoEncoder::builder(N, 3 * M)
            .activation(Relu)
            .regularizer(regularizer)
            .build()
            .unwrap();
        let trainer = Trainer::builder().constraint(Constraint::UNIT).learning_rate(0.003);
        let trainer = trainer.batch_size(B).epochs(60).threads(threads).build().unwrap();
        let before = share_of_nonzero(&model.encode(x).unwrap());
        trainer.fit(&mut model, x).unwrap();
        let after = share_of_nonzero(&model.encode(x).unwrap());
        assert!(before > 0.2 && after < 0.1, "{before} {after}");
        values(model.parameters()).into_iter().map(f64::to_bits).collect::<Vec<_>>()
    };
    let alone = trained(1);
    for threads in [2, 3, 4] {
        assert!(trained(threads) == alone, "{regularizer:?} with {threads} threads");
    }
}
