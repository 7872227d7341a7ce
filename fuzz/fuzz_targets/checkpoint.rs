//! A checkpoint file: an error, or a checkpoint that comes back when it is written, in both scalar
//! types, and that a training goes on from or refuses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::train::FitOptions;

fuzz_target!(|bytes: &[u8]| {
    read::<f32>(bytes);
    read::<f64>(bytes);
});

fn read<T: Real>(bytes: &[u8]) {
    let Ok(checkpoint) = Checkpoint::<T>::from_bytes(bytes) else { return };
    let written = checkpoint.to_bytes().expect("what was read can be written");
    let again = Checkpoint::<T>::from_bytes(&written).expect("what was written can be read");
    assert_eq!(again.parameters(), checkpoint.parameters());
    assert_eq!(again.to_bytes().expect("the same again"), written);

    let x = DMatrix::from_fn(3, 20, |i, j| T::of((i as f64 + j as f64).cos()));
    let model = RegularizedAutoEncoder::builder(3, 4).activation(Sigmoid).build();
    let trainer = Trainer::builder().epochs(2).batch_size(5).build();
    let (mut model, trainer) = (model.expect("valid"), trainer.expect("valid"));
    let _ = trainer.fit_with(&mut model, &x, FitOptions::default().resume(checkpoint));
}
