//! Sweeps: their rows, their files, and how they go on after an interruption.

use nalgebra::DMatrix;
use regularized_autoencoder::data::Standardization;
use regularized_autoencoder::prelude::*;
use regularized_autoencoder::sweep::{
    Cell, Grid, Objective, Progress, Protocol, Row, Sweep, SweepObserver,
};
use regularized_autoencoder::{EpochRecord, StopReason};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where the child process of a test writes its rows.
const CHILD: &str = "REGULARIZED_AUTOENCODER_TEST_SWEEP";

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("sweep-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn rows(&self) -> PathBuf {
        self.0.join("rows.jsonl")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn data() -> DMatrix<f32> {
    DMatrix::from_fn(6, 120, |i, j| ((i * j + 2 * i) as f32).sin())
}

fn grid() -> Grid<f32> {
    Grid::new()
        .model("CAE", |lambda| Ok(Objective::regularized(lambda * Contractive::new())))
        .model("DAE", |variance| Ok(Objective::corrupted(GaussianNoise::new(variance)?)))
        .activation("sigmoid", || Sigmoid)
        .activation("ReLU", || Relu)
        .coefficients([0.0, 0.1, 1.0])
        .constraints([Constraint::UNIT])
        .seeds([0, 1])
}

fn protocol() -> Protocol {
    Protocol { n_hidden: 10, epochs: 3, batch_size: 20, learning_rate: 0.01, momentum: 0.9 }
}

fn sweep() -> Sweep<f32> {
    Sweep::new(grid(), protocol())
}

/// The same rows without times.
fn timeless(rows: &[Row]) -> Vec<Row> {
    let timeless = |row: &Row| {
        let mut row = row.clone();
        row.seconds = 0.0;
        row.history.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
        row
    };
    rows.iter().map(timeless).collect()
}

#[test]
fn a_scaler_makes_it_a_sweep_on_scaled_data() {
    let standardization = Standardization::fit(&data(), 0.1).unwrap();
    let mut scaled = data();
    standardization.apply(&mut scaled).unwrap();
    let folder = Folder::new("scaler");
    let rows = |sweep: Sweep<f32>| sweep.rows(folder.rows());
    let found = rows(sweep().scaler(standardization)).run(&data()).unwrap();
    assert_eq!(timeless(&found), timeless(&sweep().run(&scaled).unwrap()));
    let error = rows(sweep()).run(&data()).unwrap_err().to_string();
    assert!(error.contains("it belongs to another sweep: checksum"), "{error}");
}

#[test]
fn a_row_is_what_a_training_of_its_own_gives() {
    let rows = sweep().threads(2).unwrap().run(&data()).unwrap();
    assert_eq!(rows.len(), 24);
    assert_eq!(rows.iter().map(|row| row.cell.clone()).collect::<Vec<_>>(), grid().cells());
    let row = rows
        .iter()
        .find(|row| {
            let cell = &row.cell;
            (&*cell.model, &*cell.activation, cell.coefficient, cell.seed)
                == ("DAE", "ReLU", 0.1, 1)
        })
        .unwrap();
    let mut model =
        RegularizedAutoEncoder::builder(6, 10).activation(Relu).seed(1).build().unwrap();
    let trainer = Trainer::builder()
        .epochs(3)
        .batch_size(20)
        .learning_rate(0.01)
        .constraint(Constraint::UNIT)
        .corruption(GaussianNoise::new(0.1).unwrap())
        .seed(1)
        .build()
        .unwrap();
    let report = trainer.fit(&mut model, &data()).unwrap();
    let evaluation = metrics::evaluate(&model, &data()).unwrap();
    let results = row.results.unwrap();
    assert_eq!(results.average_activation_fraction, evaluation.average_activation_fraction);
    assert_eq!(results.reconstruction_error, evaluation.reconstruction_error);
    assert_eq!(results.explained_variance, evaluation.explained_variance);
    assert!((results.mean_filter_length - 1.0).abs() < 1e-6);
    assert_eq!(row.stop_reason, Some(StopReason::Completed.to_string()));
    assert_eq!((row.protocol, &row.error), (protocol(), &None));
    let losses = |records: &[EpochRecord]| -> Vec<f64> {
        records.iter().map(EpochRecord::objective).collect()
    };
    assert_eq!(losses(&row.history), losses(&report.history));
}

#[test]
fn threads_change_nothing() {
    let alone = sweep().run(&data()).unwrap();
    let together = sweep().threads(5).unwrap().run(&data()).unwrap();
    assert_eq!(timeless(&alone), timeless(&together));
}

/// Counts what it is told.
#[derive(Default)]
struct Count {
    start: Option<Progress>,
    runs: Vec<Cell>,
    epochs: usize,
    results: usize,
    last: Option<Progress>,
}

impl SweepObserver<f32> for Count {
    fn on_start(&mut self, progress: Progress) {
        self.start = Some(progress);
    }
    fn on_run(&mut self, cell: &Cell, progress: Progress) {
        assert!(progress.running >= 1 && progress.running <= 2);
        self.runs.push(cell.clone());
    }
    fn on_epoch(&mut self, cell: &Cell, _: &EpochRecord) {
        assert!(self.runs.contains(cell));
        self.epochs += 1;
    }
    fn on_result(&mut self, row: &Row, parameters: &Parameters<f32>) {
        assert!(row.results.is_some() && parameters.n_hidden() == 10);
        self.results += 1;
    }
    fn on_row(&mut self, row: &Row, progress: Progress) {
        assert!(self.runs.contains(&row.cell));
        self.last = Some(progress);
    }
}

#[test]
fn observers_see_every_run() {
    let mut count = Count::default();
    sweep().threads(2).unwrap().run_with(&data(), &mut count).unwrap();
    let (start, last) = (count.start.unwrap(), count.last.unwrap());
    assert_eq!((start.total, start.done, start.running, start.left()), (24, 0, 0, 24));
    assert_eq!((last.done, last.left()), (24, 0));
    assert_eq!((count.runs.len(), count.epochs, count.results), (24, 72, 24));
}

#[test]
fn a_run_that_diverges_is_a_row() {
    let grid = grid().model("explodes", |lambda| {
        let huge = 1e38 * lambda;
        Ok(Objective::regularized(huge * Contractive::new()))
    });
    let rows = Sweep::new(grid, protocol()).run(&data()).unwrap();
    assert_eq!(rows.len(), 36);
    let failed: Vec<_> = rows.iter().filter(|row| row.error.is_some()).collect();
    assert!(!failed.is_empty());
    for row in failed {
        assert_eq!((&*row.cell.model, row.results), ("explodes", None));
        assert!(row.error.as_ref().unwrap().contains("must be finite"), "{:?}", row.error);
        assert!(row.seconds > 0.0);
    }
    assert!(
        rows.iter().filter(|row| row.cell.model != "explodes").all(|row| row.results.is_some())
    );
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(String::from).collect()
}

#[test]
fn rows_are_written_and_found_again() {
    let folder = Folder::new("found");
    let first = sweep().rows(folder.rows()).run(&data()).unwrap();
    let written = lines(&folder.rows());
    assert_eq!(written.len(), 25);
    let table = lines(&folder.rows().with_extension("csv"));
    assert_eq!(table.len(), 25);
    assert!(table[0].starts_with("model,activation,coefficient,constraint,seed"), "{}", table[0]);
    assert!(table[1].starts_with("CAE,sigmoid,0,length 1,0,10,3,20,0.01,0.9,"), "{}", table[1]);
    // Nothing is trained again, and times are the first sweep's.
    let mut count = Count::default();
    let again = sweep().rows(folder.rows()).run_with(&data(), &mut count).unwrap();
    assert_eq!((count.runs.len(), count.start.unwrap().found), (0, 24));
    assert_eq!(again, first);
    assert_eq!(lines(&folder.rows()), written);
    assert_eq!(lines(&folder.rows().with_extension("csv")), table);
}

#[test]
fn a_sweep_goes_on_behind_a_row_that_was_cut_off() {
    let folder = Folder::new("cut");
    let whole = sweep().rows(folder.rows()).run(&data()).unwrap();
    let text = fs::read_to_string(folder.rows()).unwrap();
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    // Within the header, after it, within rows, without a row's last byte, and without the end of line.
    for cut in [0, 10, ends[0], ends[0] + 7, ends[5] - 2, ends[5] - 1, ends[5]] {
        fs::write(folder.rows(), &text[..cut]).unwrap();
        let mut count = Count::default();
        let rows = sweep().rows(folder.rows()).run_with(&data(), &mut count).unwrap();
        assert_eq!(timeless(&rows), timeless(&whole), "cut at {cut}");
        let complete = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(count.runs.len(), 24 - complete.saturating_sub(1), "cut at {cut}");
        let was_cut_off = count.start.unwrap().was_cut_off;
        assert_eq!(was_cut_off, cut != 0 && !ends.contains(&cut), "cut at {cut}");
        assert_eq!(lines(&folder.rows()).len(), 25);
    }
}

#[test]
fn rows_of_another_sweep_are_refused() {
    let folder = Folder::new("other");
    sweep().rows(folder.rows()).run(&data()).unwrap();
    let before = fs::read(folder.rows()).unwrap();
    let refused = |sweep: Sweep<f32>, data: DMatrix<f32>, parts: &[&str]| {
        let error = sweep.rows(folder.rows()).run(&data).unwrap_err().to_string();
        for part in parts.iter().chain(&["rows.jsonl"]) {
            assert!(error.contains(part), "{part} is missing in: {error}");
        }
        assert_eq!(fs::read(folder.rows()).unwrap(), before);
    };
    let more = Sweep::new(grid().coefficients([0.0, 0.1]), protocol());
    refused(
        more,
        data(),
        &["another sweep", "coefficients is [0.0,0.1,1.0] there and [0.0,0.1] here"],
    );
    let longer = Protocol { epochs: 4, ..protocol() };
    refused(Sweep::new(grid(), longer), data(), &["epochs is 3 there and 4 here"]);
    let renamed = grid().model("SAE", |_| Ok(Objective::regularized(Unregularized)));
    refused(Sweep::new(renamed, protocol()), data(), &["models is"]);
    refused(sweep(), data() * 2.0, &["checksum"]);
}

/// A row of another sweep that was cut off stays, too.
#[test]
fn refused_files_stay_as_they_are() {
    let folder = Folder::new("refused");
    sweep().rows(folder.rows()).run(&data()).unwrap();
    let cut_off = [&fs::read(folder.rows()).unwrap()[..], b"{\"model\":"].concat();
    let table = folder.rows().with_extension("csv");
    let written = fs::read(&table).unwrap();
    let longer = || Sweep::new(grid(), Protocol { epochs: 4, ..protocol() });
    let refused = |sweep: Sweep<f32>, rows: &[u8], csv: &[u8], part: &str| {
        fs::write(folder.rows(), rows).unwrap();
        fs::write(&table, csv).unwrap();
        let error = sweep.rows(folder.rows()).run(&data()).unwrap_err().to_string();
        assert!(error.contains(part), "{part} is missing in: {error}");
        assert_eq!((&*fs::read(folder.rows()).unwrap(), &*fs::read(&table).unwrap()), (rows, csv));
    };
    refused(longer(), &cut_off, &written, "epochs is 3 there and 4 here");
    refused(sweep(), b"{\"my\": \"settings\"}", &written, "line 1 is no header");
    refused(sweep(), b"one\ntwo", &written, "line 1 is no header");
    refused(sweep(), b"\xff\n", &written, "it is no text");
    refused(sweep(), b"", b"my,own,table\n1,2,3\n", "rows.csv: it is no table of a sweep");
    let error = sweep().rows(&table).run(&data()).unwrap_err().to_string();
    assert!(error.contains("rows.csv: rows are JSON lines"), "{error}");
}

#[test]
fn a_file_without_rows_hinders_no_other_sweep() {
    let folder = Folder::new("empty");
    let longer = Sweep::new(grid(), Protocol { epochs: 4, ..protocol() });
    sweep().rows(folder.rows()).run(&data()).unwrap();
    let header = lines(&folder.rows())[0].clone() + "\n";
    fs::write(folder.rows(), header).unwrap();
    longer.rows(folder.rows()).run(&data()).unwrap();
    assert_eq!(lines(&folder.rows()).len(), 25);
    // What is refused for its arguments leaves no file.
    let other = folder.0.join("other.jsonl");
    let none = Sweep::new(grid(), Protocol { epochs: 0, ..protocol() });
    none.rows(&other).run(&data()).unwrap_err();
    assert!(!other.exists());
}

/// `cut` lies within a letter of two bytes.
#[test]
fn a_row_may_be_cut_off_within_a_letter() {
    let folder = Folder::new("letter");
    let named = || {
        let objective = |lambda| Ok(Objective::regularized(lambda * KlSparsity::new(0.0)?));
        Sweep::new(grid().model("SAE, ρ = 0", objective), protocol()).rows(folder.rows())
    };
    let whole = named().run(&data()).unwrap();
    let bytes = fs::read(folder.rows()).unwrap();
    let cut = 1 + bytes.windows(2).rposition(|pair| pair == "ρ".as_bytes()).unwrap();
    fs::write(folder.rows(), &bytes[..cut]).unwrap();
    assert_eq!(timeless(&named().run(&data()).unwrap()), timeless(&whole));
}

/// Tries to write to the same file while the first sweep runs.
struct Second(PathBuf, Option<String>);

impl SweepObserver<f32> for Second {
    fn on_start(&mut self, _: Progress) {
        let refused = sweep().rows(&self.0).run(&data()).map(|_| ());
        self.1 = refused.err().map(|error| error.to_string());
    }
}

#[test]
fn two_sweeps_do_not_write_to_one_file() {
    let folder = Folder::new("two");
    let mut second = Second(folder.rows(), None);
    sweep().rows(folder.rows()).run_with(&data(), &mut second).unwrap();
    let error = second.1.unwrap();
    assert!(error.ends_with("rows.jsonl: another sweep is writing to it"), "{error}");
    assert_eq!(lines(&folder.rows()).len(), 25);
    sweep().rows(folder.rows()).run(&data()).unwrap();
}

#[test]
fn damaged_files_are_refused() {
    let folder = Folder::new("damaged");
    sweep().rows(folder.rows()).run(&data()).unwrap();
    let good = lines(&folder.rows());
    let refused = |lines: &[String], parts: &[&str]| {
        fs::write(folder.rows(), lines.join("\n") + "\n").unwrap();
        let error = sweep().rows(folder.rows()).run(&data()).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{part} is missing in: {error}");
        }
    };
    refused(&good[1..], &["line 1 is no header"]);
    refused(&["a,b,c".into()], &["line 1 is no header"]);
    refused(&[good.clone(), vec![good[3].clone()]].concat(), &["line 26 repeats a run", "CAE"]);
    let broken = [good[0].clone(), good[1][..40].into(), good[2].clone()];
    refused(&broken, &["line 2 is no row"]);
    let foreign = [good[0].clone(), good[1].replace("\"CAE\"", "\"other\"")];
    refused(&foreign, &["line 2 is not of this sweep", "other"]);
}

#[test]
fn bad_sweeps_are_refused_before_anything_is_trained() {
    let refused = |sweep: Sweep<f32>, part: &str| {
        let mut count = Count::default();
        let error = sweep.run_with(&data(), &mut count).unwrap_err().to_string();
        assert!(error.contains(part), "{part} is missing in: {error}");
        assert!(count.runs.is_empty());
    };
    let of = |grid| Sweep::new(grid, protocol());
    refused(of(Grid::new()), "number of models is 0");
    refused(of(grid().coefficients([])), "number of coefficients is 0");
    refused(of(grid().coefficients([f64::NAN])), "coefficient is NaN");
    refused(of(grid().coefficients([0.5, 0.5])), "occurs twice");
    refused(of(grid().constraints([Constraint::Length(-1.0)])), "length of the filters is -1");
    refused(of(grid().seeds([])), "number of seeds is 0");
    refused(Sweep::new(grid(), Protocol { epochs: 0, ..protocol() }), "epochs is 0");
    refused(Sweep::new(grid(), Protocol { batch_size: 1000, ..protocol() }), "1000 asked for");
    refused(of(grid().coefficients([-1.0])), "-1");
    let folder = Folder::new("unwritable");
    fs::write(folder.0.join("file"), "").unwrap();
    refused(sweep().rows(folder.0.join("file").join("rows.jsonl")), "file");
    assert!(sweep().threads(0).is_err());
    let nan = DMatrix::from_element(6, 120, f32::NAN);
    assert!(sweep().run(&nan).unwrap_err().to_string().contains("NaN"));
}

/// Long enough to be killed in the middle.
fn slow_sweep() -> Sweep<f32> {
    Sweep::new(grid(), Protocol { n_hidden: 200, epochs: 300, ..protocol() }).threads(2).unwrap()
}

/// Not a test: what the child process of the next one does.
#[test]
fn child_process_that_sweeps() {
    if let Some(path) = std::env::var_os(CHILD) {
        slow_sweep().rows(PathBuf::from(path)).run(&data()).unwrap();
    }
}

/// The process is killed again and again, after more and more rows.
#[test]
fn killed_sweeps_lose_and_repeat_nothing() {
    let folder = Folder::new("killed");
    let undisturbed = slow_sweep().run(&data()).unwrap();
    let mut kills = 0;
    for wanted in [1, 3, 4, 9, 15] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["sweep::child_process_that_sweeps", "--exact"])
            .env(CHILD, folder.rows())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        let rows = || fs::read_to_string(folder.rows()).map_or(0, |text| text.lines().count());
        while rows() < 1 + wanted && begin.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(rows() > wanted, "the child wrote no row in a minute");
        kills += usize::from(rows() < 25);
    }
    assert!(kills >= 3, "killed in the middle {kills} times");
    let rows = slow_sweep().rows(folder.rows()).run(&data()).unwrap();
    assert_eq!(timeless(&rows), timeless(&undisturbed));
    assert_eq!(lines(&folder.rows()).len(), 25);
}
