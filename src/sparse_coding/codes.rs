//! The codes for a given dictionary.

use super::coding::SparseCoding;
use super::lasso::{CHUNK, Lasso, Solved};
use crate::error::{Error, at_least_one, same_size};
use crate::memory::zero_matrix;
use crate::samples::{Samples, check_finite};
use crate::scalar::{Real, compiled};
use crate::team::Team;
use nalgebra::DMatrix;

/// The codes of some samples, and how far they can be from the best.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OptimalCodes<T: Real> {
    /// h, m × N, a column per sample; what is 0 is 0 exactly.
    pub codes: DMatrix<T>,
    /// For each sample, by how much ‖x − Wᵀh‖² + λ‖h‖₁ exceeds its minimum, at most, up to the
    /// rounding of `T`; N values. The square of the distance of Wᵀh from the best is no larger.
    pub duality_gaps: Vec<f64>,
    /// For each sample, the iterations that its code took, in learning those of the last turn's
    /// end; N values.
    pub iterations: Vec<usize>,
    /// Number of samples whose gap was above the tolerance when their iterations were used up.
    pub unconverged: usize,
}

impl<T: Real> OptimalCodes<T> {
    pub(super) fn new(codes: DMatrix<T>, solved: &[Solved]) -> Self {
        Self {
            codes,
            duality_gaps: solved.iter().map(|solved| solved.gap).collect(),
            iterations: solved.iter().map(|solved| solved.iterations).collect(),
            unconverged: unconverged(solved),
        }
    }

    /// Whether every sample's duality gap is within the tolerance.
    pub fn converged(&self) -> bool {
        self.unconverged == 0
    }
}

pub(super) fn unconverged(solved: &[Solved]) -> usize {
    solved.iter().filter(|solved| !solved.converged).count()
}

impl SparseCoding {
    /// The codes, m × N, of samples (n × N) for a given dictionary: `filters`, n × m, of any
    /// lengths, such as those of an auto-encoder.
    ///
    /// Each code is the minimum to within its duality gap, which is in the answer whether it was
    /// brought below the tolerance or not. Where atoms are linearly dependent there can be several
    /// minima, of which this is one.
    ///
    /// # Errors
    /// [`Error::Zero`] without filters, [`Error::Dimension`] if a sample has not n values,
    /// [`Error::Empty`] without samples, [`Error::NotFinite`] for NaN and ±∞,
    /// [`Error::NotFiniteResult`] if something overflows, [`Error::TooLarge`] if the codes do not
    /// fit into memory, [`Error::Threads`] if threads cannot be started.
    ///
    /// ```
    /// use regularized_autoencoder::prelude::*;
    /// use regularized_autoencoder::{CodeSign, SparseCoding};
    /// // How far are the codes of an auto-encoder from those of Eq. 2 for its own filters?
    /// let x = DMatrix::<f64>::from_fn(4, 50, |i, j| ((3 * i + j) as f64).sin());
    /// let model = RegularizedAutoEncoder::builder(4, 8).activation(Relu).build()?;
    /// let filters = model.parameters().filters();
    /// let coding = SparseCoding::builder(0.1).sign(CodeSign::NonNegative).build()?;
    /// let optimum = coding.encode(filters, &x)?;
    /// assert!(optimum.converged() && optimum.codes.min() == 0.0);
    /// let objective = |codes| -> Result<f64, Error> {
    ///     let evaluation =
    ///         regularized_autoencoder::sparse_coding::evaluate_codes(filters, codes, &x, 0.0)?;
    ///     Ok(evaluation.objective(0.1))
    /// };
    /// assert!(objective(&optimum.codes)? < objective(&model.encode(&x)?)?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn encode<'a, T: Real>(
        &self,
        filters: &DMatrix<T>,
        samples: impl Into<Samples<'a, T>>,
    ) -> Result<OptimalCodes<T>, Error> {
        let (coding, samples) = (self, &samples.into());
        check(filters, samples)?;
        compiled!(T, encode_in(
            coding: &SparseCoding,
            filters: &DMatrix<T>,
            samples: &Samples<'_, T>,
        ) -> Result<OptimalCodes<T>, Error>)
    }

    /// As many threads as are wanted, have something to do and find a core to do it.
    pub(super) fn team(&self, n_samples: usize) -> Result<Team, Error> {
        Team::on_cores(self.threads.min(n_samples.div_ceil(CHUNK)))
    }
}

/// An error unless there are filters and samples, of the same length, and all are finite.
pub(super) fn check<T: Real>(filters: &DMatrix<T>, samples: &Samples<'_, T>) -> Result<(), Error> {
    let (n_inputs, n_atoms) = filters.shape();
    at_least_one("n_inputs", n_inputs)?;
    at_least_one("n_atoms", n_atoms)?;
    check_finite("filters", filters.as_slice(), n_inputs)?;
    same_size("values per sample", n_inputs, samples.n_inputs())?;
    samples.check("samples")
}

fn encode_in<T: Real>(
    coding: &SparseCoding,
    filters: &DMatrix<T>,
    samples: &Samples<'_, T>,
) -> Result<OptimalCodes<T>, Error> {
    let n_samples = samples.n_samples();
    let mut codes = zero_matrix("codes", filters.ncols(), n_samples)?;
    let mut solved = vec![Solved::default(); n_samples];
    let lasso = Lasso::new(coding, filters.as_slice(), filters.nrows())?;
    lasso.solve(&mut coding.team(n_samples)?, samples, codes.as_mut_slice(), &mut solved)?;
    Ok(OptimalCodes::new(codes, &solved))
}
