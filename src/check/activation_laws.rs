//! The laws of activations.

use super::report::Report;
use super::subject::{Subject, bisect, midpoint};
use crate::activation::{Activation, Jet, Threshold};
use crate::scalar::Real;

const BATCH: &str = "a slice gives what single calls give";
const LIMIT: &str = "the limit at −∞ is the declared one";
const HARD_ZEROS: &str = "hard zeros are exact zeros and no underflow";
const KINKS: &str = "nothing jumps but at a declared kink of that order";
const THRESHOLD: &str = "s(a) ≤ δ_min up to a_min, and not just above it";

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
    let subject = Subject::new(activation);
    let mut report = Report::default();
    let points = &subject.points;
    for &a in points {
        subject.at_point(a, &mut report);
    }
    for kink in &*subject.properties.kinks {
        subject.at_kink(T::of(kink.at), &mut report);
    }
    batch(activation, points, &mut report);
    for (index, &low) in points.iter().enumerate() {
        // Neighbours, and points ever farther apart.
        for distance in [1, 2, 5, 12, 30, 77, 200] {
            if let Some(&high) = points.get(index + distance) {
                subject.between((low, high), T::of(0.5), &mut report);
            }
        }
    }
    for pair in points.windows(2) {
        subject.jumps((pair[0], pair[1]), &mut report);
    }
    subject.limit(&mut report);
    if subject.properties.hard_zeros {
        subject.hard_zeros(&mut report);
    }
    subject.threshold(&mut report);
    report
}

impl<T: Real> Subject<'_, T> {
    /// Jumps of the value and of the first two derivatives between two points.
    fn jumps(&self, (low, high): (T, T), report: &mut Report) {
        for order in 0..=2 {
            let f = |a| self.derivative(order, a);
            let (at_low, at_high) = (f(low), f(high));
            if !(at_low.is_finite() && at_high.is_finite()) {
                continue;
            }
            // Towards the half in which f changes more.
            let (mut left, mut right) = (low, high);
            while let Some(middle) = midpoint(left, right) {
                if (f(middle) - f(left)).abs() >= (f(right) - f(middle)).abs() {
                    right = middle;
                } else {
                    left = middle;
                }
            }
            let (at_left, at_right) = (f(left).as_f64(), f(right).as_f64());
            let slope = |a| self.derivative(order + 1, a).as_f64().abs();
            let expected = slope(left).max(slope(right)) * (right - left).as_f64();
            let size =
                self.size_around(order, left) + self.floor.max(1e-3) * left.as_f64().abs().max(1.0);
            let jump = (at_right - at_left).abs();
            let at_kink = self.properties.kinks.iter().any(|kink| {
                // Rounding of the pre-activation moves a kink.
                let moved = 8.0 * T::EPSILON.as_f64() * kink.at.abs().max(1.0);
                let (left, right) = (left.as_f64() - moved, right.as_f64() + moved);
                kink.order <= order && (left..=right).contains(&kink.at)
            });
            let rounding = 64.0 * T::EPSILON.as_f64() * size;
            let holds = at_kink || jump <= rounding + 16.0 * expected;
            report.expect(KINKS, holds, || {
                format!("derivative {order} jumps from {at_left} to {at_right} at {left}")
            });
        }
    }

    fn limit(&self, report: &mut Report) {
        let Some(limit) = self.properties.limit_at_negative_infinity else { return };
        let at = |a: f64| self.derivative(0, T::of(a)).as_f64();
        // As far as squares are finite in f32.
        if limit.is_finite() {
            let far = at(-1e18);
            let holds = (far - limit).abs() <= 1e-6 * limit.abs().max(1.0);
            report.expect(LIMIT, holds, || format!("declared {limit}, but s(−1e18) = {far}"));
        } else {
            let values = [-1e1, -1e3, -1e6, -1e12, -1e18].map(at);
            let holds = match limit.is_sign_negative() {
                true => values.windows(2).all(|pair| pair[1] < pair[0] - 1e-3 * pair[0].abs()),
                false => values.windows(2).all(|pair| pair[1] > pair[0] + 1e-3 * pair[0].abs()),
            };
            let holds = holds && values[4].signum() == limit.signum();
            report.expect(LIMIT, holds, || {
                format!("declared {limit}, but s is {values:?} at −1e1, −1e3, −1e6, −1e12, −1e18")
            });
        }
    }

    fn hard_zeros(&self, report: &mut Report) {
        let at = |a: T| self.derivative(0, a);
        let far = [-1e18, -1e8, -1e4].map(T::of);
        if let Some(a) = far.into_iter().find(|a| !at(*a).is_zero()) {
            report.record(HARD_ZEROS, Some(format!("s({a}) is {}", at(a))));
            return;
        }
        // Where the zeros end, from the left; an underflow ends in numbers that hardly exceed 0.
        let Some(first) = self.points.iter().position(|a| !at(*a).is_zero()) else { return };
        let last_zero = if first == 0 { T::of(-1e4) } else { self.points[first - 1] };
        let (zero, _) = bisect(last_zero, self.points[first], |a| at(a).is_zero());
        let step = T::of(1e-3) * if zero.abs() < T::of(1e-3) { T::one() } else { zero.abs() };
        let value = at(zero + step);
        report.expect(HARD_ZEROS, value.abs() > T::MIN_POSITIVE.sqrt(), || {
            format!("the zeros up to {zero} are underflow: s({}) is {value}", zero + step)
        });
    }

    fn threshold(&self, report: &mut Report) {
        let Threshold { code: delta_min, pre_activation } = self.properties.threshold;
        let is_number = delta_min.is_finite() && pre_activation.is_none_or(|a| !a.is_nan());
        report.expect(THRESHOLD, is_number, || {
            format!("declared are δ_min = {delta_min} and a_min = {pre_activation:?}")
        });
        let Some(a_min) = pre_activation else { return };
        let at = |a: T| self.derivative(0, a).as_f64();
        let size = if a_min.is_finite() { a_min.abs() } else { 0.0 };
        let slack = 16.0 * T::EPSILON.as_f64() * (delta_min.abs() + size);
        for &a in self.points.iter().filter(|a| a.as_f64() <= a_min) {
            let value = at(a);
            report.expect(THRESHOLD, value <= delta_min + slack, || {
                format!("a_min is declared as {a_min}, but s({a}) = {value} > {delta_min}")
            });
        }
        if a_min.is_finite() {
            let above = [1e-5, 1e-4, 1e-3].map(|h| T::of(a_min + h * a_min.abs().max(1.0)));
            let largest = above.map(at).into_iter().fold(f64::MIN, f64::max);
            report.expect(THRESHOLD, largest > delta_min, || {
                format!(
                    "a_min is declared as {a_min}, but just above it s is {largest} ≤ {delta_min}"
                )
            });
        }
    }
}

/// Batch evaluation against single calls, whichever derivatives are wanted and however many
/// pre-activations there are.
pub(super) fn batch<T: Real>(activation: &dyn Activation<T>, points: &[T], report: &mut Report) {
    let single = |a: T| {
        [
            activation.value(a),
            activation.derivative(a),
            activation.second_derivative(a),
            activation.third_derivative(a),
        ]
    };
    let single: Vec<[T; 4]> = points.iter().map(|a| single(*a)).collect();
    let sizes = if points.len() > 37 { &[37, points.len()][..] } else { &[37] };
    for &size in sizes {
        for (input, single) in points.chunks(size).zip(single.chunks(size)) {
            for wanted in 0..8 {
                slice(activation, (input, single), wanted, report);
            }
        }
    }
    for (input, single) in points.chunks(1).zip(single.chunks(1)).take(3) {
        slice(activation, (input, single), 7, report);
    }
}

/// One slice against single calls: bit k of `wanted` asks for derivative k + 1.
fn slice<T: Real>(
    activation: &dyn Activation<T>,
    (input, single): (&[T], &[[T; 4]]),
    wanted: u32,
    report: &mut Report,
) {
    let mut out: [Vec<T>; 4] = std::array::from_fn(|_| vec![T::NAN; input.len()]);
    let [value, first, second, third] = &mut out;
    let is_wanted = |order: usize| order == 0 || wanted >> (order - 1) & 1 == 1;
    activation.evaluate(Jet {
        input,
        value,
        first: is_wanted(1).then_some(first),
        second: is_wanted(2).then_some(second),
        third: is_wanted(3).then_some(third),
    });
    for order in (0..4).filter(|order| is_wanted(*order)) {
        for ((&a, &found), single) in input.iter().zip(&out[order]).zip(single) {
            let single = single[order];
            // Room for other roundings, as vectorised kernels have them; the third derivative may be
            // a difference here and exact there.
            let relative = T::EPSILON.as_f64().powf(if order == 3 { 0.5 } else { 1.0 });
            let size = single.as_f64().abs() * (1.0 + a.as_f64().abs());
            let tolerance = 64.0 * relative * size.max(relative);
            let holds = found == single
                || (found.as_f64() - single.as_f64()).abs() <= tolerance
                || (found.is_nan() && single.is_nan());
            report.expect(BATCH, holds, || {
                format!("derivative {order} at {a}: {found} in a slice, {single} alone")
            });
        }
    }
}
