//! Tells whether an activation or a regularizer of yours is right.
//!
//! [`activation`] and [`regularizer`] check derivatives and gradients against differences, and
//! what is declared against what is computed, at fixed points; they give a [`Report`] that a
//! person can read. With the feature `proptest`, the macros
//! [`activation_laws!`](crate::activation_laws) and [`regularizer_laws!`](crate::regularizer_laws)
//! put the same laws as property tests, at random points, into your crate, which needs no proptest
//! of its own; `strategies` has what they draw from.
//!
//! # The laws of an activation
//! | law | refuted by |
//! |---|---|
//! | NaN gives NaN | `f64::max(0.0, a)`, which maps NaN to 0 |
//! | finite pre-activations give finite values (looked at up to 1000, and around kinks and a_min) | overflow: log(1 + e^a) for large a, and e^a itself |
//! | the derivative is that of the value, the second that of the first, the third that of the second; at a kink the derivative is one of those beside it, the others are finite | a wrong sign, a factor, another function's |
//! | a slice gives what single calls give | an override of `evaluate` that differs |
//! | the slope and the curvature have the declared sign | |
//! | the value is non-decreasing, convex, as declared | |
//! | the value and the derivative lie in the declared ranges | |
//! | the limit at −∞ is the declared one | |
//! | hard zeros are exact zeros and no underflow | |
//! | nothing jumps but at a declared kink of that order | an unnamed discontinuity |
//! | s(a) ≤ δ_min up to a_min, and not just above it | a wrong a_min |
//!
//! # The laws of a regularizer
//! | law | refuted by |
//! |---|---|
//! | the regularizer can be evaluated | parameters that it rejects itself, NaN at a filter of length 0 |
//! | the same arguments give the same value | hidden state, noise of its own |
//! | the weight, bias and decoder bias gradients are those of the loss | a missing path through ‖W_j‖ or ρ_j, a sum instead of a mean |
//! | the bias gradient has the sign that the declared form implies | a false form |
//! | the loss depends on no more of the filters than the declared form says | the same |
//! | the loss is multiplied as the noise is, as declared | a false `Form::LinearInNoise`, unless in a sum |
//! | cutting the layer into blocks changes nothing, as declared | a false `per_unit` |
//!
//! Checks are sharp in `f64` and rough in `f32`, ever more roughly the farther from 0: at 100 hardly at all in `f32`.
//! They leave out what lies on a kink. What bends within less than
//! about 1/200 (`f32`) or 10⁻⁵ (`f64`) of a pre-activation is too sharp for the differences. A function whose fourth
//! derivative jumps and whose third is left to the default may name the place as a kink of order 4. A check that
//! passes proves nothing; one that fails names the point.

mod activation_laws;
mod difference;
mod problem;
#[cfg(feature = "proptest")]
pub mod property;
mod regularizer_laws;
mod report;
#[cfg(feature = "proptest")]
pub mod strategies;
mod subject;

/// Needs the feature `proptest`.
#[cfg(not(feature = "proptest"))]
#[macro_export]
macro_rules! activation_laws {
    ($($tokens:tt)*) => {
        compile_error!("enable the feature `proptest` of regularized-autoencoder");
    };
}

/// Needs the feature `proptest`.
#[cfg(not(feature = "proptest"))]
#[macro_export]
macro_rules! regularizer_laws {
    ($($tokens:tt)*) => {
        compile_error!("enable the feature `proptest` of regularized-autoencoder");
    };
}

pub use activation_laws::activation;
pub use problem::Problem;
pub use regularizer_laws::{regularizer, regularizer_on};
pub use report::{Finding, Report};
