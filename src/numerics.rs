//! Elementary functions in forms that neither overflow nor cancel.

use crate::scalar::Real;

/// `value`, or NaN where `a` is NaN.
#[inline(always)]
pub(crate) fn unless_nan<T: Real>(a: T, value: T) -> T {
    if a.is_nan() { a } else { value }
}

/// `a`, brought into [−1000, 1000]: beyond, e^{−|a|} is 0, and its product with ±∞ would be NaN.
#[inline(always)]
pub(crate) fn within_tails<T: Real>(a: T) -> T {
    a.clamp(T::of(-1000.0), T::of(1000.0))
}

/// e^{−x} for x ≥ 0, and e^{−x} − 1 without cancellation.
///
/// ```text
/// −x = n log 2 + r,  |r| ≤ log(2)/2,  p = e^r − 1 by its Taylor polynomial
/// e^{−x} = 2^n (1 + p),  e^{−x} − 1 = 2^n p + (2^n − 1)
/// ```
/// Plain arithmetic without branches, so that loops over it are vectorised. 2^n is multiplied in
/// two halves, so that results below the smallest normal number lose their digits one by one.
#[inline(always)]
pub(crate) fn decay<T: Real>(x: T) -> (T, T) {
    // Written so that NaN stays.
    let x = if x > T::LARGEST_DECAY { T::LARGEST_DECAY } else { x };
    let round = |value: T| (value + T::ROUNDER) - T::ROUNDER;
    let n = round(x * T::of(-std::f64::consts::LOG2_E));
    let r = (-x - n * T::LN_2_HIGH) - n * T::LN_2_LOW;

    let mut series = T::of(INVERSE_FACTORIALS[T::EXP_DEGREE]);
    for degree in (2..T::EXP_DEGREE).rev() {
        series = series * r + T::of(INVERSE_FACTORIALS[degree]);
    }
    let p = r + r * r * series;

    let half = round(n * T::of(0.5));
    let (low, high) = (half.power_of_two(), (n - half).power_of_two());
    let power = low * high;
    ((T::one() + p) * low * high, power * p + (power - T::one()))
}

/// 1/k! for k = 0, …, 13.
const INVERSE_FACTORIALS: [f64; 14] = {
    let mut inverse = [1.0; 14];
    let mut factorial = 1.0;
    let mut k = 1;
    while k < 14 {
        factorial *= k as f64;
        inverse[k] = 1.0 / factorial;
        k += 1;
    }
    inverse
};

/// log(1 + x) for 0 ≤ x ≤ 1, as 2 artanh(x/(2 + x)).
#[inline(always)]
pub(crate) fn ln_1p_of_fraction<T: Real>(x: T) -> T {
    let z = x / (T::of(2.0) + x);
    // Below ε the series does not count, but powers below the smallest normal number cost time.
    let square = if z > T::EPSILON { z * z } else { T::zero() };
    let mut series = T::zero();
    for k in (1..T::ATANH_TERMS).rev() {
        series = (series + T::of(1.0 / (2 * k + 1) as f64)) * square;
    }
    T::of(2.0) * (z + z * series)
}

/// tanh(x/2) for x ≥ 0, as −(e^{−x} − 1)/(2 + (e^{−x} − 1)).
#[inline(always)]
fn tanh_of_half<T: Real>(x: T) -> T {
    let (_, below_one) = decay(x);
    -below_one / (T::of(2.0) + below_one)
}

/// tanh(a).
#[inline(always)]
pub(crate) fn tanh<T: Real>(a: T) -> T {
    let t = tanh_of_half(a.abs() + a.abs());
    if a < T::zero() { -t } else { t }
}

/// σ(−x) for x ≥ 0.
#[inline(always)]
pub(crate) fn sigmoid_tail<T: Real>(x: T) -> T {
    let (e, _) = decay(x);
    e / (T::one() + e)
}

/// σ(a) = 1/(1 + e^{−a}).
#[inline(always)]
pub(crate) fn sigmoid<T: Real>(a: T) -> T {
    let (e, _) = decay(a.abs());
    let numerator = if a < T::zero() { e } else { T::one() };
    numerator / (T::one() + e)
}

/// σ'(a) = σ(1 − σ), with σ at −|a|: it is at most ½ there, so that nothing cancels.
#[inline(always)]
pub(crate) fn sigmoid_first<T: Real>(a: T) -> T {
    let tail = sigmoid_tail(a.abs());
    tail * (T::one() - tail)
}

/// σ''(a) = σ'(a)(1 − 2σ(a)), the second factor as −tanh(a/2).
#[inline(always)]
pub(crate) fn sigmoid_second<T: Real>(a: T) -> T {
    let magnitude = sigmoid_first(a) * tanh_of_half(a.abs());
    if a < T::zero() { magnitude } else { -magnitude }
}

/// σ'''(a) = σ'(a)(1 − 6σ'(a)), the second factor as (3t² − 1)/2 with t = tanh(a/2).
#[inline(always)]
pub(crate) fn sigmoid_third<T: Real>(a: T) -> T {
    let t = tanh_of_half(a.abs());
    sigmoid_first(a) * (T::of(1.5) * t * t - T::of(0.5))
}

/// e^{a²/2} Φ(−a) for a ≥ 0, with Φ the standard normal distribution function.
///
/// Without the exponential, the tail is smooth enough for a ratio of polynomials of low degree. It
/// interpolates at nodes in the variable of Shepherd and Laframboise, Math. Comp. 36 (1981). All
/// coefficients are positive, so that nothing cancels.
#[inline(always)]
pub(crate) fn scaled_normal_tail<T: Real>(a: T) -> T {
    polynomial(T::TAIL_NUMERATOR, a) / polynomial(T::TAIL_DENOMINATOR, a)
}

/// The polynomial with the given coefficients, the lowest first.
#[inline(always)]
fn polynomial<T: Real>(coefficients: &[T], x: T) -> T {
    coefficients.iter().rev().fold(T::zero(), |sum, &coefficient| sum * x + coefficient)
}

/// e^{−a²/2}, the standard normal density but for its factor 1/√(2π).
///
/// The rounding of a² gives it a relative error of up to ε a²/4. The accuracy promised for an
/// activation allows for that: with this factor, |a f'| ≈ a²|f| in the tails.
#[inline(always)]
pub(crate) fn bell<T: Real>(a: T) -> T {
    decay(a * a * T::of(0.5)).0
}
