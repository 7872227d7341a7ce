//! What a training tells a logger.
#![cfg(feature = "log")]

use log::{Level, Log, Metadata, Record};
use nalgebra::DMatrix;
use regularized_autoencoder::train::LogProgress;
use regularized_autoencoder::{
    Constraint, Contractive, Error, FitOptions, RegularizedAutoEncoder, Relu, Trainer,
};
use std::sync::Mutex;

/// Keeps what is logged.
struct Keep(Mutex<Vec<(Level, String)>>);

impl Log for Keep {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        assert_eq!(record.target(), "regularized_autoencoder");
        self.0.lock().unwrap().push((record.level(), record.args().to_string()));
    }

    fn flush(&self) {}
}

static KEPT: Keep = Keep(Mutex::new(Vec::new()));

#[test]
fn a_training_logs_its_warnings_epochs_and_end() {
    log::set_logger(&KEPT).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let x = DMatrix::<f64>::from_fn(3, 60, |i, j| (i as f64 + j as f64).cos());
    let train = |learning_rate| -> Result<Vec<(Level, String)>, Error> {
        let mut model = RegularizedAutoEncoder::builder(3, 4)
            .activation(Relu)
            .regularizer(Contractive::new())
            .build()?;
        let trainer = Trainer::builder().constraint(Constraint::UNIT).epochs(2);
        let trainer = trainer.learning_rate(learning_rate).build()?;
        let outcome =
            trainer.fit_with(&mut model, &x, FitOptions::default().observer(&mut LogProgress));
        assert_eq!(outcome.is_err(), learning_rate > 1.0);
        Ok(std::mem::take(&mut *KEPT.0.lock().unwrap()))
    };
    let levels = |lines: &[(Level, String)]| lines.iter().map(|line| line.0).collect::<Vec<_>>();

    let lines = train(0.001).unwrap();
    assert_eq!(levels(&lines), [Level::Warn, Level::Info, Level::Info, Level::Info, Level::Info]);
    assert!(lines[0].1.contains("will not move the sparsity"), "{}", lines[0].1);
    assert_eq!(lines[1].1, "training 3 → 4: 2 epochs of 1 steps");
    assert!(lines[3].1.starts_with("epoch 2 of 2: J = "), "{}", lines[3].1);
    assert_eq!(lines[4].1, "all epochs completed");

    let lines = train(1e300).unwrap();
    let (level, text) = lines.last().unwrap();
    assert_eq!(*level, Level::Error);
    assert!(text.contains("epoch"), "{text}");
}
