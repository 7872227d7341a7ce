//! Sparse coding: codes against scikit-learn and the optimality conditions, dictionaries against
//! what they must obey and what was planted.

use crate::common::{DATA, FILTERS, SIZES, cases, matrix, rejected};
use nalgebra::{DMatrix, DVector, DVectorView, dmatrix};
use proptest::prelude::*;
use regularized_autoencoder::data::SparseDictionary;
use regularized_autoencoder::sparse_coding::{SparseCodingBuilder, evaluate_codes};
use regularized_autoencoder::{
    CodeSign, LearnedDictionary, OptimalCodes, Random, Real, SparseCoding,
};
use serde::Deserialize;

/// As far as `f64` goes.
fn exact(coefficient: f64, sign: CodeSign) -> SparseCoding {
    let builder = SparseCoding::builder(coefficient).sign(sign);
    builder.tolerance(1e-14).code_iterations(100_000).build().unwrap()
}

const SIGNS: [CodeSign; 2] = [CodeSign::Signed, CodeSign::NonNegative];

fn random_matrix<T: Real>(rows: usize, columns: usize, seed: u64) -> DMatrix<T> {
    let mut random = Random::new(seed);
    DMatrix::from_fn(rows, columns, |_, _| random.standard_normal())
}

/// ‖x − Wᵀh‖² + λ‖h‖₁.
fn objective(
    filters: &DMatrix<f64>,
    code: &DVector<f64>,
    x: DVectorView<'_, f64>,
    lambda: f64,
) -> f64 {
    (x - filters * code).norm_squared() + lambda * code.lp_norm(1)
}

// --------------------------------------------------------------------------- given dictionary

#[derive(Deserialize)]
struct Case {
    name: String,
    n: usize,
    m: usize,
    count: usize,
    coefficient: f64,
    non_negative: bool,
    filters: Vec<f64>,
    samples: Vec<f64>,
    codes: Vec<f64>,
    objectives: Vec<f64>,
}

impl Case {
    fn all() -> Vec<Self> {
        serde_json::from_str(include_str!("../data/sparse_coding/reference.json")).unwrap()
    }

    fn sign(&self) -> CodeSign {
        if self.non_negative { CodeSign::NonNegative } else { CodeSign::Signed }
    }

    fn filters<T: Real>(&self) -> DMatrix<T> {
        DMatrix::from_column_slice(self.n, self.m, &self.filters).map(T::of)
    }

    fn samples<T: Real>(&self) -> DMatrix<T> {
        DMatrix::from_column_slice(self.n, self.count, &self.samples).map(T::of)
    }

    /// The largest difference of a code and the largest relative excess of an objective, which is
    /// negative where this code is better than scikit-learn's.
    fn compare<T: Real>(&self, coding: &SparseCoding) -> (f64, f64) {
        let found = coding.encode(&self.filters::<T>(), &self.samples::<T>()).unwrap();
        assert!(found.converged(), "{}: {:?}", self.name, found.duality_gaps);
        let codes = found.codes.map(|h| h.as_f64());
        let expected = DMatrix::from_column_slice(self.m, self.count, &self.codes);
        let (filters, samples) = (self.filters::<f64>(), self.samples::<f64>());
        let mut excess = f64::NEG_INFINITY;
        for (sample, best) in self.objectives.iter().enumerate() {
            let code = codes.column(sample).into_owned();
            let value = objective(&filters, &code, samples.column(sample), self.coefficient);
            excess = excess.max((value - best) / samples.column(sample).norm_squared());
        }
        ((codes - expected).amax(), excess)
    }
}

#[test]
fn codes_are_those_of_scikit_learn() {
    let cases = Case::all();
    assert_eq!(cases.len(), 48);
    for case in &cases {
        let (code, excess) = case.compare::<f64>(&exact(case.coefficient, case.sign()));
        assert!(code < 1e-6, "{}: {code}", case.name);
        assert!(excess.abs() < 2e-14, "{}: {excess}", case.name);

        let single = SparseCoding::builder(case.coefficient).sign(case.sign()).tolerance(2e-6);
        let (code, excess) = case.compare::<f32>(&single.build().unwrap());
        assert!(code < 0.01, "{}: {code} in f32", case.name);
        assert!(excess.abs() < 4e-6, "{}: {excess} in f32", case.name);
    }
}

#[test]
fn all_codes_are_zero_from_a_certain_coefficient_on() {
    let case = &Case::all()[0];
    let (filters, samples) = (case.filters::<f64>(), case.samples::<f64>());
    let correlations = 2.0 * filters.tr_mul(&samples);
    for (sign, largest) in
        [(CodeSign::Signed, correlations.amax()), (CodeSign::NonNegative, correlations.max())]
    {
        let encode = |lambda| exact(lambda, sign).encode(&filters, &samples).unwrap();
        let zero = encode(largest * (1.0 + 1e-12));
        assert!(zero.codes.iter().all(|h| *h == 0.0));
        assert!(zero.duality_gaps.iter().all(|gap| *gap == 0.0));
        assert!(zero.iterations.iter().all(|count| *count == 0));
        assert!(encode(largest * 0.999).codes.iter().any(|h| *h != 0.0));
    }
}

#[test]
fn orthonormal_filters_shrink() {
    let rotation = random_matrix::<f64>(5, 5, 3).qr().q();
    let x = random_matrix(5, 20, 4);
    let projected = rotation.tr_mul(&x);
    let signed = exact(0.8, CodeSign::Signed).encode(&rotation, &x).unwrap().codes;
    let shrunk = projected.map(|c: f64| c.signum() * (c.abs() - 0.4).max(0.0));
    assert!((signed - shrunk).amax() < 1e-7);
    let positive = exact(0.8, CodeSign::NonNegative).encode(&rotation, &x).unwrap().codes;
    assert!((positive - projected.map(|c: f64| (c - 0.4).max(0.0))).amax() < 1e-7);
}

/// By how much a code violates the optimality conditions, as a share of λ:
/// 2 W_j·r = λ sign(h_j) where h_j ≠ 0, and |2 W_j·r| ≤ λ elsewhere, for non-negative codes
/// 2 W_j·r ≤ λ.
fn violation(
    filters: &DMatrix<f64>,
    code: &DVector<f64>,
    x: DVectorView<'_, f64>,
    lambda: f64,
    sign: CodeSign,
) -> f64 {
    let correlations = 2.0 * filters.tr_mul(&(x - filters * code));
    let one = |(h, c): (&f64, &f64)| match sign {
        CodeSign::NonNegative if *h < 0.0 => f64::INFINITY,
        _ if *h != 0.0 => (c - lambda * h.signum()).abs(),
        CodeSign::NonNegative => (c - lambda).max(0.0),
        CodeSign::Signed => (c.abs() - lambda).max(0.0),
    };
    code.iter().zip(&correlations).map(one).fold(0.0, f64::max) / lambda
}

/// Filters, samples, λ and sign.
fn problem() -> impl Strategy<Value = (DMatrix<f64>, DMatrix<f64>, f64, CodeSign)> {
    let sign = prop::sample::select(SIGNS.to_vec());
    (SIZES, 1..=8_usize, SIZES).prop_flat_map(move |(n, m, count)| {
        (matrix(n, m, FILTERS), matrix(n, count, DATA), 0.01..4.0, sign.clone())
    })
}

/// The rounding of c = W r, r = x − Wᵀh, at most: three or four rounded operations for each of up to
/// four terms.
fn correlation_rounding(
    filters: &DMatrix<f64>,
    code: &DVector<f64>,
    x: DVectorView<'_, f64>,
) -> f64 {
    4.0 * f64::EPSILON * filters.norm() * (x.norm() + filters.norm() * code.norm())
}

/// The rounding of a duality gap, and of an objective: c enters the gap times 2 h.
fn rounding(filters: &DMatrix<f64>, code: &DVector<f64>, x: DVectorView<'_, f64>) -> f64 {
    let correlation = correlation_rounding(filters, code, x);
    2.0 * code.lp_norm(1) * correlation + 90.0 * f64::EPSILON * x.norm_squared()
}

/// That the codes of `found` are the minimum, as far as `f64` goes.
fn check_optimum(
    found: &OptimalCodes<f64>,
    filters: &DMatrix<f64>,
    x: &DMatrix<f64>,
    (lambda, sign): (f64, CodeSign),
) -> Result<(), TestCaseError> {
    let mut unconverged = 0;
    for (sample, gap) in found.duality_gaps.iter().enumerate() {
        let (code, x) = (found.codes.column(sample).into_owned(), x.column(sample));
        let tolerance = 1e-14 * x.norm_squared();
        unconverged += usize::from(*gap > tolerance);
        let reached = tolerance.max(rounding(filters, &code, x));
        prop_assert!((0.0..=reached).contains(gap), "gap {gap} against {reached}");
        // The gap bounds the error of the correlations by 2‖W‖√gap.
        let reach = 2.0 * filters.norm() * gap.max(tolerance).sqrt();
        let allowed = 2.0 * (reach + correlation_rounding(filters, &code, x)) / lambda;
        let off = violation(filters, &code, x, lambda, sign);
        prop_assert!(off <= allowed, "{off} against {allowed}");
    }
    prop_assert_eq!(found.unconverged, unconverged);
    Ok(())
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn codes_obey_the_optimality_conditions((filters, x, lambda, sign) in problem()) {
        let found = exact(lambda, sign).encode(&filters, &x).unwrap();
        check_optimum(&found, &filters, &x, (lambda, sign))?;
    }

    /// Whatever the number of iterations, the minimum lies within the gap.
    #[test]
    fn gaps_bound_the_distance_to_the_minimum(
        (filters, x, lambda, sign) in problem(),
        iterations in 1..20_usize,
    ) {
        let best = exact(lambda, sign).encode(&filters, &x).unwrap();
        let few = SparseCoding::builder(lambda).sign(sign).tolerance(1e-12);
        let found = few.code_iterations(iterations).build().unwrap().encode(&filters, &x).unwrap();
        for (sample, gap) in found.duality_gaps.iter().enumerate() {
            let x = x.column(sample);
            let (code, optimum) = (found.codes.column(sample), best.codes.column(sample));
            let (code, optimum) = (code.into_owned(), optimum.into_owned());
            let rounding = rounding(&filters, &code, x).max(rounding(&filters, &optimum, x));
            let value = objective(&filters, &code, x, lambda);
            let excess = value - objective(&filters, &optimum, x, lambda);
            prop_assert!(*gap >= 0.0 && excess <= gap + rounding, "{excess} above {gap}");
            prop_assert!(excess >= -best.duality_gaps[sample] - rounding);
            prop_assert!(value <= x.norm_squared() + rounding, "worse than no code");
        }
    }

    #[test]
    fn no_other_code_is_better(
        (filters, x, lambda, sign) in problem(),
        steps in prop::collection::vec(-1.0..1.0_f64, 8),
        size in prop::sample::select(vec![1e-3, 0.1, 1.0]),
    ) {
        let found = exact(lambda, sign).encode(&filters, &x).unwrap();
        for (sample, gap) in found.duality_gaps.iter().enumerate() {
            let (code, x) = (found.codes.column(sample).into_owned(), x.column(sample));
            let mut other = code.clone();
            other.iter_mut().zip(&steps).for_each(|(h, step)| *h += size * step);
            if sign == CodeSign::NonNegative {
                other.apply(|h| *h = h.max(0.0));
            }
            let (best, value) =
                (objective(&filters, &code, x, lambda), objective(&filters, &other, x, lambda));
            let allowed = value + gap + rounding(&filters, &code, x);
            prop_assert!(best <= allowed, "{best} above {allowed}");
        }
    }
}

/// Filters with singular values from 1.8 to 0.07 and a small λ: codes of length 20, whose rounding
/// keeps the gap above a tolerance of 10⁻¹⁴.
#[test]
fn rounding_stops_the_gap_where_filters_nearly_depend_on_each_other() {
    let filters = dmatrix![
        0.0, 0.0, 0.5835665560982194, -0.13509798009608465;
        0.0, 0.6864242774235725, 1.161773267237985, -0.7643408914322158;
        -0.4936273668387076, 0.9471161031393668, -0.716983605416809, 0.41959859335875427;
        0.747510531794388, -0.5944544167478365, 0.0, -0.46494981732952523
    ];
    let x = dmatrix![1.4202473157808224; 0.0; 1.5768083577079262; 0.0];
    let (lambda, sign) = (0.025925940409332538, CodeSign::Signed);
    let found = exact(lambda, sign).encode(&filters, &x).unwrap();
    assert!(found.codes.norm() > 15.0);
    check_optimum(&found, &filters, &x, (lambda, sign)).unwrap();
    // The same within reach.
    let coding = SparseCoding::builder(lambda).tolerance(1e-12).build().unwrap();
    assert!(coding.encode(&filters, &x).unwrap().converged());
}

/// The check of the optimality conditions is no check if it lets wrong codes pass.
#[test]
fn wrong_codes_violate_the_optimality_conditions() {
    let filters = random_matrix(4, 6, 1);
    let x = random_matrix(4, 10, 2);
    for sign in SIGNS {
        let lambda = 0.7;
        let codes = exact(lambda, sign).encode(&filters, &x).unwrap().codes;
        let others = exact(2.0 * lambda, sign).encode(&filters, &x).unwrap().codes;
        for sample in 0..x.ncols() {
            let (code, x) = (codes.column(sample).into_owned(), x.column(sample));
            let off = |code: &DVector<f64>| violation(&filters, code, x, lambda, sign);
            assert!(off(&code) < 1e-5);
            for unit in 0..6 {
                for step in [0.01, -0.01] {
                    let mut wrong = code.clone();
                    wrong[unit] += step;
                    assert!(off(&wrong) > 1e-3, "{sign:?}: {unit}, {step}");
                }
            }
            // λ/2 for λ, as where a factor 2 is lost.
            assert!(off(&others.column(sample).into_owned()) > 0.1);
        }
    }
}

/// Momentum alone would raise it here and there.
#[test]
fn iterations_never_raise_the_objective() {
    let filters = random_matrix::<f64>(6, 30, 1).map(|w| w.abs());
    let x = random_matrix::<f64>(6, 60, 2);
    let lambda = 0.05;
    for sign in SIGNS {
        let builder = SparseCoding::builder(lambda).sign(sign).tolerance(1e-14);
        let mut before: Vec<f64> = x.column_iter().map(|x| x.norm_squared()).collect();
        for iterations in 1..150 {
            let coding = builder.clone().code_iterations(iterations).build().unwrap();
            let codes = coding.encode(&filters, &x).unwrap().codes;
            for ((code, x), before) in codes.column_iter().zip(x.column_iter()).zip(&mut before) {
                let now = objective(&filters, &code.into_owned(), x, lambda);
                assert!(now <= *before + 1e-14 * x.norm_squared(), "{now} after {before}");
                *before = now;
            }
        }
    }
}

#[test]
fn what_does_not_converge_is_reported() {
    let filters = random_matrix::<f64>(6, 20, 1);
    let x = random_matrix(6, 100, 2);
    let builder = SparseCoding::builder(0.3).tolerance(1e-10);
    let few = builder.clone().code_iterations(3).build().unwrap().encode(&filters, &x).unwrap();
    assert!(!few.converged() && few.unconverged > 50);
    assert_eq!(few.iterations.iter().max(), Some(&3));
    let above = |(gap, x): (&f64, _)| *gap > 1e-10 * DVectorView::norm_squared(&x);
    let count = few.duality_gaps.iter().zip(x.column_iter()).filter(|&pair| above(pair)).count();
    assert_eq!(count, few.unconverged);
    let many = builder.code_iterations(10_000).build().unwrap().encode(&filters, &x).unwrap();
    assert!(many.converged());
}

#[test]
fn samples_and_filters_of_zero_have_codes_of_zero() {
    let coding = exact(0.5, CodeSign::Signed);
    let filters = dmatrix![0.0, 1.0; 0.0, 0.0];
    let found = coding.encode(&filters, &dmatrix![0.0, 2.0; 0.0, 1.0]).unwrap();
    assert!((found.codes - dmatrix![0.0, 0.0; 0.0, 1.75]).amax() < 1e-7);
    let found = coding.encode(&DMatrix::zeros(2, 3), &dmatrix![1.0; 2.0]).unwrap();
    assert!(found.converged() && found.codes == DMatrix::zeros(3, 1));
}

/// scale · x and scale · λ have scale times the codes.
fn scales<T: Real>(scale: f64, tolerance: f64) {
    let filters = random_matrix::<T>(4, 6, 1);
    let x = random_matrix::<T>(4, 10, 2);
    let encode = |x: &DMatrix<T>, lambda| {
        let found = SparseCoding::builder(lambda).build().unwrap().encode(&filters, x).unwrap();
        assert!(found.converged());
        found.codes
    };
    let scaled = encode(&(&x * T::of(scale)), 0.7 * scale) / T::of(scale);
    assert!((scaled - encode(&x, 0.7)).amax().as_f64() < tolerance);
}

#[test]
fn small_and_large_samples_are_coded_alike() {
    for scale in [1e-15, 1e15] {
        scales::<f32>(scale, 1e-4);
        scales::<f64>(scale, 1e-10);
    }
    scales::<f64>(1e-120, 1e-10);
    scales::<f64>(1e120, 1e-10);
}

// --------------------------------------------------------------------------------- evaluation

#[test]
fn an_evaluation_is_that_of_the_definition() {
    let filters = random_matrix(3, 5, 1);
    let x = random_matrix::<f64>(3, 600, 2);
    let mut codes = random_matrix::<f64>(5, 600, 3).map(|h| if h > 0.8 { 0.0 } else { h });
    codes.row_mut(3).fill(0.05);
    let found = evaluate_codes(&filters, &codes, &x, 0.1).unwrap();
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * b.abs(), "{a} for {b}");
    let share =
        |wanted: fn(&f64) -> bool| codes.iter().filter(|h| wanted(h)).count() as f64 / 3000.0;
    close(found.average_activation_fraction, share(|h| h.abs() > 0.1));
    close(found.hard_zero_fraction, share(|h| *h == 0.0));
    assert_eq!(found.dead_units, 1);
    let error = (&x - &filters * &codes).norm_squared() / 600.0;
    close(found.reconstruction_error, error);
    close(found.mean_l1, codes.lp_norm(1) / 600.0);
    close(found.objective(0.3), error + 0.3 * codes.lp_norm(1) / 600.0);
    let spread: f64 = x.row_iter().map(|row| row.variance()).sum();
    close(found.explained_variance.unwrap(), 1.0 - error / spread);
    let alike = evaluate_codes(&filters, &codes.columns(0, 1).into(), x.column(0), 0.0).unwrap();
    assert_eq!(alike.explained_variance, None);
}

// -------------------------------------------------------------------------------- dictionaries

/// The last record is that of the dictionary and the codes, no turn raises the objective, and atoms
/// are not longer than 1.
fn obeys<T: Real>(
    learned: &LearnedDictionary<T>,
    coding: &SparseCoding,
    x: &DMatrix<T>,
    rounding: f64,
) {
    let last = learned.history.last().unwrap();
    let evaluation = evaluate_codes(&learned.filters, &learned.codes.codes, x, 0.0).unwrap();
    let scale = x.norm_squared().as_f64() / x.ncols() as f64;
    let close = |a: f64, b: f64| assert!((a - b).abs() <= rounding * scale, "{a} for {b}");
    close(last.objective, evaluation.objective(coding.coefficient()));
    close(last.reconstruction_error, evaluation.reconstruction_error);
    close(last.mean_l1 * coding.coefficient(), evaluation.mean_l1 * coding.coefficient());
    assert_eq!(last.unconverged, learned.codes.unconverged);
    close(last.duality_gap, learned.codes.duality_gaps.iter().sum::<f64>() / x.ncols() as f64);
    for (turn, pair) in learned.history.windows(2).enumerate() {
        let rise = pair[1].objective - pair[0].objective;
        assert!(rise <= rounding * scale, "turn {turn} rises by {rise}");
    }
    for atom in learned.filters.column_iter() {
        assert!(atom.norm().as_f64() <= 1.0 + rounding);
    }
    if coding.sign() == CodeSign::NonNegative {
        assert!(learned.codes.codes.iter().all(|h| *h >= T::zero()));
    }
}

/// Whose codes are far from converged in every turn.
fn hurried(coefficient: f64, sign: CodeSign) -> SparseCodingBuilder {
    SparseCoding::builder(coefficient).sign(sign).code_iterations(5).iterations(15).improvement(0.0)
}

fn alternation_obeys<T: Real>(rounding: f64) {
    for (n, m, count) in [(1, 1, 1), (1, 3, 5), (4, 1, 9), (5, 12, 150), (12, 5, 60), (3, 20, 8)] {
        let x = random_matrix::<T>(n, count, (n + m) as u64);
        for sign in SIGNS {
            for lambda in [0.05, 0.5, 3.0] {
                for builder in [
                    hurried(lambda, sign),
                    SparseCoding::builder(lambda).sign(sign).iterations(15).improvement(0.0),
                ] {
                    let coding = builder.build().unwrap();
                    let learned = coding.fit(m, &x).unwrap();
                    assert_eq!(learned.filters.shape(), (n, m));
                    assert_eq!(learned.codes.codes.shape(), (m, count));
                    obeys(&learned, &coding, &x, rounding);
                }
            }
        }
    }
}

#[test]
fn the_alternation_never_rises_and_keeps_its_constraint() {
    alternation_obeys::<f64>(1e-12);
    alternation_obeys::<f32>(1e-5);
}

/// For each planted atom the largest |cosine| with an atom found.
fn matches(found: &DMatrix<f64>, planted: &DMatrix<f64>) -> Vec<f64> {
    let mut unit = found.clone();
    unit.column_iter_mut().for_each(|mut atom| {
        atom.normalize_mut();
    });
    let cosines = unit.tr_mul(planted);
    cosines.column_iter().map(|column| column.amax()).collect()
}

#[test]
fn a_planted_dictionary_is_found() {
    let source = SparseDictionary::new(16, 24, 0.1).unwrap().with_noise(0.02).unwrap();
    let made = source.generate::<f64>(2000, 5).unwrap();
    for sign in SIGNS {
        let coding = SparseCoding::builder(0.2).sign(sign).seed(1).build().unwrap();
        let learned = coding.fit(24, &made.data).unwrap();
        let matches = matches(&learned.filters, &made.dictionary);
        let good = matches.iter().filter(|cosine| **cosine > 0.95).count();
        println!("{sign:?}: {good} of 24 in {} turns: {matches:.3?}", learned.history.len());
        assert!(good >= 22, "{sign:?}: {matches:.3?}");
        // Random directions are far from that.
        let chance = self::matches(&random_matrix(16, 24, 77), &made.dictionary);
        assert!(chance.iter().all(|cosine| *cosine < 0.95));
    }
}

#[test]
fn given_filters_are_shortened_and_unused_ones_replaced() {
    let made = SparseDictionary::new(6, 8, 0.2).unwrap().generate::<f64>(300, 2).unwrap();
    let coding = SparseCoding::builder(0.1).iterations(1).build().unwrap();
    let mut filters = made.dictionary.clone();
    filters.column_mut(0).scale_mut(100.0);
    filters.column_mut(1).scale_mut(0.5);
    filters.column_mut(2).fill(0.0);
    let first = coding.fit_from(&filters, &made.data).unwrap();
    assert!((first.filters.column(0) - made.dictionary.column(0)).norm() < 1e-12);
    assert_eq!(first.filters.column(1), filters.column(1));
    assert_eq!(first.filters.column(2), filters.column(2));
    assert!(first.codes.codes.row(2).iter().all(|h| *h == 0.0));

    let coding = SparseCoding::builder(0.1).iterations(2).improvement(0.0).build().unwrap();
    let second = coding.fit_from(&filters, &made.data).unwrap();
    assert_eq!(second.history[1].replaced_atoms, 1);
    // The sample that was reconstructed worst.
    let errors = (&made.data - &first.filters * &first.codes.codes).map(|r| r * r).row_sum();
    let worst = made.data.column(errors.transpose().imax());
    assert!((second.filters.column(2) - worst.normalize()).norm() < 1e-12);
    assert!(second.codes.codes.row(2).iter().any(|h| *h != 0.0));
    obeys(&second, &coding, &made.data, 1e-12);
}

#[test]
fn data_of_zeros_are_coded_by_zeros() {
    let coding = SparseCoding::builder(0.1).build().unwrap();
    let learned = coding.fit(3, &DMatrix::<f32>::zeros(4, 10)).unwrap();
    assert!(learned.converged && learned.codes.converged());
    assert_eq!(learned.codes.codes, DMatrix::zeros(3, 10));
    assert_eq!(learned.history.last().unwrap().objective, 0.0);
    assert_eq!(learned.history.last().unwrap().replaced_atoms, 0);
    for atom in learned.filters.column_iter() {
        assert!((atom.norm() - 1.0).abs() < 1e-6);
    }
}

/// More than one piece of samples and of atoms.
fn same_bits<T: Real>() {
    let x = random_matrix::<T>(5, 200, 1);
    let fit = |threads, seed| {
        let builder = SparseCoding::builder(0.5).threads(threads).seed(seed);
        builder.iterations(4).build().unwrap().fit(70, &x).unwrap()
    };
    let one = fit(1, 3);
    for threads in [2, 3] {
        assert_eq!(one, fit(threads, 3));
        let encode = |threads| {
            let coding = SparseCoding::builder(0.2).threads(threads).build().unwrap();
            coding.encode(&one.filters, &x).unwrap()
        };
        assert_eq!(encode(1), encode(threads));
    }
    assert_eq!(one, fit(1, 3));
    assert_ne!(one.filters, fit(1, 4).filters);
}

#[test]
fn threads_change_no_bit_and_the_seed_decides() {
    same_bits::<f32>();
    same_bits::<f64>();
}

// ----------------------------------------------------------------------------------- bad input

#[test]
fn settings_outside_their_range_are_rejected() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    for (value, text) in [(0.0, "is 0"), (-1.0, "is -1"), (nan, "is NaN"), (inf, "is inf")] {
        rejected(SparseCoding::builder(value).build(), &["coefficient λ", text]);
        rejected(SparseCoding::builder(1.0).tolerance(value).build(), &["tolerance", text]);
        if value != 0.0 {
            let improvement = SparseCoding::builder(1.0).improvement(value);
            rejected(improvement.build(), &["improvement", text, "at least 0"]);
        }
    }
    let builder = || SparseCoding::builder(1.0);
    rejected(builder().code_iterations(0).build(), &["code iterations is 0"]);
    rejected(builder().iterations(0).build(), &["iterations is 0"]);
    rejected(builder().threads(0).build(), &["threads is 0"]);
}

#[test]
fn data_that_cannot_be_coded_are_rejected() {
    let coding = SparseCoding::builder(1.0).build().unwrap();
    let good = DMatrix::<f64>::identity(2, 2);
    rejected(coding.fit(0, &good), &["n_atoms is 0"]);
    rejected(coding.encode(&DMatrix::zeros(2, 0), &good), &["n_atoms is 0"]);
    rejected(coding.encode(&DMatrix::zeros(0, 2), &good), &["n_inputs is 0"]);
    rejected(coding.encode(&good, &DMatrix::zeros(3, 1)), &["expected 2, got 3"]);
    rejected(coding.fit_from(&good, &DMatrix::zeros(3, 1)), &["expected 2, got 3"]);
    for empty in [DMatrix::<f64>::zeros(2, 0), DMatrix::zeros(0, 0)] {
        rejected(coding.fit(1, &empty), &["samples is empty"]);
    }
    rejected(coding.encode(&good, &DMatrix::zeros(2, 0)), &["samples is empty"]);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut wrong = good.clone();
        wrong[(1, 0)] = bad;
        let place = ["row 1, column 0", &bad.to_string()];
        rejected(coding.encode(&wrong, &good), &["filters", place[0], place[1]]);
        rejected(coding.fit_from(&wrong, &good), &["filters", place[0], place[1]]);
        rejected(coding.encode(&good, &wrong), &["samples", place[0], place[1]]);
        rejected(coding.fit(2, &wrong), &["samples", place[0], place[1]]);
        rejected(evaluate_codes(&good, &wrong, &good, 0.0), &["codes", place[0], place[1]]);
        rejected(evaluate_codes(&good, &good, &good, bad), &["threshold", &bad.to_string()]);
    }
    rejected(evaluate_codes(&good, &good, &good, -0.5), &["threshold is -0.5"]);
    rejected(evaluate_codes(&good, &DMatrix::zeros(3, 2), &good, 0.0), &["expected 2, got 3"]);
    rejected(evaluate_codes(&good, &DMatrix::zeros(2, 3), &good, 0.0), &["expected 2, got 3"]);
}

#[test]
fn what_overflows_is_an_error() {
    let coding = SparseCoding::builder(1.0).build().unwrap();
    let one = DMatrix::<f64>::identity(2, 2);
    rejected(coding.encode(&one, &(&one * 1e200)), &["squared length of a sample is inf"]);
    rejected(coding.encode(&(&one * 1e200), &one), &["largest eigenvalue of WWᵀ is inf"]);
    let small = DMatrix::<f32>::identity(2, 2) * 1e-25;
    rejected(coding.encode(&small, &small), &["step of the codes is inf"]);
    assert_eq!(coding.encode(&(&one * 1e-200), &one).unwrap().codes, &one * 0.0);
    let huge = SparseCoding::builder(1e300).build().unwrap();
    assert_eq!(
        huge.encode(&one.map(|w| w as f32), &one.map(|x| x as f32)).unwrap().codes.amax(),
        0.0
    );
    rejected(coding.fit(usize::MAX / 4, &one), &["dictionary", "memory"]);
}
