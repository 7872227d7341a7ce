//! What an activation claims about itself: plain data without a scalar type.

use std::borrow::Cow;
use std::ops::{Add, Mul};

/// The sign of a quantity wherever it is defined.
///
/// Signs multiply and add as the numbers do:
///
/// ```
/// use regularized_autoencoder::Sign;
/// assert_eq!(Sign::Positive * Sign::NonNegative, Sign::NonNegative);
/// assert_eq!(Sign::Positive + Sign::NonNegative, Sign::Positive);
/// assert_eq!(Sign::Zero * Sign::Indefinite, Sign::Zero);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Sign {
    /// 0 everywhere.
    Zero,
    /// Greater than 0 everywhere.
    Positive,
    /// At least 0 everywhere.
    NonNegative,
    /// Nothing is known.
    Indefinite,
}

impl Sign {
    /// Whether a quantity of this sign is nowhere negative.
    pub fn is_non_negative(self) -> bool {
        self != Self::Indefinite
    }

    /// The sign after multiplication by a factor that is at least 0 and may vanish.
    pub fn weakened(self) -> Self {
        self * Self::NonNegative
    }
}

impl std::fmt::Display for Sign {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Zero => "zero",
            Self::Positive => "positive",
            Self::NonNegative => "non-negative",
            Self::Indefinite => "indefinite",
        })
    }
}

impl Mul for Sign {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        use Sign::*;
        match (self, other) {
            (Zero, _) | (_, Zero) => Zero,
            (Indefinite, _) | (_, Indefinite) => Indefinite,
            (Positive, Positive) => Positive,
            _ => NonNegative,
        }
    }
}

impl Add for Sign {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        use Sign::*;
        match (self, other) {
            (Zero, sign) | (sign, Zero) => sign,
            (Indefinite, _) | (_, Indefinite) => Indefinite,
            (NonNegative, NonNegative) => NonNegative,
            _ => Positive,
        }
    }
}

/// A closed interval; infinite ends are allowed.
///
/// ```
/// use regularized_autoencoder::Interval;
/// let unit = Interval::new(0.0, 1.0);
/// assert!(Interval::NON_NEGATIVE.encloses(&unit) && !unit.encloses(&Interval::NON_NEGATIVE));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// All real numbers.
    pub const REAL: Self = Self::new(f64::NEG_INFINITY, f64::INFINITY);
    /// [0, ∞).
    pub const NON_NEGATIVE: Self = Self::new(0.0, f64::INFINITY);
    /// No number at all.
    pub const EMPTY: Self = Self::new(f64::INFINITY, f64::NEG_INFINITY);

    /// [low, high].
    pub const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// Whether `value` lies inside; false for NaN.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The number of the interval's that is farthest from 0.
    pub(crate) fn largest_magnitude(&self) -> f64 {
        self.low.abs().max(self.high.abs())
    }

    /// Whether every number of `other` lies inside.
    pub fn encloses(&self, other: &Self) -> bool {
        self.low <= other.low && other.high <= self.high
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = |value: f64| match value {
            f64::INFINITY => "∞".to_owned(),
            f64::NEG_INFINITY => "−∞".to_owned(),
            value => value.to_string(),
        };
        let left = if self.low == f64::NEG_INFINITY { "(" } else { "[" };
        let right = if self.high == f64::INFINITY { ")" } else { "]" };
        write!(formatter, "{left}{}, {}{right}", end(self.low), end(self.high))
    }
}

/// A point at which a derivative of an activation jumps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kink {
    /// The point.
    pub at: f64,
    /// The order of the first derivative that jumps there: 1 for ReLU at 0, 2 for ELU with α = 1;
    /// 0 if the value itself jumps.
    pub order: u32,
}

/// When a hidden unit counts as inactive, and which pre-activations make it so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// δ_min: a unit with h ≤ δ_min is inactive (Definition 1 and Eq. 14 of the paper).
    pub code: f64,
    /// a_min = sup{t : s(a) ≤ δ_min for all a ≤ t}; `None` where it is not known, or where there
    /// is no such t.
    pub pre_activation: Option<f64>,
}

/// What an activation claims about itself, for the theory and for the checker.
///
/// Every default of [`Properties::unknown`] is the weakest claim, so what an activation does not
/// declare is never relied on. The laws of [`check::activation`](crate::check::activation)
/// refute a claim that is false.
///
/// ```
/// use regularized_autoencoder::{ActivationMetadata, Sigmoid};
/// let properties = Sigmoid.properties();
/// assert!(properties.is_strictly_increasing() && !properties.is_convex());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Properties {
    /// The sign of s' wherever it exists.
    pub slope: Sign,
    /// The sign of s'' wherever it exists, that is, away from the [`kinks`](Self::kinks).
    pub curvature: Sign,
    /// Whether s(ta + (1−t)b) ≤ t s(a) + (1−t) s(b) for all a, b and t ∈ [0, 1], kinks included.
    pub convex: bool,
    /// A closed interval that holds every value of s.
    pub range: Interval,
    /// A closed interval that holds every value of s'.
    pub derivative_range: Interval,
    /// lim s(a) as a → −∞, which may be −∞; `None` if there is none or it is not known.
    pub limit_at_negative_infinity: Option<f64>,
    /// Whether s is exactly 0 on some half-line (−∞, t].
    pub hard_zeros: bool,
    /// Every point at which s or one of its first three derivatives jumps; one at which the fourth
    /// does may be among them.
    pub kinks: Cow<'static, [Kink]>,
    /// When a unit counts as inactive.
    pub threshold: Threshold,
}

impl Properties {
    /// δ_min of activations without hard zeros, after the paper.
    pub const SOFT_THRESHOLD: f64 = 0.1;

    /// Nothing is claimed; δ_min is 0.1.
    pub const fn unknown() -> Self {
        Self {
            slope: Sign::Indefinite,
            curvature: Sign::Indefinite,
            convex: false,
            range: Interval::REAL,
            derivative_range: Interval::REAL,
            limit_at_negative_infinity: None,
            hard_zeros: false,
            kinks: Cow::Borrowed(&[]),
            threshold: Threshold { code: Self::SOFT_THRESHOLD, pre_activation: None },
        }
    }

    /// a ≤ b implies s(a) ≤ s(b).
    pub fn is_non_decreasing(&self) -> bool {
        self.slope.is_non_negative() && self.is_continuous()
    }

    /// a < b implies s(a) < s(b), with s' > 0 wherever it exists.
    pub fn is_strictly_increasing(&self) -> bool {
        self.slope == Sign::Positive && self.is_continuous()
    }

    /// s(ta + (1−t)b) ≤ t s(a) + (1−t) s(b) for t ∈ [0, 1]: declared, or by s'' ≥ 0 where s' nowhere
    /// jumps.
    pub fn is_convex(&self) -> bool {
        let slope_jumps = self.kinks.iter().any(|kink| kink.order < 2);
        self.convex || self.curvature.is_non_negative() && !slope_jumps
    }

    /// Convex with s'' > 0 wherever it exists.
    pub fn is_strictly_convex(&self) -> bool {
        self.is_convex() && self.curvature == Sign::Positive
    }

    /// s'' = 0 wherever it exists.
    pub fn is_piecewise_linear(&self) -> bool {
        self.curvature == Sign::Zero
    }

    /// The value nowhere jumps.
    pub fn is_continuous(&self) -> bool {
        self.kinks.iter().all(|kink| kink.order > 0)
    }

    /// Neither the value nor one of the first three derivatives jumps anywhere.
    pub fn is_smooth(&self) -> bool {
        self.kinks.iter().all(|kink| kink.order > 3)
    }

    /// s tends to a finite limit as a → −∞.
    pub fn saturates_below(&self) -> bool {
        self.limit_at_negative_infinity.is_some_and(f64::is_finite)
    }
}

impl Default for Properties {
    fn default() -> Self {
        Self::unknown()
    }
}
