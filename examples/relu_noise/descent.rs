//! Gradient descent with momentum on filters of length 1, for objectives that no regularizer is.
//!
//! ```text
//! v ← μv − ηg,  θ ← θ + v,  W_j ← W_j / ‖W_j‖
//! ```
//! The crate's `Trainer` does the same with the gradient of one model; the tests compare the two.

use crate::objective::{Model, Objective};
use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{Error, Gradient, Parameters, Random, RegularizedAutoEncoder, Relu};

/// Samples per step.
pub const BATCH: usize = 50;
/// η.
pub const RATE: f32 = 0.001;
/// μ.
pub const MOMENTUM: f32 = 0.9;

/// An auto-encoder, its velocity v, and the random numbers of its training.
pub struct Descent {
    pub model: Model,
    filter_velocity: DMatrix<f32>,
    bias_velocity: DVector<f32>,
    random: Random,
}

impl Descent {
    /// Begins with filters from Glorot's distribution, scaled to length 1, and biases 0.
    pub fn new(n_inputs: usize, n_hidden: usize, seed: u64) -> Result<Self, Error> {
        let drawn = Parameters::glorot_uniform(n_inputs, n_hidden, false, seed)?;
        let parameters = with_unit_length(drawn.filters().clone(), drawn.encoder_bias().clone())?;
        let model = RegularizedAutoEncoder::builder(n_inputs, n_hidden)
            .activation(Relu)
            .parameters(parameters)
            .build()?;
        Ok(Self {
            model,
            filter_velocity: DMatrix::zeros(n_inputs, n_hidden),
            bias_velocity: DVector::zeros(n_hidden),
            random: Random::new(seed),
        })
    }

    /// An epoch: a pass over the samples (n × N) in an order of its own. The same seed gives every
    /// objective the same order and the same noise.
    pub fn epoch(
        &mut self,
        objective: Objective,
        variance: f64,
        x: &DMatrix<f32>,
    ) -> Result<(), Error> {
        let mut order: Vec<usize> = (0..x.ncols()).collect();
        self.random.shuffle(&mut order);
        self.pass(objective, variance, &x.select_columns(&order))
    }

    /// A pass over the samples in the given order; an incomplete last batch is left out.
    fn pass(&mut self, objective: Objective, variance: f64, x: &DMatrix<f32>) -> Result<(), Error> {
        for first in (0..=x.ncols() - BATCH).step_by(BATCH) {
            let batch = x.columns(first, BATCH).into_owned();
            let random = &mut self.random;
            let z = DMatrix::from_fn(x.nrows(), BATCH, |_, _| random.standard_normal());
            let gradient = objective.gradient(&self.model, &batch, &z, variance)?;
            self.step(&gradient)?;
        }
        Ok(())
    }

    fn step(&mut self, gradient: &Gradient<f32>) -> Result<(), Error> {
        move_velocity(self.filter_velocity.as_mut_slice(), gradient.filters.as_slice());
        move_velocity(self.bias_velocity.as_mut_slice(), gradient.encoder_bias.as_slice());
        let parameters = self.model.parameters();
        let filters = parameters.filters() + &self.filter_velocity;
        let bias = parameters.encoder_bias() + &self.bias_velocity;
        self.model.set_parameters(with_unit_length(filters, bias)?)
    }
}

/// v ← μv − ηg.
fn move_velocity(velocity: &mut [f32], gradient: &[f32]) {
    for (v, g) in velocity.iter_mut().zip(gradient) {
        *v = MOMENTUM * *v - RATE * g;
    }
}

fn with_unit_length(
    mut filters: DMatrix<f32>,
    bias: DVector<f32>,
) -> Result<Parameters<f32>, Error> {
    filters.column_iter_mut().for_each(|mut filter| filter /= filter.norm());
    Parameters::new(filters, bias, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use regularized_autoencoder::data::{Standardization, digits};
    use regularized_autoencoder::{
        Constraint, Corruption, CorruptionMetadata, Trainer, TrainingState,
    };
    use std::error::Error;
    use std::sync::Mutex;

    const PASSES: usize = 3;

    /// Draws the noise of a `Descent`: the trainer's thread takes the samples in order.
    #[derive(Debug)]
    struct SameNoise(Mutex<Random>, f32);

    impl CorruptionMetadata for SameNoise {}

    impl Corruption<f32> for SameNoise {
        fn corrupt(&self, sample: &mut [f32], _: &mut Random) {
            let mut random = self.0.lock().unwrap();
            sample.iter_mut().for_each(|x| *x += self.1 * random.standard_normal::<f32>());
        }
    }

    /// 500 digits, in whole batches.
    fn samples() -> Result<DMatrix<f32>, Box<dyn Error>> {
        let mut x = digits::images::<f32>().columns(0, 500) / 16.0;
        Standardization::fit(&x, 0.1)?.apply(&mut x)?;
        Ok(x)
    }

    /// The largest difference between filters and biases of both, and how far they have moved.
    fn compare(variance: f64) -> Result<(f32, f32), Box<dyn Error>> {
        let x = samples()?;
        let mut ours = Descent::new(64, 32, 7)?;
        let start = ours.model.parameters().clone();
        let mut theirs = ours.model.clone();
        let noise = SameNoise(Mutex::new(Random::new(7)), variance.sqrt() as f32);
        let trainer = Trainer::builder().constraint(Constraint::UNIT).corruption(noise).build()?;
        let mut state = TrainingState::new(&theirs);
        for _ in 0..PASSES {
            ours.pass(Objective::Denoising, variance, &x)?;
            trainer.partial_fit(&mut theirs, &mut state, &x)?;
        }
        let distance = |other: &Parameters<f32>| {
            let ours = ours.model.parameters();
            let filters = (ours.filters() - other.filters()).amax();
            filters.max((ours.encoder_bias() - other.encoder_bias()).amax())
        };
        Ok((distance(theirs.parameters()), distance(&start)))
    }

    #[test]
    fn it_trains_as_the_trainer_does() -> Result<(), Box<dyn Error>> {
        for variance in [0.0, 0.04] {
            let (difference, moved) = compare(variance)?;
            assert!(difference < 1e-4 * moved, "{difference} of {moved} at σ² = {variance}");
        }
        Ok(())
    }

    #[test]
    fn the_parts_of_the_denoising_objective_add_up() -> Result<(), Box<dyn Error>> {
        let x = samples()?;
        let model = Descent::new(64, 32, 7)?.model;
        let mut random = Random::new(1);
        let z = DMatrix::from_fn(64, 500, |_, _| random.standard_normal());
        let gradient = |objective: Objective| objective.gradient(&model, &x, &z, 0.04);
        // (DAE) − (DAE − first order) = first order = (AE + first order) − AE
        let left = gradient(Objective::Denoising)?.filters
            - gradient(Objective::WithoutFirstOrder)?.filters;
        let right = gradient(Objective::FirstOrderAlone)?.filters - model.gradient(&x)?.1.filters;
        assert!((&left - &right).amax() < 1e-5 * model.gradient(&x)?.1.filters.amax());
        assert!(left.amax() > 0.01, "{}", left.amax());
        Ok(())
    }
}
