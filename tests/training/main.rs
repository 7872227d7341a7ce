//! Gradients, steps and trainings: what depends on the matrix products.

#[path = "../common/mod.rs"]
mod common;

mod dead_units;
mod failures;
mod from_source;
mod golden_vectors;
mod gradient;
mod identities;
mod inference;
mod optimizers;
mod resume;
mod sparse_codes;
mod textbook;
mod train_many;
mod trainer;
