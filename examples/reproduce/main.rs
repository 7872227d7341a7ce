//! The paper's five figures, and whether its claims about them hold.
//!
//! ```text
//! fraction of active codes   (1/Nm) Σ_ij 1[h_ij > δ_min], Eq. 14
//! against the coefficient    λ of CAE, mDAE and SAE, noise variance σ² of DAE and eDAE
//! ```
//! The protocol is that of §3: 1000 hidden units, batches of 50, momentum 0.9, 50 epochs, biases from 0,
//! no decoder bias, SAE with ρ = 0, twelve coefficients from 0 to 1. MNIST: the first 50,000 training
//! images; CIFAR-10: 50,000 random 8 × 8 patches; every feature standardised. Without either folder
//! the digits that the crate brings along are used.
//!
//! ```text
//! cargo run --release --example reproduce -- --figure 1 --cifar10 DIR --out DIR
//! cargo run --release --example reproduce -- --figure all
//! ```
//! Rows are written as runs end; the same command, given again, goes on where it was stopped.
//! Afterwards the output folder holds for each figure and data set the rows (`.jsonl` and `.csv`), a
//! plot (`.svg` and `.png`), sheets of filters, and `claims.md`: what the paper says of the figures
//! that were asked for, beside what was measured.

#[path = "../common/files.rs"]
mod files;
#[path = "../common/output.rs"]
mod output;

mod arguments;
mod claims;
mod data;
mod display;
mod figures;
mod filters;
mod judge;
mod plot;
mod rates;
mod runs;

use arguments::Arguments;
use clap::Parser;
use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    output::check_folder(&arguments.out)?;
    let (figures, sources) = (arguments.figures()?, data::sources(arguments)?);
    // All of them before the first training, so that what is wrong with one is told now.
    let data = sources.iter().map(data::Source::load).collect::<Result<Vec<_>, _>>()?;
    let mut measured = Vec::new();
    for (source, x) in sources.iter().zip(&data) {
        for figure in &figures {
            for activation in arguments.activations(figure) {
                measured.push(runs::measure(arguments, source, x, figure, activation)?);
            }
            let panels: Vec<_> = measured
                .iter()
                .filter(|panel| panel.figure.number == figure.number && panel.data == source.name)
                .collect();
            plot::write(arguments, &panels)?;
        }
    }
    let path = arguments.out.join("claims.md");
    let text = claims::page(arguments, &sources, &measured);
    println!("{text}");
    output::Output::create(&path)?.finish(text)?;
    println!("\nRows, plots, filters and claims: {}", arguments.out.display());
    Ok(())
}
