//! Sparse coding, Eq. 2: the baseline without an encoder.
//!
//! ```text
//! min  Σ_i ‖x_i − Wᵀh_i‖² + λ‖h_i‖₁   over h_i and W, subject to ‖W_j‖ ≤ 1
//! ```
//! An auto-encoder computes its codes by one formula; sparse coding minimises for each sample, and
//! so shows what sparsity costs at least: no codes for the same dictionary have a lower objective,
//! signed or non-negative.
//!
//! | item | what it is for |
//! |---|---|
//! | [`SparseCoding::encode`] | the codes for a given dictionary, with their duality gaps |
//! | [`SparseCoding::fit`], [`SparseCoding::fit_from`] | a dictionary |
//! | [`evaluate_codes`] | objective, sparsity and reconstruction error of any codes with any dictionary |
//!
//! As everywhere, samples are the columns of n × N matrices, filters (atoms) those of an n × m
//! matrix, and codes those of an m × N matrix. Objectives that are reported are means over the
//! samples: Eq. 2 divided by N.
//!
//! ```
//! use nalgebra::DMatrix;
//! use regularized_autoencoder::{CodeSign, SparseCoding, sparse_coding::evaluate_codes};
//!
//! let x = DMatrix::<f32>::from_fn(8, 300, |i, j| ((i * j) as f32).sin());
//! let (train, test) = (x.columns(0, 200), x.columns(200, 100));
//! let coding = SparseCoding::builder(0.5).sign(CodeSign::NonNegative).build()?;
//! let learned = coding.fit(20, train)?;
//! let codes = coding.encode(&learned.filters, test)?;
//! assert!(codes.converged());
//! let evaluation = evaluate_codes(&learned.filters, &codes.codes, test, 0.0)?;
//! assert!(evaluation.hard_zero_fraction > 0.5);
//! # Ok::<(), regularized_autoencoder::Error>(())
//! ```

mod codes;
mod coding;
mod dictionary;
mod evaluation;
mod lasso;
mod learn;
mod spectrum;

pub use codes::OptimalCodes;
pub use coding::{CodeSign, SparseCoding, SparseCodingBuilder};
pub use evaluation::{CodeEvaluation, evaluate_codes};
pub use learn::{Alternation, LearnedDictionary};
