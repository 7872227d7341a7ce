//! Sigmoid auto-encoders on handwritten digits grow sparse under the contractive penalty.
//!
//! ```text
//! minimise  E‖x − y‖² + λR     y = Wᵀ s(Wx + b),  ‖W_j‖ = 1
//! R = E‖∂h/∂x‖²_F = E Σ_j s'(a_j)² ‖W_j‖²      (CAE)
//! ```
//! The samples have mean 0, hence E[a_j] = b_j, and a plain gradient step moves it by −η ∂J/∂b_j.
//! The penalty's share in that is
//! ```text
//! ∂R/∂b_j = 2 E[s'(a_j) s''(a_j)] ‖W_j‖²
//! ```
//! which is positive wherever s is convex: then R pushes the pre-activation down and units towards
//! 0. A sigmoid is convex only below 0, so Corollary 2 of the paper does not promise this sign. The
//! example measures it.
//!
//! Run: `cargo run --example cae_sigmoid`, optionally with `-- --out DIR`.

#[path = "../common/output.rs"]
mod output;
#[path = "../common/progress.rs"]
mod progress;

mod curve;
mod filters;

use clap::Parser;
use kuva::RasterBackend;
use kuva::backend::svg::SvgBackend;
use nalgebra::DMatrix;
use output::Output;
use progress::Progress;
use regularized_autoencoder::data::{Standardization, digits};
use regularized_autoencoder::metrics::{Evaluation, evaluate};
use regularized_autoencoder::{
    Constraint, Contractive, FitOptions, Parameters, Pass, RegularizedAutoEncoder, Regularizer,
    Sigmoid, Trainer,
};
use std::error::Error;
use std::fmt;
use std::path::PathBuf;

const COEFFICIENTS: [f64; 6] = [0.0, 0.5, 1.0, 2.0, 5.0, 10.0];
const N_HIDDEN: usize = 256;

/// Trains contractive auto-encoders and shows how sparse they are.
#[derive(Parser)]
struct Arguments {
    /// Folder for the pictures
    #[arg(long, default_value = "out/cae_sigmoid")]
    out: PathBuf,
}

/// A trained auto-encoder.
struct Run {
    /// λ.
    coefficient: f64,
    parameters: Parameters<f32>,
    evaluation: Evaluation,
    /// ∂R/∂b_j, the mean over the units.
    bias_gradient: f32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Arguments::parse().out;
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let filters_png = Output::create(folder.join("filters.png"))?;
    let sparsity_svg = Output::create(folder.join("sparsity.svg"))?;
    let sparsity_png = Output::create(folder.join("sparsity.png"))?;

    let mut x = digits::images::<f32>() / 16.0;
    Standardization::fit(&x, 0.1)?.apply(&mut x)?;
    println!("{} digits of {} pixels, {N_HIDDEN} sigmoid units\n", x.ncols(), x.nrows());
    println!("   λ   E‖x − y‖²   explained   active   dead   mean E[a]   mean ∂R/∂b");
    let mut runs = Vec::new();
    for coefficient in COEFFICIENTS {
        let run = train(coefficient, &x)?;
        println!("{run}");
        runs.push(run);
    }
    if runs.iter().all(|run| run.bias_gradient > 0.0) {
        println!(
            "\nThe penalty's bias gradient ∂R/∂b is positive on average, so that training lowers the\n\
             pre-activations E[a]: the greater λ, the smaller the share of active codes (h > 0.1)."
        );
    }

    let raster = RasterBackend::new().with_scale(2.0);
    filters_png.finish(raster.render_scene(&filters::sheet(&runs)?)?)?;
    let sparsity = curve::sparsity(&runs);
    sparsity_svg.finish(SvgBackend::default().render_scene(&sparsity))?;
    sparsity_png.finish(raster.render_scene(&sparsity)?)?;
    println!("Pictures of the filters and of the sparsity: {}", folder.display());
    Ok(())
}

fn train(coefficient: f64, x: &DMatrix<f32>) -> Result<Run, Box<dyn Error>> {
    let penalty = Contractive::new();
    let mut model = RegularizedAutoEncoder::builder(x.nrows(), N_HIDDEN)
        .activation(Sigmoid)
        .regularizer(coefficient * penalty)
        .seed(0)
        .build()?;
    let trainer = Trainer::builder()
        .constraint(Constraint::UNIT)
        .learning_rate(0.005)
        .momentum(0.9)
        .batch_size(20)
        .epochs(60)
        .seed(0)
        .build()?;
    let mut progress = Progress::new(format!("λ = {coefficient}"));
    trainer.fit_with(&mut model, x, FitOptions::default().observer(&mut progress))?;

    let pass = Pass::new(model.parameters(), model.activation(), x)?;
    Ok(Run {
        coefficient,
        bias_gradient: penalty.bias_gradient(&pass)?.mean(),
        evaluation: evaluate(&model, x)?,
        parameters: model.parameters().clone(),
    })
}

/// A row of the table.
impl fmt::Display for Run {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { coefficient, evaluation, bias_gradient, .. } = self;
        write!(out, "{coefficient:4.1}   {:9.3}", evaluation.reconstruction_error)?;
        write!(out, "   {:9.3}", evaluation.explained_variance.unwrap_or(f64::NAN))?;
        write!(out, "   {:6.3}", evaluation.average_activation_fraction)?;
        write!(out, "   {:4}", evaluation.dead_units)?;
        write!(out, "   {:9.3}   {bias_gradient:10.4}", evaluation.mean_pre_activation())
    }
}
