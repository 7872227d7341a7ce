//! The activations, the laws of the traits, and what the theory says of them.

#[path = "../common/mod.rs"]
mod common;

mod activation_accuracy;
mod bounds;
mod checker;
#[cfg(feature = "digits")]
mod digits;
mod proofs;
mod study;
mod verdict;
