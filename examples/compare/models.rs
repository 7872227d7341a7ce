//! The models that are compared, each with a strength that moves its sparsity.

use regularized_autoencoder::prelude::*;
use serde::Serialize;

/// A model's regularizer and corruption at a strength: λ, or σ² of noise.
type Objective = (Box<dyn Regularizer<f32>>, Option<GaussianNoise>);

/// A model of the table.
pub struct Entry {
    pub name: &'static str,
    pub activation: &'static str,
    objective: fn(f64) -> Result<Objective, Error>,
    /// Whether the strength is searched; without a regularizer there is none.
    pub has_strength: bool,
}

/// Every model of the library with the activations that are used with it.
pub fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |name, activations: &[&'static str], objective, has_strength| {
        let entry = |&activation| Entry { name, activation, objective, has_strength };
        entries.extend(activations.iter().map(entry));
    };
    const ALL: &[&str] = &["ReLU", "sigmoid", "softplus"];
    const SMOOTH: &[&str] = &["sigmoid", "softplus"];
    add("no regularizer", ALL, |_| regularized(Unregularized), false);
    add("DAE", ALL, |variance| Ok((Box::new(Unregularized), Some(noise(variance)?))), true);
    add("CAE", ALL, |lambda| regularized(lambda * Contractive::new()), true);
    add("CAE+H", SMOOTH, hessian, true);
    add("mDAE", ALL, |lambda| regularized(lambda * MarginalizedDenoising::new()), true);
    add("SAE, ρ = 0", ALL, |lambda| regularized(lambda * KlSparsity::new(0.0)?), true);
    add("SAE, ρ = 0.05", &["sigmoid"], |lambda| regularized(lambda * KlSparsity::new(0.05)?), true);
    add("ℓ1", ALL, |lambda| regularized(lambda * CodeL1::new()), true);
    add("Cor. 1, f = ρ²", ALL, |lambda| regularized(lambda * MeanCode::square()), true);
    add("Cor. 2, q = p = 1", ALL, |lambda| regularized(lambda * SlopePenalty::new(1, 1)?), true);
    add("eDAE", ALL, |variance| regularized(FirstOrderDenoising::new(variance)?), true);
    add("Thm. 3", SMOOTH, |variance| regularized(variance * SecondOrderDenoising::new()), true);
    add("weight decay", &["sigmoid"], |lambda| regularized(lambda * WeightDecay::new()), true);
    entries
}

fn regularized(regularizer: impl Regularizer<f32> + 'static) -> Result<Objective, Error> {
    Ok((Box::new(regularizer), None))
}

fn hessian(lambda: f64) -> Result<Objective, Error> {
    regularized(lambda * Contractive::with_hessian(1.0, 0.01, 1)?)
}

fn noise(variance: f64) -> Result<GaussianNoise, Error> {
    GaussianNoise::new(variance)
}

/// What all trainings have in common.
#[derive(Clone, Copy, Serialize)]
pub struct Protocol {
    pub n_hidden: usize,
    pub epochs: usize,
    pub batch_size: usize,
}

impl Entry {
    /// A trainer, with filters of length 1, and an untrained model.
    pub fn training(
        &self,
        protocol: Protocol,
        n_inputs: usize,
        strength: f64,
    ) -> Result<(Trainer<f32>, AnyAutoEncoder<f32>), Error> {
        let (activation, learning_rate): (Box<dyn Activation<f32>>, f64) = match self.activation {
            "ReLU" => (Box::new(Relu), 0.001),
            "softplus" => (Box::new(Softplus::new()), 0.001),
            _ => (Box::new(Sigmoid), 0.005),
        };
        let (regularizer, corruption) = (self.objective)(strength)?;
        let mut trainer = Trainer::builder()
            .constraint(Constraint::UNIT)
            .learning_rate(learning_rate)
            .batch_size(protocol.batch_size)
            .epochs(protocol.epochs);
        if let Some(corruption) = corruption {
            trainer = trainer.corruption(corruption);
        }
        let model = RegularizedAutoEncoder::builder(n_inputs, protocol.n_hidden)
            .activation(activation)
            .regularizer(regularizer);
        Ok((trainer.build()?, model.build()?))
    }
}
