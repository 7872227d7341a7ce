//! A model of normal samples tells strange ones by how badly it reconstructs them, and which of
//! their features are strange.
//!
//! ```text
//! score(x) = ‖x − y‖²          y the reconstruction by an auto-encoder trained on normal samples
//! anomalous:  score > t        t = the ⌈q(N + 1)⌉-th smallest of N reference scores
//! AUC = P(score of a strange sample > score of a normal one), ½ for equal scores
//! ```
//! Normal samples are handwritten digits other than 4. A half of them trains the model, a quarter
//! sets the threshold, a quarter is tested, beside two kinds of strange samples: images of the digit
//! 4, and normal images of which one pixel is wrong. For the latter the example counts how often the
//! wrong pixel is the one that contributes most to the score.
//!
//! Run: `cargo run --example anomaly_scores`

use regularized_autoencoder::data::digits;
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::scores::{QuantileThreshold, contributions, reconstruction_errors};

const UNSEEN: u8 = 4;
const QUANTILE: f64 = 0.95;

/// The share of the pairs in which the strange sample has the higher score.
fn area_under_curve(normal: &[f64], strange: &[f64]) -> f64 {
    let wins = |strange: &f64| -> f64 {
        let half =
            |normal: &f64| 0.5 * (f64::from(strange > normal) + f64::from(strange >= normal));
        normal.iter().map(half).sum()
    };
    strange.iter().map(wins).sum::<f64>() / (normal.len() * strange.len()) as f64
}

fn main() -> Result<(), Error> {
    let images = digits::images::<f32>() / 16.0;
    let labels = digits::labels();
    let of = |wanted: &dyn Fn(usize, u8) -> bool| {
        let numbered = labels.iter().enumerate().filter(|(i, label)| wanted(*i, **label));
        images.select_columns(&numbered.map(|(i, _)| i).collect::<Vec<_>>())
    };
    let train = of(&|i, label| label != UNSEEN && i % 4 < 2);
    let reference = of(&|i, label| label != UNSEEN && i % 4 == 2);
    let normal = of(&|i, label| label != UNSEEN && i % 4 == 3);
    let unseen = of(&|_, label| label == UNSEEN);
    // In image i, pixel 11 i mod 64 becomes dark if it was light, and light if it was dark.
    let wrong_pixel = |image: usize| 11 * image % 64;
    let mut corrupted = normal.clone();
    for (image, mut pixels) in corrupted.column_iter_mut().enumerate() {
        let pixel = &mut pixels[wrong_pixel(image)];
        *pixel = if *pixel < 0.5 { 1.0 } else { 0.0 };
    }

    let mut model =
        RegularizedAutoEncoder::builder(64, 32).activation(Relu).decoder_bias(true).build()?;
    let trainer = Trainer::builder().learning_rate(0.01).batch_size(20).epochs(100);
    trainer.build()?.fit(&mut model, &train)?;

    let threshold = QuantileThreshold::fit(&reconstruction_errors(&model, &reference)?, QUANTILE)?;
    let scores_of_normal = reconstruction_errors(&model, &normal)?;
    println!("{} normal images train, {} set the threshold", train.ncols(), reference.ncols());
    println!("t = {:.3}; expected: at most {:.0} % false alarms\n", threshold.value(), 5.0);
    println!("samples            images   mean score   above t    AUC");
    for (name, x) in [("normal", &normal), ("digit 4", &unseen), ("one wrong pixel", &corrupted)] {
        let scores = reconstruction_errors(&model, x)?;
        let above = scores.iter().filter(|score| threshold.is_anomalous(**score)).count();
        let (count, sum) = (scores.len() as f64, scores.iter().sum::<f64>());
        print!(
            "{name:16}   {count:6}   {:10.3}   {:5.1} %",
            sum / count,
            100.0 * above as f64 / count
        );
        println!("   {:.3}", area_under_curve(&scores_of_normal, &scores));
    }

    let mut found = 0;
    for (image, pixels) in corrupted.column_iter().enumerate() {
        let most = contributions(&model, pixels.as_slice())?[0];
        found += usize::from(most.input == wrong_pixel(image));
    }
    println!("\nThe wrong pixel contributes most in {found} of {} images.", corrupted.ncols());
    println!("In the first of them, pixel {}:\n  pixel   (x − y)²       y − x", wrong_pixel(0));
    for share in &contributions(&model, corrupted.column(0).as_slice())?[..5] {
        println!("{:7}   {:8.4}   {:9.4}", share.input, share.squared_residual, share.residual);
    }
    Ok(())
}
