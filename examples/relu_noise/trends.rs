//! Third part: how the activation fraction answers to a coefficient, for other models.

use crate::estimate::Estimate;
use crate::parallel;
use crate::runs::Size;
use nalgebra::DMatrix;
use regularized_autoencoder::metrics::evaluate;
use regularized_autoencoder::{
    Activation, AnyAutoEncoder, Constraint, Contractive, DenoisingCross, Error,
    FirstOrderDenoising, GaussianNoise, MarginalizedDenoising, RegularizedAutoEncoder, Regularizer,
    Relu, Sigmoid, Softplus, Trainer, Unregularized,
};

/// A sequence of trainings at unit length that differ in one coefficient.
struct Trend {
    activation: Unit,
    model: Model,
    learning_rate: f64,
    coefficients: &'static [f64],
}

/// Activations.
#[derive(Clone, Copy)]
enum Unit {
    Relu,
    Sigmoid,
    Softplus,
}

/// Models; the coefficient of the first two is σ², that of the others λ.
#[derive(Clone, Copy)]
enum Model {
    Dae,
    Edae,
    Cae,
    Mdae,
    /// The cross term of Theorem 3 alone.
    Cross,
}

const VARIANCES: &[f64] = &[0.0, 0.01, 0.04, 0.16, 0.36, 1.0];
const LAMBDAS: &[f64] = &[0.0, 0.1, 1.0, 2.0, 5.0, 10.0];

fn trends() -> Vec<Trend> {
    let trend = |activation, model, learning_rate, coefficients| Trend {
        activation,
        model,
        learning_rate,
        coefficients,
    };
    vec![
        trend(Unit::Relu, Model::Dae, 0.001, &[0.0, 0.01, 0.04]),
        trend(Unit::Relu, Model::Edae, 0.001, &[0.0, 0.01, 0.04]),
        trend(Unit::Relu, Model::Cae, 0.001, &[0.0, 0.1, 1.0]),
        trend(Unit::Relu, Model::Cross, 0.001, &[0.0, 0.01, 0.1, 1.0]),
        trend(Unit::Sigmoid, Model::Dae, 0.005, VARIANCES),
        trend(Unit::Sigmoid, Model::Edae, 0.005, VARIANCES),
        trend(Unit::Sigmoid, Model::Cae, 0.005, LAMBDAS),
        trend(Unit::Sigmoid, Model::Mdae, 0.005, LAMBDAS),
        trend(Unit::Softplus, Model::Dae, 0.005, VARIANCES),
        trend(Unit::Softplus, Model::Edae, 0.005, VARIANCES),
    ]
}

/// Trains all and prints a row for each trend: the mean over the seeds at each coefficient.
pub fn run(size: Size, x: &DMatrix<f32>) -> Result<(), Error> {
    let trends = trends();
    let mut jobs = Vec::new();
    for trend in &trends {
        for &coefficient in trend.coefficients {
            jobs.extend((0..size.seeds).map(|seed| (trend, coefficient, seed)));
        }
    }
    let fractions =
        parallel::map(jobs, |(trend, coefficient, seed)| trend.train(coefficient, seed, size, x));
    let fractions: Vec<f64> = fractions.into_iter().collect::<Result<_, _>>()?;
    let mut of_seeds = fractions.chunks(size.seeds as usize);
    let mut largest: f64 = 0.0;
    println!("units     model  η      activation fraction at each σ² or λ");
    for Trend { activation, model, learning_rate, coefficients } in &trends {
        print!("{:8}  {:5}  {learning_rate}  ", activation.name(), model.name());
        for (coefficient, fractions) in coefficients.iter().zip(&mut of_seeds) {
            let estimate: Estimate = fractions.iter().copied().collect();
            largest = largest.max(estimate.standard_deviation());
            print!(" {:>11}", format!("{coefficient}: {:.3}", estimate.mean()));
        }
        println!();
    }
    if size.seeds > 1 {
        println!("standard deviation over the seeds: at most {largest:.3}");
    }
    Ok(())
}

impl Trend {
    /// The activation fraction of a training.
    fn train(
        &self,
        coefficient: f64,
        seed: u64,
        size: Size,
        x: &DMatrix<f32>,
    ) -> Result<f64, Error> {
        let mut model: AnyAutoEncoder<f32> =
            RegularizedAutoEncoder::builder(x.nrows(), size.n_hidden)
                .activation(self.activation.activation())
                .regularizer(self.model.regularizer(coefficient)?)
                .seed(seed)
                .build()?;
        let trainer = Trainer::builder()
            .constraint(Constraint::UNIT)
            .learning_rate(self.learning_rate)
            .epochs(size.epochs as usize)
            .seed(seed);
        let trainer = match self.model {
            Model::Dae => trainer.corruption(GaussianNoise::new(coefficient)?).build()?,
            _ => trainer.build()?,
        };
        trainer.fit(&mut model, x)?;
        Ok(evaluate(&model, x)?.average_activation_fraction)
    }
}

impl Unit {
    fn activation(self) -> Box<dyn Activation<f32>> {
        match self {
            Self::Relu => Box::new(Relu),
            Self::Sigmoid => Box::new(Sigmoid),
            Self::Softplus => Box::new(Softplus::new()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Relu => "ReLU",
            Self::Sigmoid => "sigmoid",
            Self::Softplus => "softplus",
        }
    }
}

impl Model {
    fn regularizer(self, coefficient: f64) -> Result<Box<dyn Regularizer<f32>>, Error> {
        Ok(match self {
            // It corrupts its input instead.
            Self::Dae => Box::new(Unregularized),
            Self::Edae => Box::new(FirstOrderDenoising::new(coefficient)?),
            Self::Cae => Box::new(coefficient * Contractive::new()),
            Self::Mdae => Box::new(coefficient * MarginalizedDenoising::new()),
            Self::Cross => Box::new(coefficient * DenoisingCross::new()),
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Dae => "DAE",
            Self::Edae => "eDAE",
            Self::Cae => "CAE",
            Self::Mdae => "mDAE",
            Self::Cross => "cross",
        }
    }
}
