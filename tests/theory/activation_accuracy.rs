//! The built-in activations against reference values, at the edges, and against their own claims.
//!
//! The bound is that of the module documentation: |ŷ − f(a)| ≤ 4ε(|f(a)| + |a f'(a)|) + (smallest
//! normal number) for s, s' and s'', and 8ε for s'''.

use approx::assert_abs_diff_eq;
use regularized_autoencoder::{
    Activation, ActivationMetadata, Elu, Gelu, HardSigmoid, Identity, Jet, LeakyRelu, Properties,
    Real, Relu, Sigmoid, Sign, Silu, Softplus, Tanh,
};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Multiples of ε that s, s', s'' and s''' may be off.
const FACTORS: [f64; 4] = [4.0, 4.0, 4.0, 8.0];

#[derive(Deserialize)]
struct Case {
    activation: String,
    parameter: Option<f64>,
    /// a, s, s', s'', s''', s''''
    points: Vec<[f64; 6]>,
}

impl Case {
    fn build<T: Real>(&self) -> Box<dyn Activation<T>> {
        by_name(&self.activation, self.parameter)
            .unwrap_or_else(|| panic!("no activation is called {}", self.activation))
    }

    fn name(&self) -> String {
        match self.parameter {
            Some(parameter) => format!("{} {parameter}", self.activation),
            None => self.activation.clone(),
        }
    }
}

fn by_name<T: Real>(name: &str, parameter: Option<f64>) -> Option<Box<dyn Activation<T>>> {
    Some(match (name, parameter) {
        ("relu", None) => Box::new(Relu),
        ("identity", None) => Box::new(Identity),
        ("leaky_relu", Some(alpha)) => Box::new(LeakyRelu::new(alpha).unwrap()),
        ("hard_sigmoid", None) => Box::new(HardSigmoid),
        ("softplus", Some(sharpness)) => Box::new(Softplus::with_sharpness(sharpness).unwrap()),
        ("sigmoid", None) => Box::new(Sigmoid),
        ("tanh", None) => Box::new(Tanh),
        ("elu", Some(alpha)) => Box::new(Elu::new(alpha).unwrap()),
        ("silu", None) => Box::new(Silu),
        ("gelu", None) => Box::new(Gelu),
        _ => return None,
    })
}

/// The cases of the reference file: every built-in activation, each with points.
fn reference() -> Vec<Case> {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../data/activations/reference.json")).unwrap();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.activation.as_str()).collect();
    assert_eq!(names.len(), 10, "{names:?}");
    assert!(cases.iter().all(|case| case.points.len() > 30));
    cases
}

/// The error of `computed` in multiples of ε(|f| + |a f'|), the smallest normal number deducted.
fn error<T: Real>(computed: T, a: f64, exact: f64, slope: f64) -> f64 {
    let error = (computed.as_f64() - exact).abs();
    let slack = T::MIN_POSITIVE.as_f64();
    if error <= slack {
        0.0
    } else {
        (error - slack) / (T::EPSILON.as_f64() * (exact.abs() + (a * slope).abs()))
    }
}

fn all_orders<T: Real>(activation: &dyn Activation<T>, a: T) -> [T; 4] {
    [
        activation.value(a),
        activation.derivative(a),
        activation.second_derivative(a),
        activation.third_derivative(a),
    ]
}

/// The largest [`error`] of each order over the points that `T` represents, and their number.
fn worst<T: Real>(case: &Case) -> ([f64; 4], usize) {
    let activation = case.build::<T>();
    let mut worst = [0.0; 4];
    let mut count = 0;
    for &[a, ref exact @ ..] in &case.points {
        if T::of(a).as_f64() != a {
            continue;
        }
        count += 1;
        let computed = all_orders(&*activation, T::of(a));
        for order in 0..4 {
            let error = error(computed[order], a, exact[order], exact[order + 1]);
            assert!(
                error <= FACTORS[order],
                "{} in {}: derivative {order} at {a:e} is {:e} instead of {:e}, off by {error} ε",
                case.name(),
                std::any::type_name::<T>(),
                computed[order].as_f64(),
                exact[order],
            );
            worst[order] = error.max(worst[order]);
        }
    }
    assert!(count > 20, "{}: {count} points in {}", case.name(), std::any::type_name::<T>());
    (worst, count)
}

#[test]
fn values_and_derivatives_are_as_accurate_as_promised() {
    for case in reference() {
        for (scalar, (worst, count)) in [("f32", worst::<f32>(&case)), ("f64", worst::<f64>(&case))]
        {
            let name = case.name();
            println!("{name:>16} {scalar}: {count:>4} points, worst error / ε {worst:.2?}");
        }
    }
}

#[test]
fn the_bound_rejects_careless_forms() {
    /// The error of a careless `form` of the derivative of the given order, in ε.
    fn worst<T: Real>(name: &str, order: usize, form: impl Fn(T) -> T) -> f64 {
        let cases = reference();
        let case = cases
            .iter()
            .find(|case| case.activation == name && case.parameter.is_none_or(|p| p == 1.0))
            .unwrap();
        case.points
            .iter()
            .filter(|point| T::of(point[0]).as_f64() == point[0])
            .map(|point| error(form(T::of(point[0])), point[0], point[order + 1], point[order + 2]))
            .fold(0.0, f64::max)
    }
    fn check<T: Real>() {
        let one = T::one();
        let careless = [
            ("1 − tanh²", worst("tanh", 1, |a: T| one - a.tanh() * a.tanh())),
            ("1 − Φ(−a)", worst("gelu", 0, |a: T| a + Gelu.value(-a))),
            ("log(1 + e^a)", worst("softplus", 0, |a: T| (one + a.exp()).ln())),
            (
                "σ(1 − σ)",
                worst("sigmoid", 1, |a: T| {
                    let s = one / (one + (-a).exp());
                    s * (one - s)
                }),
            ),
        ];
        for (form, error) in careless {
            println!("{form}: worst error / ε {error:.1e}");
            assert!(error > 100.0, "{form} passes with {error}");
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn an_unknown_activation_is_not_passed_over() {
    assert!(by_name::<f64>("maxout", None).is_none());
    assert!(by_name::<f64>("relu", Some(1.0)).is_none());
}

#[test]
fn nan_gives_nan() {
    fn check<T: Real>() {
        for case in reference() {
            let results = all_orders(&*case.build::<T>(), T::NAN);
            assert!(results.iter().all(|y| y.is_nan()), "{}: {results:?}", case.name());
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn infinities_give_the_limits() {
    fn check<T: Real>() {
        let infinity = f64::INFINITY;
        for case in reference() {
            let parameter = case.parameter.unwrap_or(0.0);
            let (value, slope) = match case.activation.as_str() {
                "relu" | "softplus" | "silu" | "gelu" => ([0.0, infinity], [0.0, 1.0]),
                "identity" => ([-infinity, infinity], [1.0, 1.0]),
                "leaky_relu" if parameter == 0.0 => ([0.0, infinity], [0.0, 1.0]),
                "leaky_relu" => ([-infinity, infinity], [parameter, 1.0]),
                "elu" => ([-parameter, infinity], [0.0, 1.0]),
                "sigmoid" | "hard_sigmoid" => ([0.0, 1.0], [0.0, 0.0]),
                "tanh" => ([-1.0, 1.0], [0.0, 0.0]),
                other => panic!("no limits are known for {other}"),
            };
            let activation = case.build::<T>();
            for (side, a) in [-infinity, infinity].into_iter().enumerate() {
                let limits = [value[side], slope[side], 0.0, 0.0].map(T::of);
                assert_eq!(all_orders(&*activation, T::of(a)), limits, "{} at {a}", case.name());
            }
            let lowest = activation.properties().limit_at_negative_infinity;
            assert_eq!(lowest, Some(value[0]), "{}", case.name());
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn nothing_overflows() {
    fn check<T: Real>(largest: T) {
        let softplus = [1e-18, 1e18].map(|sharpness| Case {
            activation: "softplus".into(),
            parameter: Some(sharpness),
            points: Vec::new(),
        });
        let elu = Case { activation: "elu".into(), parameter: Some(1e18), points: Vec::new() };
        for case in reference().into_iter().chain(softplus).chain([elu]) {
            let activation = case.build::<T>();
            let mut magnitude = T::MIN_POSITIVE;
            while magnitude < largest {
                for a in [magnitude, -magnitude] {
                    let results = all_orders(&*activation, a);
                    assert!(results.iter().all(|y| y.is_finite()), "{}: {a}", case.name());
                }
                magnitude = (magnitude * T::of(1.37)).min(largest);
            }
            for a in [largest, -largest] {
                let results = all_orders(&*activation, a);
                assert!(results.iter().all(|y| y.is_finite()), "{}: {a}", case.name());
            }
        }
    }
    check(f32::MAX);
    check(f64::MAX);
}

#[test]
fn batches_agree_bit_for_bit_with_single_calls() {
    fn check<T: Real>() {
        let input: Vec<T> = (-400..=400).map(|i| T::of(f64::from(i) * 0.0521)).collect();
        for case in reference() {
            let activation = case.build::<T>();
            // Bit k says whether derivative k + 1 is wanted.
            for wanted in 0..8 {
                let is_wanted = |order: usize| order == 0 || wanted >> (order - 1) & 1 == 1;
                let mut out: [Vec<T>; 4] = std::array::from_fn(|_| vec![T::NAN; input.len()]);
                let [value, first, second, third] = &mut out;
                let first = is_wanted(1).then_some(&mut first[..]);
                let second = is_wanted(2).then_some(&mut second[..]);
                let third = is_wanted(3).then_some(&mut third[..]);
                activation.evaluate(Jet::new(&input, value, first, second, third).unwrap());
                for (i, &a) in input.iter().enumerate() {
                    let single = all_orders(&*activation, a);
                    for order in (0..4).filter(|order| is_wanted(*order)) {
                        assert_eq!(out[order][i], single[order], "{}", case.name());
                    }
                }
            }
        }
    }
    check::<f32>();
    check::<f64>();
}

/// Pre-activations in [−30, 30], closer together around 0 and at the extrema; no kinks.
fn grid() -> impl Iterator<Item = f64> {
    let wide = (-6000..=6000).map(|i| (f64::from(i) + 0.5) * 0.005);
    let extrema = [0.0, -1.278_464_542_761_074, 2.399_357_280_515_468, 0.751_791_524_693_564_5]
        .into_iter()
        .chain([std::f64::consts::SQRT_2])
        .flat_map(|at| (-200..=200).map(move |i| at + (f64::from(i) + 0.5) * 1e-9))
        .flat_map(|a| [a, -a]);
    wide.chain(extrema)
}

#[test]
fn a_min_is_where_the_value_leaves_delta_min() {
    for case in reference() {
        let activation = case.build::<f64>();
        let threshold = activation.properties().threshold;
        let (delta, a_min) = (threshold.code, threshold.pre_activation.unwrap());
        let name = case.name();
        println!("{name:>16}: δ_min {delta}, a_min {a_min}");
        assert!((activation.value(a_min) - delta).abs() < 1e-15, "{name}: {a_min}");
        let step = 1e-12 * a_min.abs().max(1.0);
        assert!(activation.value(a_min + step) > delta, "{name}: {a_min}");
        for below in (0..2000).map(|i| a_min - step - f64::from(i) * 0.01) {
            assert!(activation.value(below) <= delta, "{name}: {below}");
        }
    }
}

#[test]
fn a_min_is_what_the_closed_forms_say() {
    fn a_min(activation: &dyn ActivationMetadata) -> f64 {
        activation.properties().threshold.pre_activation.unwrap()
    }
    assert_abs_diff_eq!(a_min(&Softplus::new()), -2.252_168_461_044_089, epsilon = 1e-14);
    assert_abs_diff_eq!(a_min(&Sigmoid), -2.197_224_577_336_219_6, epsilon = 1e-14);
    assert_abs_diff_eq!(a_min(&Tanh), 0.100_335_347_731_075_6, epsilon = 1e-15);
    // log(e^{0.1β} − 1)/β would be infinite here:
    assert_eq!(a_min(&Softplus::with_sharpness(1e18).unwrap()), 0.1);
    assert_abs_diff_eq!(a_min(&Silu), 0.18326, epsilon = 5e-6);
    assert_abs_diff_eq!(a_min(&Gelu), 0.17554, epsilon = 5e-6);
}

fn agrees(sign: Sign, derivative: f64) -> bool {
    match sign {
        Sign::Zero => derivative == 0.0,
        Sign::Positive => derivative > 0.0,
        Sign::NonNegative => derivative >= 0.0,
        Sign::Indefinite => true,
    }
}

#[test]
fn claims_agree_with_the_numbers() {
    for case in reference() {
        let activation = case.build::<f64>();
        let claims = activation.properties();
        let single = case.build::<f32>();
        // σ' and σ'' of a sharp softplus underflow to 0 on this grid, no matter their sign.
        let sharp = case.parameter.is_some_and(|p| p * 30.0 > 700.0);
        for a in grid().filter(|a| !sharp || a.abs() < 7.0) {
            let [value, first, second, _] = all_orders(&*activation, a);
            let context = format!("{} at {a}: {value}, {first}, {second}", case.name());
            assert!(claims.range.contains(value), "{context}");
            assert!(claims.derivative_range.contains(first), "{context}");
            assert!(agrees(claims.slope, first), "{context}");
            assert!(agrees(claims.curvature, second), "{context}");
            if claims.hard_zeros && a < claims.threshold.pre_activation.unwrap() {
                assert_eq!(value, 0.0, "{context}");
            }
            // Single precision keeps the ranges but for its rounding.
            let [value, first, ..] = all_orders(&*single, a as f32).map(f64::from);
            let rounding = 4.0 * f64::from(f32::EPSILON);
            let near = |range: regularized_autoencoder::Interval, y: f64| {
                range.contains(y)
                    || range.contains(y * (1.0 - rounding))
                    || range.contains(y * (1.0 + rounding))
            };
            assert!(near(claims.range, value), "{context}: {value} in f32");
            assert!(near(claims.derivative_range, first), "{context}: {first} in f32");
        }
    }
}

#[test]
fn what_is_not_claimed_does_not_hold() {
    for case in reference() {
        let activation = case.build::<f64>();
        let claims = activation.properties();
        let name = case.name();
        let some = |wanted: &dyn Fn(f64) -> bool| grid().any(wanted);
        let falls = some(&|a| activation.derivative(a) < 0.0);
        assert_eq!(claims.is_non_decreasing(), !falls, "{name}");
        let flat = some(&|a| a.abs() < 5.0 && activation.derivative(a) <= 0.0);
        assert_eq!(claims.is_strictly_increasing(), !flat, "{name}");
        let bent = some(&|a| activation.second_derivative(a) != 0.0);
        assert_eq!(claims.is_piecewise_linear(), !bent, "{name}");
        let chord = |a: f64, b: f64| 0.5 * (activation.value(a) + activation.value(b));
        let above_chord = some(&|a| {
            activation.value(a + 0.5)
                > chord(a, a + 1.0) + 1e-13 * (1.0 + activation.value(a).abs())
        });
        assert_eq!(claims.is_convex(), !above_chord, "{name}");
        let zero_below = activation.value(-20.0) == 0.0 && activation.value(-30.0) == 0.0;
        assert_eq!(claims.hard_zeros, zero_below && !case.name().starts_with("softplus"), "{name}");
    }
}

#[test]
fn kinks_are_where_the_derivatives_jump_and_nowhere_else() {
    for case in reference().iter().filter(|case| case.parameter != Some(100.0)) {
        let activation = case.build::<f64>();
        let claims = activation.properties();
        let jump = |at: f64, order: usize| {
            let side = |a| all_orders(&*activation, a)[order];
            (side(at + 1e-9) - side(at - 1e-9)).abs()
        };
        for kink in claims.kinks.iter() {
            let order = kink.order as usize;
            assert!(jump(kink.at, order) > 1e-3, "{}: {kink:?}", case.name());
            for lower in 0..order {
                assert!(jump(kink.at, lower) < 1e-6, "{}: {kink:?}", case.name());
            }
        }
        for at in (-800..=800).map(|i| f64::from(i) * 0.0125) {
            let jumps = (0..3).any(|order| jump(at, order) > 1e-6);
            let named = claims.kinks.iter().any(|kink| kink.at == at);
            assert_eq!(jumps, named, "{} at {at}", case.name());
        }
    }
}

#[test]
fn a_leaky_relu_ends_as_relu_or_identity() {
    let leaky = |alpha| LeakyRelu::new(alpha).unwrap().properties();
    assert_eq!(leaky(0.0), Relu.properties());
    assert_eq!(leaky(-0.0), Relu.properties());
    assert_eq!(leaky(1.0), Identity.properties());
    assert!(leaky(0.5).is_strictly_increasing() && !leaky(0.5).hard_zeros);
}

#[test]
fn derivatives_at_kinks_are_the_documented_ones() {
    assert_eq!(Relu.derivative(0.0_f64), 0.0);
    assert_eq!(LeakyRelu::new(0.25).unwrap().derivative(0.0_f64), 0.25);
    assert_eq!(all_orders::<f64>(&Elu::new(2.0).unwrap(), 0.0), [0.0, 2.0, 2.0, 2.0]);
    assert_eq!([-3.0, 3.0_f64].map(|a| HardSigmoid.derivative(a)), [0.0, 0.0]);
    assert_eq!(HardSigmoid.derivative(2.999_999_f64), 1.0 / 6.0);
}

#[test]
fn activations_are_objects_and_claims_have_no_scalar_type() {
    let activation: Box<dyn Activation<f32>> = Box::new(Softplus::new());
    assert_eq!(activation.derivative(0.0), 0.5);
    let properties: Properties = Sigmoid.properties();
    assert!(properties.is_strictly_increasing());
    assert_eq!(activation.properties(), Softplus::default().properties());
}

#[test]
fn parameters_outside_their_sets_are_rejected() {
    let (infinity, nan) = (f64::INFINITY, f64::NAN);
    let positive = "but must be finite and greater than 0";
    for value in [0.0, -0.0, -1.0, infinity, -infinity, nan] {
        let error = Softplus::with_sharpness(value).unwrap_err().to_string();
        assert_eq!(error, format!("sharpness is {value}, {positive}"));
        let error = Elu::new(value).unwrap_err().to_string();
        assert_eq!(error, format!("alpha is {value}, {positive}"));
    }
    let scale = "but must be between 1e-18 and 1e18, so that `f32` can hold its square";
    for value in [1e-19, 1e19, 1e-300, 1e300] {
        let error = Softplus::with_sharpness(value).unwrap_err().to_string();
        assert_eq!(error, format!("sharpness is {value:e}, {scale}"));
        let error = Elu::new(value).unwrap_err().to_string();
        assert_eq!(error, format!("alpha is {value:e}, {scale}"));
    }
    for value in [-0.1, 1.1, infinity, -infinity, nan] {
        let error = LeakyRelu::new(value).unwrap_err().to_string();
        assert_eq!(error, format!("alpha is {value}, but must be in [0, 1]"));
    }
    assert_eq!(LeakyRelu::new(1e-50).unwrap_err().to_string(), format!("alpha is 1e-50, {scale}"));
    assert_eq!(LeakyRelu::default(), LeakyRelu::new(0.01).unwrap());
    assert_eq!(Elu::default(), Elu::new(1.0).unwrap());
    assert_eq!(Softplus::default(), Softplus::with_sharpness(1.0).unwrap());
}
