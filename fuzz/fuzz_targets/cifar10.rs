//! A CIFAR-10 batch: an error, or an image for each label.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regularized_autoencoder::data::cifar10;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(batch) = cifar10::read_from(bytes, "fuzzed") {
        assert_eq!(batch.images.n_images(), batch.labels.len());
        assert!(batch.labels.iter().all(|&label| label < 10));
    }
});
