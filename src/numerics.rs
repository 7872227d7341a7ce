//! Elementary functions in forms that neither overflow nor cancel, and the scalar product.

use crate::scalar::Real;
use std::f64::consts::FRAC_1_SQRT_2;

/// `value`, or NaN where `a` is NaN.
pub(crate) fn unless_nan<T: Real>(a: T, value: T) -> T {
    if a.is_nan() { a } else { value }
}

/// `a`, brought into [−1000, 1000]: beyond, e^{−|a|} is 0, and its product with ±∞ would be NaN.
pub(crate) fn within_tails<T: Real>(a: T) -> T {
    a.clamp(T::of(-1000.0), T::of(1000.0))
}

/// σ(a) = 1/(1 + e^{−a}).
pub(crate) fn sigmoid<T: Real>(a: T) -> T {
    if a < T::zero() {
        let e = a.exp();
        e / (T::one() + e)
    } else {
        T::one() / (T::one() + (-a).exp())
    }
}

/// σ'(a) = σ(1 − σ), with σ at −|a|: it is at most ½ there, so that nothing cancels.
pub(crate) fn sigmoid_first<T: Real>(a: T) -> T {
    let tail = sigmoid(-a.abs());
    tail * (T::one() - tail)
}

/// σ''(a) = σ'(a)(1 − 2σ(a)), the second factor as −tanh(a/2).
pub(crate) fn sigmoid_second<T: Real>(a: T) -> T {
    -sigmoid_first(a) * (a * T::of(0.5)).tanh()
}

/// σ'''(a) = σ'(a)(1 − 6σ'(a)), the second factor as (3t² − 1)/2 with t = tanh(a/2).
pub(crate) fn sigmoid_third<T: Real>(a: T) -> T {
    let t = (a * T::of(0.5)).tanh();
    sigmoid_first(a) * (T::of(1.5) * t * t - T::of(0.5))
}

/// The standard normal distribution function Φ(a) = erfc(−a/√2)/2, instead of (1 + erf(a/√2))/2,
/// which cancels for negative a.
pub(crate) fn normal_cdf<T: Real>(a: T) -> T {
    T::of(0.5) * (-a * T::of(FRAC_1_SQRT_2)).erfc()
}

/// The standard normal density φ(a) = e^{−a²/2}/√(2π).
pub(crate) fn normal_density<T: Real>(a: T) -> T {
    T::of(0.398_942_280_401_432_7) * (a * a * T::of(-0.5)).exp()
}

/// The scalar product, in eight interleaved sums so that it can be vectorised.
pub(crate) fn dot<T: Real>(left: &[T], right: &[T]) -> T {
    let mut sums = [T::zero(); 8];
    let (left_chunks, right_chunks) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest = left_chunks.remainder().iter().zip(right_chunks.remainder());
    let rest = rest.fold(T::zero(), |sum, (l, r)| sum + *l * *r);
    for (l, r) in left_chunks.zip(right_chunks) {
        for ((sum, l), r) in sums.iter_mut().zip(l).zip(r) {
            *sum += *l * *r;
        }
    }
    sums.into_iter().fold(rest, |sum, value| sum + value)
}
