//! Small models that learn the digits: what is predicted, and what is seen.

use nalgebra::DMatrix;
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::study::{MonitorRecord, TheoryMonitor};
use regularized_autoencoder::theory::Prediction;
use std::fmt::Write;

const N_HIDDEN: usize = 128;
/// A spread of the activation fraction below which it counts as flat.
const FLAT: f64 = 0.02;
/// A share of the fraction at the smallest strength below which it counts as fallen.
const FALLEN: f64 = 2.0 / 3.0;

/// A regularizer, and a corruption if it is a denoising auto-encoder.
type Objective = (Box<dyn Regularizer<f64>>, Option<GaussianNoise>);

/// A trainer and the model that it trains.
type Run = (Trainer<f64>, AnyAutoEncoder<f64>);

/// A model with its strengths: λ, or σ² of the corruption.
struct Case {
    name: &'static str,
    activation: fn() -> Box<dyn Activation<f64>>,
    /// Its regularizer and corruption at a strength.
    model: fn(f64) -> Result<Objective, Error>,
    strengths: [f64; 3],
    learning_rate: f64,
}

fn cases() -> Vec<Case> {
    let sae = |lambda| Ok((boxed(lambda * KlSparsity::new(0.0)?), None));
    let cae = |lambda| Ok((boxed(lambda * Contractive::new()), None));
    let mdae = |lambda| Ok((boxed(lambda * MarginalizedDenoising::new()), None));
    let dae = |variance| Ok((boxed(Unregularized), Some(GaussianNoise::new(variance)?)));
    let edae = |variance| Ok((boxed(FirstOrderDenoising::new(variance)?), None));
    let case = |name, activation, model, strengths, learning_rate| Case {
        name,
        activation,
        model,
        strengths,
        learning_rate,
    };
    vec![
        case("ReLU + CAE", || Box::new(Relu), cae, [0.0, 0.25, 1.0], 0.001),
        case("ReLU + SAE", || Box::new(Relu), sae, [0.0, 0.25, 1.0], 0.001),
        case("ReLU + DAE", || Box::new(Relu), dae, [0.0, 0.04, 0.25], 0.001),
        case("ReLU + eDAE", || Box::new(Relu), edae, [0.0, 0.04, 0.25], 0.001),
        case("softplus + CAE", || Box::new(Softplus::new()), cae, [0.0, 2.0, 10.0], 0.002),
        case("softplus + mDAE", || Box::new(Softplus::new()), mdae, [0.0, 2.0, 10.0], 0.002),
        case("sigmoid + SAE", || Box::new(Sigmoid), sae, [0.0, 0.5, 2.0], 0.005),
        case("sigmoid + CAE", || Box::new(Sigmoid), cae, [0.0, 2.0, 10.0], 0.005),
        case("tanh + SAE", || Box::new(Tanh), sae, [0.0, 0.5, 2.0], 0.002),
    ]
}

fn boxed(regularizer: impl Regularizer<f64> + 'static) -> Box<dyn Regularizer<f64>> {
    Box::new(regularizer)
}

fn trainer(learning_rate: f64) -> regularized_autoencoder::TrainerBuilder<f64> {
    let trainer = Trainer::builder().constraint(Constraint::UNIT).batch_size(20).epochs(20);
    trainer.learning_rate(learning_rate)
}

impl Case {
    /// An untrained model for each strength.
    fn runs(&self, n_inputs: usize) -> Result<Vec<Run>, Error> {
        self.strengths.into_iter().map(|strength| self.run(n_inputs, strength)).collect()
    }

    fn run(&self, n_inputs: usize, strength: f64) -> Result<Run, Error> {
        let (regularizer, corruption) = (self.model)(strength)?;
        let mut trainer = trainer(self.learning_rate);
        if let Some(corruption) = corruption {
            trainer = trainer.corruption(corruption);
        }
        let model = RegularizedAutoEncoder::builder(n_inputs, N_HIDDEN)
            .activation((self.activation)())
            .regularizer(regularizer);
        Ok((trainer.build()?, model.build()?))
    }
}

/// Trains every case at three strengths, side by side, and sets prediction beside observation.
pub fn compare(x: &DMatrix<f64>) -> Result<String, Error> {
    let cases = cases();
    let runs: Result<Vec<_>, _> = cases.iter().map(|case| case.runs(x.nrows())).collect();
    let mut runs = runs?;
    let predictions: Vec<_> = runs.iter().map(|runs| predict(&runs[2])).collect();
    let each = runs.iter_mut().flatten();
    let trainings = each.map(|(trainer, model)| Training::new(trainer, model));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for report in train_many(trainings, x, cores)? {
        report?;
    }

    let mut out = format!(
        "Predicted and seen: digits, 64 → {N_HIDDEN}, unit length, 20 epochs\n\
         λ (σ² for DAE and eDAE): activation fraction\n"
    );
    for ((case, runs), prediction) in cases.iter().zip(&runs).zip(predictions) {
        let _ = write!(out, "{:<16}", case.name);
        let mut fractions = [0.0; 3];
        for ((fraction, strength), (_, model)) in fractions.iter_mut().zip(case.strengths).zip(runs)
        {
            *fraction = metrics::evaluate(model, x)?.average_activation_fraction;
            let _ = write!(out, "{:<14}", format!("{strength}: {fraction:.3}"));
        }
        let seen = describe(fractions);
        let _ = writeln!(out, "seen: {seen:<15} predicted: {prediction}");
    }
    if let Some(tanh) = runs.last() {
        let magnitude = |at: usize| Ok::<_, Error>(tanh[at].1.encode(x)?.abs().mean());
        let (first, last) = (magnitude(0)?, magnitude(2)?);
        let _ = writeln!(
            out,
            "With tanh the share of h > δ_min falls, but the codes tend to −1, not to 0: E|h| goes \
             from {first:.2} to {last:.2}."
        );
    }
    Ok(out)
}

/// What the theory says of the strength that the case varies.
fn predict((trainer, model): &Run) -> String {
    let verdict = trainer.verdict(model);
    let prediction = verdict.coefficient.or(verdict.corruption);
    let text = |prediction: Prediction| format!("{} ({})", prediction.trend, prediction.basis);
    prediction.map_or("–".into(), text)
}

fn describe(fractions: [f64; 3]) -> &'static str {
    let [first, middle, last] = fractions;
    let spread = fractions.iter().fold(0.0, |spread: f64, f| spread.max((f - first).abs()));
    match (middle < first && last < middle, last < FALLEN * first) {
        _ if spread < FLAT => "flat",
        (true, true) => "falls",
        (true, false) => "falls a little",
        _ => "no trend",
    }
}

/// A training that was watched.
pub struct Watched {
    /// Which model.
    pub name: &'static str,
    /// One record before the first step and one after each epoch.
    pub records: Vec<MonitorRecord>,
}

/// Trains two models under a monitor, on plain steps so that Eq. 5 can be compared.
pub fn watch(x: &DMatrix<f64>) -> Result<Vec<Watched>, Error> {
    let softplus = RegularizedAutoEncoder::builder(x.nrows(), N_HIDDEN)
        .activation(Softplus::new())
        .regularizer(10.0 * Contractive::new())
        .build()?;
    let sigmoid = RegularizedAutoEncoder::builder(x.nrows(), N_HIDDEN)
        .activation(Sigmoid)
        .regularizer(2.0 * KlSparsity::new(0.0)?)
        .build()?;
    Ok(vec![
        Watched { name: "softplus + CAE, λ = 10", records: record(softplus, x, 0.002)? },
        Watched { name: "sigmoid + SAE, λ = 2", records: record(sigmoid, x, 0.005)? },
    ])
}

fn record<A: Activation<f64>, R: Regularizer<f64>>(
    mut model: RegularizedAutoEncoder<f64, A, R>,
    x: &DMatrix<f64>,
    learning_rate: f64,
) -> Result<Vec<MonitorRecord>, Error> {
    let mut monitor = TheoryMonitor::new(x)?;
    let trainer = trainer(learning_rate).epochs(40).build()?;
    trainer.fit_with(&mut model, x, FitOptions::default().observer(&mut monitor))?;
    monitor.finish()
}
