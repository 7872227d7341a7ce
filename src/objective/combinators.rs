//! λR and R₁ + R₂.

use super::{Cotangents, Form, Forward, Needs, Regularizer, RegularizerMetadata, Shape};
use crate::error::{Error, non_negative};
use crate::scalar::Real;

/// λR: a regularizer with a coefficient.
///
/// Made by `0.1 * Contractive::new()` or, for regularizers of other crates, by
/// [`RegularizerMetadata::scaled`]. A coefficient that is negative, infinite or NaN is reported
/// when a model is built. With the coefficient 0, R is not evaluated.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Unchecked<R>"))]
pub struct Scaled<R> {
    regularizer: R,
    coefficient: f64,
}

/// What serde reads.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Scaled", deny_unknown_fields)]
struct Unchecked<R> {
    regularizer: R,
    coefficient: f64,
}

#[cfg(feature = "serde")]
impl<R> TryFrom<Unchecked<R>> for Scaled<R> {
    type Error = Error;

    fn try_from(read: Unchecked<R>) -> Result<Self, Error> {
        let coefficient = non_negative("coefficient", read.coefficient)?;
        Ok(Self { regularizer: read.regularizer, coefficient })
    }
}

impl<R> Scaled<R> {
    pub(super) fn new(regularizer: R, coefficient: f64) -> Self {
        Self { regularizer, coefficient }
    }

    /// λ.
    pub fn coefficient(&self) -> f64 {
        self.coefficient
    }

    /// R, without its coefficient.
    pub fn regularizer(&self) -> &R {
        &self.regularizer
    }
}

impl<R: RegularizerMetadata> RegularizerMetadata for Scaled<R> {
    fn form(&self) -> Form {
        match self.coefficient {
            0.0 => Form::Nothing,
            // One that no model takes.
            coefficient if !(coefficient > 0.0 && coefficient.is_finite()) => Form::Unknown,
            _ => self.regularizer.form(),
        }
    }

    fn needs(&self, shape: Shape) -> Needs {
        // With the coefficient 0 it is not evaluated.
        if self.coefficient == 0.0 {
            Needs::per_unit().order(1)
        } else {
            self.regularizer.needs(shape)
        }
    }

    fn validate(&self, shape: Shape) -> Result<(), Error> {
        non_negative("coefficient", self.coefficient)?;
        self.regularizer.validate(shape)
    }
}

impl<T: Real, R: Regularizer<T>> Regularizer<T> for Scaled<R> {
    fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        if self.coefficient == 0.0 {
            return T::zero();
        }
        T::of(self.coefficient)
            * self.regularizer.accumulate(forward, &mut out.scaled(self.coefficient))
    }
}

/// L + R: the sum of two regularizers, which see the same noise.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sum<L, R>(pub(super) L, pub(super) R);

impl<L: RegularizerMetadata, R: RegularizerMetadata> RegularizerMetadata for Sum<L, R> {
    fn form(&self) -> Form {
        Form::Sum(vec![self.0.form(), self.1.form()])
    }

    fn needs(&self, shape: Shape) -> Needs {
        self.0.needs(shape).join(self.1.needs(shape))
    }

    fn validate(&self, shape: Shape) -> Result<(), Error> {
        self.0.validate(shape)?;
        self.1.validate(shape)
    }
}

impl<T: Real, L: Regularizer<T>, R: Regularizer<T>> Regularizer<T> for Sum<L, R> {
    fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let left = self.0.accumulate(forward, &mut out.scaled(1.0));
        left + self.1.accumulate(forward, &mut out.scaled(1.0))
    }
}

/// `0.1 * R`, `R * 0.1` and `R + S` for one type `R`.
///
/// The orphan rule leaves these operators to the crate that owns the type.
macro_rules! operators {
    ([$($generics:tt)*] $name:ty) => {
        impl<$($generics)*> std::ops::Mul<$name> for f64 {
            type Output = $crate::objective::Scaled<$name>;

            fn mul(self, regularizer: $name) -> Self::Output {
                $crate::objective::RegularizerMetadata::scaled(regularizer, self)
            }
        }

        impl<$($generics)*> std::ops::Mul<$name> for f32 {
            type Output = $crate::objective::Scaled<$name>;

            fn mul(self, regularizer: $name) -> Self::Output {
                $crate::objective::RegularizerMetadata::scaled(regularizer, f64::from(self))
            }
        }

        impl<$($generics)*> std::ops::Mul<f64> for $name {
            type Output = $crate::objective::Scaled<$name>;

            fn mul(self, coefficient: f64) -> Self::Output {
                $crate::objective::RegularizerMetadata::scaled(self, coefficient)
            }
        }

        impl<Other, $($generics)*> std::ops::Add<Other> for $name
        where
            Other: $crate::objective::RegularizerMetadata,
        {
            type Output = $crate::objective::Sum<$name, Other>;

            fn add(self, other: Other) -> Self::Output {
                $crate::objective::RegularizerMetadata::plus(self, other)
            }
        }
    };
}
pub(crate) use operators;

operators!([R: RegularizerMetadata] Scaled<R>);
operators!([L: RegularizerMetadata, R: RegularizerMetadata] Sum<L, R>);
operators!([T: Real] Box<dyn Regularizer<T>>);
