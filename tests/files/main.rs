//! Data, models, checkpoints and rows, in memory and in files.

#[path = "../common/mod.rs"]
mod common;

#[cfg(feature = "files")]
mod checkpoints;
mod data;
mod npy;
#[cfg(feature = "files")]
mod saelens;
#[cfg(feature = "files")]
mod saved;
#[cfg(feature = "files")]
mod saved_faults;
#[cfg(feature = "files")]
mod saved_golden;
mod scaler;
#[cfg(feature = "serde")]
mod serde;
mod source;
#[cfg(feature = "sweep")]
mod sweep;
