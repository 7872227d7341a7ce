//! Trainings side by side.

use crate::common::*;
use nalgebra::DMatrix;
use regularized_autoencoder::{
    AnyAutoEncoder, CodeL1, Constraint, Contractive, EndEvent, EpochEvent, Error, GaussianNoise,
    KlSparsity, Observer, RegularizedAutoEncoder, Report, Sigmoid, Trainer, Training,
    Unregularized, train_many,
};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn data() -> DMatrix<f64> {
    DMatrix::from_fn(6, 60, |i, j| ((i * 31 + j * 17) as f64).sin())
}

fn trainer() -> Trainer<f64> {
    Trainer::builder()
        .constraint(Constraint::UNIT)
        .corruption(GaussianNoise::new(0.1).unwrap())
        .batch_size(10)
        .epochs(3)
        .threads(2)
        .build()
        .unwrap()
}

fn models() -> Vec<AnyAutoEncoder<f64>> {
    let regularizers: [AnyRegularizer<f64>; 5] = [
        Box::new(Unregularized),
        Box::new(0.5 * Contractive::new()),
        Box::new(0.1 * KlSparsity::new(0.0).unwrap()),
        Box::new(0.1 * CodeL1::new()),
        Box::new(2.0 * Contractive::new()),
    ];
    let model = |(seed, regularizer): (usize, AnyRegularizer<f64>)| {
        RegularizedAutoEncoder::builder(6, 300)
            .activation(Box::new(Sigmoid) as AnyActivation<f64>)
            .regularizer(regularizer)
            .seed(seed as u64)
            .build()
            .unwrap()
    };
    regularizers.into_iter().enumerate().map(model).collect()
}

fn bits(model: &AnyAutoEncoder<f64>) -> Vec<u64> {
    values(model.parameters()).into_iter().map(f64::to_bits).collect()
}

/// Without what a clock measures.
fn timeless(mut report: Report) -> Report {
    report.seconds = 0.0;
    report.history.iter_mut().for_each(|record| record.seconds = 0.0);
    report
}

#[test]
fn models_are_trained_as_if_each_were_alone() {
    let (x, trainer) = (data(), trainer());
    let mut alone = models();
    let expected: Vec<_> =
        alone.iter_mut().map(|model| timeless(trainer.fit(model, &x).unwrap())).collect();
    for threads in [1, 2, 3, 20] {
        let mut models = models();
        let trainings = models.iter_mut().map(|model| Training::new(&trainer, model));
        let reports = train_many(trainings, &x, threads).unwrap();
        let reports: Vec<_> = reports.into_iter().map(|report| timeless(report.unwrap())).collect();
        assert_eq!(reports, expected);
        for (together, alone) in models.iter().zip(&alone) {
            assert!(bits(together) == bits(alone), "{threads} threads");
        }
    }
}

#[test]
fn no_training_at_all_is_none() {
    assert!(train_many::<f64>([], &data(), 3).unwrap().is_empty());
}

#[test]
fn without_threads_nothing_is_trained() {
    let (trainer, mut models) = (trainer(), models());
    let before: Vec<_> = models.iter().map(bits).collect();
    let trainings = models.iter_mut().map(|model| Training::new(&trainer, model));
    let error = train_many(trainings, &data(), 0).unwrap_err().to_string();
    assert!(error.contains("threads is 0"), "{error}");
    assert_eq!(models.iter().map(bits).collect::<Vec<_>>(), before);
}

/// Notes how a training ends; fails on purpose at the end of an epoch.
#[derive(Default)]
struct Watcher {
    epochs: usize,
    end: Option<Result<Report, String>>,
    kept: Vec<f64>,
    panic_after: Option<usize>,
}

impl Observer<f64> for Watcher {
    fn on_epoch(&mut self, _: &EpochEvent<'_, f64>) -> ControlFlow<()> {
        self.epochs += 1;
        assert_ne!(self.panic_after, Some(self.epochs), "deliberate");
        ControlFlow::Continue(())
    }
    fn on_end(&mut self, event: &EndEvent<'_, f64>) {
        self.end = Some(event.outcome.cloned().map_err(Error::to_string));
        self.kept = values(event.parameters);
    }
}

#[test]
fn one_that_diverges_harms_no_other_and_its_observer_hears_of_it() {
    let x = data();
    let (good, bad) = (trainer(), Trainer::builder().learning_rate(1e200).build().unwrap());
    for threads in [1, 2] {
        let mut models = models();
        let mut watchers: Vec<_> = models.iter().map(|_| Watcher::default()).collect();
        let trainings = models.iter_mut().zip(&mut watchers).enumerate();
        let trainings = trainings.map(|(number, (model, watcher))| {
            let trainer = if number == 1 { &bad } else { &good };
            Training::new(trainer, model).observer(watcher).validation(&x)
        });
        let outcomes = train_many(trainings, &x, threads).unwrap();
        for (number, (outcome, watcher)) in outcomes.iter().zip(&watchers).enumerate() {
            assert_eq!(outcome.is_err(), number == 1);
            let told = watcher.end.as_ref().expect("every observer is told of the end");
            assert_eq!(*told, outcome.as_ref().cloned().map_err(ToString::to_string));
            assert_eq!(watcher.kept, values(models[number].parameters()));
        }
        let error = outcomes[1].as_ref().unwrap_err();
        assert!(matches!(error, Error::Diverged { .. }), "{error}");
        let report = outcomes[0].as_ref().unwrap();
        assert!(report.history.iter().all(|record| record.validation.is_some()));
    }
}

#[test]
fn data_that_no_model_can_use_are_an_error_of_each() {
    let trainer = trainer();
    for bad in [DMatrix::from_element(5, 60, 1.0), DMatrix::from_element(6, 60, f64::NAN)] {
        let mut models = models();
        let trainings = models.iter_mut().map(|model| Training::new(&trainer, model));
        let outcomes = train_many(trainings, &bad, 2).unwrap();
        assert!(outcomes.len() == 5 && outcomes.iter().all(Result::is_err));
    }
}

#[test]
fn a_panic_comes_out_after_the_others_have_been_trained() {
    let (x, trainer) = (data(), trainer());
    let mut alone = models();
    alone.iter_mut().for_each(|model| drop(trainer.fit(model, &x).unwrap()));
    for threads in [1, 2, 3] {
        let mut models = models();
        let mut watcher = Watcher { panic_after: Some(2), ..Watcher::default() };
        let mut watcher = Some(&mut watcher);
        let panic = catch_unwind(AssertUnwindSafe(|| {
            let trainings = models.iter_mut().map(|model| {
                let training = Training::new(&trainer, model);
                match watcher.take() {
                    Some(watcher) => training.observer(watcher),
                    None => training,
                }
            });
            let _ = train_many(trainings, &x, threads);
        }));
        let message = panic.unwrap_err();
        let message = message.downcast_ref::<String>().expect("a message");
        assert!(message.contains("deliberate"), "{message}");
        assert!(bits(&models[0]) != bits(&alone[0]), "it was cut short");
        for (together, alone) in models.iter().zip(&alone).skip(1) {
            assert!(bits(together) == bits(alone));
        }
    }
}
