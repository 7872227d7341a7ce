//! Encoding, reconstruction and metrics on any number of threads.

use nalgebra::DMatrix;
use regularized_autoencoder::{
    Error, Real, RegularizedAutoEncoder, Relu, Samples, Sigmoid, metrics,
};

const THREADS: [usize; 5] = [2, 3, 4, 7, usize::MAX];

fn data<T: Real>(n_samples: usize) -> DMatrix<T> {
    DMatrix::from_fn(9, n_samples, |i, j| T::of(((i * 31 + j * 17) as f64).sin()))
}

fn model<T: Real>(threads: usize) -> RegularizedAutoEncoder<T> {
    let builder = RegularizedAutoEncoder::builder(9, 40).decoder_bias(true).threads(threads);
    builder.seed(5).build().unwrap()
}

fn bits<T: Real>(values: &DMatrix<T>) -> Vec<u64> {
    values.iter().map(|value| value.as_f64().to_bits()).collect()
}

fn threads_change_no_bit<T: Real>() {
    let alone = model::<T>(1);
    for n_samples in [1, 255, 256, 257, 1000] {
        let x = data::<T>(n_samples);
        let codes = alone.encode(&x).unwrap();
        let expected = (
            bits(&codes),
            bits(&alone.pre_activations(&x).unwrap()),
            bits(&alone.reconstruct(&x).unwrap()),
            bits(&alone.decode(&codes).unwrap()),
        );
        let evaluation = metrics::evaluate(&alone, &x).unwrap();
        for threads in THREADS {
            let together = model::<T>(threads);
            let found = (
                bits(&together.encode(&x).unwrap()),
                bits(&together.pre_activations(&x).unwrap()),
                bits(&together.reconstruct(&x).unwrap()),
                bits(&together.decode(&codes).unwrap()),
            );
            assert!(found == expected, "{n_samples} samples, {threads} threads");
            assert_eq!(metrics::evaluate(&together, &x).unwrap(), evaluation);
            let (parameters, activation) = (together.parameters(), together.activation());
            let found = metrics::evaluate_parameters(parameters, activation, &x, threads).unwrap();
            assert_eq!(found, evaluation);
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    threads_change_no_bit::<f32>();
    threads_change_no_bit::<f64>();
}

/// Metrics are taken in pieces of 64 samples; here they are compared with their definitions.
#[test]
fn metrics_in_pieces_are_those_of_the_whole() {
    let (model, mut x) = (model::<f64>(2), data::<f64>(700));
    // Far from 0, where squares cancel, and different in the second piece.
    x.add_scalar_mut(1e3);
    x.columns_mut(64, 64).add_scalar_mut(1.0);
    let found = metrics::evaluate_with_threshold(&model, &x, 0.5).unwrap();
    let (a, h) = (model.pre_activations(&x).unwrap(), model.encode(&x).unwrap());
    let close = |found: f64, expected: f64| {
        assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found}, not {expected}");
    };
    for unit in 0..40 {
        let row = a.row(unit);
        let mean = row.iter().sum::<f64>() / 700.0;
        let variance = row.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / 700.0;
        close(found.pre_activation_mean[unit], mean);
        close(found.pre_activation_variance[unit], variance);
        let active = h.row(unit).iter().filter(|h| **h > 0.5).count();
        close(found.activation_rate[unit], active as f64 / 700.0);
    }
    for (sample, code) in h.column_iter().enumerate() {
        assert_eq!(found.active_units[sample], code.iter().filter(|h| **h > 0.5).count());
    }
    let error = (model.reconstruct(&x).unwrap() - &x).norm_squared() / 700.0;
    close(found.reconstruction_error, error);
    let mean = x.column_mean();
    let spread = x.column_iter().map(|x| (x - &mean).norm_squared()).sum::<f64>() / 700.0;
    close(found.explained_variance.unwrap(), 1.0 - error / spread);
}

#[test]
fn samples_that_are_all_alike_have_no_explained_variance() {
    let x = DMatrix::from_element(9, 600, 0.1);
    for threads in [1, 2] {
        let evaluation = metrics::evaluate(&model::<f64>(threads), &x).unwrap();
        assert_eq!(evaluation.explained_variance, None);
    }
}

/// Of two pieces that overflow, the error is that of the first, whoever finishes first.
#[test]
fn an_error_is_that_of_the_first_sample() {
    let mut values = vec![0.1_f32; 700 * 2];
    values[2 * 300] = f32::MAX;
    values[2 * 600] = -f32::MAX;
    let samples = Samples::from_slice(&values, 2).unwrap();
    let parameters = regularized_autoencoder::Parameters::new(
        DMatrix::from_element(2, 3, 10.0),
        nalgebra::DVector::zeros(3),
        None,
    )
    .unwrap();
    for threads in [1, 2, 3] {
        let model = RegularizedAutoEncoder::builder(2, 3)
            .activation(Relu)
            .parameters(parameters.clone())
            .threads(threads)
            .build()
            .unwrap();
        for error in
            [model.encode(&samples).unwrap_err(), metrics::evaluate(&model, &samples).unwrap_err()]
        {
            assert!(
                matches!(error, Error::NotFiniteResult { value, .. } if value == f64::INFINITY),
                "{error}"
            );
        }
    }
}

#[test]
fn without_threads_there_is_an_error() {
    let builder = RegularizedAutoEncoder::<f64>::builder(2, 3);
    let error = builder.clone().threads(0).build().unwrap_err().to_string();
    assert!(error.contains("threads is 0"), "{error}");
    let mut model = builder.build().unwrap();
    assert!(model.set_threads(0).is_err());
    assert_eq!(model.threads(), 1);
    model.set_threads(2).unwrap();
    assert_eq!(model.threads(), 2);
    let x = DMatrix::zeros(2, 1);
    assert!(metrics::evaluate_parameters(model.parameters(), &Sigmoid, &x, 0).is_err());
}
