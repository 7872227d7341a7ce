//! A training from a source makes the steps of a training in memory, in an order that a window
//! allows.

use crate::common::files::{Folder, says};
use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::data::{Standardization, npy};
use regularized_autoencoder::source::{Mapped, NpyFile, Replay, Shards, Windows};
use regularized_autoencoder::{
    BatchSource, Checkpoint, Constraint, Contractive, DeadUnitResampling, EpochEvent, Error, Every,
    FitOptions, GaussianNoise, Observer, Parameters, Real, RegularizedAutoEncoder, Regularizer,
    Relu, Report, SaltAndPepper, Sigmoid, StartEvent, StepEvent, Trainer, TrainerBuilder,
    TrainingState,
};
use std::fs::OpenOptions;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

const N_INPUTS: usize = 6;
/// Three blocks of hidden units, so that there is work for three threads.
const N_HIDDEN: usize = 600;
const N_SAMPLES: usize = 60;
const BATCH: usize = 10;

fn samples<T: Real>(n_samples: usize) -> DMatrix<T> {
    DMatrix::from_fn(N_INPUTS, n_samples, |i, j| T::of((1.0 + i as f64 + 0.3 * j as f64).sin()))
}

type Model<T> = RegularizedAutoEncoder<T, Sigmoid, Box<dyn Regularizer<T>>>;

fn model<T: Real>(n_hidden: usize) -> Model<T> {
    let regularizer = 0.1 * Contractive::with_hessian(0.1, 0.01, 1).unwrap();
    let regularizer: Box<dyn Regularizer<T>> = Box::new(regularizer);
    RegularizedAutoEncoder::builder(N_INPUTS, n_hidden).regularizer(regularizer).build().unwrap()
}

fn trainer<T: Real>() -> TrainerBuilder<T> {
    let limits = [(-1.0, 1.0); N_INPUTS];
    Trainer::builder()
        .batch_size(BATCH)
        .epochs(3)
        .learning_rate(0.01)
        .constraint(Constraint::UNIT)
        .corruption(SaltAndPepper::new(0.2, limits).unwrap())
        .seed(5)
}

fn windows(chunk_samples: usize, chunks: usize) -> Windows {
    Windows::new(chunk_samples, chunks).unwrap()
}

/// A training's outcome, without the times that it took.
fn trained<T: Real>(
    train: impl FnOnce(&mut Model<T>) -> Result<Report, Error>,
) -> (Parameters<T>, Vec<(f64, f64)>) {
    let mut model = model(N_HIDDEN);
    let report = train(&mut model).unwrap();
    let history = report.history.iter().map(|epoch| (epoch.reconstruction, epoch.regularizer));
    (model.parameters().clone(), history.collect())
}

// ------------------------------------------------------------------------------------ the order

/// Takes note of the numbers of the samples that are used: each sample's first value is its number.
#[derive(Default)]
struct Used(Vec<Vec<usize>>);

impl Observer<f64> for Used {
    fn on_step(&mut self, event: &StepEvent<'_, f64>) -> ControlFlow<()> {
        if event.step == 0 {
            self.0.push(Vec::new());
        }
        let n_inputs = event.parameters.n_inputs();
        let numbers = event.batch.input().as_slice().iter().step_by(n_inputs);
        self.0.last_mut().unwrap().extend(numbers.map(|&number| number as usize));
        ControlFlow::Continue(())
    }
}

/// Which samples each epoch uses.
fn used<S: BatchSource<Scalar = f64>>(source: &S, windows: Windows) -> Vec<Vec<usize>> {
    let mut used = Used::default();
    let trainer = Trainer::builder().batch_size(BATCH).epochs(3).learning_rate(1e-9).seed(5);
    let mut model = RegularizedAutoEncoder::builder(source.n_inputs(), 2).build().unwrap();
    let options = FitOptions::default().observer(&mut used);
    trainer.build().unwrap().fit_source_with(&mut model, source, windows, options).unwrap();
    used.0
}

#[test]
fn every_sample_is_used_once_an_epoch_in_the_order_that_is_promised() {
    // Batches that go across the border of two windows, windows smaller than a batch and than two.
    for (chunk, chunks) in [(7, 3), (1, 25), (10, 2), (2, 1), (59, 1), (13, 2), (4, 15), (100, 1)] {
        let windows = windows(chunk, chunks);
        for n_samples in [60, 67] {
            let numbers = DMatrix::from_fn(2, n_samples, |_, j| j as f64);
            let epochs = used(&numbers, windows);
            assert_eq!(epochs.len(), 3);
            for (epoch, used) in epochs.iter().enumerate() {
                let order = windows.order(n_samples, 5, epoch).unwrap();
                // An incomplete last batch is left out.
                assert_eq!(used, &order[..60], "{windows:?}");
                assert!(epochs[..epoch].iter().all(|earlier| earlier != used), "{windows:?}");
            }
        }
    }
}

#[test]
fn an_iterator_is_read_once_an_epoch() {
    let made = AtomicUsize::new(0);
    let pieces = || {
        made.fetch_add(1, Ordering::Relaxed);
        (0..20).map(|piece| Ok((0..3).map(|at| f64::from(3 * piece + at)).collect()))
    };
    let source = Replay::new(1, 60, pieces).unwrap();
    for used in used(&source, windows(4, 5)) {
        for (number, window) in used.chunks(20).enumerate() {
            let mut window = window.to_vec();
            assert!(!window.is_sorted());
            window.sort_unstable();
            assert_eq!(window, (20 * number..20 * (number + 1)).collect::<Vec<_>>());
        }
    }
    assert_eq!(made.load(Ordering::Relaxed), 3);
}

// ----------------------------------------------------------------------------- the same results

fn a_window_that_holds_all_trains_as_in_memory<T: Real>() {
    let folder = Folder::new();
    // The last batch of an epoch is incomplete.
    let x = samples::<T>(N_SAMPLES + 3);
    let paths: Vec<_> = [0..20, 20..21, 21..63]
        .into_iter()
        .enumerate()
        .map(|(shard, range)| {
            let path = folder.0.join(format!("{shard}.npy"));
            npy::write(&path, x.columns(range.start, range.len())).unwrap();
            path
        })
        .collect();
    let shards = Shards::new(paths.iter().map(|path| NpyFile::<T>::open(path).unwrap())).unwrap();
    let pieces = || x.column_iter().map(|sample| Ok(sample.as_slice().to_vec()));
    let replay = Replay::new(N_INPUTS, x.ncols(), pieces).unwrap();
    for threads in [1, 2, 3] {
        let trainer = trainer().threads(threads).build().unwrap();
        let expected = trained(|model| trainer.fit(model, &x));
        for windows in [windows(63, 1), windows(1, 63), windows(10, 7), windows(1000, 1000)] {
            assert_eq!(trained(|model| trainer.fit_source(model, &shards, windows)), expected);
        }
        assert_eq!(trained(|model| trainer.fit_source(model, &x, windows(64, 1))), expected);
        assert_eq!(trained(|model| trainer.fit_source(model, &replay, windows(64, 1))), expected);
        // The comparison compares.
        assert_ne!(trained(|model| trainer.fit_source(model, &shards, windows(62, 1))), expected);
    }
}

#[test]
fn a_window_that_holds_all_trains_as_in_memory_to_the_bit() {
    a_window_that_holds_all_trains_as_in_memory::<f32>();
    a_window_that_holds_all_trains_as_in_memory::<f64>();
}

/// One epoch is one pass over the samples in the order that the windows give.
fn windows_train_as_samples_in_their_order<T: Real>() {
    let x = samples::<T>(N_SAMPLES);
    for windows in [windows(7, 3), windows(1, 25), windows(2, 1), windows(59, 1)] {
        let order = windows.order(N_SAMPLES, 5, 0).unwrap();
        let sorted = DMatrix::from_fn(N_INPUTS, N_SAMPLES, |i, j| x[(i, order[j])]);
        for threads in [1, 2, 3] {
            let trainer = trainer().epochs(1).threads(threads).build().unwrap();
            // The means of the history are summed up otherwise.
            let (expected, _) = trained(|model| {
                let mut state = TrainingState::new(model);
                trainer.partial_fit(model, &mut state, &sorted)
            });
            let (found, _) = trained(|model| trainer.fit_source(model, &x, windows));
            assert_eq!(found, expected, "{windows:?}");
        }
    }
}

#[test]
fn windows_train_as_samples_in_their_order_to_the_bit() {
    windows_train_as_samples_in_their_order::<f32>();
    windows_train_as_samples_in_their_order::<f64>();
}

#[test]
fn no_bit_depends_on_how_fast_a_source_is() {
    let (x, reads) = (samples::<f64>(N_SAMPLES), AtomicUsize::new(0));
    let slow = Mapped::new(&x, |_| {
        // Now and then.
        if reads.fetch_add(1, Ordering::Relaxed) % 13 == 0 {
            std::thread::sleep(Duration::from_millis(3));
        }
        Ok(())
    });
    let expected = trained(|model| trainer().build()?.fit_source(model, &x, windows(7, 3)));
    for threads in [1, 2] {
        let trainer = trainer().threads(threads).build().unwrap();
        assert_eq!(trained(|model| trainer.fit_source(model, &slow, windows(7, 3))), expected);
    }
}

#[test]
fn a_validation_is_that_of_a_training_in_memory() {
    let (x, validation) = (samples::<f64>(N_SAMPLES), samples::<f64>(17));
    let trainer = trainer().build().unwrap();
    let options = || FitOptions::default().validation(&validation);
    let report = trainer.fit_with(&mut model(20), &x, options()).unwrap();
    let mut model = model(20);
    let streamed = trainer.fit_source_with(&mut model, &x, windows(60, 1), options()).unwrap();
    let values = |report: &Report| {
        report.history.iter().map(|epoch| epoch.validation.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(values(&streamed), values(&report));
}

#[test]
fn dead_units_get_new_filters_from_the_window_in_memory() {
    let x = samples::<f64>(N_SAMPLES);
    let (filters, _, _) =
        Parameters::glorot_uniform(N_INPUTS, N_HIDDEN, false, 0).unwrap().into_parts();
    // No unit is ever active.
    let bias = DVector::from_element(N_HIDDEN, -9.0);
    let dead = Parameters::new(filters, bias, None).unwrap();
    let train = |windows: Option<Windows>, threads: usize| {
        let mut model = RegularizedAutoEncoder::builder(N_INPUTS, N_HIDDEN)
            .activation(Relu)
            .parameters(dead.clone())
            .build()
            .unwrap();
        let resampling = DeadUnitResampling { every: Every::Steps(4), samples: 25 };
        let trainer = Trainer::builder().batch_size(BATCH).epochs(3).learning_rate(0.01);
        let trainer = trainer.dead_unit_resampling(resampling).threads(threads).build().unwrap();
        let report = match windows {
            Some(windows) => trainer.fit_source(&mut model, &x, windows).unwrap(),
            None => trainer.fit(&mut model, &x).unwrap(),
        };
        assert!(report.history[0].resampled > 0);
        model.parameters().clone()
    };
    let in_memory = train(None, 1);
    assert_eq!(train(Some(windows(60, 1)), 2), in_memory);
    for windows in [windows(7, 3), windows(2, 1), windows(13, 1), windows(59, 1)] {
        let found = train(Some(windows), 1);
        assert_ne!(found, in_memory);
        assert_eq!(train(Some(windows), 3), found);
    }
}

/// Keeps a checkpoint after so many steps and stops there.
struct Interrupt(usize, Option<Checkpoint<f64>>);

impl Observer<f64> for Interrupt {
    fn on_step(&mut self, event: &StepEvent<'_, f64>) -> ControlFlow<()> {
        self.0 -= 1;
        if self.0 > 0 {
            return ControlFlow::Continue(());
        }
        self.1 = Some(event.checkpoint());
        ControlFlow::Break(())
    }
}

#[test]
fn a_training_goes_on_from_every_step() {
    let x = samples::<f64>(N_SAMPLES + 4);
    let trainer = trainer().build().unwrap();
    for windows in [windows(7, 3), windows(2, 1), windows(64, 1)] {
        let mut undisturbed = model(20);
        let report = trainer.fit_source(&mut undisturbed, &x, windows).unwrap();
        for steps in 1..=report.steps {
            let mut interrupt = Interrupt(steps, None);
            let options = FitOptions::default().observer(&mut interrupt);
            trainer.fit_source_with(&mut model(20), &x, windows, options).unwrap();
            let checkpoint = interrupt.1.unwrap();
            assert_eq!(checkpoint.steps(), steps);
            let (mut model, options) = (model(20), FitOptions::default().resume(checkpoint));
            let resumed = trainer.fit_source_with(&mut model, &x, windows, options).unwrap();
            assert_eq!(model.parameters(), undisturbed.parameters(), "{windows:?}, {steps} steps");
            assert_eq!(resumed.steps, report.steps);
        }
    }
}

/// Dead units get new filters from the window in which an epoch ends, or a batch.
#[test]
fn a_training_that_revives_units_goes_on_from_every_step() {
    let x = samples::<f64>(N_SAMPLES + 4);
    let model = || {
        let (filters, _, _) = model::<f64>(20).parameters().clone().into_parts();
        let bias = DVector::from_fn(20, |unit, _| if unit < 5 { -100.0 } else { 0.0 });
        let parameters = Parameters::new(filters, bias, None).unwrap();
        let builder = RegularizedAutoEncoder::builder(N_INPUTS, 20).activation(Relu);
        builder.parameters(parameters).build().unwrap()
    };
    for every in [Every::Epochs(1), Every::Steps(4)] {
        let resampling = DeadUnitResampling { every, samples: 20 };
        let trainer = trainer().dead_unit_resampling(resampling).build().unwrap();
        for windows in [windows(7, 3), windows(2, 1)] {
            let mut undisturbed = model();
            let report = trainer.fit_source(&mut undisturbed, &x, windows).unwrap();
            assert!(report.history.iter().map(|epoch| epoch.resampled).sum::<usize>() >= 5);
            for steps in 1..=report.steps {
                let mut interrupt = Interrupt(steps, None);
                let options = FitOptions::default().observer(&mut interrupt);
                trainer.fit_source_with(&mut model(), &x, windows, options).unwrap();
                let options = FitOptions::default().resume(interrupt.1.unwrap());
                let mut model = model();
                trainer.fit_source_with(&mut model, &x, windows, options).unwrap();
                assert_eq!(model.parameters(), undisturbed.parameters(), "{windows:?}, {steps}");
            }
        }
    }
}

#[test]
fn a_training_does_not_go_on_with_other_windows() {
    let x = samples::<f64>(N_SAMPLES);
    let trainer = trainer().build().unwrap();
    let mut interrupt = Interrupt(3, None);
    let options = FitOptions::default().observer(&mut interrupt);
    trainer.fit_source_with(&mut model(20), &x, windows(7, 3), options).unwrap();
    let checkpoint = interrupt.1.unwrap();
    let resume = || FitOptions::default().resume(checkpoint.clone());
    let result = trainer.fit_source_with(&mut model(20), &x, windows(7, 4), resume());
    says(result, &["4 chunks of 7 in memory", "began with", "3 chunks of 7 in memory"]);
    let fewer = x.columns(0, 59).into_owned();
    let result = trainer.fit_source_with(&mut model(20), &fewer, windows(7, 3), resume());
    says(result, &["59 samples of a source", "began with", "60 samples of a source"]);
    says(trainer.fit_with(&mut model(20), &x, resume()), &["60 samples, checksum", "began with"]);
}

// ------------------------------------------------------------------------------- what goes wrong

/// Gives what `f` gives, or fails if that takes forever.
fn in_time<V: Send + 'static>(f: impl FnOnce() -> V + Send + 'static) -> V {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(f()));
    receiver.recv_timeout(Duration::from_secs(60)).expect("ends in time")
}

/// Cuts a file short when the first epoch is over.
struct Cut<'a>(&'a std::path::Path);

impl Observer<f32> for Cut<'_> {
    fn on_epoch(&mut self, event: &EpochEvent<'_, f32>) -> ControlFlow<()> {
        if event.record.epoch == 0 {
            // 128 bytes of header; a sample takes 24.
            OpenOptions::new().write(true).open(self.0).unwrap().set_len(128 + 24 * 5 + 7).unwrap();
        }
        ControlFlow::Continue(())
    }
}

#[test]
fn a_file_that_is_cut_short_while_it_is_trained_on_is_an_error() {
    let folder = Folder::new();
    let (x, trainer) = (samples::<f32>(N_SAMPLES), trainer().build().unwrap());
    let path = folder.0.join("cut.npy");
    npy::write(&path, &x).unwrap();
    let file = NpyFile::open(&path).unwrap();
    let mut model = model(20);
    let mut cut = Cut(&path);
    let options = FitOptions::default().observer(&mut cut);
    let result = trainer.fit_source_with(&mut model, &file, windows(10, 1), options);
    says(result, &["cut.npy", "within sample", "cut short"]);

    // The order of an epoch depends on the seed and the epoch alone.
    let mut first = self::model(20);
    let trainer = self::trainer().epochs(1).build().unwrap();
    trainer.fit_source(&mut first, &x, windows(10, 1)).unwrap();
    assert_eq!(model.parameters(), first.parameters());
}

/// Fails when it reads the sample number 33 for the third time: in epoch 2.
struct Faulty {
    x: DMatrix<f64>,
    reads: AtomicUsize,
    panics: bool,
}

impl BatchSource for Faulty {
    type Scalar = f64;

    fn n_inputs(&self) -> usize {
        N_INPUTS
    }

    fn n_samples(&self) -> usize {
        N_SAMPLES
    }

    fn read(&self, first: usize, out: &mut [f64]) -> Result<(), Error> {
        self.x.read(first, out)?;
        if (first..first + out.len() / N_INPUTS).contains(&33)
            && self.reads.fetch_add(1, Ordering::SeqCst) == 2
        {
            if self.panics {
                panic!("deliberate");
            }
            out[(33 - first) * N_INPUTS + 4] = f64::NAN;
        }
        Ok(())
    }
}

#[test]
fn a_source_that_fails_ends_the_training() {
    let good = |epochs: usize| {
        let mut model = model(20);
        let trainer = trainer().epochs(epochs).build().unwrap();
        trainer.fit_source(&mut model, &samples(N_SAMPLES), windows(4, 2)).unwrap();
        model.parameters().clone()
    };
    for (panics, windows) in [(false, windows(4, 2)), (true, windows(4, 2))] {
        let (parameters, outcome) = in_time(move || {
            let source = Faulty { x: samples(N_SAMPLES), reads: AtomicUsize::new(0), panics };
            let (mut model, trainer) = (model(20), trainer().epochs(5).threads(2).build().unwrap());
            let fit = || trainer.fit_source(&mut model, &source, windows);
            let outcome = catch_unwind(AssertUnwindSafe(fit));
            let outcome = outcome.map_err(|panic| *panic.downcast::<&str>().unwrap());
            (model.parameters().clone(), outcome)
        });
        match outcome {
            Ok(result) => says(result, &["training data holds NaN at row 4, column 33"]),
            Err(message) => assert_eq!((message, panics), ("deliberate", true)),
        }
        assert_eq!(parameters, good(2));
        assert_ne!(parameters, good(3));
    }
}

/// Stops or panics after so many steps.
struct Quits {
    left: usize,
    panics: bool,
}

impl Observer<f64> for Quits {
    fn on_step(&mut self, _: &StepEvent<'_, f64>) -> ControlFlow<()> {
        self.left -= 1;
        match (self.left, self.panics) {
            (0, true) => panic!("enough"),
            (0, false) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

#[test]
fn a_training_that_ends_early_ends_the_reading() {
    for steps in [1, 2, 6, 7, 11] {
        for panics in [false, true] {
            let outcome = in_time(move || {
                let x = samples(N_SAMPLES);
                let (mut model, trainer) = (model(20), trainer().epochs(1000).build().unwrap());
                let mut quits = Quits { left: steps, panics };
                let options = FitOptions::default().observer(&mut quits);
                let fit = || trainer.fit_source_with(&mut model, &x, windows(4, 2), options);
                catch_unwind(AssertUnwindSafe(fit)).map(|report| report.unwrap().steps).ok()
            });
            assert_eq!(outcome, (!panics).then_some(steps));
        }
    }
}

/// Does not want to begin.
struct Unwilling;

impl Observer<f64> for Unwilling {
    fn on_start(&mut self, _: &StartEvent<'_, f64>) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}

#[test]
fn a_training_that_does_not_begin_ends_the_reading() {
    let steps = in_time(|| {
        let mut observer = Unwilling;
        let options = FitOptions::default().observer(&mut observer);
        let x = samples(N_SAMPLES);
        let trainer = trainer().build().unwrap();
        trainer.fit_source_with(&mut model(20), &x, windows(4, 2), options).unwrap().steps
    });
    assert_eq!(steps, 0);
}

#[test]
fn a_training_does_not_go_on_in_other_units() {
    let x = samples::<f64>(N_SAMPLES);
    let scaler = |mean: f64| {
        let mean = vec![mean; N_INPUTS];
        Standardization::from_parts(mean, vec![1.0; N_INPUTS], 0.0).unwrap()
    };
    let scaled = |mean| {
        let mut scaled = model::<f64>(20);
        scaled.set_scaler(Some(scaler(mean).into())).unwrap();
        scaled
    };
    let (trainer, mut interrupt) = (trainer().build().unwrap(), Interrupt(3, None));
    let options = FitOptions::default().observer(&mut interrupt);
    trainer.fit_source_with(&mut scaled(0.5), &x, windows(4, 2), options).unwrap();
    let resume = |mut model: Model<f64>| {
        let options = FitOptions::default().resume(interrupt.1.clone());
        trainer.fit_source_with(&mut model, &x, windows(4, 2), options)
    };
    says(resume(scaled(0.25)), &["scaler", "checksums"]);
    says(resume(model(20)), &["scaler", "none"]);
    resume(scaled(0.5)).unwrap();
}

/// As many samples as are said, of as many values.
struct Sized(usize, usize);

impl BatchSource for Sized {
    type Scalar = f64;

    fn n_inputs(&self) -> usize {
        self.0
    }

    fn n_samples(&self) -> usize {
        self.1
    }

    fn read(&self, _: usize, _: &mut [f64]) -> Result<(), Error> {
        panic!("it is refused before anything is read")
    }
}

#[test]
fn sources_that_do_not_fit_are_refused() {
    let fit = |source: Sized, windows: Windows| {
        trainer().build().unwrap().fit_source(&mut model(20), &source, windows)
    };
    for windows in [windows(4, 2), windows(1000, 1)] {
        says(fit(Sized(6, 0), windows), &["training data is empty", "6 inputs × 0 samples"]);
        says(fit(Sized(0, 60), windows), &["training data is empty", "0 inputs × 60 samples"]);
        let parts = ["values per sample of the training data", "expected 6, got 7"];
        says(fit(Sized(7, 60), windows), &parts);
        says(fit(Sized(6, 9), windows), &["samples for a batch", "10 asked for", "only 9"]);
    }
    let huge = usize::MAX / 48 + 1;
    says(fit(Sized(6, huge), windows(usize::MAX, 1)), &["window of samples", "do not fit"]);
    says(fit(Sized(6, usize::MAX), windows(huge, 1)), &["window of samples", "do not fit"]);

    let noise = Trainer::builder().batch_size(BATCH).corruption(GaussianNoise::new(0.1).unwrap());
    let validation = DMatrix::from_element(7, 3, 0.5);
    let options = FitOptions::default().validation(&validation);
    let (source, mut model) = (samples::<f64>(N_SAMPLES), model::<f64>(20));
    let result =
        noise.build().unwrap().fit_source_with(&mut model, &source, windows(4, 2), options);
    says(result, &["values per sample of the validation data", "expected 6, got 7"]);

    says(Windows::new(0, 1), &["samples of a chunk is 0", "at least 1"]);
    says(Windows::new(1, 0), &["chunks of a window is 0", "at least 1"]);
}
