//! First part: what each objective does to the share of active units.

use crate::descent::Descent;
use crate::estimate::Estimate;
use crate::objective::Objective;
use crate::parallel;
use nalgebra::DMatrix;
use regularized_autoencoder::metrics::{Evaluation, evaluate};
use regularized_autoencoder::{Error, Parameters};

const VARIANCES: [f64; 2] = [0.01, 0.04];

/// What is trained: an objective at a variance σ², with several seeds.
#[derive(Clone, Copy, PartialEq)]
pub struct Setting {
    pub objective: Objective,
    pub variance: f64,
}

/// A training.
pub struct Run {
    pub setting: Setting,
    /// Activation fraction before the first epoch and after each.
    pub fractions: Vec<f64>,
    pub evaluation: Evaluation,
    pub parameters: Parameters<f32>,
}

/// How large and how long the trainings are.
#[derive(Clone, Copy)]
pub struct Size {
    pub n_hidden: usize,
    pub epochs: u64,
    pub seeds: u64,
    /// Draws of noise in the second part.
    pub pairs: usize,
}

/// The plain auto-encoder, then all objectives at all variances.
fn settings() -> Vec<Setting> {
    let plain = Setting { objective: Objective::Denoising, variance: 0.0 };
    let noisy = Objective::ALL
        .into_iter()
        .flat_map(|objective| VARIANCES.map(|variance| Setting { objective, variance }));
    std::iter::once(plain).chain(noisy).collect()
}

/// Trains with every setting and every seed.
pub fn train_all(size: Size, x: &DMatrix<f32>) -> Result<Vec<Run>, Error> {
    let mut jobs = Vec::new();
    for setting in settings() {
        jobs.extend((0..size.seeds).map(|seed| (setting, seed)));
    }
    parallel::map(jobs, |(setting, seed)| train(setting, seed, size, x)).into_iter().collect()
}

fn train(setting: Setting, seed: u64, size: Size, x: &DMatrix<f32>) -> Result<Run, Error> {
    let mut descent = Descent::new(x.nrows(), size.n_hidden, seed)?;
    let mut evaluation = evaluate(&descent.model, x)?;
    let mut fractions = vec![evaluation.average_activation_fraction];
    for _ in 0..size.epochs {
        descent.epoch(setting.objective, setting.variance, x)?;
        evaluation = evaluate(&descent.model, x)?;
        fractions.push(evaluation.average_activation_fraction);
    }
    Ok(Run { setting, fractions, evaluation, parameters: descent.model.parameters().clone() })
}

/// Prints a row for each setting, with mean and standard deviation over the seeds.
pub fn print(runs: &[Run]) {
    println!("objective           σ²     active           dead units   J_AE = E‖x − y‖²");
    for setting in settings() {
        let of = |value: &dyn Fn(&Evaluation) -> f64| -> Estimate {
            let runs = runs.iter().filter(|run| run.setting == setting);
            runs.map(|run| value(&run.evaluation)).collect()
        };
        let Setting { objective, variance } = setting;
        let name = if variance == 0.0 { "AE".into() } else { objective.to_string() };
        let active = of(&|evaluation| evaluation.average_activation_fraction);
        let dead = of(&|evaluation| evaluation.dead_units as f64).mean();
        let error = of(&|evaluation| evaluation.reconstruction_error);
        let (active, error) = (spread(&active, 3), spread(&error, 2));
        println!("{name:18}  {variance:4.2}   {active:14}   {dead:10.1}   {error}");
    }
}

/// Mean ± standard deviation over the seeds, if there are several.
fn spread(estimate: &Estimate, digits: usize) -> String {
    let (mean, deviation) = (estimate.mean(), estimate.standard_deviation());
    if deviation.is_nan() {
        format!("{mean:.digits$}")
    } else {
        format!("{mean:.digits$} ± {deviation:.digits$}")
    }
}
