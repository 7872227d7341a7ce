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

/// Points where something is likely to be seen: a grid, magnitudes from small to large, 0, a_min,
/// and the neighbourhood of 0, of a_min and of the kinks; sorted, without the kinks themselves.
fn points<T: Real>(properties: &Properties) -> Vec<T> {
    let mut points: Vec<f64> = (-400..=400).map(|i| f64::from(i) * 0.031 + 0.0037).collect();
    let magnitudes: Vec<f64> =
        (-9..=2).flat_map(|e| [1.0, 2.7].map(|m| m * 10f64.powi(e))).collect();
    let kinks = properties.kinks.iter().map(|kink| kink.at);
    let centres: Vec<f64> = kinks.chain(properties.threshold.pre_activation).chain([0.0]).collect();
    for centre in centres {
        points.push(centre);
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

/// An activation under test, what it claims, and where it is looked at.
pub(super) struct Subject<'a, T: Real> {
    activation: &'a dyn Activation<T>,
    pub properties: Properties,
    points: Vec<T>,
    /// The size of value and slope near 0: what terms that cancel elsewhere are made of.
    floor: f64,
}

impl<'a, T: Real> Subject<'a, T> {
    pub fn new(activation: &'a dyn Activation<T>) -> Self {
        let properties = activation.properties();
        let points = points::<T>(&properties);
        let near = points.iter().filter(|a| a.abs() <= T::one());
        let sizes = near.flat_map(|&a| [activation.value(a), activation.derivative(a)]);
        let floor = sizes.map(|x| x.as_f64().abs()).filter(|x| x.is_finite()).fold(0.0, f64::max);
        Self { activation, properties, points, floor }
    }

    /// Value and derivatives, by order.
    fn derivative(&self, order: u32, a: T) -> T {
        match order {
            0 => self.activation.value(a),
            1 => self.activation.derivative(a),
            2 => self.activation.second_derivative(a),
            _ => self.activation.third_derivative(a),
        }
    }

    /// The laws that concern a single pre-activation, which is no kink.
    pub fn at_point(&self, a: T, report: &mut Report) {
        let Some(all) = self.finite_at(a, report) else { return };
        self.in_ranges(a, report);
        let [value, first, second, third] = all;

        // Differences must not reach across a kink.
        let kinks = self.properties.kinks.iter();
        let scale = kinks.map(|kink| (a.as_f64() - kink.at).abs() / 3.0).fold(1.0, f64::min);
        // Rounding a moves f(a) by |a f'(a)|.
        let moved = |f: T, slope: T| f.as_f64().abs() + (a * slope).as_f64().abs();
        if scale > 1e-3 {
            let mut compare = |law, order: u32, size: f64| {
                let (f, claimed) = (|a| self.derivative(order - 1, a), all[order as usize]);
                let found = disagreement(&f, a, claimed, scale, size, self.floor);
                let violation = |d| format!("at {a} it is {claimed}, differences give {d}");
                report.record(law, found.map(violation));
            };
            compare(FIRST, 1, moved(value, first));
            let size = moved(first, second).max(value.as_f64().abs());
            compare(SECOND, 2, size);
            let size = moved(second, third).max(size);
            // The default third derivative is itself a difference, of error ε^{2/3}.
            compare(THIRD, 3, size.max(third.as_f64().abs()) * T::EPSILON.as_f64().powf(-0.3));
        }

        for (law, sign, order) in
            [(SLOPE, self.properties.slope, 1), (CURVATURE, self.properties.curvature, 2)]
        {
            let number = all[order as usize];
            let holds = match sign {
                Sign::Indefinite => continue,
                Sign::Zero => number.is_zero(),
                Sign::NonNegative => number >= T::zero(),
                Sign::Positive => {
                    number > T::zero() || (number.is_zero() && self.underflows(order, a))
                }
            };
            report.expect(law, holds, || format!("declared {sign:?}, but {number} at {a}"));
        }
    }

    /// What holds at a kink too.
    fn at_kink(&self, a: T, report: &mut Report) {
        let Some([_, first, ..]) = self.finite_at(a, report) else { return };
        self.in_ranges(a, report);
        let step = T::EPSILON.cbrt() * T::one().max(a.abs());
        let sides = [a - step, a + step].map(|a| self.derivative(1, a));
        let near = |side: T| (first - side).abs() <= T::of(0.01) * T::one().max(side.abs());
        report.expect(FIRST, sides.into_iter().any(near), || {
            format!("at the kink {a} it is {first}, but {sides:?} on its two sides")
        });
    }

    /// Value and derivatives, if they are finite.
    fn finite_at(&self, a: T, report: &mut Report) -> Option<[T; 4]> {
        let nan = self.derivative(0, T::NAN);
        report.expect(NAN, nan.is_nan(), || format!("s(NaN) is {nan}"));
        let all = [0, 1, 2, 3].map(|order| self.derivative(order, a));
        let finite = all.iter().all(|number| number.is_finite());
        report.expect(FINITE, finite, || format!("at {a} value and derivatives are {all:?}"));
        finite.then_some(all)
    }

    fn in_ranges(&self, a: T, report: &mut Report) {
        for (law, range, order) in [
            (RANGE, self.properties.range, 0),
            (DERIVATIVE_RANGE, self.properties.derivative_range, 1),
        ] {
            let x = self.derivative(order, a).as_f64();
            let slack = 8.0 * T::EPSILON.as_f64() * x.abs();
            let holds = range.low - slack <= x && x <= range.high + slack;
            report.expect(law, holds, || {
                format!("declared [{}, {}], but {x} at {a}", range.low, range.high)
            });
        }
    }

    /// Whether a derivative that is 0 at `a` is so by underflow: then the nearest numbers at which
    /// it is not 0 give hardly more than 0.
    fn underflows(&self, order: u32, a: T) -> bool {
        let is_zero = |a: &T| self.derivative(order, *a).is_zero();
        let others = self.points.iter().copied().filter(|a| !is_zero(a));
        let distance = |other: &T| (*other - a).as_f64().abs();
        let Some(nearest) = others.min_by(|x, y| distance(x).total_cmp(&distance(y))) else {
            return false;
        };
        let (_, edge) = bisect(a, nearest, |middle| is_zero(&middle));
        self.derivative(order, edge).abs() < T::MIN_POSITIVE.sqrt()
    }

    /// The laws that concern two pre-activations and a third between them.
    pub fn between(&self, (low, high): (T, T), share: T, report: &mut Report) {
        let (at_low, at_high) = (self.derivative(0, low), self.derivative(0, high));
        let size = at_low.abs().max(at_high.abs()).as_f64() + self.floor;
        let slack = T::of(16.0 * T::EPSILON.as_f64() * size) + T::MIN_POSITIVE;
        if !slack.is_finite() {
            return;
        }
        if self.properties.is_non_decreasing() {
            report.expect(MONOTONE, at_low <= at_high + slack, || {
                format!("s({low}) = {at_low}, but s({high}) = {at_high}")
            });
        }
        if self.properties.is_convex() {
            let middle = low + share * (high - low);
            let share = (middle - low) / (high - low);
            let chord = at_low + share * (at_high - at_low);
            let at_middle = self.derivative(0, middle);
            report.expect(CONVEX, at_middle <= chord + slack + slack, || {
                format!(
                    "s({middle}) = {at_middle} lies above the chord {chord} from {low} to {high}"
                )
            });
        }
    }

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
            let size = at_left.abs().max(at_right.abs())
                + self.floor.max(1e-3) * left.as_f64().abs().max(1.0);
            let jump = (at_right - at_left).abs();
            let at_kink = self.properties.kinks.iter().any(|kink| {
                kink.order <= order && left <= T::of(kink.at) && T::of(kink.at) <= right
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
        if limit.is_finite() {
            let far = at(-1e8);
            let holds = (far - limit).abs() <= 1e-6 * limit.abs().max(1.0);
            report.expect(LIMIT, holds, || format!("declared {limit}, but s(−1e8) = {far}"));
        } else {
            // As far as squares are finite in f32.
            let values = [-1e1, -1e3, -1e6, -1e12, -1e18].map(at);
            let holds = match limit.is_sign_negative() {
                true => values.windows(2).all(|pair| pair[1] < pair[0] - 1e-3),
                false => values.windows(2).all(|pair| pair[1] > pair[0] + 1e-3),
            };
            report.expect(LIMIT, holds && !limit.is_nan(), || {
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
        let delta_min = self.properties.threshold.code;
        let Some(a_min) = self.properties.threshold.pre_activation else { return };
        let at = |a: T| self.derivative(0, a).as_f64();
        let slack = 16.0 * T::EPSILON.as_f64() * (delta_min.abs() + a_min.abs());
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

/// A number strictly between two others, if there is one.
fn midpoint<T: Real>(left: T, right: T) -> Option<T> {
    let middle = left + (right - left) * T::of(0.5);
    let (low, high) = if left < right { (left, right) } else { (right, left) };
    (low < middle && middle < high).then_some(middle)
}

/// Neighbouring numbers of which the first is inside and the second outside, as the two given.
fn bisect<T: Real>(mut inside: T, mut outside: T, is_inside: impl Fn(T) -> bool) -> (T, T) {
    while let Some(middle) = midpoint(inside, outside) {
        if is_inside(middle) { inside = middle } else { outside = middle }
    }
    (inside, outside)
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
                let holds = found == single
                    || (found.as_f64() - single.as_f64()).abs() <= tolerance
                    || (found.is_nan() && single.is_nan());
                report.expect(BATCH, holds, || {
                    format!("derivative {order} at {a}: {found} in a slice, {single} alone")
                });
            }
        }
    }
}
