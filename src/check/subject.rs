//! An activation under test, and the laws that concern one or two points.

use super::difference::disagreement;
use super::report::Report;
use crate::activation::{Activation, Properties, Sign};
use crate::scalar::Real;

const NAN: &str = "NaN gives NaN";
const FINITE: &str = "finite pre-activations give finite values";
const FIRST: &str = "the derivative is that of the value";
const SECOND: &str = "the second derivative is that of the first";
const THIRD: &str = "the third derivative is that of the second";
const SLOPE: &str = "the slope has the declared sign";
const CURVATURE: &str = "the curvature has the declared sign";
const MONOTONE: &str = "the value is non-decreasing, as declared";
const CONVEX: &str = "the value is convex, as declared";
const RANGE: &str = "the value lies in the declared range";
const DERIVATIVE_RANGE: &str = "the derivative lies in the declared range";

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
    pub points: Vec<T>,
    /// The size of value and slope near 0: what terms that cancel elsewhere are made of.
    pub floor: f64,
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
    pub fn derivative(&self, order: u32, a: T) -> T {
        match order {
            0 => self.activation.value(a),
            1 => self.activation.derivative(a),
            2 => self.activation.second_derivative(a),
            _ => self.activation.third_derivative(a),
        }
    }

    /// The largest that the derivative of this order is at `a` and the points within max(1, |a|/2) of it.
    pub fn size_around(&self, order: u32, a: T) -> f64 {
        let distance = (a.abs() * T::of(0.5)).max(T::one());
        let first = self.points.partition_point(|point| *point < a - distance);
        let near = self.points[first..].iter().take_while(|point| **point <= a + distance);
        near.chain([&a])
            .map(|point| self.derivative(order, *point).as_f64().abs())
            .filter(|size| size.is_finite())
            .fold(0.0, f64::max)
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
        // What cancels far out is as large as value and slope are around, times a.
        let around = self.size_around(0, a).max(self.size_around(1, a)).max(self.floor);
        let cancelled = around * a.as_f64().abs().max(1.0);
        if scale > 1e-3 {
            let mut compare = |law, order: u32, size: f64, cancelled: f64| {
                let (f, claimed) = (|a| self.derivative(order - 1, a), all[order as usize]);
                let found = disagreement(&f, a, claimed, scale, size, cancelled);
                let violation = |d| format!("at {a} it is {claimed}, differences give {d}");
                report.record(law, found.map(violation));
            };
            compare(FIRST, 1, moved(value, first), cancelled);
            let size = moved(first, second).max(value.as_f64().abs());
            compare(SECOND, 2, size, cancelled);
            let size = moved(second, third).max(size).max(third.as_f64().abs());
            // The default third derivative is itself a difference, of error ε^{2/3}.
            let coarser = |power| T::EPSILON.as_f64().powf(power);
            compare(THIRD, 3, size * coarser(-0.3), cancelled * coarser(-0.1));
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
    pub fn at_kink(&self, a: T, report: &mut Report) {
        let Some([_, first, ..]) = self.finite_at(a, report) else { return };
        self.in_ranges(a, report);
        let step = T::EPSILON.cbrt() * T::one().max(a.abs());
        let sides = [a - step, a + step];
        let is_near = |at: T| {
            let (side, curvature) = (self.derivative(1, at), self.derivative(2, at).abs());
            (first - side).abs()
                <= T::of(0.01) * T::one().max(side.abs()) + T::of(2.0) * step * curvature
        };
        report.expect(FIRST, sides.into_iter().any(is_near), || {
            let slopes = sides.map(|a| self.derivative(1, a));
            format!("at the kink {a} it is {first}, but {slopes:?} on its two sides")
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

    /// Whether a derivative that is 0 at `a` is so by underflow or rounding, as 1 − t² is for large
    /// a: then somewhat beyond the end of the zeros it is hardly more than 0.
    fn underflows(&self, order: u32, a: T) -> bool {
        let is_zero = |a: &T| self.derivative(order, *a).is_zero();
        let others = self.points.iter().copied().filter(|a| !is_zero(a));
        let distance = |other: &T| (*other - a).as_f64().abs();
        let Some(nearest) = others.min_by(|x, y| distance(x).total_cmp(&distance(y))) else {
            return false;
        };
        let (_, edge) = bisect(a, nearest, |middle| is_zero(&middle));
        let step = T::of(2e-3) * T::one().max(edge.abs());
        let beyond = if nearest > edge { edge + step } else { edge - step };
        let size = self.size_around(0, beyond).max(self.size_around(order, beyond)).max(self.floor);
        let rounding = T::of(16.0 * T::EPSILON.as_f64() * size);
        self.derivative(order, beyond).abs() < rounding.max(T::MIN_POSITIVE.sqrt())
    }

    /// The laws that concern two pre-activations and a third between them.
    pub fn between(&self, (low, high): (T, T), share: T, report: &mut Report) {
        let (at_low, at_high) = (self.derivative(0, low), self.derivative(0, high));
        let far = low.abs().max(high.abs()).max(T::one()).as_f64();
        let size = at_low.abs().max(at_high.abs()).as_f64() + self.floor * far;
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
}

/// A number strictly between two others, if there is one.
pub(super) fn midpoint<T: Real>(left: T, right: T) -> Option<T> {
    let middle = left + (right - left) * T::of(0.5);
    let (low, high) = if left < right { (left, right) } else { (right, left) };
    (low < middle && middle < high).then_some(middle)
}

/// Neighbouring numbers of which the first is inside and the second outside, as the two given.
pub(super) fn bisect<T: Real>(
    mut inside: T,
    mut outside: T,
    is_inside: impl Fn(T) -> bool,
) -> (T, T) {
    while let Some(middle) = midpoint(inside, outside) {
        if is_inside(middle) { inside = middle } else { outside = middle }
    }
    (inside, outside)
}
