//! Lemma 1, Thm. 1, Thm. 2 and Eq. 5: what is measured obeys them under their assumptions, and
//! breaks them without.

use crate::common::family::{Family, increasing};
use crate::common::*;
use nalgebra::{DMatrix, DVector, dmatrix};
use proptest::prelude::*;
use regularized_autoencoder::data::Whitening;
use regularized_autoencoder::theory::{
    Assumption1, Claim, Exactness, Snapshot, cantelli, chebyshev, lemma_1_bound,
};
use regularized_autoencoder::{
    Activation, ActivationMetadata, Contractive, Error, HardSigmoid, Identity, KlSparsity,
    MeanCode, Parameters, Real, RegularizedAutoEncoder, Regularizer, RegularizerMetadata, Relu,
    Sigmoid, Softplus, Unregularized,
};

/// How much the bounds of Thm. 2 may exceed the measured share: two-point laws attain them.
const ATTAINED: f64 = 1e-12;
const ATTAINED_SINGLE: f64 = 1e-5;

fn snapshot<T: Real>(problem: &Problem<T>, activation: &dyn Activation<T>) -> Snapshot {
    Snapshot::of_pass(&problem.pass(activation), &Unregularized).unwrap()
}

/// No bound is violated, up to `rounding`.
fn bounds_hold(snapshot: &Snapshot, rounding: f64, attained: f64) -> Result<(), TestCaseError> {
    for unit in &snapshot.units {
        let gradient = unit.reconstruction_gradient.abs();
        prop_assert!(gradient <= unit.lemma_1_bound * (1.0 + rounding), "Lemma 1: {unit:?}");
        if let (Some(chebyshev), Some(cantelli)) = (unit.chebyshev, unit.cantelli) {
            prop_assert!((0.0..=1.0).contains(&chebyshev) && cantelli <= 1.0);
            prop_assert!(chebyshev <= cantelli + rounding, "{unit:?}");
            prop_assert!(cantelli <= unit.inactive_share + attained, "Thm. 2: {unit:?}");
        }
        let scale = unit.pre_activation_variance + unit.variance_by_covariance;
        let error = (unit.pre_activation_variance - unit.variance_by_covariance).abs();
        prop_assert!(error <= 100.0 * rounding * (1.0 + scale), "Var[a_j] = WᵀCW: {unit:?}");
    }
    Ok(())
}

proptest! {
    // 24 activations each, 10,000 cases and more.
    #![proptest_config(cases(1000))]

    #[test]
    fn bounds_hold_on_any_data(problem in problem(), families in prop::collection::vec(increasing(), 10)) {
        for activation in activations() {
            bounds_hold(&snapshot(&problem, &activation), ROUNDING, ATTAINED)?;
        }
        for activation in &families {
            bounds_hold(&snapshot(&problem, activation), ROUNDING, ATTAINED)?;
        }
    }

    #[test]
    fn bounds_hold_in_single_precision(problem in problem()) {
        let problem = problem.cast::<f32>();
        for activation in activations() {
            bounds_hold(&snapshot(&problem, &activation), 1e-5, ATTAINED_SINGLE)?;
        }
    }
}

/// Biases low enough for Thm. 2 to say something, and many samples.
fn sparse_problem() -> impl Strategy<Value = Problem<f64>> {
    (1_usize..4, 1_usize..5, 20_usize..60).prop_flat_map(|(n_inputs, n_hidden, n_samples)| {
        let filters = matrix(n_inputs, n_hidden, 1.0);
        let bias = prop::collection::vec(-8.0..-1.0, n_hidden);
        (filters, bias, matrix(n_inputs, n_samples, DATA)).prop_map(
            move |(filters, bias, input)| {
                let parameters = Parameters::new(filters, DVector::from_vec(bias), None).unwrap();
                let noise = DMatrix::zeros(n_inputs, n_samples * DRAWS);
                Problem { parameters, input, target: None, noise }
            },
        )
    })
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn theorem_2_holds_where_it_says_something(problem in sparse_problem()) {
        for activation in [&Relu as &dyn Activation<f64>, &Sigmoid, &Softplus::new(), &HardSigmoid] {
            bounds_hold(&snapshot(&problem, activation), ROUNDING, ATTAINED)?;
        }
    }

    /// On white data the variance is ‖W_j‖².
    #[test]
    fn variances_on_white_data_are_squared_lengths(problem in sparse_problem()) {
        let Ok(whitening) = Whitening::zca(&problem.input, 1e-6).and_then(Whitening::full_rank) else {
            return Err(TestCaseError::reject("not of full rank"));
        };
        let input = whitening.apply(&problem.input).unwrap();
        let moments = Assumption1::of(&input).unwrap();
        prop_assert_eq!(
            moments.exactness(Claim::VarianceIsSquaredLength, 1e-9).unwrap(),
            Exactness::Exact
        );
        let problem = Problem { input, ..problem };
        for unit in snapshot(&problem, &Sigmoid).units {
            let squared = unit.filter_length.powi(2);
            prop_assert!((unit.pre_activation_variance - squared).abs() <= 1e-9 * (1.0 + squared));
        }
    }
}

#[test]
fn theorem_2_says_something_often_enough_to_be_tested() {
    let bounds: Vec<f64> = examples(sparse_problem(), 100)
        .flat_map(|problem| snapshot(&problem, &Sigmoid).units)
        .map(|unit| unit.cantelli.unwrap())
        .collect();
    let telling = bounds.iter().filter(|bound| **bound > 0.3).count();
    assert!(telling > bounds.len() / 4, "{telling} of {}", bounds.len());
}

/// One unit, one input: a = wx + b.
fn scalar(weight: f64, bias: f64, samples: &[f64]) -> Problem<f64> {
    let parameters =
        Parameters::new(dmatrix![weight], DVector::from_element(1, bias), None).unwrap();
    let noise = DMatrix::zeros(1, samples.len() * DRAWS);
    Problem {
        parameters,
        input: DMatrix::from_row_slice(1, samples.len(), samples),
        target: None,
        noise,
    }
}

/// A law of two points, one of them at a_min, leaves no room above Cantelli's bound.
#[test]
fn two_point_laws_attain_cantellis_bound() {
    // a = 0⁺ with probability ¼, else −1, with ReLU, whose a_min is 0.
    let tiny = f64::MIN_POSITIVE;
    let problem = scalar(1.0, 0.0, &[tiny, -1.0, -1.0, -1.0]);
    let unit = snapshot(&problem, &Relu).units[0];
    assert_eq!(unit.inactive_share, 0.75);
    assert!((unit.cantelli.unwrap() - 0.75).abs() <= ATTAINED, "{unit:?}");
    // a = 0⁺ and −2 with probability ⅛ each, else −1: Chebyshev's case, on both sides.
    let problem = scalar(1.0, 0.0, &[tiny, -2.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0]);
    let unit = snapshot(&problem, &Relu).units[0];
    assert!((unit.chebyshev.unwrap() - 0.75).abs() <= ATTAINED, "{unit:?}");
    assert!(unit.cantelli.unwrap() > 0.75 && unit.inactive_share == 0.875);
}

/// Lemma 1 is about the residual's root mean square about zero: with the standard deviation of the
/// paper it would fail, as in its example.
#[test]
fn lemma_1_with_the_standard_deviation_is_false() {
    let problem = scalar(1.0, 3.0, &[-1.0, 1.0]);
    let found = snapshot(&problem, &Relu);
    let unit = found.units[0];
    assert_eq!(unit.reconstruction_gradient, unit.lemma_1_bound);
    assert_eq!(found.residual_rms, 3.0);
    let model = problem.model(&Relu, &Unregularized);
    let residual = model.reconstruct(&problem.input).unwrap() - &problem.input;
    let with_deviation = 2.0 * residual.variance().sqrt() * unit.filter_length;
    assert!(unit.reconstruction_gradient > with_deviation, "{with_deviation}");
}

/// Lemma 1 uses sup|s'|: with 1 in its place it fails for a steeper activation.
#[test]
fn lemma_1_needs_the_steepest_slope() {
    let steep = Family { sign: 1.0, offset: 0.0, slope: 3.0, pieces: vec![] };
    let violated = examples(problem(), 100).flat_map(|problem| {
        let found = snapshot(&problem, &steep);
        let error = found.reconstruction_error;
        found.units.into_iter().map(move |unit| {
            let as_if_1 = lemma_1_bound(error, unit.filter_length, 1.0).unwrap();
            (unit.reconstruction_gradient.abs() > as_if_1, unit)
        })
    });
    let violated: Vec<_> = violated.collect();
    assert!(violated.iter().any(|(violated, _)| *violated));
    for (_, unit) in violated {
        assert!(unit.reconstruction_gradient.abs() <= unit.lemma_1_bound * (1.0 + ROUNDING));
    }
}

/// Thm. 2 says nothing from a_min on: there the same expression would promise what is false.
#[test]
fn theorem_2_needs_the_mean_below_a_min() {
    // All pre-activations are 1, far from inactive.
    let unit = snapshot(&scalar(0.0, 1.0, &[1.0, 2.0]), &Relu).units[0];
    assert_eq!((unit.inactive_share, unit.chebyshev, unit.cantelli), (0.0, Some(0.0), Some(0.0)));
    let careless = 1.0 - unit.pre_activation_variance / unit.pre_activation_mean.powi(2);
    assert!(careless > unit.inactive_share);
}

/// Mean, variance and share must be those of the same samples.
#[test]
fn theorem_2_needs_one_set_of_samples() {
    let measured_on = snapshot(&scalar(1.0, -3.0, &[-1.0, 0.0, 1.0]), &Relu).units[0];
    let elsewhere = snapshot(&scalar(1.0, -3.0, &[4.0, 5.0]), &Relu).units[0];
    assert!(measured_on.cantelli.unwrap() > elsewhere.inactive_share);
}

/// ‖W_j‖² may stand for the variance on white data only.
#[test]
fn theorem_2_with_the_squared_length_needs_white_data() {
    let samples = [-9.0, 9.0];
    let moments = Assumption1::of(&DMatrix::from_row_slice(1, 2, &samples)).unwrap();
    assert!(matches!(
        moments.exactness(Claim::VarianceIsSquaredLength, 1e-9).unwrap(),
        Exactness::Approximate { deviation } if deviation == 80.0
    ));
    let unit = snapshot(&scalar(1.0, -3.0, &samples), &Relu).units[0];
    assert_eq!(unit.pre_activation_variance, 81.0);
    let careless = cantelli(unit.pre_activation_mean, unit.filter_length.powi(2), 0.0).unwrap();
    assert!(careless > unit.inactive_share);
    assert!(unit.cantelli.unwrap() <= unit.inactive_share);
}

/// s(a) ≤ δ_min must hold for **all** a ≤ a_min.
#[test]
fn theorem_2_needs_the_threshold_of_the_activation() {
    let mean = -1.0;
    assert!(
        chebyshev(mean, 1e-6, Relu.properties().threshold.pre_activation.unwrap()).unwrap() > 0.9
    );
    // The sigmoid at −1 is 0.27 > δ_min: with ReLU's a_min the bound would be false.
    let unit = snapshot(&scalar(1e-3, mean, &[-1.0, 1.0]), &Sigmoid).units[0];
    assert_eq!((unit.inactive_share, unit.cantelli), (0.0, Some(0.0)));
}

/// Where there is no a_min, there is no bound.
#[test]
fn activations_without_a_threshold_have_no_bound() {
    for unit in snapshot(
        &scalar(1.0, 0.0, &[-1.0, 1.0]),
        &Family { sign: -1.0, offset: 0.0, slope: 1.0, pieces: vec![] },
    )
    .units
    {
        assert_eq!((unit.chebyshev, unit.cantelli), (None, None));
    }
}

fn model<'a>(
    problem: &Problem<f64>,
    activation: &'a dyn Activation<f64>,
    regularizer: &'a dyn Regularizer<f64>,
) -> Model<'a, f64> {
    problem.model(activation, regularizer)
}

proptest! {
    #![proptest_config(cases(300))]

    /// The λ for a share is sufficient, and the smallest: a little less is not.
    #[test]
    fn the_coefficient_for_theorem_1_is_the_smallest(
        problem in sparse_problem(), share in 0.0..=1.0
    ) {
        let problem = Problem { target: None, ..problem };
        let softplus = Softplus::new();
        let sae = KlSparsity::new(0.0).unwrap();
        for regularizer in [&Contractive::new() as &dyn Regularizer<f64>, &sae] {
            let found = Snapshot::of_pass(&problem.pass(&softplus), regularizer).unwrap();
            let Some(lambda) = found.coefficient_for_theorem_1(share).unwrap() else { continue };
            let share_with = |lambda: f64| {
                let scaled = regularizer.scaled(lambda);
                let with = Snapshot::of(&model(&problem, &softplus, &scaled), &problem.input);
                with.unwrap().share_with_theorem_1()
            };
            prop_assert!(share_with(lambda * (1.0 + 1e-9)) >= share);
            prop_assert!(lambda == 0.0 || share_with(lambda * (1.0 - 1e-9)) < share);
        }
    }
}

#[test]
fn no_coefficient_makes_theorem_1_hold_without_a_bias_gradient() {
    let problem = examples(sparse_problem(), 1).next().unwrap();
    let found = Snapshot::of_pass(&problem.pass(&Relu), &Contractive::new()).unwrap();
    assert_eq!(found.coefficient_for_theorem_1(0.5).unwrap(), None);
    assert_eq!(found.coefficient_for_theorem_1(0.0).unwrap(), Some(0.0));
    assert_eq!((found.share_with_theorem_1(), found.share_pushed_down()), (0.0, 0.0));
    assert!(found.coefficient_for_theorem_1(f64::NAN).is_err());
    assert!(found.coefficient_for_theorem_1(1.1).is_err());
}

/// Lemma 1's bound is 0: every λ whose product with the gradient is not lost to rounding will do.
#[test]
fn the_coefficient_for_a_filter_of_length_0_is_found_at_once() {
    for bias in [0.0, -30.0, -300.0] {
        let filters = DMatrix::<f64>::zeros(2, 1);
        let parameters = Parameters::new(filters, DVector::from_element(1, bias), None).unwrap();
        let with = |regularizer| {
            let builder = RegularizedAutoEncoder::builder(2, 1).parameters(parameters.clone());
            builder.regularizer(regularizer).build().unwrap()
        };
        let x = DMatrix::from_fn(2, 5, |i, j| (i + j) as f64 - 2.0);
        let found = Snapshot::of(&with(1.0 * MeanCode::new()), &x).unwrap();
        let lambda = found.coefficient_for_theorem_1(1.0).unwrap().unwrap();
        assert!(lambda > 0.0 && lambda < 1e-100, "{lambda}");
        let found = Snapshot::of(&with(2.0 * lambda * MeanCode::new()), &x).unwrap();
        assert_eq!(found.share_with_theorem_1(), 1.0);
    }
}

#[test]
fn bad_input_is_refused() {
    let model = RegularizedAutoEncoder::<f64>::builder(3, 2).build().unwrap();
    let empty = DMatrix::<f64>::zeros(3, 0);
    assert!(matches!(Snapshot::of(&model, &empty), Err(Error::Empty { .. })));
    assert!(matches!(Assumption1::of(&empty), Err(Error::Empty { .. })));
    let wrong = DMatrix::<f64>::zeros(2, 4);
    assert!(matches!(Snapshot::of(&model, &wrong), Err(Error::Dimension { .. })));
    let nan = DMatrix::from_element(3, 4, f64::NAN);
    assert!(matches!(Snapshot::of(&model, &nan), Err(Error::NotFinite { .. })));
    assert!(matches!(Assumption1::of(&nan), Err(Error::NotFinite { .. })));
    // NaN in parameters: they cannot be made, so that no verdict is measured on them.
    let filters = DMatrix::from_element(3, 2, f64::NAN);
    let error = Parameters::new(filters, DVector::zeros(2), None).unwrap_err();
    assert!(error.to_string().contains("filters holds NaN"), "{error}");
    // A singular covariance where full rank is demanded.
    let flat = DMatrix::from_fn(3, 5, |i, j| if i == 2 { 1.0 } else { (i + 2 * j) as f64 });
    let error = Whitening::zca(&flat, 1e-9).unwrap().full_rank().unwrap_err();
    assert_eq!(error.to_string(), "the covariance has rank 1, but all 3 directions are needed");
    let moments = Assumption1::of(&flat).unwrap();
    assert_eq!(moments.rank(1e-9).unwrap(), 1);
    assert!(moments.rank(f64::NAN).is_err());
    assert!(moments.exactness(Claim::Equation5, -1.0).is_err());
    // Filters that overflow f32 when squared.
    let huge = DMatrix::from_element(1, 1, 1e30_f32);
    let parameters = Parameters::new(huge, DVector::zeros(1), None).unwrap();
    let model = RegularizedAutoEncoder::builder(1, 1)
        .activation(Identity)
        .parameters(parameters)
        .build()
        .unwrap();
    let found = Snapshot::of(&model, &DMatrix::from_element(1, 2, 1e30_f32));
    assert!(matches!(found, Err(Error::NotFiniteResult { .. })));
}

#[test]
fn assumption_1_is_measured() {
    // Mean (1, 0), covariance diag(4, 0.25).
    let x = dmatrix![3.0, -1.0, 3.0, -1.0; 0.5, 0.5, -0.5, -0.5];
    let moments = Assumption1::of(&x).unwrap();
    assert_eq!((moments.largest_mean(), moments.largest_covariance_deviation()), (1.0, 3.0));
    assert_eq!(moments.eigenvalues().unwrap(), [4.0, 0.25]);
    assert_eq!((moments.rank(0.0).unwrap(), moments.rank(0.1).unwrap()), (2, 1));
    for (claim, exact) in [
        (Claim::Lemma1, true),
        (Claim::Theorem2, true),
        (Claim::Equation5, false),
        (Claim::VarianceIsSquaredLength, false),
    ] {
        let exactness = moments.exactness(claim, 1e-6).unwrap();
        assert_eq!(exactness == Exactness::Exact, exact, "{claim:?}");
    }
    assert!(moments.to_string().contains("1.0e0"), "{moments}");
}
