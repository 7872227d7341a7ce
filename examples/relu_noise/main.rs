//! Which part of the denoising objective makes ReLU auto-encoders sparse? An experiment.
//!
//! ```text
//! J_DAE = E‖x − y(x+ε)‖² = J_AE + E[εᵀ∇ℓ] + second order + …,   ε ~ N(0, σ²I)
//! y = Wᵀ max(0, Wx + b),  ‖W_j‖ = 1
//! ```
//! The paper (§3.1.1) holds the first-order term E[εᵀ∇ℓ] responsible, since with ReLU the terms of
//! second order have the bias gradient 0 for every sample. But noise also carries samples over the
//! kinks of ReLU. So this
//!
//! 1. trains J_DAE, J_DAE less its first-order term, J_DAE averaged over ε and −ε, where odd orders
//!    cancel, J_AE with the first-order term alone, and J_AE with the terms of second order, without
//!    and with what the kinks add to their gradient, and compares the shares of active units;
//! 2. compares what noise adds to J and to its bias gradient with the second order, kinks included;
//! 3. measures how the share of active units answers to the coefficients of other models.
//!
//! Run: `cargo run --release --example relu_noise`, about a minute; with `-- --cifar10 DIR` parts 1
//! and 2 on patches, some minutes. The results stand in `docs/RELU_NOISE.md`.

#[path = "../common/files.rs"]
mod files;
#[path = "../common/output.rs"]
mod output;
#[path = "../common/parallel.rs"]
mod parallel;

mod curve;
mod data;
mod descent;
mod estimate;
mod kink;
mod noise;
mod objective;
mod runs;
mod second_order;
mod trends;

use clap::{Parser, value_parser};
use descent::{BATCH, Descent, MOMENTUM, RATE};
use kuva::RasterBackend;
use nalgebra::DMatrix;
use output::Output;
use runs::Size;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

/// Compares the parts of the denoising objective with ReLU.
#[derive(Parser)]
struct Arguments {
    /// Trains on 50,000 patches of the images in this folder (data_batch_*.bin) instead of digits
    #[arg(long, value_name = "DIR")]
    cifar10: Option<PathBuf>,
    /// Passes over the data [default: 100; 5 on patches]
    #[arg(long, value_parser = value_parser!(u64).range(1..))]
    epochs: Option<u64>,
    /// Trainings for each setting, with the seeds 0, 1, … [default: 3; 1 on patches]
    #[arg(long, value_parser = value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// Folder for the picture
    #[arg(long, default_value = "out/relu_noise")]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    let arguments = Arguments::parse();
    let folder = &arguments.out;
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let png = Output::create(folder.join("by_epoch.png"))?;
    let (x, size) = arguments.data()?;
    let (n_inputs, n_samples) = x.shape();
    let Size { n_hidden, epochs, seeds, pairs } = size;
    println!("{n_samples} samples, {n_inputs} → {n_hidden} units at unit length, {epochs} epochs,");
    println!("batches of {BATCH}, μ = {MOMENTUM}, seeds 0 to {}", seeds - 1);

    println!(
        "\n1. Which part makes sparse: ReLU, η = {RATE}, ± standard deviation over the seeds\n"
    );
    let runs = runs::train_all(size, &x)?;
    runs::print(&runs);

    println!("\n2. What noise adds: measured, and to second order with kinks, S + K\n");
    let initial = Descent::new(n_inputs, n_hidden, 0)?;
    let initial = ("initial parameters", initial.model.parameters());
    second_order::run(&[initial, ("trained AE", &runs[0].parameters)], &x, pairs)?;

    if arguments.cifar10.is_none() {
        println!("\n3. How sparsity answers to a coefficient\n");
        trends::run(size, &x)?;
    }
    png.finish(RasterBackend::new().with_scale(2.0).render_scene(&curve::by_epoch(&runs))?)?;
    let seconds = begin.elapsed().as_secs_f64();
    println!("\nPicture: {}; {seconds:.0} s", folder.join("by_epoch.png").display());
    Ok(())
}

impl Arguments {
    fn data(&self) -> Result<(DMatrix<f32>, Size), Box<dyn Error>> {
        let (x, mut size) = match &self.cifar10 {
            Some(folder) => {
                (data::patches(folder)?, Size { n_hidden: 1000, epochs: 5, seeds: 1, pairs: 30 })
            }
            None => (data::digits()?, Size { n_hidden: 256, epochs: 100, seeds: 3, pairs: 200 }),
        };
        size.epochs = self.epochs.unwrap_or(size.epochs);
        size.seeds = self.seeds.unwrap_or(size.seeds);
        Ok((x, size))
    }
}
