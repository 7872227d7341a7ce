//! IDX labels: an error, or labels below the number of classes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regularized_autoencoder::data::idx;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(labels) = idx::read_labels_from(bytes, "fuzzed", 10) {
        assert!(!labels.is_empty());
        assert!(labels.iter().all(|&label| label < 10));
    }
});
