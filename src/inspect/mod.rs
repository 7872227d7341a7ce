//! Looking at hidden units: the samples that activate them most, and pictures of their filters.
//!
//! How often each unit is active, and how strongly, is in [`metrics::UnitTable`].
//!
//! [`metrics::UnitTable`]: crate::metrics::UnitTable

mod filter_sheet;
mod top_samples;

pub use filter_sheet::{FilterSheet, SheetLayout};
pub use top_samples::TopSamples;
