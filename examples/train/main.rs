//! One run of the paper's experiments: trains an auto-encoder and measures how sparse it is.
//!
//! ```text
//! minimise  E‖x − y‖² + λR     y = Wᵀ s(Wx + b)
//! v ← μv − η ∇J(batch),  θ ← θ + v,  then the constraint on ‖W_j‖
//! ```
//! The defaults are the paper's: 50 epochs of batches of 50, 1000 hidden units, momentum 0.9,
//! biases from 0, no decoder bias. Fractions and errors are those of the whole training set,
//! standardised and not corrupted, after the training.
//!
//! ```text
//! cargo run --release --example train -- --data mnist=DIR --samples 50000 --activation relu \
//!     --model dae --coefficient 0.04 --constraint unit --json out.json
//! ```
//! `--help` lists everything. The JSON file has the settings and the results of the run. If the
//! training diverges, `diverged` is true in it, `error` says where, the results are null, and the
//! program ends with an error.

#[path = "../common/files.rs"]
mod files;
#[path = "../common/output.rs"]
mod output;
#[path = "../common/progress.rs"]
mod progress;

mod data;
mod settings;

use nalgebra::DMatrix;
use output::Output;
use progress::Progress;
use regularized_autoencoder::metrics::{Evaluation, evaluate};
use regularized_autoencoder::{
    Activation, Error, FitOptions, GaussianNoise, RegularizedAutoEncoder, Regularizer, Report,
    Trainer,
};
use serde::Serialize;
use settings::{Model, Settings};
use std::process::ExitCode;

type AnyAutoEncoder =
    RegularizedAutoEncoder<f32, Box<dyn Activation<f32>>, Box<dyn Regularizer<f32>>>;

/// What the JSON file holds.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    settings: &'a Settings,
    n_inputs: usize,
    n_samples: usize,
    diverged: bool,
    error: Option<String>,
    #[serde(flatten)]
    results: Results,
}

/// What a run gives; nothing if it diverged.
#[derive(Default, Serialize)]
struct Results {
    average_activation_fraction: Option<f64>,
    dead_fraction: Option<f64>,
    hard_zero_fraction: Option<f64>,
    mean_pre_activation: Option<f64>,
    mean_filter_length: Option<f64>,
    reconstruction_error: Option<f64>,
    explained_variance: Option<f64>,
    steps: Option<usize>,
    stop_reason: Option<String>,
    train_seconds: Option<f64>,
    milliseconds_per_step: Option<f64>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings::from_command_line();
    let output = settings.json.as_deref().map(Output::create).transpose()?;
    let regularizer = settings.regularizer()?;
    let trainer = trainer(&settings)?;
    let x = data::load(&settings)?;
    let mut model = RegularizedAutoEncoder::builder(x.nrows(), settings.n_hidden)
        .activation(settings.activation())
        .regularizer(regularizer)
        .seed(settings.seed)
        .build()?;

    let (results, error) = match train(&trainer, &mut model, &x) {
        Ok(results) => (results, None),
        Err(error @ (Error::Diverged { .. } | Error::NotFiniteResult { .. })) => {
            (Results::default(), Some(error))
        }
        Err(error) => return Err(error.into()),
    };
    let record = Record {
        settings: &settings,
        n_inputs: x.nrows(),
        n_samples: x.ncols(),
        diverged: error.is_some(),
        error: error.as_ref().map(Error::to_string),
        results,
    };
    if let Some(output) = output {
        output.finish(serde_json::to_string_pretty(&record)? + "\n")?;
    }
    match error {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

fn trainer(settings: &Settings) -> Result<Trainer<f32>, Error> {
    let builder = Trainer::builder()
        .learning_rate(settings.learning_rate)
        .momentum(settings.momentum)
        .batch_size(settings.batch)
        .epochs(settings.epochs)
        .constraint(settings.constraint)
        .seed(settings.seed)
        .threads(settings.threads);
    match settings.model {
        Model::Dae => builder.corruption(GaussianNoise::new(settings.coefficient)?).build(),
        _ => builder.build(),
    }
}

/// Trains and measures.
fn train(
    trainer: &Trainer<f32>,
    model: &mut AnyAutoEncoder,
    x: &DMatrix<f32>,
) -> Result<Results, Error> {
    let mut progress = Progress::new("training");
    let report = trainer.fit_with(model, x, FitOptions::default().observer(&mut progress))?;
    drop(progress);
    let evaluation = evaluate(model, x)?;
    let mean_filter_length = f64::from(model.parameters().filter_lengths().mean());
    print_summary(&report, &evaluation, mean_filter_length);
    Ok(Results {
        average_activation_fraction: Some(evaluation.average_activation_fraction),
        dead_fraction: Some(evaluation.dead_fraction()),
        hard_zero_fraction: Some(evaluation.hard_zero_fraction),
        mean_pre_activation: Some(evaluation.mean_pre_activation()),
        mean_filter_length: Some(mean_filter_length),
        reconstruction_error: Some(evaluation.reconstruction_error),
        explained_variance: evaluation.explained_variance,
        steps: Some(report.steps),
        stop_reason: Some(report.stop_reason.to_string()),
        train_seconds: Some(report.seconds),
        milliseconds_per_step: Some(milliseconds_per_step(&report)),
    })
}

fn milliseconds_per_step(report: &Report) -> f64 {
    1000.0 * report.seconds / report.steps as f64
}

fn print_summary(report: &Report, evaluation: &Evaluation, mean_filter_length: f64) {
    let threshold = evaluation.threshold;
    println!(
        "activation fraction   {:.4} (h > {threshold})",
        evaluation.average_activation_fraction
    );
    println!("dead units            {:.4}", evaluation.dead_fraction());
    println!("exact zeros           {:.4}", evaluation.hard_zero_fraction);
    println!("mean pre-activation   {:.4}", evaluation.mean_pre_activation());
    println!("mean filter length    {mean_filter_length:.4}");
    println!("reconstruction error  {:.4}", evaluation.reconstruction_error);
    if let Some(explained) = evaluation.explained_variance {
        println!("explained variance    {explained:.4}");
    }
    let (steps, seconds) = (report.steps, report.seconds);
    println!(
        "time                  {seconds:.1} s for {steps} steps of {:.3} ms",
        milliseconds_per_step(report)
    );
}
