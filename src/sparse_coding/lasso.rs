//! The codes of samples for a given dictionary: accelerated proximal descent with a duality gap.

use super::coding::{CodeSign, SparseCoding};
use super::spectrum::largest_eigenvalue_bound;
use crate::error::{Error, finite_results};
use crate::kernels::{code_sums, dot, shrink};
use crate::matmul::Operand;
use crate::memory::zeros;
use crate::samples::Samples;
use crate::scalar::Real;
use crate::team::{Team, chunks};

/// Samples that are coded at a time.
pub(super) const CHUNK: usize = 64;

/// min over h of ‖x − Wᵀh‖² + λ‖h‖₁ for one dictionary and many samples x.
///
/// FISTA (Beck and Teboulle 2009) with step 1/L, L = 2 λ_max(WWᵀ), for many samples side by side,
/// each with its own momentum. The momentum starts anew where it leads uphill (O'Donoghue and
/// Candès 2015), and a step that would raise the objective is not taken, so that it never rises but
/// by rounding. An iteration is two products, Wᵀh and W r; the correlations c = W r at the
/// extrapolated point are extrapolated, so that they are at hand at h itself, where the duality gap
/// is measured after every iteration.
pub(super) struct Lasso<'a, T> {
    /// n × m.
    filters: &'a [T],
    n_inputs: usize,
    n_atoms: usize,
    coefficient: f64,
    /// 2/L.
    step: T,
    /// λ/L in both directions; −∞ below for non-negative codes, which makes all below 0.
    bounds: (T, T),
    /// 1 where codes may be negative, else 0.
    mirror: T,
    tolerance: f64,
    /// For a code, at most.
    pub iterations: usize,
}

/// What is known of the code of one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Solved {
    /// ‖x − Wᵀh‖².
    pub squared_error: f64,
    /// ‖h‖₁.
    pub l1: f64,
    /// By how much the objective exceeds its minimum, at most.
    pub gap: f64,
    pub iterations: usize,
    pub converged: bool,
}

impl<'a, T: Real> Lasso<'a, T> {
    /// For filters, column-major, that are finite.
    pub fn new(coding: &SparseCoding, filters: &'a [T], n_inputs: usize) -> Result<Self, Error> {
        let n_atoms = filters.len() / n_inputs;
        let bound = largest_eigenvalue_bound(filters, n_inputs)?;
        // Filters that are 0 have no correlations to follow.
        let step = if bound > 0.0 { 1.0 / bound } else { 0.0 };
        finite_results("step of the codes", &[T::of(step)], |_| None)?;
        // Infinite for a huge λ, and then every code is 0.
        let threshold = T::of(0.5 * coding.coefficient * step);
        let (lower, mirror) = match coding.sign {
            CodeSign::Signed => (-threshold, T::one()),
            CodeSign::NonNegative => (T::of(f64::NEG_INFINITY), T::zero()),
        };
        Ok(Self {
            filters,
            n_inputs,
            n_atoms,
            coefficient: coding.coefficient,
            step: T::of(step),
            bounds: (lower, threshold),
            mirror,
            tolerance: coding.tolerance,
            iterations: coding.code_iterations,
        })
    }

    /// Improves the `codes` of all samples from what they are; threads share the samples in pieces
    /// of fixed size.
    pub fn solve(
        &self,
        team: &mut Team,
        samples: &Samples<'_, T>,
        codes: &mut [T],
        solved: &mut [Solved],
    ) -> Result<(), Error> {
        let values = samples.as_slice();
        let pieces = (chunks(codes, self.n_atoms * CHUNK), chunks(solved, CHUNK));
        team.try_for_each(pieces, |piece, (codes, solved)| {
            let first = piece * CHUNK * self.n_inputs;
            let samples = &values[first..][..solved.len() * self.n_inputs];
            Descent::new(self, samples, codes)?.run(codes, solved)
        })
    }

    fn objective(&self, solved: &Solved) -> f64 {
        solved.squared_error + self.coefficient * solved.l1
    }

    /// The objective's parts and the duality gap of a code h with the residual r = x − Wᵀh and the
    /// correlations c = W r.
    ///
    /// The dual problem is to maximise ν·x − ‖ν‖²/4 subject to |W_j·ν| ≤ λ, or W_j·ν ≤ λ for
    /// non-negative codes. With ν = 2s r, 0 ≤ s ≤ λ / max 2c_j, the gap between h and ν is
    ///
    /// ```text
    /// (1 − s)² ‖r‖² + Σ_j (λ|h_j| − 2s h_j c_j)
    /// ```
    /// a sum of numbers that are not negative; s makes it as small as it can be.
    fn judge(&self, residual: &[T], code: &[T], correlation: &[T]) -> Solved {
        let squared_error = dot(residual, residual).as_f64();
        let (l1, inner, largest) = code_sums(code, correlation, self.mirror);
        let (l1, inner, largest) = (l1.as_f64(), inner.as_f64(), largest.as_f64());
        let best = if squared_error > 0.0 { 1.0 + inner / squared_error } else { 1.0 };
        let s = best.min(self.coefficient / (2.0 * largest)).max(0.0);
        let rest = (self.coefficient * l1 - 2.0 * s * inner).max(0.0);
        let gap = (1.0 - s) * (1.0 - s) * squared_error + rest;
        Solved { squared_error, l1, gap, iterations: 0, converged: false }
    }
}

/// The descent of a few samples. Those whose codes are good enough leave it, and the last takes
/// their place.
struct Descent<'a, T> {
    lasso: &'a Lasso<'a, T>,
    columns: Vec<Column>,
    samples: Vec<T>,
    residuals: Vec<T>,
    code: Vec<T>,
    previous_code: Vec<T>,
    next_code: Vec<T>,
    correlation: Vec<T>,
    previous_correlation: Vec<T>,
    next_correlation: Vec<T>,
}

/// What the descent of one sample remembers.
#[derive(Clone, Debug)]
struct Column {
    /// Where the sample stands among those of the piece.
    place: usize,
    /// ‖x‖², the objective at h = 0.
    squared_length: f64,
    /// t of FISTA: 1 where the momentum starts.
    age: f64,
    solved: Solved,
}

impl Column {
    /// β of the next step.
    fn momentum(&mut self) -> f64 {
        let next = 0.5 * (1.0 + (1.0 + 4.0 * self.age * self.age).sqrt());
        let momentum = (self.age - 1.0) / next;
        self.age = next;
        momentum
    }
}

impl<'a, T: Real> Descent<'a, T> {
    fn new(lasso: &'a Lasso<'a, T>, samples: &[T], codes: &[T]) -> Result<Self, Error> {
        let (n, m) = (lasso.n_inputs, lasso.n_atoms);
        let count = samples.len() / n;
        let lengths: Vec<T> = samples.chunks_exact(n).map(|x| dot(x, x)).collect();
        finite_results("squared length of a sample", &lengths, |_| None)?;
        let column = |(place, length): (usize, &T)| {
            let squared_length = length.as_f64();
            Column { place, squared_length, age: 1.0, solved: Solved::default() }
        };
        let work = |rows| zeros("codes of a piece", rows, count);
        let mut this = Self {
            lasso,
            columns: lengths.iter().enumerate().map(column).collect(),
            samples: samples.to_vec(),
            residuals: work(n)?,
            code: codes.to_vec(),
            previous_code: codes.to_vec(),
            next_code: codes.to_vec(),
            correlation: work(m)?,
            previous_correlation: work(m)?,
            next_correlation: work(m)?,
        };
        this.correlate();
        this.correlation.copy_from_slice(&this.next_correlation);
        this.previous_correlation.copy_from_slice(&this.next_correlation);
        for at in 0..count {
            this.columns[at].solved = this.judge(at);
        }
        Ok(this)
    }

    /// Goes on until every sample has left.
    fn run(mut self, codes: &mut [T], solved: &mut [Solved]) -> Result<(), Error> {
        for iteration in 0..=self.lasso.iterations {
            self.release(iteration, codes, solved)?;
            if self.columns.is_empty() {
                break;
            }
            self.advance();
        }
        Ok(())
    }

    /// Residuals and correlations of the next codes.
    fn correlate(&mut self) {
        let (n, m) = (self.lasso.n_inputs, self.lasso.n_atoms);
        let count = self.columns.len();
        let filters = Operand::new(self.lasso.filters, n, m);
        let residuals = &mut self.residuals[..n * count];
        residuals.copy_from_slice(&self.samples[..n * count]);
        let codes = Operand::new(&self.next_code[..m * count], m, count);
        T::product(residuals, true, -T::one(), filters, codes);
        let correlations = &mut self.next_correlation[..m * count];
        let residuals = Operand::new(residuals, n, count);
        T::product(correlations, false, T::one(), filters.transpose(), residuals);
    }

    /// Judges a next code.
    fn judge(&self, at: usize) -> Solved {
        let (n, m) = (self.lasso.n_inputs, self.lasso.n_atoms);
        let residual = &self.residuals[at * n..][..n];
        let code = &self.next_code[at * m..][..m];
        self.lasso.judge(residual, code, &self.next_correlation[at * m..][..m])
    }

    /// One step of every sample.
    fn advance(&mut self) {
        let m = self.lasso.n_atoms;
        let mut momenta = [0.0; CHUNK];
        for (at, (column, momentum)) in self.columns.iter_mut().zip(&mut momenta).enumerate() {
            let range = at * m..(at + 1) * m;
            *momentum = column.momentum();
            let uphill = shrink(
                &mut self.next_code[range.clone()],
                (&self.code[range.clone()], &self.previous_code[range.clone()]),
                (&self.correlation[range.clone()], &self.previous_correlation[range]),
                T::of(*momentum),
                self.lasso.step,
                self.lasso.bounds,
            );
            if uphill > T::zero() {
                column.age = 1.0;
            }
        }
        self.correlate();
        for (at, momentum) in momenta.into_iter().enumerate().take(self.columns.len()) {
            let next = self.judge(at);
            self.accept(at, next, momentum);
        }
        std::mem::swap(&mut self.previous_code, &mut self.code);
        std::mem::swap(&mut self.code, &mut self.next_code);
        std::mem::swap(&mut self.previous_correlation, &mut self.correlation);
        std::mem::swap(&mut self.correlation, &mut self.next_correlation);
    }

    /// Takes the next code of a sample, unless its momentum has raised the objective; without
    /// momentum only rounding can.
    fn accept(&mut self, at: usize, next: Solved, momentum: f64) {
        let (m, lasso) = (self.lasso.n_atoms, self.lasso);
        let column = &mut self.columns[at];
        let rounding = 8.0 * T::EPSILON.as_f64() * column.squared_length;
        let rises = lasso.objective(&next) > lasso.objective(&column.solved) + rounding;
        if rises && momentum > 0.0 {
            column.age = 1.0;
            let range = at * m..(at + 1) * m;
            self.next_code[range.clone()].copy_from_slice(&self.code[range.clone()]);
            self.next_correlation[range.clone()].copy_from_slice(&self.correlation[range]);
        } else {
            column.solved = next;
        }
    }

    /// Lets those samples go whose gap is small enough, or all after the last iteration.
    fn release(
        &mut self,
        iteration: usize,
        codes: &mut [T],
        solved: &mut [Solved],
    ) -> Result<(), Error> {
        let m = self.lasso.n_atoms;
        let mut at = 0;
        while let Some(column) = self.columns.get(at) {
            let Column { place, squared_length, solved: reached, .. } = *column;
            finite_results("duality gap of a code", &[reached.gap], |_| None)?;
            let converged = reached.gap <= self.lasso.tolerance * squared_length;
            if !converged && iteration < self.lasso.iterations {
                at += 1;
                continue;
            }
            let code = &self.code[at * m..][..m];
            finite_results("code", code, Some)?;
            codes[place * m..][..m].copy_from_slice(code);
            solved[place] = Solved { iterations: iteration, converged, ..reached };
            self.remove(at);
        }
        Ok(())
    }

    /// Puts the last sample in the place of this one.
    fn remove(&mut self, at: usize) {
        let (n, m) = (self.lasso.n_inputs, self.lasso.n_atoms);
        self.columns.swap_remove(at);
        let last = self.columns.len();
        self.samples.copy_within(last * n..(last + 1) * n, at * n);
        for values in [
            &mut self.code,
            &mut self.previous_code,
            &mut self.correlation,
            &mut self.previous_correlation,
        ] {
            values.copy_within(last * m..(last + 1) * m, at * m);
        }
    }
}
