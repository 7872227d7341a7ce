//! Constraints on the lengths of the filters.

use crate::error::{Error, scale};
use crate::kernels::{dot, scale as multiply_by};
use crate::scalar::Real;

/// What holds for the length of every filter W_j, before the first and after every update.
///
/// c lies between 10⁻¹⁸ and 10¹⁸, so that `f32` can hold its square.
///
/// ```
/// use regularized_autoencoder::Constraint;
/// assert_eq!(Constraint::UNIT, Constraint::Length(1.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Unchecked"))]
pub enum Constraint {
    /// Nothing.
    #[default]
    None,
    /// ‖W_j‖ = c. A filter of length 0 cannot be scaled to it: [`Error::ZeroFilter`].
    Length(f64),
    /// ‖W_j‖ ≤ c.
    MaxNorm(f64),
}

/// What serde reads.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Constraint")]
enum Unchecked {
    None,
    Length(f64),
    MaxNorm(f64),
}

#[cfg(feature = "serde")]
impl TryFrom<Unchecked> for Constraint {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self, Error> {
        let constraint = match read {
            Unchecked::None => Self::None,
            Unchecked::Length(length) => Self::Length(length),
            Unchecked::MaxNorm(bound) => Self::MaxNorm(bound),
        };
        constraint.validate()?;
        Ok(constraint)
    }
}

/// `none`, `length 1`, `max-norm 2`.
impl std::fmt::Display for Constraint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => write!(formatter, "none"),
            Self::Length(length) => write!(formatter, "length {length}"),
            Self::MaxNorm(bound) => write!(formatter, "max-norm {bound}"),
        }
    }
}

impl Constraint {
    /// ‖W_j‖ = 1, the constraint of the paper's Figures 1, 3 and 4.
    pub const UNIT: Self = Self::Length(1.0);

    pub(crate) fn validate(self) -> Result<(), Error> {
        match self {
            Self::None => Ok(()),
            Self::Length(length) => scale("length of the filters", length).map(drop),
            Self::MaxNorm(bound) => scale("bound of the max-norm constraint", bound).map(drop),
        }
    }

    /// Makes one filter obey; `unit` is for the error.
    pub(crate) fn apply<T: Real>(
        self,
        unit: usize,
        filter: &mut [T],
        squared_length: T,
    ) -> Result<(), Error> {
        let bound = match self {
            Self::None => return Ok(()),
            Self::Length(bound) | Self::MaxNorm(bound) => T::of(bound),
        };
        let mut length = squared_length.sqrt();
        if length < T::MIN_POSITIVE.sqrt() || !length.is_finite() {
            // The squares leave the scalar's range: scale by the largest entry first.
            let largest = filter.iter().fold(T::zero(), |largest: T, w| largest.max(w.abs()));
            if largest > T::zero() {
                filter.iter_mut().for_each(|w| *w /= largest);
                length = dot(filter, filter).sqrt();
                if matches!(self, Self::MaxNorm(_)) && largest * length <= bound {
                    filter.iter_mut().for_each(|w| *w *= largest);
                    return Ok(());
                }
            }
        } else if matches!(self, Self::MaxNorm(_)) && length <= bound {
            return Ok(());
        }
        if length.is_zero() {
            return match self {
                Self::Length(length) => Err(Error::ZeroFilter { unit, length }),
                _ => Ok(()),
            };
        }
        let factor = bound / length;
        multiply_by(filter, factor);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constrained(constraint: Constraint, mut filter: [f32; 2]) -> Result<[f32; 2], Error> {
        let squared_length = dot(&filter, &filter);
        constraint.apply(7, &mut filter, squared_length).map(|()| filter)
    }

    #[test]
    fn lengths_are_fixed_or_bounded() -> Result<(), Error> {
        assert_eq!(constrained(Constraint::None, [3.0, 4.0])?, [3.0, 4.0]);
        assert_eq!(constrained(Constraint::UNIT, [3.0, 4.0])?, [0.6, 0.8]);
        assert_eq!(constrained(Constraint::Length(10.0), [3.0, 4.0])?, [6.0, 8.0]);
        assert_eq!(constrained(Constraint::MaxNorm(10.0), [3.0, 4.0])?, [3.0, 4.0]);
        assert_eq!(constrained(Constraint::MaxNorm(1.0), [3.0, 4.0])?, [0.6, 0.8]);
        assert_eq!(constrained(Constraint::MaxNorm(1.0), [0.0, 0.0])?, [0.0, 0.0]);
        Ok(())
    }

    #[test]
    fn squares_outside_the_range_do_no_harm() -> Result<(), Error> {
        for (constraint, filter, expected) in [
            (Constraint::UNIT, [3e-30, 4e-30], [0.6, 0.8]),
            (Constraint::UNIT, [3e30, 4e30], [0.6, 0.8]),
            (Constraint::MaxNorm(1.0), [3e30, 4e30], [0.6, 0.8]),
            (Constraint::MaxNorm(1.0), [3e-30, 4e-30], [3e-30, 4e-30]),
        ] {
            let constrained = constrained(constraint, filter)?;
            for (w, expected) in constrained.into_iter().zip(expected) {
                assert!((w / expected - 1.0).abs() < 3e-7, "{w} instead of {expected}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_filter_of_length_0_is_an_error() {
        let error = constrained(Constraint::UNIT, [0.0, 0.0]).unwrap_err().to_string();
        assert!(error.contains("unit 7"), "{error}");
    }
}
