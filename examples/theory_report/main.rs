//! What the theory says of every activation and regularizer, beside what trainings do.
//!
//! ```text
//! ∂R/∂b_j > 0  ⇒  E[a_j] falls (Eq. 5)  ⇒  h_j is inactive more often (Thm. 2), if s(a) → 0 as a → −∞
//! ```
//! First come the activations with what they declare (§2.1.2), and the table that follows from it
//! for every regularizer (§2.2): which corollary applies, the sign of ∂R/∂b_j, the prediction. Then
//! small models learn the handwritten digits with several λ, and the prediction stands beside what
//! was seen. Two of them are watched while they learn: the picture shows Lemma 1's bound, E[a_j] and
//! Thm. 2's bound over the epochs.
//!
//! Run: `cargo run --release --example theory_report`, optionally with `-- --out DIR`.

#[path = "../common/output.rs"]
mod output;

mod observation;
mod picture;
mod tables;

use clap::Parser;
use kuva::RasterBackend;
use kuva::backend::svg::SvgBackend;
use output::Output;
use regularized_autoencoder::data::{Standardization, digits};
use regularized_autoencoder::theory::Assumption1;
use std::error::Error;
use std::path::PathBuf;

/// Prints the theory's verdicts and compares them with trainings on the digits.
#[derive(Parser)]
struct Arguments {
    /// Folder for the picture
    #[arg(long, default_value = "out/theory_report")]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Arguments::parse().out;
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let svg = Output::create(folder.join("theory.svg"))?;
    let png = Output::create(folder.join("theory.png"))?;

    println!("{}", tables::activations());
    println!("{}", tables::verdicts()?);

    let mut x = digits::images::<f64>() / 16.0;
    Standardization::fit(&x, 0.1)?.apply(&mut x)?;
    println!("{} digits of {} pixels: {}\n", x.ncols(), x.nrows(), Assumption1::of(&x)?);
    println!("{}", observation::compare(&x)?);

    let scene = picture::draw(&observation::watch(&x)?);
    svg.finish(SvgBackend::default().render_scene(&scene))?;
    png.finish(RasterBackend::new().with_scale(2.0).render_scene(&scene)?)?;
    println!("Picture of the bounds: {}", folder.display());
    Ok(())
}
