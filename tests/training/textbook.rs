//! The trainer's steps are those of the textbook: the formulas of the model, written down once more
//! for one sample and one unit at a time, over several batches and passes.

#![allow(clippy::needless_range_loop, reason = "indices stand where the formulas have them")]

use crate::common::*;
use nalgebra::DMatrix;
use proptest::prelude::*;
use regularized_autoencoder::{
    Activation, Constraint, Contractive, KlSparsity, MarginalizedDenoising, Masking, Parameters,
    RegularizedAutoEncoder, Regularizer, RegularizerMetadata, Sigmoid, Softplus, Tanh, Trainer,
    TrainingState, Unregularized,
};
use std::ops::Range;

/// Two ways of computing a whole training, whose rounding errors grow from step to step.
const TRAINING: f64 = 1e-10;

/// Learning rates with which none of the trainings diverges.
const RATES: Range<f64> = 1e-4..1e-3;

/// s, s' and s''.
type Functions = [fn(f64) -> f64; 3];

fn logistic(a: f64) -> f64 {
    1.0 / (1.0 + (-a).exp())
}

const SIGMOID: Functions = [
    logistic,
    |a| logistic(a) * (1.0 - logistic(a)),
    |a| logistic(a) * (1.0 - logistic(a)) * (1.0 - 2.0 * logistic(a)),
];
const SOFTPLUS: Functions =
    [|a| (1.0 + a.exp()).ln(), logistic, |a| logistic(a) * (1.0 - logistic(a))];
const TANH: Functions = [f64::tanh, |a| a.cosh().powi(-2), |a| -2.0 * a.tanh() * a.cosh().powi(-2)];

#[derive(Clone, Copy, Debug)]
enum Penalty {
    None,
    /// λ E Σ_j s'(a_j)² ‖W_j‖^p with an even p.
    Slopes {
        coefficient: f64,
        power: i32,
    },
    /// −λ Σ_j log(1 − ρ_j), by its tangent above 1 − τ.
    MeanCode {
        coefficient: f64,
        margin: f64,
    },
}

/// An auto-encoder as it is written on a blackboard; row j of `w` is W_j.
#[derive(Clone)]
struct Blackboard {
    s: Functions,
    penalty: Penalty,
    learning_rate: f64,
    momentum: f64,
    unit_length: bool,
    /// The encoder sees zeros.
    blind: bool,
    w: Vec<Vec<f64>>,
    b: Vec<f64>,
    c: Option<Vec<f64>>,
    velocity_w: Vec<Vec<f64>>,
    velocity_b: Vec<f64>,
    velocity_c: Vec<f64>,
}

impl Blackboard {
    /// One step on a batch of samples; gives the objective before it.
    fn step(&mut self, batch: &[Vec<f64>]) -> f64 {
        let (m, n, samples) = (self.w.len(), self.w[0].len(), batch.len() as f64);
        let [s, s1, s2] = self.s;
        let mut gradient_w = vec![vec![0.0; n]; m];
        let mut gradient_b = vec![0.0; m];
        let mut gradient_c = vec![0.0; n];
        let mut objective = 0.0;
        let seen: Vec<Vec<f64>> =
            batch.iter().map(|x| if self.blind { vec![0.0; n] } else { x.clone() }).collect();
        let pre_activation =
            |j: usize, x: &[f64]| (0..n).map(|i| self.w[j][i] * x[i]).sum::<f64>() + self.b[j];

        for (x, target) in seen.iter().zip(batch) {
            let a: Vec<f64> = (0..m).map(|j| pre_activation(j, x)).collect();
            let mut r = vec![0.0; n];
            for i in 0..n {
                r[i] = (0..m).map(|j| self.w[j][i] * s(a[j])).sum::<f64>() - target[i];
                r[i] += self.c.as_ref().map_or(0.0, |c| c[i]);
                objective += r[i] * r[i] / samples;
                gradient_c[i] += 2.0 * r[i] / samples;
            }
            for j in 0..m {
                let along: f64 = (0..n).map(|i| self.w[j][i] * r[i]).sum();
                let delta = 2.0 * s1(a[j]) * along;
                gradient_b[j] += delta / samples;
                for i in 0..n {
                    gradient_w[j][i] += (s(a[j]) * 2.0 * r[i] + delta * x[i]) / samples;
                }
            }
        }
        for j in 0..m {
            let squared: f64 = self.w[j].iter().map(|w| w * w).sum();
            let length = squared.sqrt();
            match self.penalty {
                Penalty::None => {}
                Penalty::Slopes { coefficient, power } => {
                    for x in &seen {
                        let (d, c) = (s1(pre_activation(j, x)), s2(pre_activation(j, x)));
                        let weight = coefficient / samples;
                        objective += weight * d * d * length.powi(power);
                        let delta = weight * 2.0 * d * c * length.powi(power);
                        gradient_b[j] += delta;
                        for i in 0..n {
                            let by_length = f64::from(power) * length.powi(power - 2);
                            gradient_w[j][i] +=
                                delta * x[i] + weight * d * d * by_length * self.w[j][i];
                        }
                    }
                }
                Penalty::MeanCode { coefficient, margin } => {
                    let codes = seen.iter().map(|x| s(pre_activation(j, x)));
                    let mean = codes.sum::<f64>() / samples;
                    let end = 1.0 - margin;
                    let (value, slope) = if mean <= end {
                        (-(1.0 - mean).ln(), 1.0 / (1.0 - mean))
                    } else {
                        (-margin.ln() + (mean - end) / margin, 1.0 / margin)
                    };
                    objective += coefficient * value;
                    for x in &seen {
                        let delta = coefficient * slope * s1(pre_activation(j, x)) / samples;
                        gradient_b[j] += delta;
                        for i in 0..n {
                            gradient_w[j][i] += delta * x[i];
                        }
                    }
                }
            }
        }

        let (momentum, rate) = (self.momentum, self.learning_rate);
        let update = |value: &mut f64, velocity: &mut f64, gradient: f64| {
            *velocity = momentum * *velocity - rate * gradient;
            *value += *velocity;
        };
        for j in 0..m {
            update(&mut self.b[j], &mut self.velocity_b[j], gradient_b[j]);
            for i in 0..n {
                update(&mut self.w[j][i], &mut self.velocity_w[j][i], gradient_w[j][i]);
            }
        }
        if let Some(c) = &mut self.c {
            for i in 0..n {
                update(&mut c[i], &mut self.velocity_c[i], gradient_c[i]);
            }
        }
        self.project();
        objective
    }

    fn project(&mut self) {
        if self.unit_length {
            for w in &mut self.w {
                let length = w.iter().map(|w| w * w).sum::<f64>().sqrt();
                w.iter_mut().for_each(|w| *w /= length);
            }
        }
    }

    /// All passes over the data; gives the mean objective of each pass's samples.
    fn train(&mut self, data: &[Vec<f64>], batch_size: usize, passes: usize) -> Vec<f64> {
        self.project();
        let weighted = |board: &mut Self, batch: &[Vec<f64>]| {
            board.step(batch) * batch.len() as f64 / data.len() as f64
        };
        (0..passes)
            .map(|_| data.chunks(batch_size).map(|batch| weighted(self, batch)).sum())
            .collect()
    }

    fn values(&self) -> Vec<f64> {
        let decoder = self.c.iter().flatten();
        self.w.iter().flatten().chain(&self.b).chain(decoder).copied().collect()
    }
}

/// A training and its data.
#[derive(Clone, Debug)]
struct Training {
    parameters: Parameters<f64>,
    data: DMatrix<f64>,
    batch_size: usize,
    passes: usize,
    activation: usize,
    penalty: Penalty,
    learning_rate: f64,
    momentum: f64,
    unit_length: bool,
    blind: bool,
}

fn penalty() -> impl Strategy<Value = Penalty> {
    prop_oneof![
        Just(Penalty::None),
        (0.1..1.0).prop_map(|coefficient| Penalty::Slopes { coefficient, power: 2 }),
        (0.1..1.0).prop_map(|coefficient| Penalty::Slopes { coefficient, power: 4 }),
        (0.1..1.0, 0.05..0.5)
            .prop_map(|(coefficient, margin)| Penalty::MeanCode { coefficient, margin }),
    ]
}

fn training() -> impl Strategy<Value = Training> {
    let sizes = (SIZES, 1..=6_usize, 1..=9_usize, 1..=4_usize, 2..=3_usize);
    let numbers = (RATES, 0.0..0.95, any::<bool>(), any::<bool>());
    (sizes, penalty(), 0..3_usize, numbers).prop_flat_map(
        |((n, m, samples, batch_size, passes), penalty, activation, numbers)| {
            let (learning_rate, momentum, unit_length, blind) = numbers;
            (parameters(n, m), matrix(n, samples, 1.0)).prop_map(move |(parameters, data)| {
                Training {
                    parameters,
                    data,
                    batch_size,
                    passes,
                    activation,
                    penalty,
                    learning_rate,
                    momentum,
                    unit_length,
                    blind,
                }
            })
        },
    )
}

impl Training {
    fn blackboard(&self) -> Blackboard {
        let columns = |matrix: &DMatrix<f64>| -> Vec<Vec<f64>> {
            matrix.column_iter().map(|column| column.iter().copied().collect()).collect()
        };
        let w = columns(self.parameters.filters());
        let (n, m) = (self.parameters.n_inputs(), self.parameters.n_hidden());
        Blackboard {
            s: [SIGMOID, SOFTPLUS, TANH][self.activation],
            penalty: self.penalty,
            learning_rate: self.learning_rate,
            momentum: self.momentum,
            unit_length: self.unit_length,
            blind: self.blind,
            w,
            b: self.parameters.encoder_bias().as_slice().to_vec(),
            c: self.parameters.decoder_bias().map(|bias| bias.as_slice().to_vec()),
            velocity_w: vec![vec![0.0; n]; m],
            velocity_b: vec![0.0; m],
            velocity_c: vec![0.0; n],
        }
    }

    /// How far the trainer is from the blackboard, in parameters and objectives.
    fn error(&self, board: &mut Blackboard) -> f64 {
        let samples: Vec<Vec<f64>> =
            self.data.column_iter().map(|column| column.iter().copied().collect()).collect();
        let expected = board.train(&samples, self.batch_size, self.passes);

        let activations: [&dyn Activation<f64>; 3] = [&Sigmoid, &Softplus::new(), &Tanh];
        let regularizer: AnyRegularizer<f64> = match self.penalty {
            Penalty::None => Box::new(Unregularized),
            Penalty::Slopes { coefficient, power: 2 } => Box::new(coefficient * Contractive::new()),
            Penalty::Slopes { coefficient, .. } => {
                Box::new(MarginalizedDenoising::new().scaled(coefficient))
            }
            Penalty::MeanCode { coefficient, margin } => {
                Box::new(coefficient * KlSparsity::new(0.0).unwrap().with_margin(margin).unwrap())
            }
        };
        let mut model =
            RegularizedAutoEncoder::builder(self.data.nrows(), self.parameters.n_hidden())
                .activation(activations[self.activation])
                .regularizer(&*regularizer as &dyn Regularizer<f64>)
                .parameters(self.parameters.clone())
                .build()
                .unwrap();
        let mut builder = Trainer::builder()
            .learning_rate(self.learning_rate)
            .momentum(self.momentum)
            .batch_size(self.batch_size);
        if self.unit_length {
            builder = builder.constraint(Constraint::UNIT);
        }
        if self.blind {
            builder = builder.corruption(Masking::new(1.0).unwrap());
        }
        let trainer = builder.build().unwrap();
        let mut state = TrainingState::new(&model);
        let found: Vec<f64> = (0..self.passes)
            .map(|_| {
                let report = trainer.partial_fit(&mut model, &mut state, &self.data).unwrap();
                report.history[0].objective()
            })
            .collect();
        relative_error(&found, &expected, 1.0).max(relative_error(
            &values(model.parameters()),
            &board.values(),
            1.0,
        ))
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn training_follows_the_textbook(training in training()) {
        let error = training.error(&mut training.blackboard());
        prop_assert!(error < TRAINING, "{error:e}");
    }
}

/// What the comparison must refuse: another momentum, another length, another penalty.
#[test]
fn another_textbook_is_refused() {
    let changes: [fn(&mut Blackboard); 4] = [
        |board| board.momentum += 0.01,
        |board| board.unit_length = !board.unit_length,
        |board| board.blind = !board.blind,
        |board| board.penalty = Penalty::Slopes { coefficient: 0.2, power: 3 },
    ];
    for change in changes {
        let refused = |training: &Training| {
            let mut board = training.blackboard();
            change(&mut board);
            training.error(&mut board) > TRAINING
        };
        assert!(examples(training(), 50).filter(refused).count() >= 45);
    }
}
