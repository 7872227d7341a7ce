//! A model file: an error, or a model that comes back when it is written, in both scalar types.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regularized_autoencoder::saved::Provenance;
use regularized_autoencoder::{AnyAutoEncoder, Real};

fuzz_target!(|bytes: &[u8]| {
    read::<f32>(bytes);
    read::<f64>(bytes);
});

fn read<T: Real>(bytes: &[u8]) {
    let Ok(model) = AnyAutoEncoder::<T>::from_bytes(bytes) else { return };
    let written = model.to_bytes(&Provenance::new()).expect("what was read can be written");
    let again = AnyAutoEncoder::<T>::from_bytes(&written).expect("what was written can be read");
    assert_eq!(again.parameters(), model.parameters());
    assert_eq!(format!("{:?}", again.activation()), format!("{:?}", model.activation()));
    assert_eq!(again.scaler(), model.scaler());
}
