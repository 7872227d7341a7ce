//! A sparse auto-encoder goes to SAELens, and comes back.
//!
//! ```text
//! this crate     h = max(0, Wx + b_e),             y = Wᵀh + b_d        ‖W_j‖ = 1
//! SAELens        h = max(0, x W_enc + b_enc),      y = h W_dec + b_dec
//! ```
//! W_enc = Wᵀ and W_dec = W: the folder holds the weights to the bit. Beside them the example writes
//! `expected.json`, some samples with the codes and reconstructions of this crate, which
//! `tests/data/saelens/check.py` compares with what the Python package computes from the folder:
//!
//! ```text
//! cargo run --example saelens_export -- out/saelens
//! pip install sae-lens && python tests/data/saelens/check.py check out/saelens
//! ```

use regularized_autoencoder::exchange::saelens;
use regularized_autoencoder::prelude::*;

/// Samples in rows, as JSON.
fn rows(samples: &DMatrix<f32>) -> Vec<Vec<f32>> {
    samples.column_iter().map(|sample| sample.iter().copied().collect()).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "out/saelens".into());
    let x = DMatrix::<f32>::from_fn(16, 2000, |i, j| ((i * i + 3 * j) as f32).sin());
    let mut model = RegularizedAutoEncoder::builder(16, 64)
        .activation(Relu)
        .regularizer(0.1 * CodeL1::new())
        .decoder_bias(true)
        .build()?;
    let trainer = Trainer::builder().constraint(Constraint::UNIT).learning_rate(0.005).epochs(20);
    trainer.build()?.fit(&mut model, &x)?;
    let evaluation = metrics::evaluate(&model, &x)?;
    let explained = evaluation.explained_variance.unwrap_or(f64::NAN);
    println!("active units a sample: {:.1}", evaluation.mean_active_units());
    println!("explained variance: {explained:.3}");

    saelens::save(&model.clone().fold_scaler()?, &folder)?;
    let some = x.columns(0, 50).into_owned();
    let (codes, y) = (model.encode(&some)?, model.reconstruct(&some)?);
    let expected = serde_json::json!({
        "x": rows(&some), "codes": rows(&codes), "reconstructions": rows(&y),
    });
    std::fs::write(format!("{folder}/expected.json"), expected.to_string())?;

    let loaded = saelens::load::<f32>(&folder)?;
    let difference = (loaded.encode(&some)? - codes).amax();
    println!("saved to {folder}; codes after loading differ by {difference}");
    Ok(())
}
