//! A `.npy` file: an error, or finite values that come back when they are written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regularized_autoencoder::data::npy;

fuzz_target!(|bytes: &[u8]| {
    let single = npy::read_from::<f32>(bytes, "fuzzed");
    match npy::read_from::<f64>(bytes, "fuzzed") {
        Ok(array) => {
            assert!(array.iter().all(|value| value.is_finite()));
            let mut written = Vec::new();
            npy::write_to(&mut written, "written", &array).expect("what was read can be written");
            let again = npy::read_from::<f64>(&written[..], "written");
            assert_eq!(again.expect("what was written can be read"), array);
        }
        // What does not fit into f64 does not fit into f32.
        Err(_) => assert!(single.is_err()),
    }
});
