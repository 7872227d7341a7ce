//! The command line.

use crate::figures::{self, Figure};
use clap::Parser;
use std::path::PathBuf;

/// Repeats the paper's figures and checks its claims.
#[derive(Parser)]
#[command(name = "reproduce")]
pub struct Arguments {
    /// Which figures: 1 to 5, such as 2,3, or all
    #[arg(long = "figure", default_value = "all", value_delimiter = ',', value_parser = figure)]
    figures: Vec<Choice>,

    /// Folder with MNIST's train-images-idx3-ubyte, gzipped or not
    #[arg(long)]
    pub mnist: Option<PathBuf>,

    /// Folder with CIFAR-10's data_batch_*.bin
    #[arg(long)]
    pub cifar10: Option<PathBuf>,

    /// Folder for rows, plots, filters and claims
    #[arg(long, default_value = "out/reproduce")]
    pub out: PathBuf,

    /// Passes over the data; the paper's are 50
    #[arg(long, default_value_t = 50)]
    pub epochs: usize,

    /// Number of samples: MNIST's first, patches of CIFAR-10, the first digits [default: 50000, all digits]
    #[arg(long)]
    pub samples: Option<usize>,

    /// Number of hidden units; the paper's are 1000
    #[arg(long = "hidden", default_value_t = 1000)]
    pub n_hidden: usize,

    /// Runs at a time, on a thread each [default: the number of cores]
    #[arg(long, value_parser = at_least_one)]
    threads: Option<u64>,

    /// Number of seeds; curves are means, bands reach from the lowest to the highest
    #[arg(long, default_value_t = 1, value_parser = at_least_one)]
    pub seeds: u64,

    /// Only these models, such as CAE,DAE
    #[arg(long, value_delimiter = ',')]
    models: Vec<String>,

    /// Only these activations, such as sigmoid
    #[arg(long, value_delimiter = ',')]
    activations: Vec<String>,

    /// Only these coefficients, such as 0,0.25,1
    #[arg(long, value_delimiter = ',', value_parser = coefficient)]
    coefficients: Vec<f64>,

    /// The learning rate [default: 0.001 for ReLU, else chosen by trials]
    #[arg(long, value_parser = learning_rate)]
    pub learning_rate: Option<f64>,
}

#[derive(Clone, Copy)]
enum Choice {
    All,
    One(usize),
}

fn figure(value: &str) -> Result<Choice, String> {
    match (value, value.parse()) {
        ("all", _) => Ok(Choice::All),
        (_, Ok(number)) if (1..=5).contains(&number) => Ok(Choice::One(number)),
        _ => Err("known are 1, 2, 3, 4, 5 and all".into()),
    }
}

fn at_least_one(value: &str) -> Result<u64, String> {
    match value.parse() {
        Ok(0) => Err("must be at least 1".into()),
        other => other.map_err(|error: std::num::ParseIntError| error.to_string()),
    }
}

fn coefficient(value: &str) -> Result<f64, String> {
    match value.parse() {
        Ok(number) if number >= 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err("must be a finite number, at least 0".into()),
    }
}

fn learning_rate(value: &str) -> Result<f64, String> {
    match value.parse() {
        Ok(number) if number > 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err("must be a finite number above 0".into()),
    }
}

impl Arguments {
    /// The figures that are wanted and have one of the models and activations that are.
    pub fn figures(&self) -> Result<Vec<Figure>, String> {
        let figures = figures::all();
        let known = |names: fn(&Figure) -> &'static [&'static str], wanted: &[String], what| {
            let unknown = wanted
                .iter()
                .find(|name| !figures.iter().any(|figure| names(figure).contains(&name.as_str())));
            unknown.map_or(Ok(()), |name| Err(format!("no figure has the {what} {name}")))
        };
        known(|figure| figure.models, &self.models, "model")?;
        known(|figure| figure.activations, &self.activations, "activation")?;
        let is_wanted = |figure: &Figure| {
            self.figures.iter().any(|choice| match choice {
                Choice::All => true,
                Choice::One(number) => figure.number == *number,
            })
        };
        let has_runs = |f: &Figure| !self.models(f).is_empty() && !self.activations(f).is_empty();
        let wanted: Vec<_> = figures.into_iter().filter(is_wanted).filter(has_runs).collect();
        if wanted.is_empty() {
            return Err("no figure has these models and activations".into());
        }
        Ok(wanted)
    }

    /// The models of a figure, or those of them that are wanted.
    pub fn models(&self, figure: &Figure) -> Vec<&'static str> {
        only(figure.models, &self.models)
    }

    /// The activations of a figure, or those of them that are wanted.
    pub fn activations(&self, figure: &Figure) -> Vec<&'static str> {
        only(figure.activations, &self.activations)
    }

    /// The paper's coefficients, or those that are wanted, in ascending order.
    pub fn coefficients(&self) -> Vec<f64> {
        if self.coefficients.is_empty() {
            return figures::COEFFICIENTS.to_vec();
        }
        let mut wanted = self.coefficients.clone();
        wanted.sort_by(f64::total_cmp);
        wanted.dedup();
        wanted
    }

    pub fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, |threads| threads as usize)
    }
}

/// Those of `names` that are `wanted`; all if none is named.
fn only(names: &'static [&'static str], wanted: &[String]) -> Vec<&'static str> {
    let is_wanted = |name: &&str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    names.iter().copied().filter(is_wanted).collect()
}
