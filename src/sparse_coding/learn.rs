//! The alternation of codes and dictionary.

use super::codes::{OptimalCodes, check, unconverged};
use super::coding::SparseCoding;
use super::dictionary::{initial, shorten, update};
use super::lasso::{Lasso, Solved};
use crate::error::{Error, at_least_one};
use crate::memory::zero_matrix;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;

/// Iterations for each code in a turn, at most: on the digits the objective falls as fast by the turn
/// as with codes that have converged, and three times as fast by the clock.
const CODE_ITERATIONS: usize = 30;

/// What one turn of codes and dictionary reached, after its codes were found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Alternation {
    /// E\[‖x − Wᵀh‖² + λ‖h‖₁\]: Eq. 2 divided by N.
    pub objective: f64,
    /// E‖x − Wᵀh‖².
    pub reconstruction_error: f64,
    /// E‖h‖₁.
    pub mean_l1: f64,
    /// By how much better codes could lower the objective for this dictionary, at most.
    pub duality_gap: f64,
    /// Number of samples whose code did not reach the tolerance.
    pub unconverged: usize,
    /// Number of atoms that no sample had used in the turn before and that were replaced.
    pub replaced_atoms: usize,
}

impl Alternation {
    fn new(coefficient: f64, solved: &[Solved], replaced_atoms: usize) -> Self {
        let n_samples = solved.len() as f64;
        let mean = |value: fn(&Solved) -> f64| solved.iter().map(value).sum::<f64>() / n_samples;
        let reconstruction_error = mean(|solved| solved.squared_error);
        let mean_l1 = mean(|solved| solved.l1);
        Self {
            objective: reconstruction_error + coefficient * mean_l1,
            reconstruction_error,
            mean_l1,
            duality_gap: mean(|solved| solved.gap),
            unconverged: unconverged(solved),
            replaced_atoms,
        }
    }
}

/// A dictionary that was learned, with the codes of the samples it was learned from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LearnedDictionary<T: Real> {
    /// W_j in the columns, n × m, none longer than 1 but by rounding.
    pub filters: DMatrix<T>,
    /// The codes for these filters.
    pub codes: OptimalCodes<T>,
    /// A record for each turn; the last one is that of `filters` and `codes`.
    pub history: Vec<Alternation>,
    /// Whether the last turn lowered the objective by no more than the wanted improvement; else
    /// the turns were used up.
    pub converged: bool,
}

impl SparseCoding {
    /// Learns a dictionary of m = `n_atoms` atoms from samples, n × N.
    ///
    /// It begins with different samples, scaled to length 1 and chosen by the seed; where there are
    /// not enough that are not 0, with random directions. What follows is that of
    /// [`fit_from`](Self::fit_from). The objective is not convex: another seed may end elsewhere.
    ///
    /// # Errors
    /// [`Error::Zero`] without atoms, [`Error::Empty`] without samples, [`Error::NotFinite`] for
    /// NaN and ±∞, [`Error::NotFiniteResult`] if something overflows, [`Error::TooLarge`] if
    /// dictionary, codes or m × m numbers do not fit into memory, [`Error::Threads`] if threads
    /// cannot be started.
    ///
    /// ```
    /// use regularized_autoencoder::SparseCoding;
    /// use regularized_autoencoder::data::SparseDictionary;
    /// let made = SparseDictionary::new(8, 12, 0.1)?.generate::<f64>(500, 1)?;
    /// let learned = SparseCoding::builder(0.1).iterations(20).build()?.fit(12, &made.data)?;
    /// assert_eq!(learned.filters.shape(), (8, 12));
    /// let turns = &learned.history;
    /// assert!(turns[turns.len() - 1].objective < 0.7 * turns[0].objective);
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn fit<'a, T: Real>(
        &self,
        n_atoms: usize,
        samples: impl Into<Samples<'a, T>>,
    ) -> Result<LearnedDictionary<T>, Error> {
        let (coding, samples) = (self, &samples.into());
        at_least_one("n_atoms", n_atoms)?;
        samples.check("samples")?;
        let filters = initial(n_atoms, samples, self.seed)?;
        compiled!(T, learn(
            coding: &SparseCoding,
            filters: DMatrix<T>,
            samples: &Samples<'_, T>,
        ) -> Result<LearnedDictionary<T>, Error>)
    }

    /// Learns a dictionary from samples (n × N), beginning with these `filters` (n × m), of which
    /// those longer than 1 are scaled to length 1.
    ///
    /// Each turn improves the codes of the turn before by at most 30 iterations and then moves each
    /// atom, a few times over, to the best place for the codes and the other atoms. The last turn
    /// leaves the atoms where they are and takes as many iterations as its codes need. An atom that no sample uses, such as one of length 0, is replaced by the direction of a
    /// sample that is reconstructed badly, the worst first, as long as there are samples that are
    /// not 0. None of this raises the objective but by rounding.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), and [`Error::Dimension`] if a sample has not n values.
    ///
    /// ```
    /// use regularized_autoencoder::SparseCoding;
    /// use regularized_autoencoder::data::SparseDictionary;
    /// // From the true dictionary it does not go far.
    /// let made = SparseDictionary::new(8, 12, 0.1)?.generate::<f64>(500, 1)?;
    /// let coding = SparseCoding::builder(0.02).build()?;
    /// let learned = coding.fit_from(&made.dictionary, &made.data)?;
    /// for (found, planted) in learned.filters.column_iter().zip(made.dictionary.column_iter()) {
    ///     assert!(found.dot(&planted) > 0.99);
    /// }
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn fit_from<'a, T: Real>(
        &self,
        filters: &DMatrix<T>,
        samples: impl Into<Samples<'a, T>>,
    ) -> Result<LearnedDictionary<T>, Error> {
        let (coding, samples) = (self, &samples.into());
        check(filters, samples)?;
        let mut filters = filters.clone();
        shorten(&mut filters);
        compiled!(T, learn(
            coding: &SparseCoding,
            filters: DMatrix<T>,
            samples: &Samples<'_, T>,
        ) -> Result<LearnedDictionary<T>, Error>)
    }
}

fn learn<T: Real>(
    coding: &SparseCoding,
    mut filters: DMatrix<T>,
    samples: &Samples<'_, T>,
) -> Result<LearnedDictionary<T>, Error> {
    let (n_samples, n_inputs) = (samples.n_samples(), samples.n_inputs());
    let mut codes = zero_matrix("codes", filters.ncols(), n_samples)?;
    let mut solved = vec![Solved::default(); n_samples];
    let mut history: Vec<Alternation> = Vec::new();
    let mut team = coding.team(n_samples)?;
    let mut replaced = 0;
    let in_turn = coding.code_iterations.min(CODE_ITERATIONS);
    let converged = loop {
        let mut lasso = Lasso::new(coding, filters.as_slice(), n_inputs)?;
        let mut code = |iterations| {
            lasso.iterations = iterations;
            lasso.solve(&mut team, samples, codes.as_mut_slice(), &mut solved)?;
            Ok(Alternation::new(coding.coefficient, &solved, replaced))
        };
        let turn = code(in_turn)?;
        let converged = history.last().is_some_and(|before| {
            before.objective - turn.objective <= coding.improvement * before.objective
        });
        if converged || history.len() + 1 == coding.iterations {
            history.push(code(coding.code_iterations)?);
            break converged;
        }
        history.push(turn);
        replaced = update(&mut team, &mut filters, samples, codes.as_slice(), &solved)?;
    };
    Ok(LearnedDictionary { filters, codes: OptimalCodes::new(codes, &solved), history, converged })
}
