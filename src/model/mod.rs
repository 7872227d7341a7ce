//! The parameters of an auto-encoder and how they begin.

mod parameters;

pub use parameters::Parameters;
