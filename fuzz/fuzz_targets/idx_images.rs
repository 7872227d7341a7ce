//! IDX images: an error, or as many values as the sizes say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regularized_autoencoder::data::idx;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(images) = idx::read_images_from::<f32>(bytes, "fuzzed") {
        assert!(!images.is_empty());
        assert!(images.iter().all(|value| (0.0..=255.0).contains(value)));
    }
});
