//! The command line.

use crate::figures::{self, Figure};
use clap::Parser;
use std::path::PathBuf;

/// Repeats the paper's figures and checks its claims.
#[derive(Parser)]
#[command(name = "reproduce")]
pub struct Arguments {
    /// Which figure: 1 to 5, or all
    #[arg(long, default_value = "all", value_parser = figure)]
    figure: Choice,

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
    #[arg(long)]
    threads: Option<usize>,

    /// Number of seeds; curves are means, bands reach from the lowest to the highest
    #[arg(long, default_value_t = 1)]
    pub seeds: u64,

    /// Only these models, such as CAE,DAE
    #[arg(long, value_delimiter = ',')]
    models: Vec<String>,

    /// Only these coefficients, such as 0,0.25,1
    #[arg(long, value_delimiter = ',')]
    coefficients: Vec<f64>,
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

impl Arguments {
    /// The figures that are wanted and have one of the models that are.
    pub fn figures(&self) -> Result<Vec<Figure>, String> {
        let wanted = |figure: &Figure| match self.figure {
            Choice::All => true,
            Choice::One(number) => figure.number == number,
        };
        let figures = figures::all().into_iter().filter(wanted);
        let figures: Vec<_> = figures.filter(|figure| !self.models(figure).is_empty()).collect();
        if figures.is_empty() {
            return Err(format!("no figure has one of the models {}", self.models.join(", ")));
        }
        Ok(figures)
    }

    /// The models of a figure, or those of them that are wanted.
    pub fn models(&self, figure: &Figure) -> Vec<&'static str> {
        let is_wanted =
            |model: &&str| self.models.is_empty() || self.models.iter().any(|m| m == model);
        figure.models.iter().copied().filter(is_wanted).collect()
    }

    /// The paper's coefficients, or those that are wanted.
    pub fn coefficients(&self) -> Vec<f64> {
        match &self.coefficients[..] {
            [] => figures::COEFFICIENTS.to_vec(),
            wanted => wanted.to_vec(),
        }
    }

    pub fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(cores)
    }
}
