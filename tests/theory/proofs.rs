//! What the paper proves holds for what the crate computes, and fails where a premise fails.

use crate::common::*;
use nalgebra::{DMatrix, DVector, dmatrix};
use proptest::prelude::*;
use regularized_autoencoder::{
    Activation, ActivationMetadata, Batch, CodeL1, Contractive, DenoisingCross, DenoisingCurvature,
    FirstOrderDenoising, Gelu, Gradient, HessianPenalty, Identity, KlSparsity,
    MarginalizedDenoising, MeanCode, Parameters, Random, Regularizer, Relu, SecondOrderDenoising,
    Sigmoid, Sign, Silu, SlopePenalty, Softplus, Tanh, Unregularized, WeightDecay,
};

/// Whether a bias gradient has the sign that the theory promises for filters that are not 0.
fn has_sign(gradient: &DVector<f64>, sign: Sign) -> bool {
    match sign {
        Sign::Zero => gradient.iter().all(|g| *g == 0.0),
        Sign::Positive => gradient.iter().all(|g| *g > 0.0),
        Sign::NonNegative => gradient.iter().all(|g| *g >= 0.0),
        Sign::Indefinite => true,
    }
}

fn promised(activation: &dyn Activation<f64>, regularizer: &dyn Regularizer<f64>) -> Sign {
    regularizer.form().bias_gradient_sign(&activation.properties())
}

proptest! {
    #![proptest_config(cases(500))]

    /// Corollaries 1 and 2 and the sign of the cross term, wherever the premises hold.
    #[test]
    fn bias_gradients_have_the_promised_sign(problem in problem()) {
        let lengths = problem.parameters.filters().column_iter().map(|filter| filter.norm());
        prop_assume!(lengths.fold(f64::INFINITY, f64::min) > 0.0);
        for activation in activations() {
            for regularizer in regularizers(problem.parameters.n_inputs()) {
                let sign = promised(&activation, &regularizer);
                let gradient = regularizer.bias_gradient(&problem.pass(&activation)).unwrap();
                prop_assert!(
                    has_sign(&gradient, sign),
                    "{activation:?}, {regularizer:?}: {gradient} is not {sign:?}"
                );
            }
        }
    }

    /// Eq. 12 pulls the mean code towards ρ: its bias gradient has the sign of ρ_j − ρ.
    #[test]
    fn kl_sparsity_pulls_towards_its_target(problem in problem(), rho in 0.05..0.95) {
        let codes = problem.model(&Sigmoid, &Unregularized).encode(&problem.input).unwrap();
        let gradient =
            KlSparsity::new(rho).unwrap().bias_gradient(&problem.pass(&Sigmoid)).unwrap();
        for (mean, gradient) in codes.column_mean().iter().zip(&gradient) {
            prop_assert!(gradient * (mean - rho) >= 0.0, "{gradient} at ρ_j = {mean}");
        }
    }

    #[test]
    fn the_cross_term_is_non_negative_for_non_decreasing_activations(problem in problem()) {
        for activation in activations().iter().filter(|s| s.properties().is_non_decreasing()) {
            let value = DenoisingCross::new().loss(&problem.pass(activation)).unwrap();
            prop_assert!(value >= 0.0, "{activation:?}: {value}");
        }
    }

    /// Lemma 1: |∂J_AE/∂b_j| ≤ 2 ‖W_j‖ √J_AE sup|s'|.
    #[test]
    fn the_bias_gradient_of_the_reconstruction_is_bounded(problem in problem()) {
        for activation in activations() {
            let slopes = activation.properties().derivative_range;
            let steepest = slopes.low.abs().max(slopes.high.abs());
            let model = problem.model(&activation, &Unregularized);
            let (loss, gradient) = model.gradient(problem.batch()).unwrap();
            let filters = problem.parameters.filters().column_iter();
            for (filter, gradient) in filters.zip(&gradient.encoder_bias) {
                let bound = 2.0 * filter.norm() * loss.reconstruction.sqrt() * steepest;
                prop_assert!(gradient.abs() <= bound * (1.0 + ROUNDING), "{activation:?}");
            }
        }
    }
}

/// The lemma speaks of the residual's root mean square, and with it the bound is attained; with the
/// residual's standard deviation it would be wrong.
#[test]
fn the_lemma_is_about_the_residual_about_zero() {
    let parameters = Parameters::new(dmatrix![1.0], DVector::from_element(1, 3.0), None).unwrap();
    let (target, noise) = (None, DMatrix::zeros(1, 2));
    let problem: Problem<f64> = Problem { parameters, input: dmatrix![-1.0, 1.0], target, noise };
    let model = problem.model(&Relu, &Unregularized);
    let (loss, gradient) = model.gradient(problem.batch()).unwrap();
    let residual = model.reconstruct(&problem.input).unwrap() - &problem.input;
    assert_eq!(gradient.encoder_bias[0], 2.0 * loss.reconstruction.sqrt());
    assert!(gradient.encoder_bias[0] > 2.0 * residual.variance().sqrt());
}

/// The answers that are known for activations and regularizers.
#[test]
fn signs_are_promised_where_the_corollaries_hold() {
    let (softplus, contractive) = (Softplus::new(), Contractive::new());
    let first_order = FirstOrderDenoising::new(0.1).unwrap();
    let answers: [(&dyn Activation<f64>, &dyn Regularizer<f64>, Sign); 22] = [
        (&Relu, &contractive, Sign::Zero),
        (&Relu, &MarginalizedDenoising::new(), Sign::Zero),
        (&Relu, &DenoisingCross::new(), Sign::Zero),
        (&Relu, &DenoisingCurvature::new(), Sign::Zero),
        (&Relu, &HessianPenalty::new(0.1, 1).unwrap(), Sign::Zero),
        (&Relu, &MeanCode::new(), Sign::NonNegative),
        (&Relu, &KlSparsity::new(0.0).unwrap(), Sign::NonNegative),
        (&Relu, &CodeL1::new(), Sign::NonNegative),
        (&Relu, &first_order, Sign::Indefinite),
        (&softplus, &contractive, Sign::Positive),
        (&softplus, &MeanCode::square(), Sign::NonNegative),
        (&softplus, &DenoisingCross::new(), Sign::NonNegative),
        (&softplus, &SecondOrderDenoising::new(), Sign::Indefinite),
        (&softplus, &KlSparsity::new(0.1).unwrap(), Sign::Indefinite),
        (&softplus, &WeightDecay::new(), Sign::Zero),
        (&Sigmoid, &KlSparsity::new(0.0).unwrap(), Sign::Positive),
        (&Sigmoid, &MeanCode::new(), Sign::Positive),
        (&Sigmoid, &contractive, Sign::Indefinite),
        (&Tanh, &MeanCode::new(), Sign::Positive),
        (&Tanh, &MeanCode::square(), Sign::Indefinite),
        (&Silu, &MeanCode::new(), Sign::Indefinite),
        (&Identity, &contractive, Sign::Zero),
    ];
    for (activation, regularizer, sign) in answers {
        assert_eq!(promised(activation, regularizer), sign, "{activation:?}, {regularizer:?}");
    }
}

/// Where a premise fails, both signs occur: the theory promises no less than it could.
#[test]
fn counterexamples_exist_where_a_premise_fails() {
    let softplus = Softplus::new();
    let kl = KlSparsity::new(0.3).unwrap();
    let first_order = FirstOrderDenoising::new(0.3).unwrap();
    let hessian = HessianPenalty::new(DISPLACEMENT_VARIANCE, DRAWS).unwrap();
    let failures: [(&dyn Activation<f64>, &dyn Regularizer<f64>); 14] = [
        (&Sigmoid, &Contractive::new()),
        (&Sigmoid, &MarginalizedDenoising::new()),
        (&Sigmoid, &DenoisingCross::new()),
        (&Tanh, &SlopePenalty::new(1, 0).unwrap()),
        (&Silu, &MeanCode::new()),
        (&Gelu, &MeanCode::new()),
        (&Sigmoid, &kl),
        (&softplus, &kl),
        (&Tanh, &MeanCode::square()),
        (&Tanh, &CodeL1::new()),
        (&softplus, &DenoisingCurvature::new()),
        (&softplus, &SecondOrderDenoising::new()),
        (&softplus, &first_order),
        (&softplus, &hessian),
    ];
    for (activation, regularizer) in failures {
        assert_eq!(promised(activation, regularizer), Sign::Indefinite);
        let gradients: Vec<_> = examples(problem(), 300)
            .map(|problem| regularizer.bias_gradient(&problem.pass(activation)).unwrap())
            .collect();
        let exists = |found: fn(f64) -> bool| gradients.iter().flatten().any(|g| found(*g));
        assert!(exists(|g| g < -1e-3), "{activation:?}, {regularizer:?}: nowhere negative");
        assert!(exists(|g| g > 1e-3), "{activation:?}, {regularizer:?}: nowhere positive");
    }
}

/// Values of the curvature term of both signs, for a convex activation.
#[test]
fn the_curvature_term_has_no_sign() {
    let value = |problem: Problem<f64>| {
        DenoisingCurvature::new().loss(&problem.pass(&Softplus::new())).unwrap()
    };
    let values: Vec<f64> = examples(problem(), 50).map(value).collect();
    assert!(values.iter().any(|value| *value > 0.1) && values.iter().any(|value| *value < -0.1));
}

/// J_DAE − J_AE and its gradient, divided by σ², where the expectation over the noise is the mean
/// over the ± pairs ε = ±σ√n e_i: their second moments are those of N(0, σ²I) exactly.
fn denoising_quotient(
    problem: &Problem<f64>,
    activation: &dyn Activation<f64>,
    deviation: f64,
) -> (f64, Gradient<f64>) {
    let clean = &problem.input;
    let n_inputs = clean.nrows();
    let size = deviation * (n_inputs as f64).sqrt();
    let displace = |sample: usize, input: usize, by: f64| {
        let mut x = clean.column(sample).clone_owned();
        x[input] += by;
        x
    };
    let corrupted: Vec<DVector<f64>> = (0..clean.ncols())
        .flat_map(|sample| (0..n_inputs).map(move |input| (sample, input)))
        .flat_map(|(sample, input)| [size, -size].map(|by| displace(sample, input, by)))
        .collect();
    let numbers: Vec<usize> = (0..corrupted.len()).map(|at| at / (2 * n_inputs)).collect();
    let (corrupted, target) = (DMatrix::from_columns(&corrupted), clean.select_columns(&numbers));

    let model = problem.model(activation, &Unregularized);
    let (noisy, of_noisy) = model.gradient(Batch::from(&corrupted).with_target(&target)).unwrap();
    let (plain, of_plain) = model.gradient(clean).unwrap();
    let variance = deviation * deviation;
    let gradient = Gradient {
        filters: (of_noisy.filters - of_plain.filters) / variance,
        encoder_bias: (of_noisy.encoder_bias - of_plain.encoder_bias) / variance,
        decoder_bias: of_noisy
            .decoder_bias
            .zip(of_plain.decoder_bias)
            .map(|(noisy, plain)| (noisy - plain) / variance),
    };
    ((noisy.reconstruction - plain.reconstruction) / variance, gradient)
}

/// Problems whose target is the input, with smooth activations.
fn smooth_examples() -> impl Iterator<Item = (Problem<f64>, AnyActivation<f64>)> {
    let smooth = || activations().into_iter().filter(|s| s.properties().is_smooth());
    examples(problem(), 40)
        .map(|problem| Problem { target: None, ..problem })
        .flat_map(move |problem| smooth().map(move |activation| (problem.clone(), activation)))
}

/// The mean over the examples of |(J_DAE − J_AE)/σ² − R|, relative.
fn mean_remainder(regularizer: &dyn Regularizer<f64>, deviation: f64) -> f64 {
    let errors: Vec<f64> = smooth_examples()
        .map(|(problem, activation)| {
            let expected = evaluate(regularizer, &problem.pass(&activation));
            difference(&denoising_quotient(&problem, &activation, deviation), &expected)
        })
        .collect();
    errors.iter().sum::<f64>() / errors.len() as f64
}

/// Thm. 3: J_DAE = J_AE + σ² R + O(σ⁴), for the value and for every gradient.
#[test]
fn the_second_order_terms_are_the_limit_of_denoising() {
    let regularizer = SecondOrderDenoising::new();
    let (coarse, fine) = (mean_remainder(&regularizer, 0.1), mean_remainder(&regularizer, 0.01));
    assert!(fine < 1e-3, "{fine}");
    assert!((80.0..125.0).contains(&(coarse / fine)), "{coarse} → {fine}");
}

#[test]
fn a_missing_second_order_term_is_found() {
    let (mdae, cross) = (MarginalizedDenoising::new(), DenoisingCross::new());
    let without_cross = mdae.clone() + DenoisingCurvature::new();
    for regularizer in [&without_cross as &dyn Regularizer<f64>, &(mdae + cross)] {
        let (coarse, fine) = (mean_remainder(regularizer, 0.1), mean_remainder(regularizer, 0.01));
        assert!(fine > 0.1 && coarse / fine < 2.0, "{regularizer:?}: {coarse} → {fine}");
    }
}

/// Thm. 3 with Gaussian noise in ± pairs: the mean is R within its standard error.
#[test]
fn the_second_order_terms_are_the_mean_of_gaussian_denoising() {
    const PAIRS: usize = 20_000;
    const DEVIATION: f64 = 0.01;
    let (n_inputs, n_hidden) = (3, 4);
    let mut random = Random::new(0);
    for parameters in examples(parameters(n_inputs, n_hidden), 3) {
        let input = DMatrix::from_fn(n_inputs, 1, |_, _| random.standard_normal());
        let noise = DMatrix::zeros(n_inputs, 1);
        let problem = Problem { parameters, input, target: None, noise };
        let activation = Softplus::new();
        let model = problem.model(&activation, &Unregularized);
        let plain = model.objective(&problem.input).unwrap().reconstruction;
        let target = problem.input.select_columns(&[0, 0]);
        let quotients: Vec<f64> = (0..PAIRS)
            .map(|_| {
                let displacement =
                    DVector::from_fn(n_inputs, |_, _| DEVIATION * random.standard_normal::<f64>());
                let x = problem.input.column(0);
                let pair = DMatrix::from_columns(&[x + &displacement, x - &displacement]);
                let loss = model.objective(Batch::from(&pair).with_target(&target)).unwrap();
                (loss.reconstruction - plain) / (DEVIATION * DEVIATION)
            })
            .collect();
        let quotients = DVector::from_vec(quotients);
        let standard_error = (quotients.variance() / PAIRS as f64).sqrt();
        let away = |regularizer: &dyn Regularizer<f64>| {
            let expected = regularizer.loss(&problem.pass(&activation)).unwrap();
            (quotients.mean() - expected).abs() / standard_error
        };
        assert!(away(&SecondOrderDenoising::new()) < 4.0);
        let (mdae, cross) = (MarginalizedDenoising::new(), DenoisingCross::new());
        assert!(away(&(mdae.clone() + cross)) > 10.0);
        assert!(away(&(mdae + DenoisingCurvature::new())) > 10.0);
    }
}
