//! Prediction and observation on the embedded digits.

use nalgebra::DMatrix;
use regularized_autoencoder::data::{Standardization, Whitening, digits};
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::theory::{Assumption1, Basis, BiasGradients, Trend, Verdict};

const N_HIDDEN: usize = 128;
/// A spread of the activation fraction below which it counts as flat.
const FLAT: f64 = 0.02;
/// A share of the fraction without the regularizer below which it counts as fallen.
const FALLEN: f64 = 2.0 / 3.0;

fn standardised() -> DMatrix<f32> {
    let mut x = digits::images::<f32>() / 16.0;
    Standardization::fit(&x, 0.1).unwrap().apply(&mut x).unwrap();
    x
}

/// The verdict for the last strength, and the activation fractions that trainings end with.
fn trained(
    activation: fn() -> Box<dyn Activation<f32>>,
    regularizer: fn(f64) -> Box<dyn Regularizer<f32>>,
    noise: fn(f64) -> Option<GaussianNoise>,
    (strengths, learning_rate): ([f64; 3], f64),
) -> (Verdict, [f64; 3]) {
    let x = standardised();
    let mut runs: Vec<_> = strengths
        .into_iter()
        .map(|strength| {
            let mut trainer = Trainer::builder()
                .constraint(Constraint::UNIT)
                .batch_size(20)
                .epochs(20)
                .learning_rate(learning_rate);
            if let Some(noise) = noise(strength) {
                trainer = trainer.corruption(noise);
            }
            let model = RegularizedAutoEncoder::builder(x.nrows(), N_HIDDEN)
                .activation(activation())
                .regularizer(regularizer(strength));
            (trainer.build().unwrap(), model.build().unwrap())
        })
        .collect();
    let trainings = runs.iter_mut().map(|(trainer, model)| Training::new(trainer, model));
    for report in train_many(trainings, &x, 2).unwrap() {
        report.unwrap();
    }
    let fraction = |at: usize| -> f64 {
        metrics::evaluate(&runs[at].1, &x).unwrap().average_activation_fraction
    };
    (runs[2].0.verdict(&runs[2].1), [fraction(0), fraction(1), fraction(2)])
}

fn no_noise(_: f64) -> Option<GaussianNoise> {
    None
}

fn falls([first, middle, last]: [f64; 3]) -> bool {
    middle < first && last < middle && last < FALLEN * first
}

#[test]
fn relu_with_the_contractive_penalty_is_flat() {
    let (verdict, fractions) = trained(
        || Box::new(Relu),
        |lambda| Box::new(lambda * Contractive::new()),
        no_noise,
        ([0.0, 0.25, 1.0], 0.001),
    );
    assert_eq!(verdict.coefficient.unwrap().trend, Trend::Unaffected);
    let spread = fractions.map(|fraction| (fraction - fractions[0]).abs());
    assert!(spread.iter().all(|spread| *spread < FLAT), "{fractions:?}");
}

#[test]
fn softplus_with_the_contractive_penalty_falls() {
    let (verdict, fractions) = trained(
        || Box::new(Softplus::new()),
        |lambda| Box::new(lambda * Contractive::new()),
        no_noise,
        ([0.0, 2.0, 10.0], 0.002),
    );
    assert_eq!(verdict.coefficient.unwrap().trend, Trend::Falls);
    assert!(falls(fractions), "{fractions:?}");
}

#[test]
fn sigmoid_with_kl_sparsity_falls() {
    let (verdict, fractions) = trained(
        || Box::new(Sigmoid),
        |lambda| Box::new(lambda * KlSparsity::new(0.0).unwrap()),
        no_noise,
        ([0.0, 0.5, 2.0], 0.005),
    );
    assert_eq!(verdict.coefficient.unwrap().trend, Trend::Falls);
    assert!(falls(fractions), "{fractions:?}");
}

#[test]
fn relu_with_explicit_noise_falls() {
    let (verdict, fractions) = trained(
        || Box::new(Relu),
        |_| Box::new(Unregularized),
        |variance| Some(GaussianNoise::new(variance).unwrap()),
        ([0.0, 0.04, 0.25], 0.001),
    );
    let prediction = verdict.corruption.unwrap();
    assert_eq!(prediction.trend, Trend::Falls);
    assert!(matches!(prediction.basis, Basis::Measured(_)));
    assert!(falls(fractions), "{fractions:?}");
}

/// Corollary 1 holds, and fewer codes exceed δ_min; but the others tend to −1, and none to 0.
#[test]
fn tanh_is_not_applicable() {
    let verdict = Verdict::of(&Tanh, &KlSparsity::new(0.0).unwrap(), Constraint::UNIT);
    assert_eq!(verdict.coefficient.unwrap().trend, Trend::NotApplicable);
    let x = standardised();
    let magnitude = |lambda: f64| {
        let mut model = RegularizedAutoEncoder::builder(x.nrows(), N_HIDDEN)
            .activation(Tanh)
            .regularizer(lambda * KlSparsity::new(0.0).unwrap())
            .build()
            .unwrap();
        let trainer = Trainer::builder().constraint(Constraint::UNIT).batch_size(20).epochs(10);
        trainer.learning_rate(0.002).build().unwrap().fit(&mut model, &x).unwrap();
        model.encode(&x).unwrap().abs().mean()
    };
    let (without, with) = (magnitude(0.0), magnitude(2.0));
    assert!(with > 1.5 * without, "E|h| = {without}, then {with}");
}

/// With the sigmoid, Corollary 2 guarantees no sign: at first many units have another, and even in
/// the trained model some; but nine in ten have the one that makes it sparse.
#[test]
fn not_guaranteed_is_not_will_fail() {
    let x = standardised();
    let mut model = RegularizedAutoEncoder::builder(x.nrows(), N_HIDDEN)
        .regularizer(5.0 * Contractive::new())
        .build()
        .unwrap();
    let trainer = Trainer::builder().constraint(Constraint::UNIT).batch_size(20).epochs(20);
    let trainer = trainer.learning_rate(0.005).build().unwrap();
    let at_first = BiasGradients::of(&model, &x).unwrap();
    assert!(at_first.negative() > N_HIDDEN / 4, "{at_first}");
    trainer.fit(&mut model, &x).unwrap();
    let trained = BiasGradients::of(&model, &x).unwrap();
    assert!(trained.positive() > 9 * N_HIDDEN / 10 && trained.negative() > 0, "{trained}");
    let verdict = trainer.verdict(&model).with_measurement(&trained);
    assert_eq!(verdict.bias_gradient, Sign::Indefinite);
    assert_eq!(verdict.coefficient.unwrap().trend, Trend::Falls);
}

/// The digits have three constant pixels: they can be whitened in 61 directions only.
#[test]
fn the_digits_are_whitened_in_61_directions() {
    let x = digits::images::<f64>() / 16.0;
    let moments = Assumption1::of(&x).unwrap();
    assert_eq!(moments.rank(1e-9).unwrap(), 61);
    let zca = Whitening::zca(&x, 1e-9).unwrap();
    let error = zca.full_rank().unwrap_err().to_string();
    assert_eq!(error, "the covariance has rank 61, but all 64 directions are needed");
    let white = Whitening::pca(&x, 1e-9).unwrap().apply(&x).unwrap();
    let white = Assumption1::of(&white).unwrap();
    assert!(white.largest_mean() < 1e-9 && white.largest_covariance_deviation() < 1e-9, "{white}");
}
