//! Codes, scores and pictures: what is made of a trained model, and sparse coding.

#[path = "../common/mod.rs"]
mod common;

mod codes;
mod inspect;
mod scores;
mod sparse_coding;
