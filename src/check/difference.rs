//! Derivatives by differences.

use crate::scalar::Real;

/// Steps that are tried, as powers of ε.
const STEPS: [f64; 5] = [0.125, 0.2, 0.27, 0.33, 0.4];

/// Compares `derivative`, claimed to be that of `f` at `x`, with differences of fourth order.
///
/// The steps range over ε^{1/8} to ε^{2/5} times `scale`, and the claim stands if one of them
/// agrees: too long a step misses the curvature of a sharp function, too short a one drowns in
/// rounding, and a false claim agrees with none. f is rounded as a number of the given `size` is,
/// somewhat more coarsely; `floor` is the size of other numbers that occur on the way to f, such
/// as the 1 in 1 − t².
///
/// Gives the nearest difference if the claim falls.
pub(super) fn disagreement<T: Real>(
    f: &impl Fn(T) -> T,
    x: T,
    derivative: T,
    scale: f64,
    size: f64,
    floor: f64,
) -> Option<f64> {
    let epsilon = T::EPSILON.as_f64();
    let claimed = derivative.as_f64();
    let mut nearest = f64::NAN;
    for power in STEPS {
        let (difference, step) = difference(f, x, scale * epsilon.powf(power));
        let rounding =
            (epsilon * (20.0 * size + 2.0 * floor) + 20.0 * T::MIN_POSITIVE.as_f64()) / step;
        let tolerance = epsilon.powf(0.4) * claimed.abs().max(difference.abs()) + rounding;
        let error = (difference - claimed).abs();
        if error <= tolerance {
            return None;
        }
        if !(error >= (nearest - claimed).abs()) {
            nearest = difference;
        }
    }
    Some(nearest)
}

/// The central difference of fourth order with about the given step, and the step taken.
fn difference<T: Real>(f: &impl Fn(T) -> T, x: T, step: f64) -> (f64, f64) {
    // A step after which x + h is exact, and not too few of the numbers that there are around x.
    let step = step.max(64.0 * (T::EPSILON * x).as_f64().abs());
    let h = (x + T::of(step)) - x;
    let at = |multiple: f64| f(x + h * T::of(multiple)).as_f64();
    let step = h.as_f64();
    ((8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * step), step)
}

/// Whether the differences with the two shortest steps agree with each other, by a tenth.
///
/// They do not where f has a kink within these steps.
pub(super) fn is_settled<T: Real>(f: &impl Fn(T) -> T, x: T) -> bool {
    let [.., longer, shorter] =
        STEPS.map(|power| difference(f, x, T::EPSILON.as_f64().powf(power)).0);
    (longer - shorter).abs() <= 0.1 * longer.abs().max(shorter.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_derivative_and_with_nothing_near_it() {
        for x in [-3.0_f64, -0.1, 0.0, 0.7, 20.0] {
            let size = x.abs().max(1.0);
            assert_eq!(disagreement(&|x: f64| x.sin(), x, x.cos(), 1.0, size, 0.0), None);
            for wrong in [-x.cos(), 2.0 * x.cos(), x.cos() + 1e-4, 0.0, f64::NAN] {
                assert!(disagreement(&|x: f64| x.sin(), x, wrong, 1.0, size, 0.0).is_some());
            }
        }
    }

    #[test]
    fn sharp_functions_are_no_problem() {
        let sharp = |x: f64| (1e4 * x).tanh();
        let slope = |x: f64| 1e4 / (1e4 * x).cosh().powi(2);
        for x in [0.0, 1e-5, -3e-4] {
            assert_eq!(disagreement(&sharp, x, slope(x), 1.0, 1.0, 0.0), None);
            assert!(disagreement(&sharp, x, slope(x) * 1.01, 1.0, 1.0, 0.0).is_some());
        }
    }
}
