//! Scores of single samples, and from which one on a sample is anomalous.

use crate::common::*;
use nalgebra::DMatrix;
use proptest::prelude::*;
use regularized_autoencoder::data::Standardization;
use regularized_autoencoder::scores::{QuantileThreshold, contributions, reconstruction_errors};
use regularized_autoencoder::{Error, Real, RegularizedAutoEncoder, Relu, Unregularized, metrics};

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn errors_and_contributions_are_those_of_the_reconstruction(problem in problem()) {
        for activation in activations() {
            let model = problem.model(&activation, &Unregularized);
            let x = &problem.input;
            let residual = model.reconstruct(x).unwrap() - x;
            let errors = reconstruction_errors(&model, x).unwrap();
            let expected: Vec<f64> = residual.column_iter().map(|r| r.norm_squared()).collect();
            prop_assert!(relative_error(&errors, &expected, 1.0) < ROUNDING);
            let mean = errors.iter().sum::<f64>() / errors.len() as f64;
            let of_all = metrics::evaluate(&model, x).unwrap().reconstruction_error;
            prop_assert!(relative_error(&[mean], &[of_all], 1.0) < ROUNDING);

            let parts = contributions(&model, x.column(0).as_slice()).unwrap();
            let sum: f64 = parts.iter().map(|part| part.squared_residual).sum();
            prop_assert!(relative_error(&[sum], &errors[..1], 1.0) < ROUNDING);
            let sorted = parts.is_sorted_by(|a, b| {
                a.squared_residual > b.squared_residual
                    || (a.squared_residual == b.squared_residual && a.input < b.input)
            });
            prop_assert!(sorted, "{parts:?}");
            for part in parts {
                let error = relative_error(&[part.residual], &[residual[(part.input, 0)]], 1.0);
                prop_assert!(error < ROUNDING);
            }
        }
    }

    /// At most the share 1 − q of the reference scores is anomalous, and as many are as possible:
    /// the threshold is a reference score, and the next smaller one would not keep the promise for
    /// one score more.
    #[test]
    fn a_quantile_keeps_its_promise(
        scores in prop::collection::vec((0_u32..50).prop_map(f64::from), 1..300),
        quantile in 0.001..0.999,
    ) {
        let n = scores.len() as f64;
        match QuantileThreshold::fit(&scores, quantile) {
            Ok(threshold) => {
                let above = scores.iter().filter(|s| threshold.is_anomalous(**s)).count() as f64;
                prop_assert!(above / n <= 1.0 - quantile + ROUNDING);
                // With a new score among them that may be the largest of all.
                prop_assert!((above + 1.0) / (n + 1.0) <= 1.0 - quantile + ROUNDING);
                prop_assert!(scores.contains(&threshold.value()));
                let at_least =
                    scores.iter().filter(|s| **s >= threshold.value()).count() as f64;
                prop_assert!((at_least + 1.0) / (n + 1.0) > 1.0 - quantile - ROUNDING);
            }
            Err(error) => {
                prop_assert!(matches!(error, Error::NotEnough { .. }), "{}", error);
                prop_assert!(n < quantile / (1.0 - quantile));
            }
        }
    }
}

/// New scores from where the reference scores came from exceed the bound as seldom as promised.
#[test]
fn new_scores_exceed_the_bound_as_seldom_as_promised() {
    const ROUNDS: usize = 4000;
    let mut exceed = 0;
    for scores in examples(prop::collection::vec(0.0..1.0, 60), ROUNDS) {
        let (new, reference) = scores.split_last().unwrap();
        let threshold = QuantileThreshold::fit(reference, 0.9).unwrap();
        exceed += usize::from(threshold.is_anomalous(*new));
    }
    // The expectation is (60 − 54)/60 = 0.1; four standard deviations are 0.019.
    let rate = exceed as f64 / ROUNDS as f64;
    assert!((0.081..0.119).contains(&rate), "{rate}");
}

#[test]
fn the_fewest_reference_scores_are_named() {
    for (quantile, needed) in [(0.5, 1), (0.9, 9), (0.95, 19), (0.99, 99), (0.999, 999)] {
        let scores: Vec<f64> = (0..needed).map(f64::from).collect();
        let threshold = QuantileThreshold::fit(&scores, quantile).unwrap();
        assert_eq!(threshold.value(), f64::from(needed - 1), "the largest score");
        assert_eq!((threshold.quantile(), threshold.n_reference()), (quantile, scores.len()));
        let error = QuantileThreshold::fit(&scores[1..], quantile).unwrap_err();
        assert!(
            matches!(error, Error::NotEnough { asked, .. } if asked == scores.len()),
            "{error}"
        );
    }
}

fn threads_change_no_bit<T: Real>() {
    let x = DMatrix::from_fn(9, 1000, |i, j| T::of(((i * 31 + j * 17) as f64).sin()));
    let builder = RegularizedAutoEncoder::<T>::builder(9, 40).activation(Relu).seed(5);
    let mut model = builder.decoder_bias(true).build().unwrap();
    let expected = reconstruction_errors(&model, &x).unwrap();
    assert_eq!(expected.len(), 1000);
    for threads in [2, 3, 7, usize::MAX] {
        model.set_threads(threads).unwrap();
        assert_eq!(reconstruction_errors(&model, &x).unwrap(), expected);
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    threads_change_no_bit::<f32>();
    threads_change_no_bit::<f64>();
}

/// The data vary by 1 and by 100: in the units of the model, which has a scaler, by 1 both.
#[test]
fn scores_are_in_the_units_of_the_input() {
    let x = DMatrix::from_fn(2, 300, |i, j| 100_f64.powi(i as i32) * ((i * 31 + j) as f64).sin());
    let model = RegularizedAutoEncoder::builder(2, 3)
        .activation(Relu)
        .scaler(Standardization::fit(&x, 0.0).unwrap())
        .build()
        .unwrap();
    let residual = model.reconstruct(&x).unwrap() - &x;
    let expected: Vec<f64> = residual.column_iter().map(|r| r.norm_squared()).collect();
    let errors = reconstruction_errors(&model, &x).unwrap();
    assert!(relative_error(&errors, &expected, 0.0) < ROUNDING);
    let mean = errors.iter().sum::<f64>() / 300.0;
    assert!(mean > 100.0 * metrics::evaluate(&model, &x).unwrap().reconstruction_error);
    let parts = contributions(&model, x.column(7).as_slice()).unwrap();
    let sum: f64 = parts.iter().map(|part| part.squared_residual).sum();
    assert!(relative_error(&[sum], &errors[7..8], 0.0) < ROUNDING);
}

#[test]
fn bad_input_is_answered_by_errors() {
    let model = RegularizedAutoEncoder::<f64>::builder(4, 3).build().unwrap();
    let mut x = DMatrix::zeros(4, 300);
    x[(1, 290)] = f64::NAN;
    rejected(reconstruction_errors(&model, &x), &["NaN at row 1, column 290"]);
    rejected(reconstruction_errors(&model, &DMatrix::zeros(3, 2)), &["expected 4, got 3"]);
    rejected(reconstruction_errors(&model, &DMatrix::zeros(4, 0)), &["empty"]);
    let scaler = Standardization::from_parts(vec![0.0; 4], vec![1e-300; 4], 0.0).unwrap();
    let scaled = RegularizedAutoEncoder::<f64>::builder(4, 3).scaler(scaler).build().unwrap();
    x[(1, 290)] = 1e30;
    rejected(reconstruction_errors(&scaled, &x), &["inf at row 1, column 290"]);
    x[(1, 290)] = 1e200;
    rejected(reconstruction_errors(&model, &x), &["reconstruction error is inf"]);
    rejected(contributions(&model, &[0.0; 3]), &["expected 4, got 3"]);
    rejected(contributions(&model, &[]), &["expected 4, got 0"]);
    rejected(contributions(&model, &[0.0, f64::NAN, 0.0, 0.0]), &["NaN at row 1"]);
    rejected(contributions(&model, &[0.0, 1e200, 0.0, 0.0]), &["squared residual is inf"]);

    for quantile in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        let parts = ["quantile", &*format!("is {quantile}"), "in (0, 1)"];
        rejected(QuantileThreshold::fit(&[1.0; 100], quantile), &parts);
    }
    rejected(QuantileThreshold::fit(&[], 0.5), &["only 0"]);
    rejected(QuantileThreshold::fit(&[], 1e-300), &["1 asked for", "only 0"]);
    for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let parts = ["reference scores", &*format!("{score} at row 1"), "must be finite"];
        rejected(QuantileThreshold::fit(&[0.0, score, 1.0], 0.5), &parts);
    }
    let threshold = QuantileThreshold::fit(&[1.0, 2.0, 3.0], 0.5).unwrap();
    assert!(threshold.is_anomalous(f64::NAN) && threshold.is_anomalous(f64::INFINITY));
    assert!(!threshold.is_anomalous(f64::NEG_INFINITY));
}
