//! The theory, executable: why regularized auto-encoders learn sparse codes, equation by equation.
//!
//! # The argument
//! A unit is inactive for a sample if its code h_j = s(a_j) does not exceed δ_min (Definition 1).
//! So two things make it sparse: its pre-activations a_j = W_j·x + b_j must be low, and low
//! pre-activations must give codes near 0. The paper follows the first through the gradient of the
//! objective J = J_AE + λR by the encoder bias, and the second through the activation.
//!
//! **1. The mean pre-activation follows the bias (Eq. 5).** On data with E\[x\] = 0 (part of
//! Assumption 1, [`Assumption1`]) E\[a_j\] = W_j·E\[x\] + b_j = b_j, whatever the filters do. A plain
//! gradient step therefore moves it by
//!
//! ```text
//! ΔE[a_j] = −η ∂J/∂b_j = −η ∂J_AE/∂b_j − ηλ ∂R/∂b_j
//! ```
//! with any objective and any length constraint. [`TheoryMonitor`](crate::study::TheoryMonitor)
//! compares the two sides at every step; they agree to rounding without momentum.
//!
//! **2. The reconstruction error's part is bounded (Lemma 1).** With r = y − x and
//! ∂J_AE/∂b_j = E\[2 s'(a_j) (W_j·r)\], Cauchy and Schwarz give
//!
//! ```text
//! |∂J_AE/∂b_j| ≤ 2 σ_r √n ‖W_j‖ sup|s'|,   σ_r √n = √J_AE
//! ```
//! ([`lemma_1_bound`]). Nothing is assumed of data or residual. Here the paper needs a correction:
//! σ_r must be the root mean square of the residual **about zero**, not its standard deviation.
//!
//! **3. So a strong enough regularizer lowers it for sure (Thm. 1).** If
//! λ ∂R/∂b_j > 2σ_r√n‖W_j‖ sup|s'|, the step lowers E\[a_j\], whatever the data ask for:
//! [`UnitSnapshot::theorem_1_holds`], and [`Snapshot::coefficient_for_theorem_1`] gives the smallest
//! such λ. This is *sufficient and far from necessary*. With filters of length 1 the contractive
//! penalty's ∂R/∂b_j never exceeds 0.036 (sigmoid) or 0.30 (softplus), against a bound of 2√J_AE: in
//! ordinary trainings the condition holds for hardly any unit, and does not explain them.
//!
//! **4. What explains them is the sign of ∂R/∂b_j.** If it is positive, every step lowers E\[a_j\]
//! by ηλ∂R/∂b_j more than it would without R. The corollaries tell it from the form of R alone:
//!
//! | statement | R | ∂R/∂b_j | is ≥ 0 if |
//! |---|---|---|---|
//! | Cor. 1 | Σ_j f(ρ_j), ρ_j = E\[h_j\] | f'(ρ_j) E\[s'(a_j)\] | s non-decreasing, f increasing |
//! | Cor. 2 | E Σ_j s'(a_j)^q w(W_j) | q E\[s'(a_j)^(q−1) s''(a_j)\] w(W_j) | s convex and, for even q, non-decreasing |
//! | cross term, Eq. 7 | E Σ_{j≠k} s'(a_j) s'(a_k) (W_j·W_k)² | 2 E\[s''(a_j) Σ_k s'(a_k) (W_j·W_k)²\] | s convex and non-decreasing |
//!
//! [`Verdict`] checks the premises on what activation and regularizer declare; [`BiasGradients`]
//! measures the sign on data. Three things the paper says too fast:
//!
//! * *≥ 0 is not > 0.* With piecewise linear s, such as ReLU, s'' = 0 almost everywhere, so that the
//!   bias gradient of Cor. 2 vanishes. For CAE and mDAE so does, at fixed filter length, whatever else
//!   of the gradient the constraint leaves, and λ does not move sparsity (other than by
//!   changing the size of the steps, where pηλE\[s'^q\]/(1 − μ) is not small; p is 2 for CAE, 4 for mDAE): "there is a λ such that
//!   E\[a\] falls" is false there. The cross term's bias gradient vanishes too, but it turns the
//!   filters, and in trainings the codes became sparser by that.
//! * *Not guaranteed is not "will fail"* (footnote 5). Of the sigmoid with the contractive penalty
//!   Cor. 2 says nothing, as s is not convex. It is convex below 0, though, where a unit that
//!   is mostly inactive has its samples, and in trainings sparsity falls with λ.
//! * *A sign says how λ pushes, not where a training ends.* Filters and residuals differ from the
//!   first step on. What a whole training does is measured, not proven.
//!
//! **5. Low pre-activations make inactive units (Thm. 2).** Where s(a) → 0 as a → −∞, there is an
//! a_min below which h_j ≤ δ_min, and Chebyshev's inequality bounds from below how often that happens:
//!
//! ```text
//! Pr(h_j ≤ δ_min) ≥ 1 − Var[a_j] / (a_min − E[a_j])²   where E[a_j] < a_min
//! ```
//! ([`chebyshev`], and [`cantelli`] the tighter one-sided bound), with Var\[a_j\] = W_jᵀCW_j, which on
//! white data is ‖W_j‖². [`Snapshot`] puts the bounds beside the measured share. Where s tends to
//! another limit (tanh, identity, ELU) a falls just as well, but the codes do not become sparse:
//! such a verdict is [`Trend::NotApplicable`].
//!
//! **6. The popular models are cases.** SAE and ℓ1 are of Cor. 1; CAE and mDAE of Cor. 2. The
//! denoising auto-encoder is none: by Thm. 3, J_DAE = J_AE + σ²(mDAE + cross + curvature) + O(σ⁴) for
//! smooth s, and the curvature term has no sign. For ReLU the paper holds the first-order term
//! responsible (§3.1.1). Measurements say otherwise: without it the codes become as sparse, and what
//! makes them so is of second order. Noise carries samples over the kinks, where s' jumps, which gives
//! the mean over the noise a positive bias gradient of order σ². `docs/RELU_NOISE.md` has the
//! comparison, and the command that repeats it. Maxout is not
//! a function of one pre-activation, so that no statement here applies to it, and it cannot be an
//! [`Activation`](crate::Activation).
//!
//! # What each statement needs of the data
//! Lemma 1 and Thm. 2 with the measured variance need nothing; Eq. 5 and Thm. 1 need E\[x\] = 0,
//! Var\[a_j\] = ‖W_j‖² needs covariance I. [`Assumption1::exactness`] tells, and
//! [`Whitening`](crate::data::Whitening) brings data there.
//!
//! # Before, during and after a training
//! ```
//! use regularized_autoencoder::prelude::*;
//! use regularized_autoencoder::study::TheoryMonitor;
//!
//! let x = DMatrix::<f64>::from_fn(4, 100, |i, j| ((3 * i + j) as f64).sin());
//! let mut model = RegularizedAutoEncoder::builder(4, 10)
//!     .activation(Softplus::new())
//!     .regularizer(0.5 * Contractive::new())
//!     .build()?;
//! let trainer = Trainer::builder().constraint(Constraint::UNIT).epochs(5).build()?;
//! println!("{}", trainer.verdict(&model));
//! let mut monitor = TheoryMonitor::new(&x)?;
//! trainer.fit_with(&mut model, &x, FitOptions::default().observer(&mut monitor))?;
//! for record in monitor.finish()? {
//!     println!("{}", record.snapshot);
//! }
//! # Ok::<(), Error>(())
//! ```
//! A trainer whose λ the verdict calls without effect tells its observer so, once, before the first
//! step: [`Observer::on_warning`](crate::Observer::on_warning).
//! [`FractionSearch`](crate::study::FractionSearch) finds the λ of a wanted activation fraction by
//! training.

mod assumption;
mod bias_gradients;
mod bounds;
mod judge;
mod measured;
mod prediction;
mod snapshot;
mod statement;
mod verdict;

pub use assumption::{Assumption1, Claim, Exactness};
pub use bias_gradients::BiasGradients;
pub use bounds::{cantelli, chebyshev, lemma_1_bound};
pub use prediction::{Basis, Prediction, Reason, Source, Trend};
pub use snapshot::{Snapshot, UnitSnapshot};
pub use statement::{Premise, Statement};
pub use verdict::{TermVerdict, Verdict};
