//! Second part: what noise adds to J and its gradient, measured by averages over many draws.

use crate::estimate::Estimate;
use nalgebra::DMatrix;
use regularized_autoencoder::{
    Batch, Error, FirstOrderDenoising, Parameters, Pass, Random, RegularizedAutoEncoder,
    Regularizer, Relu,
};

/// What noise of a variance σ² adds, divided by σ².
pub struct Measurement {
    /// (J_DAE − J_AE) / σ².
    pub excess: Estimate,
    /// (∂J_DAE/∂b_j − ∂J_AE/∂b_j) / σ², the mean over the units.
    pub bias: Estimate,
    /// The same for each unit.
    pub unit_bias: Vec<Estimate>,
    /// The bias gradient of the first-order term alone over σ², the mean over the units.
    pub first_order: Estimate,
}

impl Measurement {
    /// The share of the units whose bias gradient is more than two standard errors above 0, and
    /// of those that are as far below.
    pub fn signs(&self) -> (f64, f64) {
        let share = |sign: f64| {
            let far = |unit: &&Estimate| sign * unit.mean() > 2.0 * unit.standard_error();
            self.unit_bias.iter().filter(far).count() as f64 / self.unit_bias.len() as f64
        };
        (share(1.0), share(-1.0))
    }
}

/// Draws noise ε, `pairs` times for all samples, and uses it as ε and as −ε.
pub fn measure(
    parameters: &Parameters<f64>,
    x: &DMatrix<f64>,
    variance: f64,
    pairs: usize,
) -> Result<Measurement, Error> {
    let model = RegularizedAutoEncoder::builder(x.nrows(), parameters.n_hidden())
        .activation(Relu)
        .parameters(parameters.clone())
        .build()?;
    let (plain, plain_gradient) = model.gradient(x)?;
    let first_order = FirstOrderDenoising::new(variance)?;
    let mut random = Random::new(0);
    let mut out = Measurement {
        excess: Estimate::default(),
        bias: Estimate::default(),
        unit_bias: vec![Estimate::default(); parameters.n_hidden()],
        first_order: Estimate::default(),
    };
    for _ in 0..pairs {
        let z = DMatrix::from_fn(x.nrows(), x.ncols(), |_, _| random.standard_normal());
        let noise = &z * variance.sqrt();
        let (above, above_gradient) = model.gradient(Batch::from(&(x + &noise)).with_target(x))?;
        let (below, below_gradient) = model.gradient(Batch::from(&(x - &noise)).with_target(x))?;
        out.excess.push(((above.total() + below.total()) / 2.0 - plain.total()) / variance);
        let bias = (above_gradient.encoder_bias + below_gradient.encoder_bias) / 2.0;
        let bias = (bias - &plain_gradient.encoder_bias) / variance;
        out.bias.push(bias.mean());
        out.unit_bias.iter_mut().zip(&bias).for_each(|(unit, &value)| unit.push(value));
        let pass = Pass::new(parameters, &Relu, Batch::from(x).with_noise(&z))?;
        out.first_order.push(first_order.bias_gradient(&pass)?.mean() / variance);
    }
    Ok(out)
}
