//! Checkpoints in files: whole or refused, whatever happens to the file or to the process.

use crate::common::*;
use nalgebra::DMatrix;
use regularized_autoencoder::{
    Checkpoint, CheckpointInterval, Contractive, DeadUnitResampling, EarlyStopping, Error, Every,
    FitOptions, GaussianNoise, Observer, Optimizer, Random, RegularizedAutoEncoder, Report,
    Sigmoid, StartEvent, StepEvent, StopReason, Trainer, TrainerBuilder, Training, Unregularized,
    train_many,
};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const STEPS_PER_EPOCH: usize = 4;

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("checkpoints-{name}-{}", id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn data() -> DMatrix<f32> {
    DMatrix::from_fn(3, 20, |i, j| (1.3 * (j as f32 + 1.0) * (i as f32 + 0.7)).sin())
}

fn trainer() -> TrainerBuilder<f32> {
    Trainer::builder().batch_size(5).epochs(3)
}

fn model() -> RegularizedAutoEncoder<f32, Sigmoid, Unregularized> {
    RegularizedAutoEncoder::builder(3, 4).decoder_bias(true).build().unwrap()
}

/// Everything that a checkpoint can hold.
fn rich() -> TrainerBuilder<f32> {
    trainer()
        .optimizer(Optimizer::ADAM)
        .early_stopping(EarlyStopping { patience: 5, minimum_improvement: 0.0 })
        .dead_unit_resampling(DeadUnitResampling { every: Every::Epochs(1), samples: 5 })
}

fn fit(trainer: TrainerBuilder<f32>, options: FitOptions<'_, f32>) -> Result<Report, Error> {
    static VALIDATION: LazyLock<DMatrix<f32>> = LazyLock::new(data);
    let options = options.validation(&*VALIDATION);
    trainer.build().unwrap().fit_with(&mut model(), &data(), options)
}

/// Stops after so many steps.
struct Stop(usize);

impl Observer<f32> for Stop {
    fn on_step(&mut self, _: &StepEvent<'_, f32>) -> ControlFlow<()> {
        self.0 -= 1;
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The bytes of the file of a training that was stopped in its second epoch.
fn written(folder: &Folder) -> Vec<u8> {
    let path = folder.file("written");
    let mut stop = Stop(STEPS_PER_EPOCH + 2);
    let options = FitOptions::default().checkpoint_every(&path, Every::Epochs(9));
    fit(rich(), options.observer(&mut stop)).unwrap();
    let bytes = fs::read(&path).unwrap();
    let checkpoint = Checkpoint::<f32>::load(&path).unwrap();
    assert_eq!((checkpoint.epoch(), checkpoint.step(), checkpoint.history().len()), (1, 2, 1));
    checkpoint.save(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes, "the same checkpoint is the same file");
    assert_eq!(checkpoint.to_bytes().unwrap(), bytes);
    bytes
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    let folder = Folder::new("cut");
    let bytes = written(&folder);
    for length in 0..bytes.len() {
        let error = Checkpoint::<f32>::from_bytes(&bytes[..length]).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{length}: {error}");
    }
    for extra in [vec![0], vec![b' '; 100]] {
        let error = Checkpoint::<f32>::from_bytes(&[&bytes[..], &extra].concat()).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error}");
    }
    let path = folder.file("cut");
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = Checkpoint::<f32>::load(&path).unwrap_err();
    assert!(matches!(&error, Error::Format { path: named, .. } if *named == path), "{error}");
}

#[test]
fn a_file_with_any_damaged_byte_is_refused() {
    let folder = Folder::new("damaged");
    let mut bytes = written(&folder);
    let header = 8 + usize::from(u16::from_le_bytes([bytes[0], bytes[1]]));
    for at in 0..bytes.len() {
        // Digits become other digits by the first of these, and space becomes a tab by the last.
        let changes = [1, 0xff, 0x29];
        let changes = if at < header { &changes[..] } else { &changes[at % 3..][..1] };
        for &change in changes {
            bytes[at] ^= change;
            let error = Checkpoint::<f32>::from_bytes(&bytes).unwrap_err();
            assert!(matches!(error, Error::Format { .. }), "{at}: {error}");
            bytes[at] ^= change;
        }
    }
    Checkpoint::<f32>::from_bytes(&bytes).unwrap();
}

/// A header that promises more than there is takes no memory for it.
#[test]
fn other_files_are_refused() {
    let folder = Folder::new("other");
    let path = folder.file("other");
    let huge = br#"{"checksum":{"dtype":"U32","shape":[1],"data_offsets":[0,4]},"parameters.weights":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[4,4]}}"#;
    let plain = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let file =
        |header: &[u8], rest: &[u8]| [&(header.len() as u64).to_le_bytes(), header, rest].concat();
    for bytes in [
        Vec::new(),
        vec![0xff; 8],
        vec![0xff; 1000],
        b"a text that is no checkpoint at all".to_vec(),
        file(huge, &[0; 4]),
        file(plain, &[0; 4]),
        [&(u64::MAX - 3).to_le_bytes()[..], &[b'{'; 100]].concat(),
    ] {
        fs::write(&path, &bytes).unwrap();
        let error = Checkpoint::<f32>::load(&path).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error}");
        assert!(Checkpoint::<f32>::load_if_present(&path).is_err());
    }
    let error = Checkpoint::<f32>::load(folder.file("missing")).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(Checkpoint::<f32>::load_if_present(folder.file("missing")).unwrap().is_none());
    assert!(Checkpoint::<f32>::load_if_present(&folder.0).is_err());

    fs::write(&path, written(&folder)).unwrap();
    let error = Checkpoint::<f64>::load(&path).unwrap_err().to_string();
    assert!(error.contains("F32") && error.contains("F64"), "{error}");
}

/// After each step, how many steps the file holds that was written before the step ended.
struct Look<'a>(&'a Path, Vec<usize>);

impl Observer<f32> for Look<'_> {
    fn on_step(&mut self, _: &StepEvent<'_, f32>) -> ControlFlow<()> {
        self.1.push(Checkpoint::<f32>::load(self.0).unwrap().steps());
        ControlFlow::Continue(())
    }
}

#[test]
fn files_are_written_as_often_as_stated() {
    let folder = Folder::new("often");
    let look = |name: &str, every: CheckpointInterval| {
        let path = folder.file(name);
        let mut look = Look(&path, Vec::new());
        let options = FitOptions::default().checkpoint_every(&path, every);
        fit(trainer(), options.observer(&mut look)).unwrap();
        assert_eq!(Checkpoint::<f32>::load(&path).unwrap().epoch(), 3, "the end is in the file");
        look.1
    };
    assert_eq!(look("steps", Every::Steps(5).into()), [0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 10, 10]);
    assert_eq!(look("epochs", Every::Epochs(2).into()), [0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8]);
    let always: Vec<_> = (0..12).collect();
    assert_eq!(look("time", Duration::ZERO.into()), always);
    assert_eq!(look("seldom", Duration::from_secs(10_000).into()), [0; 12]);
    let mut names = folder.names();
    names.sort();
    assert_eq!(names, ["epochs", "seldom", "steps", "time"], "and nothing else");
}

#[test]
fn a_training_that_is_over_gives_its_report_again() {
    let folder = Folder::new("over");
    let path = folder.file("over");
    for epochs in [3, 200] {
        let stopping = EarlyStopping { patience: 2, minimum_improvement: 1.0 };
        let trainer = || trainer().epochs(epochs).early_stopping(stopping);
        let saving = || FitOptions::default().checkpoint_every(&path, Every::Epochs(1));
        let _ = fs::remove_file(&path);
        let mut models = [model(), model()];
        let mut fit = |number: usize, options: FitOptions<'_, f32>| {
            let trainer = trainer().build().unwrap();
            trainer.fit_with(&mut models[number], &data(), options).unwrap()
        };
        let first = fit(0, saving());
        let again = fit(1, saving().resume(Checkpoint::load(&path).unwrap()));
        assert_eq!(first, again);
        assert_eq!(first.stop_reason, StopReason::EarlyStopping);
        assert_eq!(models[0].parameters(), models[1].parameters());
    }
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_before_the_first_step() {
    struct NoStep;
    impl Observer<f32> for NoStep {
        fn on_step(&mut self, _: &StepEvent<'_, f32>) -> ControlFlow<()> {
            panic!("there must be no step")
        }
    }
    let folder = Folder::new("unwritable");
    for path in [folder.file("missing").join("file"), folder.0.clone()] {
        let mut observer = NoStep;
        let options = FitOptions::default().checkpoint_every(&path, Every::Epochs(1));
        let error = fit(trainer(), options.observer(&mut observer)).unwrap_err();
        assert!(matches!(&error, Error::Io { path: named, .. } if *named == path), "{error}");
    }
    struct NoStart;
    impl Observer<f32> for NoStart {
        fn on_start(&mut self, _: &StartEvent<'_, f32>) -> ControlFlow<()> {
            panic!("it must not start")
        }
    }
    for (every, name) in
        [(Every::Steps(0), "interval of steps"), (Every::Epochs(0), "interval of epochs")]
    {
        let mut observer = NoStart;
        let options = FitOptions::default().checkpoint_every(folder.file("zero"), every);
        let error = fit(trainer(), options.observer(&mut observer)).unwrap_err();
        assert!(matches!(error, Error::Zero { name: found } if found == name), "{error}");
    }
    assert!(folder.names().is_empty());
}

#[test]
fn side_by_side_each_has_a_file_of_its_own() {
    let folder = Folder::new("many");
    let trainer = trainer().build().unwrap();
    let mut models = [model(), model()];
    let paths = [folder.file("0"), folder.file("1")];
    let trainings = models.iter_mut().zip(&paths).map(|(model, path)| {
        Training::new(&trainer, model).checkpoint_every(path, Every::Epochs(1))
    });
    for report in train_many(trainings, &data(), 2).unwrap() {
        report.unwrap();
    }
    for (model, path) in models.iter().zip(&paths) {
        assert_eq!(Checkpoint::load(path).unwrap().parameters(), model.parameters());
    }
}

// ---------------------------------------------------------------------- processes that are killed

/// Where the process that is killed keeps its checkpoint, and where it writes what it has trained.
const FOLDER: &str = "REGULARIZED_AUTOENCODER_TEST_FOLDER";

fn long_training(options: FitOptions<'_, f64>) -> Vec<u8> {
    let x = DMatrix::from_fn(5, 60, |i, j| ((i * 31 + j * 17) as f64).sin());
    let mut model = RegularizedAutoEncoder::builder(5, 300)
        .regularizer(0.1 * Contractive::new())
        .build()
        .unwrap();
    let trainer = Trainer::builder()
        .corruption(GaussianNoise::new(0.1).unwrap())
        .optimizer(Optimizer::ADAM)
        .clip_norm(1.0)
        .batch_size(10)
        .epochs(60)
        .build()
        .unwrap();
    trainer.fit_with(&mut model, &x, options).unwrap();
    values(model.parameters()).into_iter().flat_map(f64::to_le_bytes).collect()
}

/// Not a test by itself: what the next one runs in processes of their own.
#[test]
fn the_process_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = PathBuf::from(folder);
    let path = folder.join("checkpoint");
    let options = FitOptions::default()
        .resume(Checkpoint::load_if_present(&path).unwrap())
        .checkpoint_every(&path, Every::Steps(2));
    let trained = long_training(options);
    fs::write(folder.join("trained"), trained).unwrap();
}

/// Killed again and again at random moments, the training ends with the bits of an undisturbed one.
#[test]
fn processes_may_be_killed_at_any_moment() {
    let folder = Folder::new("killed");
    let mut random = Random::new(7);
    let begin = Instant::now();
    let undisturbed = long_training(FitOptions::default());
    // Too short for the first three processes to end between them.
    let mut patience = 0.25 * begin.elapsed().as_secs_f64();
    let mut kills = 0;
    loop {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "checkpoints::the_process_that_is_killed", "--quiet"])
            .env(FOLDER, &folder.0)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs_f64(patience * random.uniform()));
        // On Unix this is SIGKILL.
        if kills < 25 {
            process.kill().unwrap();
        }
        let status = process.wait().unwrap();
        if folder.file("trained").exists() {
            break;
        }
        assert!(!status.success(), "it ended without a result");
        kills += 1;
        // Each time a little later, so that it comes to an end.
        patience *= 1.2;
    }
    assert!(kills >= 3, "it was killed {kills} times");
    assert!(Checkpoint::<f64>::load(folder.file("checkpoint")).unwrap().steps() == 360);
    assert!(fs::read(folder.file("trained")).unwrap() == undisturbed);
}
