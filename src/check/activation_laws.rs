//! The laws of activations.

use super::difference::disagreement;
use super::report::Report;
use crate::activation::{Activation, Jet, Properties, Sign};
use crate::scalar::Real;

pub(super) const NAN: &str = "NaN gives NaN";
pub(super) const FINITE: &str = "finite pre-activations give finite values";
pub(super) const FIRST: &str = "the derivative is that of the value";
pub(super) const SECOND: &str = "the second derivative is that of the first";
pub(super) const THIRD: &str = "the third derivative is that of the second";
pub(super) const BATCH: &str = "a slice gives what single calls give";
pub(super) const SLOPE: &str = "the slope has the declared sign";
pub(super) const CURVATURE: &str = "the curvature has the declared sign";
pub(super) const MONOTONE: &str = "the value is non-decreasing, as declared";
pub(super) const CONVEX: &str = "the value is convex, as declared";
pub(super) const RANGE: &str = "the value lies in the declared range";
pub(super) const DERIVATIVE_RANGE: &str = "the derivative lies in the declared range";
pub(super) const LIMIT: &str = "the limit at −∞ is the declared one";
pub(super) const HARD_ZEROS: &str = "hard zeros are exact zeros and no underflow";
pub(super) const KINKS: &str = "nothing jumps but at a declared kink of that order";
pub(super) const THRESHOLD: &str = "s(a) ≤ δ_min up to a_min, and not just above it";

/// Checks derivatives and claims of an activation at some thousand fixed points.
///
/// ```
/// use regularized_autoencoder::{Activation, ActivationMetadata, Properties, Real, check};
///
/// /// The usual ReLU, with two mistakes.
/// #[derive(Debug)]
/// struct Careless;
/// impl ActivationMetadata for Careless {
///     fn properties(&self) -> Properties { Properties::unknown() }
/// }
/// impl<T: Real> Activation<T> for Careless {
///     fn value(&self, a: T) -> T { if a > T::zero() { a } else { T::zero() } }
///     fn derivative(&self, a: T) -> T { if a > T::zero() { T::one() } else { T::zero() } }
///     fn second_derivative(&self, _: T) -> T { T::zero() }
/// }
///
/// let report = check::activation::<f64>(&Careless);
/// assert!(!report.passed());
/// assert!(report.violates("NaN gives NaN"));
/// // Its kink is not named, so differences across it disagree with the derivative, too.
/// assert!(report.violates("nothing jumps but at a declared kink of that order"));
/// ```
pub fn activation<T: Real>(activation: &(impl Activation<T> + ?Sized)) -> Report {
    laws(&activation)
}

fn laws<T: Real>(activation: &dyn Activation<T>) -> Report {
    let properties = activation.properties();
    let mut report = Report::default();
    let points = points::<T>(&properties);
    for &a in &points {
        at_point(activation, &properties, a, &mut report);
    }
    batch(activation, &points, &mut report);
    for (index, &low) in points.iter().enumerate() {
        // Neighbours, and points ever farther apart.
        for distance in [1, 2, 5, 12, 30, 77, 200] {
            if let Some(&high) = points.get(index + distance) {
                between(activation, &properties, (low, high), T::of(0.5), &mut report);
            }
        }
    }
    for pair in points.windows(2) {
        jumps(activation, &properties, (pair[0], pair[1]), &mut report);
    }
    limit(activation, &properties, &mut report);
    if properties.hard_zeros {
        hard_zeros(activation, &mut report);
    }
    threshold(activation, &properties, &points, &mut report);
    report
}

/// Points where something is likely to be seen: a grid, magnitudes from small to large, and the
/// neighbourhood of 0, of the kinks and of a_min; sorted, without the kinks themselves.
fn points<T: Real>(properties: &Properties) -> Vec<T> {
    let mut points: Vec<f64> = (-400..=400).map(|i| f64::from(i) * 0.031 + 0.0037).collect();
    let magnitudes: Vec<f64> =
        (-9..=2).flat_map(|e| [1.0, 2.7].map(|m| m * 10f64.powi(e))).collect();
    let kinks = properties.kinks.iter().map(|kink| kink.at);
    let centres: Vec<f64> = kinks.chain(properties.threshold.pre_activation).chain([0.0]).collect();
    for centre in centres {
        points.extend(magnitudes.iter().flat_map(|m| [centre - m, centre + m]));
    }
    points.extend([30.0, 100.0, 1000.0].into_iter().flat_map(|a| [-a, a]));
    points.retain(|a| a.is_finite());
    let mut points: Vec<T> = points.into_iter().map(T::of).collect();
    points.retain(|a| properties.kinks.iter().all(|kink| T::of(kink.at) != *a));
    points.sort_by(|a, b| a.as_f64().total_cmp(&b.as_f64()));
    points.dedup();
    points
}

/// The laws that concern a single pre-activation.
pub(super) fn at_point<T: Real>(
    activation: &dyn Activation<T>,
    properties: &Properties,
    a: T,
    report: &mut Report,
) {
    let nan = activation.value(T::NAN);
    report.expect(NAN, nan.is_nan(), || format!("s(NaN) is {nan}"));

    let value = activation.value(a);
    let (first, second) = (activation.derivative(a), activation.second_derivative(a));
    let third = activation.third_derivative(a);
    let all = [value, first, second, third];
    let finite = all.iter().all(|number| number.is_finite());
    report.expect(FINITE, finite, || format!("at {a} value and derivatives are {all:?}"));

    // Differences must not reach across a kink.
    let scale =
        properties.kinks.iter().map(|kink| (a.as_f64() - kink.at).abs() / 3.0).fold(1.0, f64::min);
    // Rounding a moves f(a) by |a f'(a)|.
    let moved = |f: T, slope: T| f.as_f64().abs() + (a * slope).as_f64().abs();
    if scale > 1e-3 {
        let mut compare = |law, claimed: T, size: f64, f: &dyn Fn(T) -> T| {
            let found = disagreement(f, a, claimed, scale, size);
            report.record(
                law,
                found.map(|d| format!("at {a} it is {claimed}, differences give {d}")),
            );
        };
        compare(FIRST, first, moved(value, first), &|a| activation.value(a));
        let size = moved(first, second).max(value.as_f64().abs());
        compare(SECOND, second, size, &|a| activation.derivative(a));
        let size = moved(second, third).max(size);
        // The default third derivative is itself a difference, of error ε^{2/3}.
        let size = size.max(third.as_f64().abs()) * T::EPSILON.as_f64().powf(-0.3);
        compare(THIRD, third, size, &|a| activation.second_derivative(a));
    }

    // Exact zeros of a slope that is declared positive: excused far out, where it may underflow.
    let underflow = scale > 1e-3 && a.abs() > T::of(1e-3);
    for (law, sign, number) in
        [(SLOPE, properties.slope, first), (CURVATURE, properties.curvature, second)]
    {
        let holds = match sign {
            Sign::Indefinite => continue,
            Sign::Zero => number.is_zero(),
            Sign::NonNegative => number >= T::zero(),
            Sign::Positive => number > T::zero() || (number.is_zero() && underflow),
        };
        report.expect(law, holds, || format!("declared {sign:?}, but {number} at {a}"));
    }

    let slack = |number: T| 8.0 * T::EPSILON.as_f64() * number.as_f64().abs();
    for (law, range, number) in
        [(RANGE, properties.range, value), (DERIVATIVE_RANGE, properties.derivative_range, first)]
    {
        let x = number.as_f64();
        let holds = range.low - slack(number) <= x && x <= range.high + slack(number);
        report.expect(law, holds, || {
            format!("declared [{}, {}], but {number} at {a}", range.low, range.high)
        });
    }
}

/// The laws that concern two pre-activations and a third between them.
pub(super) fn between<T: Real>(
    activation: &dyn Activation<T>,
    properties: &Properties,
    (low, high): (T, T),
    share: T,
    report: &mut Report,
) {
    let (at_low, at_high) = (activation.value(low), activation.value(high));
    let size = at_low.abs().max(at_high.abs()).as_f64();
    let slack = T::of(16.0 * T::EPSILON.as_f64() * size) + T::MIN_POSITIVE;
    if properties.is_non_decreasing() {
        report.expect(MONOTONE, at_low <= at_high + slack, || {
            format!("s({low}) = {at_low}, but s({high}) = {at_high}")
        });
    }
    if properties.is_convex() {
        let middle = low + share * (high - low);
        let share = (middle - low) / (high - low);
        let (at_middle, chord) = (activation.value(middle), at_low + share * (at_high - at_low));
        report.expect(CONVEX, at_middle <= chord + slack + slack, || {
            format!("s({middle}) = {at_middle} lies above the chord {chord} from {low} to {high}")
        });
    }
}

/// Batch evaluation against single calls.
pub(super) fn batch<T: Real>(activation: &dyn Activation<T>, points: &[T], report: &mut Report) {
    for chunk in points.chunks(37).chain(points.chunks(1).take(3)) {
        let mut out: [Vec<T>; 4] = std::array::from_fn(|_| vec![T::NAN; chunk.len()]);
        let [value, first, second, third] = &mut out;
        activation.evaluate(Jet {
            input: chunk,
            value,
            first: Some(first),
            second: Some(second),
            third: Some(third),
        });
        for (index, &a) in chunk.iter().enumerate() {
            let single = [
                activation.value(a),
                activation.derivative(a),
                activation.second_derivative(a),
                activation.third_derivative(a),
            ];
            for (order, (single, out)) in single.into_iter().zip(&out).enumerate() {
                let found = out[index];
                // Room for other roundings, as vectorised kernels have them; the third derivative
                // may be a difference here and exact there.
                let relative = T::EPSILON.as_f64().powf(if order == 3 { 0.5 } else { 1.0 });
                let size = single.as_f64().abs() * (1.0 + a.as_f64().abs());
                let tolerance = 64.0 * relative * size.max(relative);
                let holds = (found.as_f64() - single.as_f64()).abs() <= tolerance;
                report.expect(BATCH, holds, || {
                    format!("derivative {order} at {a}: {found} in a slice, {single} alone")
                });
            }
        }
    }
}

/// Jumps of the value and of the first two derivatives between two points.
fn jumps<T: Real>(
    activation: &dyn Activation<T>,
    properties: &Properties,
    between: (T, T),
    report: &mut Report,
) {
    let derivative = |order: u32, a: T| match order {
        0 => activation.value(a),
        1 => activation.derivative(a),
        2 => activation.second_derivative(a),
        _ => activation.third_derivative(a),
    };
    for order in 0..=2 {
        let f = |a| derivative(order, a);
        let (left, right) = steepest(f, between);
        let (at_left, at_right) = (f(left).as_f64(), f(right).as_f64());
        let slope = |a| derivative(order + 1, a).as_f64().abs();
        let expected = slope(left).max(slope(right)) * (right - left).as_f64();
        let rounding = 64.0 * T::EPSILON.as_f64() * (at_left.abs().max(at_right.abs()) + 1e-3);
        let jump = (at_right - at_left).abs();
        let at_kink = properties
            .kinks
            .iter()
            .any(|kink| kink.order <= order && left <= T::of(kink.at) && T::of(kink.at) <= right);
        let holds = at_kink || jump <= rounding + 16.0 * expected;
        report.expect(KINKS, holds, || {
            format!("derivative {order} jumps from {at_left} to {at_right} at {left}")
        });
    }
}

/// Two neighbouring numbers between which f changes a lot, found by bisection.
fn steepest<T: Real>(f: impl Fn(T) -> T, (mut left, mut right): (T, T)) -> (T, T) {
    loop {
        let middle = left + (right - left) * T::of(0.5);
        if middle <= left || middle >= right {
            return (left, right);
        }
        if (f(middle) - f(left)).abs() >= (f(right) - f(middle)).abs() {
            right = middle;
        } else {
            left = middle;
        }
    }
}

fn limit<T: Real>(activation: &dyn Activation<T>, properties: &Properties, report: &mut Report) {
    let Some(limit) = properties.limit_at_negative_infinity else { return };
    let at = |a: f64| activation.value(T::of(a)).as_f64();
    if limit.is_finite() {
        let far = at(-1e8);
        let holds = (far - limit).abs() <= 1e-6 * limit.abs().max(1.0);
        report.expect(LIMIT, holds, || format!("declared {limit}, but s(−1e8) = {far}"));
    } else {
        let values = [-1e1, -1e3, -1e6, -1e12, -1e30].map(at);
        let holds = match limit.is_sign_negative() {
            true => values.windows(2).all(|pair| pair[1] < pair[0] - 1e-3),
            false => values.windows(2).all(|pair| pair[1] > pair[0] + 1e-3),
        };
        report.expect(LIMIT, holds, || {
            format!("declared {limit}, but s takes {values:?} at −1e1, −1e3, −1e6, −1e12, −1e30")
        });
    }
}

fn hard_zeros<T: Real>(activation: &dyn Activation<T>, report: &mut Report) {
    let at = |a: T| activation.value(a);
    let far = [-1e30, -1e8, -1e4].map(T::of);
    if let Some(a) = far.into_iter().find(|a| !at(*a).is_zero()) {
        report.record(HARD_ZEROS, Some(format!("s({a}) is {}", at(a))));
        return;
    }
    // Where the zeros end; an underflow ends in numbers that are hardly larger than 0.
    let (mut zero, mut beyond) = (T::of(-1e4), T::of(1e4));
    loop {
        let middle = zero + (beyond - zero) * T::of(0.5);
        if middle <= zero || middle >= beyond {
            break;
        }
        if at(middle).is_zero() { zero = middle } else { beyond = middle }
    }
    let step = if zero.abs() < T::of(1e-6) { T::of(0.5) } else { zero.abs() * T::of(0.5) };
    let value = at(zero + step);
    report.expect(HARD_ZEROS, value.abs() > T::MIN_POSITIVE.sqrt(), || {
        format!("the zeros up to {zero} are underflow: s({}) is {value}", zero + step)
    });
}

fn threshold<T: Real>(
    activation: &dyn Activation<T>,
    properties: &Properties,
    points: &[T],
    report: &mut Report,
) {
    let delta_min = properties.threshold.code;
    let Some(a_min) = properties.threshold.pre_activation else { return };
    let slack = 16.0 * T::EPSILON.as_f64() * (delta_min.abs() + a_min.abs());
    for &a in points.iter().filter(|a| a.as_f64() <= a_min) {
        let value = activation.value(a);
        report.expect(THRESHOLD, value.as_f64() <= delta_min + slack, || {
            format!("a_min is declared as {a_min}, but s({a}) = {value} > {delta_min}")
        });
    }
    if a_min.is_finite() {
        let above = [1e-5, 1e-4, 1e-3].map(|h| T::of(a_min + h * a_min.abs().max(1.0)));
        let largest =
            above.map(|a| activation.value(a).as_f64()).into_iter().fold(f64::MIN, f64::max);
        report.expect(THRESHOLD, largest > delta_min, || {
            format!("a_min is declared as {a_min}, but just above it s is {largest} ≤ {delta_min}")
        });
    }
}
