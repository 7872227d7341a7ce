//! Activations s(a): the trait, what they claim about themselves, and the built-in ones.
//!
//! | activation | s(a) | non-decreasing | convex | hard zeros | δ_min |
//! |---|---|---|---|---|---|
//! | [`Relu`] | max(0, a) | yes | yes | yes | 0 |
//! | [`Softplus`] | log(1 + e^{βa})/β | strictly | strictly | no | 0.1 |
//! | [`Sigmoid`] | 1/(1 + e^{−a}) | strictly | no | no | 0.1 |
//! | [`Tanh`] | tanh a | strictly | no | no | 0.1 |
//! | [`Identity`] | a | strictly | yes | no | 0.1 |
//! | [`LeakyRelu`] | max(a, αa) | yes | yes | α = 0 | 0.1 (α = 0: 0) |
//! | [`Elu`] | a, or α(e^a − 1) for a ≤ 0 | strictly | α ≤ 1 | no | 0.1 |
//! | [`Silu`] | aσ(a) | no | no | no | 0.1 |
//! | [`Gelu`] | aΦ(a) | no | no | no | 0.1 |
//! | [`HardSigmoid`] | clip(a/6 + ½, 0, 1) | yes | no | yes | 0 |
//!
//! # Numerics
//! For every built-in activation f (value, first and second derivative) the computed ŷ obeys
//! |ŷ − f(a)| ≤ 4ε(|f(a)| + |a f'(a)|) + (smallest normal number), and the third derivative the
//! same with 8ε, in `f32` and `f64`, over the whole range. Nothing overflows; at ±∞ they return
//! their limits; NaN gives NaN, in the value and in every derivative. The declared ranges hold for
//! what is computed in `f64`, and in `f32` but for its rounding error.

mod elu;
mod gelu;
mod hard_sigmoid;
mod identity;
mod leaky_relu;
mod properties;
mod relu;
mod sigmoid;
mod silu;
mod softplus;
mod tanh;

pub use elu::Elu;
pub use gelu::Gelu;
pub use hard_sigmoid::HardSigmoid;
pub use identity::Identity;
pub use leaky_relu::LeakyRelu;
pub use properties::{Interval, Kink, Properties, Sign, Threshold};
pub use relu::Relu;
pub use sigmoid::Sigmoid;
pub use silu::Silu;
pub use softplus::Softplus;
pub use tanh::Tanh;

use crate::error::{Error, same_size, scale};
use crate::numerics::unless_nan;
use crate::scalar::Real;
use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

/// What an activation claims about itself, apart from what it computes: claims have no scalar type.
pub trait ActivationMetadata {
    /// The claims; the default claims nothing.
    fn properties(&self) -> Properties {
        Properties::unknown()
    }

    /// The name under which a file keeps it; without one, the default, a model cannot be saved.
    ///
    /// The built-in ones are called as in the table of [`activation`](crate::activation), in lower
    /// case: `relu`, `leaky_relu`, `hard_sigmoid`. Choose a name that nobody else chooses, such as
    /// `my_crate/swish`; it must stay the same for as long as there are files.
    fn name(&self) -> Option<Cow<'static, str>> {
        None
    }

    /// The names and values of the parameters that it has, for a file; none unless declared.
    ///
    /// Together with the [`name`](Self::name) they must tell which function it is. They must be
    /// finite.
    ///
    /// ```
    /// use regularized_autoencoder::{ActivationMetadata, Softplus};
    /// let softplus = Softplus::with_sharpness(2.0)?;
    /// assert_eq!(softplus.name().unwrap(), "softplus");
    /// assert_eq!(softplus.parameters(), [("sharpness".into(), 2.0)]);
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    fn parameters(&self) -> Vec<(Cow<'static, str>, f64)> {
        Vec::new()
    }
}

/// An activation function s, applied to each pre-activation a = W_j·x + b_j on its own.
///
/// Implement it for a type of yours and every part of the crate works with it; then let
/// [`check::activation`](crate::check::activation) tell whether derivatives and claims are right.
///
/// # Contract
/// * The derivatives are those of [`value`](Self::value) wherever they exist. At a kink either
///   one-sided derivative may be returned; it must be named in [`Properties::kinks`].
/// * NaN gives NaN, at least in `value`. Beware: `f64::max(0.0, NaN)` is 0.
/// * A call depends on its arguments alone.
///
/// ```
/// use regularized_autoencoder::{Activation, ActivationMetadata, Properties, Real, Sign};
///
/// /// s(a) = a + sin(a)/2
/// #[derive(Debug)]
/// struct Wavy;
///
/// impl ActivationMetadata for Wavy {
///     fn properties(&self) -> Properties {
///         Properties { slope: Sign::Positive, ..Properties::unknown() }
///     }
/// }
///
/// impl<T: Real> Activation<T> for Wavy {
///     fn value(&self, a: T) -> T { a + a.sin() * T::of(0.5) }
///     fn derivative(&self, a: T) -> T { T::one() + a.cos() * T::of(0.5) }
///     fn second_derivative(&self, a: T) -> T { a.sin() * T::of(-0.5) }
/// }
///
/// assert!(regularized_autoencoder::check::activation::<f64>(&Wavy).passed());
/// ```
pub trait Activation<T: Real>: ActivationMetadata + Debug + Send + Sync {
    /// s(a).
    fn value(&self, a: T) -> T;

    /// s'(a).
    fn derivative(&self, a: T) -> T;

    /// s''(a), without the Dirac deltas at kinks.
    fn second_derivative(&self, a: T) -> T;

    /// s'''(a); only the gradient of the curvature term of Thm. 3 needs it.
    ///
    /// The default is a central difference of the second derivative with step
    /// h = ε^{1/3} max(1, |a|): its error is of order ε^{2/3}, and wrong within h of a kink.
    fn third_derivative(&self, a: T) -> T {
        let step = T::EPSILON.cbrt() * T::one().max(a.abs());
        let (right, left) = (a + step, a - step);
        (self.second_derivative(right) - self.second_derivative(left)) / (right - left)
    }

    /// Value and wanted derivatives of a whole slice of pre-activations.
    ///
    /// The default calls the methods above for each; override it where one pass is faster. It
    /// must give what they give, up to rounding.
    fn evaluate(&self, jet: Jet<'_, T>) {
        evaluate_each(self, jet);
    }
}

/// The default of [`Activation::evaluate`].
pub(crate) fn evaluate_each<T: Real, A: Activation<T> + ?Sized>(activation: &A, jet: Jet<'_, T>) {
    fn fill<T: Copy>(out: Option<&mut [T]>, input: &[T], f: impl Fn(T) -> T) {
        if let Some(out) = out {
            for (out, &a) in out.iter_mut().zip(input) {
                *out = f(a);
            }
        }
    }
    fill(Some(jet.value), jet.input, |a| activation.value(a));
    fill(jet.first, jet.input, |a| activation.derivative(a));
    fill(jet.second, jet.input, |a| activation.second_derivative(a));
    fill(jet.third, jet.input, |a| activation.third_derivative(a));
}

/// A slice of pre-activations and the slices of equal length that take s and its derivatives there.
#[derive(Debug)]
#[non_exhaustive]
pub struct Jet<'a, T> {
    /// The pre-activations a.
    pub input: &'a [T],
    /// Takes s(a).
    pub value: &'a mut [T],
    /// Takes s'(a), if wanted.
    pub first: Option<&'a mut [T]>,
    /// Takes s''(a), if wanted.
    pub second: Option<&'a mut [T]>,
    /// Takes s'''(a), if wanted.
    pub third: Option<&'a mut [T]>,
}

impl<'a, T> Jet<'a, T> {
    /// Ties an input to its outputs.
    ///
    /// # Errors
    /// [`Error::Dimension`] if an output is not as long as the input.
    ///
    /// ```
    /// use regularized_autoencoder::{Activation, Jet, Sigmoid};
    /// let (mut value, mut first) = ([0.0; 2], [0.0; 2]);
    /// Sigmoid.evaluate(Jet::new(&[0.0, 800.0], &mut value, Some(&mut first), None, None)?);
    /// assert_eq!((value, first), ([0.5, 1.0], [0.25, 0.0]));
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn new(
        input: &'a [T],
        value: &'a mut [T],
        first: Option<&'a mut [T]>,
        second: Option<&'a mut [T]>,
        third: Option<&'a mut [T]>,
    ) -> Result<Self, Error> {
        same_size("length of the values", input.len(), value.len())?;
        for out in [&first, &second, &third].into_iter().flatten() {
            same_size("length of the derivatives", input.len(), out.len())?;
        }
        Ok(Self { input, value, first, second, third })
    }
}

macro_rules! forward_to_inner {
    ($($pointer:ty),*) => {$(
        impl<A: ActivationMetadata + ?Sized> ActivationMetadata for $pointer {
            fn properties(&self) -> Properties {
                (**self).properties()
            }
            fn name(&self) -> Option<Cow<'static, str>> {
                (**self).name()
            }
            fn parameters(&self) -> Vec<(Cow<'static, str>, f64)> {
                (**self).parameters()
            }
        }

        impl<T: Real, A: Activation<T> + ?Sized> Activation<T> for $pointer {
            fn value(&self, a: T) -> T {
                (**self).value(a)
            }
            fn derivative(&self, a: T) -> T {
                (**self).derivative(a)
            }
            fn second_derivative(&self, a: T) -> T {
                (**self).second_derivative(a)
            }
            fn third_derivative(&self, a: T) -> T {
                (**self).third_derivative(a)
            }
            fn evaluate(&self, jet: Jet<'_, T>) {
                (**self).evaluate(jet);
            }
        }
    )*};
}
forward_to_inner!(&A, Box<A>, Arc<A>);

/// Value and wanted derivatives of a built-in activation in one pass, so that they share their
/// exponentials, with the widest vector instructions that the processor has.
///
/// What the compiler needs to vectorise the loops: a copy of the formula, because the outputs could
/// overlap with what is behind a reference, and `if let` instead of a loop over a flattened option.
pub(crate) fn evaluate_together<T: Real, F: Formula>(formula: &F, jet: Jet<'_, T>) {
    pulp::Arch::new().dispatch(Together { formula: *formula, jet });
}

struct Together<'a, T, F> {
    formula: F,
    jet: Jet<'a, T>,
}

impl<T: Real, F: Formula> pulp::WithSimd for Together<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let (f, Jet { input, value, first, second, third }) = (self.formula, self.jet);
        let values = value.iter_mut().zip(input);
        match (first, second) {
            (Some(first), Some(second)) => {
                let slopes = first.iter_mut().zip(second.iter_mut());
                for ((value, &a), (first, second)) in values.zip(slopes) {
                    *value = f.value(a);
                    *first = f.derivative(a);
                    *second = f.second_derivative(a);
                }
            }
            (Some(first), None) => {
                for ((value, &a), first) in values.zip(first) {
                    *value = f.value(a);
                    *first = f.derivative(a);
                }
            }
            (None, second) => {
                for (value, &a) in values {
                    *value = f.value(a);
                }
                if let Some(second) = second {
                    for (second, &a) in second.iter_mut().zip(input) {
                        *second = f.second_derivative(a);
                    }
                }
            }
        }
        if let Some(third) = third {
            for (third, &a) in third.iter_mut().zip(input) {
                *third = f.third_derivative(a);
            }
        }
    }
}

/// The formulas of a built-in activation, generic over the scalar.
///
/// [`built_in!`] makes an [`Activation`] of it whose batch evaluation is compiled in this crate.
pub(crate) trait Formula: Copy + Debug + Send + Sync {
    fn value<T: Real>(&self, a: T) -> T;
    fn derivative<T: Real>(&self, a: T) -> T;

    /// 0 unless defined otherwise, as for every piecewise linear activation.
    #[inline(always)]
    fn second_derivative<T: Real>(&self, a: T) -> T {
        unless_nan(a, T::zero())
    }

    /// 0 unless defined otherwise, as for every piecewise linear activation.
    #[inline(always)]
    fn third_derivative<T: Real>(&self, a: T) -> T {
        unless_nan(a, T::zero())
    }
}

/// Implements [`Activation`] for a type that implements [`Formula`].
macro_rules! built_in {
    ($name:ident) => {
        impl<T: $crate::scalar::Real> $crate::activation::Activation<T> for $name {
            #[inline]
            fn value(&self, a: T) -> T {
                $crate::activation::Formula::value(self, a)
            }
            #[inline]
            fn derivative(&self, a: T) -> T {
                $crate::activation::Formula::derivative(self, a)
            }
            #[inline]
            fn second_derivative(&self, a: T) -> T {
                $crate::activation::Formula::second_derivative(self, a)
            }
            #[inline]
            fn third_derivative(&self, a: T) -> T {
                $crate::activation::Formula::third_derivative(self, a)
            }
            fn evaluate(&self, jet: $crate::activation::Jet<'_, T>) {
                use $crate::activation::{Jet, evaluate_together};
                let formula = self;
                $crate::scalar::compiled!(
                    T,
                    evaluate_together(formula: &$name, jet: Jet<'_, T>) -> ()
                );
            }
        }
    };
}
pub(crate) use built_in;
