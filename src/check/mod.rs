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
//! | finite values for finite a | overflow |
//! | each derivative is that of the one before, away from the kinks | a wrong sign, a factor, another function's |
//! | a slice gives what single calls give | an override of `evaluate` that differs |
//! | slope and curvature have the declared sign | |
//! | non-decreasing, convex where declared | |
//! | value and slope lie in the declared ranges | |
//! | the limit at −∞ is the declared one | |
//! | hard zeros are exact zeros, and no underflow | |
//! | nothing jumps but at a declared kink, and not below its order | an unnamed discontinuity |
//! | s ≤ δ_min below a_min, and not just above it | a wrong a_min |
//!
//! # The laws of a regularizer
//! | law | refuted by |
//! |---|---|
//! | its parameters pass its own check | |
//! | the same arguments give the same value | hidden state, noise of its own |
//! | each gradient is that of the loss, away from the kinks | a missing path through ‖W_j‖ or ρ_j, a sum instead of a mean |
//! | the bias gradient has the sign that the declared form implies | a false form |
//! | cutting the layer into blocks changes nothing, where `per_unit` is declared | a false `per_unit` |
//!
//! Checks are sharp in `f64` and rough in `f32`. A check that passes proves nothing; one that
//! fails names the point.

mod activation_laws;
mod difference;
mod problem;
#[cfg(feature = "proptest")]
pub mod property;
mod regularizer_laws;
mod report;
#[cfg(feature = "proptest")]
pub mod strategies;

pub use activation_laws::activation;
pub use problem::Problem;
pub use regularizer_laws::{regularizer, regularizer_on};
pub use report::{Finding, Report};
