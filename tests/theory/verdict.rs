//! The verdicts that are known, each with its reason, and measurements that refine them.

use crate::common::family::{Family, convex, increasing, piecewise_linear};
use crate::common::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use regularized_autoencoder::theory::{
    Basis, BiasGradients, Prediction, Premise, Reason, Source, Statement, Trend, Verdict,
};
use regularized_autoencoder::{
    Activation, ActivationMetadata, CodeL1, Constraint, Contractive, DenoisingCross,
    DenoisingCurvature, Elu, FirstOrderDenoising, GaussianNoise, HardSigmoid, HessianPenalty,
    Identity, KlSparsity, LeakyRelu, MarginalizedDenoising, Masking, MeanCode, Properties,
    Regularizer, RegularizerMetadata, Relu, SecondOrderDenoising, Sigmoid, Sign, Silu,
    SlopePenalty, Softplus, Tanh, Unregularized, WeightDecay, check,
};

type S<'a> = &'a dyn Activation<f64>;
type R<'a> = &'a dyn Regularizer<f64>;

/// The verdict at unit length.
fn verdict(activation: S<'_>, regularizer: R<'_>) -> Verdict {
    Verdict::of(activation, regularizer, Constraint::UNIT)
}

fn prediction(activation: S<'_>, regularizer: R<'_>) -> Prediction {
    verdict(activation, regularizer).coefficient.unwrap()
}

fn has(prediction: &Prediction, reason: &Reason) -> bool {
    prediction.reasons.contains(reason)
}

fn proven(statement: Statement) -> Basis {
    Basis::Proven(statement)
}

/// Any piecewise linear activation with Corollary 2.
#[test]
fn piecewise_linear_with_corollary_2_is_flat_at_fixed_length() {
    let leaky = LeakyRelu::new(0.3).unwrap();
    for activation in [&Relu as S<'_>, &leaky, &HardSigmoid, &Identity] {
        for regularizer in [
            &Contractive::new() as R<'_>,
            &MarginalizedDenoising::new(),
            &SlopePenalty::new(3, 1).unwrap(),
        ] {
            let found = verdict(activation, regularizer);
            assert_eq!(found.bias_gradient, Sign::Zero, "{activation:?}, {regularizer:?}");
            let prediction = found.coefficient.as_ref().unwrap();
            assert_eq!(prediction.trend, Trend::Unaffected, "{found}");
            assert!(matches!(prediction.basis, Basis::Proven(_)), "{found}");
            assert!(has(prediction, &Reason::NoCurvature), "{found}");
            assert!(found.coefficient_has_no_effect());
        }
    }
}

/// The cross term's bias gradient is 0 too, but it turns the filters: measured, sparsity responds.
#[test]
fn piecewise_linear_with_the_cross_term_has_no_bias_gradient_and_turns_the_filters() {
    for activation in [&Relu as S<'_>, &HardSigmoid, &Identity] {
        let found = verdict(activation, &DenoisingCross::new());
        assert_eq!(found.bias_gradient, Sign::Zero);
        let prediction = found.coefficient.as_ref().unwrap();
        assert!(has(prediction, &Reason::NoCurvature), "{found}");
        assert!(has(prediction, &Reason::FiltersTurn), "{found}");
        assert!(!found.coefficient_has_no_effect());
    }
    let relu = prediction(&Relu, &DenoisingCross::new());
    assert_eq!((relu.trend, relu.basis), (Trend::Falls, Basis::Measured(Source::NoiseStudy)));
    let hard = prediction(&HardSigmoid, &DenoisingCross::new());
    assert_eq!((hard.trend, hard.basis), (Trend::Unpredictable, Basis::None));
    // As with variances that differ from input to input.
    let uneven = MarginalizedDenoising::with_variances([0.1, 0.9]).unwrap();
    let uneven = prediction(&Relu, &uneven);
    assert_eq!(uneven.trend, Trend::Unpredictable);
    assert!(has(&uneven, &Reason::FiltersTurn));
}

#[test]
fn without_the_length_constraint_corollary_2_is_unpredictable() {
    for constraint in [Constraint::None, Constraint::MaxNorm(1.0)] {
        for activation in [&Relu as S<'_>, &Softplus::new(), &Sigmoid] {
            for regularizer in [&Contractive::new() as R<'_>, &MarginalizedDenoising::new()] {
                let found = Verdict::of(activation, regularizer, constraint);
                let prediction = found.coefficient.as_ref().unwrap();
                assert_eq!(prediction.trend, Trend::Unpredictable, "{found}");
                assert!(has(prediction, &Reason::LengthsAreFree), "{found}");
                assert!(!found.coefficient_has_no_effect());
            }
        }
        // Corollary 1 offers no such way out, nor does Corollary 2 with p = 0.
        for regularizer in
            [&KlSparsity::new(0.0).unwrap() as R<'_>, &SlopePenalty::new(2, 0).unwrap()]
        {
            let found = Verdict::of(&Softplus::new(), regularizer, constraint);
            assert_eq!(found.coefficient.unwrap().trend, Trend::Falls);
        }
    }
}

#[test]
fn relu_with_corollary_1_is_non_negative_and_zero_for_dead_units() {
    for regularizer in [&KlSparsity::new(0.0).unwrap() as R<'_>, &MeanCode::new(), &CodeL1::new()] {
        let found = verdict(&Relu, regularizer);
        assert_eq!(found.bias_gradient, Sign::NonNegative);
        assert!(found.hard_zeros && found.lower_is_sparser);
        let prediction = found.coefficient.as_ref().unwrap();
        assert_eq!(
            (prediction.trend, prediction.basis),
            (Trend::Falls, proven(Statement::Corollary1))
        );
        assert!(has(prediction, &Reason::MayVanish), "{found}");
    }
}

#[test]
fn softplus_is_positive_with_both_corollaries() {
    let softplus = Softplus::new();
    for (regularizer, statement) in [
        (&KlSparsity::new(0.0).unwrap() as R<'_>, Statement::Corollary1),
        (&Contractive::new(), Statement::Corollary2),
        (&MarginalizedDenoising::new(), Statement::Corollary2),
    ] {
        let found = verdict(&softplus, regularizer);
        assert_eq!((found.bias_gradient, found.hard_zeros), (Sign::Positive, false));
        let prediction = found.coefficient.as_ref().unwrap();
        assert_eq!((prediction.trend, prediction.basis), (Trend::Falls, proven(statement)));
        assert!(has(prediction, &Reason::Holds(statement)), "{found}");
        assert!(has(prediction, &Reason::LowerIsSparser), "{found}");
        assert!(!has(prediction, &Reason::MayVanish), "{found}");
    }
}

#[test]
fn softplus_with_the_cross_term_is_non_negative() {
    let found = verdict(&Softplus::new(), &DenoisingCross::new());
    assert_eq!(found.bias_gradient, Sign::NonNegative);
    let prediction = found.coefficient.unwrap();
    assert_eq!((prediction.trend, prediction.basis), (Trend::Falls, proven(Statement::CrossTerm)));
    assert!(has(&prediction, &Reason::MayVanish));
}

#[test]
fn sigmoid_with_corollary_1_is_positive() {
    for regularizer in [&KlSparsity::new(0.0).unwrap() as R<'_>, &MeanCode::new(), &CodeL1::new()] {
        let found = verdict(&Sigmoid, regularizer);
        assert_eq!(found.bias_gradient, Sign::Positive);
        let prediction = found.coefficient.unwrap();
        assert_eq!(
            (prediction.trend, prediction.basis),
            (Trend::Falls, proven(Statement::Corollary1))
        );
    }
}

/// Not guaranteed, which is not "will fail": the sign has no proof, the trend was measured.
#[test]
fn sigmoid_with_corollary_2_is_not_guaranteed() {
    for regularizer in [&Contractive::new() as R<'_>, &MarginalizedDenoising::new()] {
        let found = verdict(&Sigmoid, regularizer);
        assert_eq!(found.bias_gradient, Sign::Indefinite);
        let [term] = &found.terms[..] else { panic!("{found}") };
        assert_eq!((term.statement, &term.failed[..]), (None, &[Premise::Convex][..]));
        let prediction = found.coefficient.as_ref().unwrap();
        assert_eq!(prediction.trend, Trend::Falls);
        assert_eq!(prediction.basis, Basis::Measured(Source::NoiseStudy));
        assert!(has(prediction, &Reason::PremiseFails(Premise::Convex)));
        assert!(has(prediction, &Reason::NotGuaranteed), "{found}");
        assert!(found.to_string().contains("footnote 5"), "{found}");
    }
}

/// Terms without a definite sign for any activation, but where ReLU makes it 0.
#[test]
fn curvature_noise_and_eq_12_are_indefinite() {
    let kl = KlSparsity::new(0.05).unwrap();
    let hessian = HessianPenalty::new(0.1, 1).unwrap();
    let first_order = FirstOrderDenoising::new(0.1).unwrap();
    let (second_order, curvature) = (SecondOrderDenoising::new(), DenoisingCurvature::new());
    let softplus = Softplus::new();
    for activation in [&softplus as S<'_>, &Sigmoid] {
        for (regularizer, premise) in [
            (&curvature as R<'_>, Premise::PiecewiseLinear),
            (&second_order, Premise::PiecewiseLinear),
            (&hessian, Premise::PiecewiseLinear),
            (&first_order, Premise::SignOfNoise),
        ] {
            let found = verdict(activation, regularizer);
            assert_eq!(found.bias_gradient, Sign::Indefinite, "{found}");
            let prediction = found.coefficient.as_ref().unwrap();
            assert!(!matches!(prediction.basis, Basis::Proven(_)), "{found}");
            assert!(has(prediction, &Reason::PremiseFails(premise)), "{found}");
        }
    }
    for regularizer in [&curvature as R<'_>, &hessian] {
        assert_eq!(verdict(&Relu, regularizer).bias_gradient, Sign::Zero);
        assert_eq!(prediction(&Relu, regularizer).trend, Trend::Unaffected);
    }
    assert_eq!(verdict(&Relu, &second_order).bias_gradient, Sign::Zero);
    for activation in [&Relu as S<'_>, &softplus, &Sigmoid] {
        let found = verdict(activation, &kl);
        assert_eq!(found.bias_gradient, Sign::Indefinite);
        assert_eq!(found.coefficient.as_ref().unwrap().trend, Trend::Unpredictable);
        let [term] = &found.terms[..] else { panic!("{found}") };
        assert!(matches!(&term.failed[..], [Premise::Increasing { .. }]), "{found}");
        assert!(found.to_string().contains("[0.05, ∞)"), "{found}");
    }
}

#[test]
fn edae_falls_as_measured() {
    let first_order = FirstOrderDenoising::new(0.1).unwrap();
    for activation in [&Relu as S<'_>, &Softplus::new()] {
        let found = verdict(activation, &first_order);
        assert_eq!(found.bias_gradient, Sign::Indefinite);
        let prediction = found.coefficient.unwrap();
        assert_eq!(prediction.trend, Trend::Falls);
        assert_eq!(prediction.basis, Basis::Measured(Source::NoiseStudy));
        assert!(has(&prediction, &Reason::SamplingNoise));
    }
    // With the sigmoid it hardly does.
    assert_eq!(prediction(&Sigmoid, &first_order).trend, Trend::Unpredictable);
}

#[test]
fn weight_decay_is_zero() {
    for activation in [&Relu as S<'_>, &Sigmoid, &Softplus::new()] {
        let found = verdict(activation, &WeightDecay::new());
        assert_eq!(found.bias_gradient, Sign::Zero);
        let prediction = found.coefficient.unwrap();
        assert_eq!(
            (prediction.trend, prediction.basis),
            (Trend::Unaffected, proven(Statement::NoBias))
        );
        let free = Verdict::of(activation, &WeightDecay::new(), Constraint::None);
        assert_eq!(free.coefficient.unwrap().trend, Trend::Unpredictable);
    }
}

/// Corollary 1 holds, a falls, but the codes do not tend to 0.
#[test]
fn tanh_and_identity_get_no_verdict_on_sparsity() {
    for (activation, limit) in [(&Tanh as S<'_>, "-1"), (&Identity, "-inf")] {
        for regularizer in [&MeanCode::new() as R<'_>, &KlSparsity::new(0.0).unwrap()] {
            let found = verdict(activation, regularizer);
            assert_eq!((found.bias_gradient, found.lower_is_sparser), (Sign::Positive, false));
            assert_eq!(found.terms[0].statement, Some(Statement::Corollary1));
            let prediction = found.coefficient.unwrap();
            assert_eq!((prediction.trend, prediction.basis), (Trend::NotApplicable, Basis::None));
            assert!(has(&prediction, &Reason::LimitIsNotZero(limit.into())), "{prediction}");
        }
    }
}

/// Maxout is no function of one pre-activation, so that it cannot be an `Activation`; all that could
/// be declared of it is nothing.
#[test]
fn maxout_is_not_applicable() {
    struct Maxout;
    impl ActivationMetadata for Maxout {}
    let found = Verdict::of(&Maxout, &MeanCode::new(), Constraint::UNIT);
    assert_eq!(found.bias_gradient, Sign::Indefinite);
    let prediction = found.coefficient.unwrap();
    assert_eq!(prediction.trend, Trend::NotApplicable);
    assert!(has(&prediction, &Reason::LimitIsUnknown));
}

/// s' jumps downwards at 0: not convex, although s'' ≥ 0 wherever it exists.
#[test]
fn a_kink_that_turns_down_is_not_convex() {
    let found = verdict(&Elu::new(1.5).unwrap(), &Contractive::new());
    assert_eq!(found.terms[0].failed, [Premise::Convex]);
    assert_ne!(found.coefficient.unwrap().trend, Trend::Falls);
}

#[test]
fn non_monotone_activations_fail_both_corollaries() {
    let of = |regularizer: R<'_>| verdict(&Silu, regularizer).terms[0].failed.clone();
    assert_eq!(of(&MeanCode::new()), [Premise::NonDecreasing]);
    assert_eq!(of(&Contractive::new()), [Premise::NonDecreasing, Premise::Convex]);
    // Not used for odd q.
    assert_eq!(of(&SlopePenalty::new(1, 2).unwrap()), [Premise::Convex]);
}

#[test]
fn explicit_corruption() {
    let noise = GaussianNoise::new(0.1).unwrap();
    let judge = |activation: S<'_>, constraint| {
        let found = Verdict::with_corruption(activation, &Unregularized, constraint, &noise);
        assert_eq!(found.coefficient, None);
        found.corruption.unwrap()
    };
    let relu = judge(&Relu, Constraint::UNIT);
    assert_eq!((relu.trend, relu.basis), (Trend::Falls, Basis::Measured(Source::NoiseStudy)));
    assert!(has(&relu, &Reason::NoiseOverKink) && has(&relu, &Reason::SecondOrder));
    for smooth in [&Sigmoid as S<'_>, &Softplus::new()] {
        let found = judge(smooth, Constraint::UNIT);
        assert_eq!((found.trend, found.basis), (Trend::Falls, Basis::Measured(Source::NoiseStudy)));
        assert!(has(&found, &Reason::SeenInTrainings) && has(&found, &Reason::SecondOrder));
    }
    assert_eq!(judge(&Silu, Constraint::UNIT).trend, Trend::Unpredictable);
    let tanh = judge(&Tanh, Constraint::UNIT);
    assert_eq!(tanh.trend, Trend::NotApplicable);
    let unconstrained = judge(&Relu, Constraint::None);
    assert_eq!(unconstrained.trend, Trend::Unpredictable);

    let masking = Masking::new(0.3).unwrap();
    let found = Verdict::with_corruption(&Relu, &Unregularized, Constraint::UNIT, &masking);
    let prediction = found.corruption.unwrap();
    assert_eq!((prediction.trend, prediction.basis), (Trend::Unpredictable, Basis::None));
    assert!(has(&prediction, &Reason::PremiseFails(Premise::ZeroMeanNoise)));

    let none = GaussianNoise::new(0.0).unwrap();
    let found = Verdict::with_corruption(&Relu, &Contractive::new(), Constraint::UNIT, &none);
    assert_eq!(found.corruption, None);
    assert!(found.coefficient_has_no_effect());
}

#[test]
fn sums_and_scalings_are_judged_by_their_terms() {
    let (cae, sae) = (Contractive::new(), KlSparsity::new(0.0).unwrap());
    let sum = 0.5 * cae + 2.0 * sae;
    let relu = verdict(&Relu, &sum);
    assert_eq!((relu.terms.len(), relu.bias_gradient), (2, Sign::NonNegative));
    assert_eq!(relu.coefficient.unwrap().trend, Trend::Falls);
    // The less certain basis counts.
    let sigmoid = verdict(&Sigmoid, &sum).coefficient.unwrap();
    assert_eq!((sigmoid.trend, sigmoid.basis), (Trend::Falls, Basis::Measured(Source::NoiseStudy)));
    // A term that nothing is known of makes the sum unpredictable.
    let sum = sum + DenoisingCurvature::new();
    assert_eq!(prediction(&Softplus::new(), &sum).trend, Trend::Unpredictable);
    // A coefficient of 0 leaves a term out.
    let without = 0.0 * DenoisingCurvature::new() + 0.5 * cae;
    let found = verdict(&Softplus::new(), &without);
    assert_eq!((found.terms.len(), found.bias_gradient), (1, Sign::Positive));
    let without = 0.0 * cae;
    assert_eq!(verdict(&Relu, &without).coefficient, None);
}

#[test]
fn a_regularizer_that_declares_nothing() {
    struct Silent;
    impl RegularizerMetadata for Silent {}
    let found = Verdict::of(&Softplus::new(), &Silent, Constraint::UNIT);
    assert_eq!(found.bias_gradient, Sign::Indefinite);
    let prediction = found.coefficient.unwrap();
    assert_eq!(prediction.trend, Trend::Unpredictable);
    assert!(has(&prediction, &Reason::PremiseFails(Premise::KnownForm)));
}

fn measured(activation: S<'_>, regularizer: R<'_>, bias: f64) -> BiasGradients {
    let problem = examples(problem(), 30)
        .find(|problem| problem.parameters.n_hidden() == 4 && problem.n_samples() == 4)
        .unwrap();
    let filters = problem.parameters.filters().map(|w| 0.1 * w);
    let parameters =
        regularized_autoencoder::Parameters::new(filters, DVector::from_element(4, bias), None);
    let problem = Problem { parameters: parameters.unwrap(), ..problem };
    BiasGradients::of_pass(&problem.pass(activation), regularizer).unwrap()
}

/// The numerical part tells "not guaranteed" from "does not happen".
#[test]
fn measurements_refine_what_is_not_guaranteed() {
    let regularizer = SlopePenalty::new(3, 2).unwrap();
    let open = prediction(&Sigmoid, &regularizer);
    assert_eq!((open.trend, open.basis), (Trend::Unpredictable, Basis::None));
    for (bias, trend, basis) in [
        (-2.0, Trend::Falls, Basis::Measured(Source::Data)),
        (2.0, Trend::Unpredictable, Basis::None),
    ] {
        let gradients = measured(&Sigmoid, &regularizer, bias);
        assert_eq!(gradients.positive() == 4, bias < 0.0, "{gradients}");
        let found = verdict(&Sigmoid, &regularizer).with_measurement(&gradients);
        let prediction = found.coefficient.as_ref().unwrap();
        assert_eq!((prediction.trend, prediction.basis), (trend, basis), "{found}");
        assert!(matches!(prediction.reasons.last(), Some(Reason::Measured(_))), "{found}");
    }
    // No measurement makes a verdict of free lengths or of another limit.
    let gradients = measured(&Sigmoid, &regularizer, -2.0);
    let free = Verdict::of(&Sigmoid, &regularizer, Constraint::None).with_measurement(&gradients);
    assert_eq!(free.coefficient.unwrap().trend, Trend::Unpredictable);
}

/// Below its inflection point the sigmoid falls with CAE; far above it all gradients are negative.
#[test]
fn measurements_outweigh_those_on_other_data() {
    for (bias, trend, basis) in [
        (-2.0, Trend::Falls, Basis::Measured(Source::NoiseStudy)),
        (3.0, Trend::Unpredictable, Basis::None),
    ] {
        let gradients = measured(&Sigmoid, &Contractive::new(), bias);
        let found = verdict(&Sigmoid, &Contractive::new()).with_measurement(&gradients);
        let prediction = found.coefficient.as_ref().unwrap();
        assert_eq!((prediction.trend, prediction.basis), (trend, basis), "{found}");
    }
    // That the first term turns the filters is not made good by the second one's gradients.
    let variances = MarginalizedDenoising::with_variances(vec![1.0, 0.0, 0.5]).unwrap();
    let sum = variances + KlSparsity::new(0.05).unwrap();
    let found = verdict(&Relu, &sum).with_measurement(&measured(&Relu, &CodeL1::new(), 0.5));
    assert_eq!(found.coefficient.as_ref().unwrap().trend, Trend::Unpredictable, "{found}");
}

/// The filters turn away from the inputs that the penalty weights.
#[test]
fn weighted_inputs_make_it_unpredictable() {
    let weighted = MarginalizedDenoising::with_variances(vec![1.0, 1.0, 0.0]).unwrap();
    for activation in [&Sigmoid as S<'_>, &Softplus::new(), &Relu] {
        let found = prediction(activation, &weighted);
        assert_eq!((found.trend, found.basis), (Trend::Unpredictable, Basis::None), "{found}");
        assert!(has(&found, &Reason::FiltersTurn), "{found}");
    }
    let equal = MarginalizedDenoising::with_variances(vec![0.5; 3]).unwrap();
    assert_eq!(prediction(&Softplus::new(), &equal).trend, Trend::Falls);
}

/// What an activation declares, without a computation.
#[derive(Debug)]
struct Declared(Properties);

impl ActivationMetadata for Declared {
    fn properties(&self) -> Properties {
        self.0.clone()
    }
}

#[test]
fn convexity_follows_from_the_curvature_and_the_other_way_round() {
    let cae = |properties: Properties| {
        Verdict::of(&Declared(properties), &Contractive::new(), Constraint::UNIT)
    };
    let smooth = || Properties { convex: false, ..Softplus::new().properties() };
    let found = cae(smooth());
    assert_eq!(found.bias_gradient, Sign::Positive);
    assert_eq!(found.coefficient.unwrap().basis, proven(Statement::Corollary2));
    let found = cae(Properties { convex: true, curvature: Sign::Indefinite, ..smooth() });
    assert_eq!(found.bias_gradient, Sign::NonNegative);
    assert_eq!(found.coefficient.unwrap().basis, proven(Statement::Corollary2));
    let found = cae(Properties { curvature: Sign::Indefinite, ..smooth() });
    assert_eq!(found.bias_gradient, Sign::Indefinite);
    assert_eq!(found.terms[0].failed, [Premise::Convex]);
}

/// Codes that are always positive are never inactive.
#[test]
fn without_a_threshold_lower_is_not_sparser() {
    let mut properties = Softplus::new().properties();
    properties.threshold.code = 0.0;
    let found = Verdict::of(&Declared(properties), &Contractive::new(), Constraint::UNIT);
    assert!(!found.lower_is_sparser);
    let prediction = found.coefficient.unwrap();
    assert_eq!(prediction.trend, Trend::NotApplicable);
    assert!(has(&prediction, &Reason::ThresholdIsZero));
}

#[test]
fn a_coefficient_that_no_model_takes_proves_nothing() {
    for coefficient in [-1.0, f64::NAN, f64::INFINITY] {
        let found = prediction(&Softplus::new(), &(coefficient * Contractive::new()));
        assert_eq!((found.trend, found.basis), (Trend::Unpredictable, Basis::None), "{found}");
    }
}

#[test]
fn measurements_refute_false_declarations() {
    #[derive(Debug)]
    struct ClaimsConvexity;
    impl ActivationMetadata for ClaimsConvexity {
        fn properties(&self) -> Properties {
            Properties { curvature: Sign::Positive, convex: true, ..Sigmoid.properties() }
        }
    }
    let claimed = Verdict::of(&ClaimsConvexity, &Contractive::new(), Constraint::UNIT);
    assert_eq!(claimed.coefficient.as_ref().unwrap().trend, Trend::Falls);
    let found = claimed.with_measurement(&measured(&Sigmoid, &Contractive::new(), 2.0));
    let prediction = found.coefficient.unwrap();
    assert_eq!((prediction.trend, prediction.basis), (Trend::Unpredictable, Basis::None));
    assert!(matches!(prediction.reasons.last(), Some(Reason::DeclarationRefuted(_))));
}

#[test]
fn distributions_of_bias_gradients() {
    let gradients = measured(&Softplus::new(), &Contractive::new(), 0.0);
    assert_eq!((gradients.positive(), gradients.zero(), gradients.negative()), (4, 0, 0));
    let (low, high) = (gradients.quantile(0.0).unwrap(), gradients.quantile(1.0).unwrap());
    assert_eq!(low, gradients.values().iter().copied().fold(f64::INFINITY, f64::min));
    assert_eq!(high, gradients.values().iter().copied().fold(0.0, f64::max));
    assert!(low <= gradients.mean() && gradients.mean() <= high);
    assert!(gradients.quantile(1.5).is_err() && gradients.quantile(f64::NAN).is_err());
    let relu = measured(&Relu, &Contractive::new(), 0.0);
    assert_eq!((relu.positive(), relu.zero(), relu.negative()), (0, 4, 0));
}

#[test]
fn verdicts_can_be_read() {
    let found = Verdict::with_corruption(
        &Sigmoid,
        &(Contractive::new() + KlSparsity::new(0.1).unwrap()),
        Constraint::None,
        &Masking::new(0.1).unwrap(),
    );
    let text = found.to_string();
    for part in ["indefinite", "λ", "unpredictable", "no basis", "Corollary 2", "[0.1, ∞)", "noise"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn verdicts_survive_serde() {
    for activation in activations::<f64>() {
        for regularizer in regularizers::<f64>(3) {
            let found = Verdict::with_corruption(
                &activation,
                &regularizer,
                Constraint::UNIT,
                &GaussianNoise::new(0.1).unwrap(),
            );
            let text = serde_json::to_string(&found).unwrap();
            assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), found);
        }
    }
}

#[test]
fn random_families_obey_the_laws_that_they_declare() {
    for activation in examples(convex(), 60)
        .chain(examples(increasing(), 60))
        .chain(examples(piecewise_linear(), 30))
    {
        let report = check::activation::<f64>(&activation);
        assert!(report.passed(), "{activation:?}: {report}");
        let falling = Family { sign: -1.0, ..activation };
        let report = check::activation::<f64>(&falling);
        assert!(report.passed(), "{falling:?}: {report}");
    }
}

/// A problem whose filters are not 0.
fn general_problem() -> impl Strategy<Value = Problem<f64>> {
    problem().prop_filter("filters of length 0", |problem| {
        problem.parameters.filter_lengths().iter().all(|length| *length > 1e-3)
    })
}

fn signs_agree(activation: S<'_>, problem: &Problem<f64>) -> Result<(), TestCaseError> {
    for regularizer in regularizers(problem.parameters.n_inputs()) {
        let found = verdict(activation, &regularizer);
        let gradients = BiasGradients::of_pass(&problem.pass(activation), &regularizer).unwrap();
        let agrees = match found.bias_gradient {
            Sign::Zero => gradients.values().iter().all(|g| *g == 0.0),
            Sign::Positive | Sign::NonNegative => gradients.values().iter().all(|g| *g >= 0.0),
            Sign::Indefinite => true,
        };
        prop_assert!(agrees, "{activation:?}, {regularizer:?}: {gradients}\n{found}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(400))]

    /// Corollaries 1 and 2 and the cross term, on functions that nobody listed.
    #[test]
    fn convex_families_have_the_signs_of_their_verdicts(
        activation in convex(), problem in general_problem()
    ) {
        signs_agree(&activation, &problem)?;
        // No activation that is convex and non-decreasing leaves a corollary's sign open.
        for regularizer in [&Contractive::new() as R<'_>, &DenoisingCross::new()] {
            prop_assert!(verdict(&activation, regularizer).bias_gradient.is_non_negative());
        }
    }

    #[test]
    fn increasing_families_have_the_signs_of_their_verdicts(
        activation in increasing(), problem in general_problem()
    ) {
        signs_agree(&activation, &problem)?;
        // Corollary 1 needs neither h ≥ 0 nor s' ≤ 1.
        prop_assert!(verdict(&activation, &MeanCode::new()).bias_gradient.is_non_negative());
    }

    #[test]
    fn piecewise_linear_families_have_no_bias_gradient(
        activation in piecewise_linear(), problem in general_problem()
    ) {
        signs_agree(&activation, &problem)?;
        prop_assert_eq!(verdict(&activation, &Contractive::new()).bias_gradient, Sign::Zero);
    }
}

/// Corollary 2 with even q needs s to be non-decreasing: of a convex function that falls, the sign
/// is the other. With odd q it is not needed.
#[test]
fn a_falling_convex_function_is_a_counterexample_for_even_q_only() {
    #[derive(Debug)]
    struct Mirrored;
    impl ActivationMetadata for Mirrored {
        fn properties(&self) -> Properties {
            Properties { curvature: Sign::Positive, convex: true, ..Properties::unknown() }
        }
    }
    impl Activation<f64> for Mirrored {
        fn value(&self, a: f64) -> f64 {
            Softplus::new().value(-a)
        }
        fn derivative(&self, a: f64) -> f64 {
            -Activation::<f64>::derivative(&Softplus::new(), -a)
        }
        fn second_derivative(&self, a: f64) -> f64 {
            Softplus::new().second_derivative(-a)
        }
    }
    assert!(check::activation::<f64>(&Mirrored).passed());
    let problem = examples(general_problem(), 1).next().unwrap();
    let gradients = |q| {
        let regularizer = SlopePenalty::new(q, 2).unwrap();
        let gradients = BiasGradients::of_pass(&problem.pass(&Mirrored), &regularizer).unwrap();
        (verdict(&Mirrored, &regularizer).bias_gradient, gradients)
    };
    let (sign, even) = gradients(2);
    assert!(sign == Sign::Indefinite && even.positive() == 0 && even.negative() > 0, "{even}");
    // So does the cross term.
    let cross = DenoisingCross::new();
    let gradients_of_cross = BiasGradients::of_pass(&problem.pass(&Mirrored), &cross).unwrap();
    assert_eq!(verdict(&Mirrored, &cross).bias_gradient, Sign::Indefinite);
    assert!(gradients_of_cross.positive() == 0 && gradients_of_cross.negative() > 0);
    let (sign, odd) = gradients(1);
    assert!(sign == Sign::Positive && odd.negative() == 0 && odd.positive() > 0, "{odd}");
}

/// "There is a λ such that E[a] falls" is false where ∂R/∂b_j = 0.
#[test]
fn no_coefficient_moves_relu_with_the_contractive_penalty() {
    let parameters = regularized_autoencoder::Parameters::new(
        DMatrix::from_element(1, 1, 1.0),
        DVector::from_element(1, -0.5),
        None,
    );
    let input = DMatrix::from_row_slice(1, 2, &[1.0, -1.0]);
    let noise = DMatrix::zeros(1, 2);
    let problem = Problem { parameters: parameters.unwrap(), input, target: None, noise };
    let gradients =
        BiasGradients::of_pass(&problem.pass(&Relu), &(1e6 * Contractive::new())).unwrap();
    assert_eq!(gradients.values(), [0.0]);
}
