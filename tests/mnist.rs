//! What the paper's Figure 1 shows, in small: ReLU, filters of unit length, 10,000 MNIST images.
//!
//! One epoch (200 steps) suffices for the contractive and the denoising auto-encoder. The sparse
//! one is then at 0.74 of the fraction at λ = 0 and still falling; after two epochs it is at 0.61.
//!
//! Looks for the data in `REGULARIZED_AUTOENCODER_DATA`, else in `../shared/data`; skips where
//! there are none.

#[path = "common/real_data.rs"]
mod real_data;

use nalgebra::DMatrix;
use regularized_autoencoder::data::{Standardization, idx};
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::{Relu, Unregularized, metrics};

/// 10,000 standardised images, n × N, or nothing if there are none on this machine.
fn images() -> Option<DMatrix<f32>> {
    let folder = real_data::folder("mnist")?;
    let file = real_data::file(&folder, "train-images-idx3-ubyte");
    if !file.is_file() {
        println!("skipped: there is no {}", file.display());
        return None;
    }
    let mut images = idx::read_first_images::<f32>(file, 10_000).unwrap() / 255.0;
    Standardization::fit(&images, 0.1).unwrap().apply(&mut images).unwrap();
    Some(images)
}

/// The average activation fraction after some epochs.
fn fraction(
    images: &DMatrix<f32>,
    epochs: usize,
    regularizer: impl Regularizer<f32>,
    corruption: Option<GaussianNoise>,
) -> f64 {
    let mut model = RegularizedAutoEncoder::builder(784, 1000)
        .activation(Relu)
        .regularizer(regularizer)
        .build()
        .unwrap();
    let mut trainer = Trainer::builder()
        .constraint(Constraint::UNIT)
        .learning_rate(0.001)
        .epochs(epochs)
        .threads(2);
    if let Some(corruption) = corruption {
        trainer = trainer.corruption(corruption);
    }
    trainer.build().unwrap().fit(&mut model, images).unwrap();
    metrics::evaluate(&model, images).unwrap().average_activation_fraction
}

#[test]
fn contraction_leaves_relu_alone_and_denoising_and_sparsity_do_not() {
    let Some(images) = images() else { return };
    let contractive =
        [0.0, 0.25, 1.0].map(|coefficient| fraction(&images, 1, coefficient * Contractive, None));
    println!("CAE at λ = 0, 0.25, 1: {contractive:.4?}");
    let lowest = contractive.into_iter().fold(f64::INFINITY, f64::min);
    let highest = contractive.into_iter().fold(f64::NEG_INFINITY, f64::max);
    assert!(highest - lowest < 0.02);

    let noise = GaussianNoise::new(0.25).unwrap();
    let denoising = fraction(&images, 1, Unregularized, Some(noise));
    println!("DAE at σ² = 0.25: {denoising:.4}");
    assert!(denoising < contractive[0] * 2.0 / 3.0);

    let [free, sparse] = [0.0, 0.25]
        .map(|coefficient| fraction(&images, 2, coefficient * KlSparsity::new(0.0).unwrap(), None));
    println!("SAE at λ = 0, 0.25, two epochs: {free:.4}, {sparse:.4}");
    assert!(sparse < free * 2.0 / 3.0);
}
