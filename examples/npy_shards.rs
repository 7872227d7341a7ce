//! Trains on `.npy` files that need not fit into memory.
//!
//! Writes samples with known sparse codes as four shards, which NumPy could have written too, and
//! trains from them twice: with windows of a tenth of the samples, and with one that holds them all,
//! which gives the same model as training on the matrix. Either way J falls from 27 to about 11, and
//! some 38 % of the units are active.
//! Run it with `cargo run --release --example npy_shards`; it writes 20 MB into `out/npy_shards`, or
//! into the folder that is its argument.

use regularized_autoencoder::data::{SparseDictionary, npy};
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::source::{NpyFile, Shards, Windows};
use std::path::{Path, PathBuf};

const N_SAMPLES: usize = 40_000;
const N_INPUTS: usize = 128;

/// Writes the samples in four files and gives their names.
fn write_shards(folder: &Path, x: &DMatrix<f32>) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for shard in 0..4 {
        let path = folder.join(format!("samples-{shard}.npy"));
        // An array of shape (10000, 128).
        npy::write(&path, x.columns(shard * N_SAMPLES / 4, N_SAMPLES / 4))?;
        paths.push(path);
    }
    Ok(paths)
}

fn model() -> Result<RegularizedAutoEncoder<f32, Sigmoid, impl Regularizer<f32>>, Error> {
    RegularizedAutoEncoder::builder(N_INPUTS, 256).regularizer(2.0 * Contractive::new()).build()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or("out/npy_shards".into(), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let made = SparseDictionary::new(N_INPUTS, 256, 0.05)?.with_noise(0.01)?;
    let x = made.generate::<f32>(N_SAMPLES, 1)?.data;
    let paths = write_shards(&folder, &x)?;
    let files = paths.iter().map(NpyFile::<f32>::open).collect::<Result<Vec<_>, _>>()?;
    let shards = Shards::new(files)?;
    println!("{} samples of {} values in 4 files", shards.n_samples(), shards.n_inputs());

    let trainer = Trainer::builder().constraint(Constraint::UNIT).learning_rate(0.005).epochs(3);
    let trainer = trainer.build()?;
    let mut in_memory = model()?;
    trainer.fit(&mut in_memory, &x)?;
    for (what, windows) in [
        ("10 windows of 40 chunks of 100 samples", Windows::new(100, 40)?),
        ("one window that holds them all", Windows::new(100, 400)?),
    ] {
        let mut model = model()?;
        let report = trainer.fit_source(&mut model, &shards, windows)?;
        let j: Vec<_> =
            report.history.iter().map(|epoch| format!("{:.4}", epoch.objective())).collect();
        let fraction = metrics::evaluate_source(&model, &shards)?.average_activation_fraction;
        println!("{what}: J = {}, {:.1} % of the units active", j.join(", "), 100.0 * fraction);
        let is_same = model.parameters() == in_memory.parameters();
        println!("  the same model as from memory: {is_same}");
    }
    Ok(())
}
