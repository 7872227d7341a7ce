//! The configuration of sparse coding.

use crate::error::{Error, at_least_one, non_negative, positive};

/// Sparse coding, Eq. 2: codes without an encoder, found by minimisation for each sample, and the
/// dictionary that makes them small.
///
/// ```text
/// min  Σ_i ‖x_i − Wᵀh_i‖² + λ‖h_i‖₁   over h_i and W, subject to ‖W_j‖ ≤ 1
/// ```
/// There is no factor ½, so that scikit-learn's `alpha` is λ/2. [`encode`](Self::encode) finds the
/// codes for a given dictionary, such as the filters of an auto-encoder; [`fit`](Self::fit) finds a
/// dictionary too. There are no biases: for a model with a decoder bias, pass x − b_d.
///
/// At the minimum |2 W_j·(x − Wᵀh)| ≤ λ, with equality where h_j ≠ 0, so that all codes are 0 for
/// λ ≥ 2 max_j |W_j·x|. λ = 0 would be least squares, without sparsity, and is not accepted.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::SparseCoding;
/// // For orthonormal filters the codes are W x, drawn towards 0 by λ/2.
/// let filters = dmatrix![1.0, 0.0; 0.0, 1.0];
/// let x = dmatrix![3.0, 0.2; -1.0, 0.3];
/// let coding = SparseCoding::builder(1.0).tolerance(1e-14).build()?;
/// let codes = coding.encode(&filters, &x)?.codes;
/// assert!((codes - dmatrix![2.5, 0.0; -0.5, 0.0]).norm() < 1e-6);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SparseCoding {
    pub(super) coefficient: f64,
    pub(super) sign: CodeSign,
    pub(super) tolerance: f64,
    pub(super) code_iterations: usize,
    pub(super) iterations: usize,
    pub(super) improvement: f64,
    pub(super) seed: u64,
    pub(super) threads: usize,
}

/// Which signs the codes may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum CodeSign {
    /// Both, as in Eq. 2.
    #[default]
    Signed,
    /// h ≥ 0, as the codes of ReLU, softplus and sigmoid.
    NonNegative,
}

impl SparseCoding {
    /// Begins a configuration with λ = `coefficient`.
    pub fn builder(coefficient: f64) -> SparseCodingBuilder {
        SparseCodingBuilder(Self {
            coefficient,
            sign: CodeSign::Signed,
            tolerance: 1e-5,
            code_iterations: 1000,
            iterations: 100,
            improvement: 1e-4,
            seed: 0,
            threads: 1,
        })
    }

    /// λ.
    pub fn coefficient(&self) -> f64 {
        self.coefficient
    }

    /// Which signs the codes may have.
    pub fn sign(&self) -> CodeSign {
        self.sign
    }
}

/// Collects the configuration of [`SparseCoding`]; [`build`](Self::build) checks it.
///
/// | name | default | purpose | range |
/// |---|---|---|---|
/// | `coefficient` | | λ, given at the beginning | > 0 |
/// | `sign` | signed | which signs the codes may have | |
/// | `tolerance` | 10⁻⁵ | a code is done when its duality gap is at most this times ‖x‖² | > 0 |
/// | `code_iterations` | 1000 | iterations for a code, at most; in a turn of learning at most 30 | ≥ 1 |
/// | `iterations` | 100 | turns of codes and dictionary, at most | ≥ 1 |
/// | `improvement` | 10⁻⁴ | a dictionary is done when a turn lowers the objective by at most this share of it | ≥ 0 |
/// | `seed` | 0 | decides the initial dictionary | |
/// | `threads` | 1 | at most ⌈N/64⌉ are used; changes no bit of the result | ≥ 1 |
#[derive(Clone, Debug)]
#[must_use]
pub struct SparseCodingBuilder(SparseCoding);

impl SparseCodingBuilder {
    /// Which signs the codes may have.
    pub fn sign(mut self, sign: CodeSign) -> Self {
        self.0.sign = sign;
        self
    }

    /// The duality gap at which a code is done, relative to ‖x‖², its objective at h = 0. With the
    /// default Wᵀh is within 0.3 % of ‖x‖ of the best. In `f32` gaps are reached down to some 10⁻⁶,
    /// in `f64` to 10⁻¹⁴. Rounding stops the gap earlier where codes are large, as for a small λ and
    /// filters that nearly depend on each other: at some ε ‖h‖₁ ‖W‖ (‖x‖ + ‖W‖ ‖h‖). Such a sample
    /// takes all its iterations and counts as unconverged; its gap still holds.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Iterations for a code, at most.
    pub fn code_iterations(mut self, iterations: usize) -> Self {
        self.0.code_iterations = iterations;
        self
    }

    /// Turns of codes and dictionary, at most.
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.0.iterations = iterations;
        self
    }

    /// The share of the objective by which a turn must lower it to be followed by another.
    pub fn improvement(mut self, improvement: f64) -> Self {
        self.0.improvement = improvement;
        self
    }

    /// Decides the initial dictionary.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Threads, at most as many as there are pieces of 64 samples and cores; they change no bit of
    /// the result.
    pub fn threads(mut self, threads: usize) -> Self {
        self.0.threads = threads;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a number outside its range, NaN included; [`Error::Zero`]
    /// without iterations or threads.
    pub fn build(self) -> Result<SparseCoding, Error> {
        let coding = self.0;
        positive("coefficient λ", coding.coefficient)?;
        positive("tolerance", coding.tolerance)?;
        at_least_one("code iterations", coding.code_iterations)?;
        at_least_one("iterations", coding.iterations)?;
        non_negative("improvement", coding.improvement)?;
        at_least_one("threads", coding.threads)?;
        Ok(coding)
    }
}
