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
            *v = from_fn(|lane| momentum * step[lane]);
            sums = from_fn(|lane| sums[lane] + moved[lane] * moved[lane]);
        }
        let mut sum = total(sums);
        for (w, v) in filter_rest.iter_mut().zip(velocity_rest) {
            let step = *v + pull * *w;
            *w += step;
            *v = momentum * step;
            sum += *w * *w;
        }
        sum
    }

    /// v ← μv − ηg, W ← W + v; gives ‖W‖².
    fn descend(values: &'a mut [T], velocity: &'a mut [T], gradient: &'a [T], momentum: T, rate: T) -> T {
        for ((w, v), g) in values.iter_mut().zip(velocity).zip(gradient) {
            *v = momentum * *v - rate * *g;
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
            *m = step.keep[0] * *m + step.gain[0] * g;
            *v = step.keep[1] * *v + step.gain[1] * (g * g);
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
    fn a_filter_moves_by_its_velocity() {
        for length in [1, 32, 50] {
            let (mut filter, mut velocity) = (vec![2.0_f64; length], vec![1.0; length]);
            let squared_length = move_filter(&mut filter, &mut velocity, 0.5, 0.25);
            assert!(filter.iter().all(|w| *w == 4.0) && velocity.iter().all(|v| *v == 0.5));
            assert_eq!(squared_length, 16.0 * length as f64);
        }
    }
}
