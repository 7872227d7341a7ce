//! Training steps of this crate and of its peers, side by side, in turn, on this machine.
//!
//! ```text
//! cargo bench --bench peers
//! ```
//! `benches/README.md` tells the method and what the rows mean; `--help` lists the options.

mod compare;
mod machine;
mod measure;
mod naive;
mod ours;
#[path = "../../examples/common/output.rs"]
mod output;
mod problem;
mod products;
mod program;
mod python;
mod pytorch;
mod rows;
mod scaling;
mod setup;
mod table;
mod worker;

use clap::Parser;
use compare::Outcome;
use machine::Machine;
use measure::Method;
use output::Output;
use pytorch::Workers;
use rows::{Peer, Row};
use scaling::{Cost, Family};
use serde::Serialize;
use setup::Setup;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compares training steps of this crate with PyTorch, plain nalgebra and faer's products alone.
#[derive(Parser)]
#[command(name = "peers")]
struct Settings {
    /// How often each program is measured
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,

    /// Seconds of each measurement
    #[arg(long, default_value_t = 0.4)]
    seconds: f64,

    /// Only rows that contain this text, such as "PyTorch by hand" or "cost against n"
    #[arg(long)]
    only: Option<String>,

    /// Writes every measured time to this file
    #[arg(long)]
    json: Option<PathBuf>,

    /// Interpreter with PyTorch [default: one in benches/peers/.venv, installed on first use]
    #[arg(long)]
    python: Option<PathBuf>,

    /// What cargo passes
    #[arg(long, hide = true)]
    bench: bool,
}

impl Settings {
    fn wants(&self, label: &str) -> bool {
        let only = self.only.as_deref().unwrap_or_default();
        label.to_lowercase().contains(&only.to_lowercase())
    }

    fn method(&self) -> Method {
        Method { rounds: self.rounds.into(), seconds: self.seconds }
    }
}

/// What the JSON file holds.
#[derive(Serialize)]
struct Record {
    command: String,
    version: &'static str,
    pytorch: Option<String>,
    #[serde(flatten)]
    machine: Machine,
    comparisons: Vec<Comparison>,
    costs: Vec<Costs>,
}

#[derive(Serialize)]
struct Comparison {
    setup: Setup,
    peer: String,
    milliseconds_per_step: Outcome,
}

#[derive(Serialize)]
struct Costs {
    against: &'static str,
    of: &'static str,
    costs: Vec<Cost>,
}

fn main() -> ExitCode {
    match run(&Settings::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let output = settings.json.as_deref().map(Output::create).transpose()?;
    let mut rows = rows::rows();
    rows.retain(|row| settings.wants(&row.to_string()));
    let mut families = scaling::families();
    families.retain(|family| settings.wants(&label(family)));
    let mut workers = workers(settings, &rows)?;

    let record = Record {
        command: command(),
        version: env!("CARGO_PKG_VERSION"),
        pytorch: workers.as_ref().map(|workers| workers.version.clone()),
        machine: Machine::this(),
        comparisons: Vec::new(),
        costs: Vec::new(),
    };
    print_heading(&record);
    let comparisons = compare(&rows, workers.as_mut(), settings.method())?;
    let costs = measure_costs(&families, settings.method())?;
    if let Some(output) = output {
        let record = Record { comparisons, costs, ..record };
        output.finish(serde_json::to_string_pretty(&record)? + "\n")?;
    }
    Ok(())
}

/// PyTorch, if one of the rows needs it.
fn workers(settings: &Settings, rows: &[Row]) -> Result<Option<Workers>, Box<dyn Error>> {
    if !rows.iter().any(|row| matches!(row.peer, Peer::PyTorch(_))) {
        return Ok(None);
    }
    let python = settings.python.clone().map_or_else(python::interpreter, Ok)?;
    Workers::new(python).map(Some)
}

/// The command that started this program.
fn command() -> String {
    let mut command = String::from("cargo bench --bench peers --");
    for argument in std::env::args().skip(1).filter(|argument| argument != "--bench") {
        let quote = if argument.contains(' ') { "'" } else { "" };
        command += &format!(" {quote}{argument}{quote}");
    }
    command.trim_end_matches(" --").to_owned()
}

fn print_heading(record: &Record) {
    let Machine { processor, cores } = &record.machine;
    println!("`{}`\n", record.command);
    print!("{processor}, {cores} cores; regularized-autoencoder {}", record.version);
    match &record.pytorch {
        Some(version) => println!("; PyTorch {version}\n"),
        None => println!("\n"),
    }
}

fn compare(
    rows: &[Row],
    mut workers: Option<&mut Workers>,
    method: Method,
) -> Result<Vec<Comparison>, Box<dyn Error>> {
    let mut comparisons = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        eprintln!("{} of {}: {row}", number + 1, rows.len());
        let outcome = compare::compare(row, workers.as_deref_mut(), method)?;
        if number == 0 {
            println!("{}", table::COMPARISONS);
        }
        println!("{}", table::comparison(row, &outcome));
        let (setup, peer) = (row.setup, row.peer.to_string());
        comparisons.push(Comparison { setup, peer, milliseconds_per_step: outcome });
    }
    Ok(comparisons)
}

fn label(family: &Family) -> String {
    format!("cost against {}", family.what)
}

fn measure_costs(families: &[Family], method: Method) -> Result<Vec<Costs>, Box<dyn Error>> {
    let mut all = Vec::new();
    for (number, family) in families.iter().enumerate() {
        eprintln!("{}", label(family));
        let costs = family.measure(method)?;
        if number == 0 {
            println!(
                "\nOurs, 784 → 1000, batch 50, CAE, sigmoid, f32, 1 thread, but for one size:"
            );
            println!("\n{}", table::COSTS);
        }
        println!("{}", table::costs(family, &costs));
        all.push(Costs { against: family.what, of: family.unit, costs });
    }
    Ok(all)
}
