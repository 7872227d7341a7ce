//! The statements that tell signs of bias gradients, and their premises.

use std::fmt;

/// A statement that tells the sign of ∂R/∂b_j.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Statement {
    /// Corollary 1: ∂R/∂b_j = f'(ρ_j) E\[s'(a_j)\] ≥ 0 if s is non-decreasing and f increasing on
    /// the range of s.
    Corollary1,
    /// Corollary 2: ∂R/∂b_j = q E\[s'(a_j)^(q−1) s''(a_j)\] w(W_j) ≥ 0 if s is convex and, for
    /// even q, non-decreasing.
    Corollary2,
    /// The cross term of Eq. 7: ∂R/∂b_j = 2 E\[s''(a_j) Σ_k s'(a_k) (W_j·W_k)²\] ≥ 0 if s is convex
    /// and non-decreasing.
    CrossTerm,
    /// With piecewise linear s every term that has a factor s'' is 0 almost everywhere.
    VanishingCurvature,
    /// The encoder bias does not occur, so that ∂R/∂b_j = 0.
    NoBias,
}

impl fmt::Display for Statement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Corollary1 => "Corollary 1",
            Self::Corollary2 => "Corollary 2",
            Self::CrossTerm => "the cross term's sign, Eq. 7",
            Self::VanishingCurvature => "s'' = 0 almost everywhere",
            Self::NoBias => "the encoder bias does not occur in R",
        })
    }
}

/// A premise that a statement needs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Premise {
    /// s is non-decreasing: Corollary 1, Corollary 2 with even q, the cross term.
    NonDecreasing,
    /// s is convex: Corollary 2, the cross term.
    Convex,
    /// The factor w(W_j) of the slope is not negative: Corollary 2.
    NonNegativeFactor,
    /// f increases on the whole range of the codes: Corollary 1.
    Increasing {
        /// Where f is declared to increase.
        on: String,
        /// The range of s.
        range: String,
    },
    /// s is piecewise linear: for no other s has the curvature term, or the H of CAE+H, a sign.
    PiecewiseLinear,
    /// The bias gradient does not change its sign with the noise.
    SignOfNoise,
    /// The noise has mean 0, and its coordinates are independent: Thm. 3.
    ZeroMeanNoise,
    /// The regularizer declares its form.
    KnownForm,
}

impl fmt::Display for Premise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NonDecreasing => write!(formatter, "s is not known to be non-decreasing"),
            Self::Convex => {
                write!(formatter, "s is not known to be convex, as Corollary 2 and Eq. 7 need")
            }
            Self::NonNegativeFactor => write!(
                formatter,
                "the factor w(W_j) is not known to be non-negative, as Corollary 2 needs"
            ),
            Self::Increasing { on, range } => write!(
                formatter,
                "f increases on {on}, but the codes range over {range}, and Corollary 1 needs f to \
                 increase there"
            ),
            Self::PiecewiseLinear => write!(
                formatter,
                "the term has a factor s'' and another of either sign, so that no activation gives \
                 its bias gradient a sign but a piecewise linear one, which makes it 0"
            ),
            Self::SignOfNoise => write!(
                formatter,
                "the term is linear in noise of mean 0: its bias gradient has the mean 0 and either \
                 sign (§3.1.1)"
            ),
            Self::ZeroMeanNoise => write!(
                formatter,
                "the noise is not declared to have mean 0 and independent coordinates, as Thm. 3 \
                 needs"
            ),
            Self::KnownForm => write!(formatter, "the regularizer declares no form"),
        }
    }
}
