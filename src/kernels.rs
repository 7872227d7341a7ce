//! The loops over numbers that every training step runs, compiled for the widest vector
//! instructions that the processor has.
//!
//! Each kernel is a plain loop. [`kernels!`] makes of it a function that looks up what the
//! processor can do and runs the version that was compiled for it. Sums stand in interleaved lanes,
//! since a compiler may not change the order of additions; the number of lanes is fixed, so that
//! the result does not depend on the processor's width.

use crate::scalar::Real;
use std::array::from_fn;

/// What Adam's step number t is for all parameters.
#[derive(Clone, Copy)]
pub(crate) struct AdamStep<T> {
    /// By what the gradient is multiplied.
    pub share: T,
    /// β₁, β₂.
    pub keep: [T; 2],
    /// 1 − β₁, 1 − β₂.
    pub gain: [T; 2],
    /// η / (1 − β₁ᵗ).
    pub rate: T,
    /// 1 / √(1 − β₂ᵗ).
    pub correction: T,
    /// ε.
    pub epsilon: T,
}

/// Interleaved partial sums.
const LANES: usize = 16;

macro_rules! kernels {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> $output:ty
        $body:block)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name<'a, T: Real>($($argument: $type),*) -> $output {
            struct Kernel<'a, T> {
                $($argument: $type,)*
                marker: std::marker::PhantomData<&'a T>,
            }
            impl<'a, T: Real> pulp::WithSimd for Kernel<'a, T> {
                type Output = $output;

                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) -> $output {
                    let Self { $($argument,)* marker: _ } = self;
                    $body
                }
            }
            let marker = std::marker::PhantomData;
            pulp::Arch::new().dispatch(Kernel { $($argument,)* marker })
        }
    )*};
}

/// The sum of `term` over two slices of equal length.
///
/// Whole arrays are assigned, since sums that are indexed stay in memory.
#[inline(always)]
fn sum_over<T: Real>(left: &[T], right: &[T], term: impl Fn(T, T) -> T) -> T {
    let mut sums = [T::zero(); LANES];
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left.iter().zip(right) {
        sums = from_fn(|lane| sums[lane] + term(left[lane], right[lane]));
    }
    let rest = left_rest.iter().zip(right_rest);
    rest.fold(total(sums), |sum, (&l, &r)| sum + term(l, r))
}

/// The sum of the lanes, one after the other: compilers take a tree of sums for a reason to cut the
/// lanes into small vectors.
#[inline(always)]
fn total<T: Real>(sums: [T; LANES]) -> T {
    sums.into_iter().fold(T::zero(), |total, sum| total + sum)
}

/// 0 instead of a subnormal number. Processors take a hundred times as long for these, which a
/// velocity that fades away would be for good: rounding keeps 0.9 times the smallest as it is.
#[inline(always)]
pub(crate) fn normal<T: Real>(value: T) -> T {
    if value.abs() < T::MIN_POSITIVE { T::zero() } else { value }
}

kernels! {
    /// The scalar product.
    fn dot(left: &'a [T], right: &'a [T]) -> T {
        sum_over(left, right, |l, r| l * r)
    }

    /// How many of the values, at most 2³² − 1, are not 0.
    fn count_nonzero(values: &'a [T]) -> u32 {
        values.iter().map(|value| u32::from(!value.is_zero())).sum()
    }

    /// Sets bit i mod 64 of word i / 64 for each value that is not 0, and clears the others.
    fn mark_nonzero(words: &'a mut [u64], values: &'a [T]) -> () {
        for (word, values) in words.iter_mut().zip(values.chunks(64)) {
            let bits = values.iter().enumerate();
            *word = bits.fold(0, |word, (bit, v)| word | (u64::from(!v.is_zero()) << bit));
        }
    }

    /// Sets this bit of word i for each value that is not 0.
    fn mark_nonzero_rows(words: &'a mut [u64], values: &'a [T], bit: usize) -> () {
        for (word, value) in words.iter_mut().zip(values) {
            *word |= u64::from(!value.is_zero()) << bit;
        }
    }

    /// out ← out + Σ_k c_k M_k over some columns M_k of a matrix with columns as long as `out`.
    fn add_columns(out: &'a mut [T], matrix: &'a [T], numbers: &'a [usize], factors: &'a [T]) -> () {
        let n = out.len();
        let column = |number: usize| &matrix[number * n..][..n];
        let (fours, rest) = numbers.as_chunks::<4>();
        let (four_factors, rest_factors) = factors.as_chunks::<4>();
        // Four at a time, so that `out` is loaded and stored less often.
        for (&[i, j, k, l], &[a, b, c, d]) in fours.iter().zip(four_factors) {
            let columns = column(i).iter().zip(column(j)).zip(column(k).iter().zip(column(l)));
            for (out, ((&w, &x), (&y, &z))) in out.iter_mut().zip(columns) {
                *out += (a * w + b * x) + (c * y + d * z);
            }
        }
        for (&number, &factor) in rest.iter().zip(rest_factors) {
            for (out, &x) in out.iter_mut().zip(column(number)) {
                *out += factor * x;
            }
        }
    }

    /// Whether one of the values has a magnitude above the bound.
    fn any_above(values: &'a [T], bound: T) -> bool {
        values.iter().fold(false, |any, value| any | (value.abs() > bound))
    }

    /// The sum of the absolute values.
    fn sum_of_magnitudes(values: &'a [T]) -> T {
        sum_over(values, values, |value, _| value.abs())
    }

    /// Whether no value is infinite or NaN.
    fn are_finite(values: &'a [T]) -> bool {
        // ∞ · 0 and NaN · 0 are NaN.
        sum_over(values, values, |value, _| value * T::zero()) == T::zero()
    }

    /// `sum ← sum + values`.
    fn add(sum: &'a mut [T], values: &'a [T]) -> () {
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += *value;
        }
    }

    /// `sum ← sum + factor · values`.
    fn add_scaled(sum: &'a mut [T], factor: T, values: &'a [T]) -> () {
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += factor * *value;
        }
    }

    /// `out ← factor · left ∘ right`.
    fn multiply(out: &'a mut [T], factor: T, left: &'a [T], right: &'a [T]) -> () {
        for (out, (left, right)) in out.iter_mut().zip(left.iter().zip(right)) {
            *out = factor * *left * *right;
        }
    }

    /// `sum ← sum + left ∘ right`.
    fn add_product(sum: &'a mut [T], left: &'a [T], right: &'a [T]) -> () {
        for (sum, (left, right)) in sum.iter_mut().zip(left.iter().zip(right)) {
            *sum += *left * *right;
        }
    }

    /// The sum of the columns of a column-major matrix, in f64: a whole data set may be one batch.
    fn sum_columns(sums: &'a mut [f64], columns: &'a [T]) -> () {
        sums.fill(0.0);
        for column in columns.chunks_exact(sums.len()) {
            for (sum, value) in sums.iter_mut().zip(column) {
                *sum += value.as_f64();
            }
        }
    }

    /// Adds the deviations of `values` from `origin`, and their squares, to `sums` and `squares`.
    fn add_deviations(
        sums: &'a mut [f64],
        squares: &'a mut [f64],
        values: &'a [T],
        origin: &'a [f64],
    ) -> () {
        let both = sums.iter_mut().zip(squares);
        for ((sum, square), (value, origin)) in both.zip(values.iter().zip(origin)) {
            let deviation = value.as_f64() - origin;
            *sum += deviation;
            *square += deviation * deviation;
        }
    }

    /// `values ← values − others`; gives the sum of their squares.
    fn subtract(values: &'a mut [T], others: &'a [T]) -> T {
        for (value, other) in values.iter_mut().zip(others) {
            *value -= *other;
        }
        sum_over(values, values, |value, _| value * value)
    }

    /// v ← v + `pull` · W, W ← W + v, v ← μv for one filter; gives ‖W‖².
    fn move_filter(filter: &'a mut [T], velocity: &'a mut [T], pull: T, momentum: T) -> T {
        let mut sums = [T::zero(); LANES];
        let (filters, filter_rest) = filter.as_chunks_mut::<LANES>();
        let (velocities, velocity_rest) = velocity.as_chunks_mut::<LANES>();
        for (w, v) in filters.iter_mut().zip(velocities) {
            let step: [T; LANES] = from_fn(|lane| v[lane] + pull * w[lane]);
            let moved: [T; LANES] = from_fn(|lane| w[lane] + step[lane]);
            *w = moved;
            *v = from_fn(|lane| normal(momentum * step[lane]));
            sums = from_fn(|lane| sums[lane] + moved[lane] * moved[lane]);
        }
        let mut sum = total(sums);
        for (w, v) in filter_rest.iter_mut().zip(velocity_rest) {
            let step = *v + pull * *w;
            *w += step;
            *v = normal(momentum * step);
            sum += *w * *w;
        }
        sum
    }

    /// One step of accelerated proximal descent on a code. With h, p the present and the preceding
    /// of the `codes`, c, q those of the `correlations`, and β the `momentum`,
    /// v = h + β(h − p) + `step` · (c + β(c − q)), and `next` ← v − v clamped to the `bounds`.
    ///
    /// Gives (h + β(h − p) − `next`) · (`next` − h), which is positive where the momentum leads
    /// uphill.
    fn shrink(
        next: &'a mut [T],
        codes: (&'a [T], &'a [T]),
        correlations: (&'a [T], &'a [T]),
        momentum: T,
        step: T,
        bounds: (T, T),
    ) -> T {
        let ahead = |now: T, before: T| now + momentum * (now - before);
        let (lower, upper) = bounds;
        let all = codes.0.iter().zip(codes.1).zip(correlations.0.iter().zip(correlations.1));
        for (next, ((&h, &p), (&c, &q))) in next.iter_mut().zip(all) {
            let v = ahead(h, p) + step * ahead(c, q);
            let below = if v > upper { upper } else { v };
            *next = v - if below < lower { lower } else { below };
        }
        let turn = |next: T, h: T, p: T| (ahead(h, p) - next) * (next - h);
        let mut sums = [T::zero(); LANES];
        let (next, next_rest) = next.as_chunks::<LANES>();
        let (code, code_rest) = codes.0.as_chunks::<LANES>();
        let (previous, previous_rest) = codes.1.as_chunks::<LANES>();
        for (next, (h, p)) in next.iter().zip(code.iter().zip(previous)) {
            sums = from_fn(|lane| sums[lane] + turn(next[lane], h[lane], p[lane]));
        }
        let rest = next_rest.iter().zip(code_rest.iter().zip(previous_rest));
        rest.fold(total(sums), |sum, (&next, (&h, &p))| sum + turn(next, h, p))
    }

    /// ‖h‖₁ of a code, h · c with its correlations, and the largest of the numbers c, −`mirror` · c
    /// and 0.
    fn code_sums(code: &'a [T], correlation: &'a [T], mirror: T) -> (T, T, T) {
        let larger = |largest: T, c: T| {
            let c = if c < T::zero() { -mirror * c } else { c };
            if c > largest { c } else { largest }
        };
        let mut largest = [T::zero(); LANES];
        let (chunks, rest) = correlation.as_chunks::<LANES>();
        for c in chunks {
            largest = from_fn(|lane| larger(largest[lane], c[lane]));
        }
        let largest = largest.iter().chain(rest).fold(T::zero(), |most, &c| larger(most, c));
        let l1 = sum_over(code, code, |h, _| h.abs());
        (l1, sum_over(code, correlation, |h, c| h * c), largest)
    }

    /// v ← μv − ηg, W ← W + v; gives ‖W‖².
    fn descend(values: &'a mut [T], velocity: &'a mut [T], gradient: &'a [T], momentum: T, rate: T) -> T {
        for ((w, v), g) in values.iter_mut().zip(velocity).zip(gradient) {
            *v = normal(momentum * *v - rate * *g);
            *w += *v;
        }
        sum_over(values, values, |w, _| w * w)
    }

    /// One step of Adam with the moments m and v of the gradient; gives ‖W‖², or NaN if a v is not
    /// finite.
    fn adam(values: &'a mut [T], first: &'a mut [T], second: &'a mut [T], gradient: &'a [T], step: AdamStep<T>) -> T {
        let moments = first.iter_mut().zip(second.iter_mut());
        for ((w, (m, v)), g) in values.iter_mut().zip(moments).zip(gradient) {
            let g = step.share * *g;
            *m = normal(step.keep[0] * *m + step.gain[0] * g);
            *v = normal(step.keep[1] * *v + step.gain[1] * (g * g));
            *w -= step.rate * *m / (step.correction * v.sqrt() + step.epsilon);
        }
        // ∞ · 0 and NaN · 0 are NaN.
        sum_over(values, second, |w, v| w * w + v * T::zero())
    }

    /// The sum of the squares, in f64.
    fn sum_of_squares(values: &'a [T]) -> f64 {
        let square = |value: T| value.as_f64() * value.as_f64();
        let mut sums = [0.0; LANES];
        let (lanes, rest) = values.as_chunks::<LANES>();
        for values in lanes {
            sums = from_fn(|lane| sums[lane] + square(values[lane]));
        }
        rest.iter().fold(total(sums), |sum, value| sum + square(*value))
    }

    /// Notes for each of the units (rows) whether a value of its is above the threshold.
    fn note_above(noted: &'a mut [bool], columns: &'a [T], threshold: T) -> () {
        for column in columns.chunks_exact(noted.len()) {
            for (noted, value) in noted.iter_mut().zip(column) {
                *noted |= *value > threshold;
            }
        }
    }

    /// Makes 0 of the values whose magnitude is below the bound.
    fn flush(values: &'a mut [T], bound: T) -> () {
        for value in values {
            *value = if value.abs() < bound { T::zero() } else { *value };
        }
    }

    /// `values ← factor · values`.
    fn scale(values: &'a mut [T], factor: T) -> () {
        for value in values {
            *value *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_definition() {
        for length in [0, 1, 31, 32, 33, 100, 784] {
            let left: Vec<f64> = (0..length).map(|i| f64::from(i % 7) - 3.0).collect();
            let right: Vec<f64> = (0..length).map(|i| f64::from(i % 5)).collect();
            let expected: f64 = left.iter().zip(&right).map(|(l, r)| l * r).sum();
            assert_eq!(dot(&left, &right), expected);
        }
    }

    #[test]
    fn one_bad_value_is_found_anywhere() {
        for length in [1, 31, 32, 33, 100] {
            for at in 0..length {
                for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    let mut values = vec![f32::MAX; length];
                    assert!(are_finite(&values));
                    values[at] = bad;
                    assert!(!are_finite(&values), "{bad} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn a_code_shrinks_by_the_definition() {
        for length in [1, 31, 32, 33, 100] {
            let number = |i: usize, k: usize| ((i * k + 3) % 11) as f64 / 4.0 - 1.25;
            let of = |k: usize| (0..length).map(|i| number(i, k)).collect::<Vec<f64>>();
            let (h, p, c, q) = (of(2), of(3), of(5), of(7));
            for (lower, beta) in [(-0.5, 0.25), (f64::NEG_INFINITY, 0.5), (-0.5, 0.0)] {
                let mut next = vec![f64::NAN; length];
                let turn = shrink(&mut next, (&h, &p), (&c, &q), beta, 0.5, (lower, 0.5));
                let mut expected = 0.0;
                for i in 0..length {
                    let z = h[i] + beta * (h[i] - p[i]);
                    let v: f64 = z + 0.5 * (c[i] + beta * (c[i] - q[i]));
                    let shrunk = (v.abs() - 0.5).max(0.0) * v.signum();
                    let one = if lower.is_finite() { shrunk } else { shrunk.max(0.0) };
                    assert_eq!(next[i], one);
                    expected += (z - one) * (one - h[i]);
                }
                assert_eq!(turn, expected);
            }
        }
    }

    #[test]
    fn sums_of_a_code_are_those_of_the_definition() {
        for length in [1, 15, 16, 17, 100] {
            for sign in [1.0, -1.0] {
                let h: Vec<f64> = (0..length).map(|i| f64::from(i % 5) - 2.0).collect();
                let mut c: Vec<f64> = (0..length).map(|i| f64::from(i % 7) - 3.0).collect();
                c[length as usize - 1] = sign * 9.0;
                let l1: f64 = h.iter().map(|h| h.abs()).sum();
                let inner: f64 = h.iter().zip(&c).map(|(h, c)| h * c).sum();
                let most = c.iter().fold(0.0_f64, |most, &c| most.max(c));
                assert_eq!(code_sums(&h, &c, 1.0), (l1, inner, 9.0));
                assert_eq!(code_sums(&h, &c, 0.0), (l1, inner, most));
            }
        }
    }

    #[test]
    fn small_values_become_zero_and_others_stay() {
        for length in [1, 16, 33] {
            for value in [0.0, 1.0, -1.0, 1e-20, -1e-20, f32::NAN, f32::INFINITY] {
                let mut values = vec![value; length];
                flush(&mut values, 1e-19);
                let expected = if value.abs() < 1e-19 { 0.0 } else { value };
                assert!(values.iter().all(|v| v.to_bits() == expected.to_bits()), "{value}");
            }
        }
    }

    /// 0.9 times the smallest subnormal number is rounded to itself.
    #[test]
    fn fading_velocities_end() {
        let mut filter = vec![1.0_f32; 20];
        let mut velocity = vec![1e-3; 20];
        for _ in 0..900 {
            move_filter(&mut filter, &mut velocity, 0.0, 0.9);
            assert!(velocity.iter().all(|v| *v == 0.0 || v.is_normal()));
        }
        assert!(velocity.iter().all(|v| *v == 0.0));
        let (mut first, mut second) = (vec![1e-3; 20], vec![1e-38; 20]);
        let step = AdamStep {
            share: 1.0,
            keep: [0.9, 0.999],
            gain: [0.1, 0.001],
            rate: 0.001,
            correction: 1.0,
            epsilon: 1e-8,
        };
        for _ in 0..900 {
            adam(&mut filter, &mut first, &mut second, &[0.0; 20], step);
            assert!(first.iter().chain(&second).all(|v| *v == 0.0 || v.is_normal()));
        }
        assert!(first.iter().chain(&second).all(|v| *v == 0.0));
    }

    #[test]
    fn a_filter_moves_by_its_velocity() {
        for length in [1, 32, 50] {
            let (mut filter, mut velocity) = (vec![2.0_f64; length], vec![1.0; length]);
            let squared_length = move_filter(&mut filter, &mut velocity, 0.5, 0.25);
            assert!(filter.iter().all(|w| *w == 4.0) && velocity.iter().all(|v| *v == 0.5));
            assert_eq!(squared_length, 16.0 * length as f64);
        }
    }
}
