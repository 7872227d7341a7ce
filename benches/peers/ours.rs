//! This crate, through its public interface.

use crate::problem::Problem;
use crate::program::{Program, Timing};
use crate::setup::{
    ActivationName, COEFFICIENT, LEARNING_RATE, MOMENTUM, Model, NOISE_VARIANCE, Setup,
};
use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{
    Activation, AnyAutoEncoder, Constraint, Contractive, Error, GaussianNoise, KlSparsity,
    MarginalizedDenoising, Parameters, Real, RegularizedAutoEncoder, Regularizer, Relu, Sigmoid,
    Softplus, Trainer, TrainerBuilder, Training, TrainingState, Unregularized, train_many,
};

/// Trainings by this crate, side by side if there are several; each run begins with the initial
/// filters.
pub struct Ours<T: Real> {
    samples: DMatrix<T>,
    initial: Parameters<T>,
    models: Vec<AnyAutoEncoder<T>>,
    trainer: TrainerBuilder<T>,
    batch_size: usize,
}

impl<T: Real> Ours<T> {
    pub fn new(problem: Problem<T>, setup: &Setup) -> Result<Self, Error> {
        let trainer = Trainer::builder()
            .constraint(Constraint::UNIT)
            .learning_rate(LEARNING_RATE)
            .momentum(MOMENTUM)
            .batch_size(setup.batch_size)
            .threads(setup.threads);
        let trainer = match setup.model {
            Model::Dae => trainer.corruption(GaussianNoise::new(NOISE_VARIANCE)?),
            _ => trainer,
        };
        let bias = DVector::zeros(setup.n_hidden);
        let initial = Parameters::new(problem.filters, bias, None)?;
        let models = (0..setup.trainings).map(|_| model(initial.clone(), setup));
        Ok(Self {
            samples: problem.samples,
            models: models.collect::<Result<_, _>>()?,
            initial,
            trainer,
            batch_size: setup.batch_size,
        })
    }
}

impl<T: Real> Program for Ours<T> {
    fn objective(&mut self, steps: usize) -> Result<Option<f64>, Box<dyn std::error::Error>> {
        let trainer = self.trainer.clone().build()?;
        let mut objective = None;
        for model in &mut self.models {
            let mut state = TrainingState::new(model);
            for step in 0..steps {
                let batch = self.samples.columns(step * self.batch_size, self.batch_size);
                let report = trainer.partial_fit(model, &mut state, batch)?;
                objective = Some(report.history[0].objective());
            }
        }
        Ok(objective)
    }

    fn run(&mut self, steps: usize) -> Result<Timing, Box<dyn std::error::Error>> {
        let steps_per_epoch = self.samples.ncols() / self.batch_size;
        let epochs = steps.div_ceil(steps_per_epoch);
        let trainer = self.trainer.clone().epochs(epochs).build()?;
        for model in &mut self.models {
            model.set_parameters(self.initial.clone())?;
        }
        let steps = epochs * steps_per_epoch;
        Ok(Timing::of(steps, || train(&trainer, &mut self.models, &self.samples))?)
    }
}

/// Trains one model on the trainer's threads, or several at the same time on one thread each.
fn train<T: Real>(
    trainer: &Trainer<T>,
    models: &mut [AnyAutoEncoder<T>],
    samples: &DMatrix<T>,
) -> Result<(), Error> {
    if let [model] = models {
        return trainer.fit(model, samples).map(drop);
    }
    let threads = models.len();
    let trainings = models.iter_mut().map(|model| Training::new(trainer, model));
    train_many(trainings, samples, threads)?.into_iter().try_for_each(|report| report.map(drop))
}

fn model<T: Real>(parameters: Parameters<T>, setup: &Setup) -> Result<AnyAutoEncoder<T>, Error> {
    let activation: Box<dyn Activation<T>> = match setup.activation {
        ActivationName::Relu => Box::new(Relu),
        ActivationName::Sigmoid => Box::new(Sigmoid),
        ActivationName::Softplus => Box::new(Softplus::new()),
    };
    let regularizer: Box<dyn Regularizer<T>> = match setup.model {
        Model::Cae => Box::new(COEFFICIENT * Contractive::new()),
        Model::Dae => Box::new(Unregularized),
        Model::Mdae => Box::new(COEFFICIENT * MarginalizedDenoising::new()),
        Model::Sae => Box::new(COEFFICIENT * KlSparsity::new(0.0)?),
    };
    RegularizedAutoEncoder::builder(setup.n_inputs, setup.n_hidden)
        .activation(activation)
        .regularizer(regularizer)
        .parameters(parameters)
        .build()
}
