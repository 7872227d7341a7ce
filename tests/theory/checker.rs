//! The public checker: it accepts everything that is built in, and refuses what is broken.

use regularized_autoencoder::check::{self, Problem, Report};
use regularized_autoencoder::{
    Activation, ActivationMetadata, CodeL1, Contractive, Cotangents, DenoisingCross,
    DenoisingCurvature, Elu, FilterPart, FirstOrderDenoising, Form, Forward, Gelu, HardSigmoid,
    HessianPenalty, Identity, Interval, Jet, Kink, KlSparsity, LeakyRelu, MarginalizedDenoising,
    MeanCode, Needs, Properties, Real, Regularizer, RegularizerMetadata, Relu,
    SecondOrderDenoising, Shape, Sigmoid, Sign, Silu, SlopePenalty, Softplus, Tanh, Threshold,
    Unregularized, WeightDecay,
};

fn activations<T: Real>() -> Vec<Box<dyn Activation<T>>> {
    vec![
        Box::new(Relu),
        Box::new(Softplus::new()),
        Box::new(Softplus::with_sharpness(0.1).unwrap()),
        Box::new(Softplus::with_sharpness(50.0).unwrap()),
        Box::new(Sigmoid),
        Box::new(Tanh),
        Box::new(Identity),
        Box::new(LeakyRelu::new(0.0).unwrap()),
        Box::new(LeakyRelu::new(1e-7).unwrap()),
        Box::new(LeakyRelu::default()),
        Box::new(LeakyRelu::new(1.0).unwrap()),
        Box::new(Elu::new(0.5).unwrap()),
        Box::new(Elu::default()),
        Box::new(Elu::new(2.0).unwrap()),
        Box::new(Silu),
        Box::new(Gelu),
        Box::new(HardSigmoid),
    ]
}

fn regularizers<T: Real>() -> Vec<Box<dyn Regularizer<T>>> {
    vec![
        Box::new(Unregularized),
        Box::new(WeightDecay::new()),
        Box::new(MeanCode::new()),
        Box::new(MeanCode::square()),
        Box::new(KlSparsity::new(0.0).unwrap()),
        Box::new(KlSparsity::new(0.2).unwrap()),
        Box::new(CodeL1::new()),
        Box::new(SlopePenalty::new(1, 0).unwrap()),
        Box::new(SlopePenalty::new(1, 1).unwrap()),
        Box::new(SlopePenalty::new(3, 3).unwrap()),
        Box::new(Contractive::new()),
        Box::new(Contractive::with_hessian(0.7, 0.04, 2).unwrap()),
        Box::new(MarginalizedDenoising::new()),
        Box::new(MarginalizedDenoising::with_variances([0.3]).unwrap()),
        Box::new(DenoisingCross::new()),
        Box::new(DenoisingCurvature::new()),
        Box::new(SecondOrderDenoising::new()),
        Box::new(FirstOrderDenoising::new(0.3).unwrap()),
        Box::new(HessianPenalty::new(0.1, 3).unwrap()),
        Box::new(0.3 * Contractive::new() + 0.0 * KlSparsity::new(0.1).unwrap() + WeightDecay),
    ]
}

#[test]
fn every_built_in_activation_passes() {
    for activation in activations::<f64>() {
        let report = check::activation(&*activation);
        assert!(report.passed(), "{activation:?}, f64:\n{report}");
    }
    for activation in activations::<f32>() {
        let report = check::activation(&*activation);
        assert!(report.passed(), "{activation:?}, f32:\n{report}");
    }
}

#[test]
fn every_built_in_regularizer_passes_with_every_activation() {
    for activation in activations::<f64>() {
        for regularizer in regularizers::<f64>() {
            let report = check::regularizer(&*regularizer, &*activation);
            assert!(report.passed(), "{regularizer:?} with {activation:?}:\n{report}");
        }
    }
}

#[test]
fn every_built_in_regularizer_passes_in_single_precision() {
    for regularizer in regularizers::<f32>() {
        let report = check::regularizer(&*regularizer, &Softplus::new());
        assert!(report.passed(), "{regularizer:?}:\n{report}");
    }
}

/// A broken activation: its parts are functions, so that each test changes one of them.
#[derive(Clone, Debug)]
struct Parts {
    value: fn(f64) -> f64,
    first: fn(f64) -> f64,
    second: fn(f64) -> f64,
    properties: Properties,
}

impl Parts {
    /// The sigmoid, for a start.
    fn sigmoid() -> Self {
        Self {
            value: |a| Sigmoid.value(a),
            first: |a| Sigmoid.derivative(a),
            second: |a| Sigmoid.second_derivative(a),
            properties: Sigmoid.properties(),
        }
    }

    fn relu() -> Self {
        Self {
            value: |a| Relu.value(a),
            first: |a| Relu.derivative(a),
            second: |a| Relu.second_derivative(a),
            properties: Relu.properties(),
        }
    }
}

impl ActivationMetadata for Parts {
    fn properties(&self) -> Properties {
        self.properties.clone()
    }
}

impl<T: Real> Activation<T> for Parts {
    fn value(&self, a: T) -> T {
        T::of((self.value)(a.as_f64()))
    }
    fn derivative(&self, a: T) -> T {
        T::of((self.first)(a.as_f64()))
    }
    fn second_derivative(&self, a: T) -> T {
        T::of((self.second)(a.as_f64()))
    }
}

/// The laws that a report finds violated.
fn violated(report: &Report) -> Vec<&'static str> {
    report.violated().map(|finding| finding.law).collect()
}

fn refused(broken: &Parts) -> Vec<&'static str> {
    let single = check::activation::<f32>(broken);
    let double = check::activation::<f64>(broken);
    assert!(!single.passed(), "accepted in f32: {broken:?}");
    assert!(double.violated().all(|finding| finding.first_violation.is_some()));
    violated(&double)
}

#[test]
fn unbroken_parts_pass() {
    for parts in [Parts::sigmoid(), Parts::relu()] {
        let report = check::activation::<f64>(&parts);
        assert!(report.passed(), "{report}");
    }
}

#[test]
fn wrong_sign_of_the_derivative() {
    let broken = Parts { first: |a| -Sigmoid.derivative(a), ..Parts::sigmoid() };
    assert!(refused(&broken).contains(&"the derivative is that of the value"));
}

#[test]
fn derivative_off_by_a_factor_of_two() {
    let broken = Parts { first: |a| 2.0 * Sigmoid.derivative(a), ..Parts::sigmoid() };
    let laws = refused(&broken);
    assert!(laws.contains(&"the derivative is that of the value"));
    assert!(laws.contains(&"the second derivative is that of the first"));
}

#[test]
fn second_derivative_of_another_function() {
    let broken = Parts { second: |a| Tanh.second_derivative(a), ..Parts::sigmoid() };
    assert_eq!(refused(&broken), ["the second derivative is that of the first"]);
}

#[test]
fn false_convexity() {
    let mut broken = Parts::sigmoid();
    broken.properties.convex = true;
    assert_eq!(refused(&broken), ["the value is convex, as declared"]);
    broken.properties.convex = false;
    // Without kinks the function is then declared to be convex, too.
    broken.properties.curvature = Sign::NonNegative;
    let laws = ["the curvature has the declared sign", "the value is convex, as declared"];
    assert_eq!(refused(&broken), laws);
}

#[test]
fn false_monotonicity() {
    let mut broken = Parts {
        value: |a| Silu.value(a),
        first: |a| Silu.derivative(a),
        second: |a| Silu.second_derivative(a),
        properties: Silu.properties(),
    };
    broken.properties.slope = Sign::NonNegative;
    let laws = refused(&broken);
    assert!(laws.contains(&"the slope has the declared sign"));
    assert!(laws.contains(&"the value is non-decreasing, as declared"));
}

#[test]
fn false_strictness() {
    let mut broken = Parts::relu();
    broken.properties.slope = Sign::Positive;
    assert_eq!(refused(&broken), ["the slope has the declared sign"]);
    let mut broken = Parts::relu();
    broken.properties.curvature = Sign::Positive;
    assert_eq!(refused(&broken), ["the curvature has the declared sign"]);
}

#[test]
fn false_saturation() {
    let mut broken = Parts::sigmoid();
    broken.properties.limit_at_negative_infinity = Some(-1.0);
    assert_eq!(refused(&broken), ["the limit at −∞ is the declared one"]);
    for limit in [f64::NEG_INFINITY, f64::INFINITY, 0.1, f64::NAN] {
        broken.properties.limit_at_negative_infinity = Some(limit);
        assert_eq!(refused(&broken), ["the limit at −∞ is the declared one"]);
    }
    // It falls like 1/|a|, for ever, but not below 0.
    let mut broken = Parts {
        value: |a| {
            if a < 0.0 {
                0.5 / ((a * a + 1.0).sqrt() - a)
            } else {
                0.5 * (a + (a * a + 1.0).sqrt())
            }
        },
        first: |a| 0.5 * (1.0 + a / (a * a + 1.0).sqrt()),
        second: |a| 0.5 / (a * a + 1.0).powf(1.5),
        properties: Properties::unknown(),
    };
    broken.properties.limit_at_negative_infinity = Some(f64::NEG_INFINITY);
    assert!(refused(&broken).contains(&"the limit at −∞ is the declared one"));
}

#[test]
fn false_range() {
    let mut broken = Parts::sigmoid();
    broken.properties.range = Interval::new(0.0, 0.99);
    assert_eq!(refused(&broken), ["the value lies in the declared range"]);
    let mut broken = Parts::sigmoid();
    broken.properties.derivative_range = Interval::new(0.0, 0.24);
    assert_eq!(refused(&broken), ["the derivative lies in the declared range"]);
}

#[test]
fn wrong_a_min() {
    let law = ["s(a) ≤ δ_min up to a_min, and not just above it"];
    for wrong in [-2.0, -2.3] {
        let mut broken = Parts::sigmoid();
        broken.properties.threshold = Threshold { code: 0.1, pre_activation: Some(wrong) };
        assert_eq!(refused(&broken), law);
    }
    // s rises above δ_min only between −4 and −3, far below the a_min that is declared.
    let bump = |a: f64| if (-4.0..-3.0).contains(&a) { 0.2 } else { Sigmoid.value(a) };
    let mut broken = Parts { value: bump, ..Parts::sigmoid() };
    broken.properties = Properties {
        kinks: vec![Kink { at: -4.0, order: 0 }, Kink { at: -3.0, order: 0 }].into(),
        threshold: Sigmoid.properties().threshold,
        ..Properties::unknown()
    };
    assert!(refused(&broken).contains(&law[0]));
}

#[test]
fn a_threshold_that_is_no_number() {
    for (code, a_min) in [(f64::NAN, None), (0.1, Some(f64::NAN)), (f64::INFINITY, None)] {
        let mut broken = Parts::sigmoid();
        broken.properties.threshold = Threshold { code, pre_activation: a_min };
        assert_eq!(refused(&broken), ["s(a) ≤ δ_min up to a_min, and not just above it"]);
    }
}

#[test]
fn a_discontinuity_that_is_not_named_as_kink() {
    let law = ["nothing jumps but at a declared kink of that order"];
    let mut broken = Parts::relu();
    broken.properties.kinks = vec![].into();
    assert!(refused(&broken).contains(&law[0]));
    // Named, but with an order that promises a continuous first derivative.
    broken.properties.kinks = vec![Kink { at: 0.0, order: 2 }].into();
    assert_eq!(refused(&broken), law);
    // A step of the value far from any special point.
    let step = |a: f64| Sigmoid.value(a) + if a > 7.777 { 0.01 } else { 0.0 };
    let mut broken = Parts { value: step, ..Parts::sigmoid() };
    broken.properties = Properties::unknown();
    assert!(refused(&broken).contains(&law[0]));
}

#[test]
fn false_hard_zeros() {
    // Far out the sigmoid underflows to 0, which is no hard zero.
    let mut broken = Parts::sigmoid();
    broken.properties.hard_zeros = true;
    assert_eq!(refused(&broken), ["hard zeros are exact zeros and no underflow"]);
}

#[test]
fn nan_mapped_to_a_number() {
    let broken = Parts { value: |a| a.max(0.0), ..Parts::relu() };
    assert_eq!(refused(&broken), ["NaN gives NaN"]);
}

#[test]
fn overflow() {
    // log(1 + e^a), infinite from a = 710 on.
    let broken = Parts {
        value: |a| (1.0 + a.exp()).ln(),
        first: |a| Sigmoid.value(a),
        second: |a| Sigmoid.derivative(a),
        properties: Properties::unknown(),
    };
    assert!(refused(&broken).contains(&"finite pre-activations give finite values"));
}

#[test]
fn a_batch_evaluation_that_differs() {
    #[derive(Debug)]
    struct ForgetsTheLast;
    impl ActivationMetadata for ForgetsTheLast {}
    impl<T: Real> Activation<T> for ForgetsTheLast {
        fn value(&self, a: T) -> T {
            Tanh.value(a)
        }
        fn derivative(&self, a: T) -> T {
            Tanh.derivative(a)
        }
        fn second_derivative(&self, a: T) -> T {
            Tanh.second_derivative(a)
        }
        fn evaluate(&self, jet: Jet<'_, T>) {
            let even = jet.input.len() / 2 * 2;
            for (out, a) in jet.value[..even].iter_mut().zip(jet.input) {
                *out = Tanh.value(*a);
            }
        }
    }
    let report = check::activation::<f64>(&ForgetsTheLast);
    assert_eq!(violated(&report), ["a slice gives what single calls give"]);
}

/// The sigmoid with another way to fill slices.
#[derive(Debug)]
struct Batched(fn(Jet<'_, f64>));

impl ActivationMetadata for Batched {}
impl Activation<f64> for Batched {
    fn value(&self, a: f64) -> f64 {
        Sigmoid.value(a)
    }
    fn derivative(&self, a: f64) -> f64 {
        Sigmoid.derivative(a)
    }
    fn second_derivative(&self, a: f64) -> f64 {
        Sigmoid.second_derivative(a)
    }
    fn third_derivative(&self, a: f64) -> f64 {
        Sigmoid.third_derivative(a)
    }
    fn evaluate(&self, jet: Jet<'_, f64>) {
        (self.0)(jet);
    }
}

/// The derivatives are there together, or for few pre-activations, alone.
#[test]
fn a_batch_evaluation_that_is_right_in_some_calls() {
    let report = check::activation(&Batched(|jet| Sigmoid.evaluate(jet)));
    assert!(report.passed(), "{report}");
    let broken: [fn(Jet<'_, f64>); 4] = [
        |jet| match (jet.first, jet.second) {
            (Some(first), Some(second)) => Sigmoid.evaluate(
                Jet::new(jet.input, jet.value, Some(first), Some(second), jet.third).unwrap(),
            ),
            _ => Sigmoid.evaluate(Jet::new(jet.input, jet.value, None, None, jet.third).unwrap()),
        },
        |jet| {
            let second = jet.second.filter(|_| jet.first.is_none());
            Sigmoid.evaluate(Jet::new(jet.input, jet.value, jet.first, second, jet.third).unwrap());
        },
        |jet| {
            let third = jet.third.filter(|_| jet.second.is_some());
            Sigmoid.evaluate(Jet::new(jet.input, jet.value, jet.first, jet.second, third).unwrap());
        },
        |jet| {
            let (input, value) = (jet.input, jet.value);
            Sigmoid.evaluate(Jet::new(input, value, jet.first, jet.second, jet.third).unwrap());
            if let Some(wide) = value.get_mut(..64) {
                wide[63] = 0.5;
            }
        },
    ];
    for evaluate in broken {
        let laws = violated(&check::activation(&Batched(evaluate)));
        assert_eq!(laws, ["a slice gives what single calls give"]);
    }
}

/// E Σ_j s'(a_j)² ‖W_j‖² + Σ_j ρ_j², with switches that break it.
#[derive(Clone, Debug)]
struct Switched {
    sign: f64,
    without_length_path: bool,
    without_mean_path: bool,
    sum_instead_of_mean: bool,
    form: Form,
}

impl Switched {
    fn right() -> Self {
        Self {
            sign: 1.0,
            without_length_path: false,
            without_mean_path: false,
            sum_instead_of_mean: false,
            form: Form::Unknown,
        }
    }
}

impl RegularizerMetadata for Switched {
    fn form(&self) -> Form {
        self.form.clone()
    }
    fn needs(&self, _: Shape) -> Needs {
        Needs::per_unit()
    }
}

impl<T: Real> Regularizer<T> for Switched {
    fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let mean = forward.sample_weight();
        let weight = if self.sum_instead_of_mean { T::one() } else { mean };
        let two = T::of(2.0 * self.sign);
        let mut value = T::zero();
        for j in 0..forward.n_units() {
            let (length, rho) = (forward.squared_lengths()[j], forward.mean_code()[j]);
            value += rho * rho;
            for i in 0..forward.n_samples() {
                let d = forward.derivative(i)[j];
                let c = forward.second_derivative(i)[j];
                value += mean * d * d * length;
                out.add_pre_activation(j, i, weight * two * d * c * length);
                if !self.without_mean_path {
                    out.add_pre_activation(j, i, weight * two * rho * d);
                }
                if !self.without_length_path {
                    out.add_squared_length(j, mean * d * d);
                }
            }
        }
        value
    }
}

fn refused_regularizer(broken: &dyn Regularizer<f64>) -> Vec<&'static str> {
    let report = check::regularizer(broken, &Softplus::new());
    assert!(!report.passed(), "accepted: {broken:?}");
    violated(&report)
}

const BIAS: &str = "the bias gradient is that of the loss";
const WEIGHTS: &str = "the weight gradient is that of the loss";

#[test]
fn the_unbroken_regularizer_passes() {
    let report = check::regularizer::<f64>(&Switched::right(), &Softplus::new());
    assert!(report.passed(), "{report}");
    let report = check::regularizer::<f32>(&Switched::right(), &Softplus::new());
    assert!(report.passed(), "{report}");
}

#[test]
fn a_regularizer_with_a_wrong_sign() {
    let broken = Switched { sign: -1.0, ..Switched::right() };
    assert_eq!(refused_regularizer(&broken), [WEIGHTS, BIAS]);
}

#[test]
fn a_regularizer_without_its_length_path() {
    let broken = Switched { without_length_path: true, ..Switched::right() };
    assert_eq!(refused_regularizer(&broken), [WEIGHTS]);
}

#[test]
fn a_regularizer_without_its_mean_code_path() {
    let broken = Switched { without_mean_path: true, ..Switched::right() };
    assert_eq!(refused_regularizer(&broken), [WEIGHTS, BIAS]);
}

#[test]
fn a_regularizer_whose_bias_gradient_is_not_divided_by_the_batch() {
    let broken = Switched { sum_instead_of_mean: true, ..Switched::right() };
    assert_eq!(refused_regularizer(&broken), [WEIGHTS, BIAS]);
}

#[test]
fn a_false_form() {
    // Declares that the bias does not occur.
    let broken = Switched { form: Form::WeightsOnly(FilterPart::Direction), ..Switched::right() };
    let law = ["the bias gradient has the sign that the declared form implies"];
    assert_eq!(refused_regularizer(&broken), law);
}

const FILTERS: &str = "the loss depends on no more of the filters than the declared form says";

#[test]
fn a_false_claim_of_linearity_in_the_noise() {
    /// Σ ρ_j², of which this is not true.
    #[derive(Debug)]
    struct Misdeclared;
    impl RegularizerMetadata for Misdeclared {
        fn form(&self) -> Form {
            Form::LinearInNoise
        }
        fn needs(&self, shape: Shape) -> Needs {
            MeanCode::square().needs(shape)
        }
    }
    impl<T: Real> Regularizer<T> for Misdeclared {
        fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
            MeanCode::square().accumulate(forward, out)
        }
    }
    let laws = refused_regularizer(&Misdeclared);
    assert_eq!(laws, ["the loss is multiplied as the noise is, as declared"]);
}

#[test]
fn a_false_claim_that_lengths_do_not_matter() {
    let weight = Sign::Positive;
    let form = |depends_on| {
        let slopes = Form::SlopePower { power: 2, weight, depends_on };
        Form::Sum(vec![slopes, MeanCode::square().form()])
    };
    let right = Switched { form: form(FilterPart::Length), ..Switched::right() };
    assert!(check::regularizer::<f64>(&right, &Softplus::new()).passed());
    let broken = Switched { form: form(FilterPart::Nothing), ..Switched::right() };
    assert_eq!(refused_regularizer(&broken), [FILTERS]);
}

#[test]
fn a_false_claim_that_directions_do_not_matter() {
    /// E Σ_j s'(a_j)² ‖W_j‖² Σ_i σ_i² W_ji², declared as if all σ_i were equal.
    #[derive(Debug)]
    struct Uneven(MarginalizedDenoising);
    impl RegularizerMetadata for Uneven {
        fn form(&self) -> Form {
            MarginalizedDenoising::new().form()
        }
        fn needs(&self, shape: Shape) -> Needs {
            self.0.needs(shape)
        }
    }
    impl<T: Real> Regularizer<T> for Uneven {
        fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
            self.0.accumulate(forward, out)
        }
    }
    let check = |variances: [f64; 4]| {
        let uneven = Uneven(MarginalizedDenoising::with_variances(variances).unwrap());
        let problem = Problem::new(4, 3, 5, 0, 1).unwrap();
        check::regularizer_on::<f64>(&problem, &uneven, &Softplus::new())
    };
    assert_eq!(violated(&check([0.1, 0.2, 0.3, 0.4])), [FILTERS]);
    assert!(check([0.2; 4]).passed());
}

#[test]
fn a_false_claim_of_separability() {
    /// (Σ_j ρ_j)², which joins all units.
    #[derive(Debug)]
    struct Total;
    impl RegularizerMetadata for Total {
        fn needs(&self, _: Shape) -> Needs {
            Needs::per_unit()
        }
    }
    impl<T: Real> Regularizer<T> for Total {
        fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
            let total = forward.mean_code().iter().fold(T::zero(), |sum, rho| sum + *rho);
            let factor = T::of(2.0) * total * forward.sample_weight();
            for i in 0..forward.n_samples() {
                out.add_pre_activations(i, forward.derivative(i).iter().map(|d| factor * *d));
            }
            total * total
        }
    }
    let laws = refused_regularizer(&Total);
    assert!(laws.contains(&"cutting the layer into blocks changes nothing, as declared"));
}

#[test]
fn a_regularizer_with_a_random_generator_of_its_own() {
    #[derive(Debug, Default)]
    struct Moody(std::sync::atomic::AtomicU32);
    impl RegularizerMetadata for Moody {}
    impl<T: Real> Regularizer<T> for Moody {
        fn accumulate(&self, _: &Forward<'_, T>, _: &mut Cotangents<'_, T>) -> T {
            T::of(f64::from(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)))
        }
    }
    let laws = refused_regularizer(&Moody::default());
    assert!(laws.contains(&"the same arguments give the same value"));
}

#[test]
fn a_regularizer_that_cannot_be_evaluated() {
    let invalid = Contractive::new().scaled(-1.0);
    assert_eq!(refused_regularizer(&invalid), ["the regularizer can be evaluated"]);
    #[derive(Debug)]
    struct NotANumber;
    impl RegularizerMetadata for NotANumber {}
    impl<T: Real> Regularizer<T> for NotANumber {
        fn accumulate(&self, _: &Forward<'_, T>, _: &mut Cotangents<'_, T>) -> T {
            T::of(f64::NAN)
        }
    }
    assert_eq!(refused_regularizer(&NotANumber), ["the regularizer can be evaluated"]);
}

/// Activations as people write them, rounding errors included.
fn textbook() -> Vec<(&'static str, Parts)> {
    let unknown = Properties::unknown;
    let kinks =
        |kinks: &[Kink]| Properties { kinks: kinks.to_vec().into(), ..Properties::unknown() };
    fn step(t: f64) -> f64 {
        t.clamp(0.0, 1.0)
    }
    vec![
        (
            "sigmoid by s(1 − s)(1 − 2s)",
            Parts {
                second: |a| {
                    let s = Sigmoid.value(a);
                    s * (1.0 - s) * (1.0 - 2.0 * s)
                },
                ..Parts::sigmoid()
            },
        ),
        (
            "tanh by 1 − t²",
            Parts {
                value: f64::tanh,
                first: |a| 1.0 - a.tanh() * a.tanh(),
                second: |a| -2.0 * a.tanh() * (1.0 - a.tanh() * a.tanh()),
                properties: Properties { slope: Sign::Positive, ..unknown() },
            },
        ),
        (
            "ELU by e^a − 1",
            Parts {
                value: |a| if a > 0.0 { a } else { a.exp() - 1.0 },
                first: |a| if a > 0.0 { 1.0 } else { a.exp() },
                second: |a| if a > 0.0 { 0.0 } else { a.exp() },
                properties: Elu::default().properties(),
            },
        ),
        (
            "shifted softplus",
            Parts {
                value: |a| Softplus::new().value(a) - 2f64.ln(),
                first: |a| Sigmoid.value(a),
                second: |a| Sigmoid.derivative(a),
                properties: Properties {
                    range: Interval::new(-0.6932, f64::INFINITY),
                    limit_at_negative_infinity: Some(-2f64.ln()),
                    threshold: Threshold { code: 0.1, pre_activation: None },
                    ..Softplus::new().properties()
                },
            },
        ),
        (
            "squareplus with cancellation",
            Parts {
                value: |a| 0.5 * (a + (a * a + 1.0).sqrt()),
                first: |a| 0.5 * (1.0 + a / (a * a + 1.0).sqrt()),
                second: |a| 0.5 / (a * a + 1.0).powf(1.5),
                properties: Properties { slope: Sign::NonNegative, convex: true, ..unknown() },
            },
        ),
        (
            "ReLU³",
            Parts {
                value: |a| if a < 0.0 { 0.0 * a } else { a * a * a },
                first: |a| if a < 0.0 { 0.0 * a } else { 3.0 * a * a },
                second: |a| if a < 0.0 { 0.0 * a } else { 6.0 * a },
                properties: Properties { hard_zeros: true, ..kinks(&[Kink { at: 0.0, order: 3 }]) },
            },
        ),
        (
            "smootherstep",
            Parts {
                value: |a| {
                    let t = step((a + 3.0) / 6.0);
                    if a.is_nan() { a } else { t * t * t * (t * (6.0 * t - 15.0) + 10.0) }
                },
                first: |a| {
                    let t = step((a + 3.0) / 6.0);
                    30.0 * t * t * (1.0 - t) * (1.0 - t) / 6.0
                },
                second: |a| {
                    let t = step((a + 3.0) / 6.0);
                    60.0 * t * (1.0 - t) * (1.0 - 2.0 * t) / 36.0
                },
                properties: Properties {
                    slope: Sign::NonNegative,
                    ..kinks(&[Kink { at: -3.0, order: 3 }, Kink { at: 3.0, order: 3 }])
                },
            },
        ),
    ]
}

#[test]
fn rounding_as_in_textbook_formulas_is_no_mistake() {
    for (name, parts) in textbook() {
        let report = check::activation::<f64>(&parts);
        assert!(report.passed(), "{name}, f64:\n{report}");
        let report = check::activation::<f32>(&parts);
        assert!(report.passed(), "{name}, f32:\n{report}");
    }
}

/// Formulas that are computed in the type at hand, so that they round as users' do.
#[derive(Debug)]
struct Formulas<T> {
    value: fn(T) -> T,
    first: fn(T) -> T,
    second: fn(T) -> T,
    properties: Properties,
}

impl<T: std::fmt::Debug> ActivationMetadata for Formulas<T> {
    fn properties(&self) -> Properties {
        self.properties.clone()
    }
}

impl<T: Real> Activation<T> for Formulas<T> {
    fn value(&self, a: T) -> T {
        (self.value)(a)
    }
    fn derivative(&self, a: T) -> T {
        (self.first)(a)
    }
    fn second_derivative(&self, a: T) -> T {
        (self.second)(a)
    }
}

fn with_kinks(kinks: &[(f64, u32)]) -> Properties {
    let kinks: Vec<Kink> = kinks.iter().map(|&(at, order)| Kink { at, order }).collect();
    Properties { kinks: kinks.into(), ..Properties::unknown() }
}

/// 1 inside, NaN for NaN, else 0.
fn indicator<T: Real>(a: T, inside: bool) -> T {
    if a.is_nan() || !inside { a * T::zero() } else { T::one() }
}

fn sigmoid<T: Real>(a: T) -> T {
    T::one() / (T::one() + (-a).exp())
}

/// Shifted, scaled and steep functions.
fn moved<T: Real>() -> Vec<(&'static str, Formulas<T>)> {
    /// max(0, p a − q).
    macro_rules! shifted_relu {
        ($p:literal, $q:literal) => {
            Formulas {
                value: |a| {
                    let z = T::of($p) * a - T::of($q);
                    indicator(z, z > T::zero()) * z
                },
                first: |a| {
                    let z = T::of($p) * a - T::of($q);
                    indicator(z, z > T::zero()) * T::of($p)
                },
                second: |a| a * T::zero(),
                properties: with_kinks(&[($q / $p, 1)]),
            }
        };
    }
    /// The hard sigmoid with this slope.
    macro_rules! clipped {
        ($slope:expr) => {
            Formulas {
                value: |a| {
                    let z = T::of($slope) * a + T::of(0.5);
                    if z > T::one() { T::one() } else { indicator(z, z > T::zero()) * z }
                },
                first: |a| {
                    let z = T::of($slope) * a + T::of(0.5);
                    indicator(z, z > T::zero() && z < T::one()) * T::of($slope)
                },
                second: |a| a * T::zero(),
                properties: Properties {
                    slope: Sign::NonNegative,
                    ..with_kinks(&[(-0.5 / ($slope), 1), (0.5 / ($slope), 1)])
                },
            }
        };
    }
    /// The sigmoid of b(a − c), by s(1 − s).
    macro_rules! steep_sigmoid {
        ($b:literal, $c:literal) => {
            Formulas {
                value: |a| sigmoid(T::of($b) * (a - T::of($c))),
                first: |a| {
                    let s = sigmoid(T::of($b) * (a - T::of($c)));
                    T::of($b) * s * (T::one() - s)
                },
                second: |a| {
                    let s = sigmoid(T::of($b) * (a - T::of($c)));
                    T::of($b * $b) * s * (T::one() - s) * (T::one() - T::of(2.0) * s)
                },
                properties: Properties { slope: Sign::Positive, ..Properties::unknown() },
            }
        };
    }
    /// An ELU with its kink elsewhere, α = 2.
    macro_rules! shifted_elu {
        ($rate:literal, $at:literal) => {
            Formulas {
                value: |a| {
                    let z = a - T::of($at);
                    let below = T::of(2.0) * ((T::of($rate) * z).exp() - T::one());
                    if z > T::zero() { z } else { below / T::of($rate) }
                },
                first: |a| {
                    let z = a - T::of($at);
                    if z > T::zero() { T::one() } else { T::of(2.0) * (T::of($rate) * z).exp() }
                },
                second: |a| {
                    let z = a - T::of($at);
                    let below = T::of(2.0 * $rate) * (T::of($rate) * z).exp();
                    if z > T::zero() { T::zero() } else { below }
                },
                properties: with_kinks(&[($at, 1)]),
            }
        };
    }
    vec![
        ("ReLU of 3a − 1", shifted_relu!(3.0, 1.0)),
        ("ReLU of 5a − 0.3", shifted_relu!(5.0, 0.3)),
        ("hard sigmoid, slope 0.2", clipped!(0.2)),
        ("hard sigmoid, slope 1/6", clipped!(1.0 / 6.0)),
        ("sigmoid of a − 3", steep_sigmoid!(1.0, 3.0)),
        ("sigmoid of 20 a", steep_sigmoid!(20.0, 0.0)),
        ("sigmoid of 8 (a − 5)", steep_sigmoid!(8.0, 5.0)),
        ("ELU from 3 on", shifted_elu!(1.0, 3.0)),
        ("steep ELU", shifted_elu!(5.0, 0.0)),
        (
            "softplus from 3 on",
            Formulas {
                value: |a| Softplus::new().value(a - T::of(3.0)),
                first: |a| sigmoid(a - T::of(3.0)),
                second: |a| {
                    let s = sigmoid(a - T::of(3.0));
                    s * (T::one() - s)
                },
                properties: Properties {
                    slope: Sign::Positive,
                    curvature: Sign::Positive,
                    ..Properties::unknown()
                },
            },
        ),
        (
            "GELU by tanh",
            Formulas {
                value: |a| {
                    let u = T::of(0.797_884_560_802_865_4) * (a + T::of(0.044_715) * a * a * a);
                    T::of(0.5) * a * (T::one() + u.tanh())
                },
                first: |a| {
                    let c = T::of(0.797_884_560_802_865_4);
                    let t = (c * (a + T::of(0.044_715) * a * a * a)).tanh();
                    let slope = c * (T::one() + T::of(3.0 * 0.044_715) * a * a);
                    T::of(0.5) * (T::one() + t) + T::of(0.5) * a * (T::one() - t * t) * slope
                },
                second: |a| {
                    let c = T::of(0.797_884_560_802_865_4);
                    let t = (c * (a + T::of(0.044_715) * a * a * a)).tanh();
                    let slope = c * (T::one() + T::of(3.0 * 0.044_715) * a * a);
                    let bend = c * T::of(6.0 * 0.044_715) * a;
                    let inner = slope + T::of(0.5) * a * bend - a * t * slope * slope;
                    (T::one() - t * t) * inner
                },
                properties: Properties::unknown(),
            },
        ),
    ]
}

fn are_right<T: Real>() {
    for (name, formulas) in moved::<T>() {
        let report = check::activation::<T>(&formulas);
        assert!(report.passed(), "{name}, {}:\n{report}", std::any::type_name::<T>());
    }
}

#[test]
fn shifted_and_steep_formulas_are_no_mistake() {
    are_right::<f64>();
    are_right::<f32>();
}

/// At random points, too.
#[cfg(feature = "proptest")]
#[test]
fn shifted_and_steep_formulas_are_no_mistake_anywhere() {
    for ((name, single), (_, double)) in moved::<f32>().into_iter().zip(moved::<f64>()) {
        let outcome = check::property::activation(&single, file!());
        assert_eq!(outcome, Ok(()), "{name}, f32");
        let outcome = check::property::activation(&double, file!());
        assert_eq!(outcome, Ok(()), "{name}, f64");
    }
}

#[test]
fn a_derivative_of_almost_the_same_function() {
    // The exact GELU's slope differs from that of the one by tanh by up to a thousandth.
    let (_, gelu) = moved::<f64>().pop().unwrap();
    let broken = Formulas { first: |a| Gelu.derivative(a), ..gelu };
    let laws = violated(&check::activation(&broken));
    assert!(laws.contains(&"the derivative is that of the value"), "{laws:?}");
    let (_, steep) = moved::<f64>().swap_remove(5);
    let broken = Formulas { second: |a| 400.001 * Sigmoid.second_derivative(20.0 * a), ..steep };
    let laws = violated(&check::activation(&broken));
    assert_eq!(laws, ["the second derivative is that of the first"]);
}

/// Far from 0, where it is small.
#[test]
fn a_third_derivative_without_its_tail() {
    #[derive(Debug)]
    struct Cut;
    impl ActivationMetadata for Cut {}
    impl<T: Real> Activation<T> for Cut {
        fn value(&self, a: T) -> T {
            Sigmoid.value(a)
        }
        fn derivative(&self, a: T) -> T {
            Sigmoid.derivative(a)
        }
        fn second_derivative(&self, a: T) -> T {
            Sigmoid.second_derivative(a)
        }
        fn third_derivative(&self, a: T) -> T {
            if a < T::of(-9.0) { T::zero() } else { Sigmoid.third_derivative(a) }
        }
    }
    let laws = violated(&check::activation::<f64>(&Cut));
    assert_eq!(laws, ["the third derivative is that of the second"]);
}

#[test]
fn a_kink_that_is_not_quite_there() {
    let (_, mut broken) = moved::<f64>().swap_remove(2);
    broken.properties = with_kinks(&[(-2.5, 1), (2.5 + 1e-12, 1)]);
    let laws = violated(&check::activation(&broken));
    assert_eq!(laws, ["nothing jumps but at a declared kink of that order"]);
}

#[test]
fn a_wrong_number_at_0_alone() {
    let at_0 = |f: fn(f64) -> f64, parts: Parts| Parts { first: f, ..parts };
    let broken = [
        at_0(|a| 0.5 * (1.0 + a / a.abs()), Parts::relu()),
        at_0(|a| if a == 0.0 { 7.0 } else { Relu.derivative(a) }, Parts::relu()),
        at_0(|a| if a == 0.0 { f64::NAN } else { Sigmoid.derivative(a) }, Parts::sigmoid()),
        Parts { value: |a| if a == 0.0 { f64::NAN } else { Sigmoid.value(a) }, ..Parts::sigmoid() },
    ];
    for broken in broken {
        assert!(!refused(&broken).is_empty());
    }
}

#[test]
fn an_isolated_zero_is_no_half_line_of_zeros() {
    for activation in [&Silu as &dyn Activation<f64>, &Gelu] {
        let broken = Claims(activation, |properties| properties.hard_zeros = true);
        let laws = violated(&check::activation::<f64>(&broken));
        assert_eq!(laws, ["hard zeros are exact zeros and no underflow"]);
    }
}

#[test]
fn a_flat_end_is_no_underflow() {
    let (_, mut broken) = textbook().pop().unwrap();
    broken.properties.slope = Sign::Positive;
    assert_eq!(refused(&broken), ["the slope has the declared sign"]);
}

/// An activation with other claims.
#[derive(Debug)]
struct Claims<'a>(&'a dyn Activation<f64>, fn(&mut Properties));

impl ActivationMetadata for Claims<'_> {
    fn properties(&self) -> Properties {
        let mut properties = self.0.properties();
        (self.1)(&mut properties);
        properties
    }
}

impl Activation<f64> for Claims<'_> {
    fn value(&self, a: f64) -> f64 {
        self.0.value(a)
    }
    fn derivative(&self, a: f64) -> f64 {
        self.0.derivative(a)
    }
    fn second_derivative(&self, a: f64) -> f64 {
        self.0.second_derivative(a)
    }
    fn third_derivative(&self, a: f64) -> f64 {
        self.0.third_derivative(a)
    }
}

#[test]
fn right_regularizers_at_the_edge_pass() {
    let many_draws = HessianPenalty::new(0.1, 5).unwrap();
    assert!(check::regularizer::<f64>(&many_draws, &Sigmoid).passed());
    // s' s'' underflows for many units.
    let sharp = |sharpness| Softplus::with_sharpness(sharpness).unwrap();
    for report in [
        check::regularizer::<f32>(&Contractive::new(), &sharp(50.0)),
        check::regularizer::<f64>(&Contractive::new(), &sharp(300.0)),
        check::regularizer::<f64>(&MeanCode::new(), &sharp(1000.0)),
    ] {
        assert!(report.passed(), "{report}");
    }
    // A displaced point may lie beyond a kink.
    let report = check::regularizer::<f32>(&HessianPenalty::new(0.1, 3).unwrap(), &HardSigmoid);
    assert!(report.passed(), "{report}");
}

#[test]
fn a_division_by_the_length_of_a_filter() {
    /// Σ_j ‖W_j‖, whose gradient is NaN at W_j = 0 as it is written here.
    #[derive(Debug)]
    struct GroupLasso;
    impl RegularizerMetadata for GroupLasso {
        fn needs(&self, _: Shape) -> Needs {
            Needs::per_unit().order(1)
        }
    }
    impl<T: Real> Regularizer<T> for GroupLasso {
        fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
            let lengths = forward.squared_lengths();
            out.add_squared_lengths(lengths.iter().map(|l| T::of(0.5) / l.sqrt()));
            lengths.iter().fold(T::zero(), |sum, l| sum + l.sqrt())
        }
    }
    assert_eq!(refused_regularizer(&GroupLasso), ["the regularizer can be evaluated"]);
}
