//! Elementary functions in forms that neither overflow nor cancel.

use crate::scalar::Real;

/// σ(a) = 1/(1 + e^{−a}).
pub(crate) fn sigmoid<T: Real>(a: T) -> T {
    if a < T::zero() {
        let e = a.exp();
        e / (T::one() + e)
    } else {
        T::one() / (T::one() + (-a).exp())
    }
}

/// σ'(a) = σ(a) σ(−a), instead of σ(1 − σ), which cancels for large a.
pub(crate) fn sigmoid_first<T: Real>(a: T) -> T {
    let e = (-a.abs()).exp();
    let one_plus = T::one() + e;
    e / (one_plus * one_plus)
}

/// σ''(a) = σ'(a)(1 − 2σ(a)), the second factor as −tanh(a/2).
pub(crate) fn sigmoid_second<T: Real>(a: T) -> T {
    -sigmoid_first(a) * (a * T::of(0.5)).tanh()
}

/// σ'''(a) = σ'(a)(1 − 6σ'(a)).
pub(crate) fn sigmoid_third<T: Real>(a: T) -> T {
    let first = sigmoid_first(a);
    first * (T::one() - T::of(6.0) * first)
}
