//! Predictions of how sparsity responds, with their reasons.

use super::statement::{Premise, Statement};
use std::fmt;

/// How the average activation fraction, Eq. 14, responds when a coefficient or a noise grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Trend {
    /// It falls: codes become sparser.
    Falls,
    /// It does not respond, as long as the steps are small. With filters of length 1 the gradient of
    /// s'^q‖W_j‖^p is along the filters, and the constraint takes it out of them again; what is left of
    /// it in the momentum, pηλE\[s'^q\]/(1 − μ), changes the size of the steps if it is not ≪ 1.
    Unaffected,
    /// Nothing can be said.
    Unpredictable,
    /// The theory does not speak of the sparsity of this activation: lower pre-activations do not
    /// bring its codes to 0.
    NotApplicable,
}

impl fmt::Display for Trend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Falls => "falls",
            Self::Unaffected => "unaffected",
            Self::Unpredictable => "unpredictable",
            Self::NotApplicable => "not applicable",
        })
    }
}

/// What a prediction rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Basis {
    /// The sign of the bias gradient is proven. By Eq. 5 each step then lowers E\[a_j\] by
    /// ηλ∂R/∂b_j more than it would without R. How far a whole training goes is no theorem: filters
    /// and residuals differ from there on.
    Proven(Statement),
    /// It was seen in trainings, or in measurements on the caller's data.
    Measured(Source),
    /// Nothing.
    None,
}

impl fmt::Display for Basis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proven(statement) => {
                write!(formatter, "the sign of the bias gradient is proven: {statement}")
            }
            Self::Measured(source) => write!(formatter, "measured: {source}"),
            Self::None => formatter.write_str("no basis"),
        }
    }
}

/// Where a measurement is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Source {
    /// The study `docs/RELU_NOISE.md`, repeated by `cargo run --release --example relu_noise`.
    NoiseStudy,
    /// The bias gradients that were measured on the caller's data,
    /// [`Verdict::with_measurement`](super::Verdict::with_measurement).
    Data,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoiseStudy => "docs/RELU_NOISE.md",
            Self::Data => "bias gradients on the data given",
        })
    }
}

/// Why a prediction is what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Reason {
    /// All premises of the statement hold.
    Holds(Statement),
    /// A premise fails.
    PremiseFails(Premise),
    /// s is piecewise linear: the bias gradient is 0 almost everywhere.
    NoCurvature,
    /// The bias gradient is non-negative, and may be 0 for some units, such as dead ones.
    MayVanish,
    /// s(a) → 0 as a → −∞, so that lower pre-activations mean sparser codes (Thm. 2).
    LowerIsSparser,
    /// s tends to another limit, so that lower pre-activations do not mean sparser codes.
    LimitIsNotZero(
        /// The limit.
        String,
    ),
    /// s declares no limit as a → −∞.
    LimitIsUnknown,
    /// s tends to 0, but δ_min = 0, below which it never gets.
    ThresholdIsZero,
    /// The lengths of the filters are free: the term can fall by their shrinking instead.
    LengthsAreFree,
    /// The term turns the filters, which moves sparsity without a bias gradient.
    FiltersTurn,
    /// The sign is not guaranteed, which does not mean that sparsity fails to respond (the
    /// paper's footnote 5).
    NotGuaranteed,
    /// Thm. 3: to second order zero-mean noise adds the mDAE term, the cross term and the curvature
    /// term, of which the last has no sign.
    SecondOrder,
    /// Noise carries samples over the kink of s, which gives the mean over the noise a positive
    /// bias gradient of order σ²; no theorem of the paper.
    NoiseOverKink,
    /// The mean over the noise of every gradient is 0; what acts is the spread of the gradients.
    SamplingNoise,
    /// It was seen in trainings, and no explanation is known.
    SeenInTrainings,
    /// s'' > 0 where a unit is mostly inactive: below the inflection point the bias gradient is
    /// positive.
    ConvexBelow,
    /// The bias gradients were measured.
    Measured(
        /// How many units have which sign.
        String,
    ),
    /// A bias gradient was measured that the declarations exclude: one of them is false.
    DeclarationRefuted(
        /// The unit and the value.
        String,
    ),
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds(Statement::Corollary1) => formatter.write_str(
                "Corollary 1: ∂R/∂b_j = f'(ρ_j) E[s'] ≥ 0, as s is non-decreasing and f increases",
            ),
            Self::Holds(Statement::Corollary2) => formatter.write_str(
                "Corollary 2: ∂R/∂b_j = E[q s'^(q−1) s''] w(W_j) ≥ 0, as s is non-decreasing and \
                 convex",
            ),
            Self::Holds(Statement::CrossTerm) => formatter.write_str(
                "Eq. 7: ∂R/∂b_j = 2E[s''_j Σ_k s'_k (W_j·W_k)²] ≥ 0, as s is non-decreasing and \
                 convex",
            ),
            Self::Holds(statement) => write!(formatter, "{statement}"),
            Self::PremiseFails(premise) => write!(formatter, "{premise}"),
            Self::NoCurvature => formatter.write_str(
                "s is piecewise linear: s'' = 0 almost everywhere, and with it the bias gradient",
            ),
            Self::MayVanish => formatter.write_str(
                "the bias gradient may be 0 for some units, as for dead ones: it never raises E[a_j]",
            ),
            Self::LowerIsSparser => formatter.write_str(
                "s → 0 as a → −∞: lower pre-activations, Eq. 5, mean more inactive units, Thm. 2",
            ),
            Self::LimitIsNotZero(limit) => write!(
                formatter,
                "s → {limit} as a → −∞: lower pre-activations do not bring the codes to 0"
            ),
            Self::LimitIsUnknown => formatter
                .write_str("s declares no limit as a → −∞: it is not known what low a means"),
            Self::ThresholdIsZero => formatter.write_str(
                "s → 0 as a → −∞ without hard zeros, and δ_min = 0: no unit ever counts as inactive",
            ),
            Self::LengthsAreFree => formatter.write_str(
                "the lengths of the filters are not fixed: R can fall by their shrinking instead",
            ),
            Self::FiltersTurn => formatter.write_str(
                "R turns the filters, which moves pre-activations without a bias gradient",
            ),
            Self::NotGuaranteed => formatter.write_str(
                "a sign that is not guaranteed does not mean that sparsity fails to respond \
                 (footnote 5): measure the bias gradients on your data",
            ),
            Self::SecondOrder => formatter.write_str(
                "Thm. 3: J_DAE − J_AE = σ²(mDAE + cross + curvature) + O(σ⁴) for smooth s; the \
                 curvature term has no sign",
            ),
            Self::NoiseOverKink => formatter.write_str(
                "noise carries samples over the kink of s, where s' jumps: the mean over the noise has \
                 a positive bias gradient of order σ²",
            ),
            Self::SamplingNoise => formatter.write_str(
                "the mean over the noise of its gradients is 0: what acts is their spread, weakly",
            ),
            Self::SeenInTrainings => {
                formatter.write_str("it was seen to fall in trainings; no statement explains it")
            }
            Self::ConvexBelow => formatter.write_str(
                "s is convex below its inflection point: there the bias gradient is positive",
            ),
            Self::Measured(found) => write!(formatter, "measured: {found}"),
            Self::DeclarationRefuted(found) => {
                write!(formatter, "a declaration is false: {found}")
            }
        }
    }
}

/// A trend, what it rests on, and why.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Prediction {
    /// How sparsity responds.
    pub trend: Trend,
    /// What the prediction rests on.
    pub basis: Basis,
    /// Why, in the order of the argument.
    pub reasons: Vec<Reason>,
}

impl Prediction {
    pub(super) fn new(trend: Trend, basis: Basis, reasons: Vec<Reason>) -> Self {
        Self { trend, basis, reasons }
    }

    /// The prediction for a sum of two terms: the least certain of theirs, or, if they are equally
    /// certain, that of the term which has an effect.
    pub(super) fn join(self, other: Self) -> Self {
        let rank = |prediction: &Self| match (prediction.trend, prediction.basis) {
            (Trend::Unaffected, _) => 0,
            (Trend::Falls, Basis::Proven(_)) => 1,
            (Trend::Falls, _) => 2,
            (Trend::Unpredictable, _) => 3,
            (Trend::NotApplicable, _) => 4,
        };
        let (mut decisive, other) =
            if rank(&self) >= rank(&other) { (self, other) } else { (other, self) };
        for reason in other.reasons {
            if !decisive.reasons.contains(&reason) {
                decisive.reasons.push(reason);
            }
        }
        decisive
    }
}

impl fmt::Display for Prediction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.trend, self.basis)?;
        self.reasons.iter().try_for_each(|reason| write!(formatter, "\n    {reason}"))
    }
}
