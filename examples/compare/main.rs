//! Which regularized auto-encoder would you use? All of them, at an equal activation fraction.
//!
//! ```text
//! fraction of active codes   (1/Nm) Σ_ij 1[h_ij > δ_min], Eq. 14
//! ```
//! For every model its strength (λ, or the variance of its noise) is searched, by training, until the
//! codes of the training samples have the wanted fraction. Then the codes of test samples are judged:
//! how well they reconstruct, and how well a linear classifier tells the classes from them. Beside
//! them stand the raw features, as many principal components as the codes have active units, and
//! sparse coding, Eq. 2, with as many atoms as there are hidden units.
//!
//! Rows are kept in a file as they are done, so that the same command goes on where it was stopped.
//!
//! ```text
//! cargo run --release --example compare
//! cargo run --release --example compare -- --data mnist=DIR --samples 20000 --hidden 1000 --epochs 10
//! ```

#[path = "../common/files.rs"]
mod files;
#[path = "../common/output.rs"]
mod output;
#[path = "../common/parallel.rs"]
mod parallel;

mod baselines;
mod classifier;
mod data;
mod kept;
mod models;
mod table;

use clap::Parser;
use data::Source;
use kept::{Header, Kept};
use models::{Entry, Protocol};
use regularized_autoencoder::metrics;
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::study::{FractionSearch, Outcome};
use std::path::PathBuf;
use std::process::ExitCode;
use table::{Judgement, Row};

/// Compares all models at an equal activation fraction.
#[derive(Parser)]
#[command(name = "compare")]
struct Arguments {
    /// Data: digits or mnist=DIR
    #[arg(long, default_value = "digits", value_parser = Source::parse)]
    data: Source,

    /// Number of samples: the first of the digits, the first of MNIST's training images [default: all]
    #[arg(long)]
    samples: Option<usize>,

    /// The activation fraction to compare at
    #[arg(long, default_value_t = 0.1)]
    fraction: f64,

    /// Number of hidden units, and of atoms
    #[arg(long = "hidden", default_value_t = 256)]
    n_hidden: usize,

    /// Passes over the data in each training
    #[arg(long, default_value_t = 60)]
    epochs: usize,

    /// Samples per step
    #[arg(long, default_value_t = 20)]
    batch: usize,

    /// Folder for the rows and the table
    #[arg(long, default_value = "out/compare")]
    out: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    output::check_folder(&arguments.out)?;
    let split = arguments.data.load(arguments.samples)?;
    let Arguments { n_hidden, epochs, batch: batch_size, .. } = *arguments;
    let protocol = Protocol { n_hidden, epochs, batch_size };
    let search = FractionSearch::new(arguments.fraction)?
        .tolerance(0.05 * arguments.fraction)?
        .range(1e-4, 1e3)?;
    let path = arguments.out.join(format!("{}.jsonl", split.name));
    let kept = Kept::open(&path, &Header::new(&split, arguments.fraction, protocol))?;
    if kept.len() > 0 {
        eprintln!("{} rows are there already: {}", kept.len(), path.display());
    }
    let train = |entry: Entry| {
        kept.row((entry.name, entry.activation), || {
            match model_row(&entry, search, protocol, &split) {
                Err(error) if error.is_failed_training() => {
                    let mut row = Row::new(entry.name, entry.activation);
                    row.remark = Some(error.to_string());
                    Ok(row)
                }
                other => other,
            }
        })
    };
    let mut rows =
        parallel::map(models::entries(), train).into_iter().collect::<Result<Vec<_>, _>>()?;
    for (name, work) in baselines::entries() {
        rows.push(kept.row((name, "–"), || work(name, &split, arguments.fraction, n_hidden))?);
    }
    let text = table::page(&split, protocol, arguments.fraction, &rows);
    println!("{text}");
    let path = path.with_extension("md");
    output::Output::create(&path)?.finish(text)?;
    println!("\nTable: {}", path.display());
    Ok(())
}

/// Searches the strength of a model, and judges what was trained with it.
fn model_row(
    entry: &Entry,
    search: FractionSearch,
    protocol: Protocol,
    split: &data::Split,
) -> Result<Row, Error> {
    let x = &split.training.x;
    let mut row = Row::new(entry.name, entry.activation);
    let model = if entry.has_strength {
        let training = |strength| entry.training(protocol, x.nrows(), strength);
        let found = search.run_with(x, training)?;
        row.remark = match found.outcome {
            Outcome::Reached => None,
            Outcome::NoEffect => Some("λ does not move sparsity"),
            Outcome::BelowAtSmallest => Some("sparser at 10⁻⁴ already"),
            Outcome::FailedAtSmallest => Some("fails at 10⁻⁴ already"),
            Outcome::AboveAtLargest => Some("denser at all of 10⁻⁴, 10⁻³ … 10³"),
            _ => Some("passes it between two strengths"),
        }
        .map(String::from);
        let Some((strength, model)) = found.best else { return Ok(row) };
        row.strength = Some(strength);
        model
    } else {
        let (trainer, mut model) = entry.training(protocol, x.nrows(), 0.0)?;
        trainer.fit(&mut model, x)?;
        model
    };
    let (training, test) =
        (metrics::evaluate(&model, x)?, metrics::evaluate(&model, &split.test.x)?);
    let codes = |x| model.encode(x).map(|codes| codes.map(f64::from));
    row.judgement = Some(Judgement {
        fraction: training.average_activation_fraction,
        dead: training.dead_fraction(),
        hard_zeros: test.hard_zero_fraction,
        explained: test.explained_variance,
        accuracy: table::accuracy(split, codes(x)?, codes(&split.test.x)?),
    });
    Ok(row)
}
