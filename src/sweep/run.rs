//! Running a sweep.

use super::grid::{Cell, Grid, MakeActivation, MakeObjective, Objective, Protocol};
use super::observer::{Progress, SweepObserver};
use super::row::{Results, Row};
use super::store::{Found, Header, Store};
use crate::autoencoder::{AnyAutoEncoder, RegularizedAutoEncoder};
use crate::data::Scaler;
use crate::error::{Error, at_least_one};
use crate::metrics;
use crate::model::Parameters;
use crate::samples::Samples;
use crate::scalar::Real;
use crate::team::Team;
use crate::train::{EpochEvent, EpochRecord, FitOptions, Observer, StopReason, Trainer};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Trains every cell of a grid, side by side, and collects a row for each.
///
/// With [`rows`](Self::rows) the rows go into files as the runs end. The same sweep, begun again,
/// reads them and trains only what is missing: rows are never repeated, and none that was written is
/// lost. A run that diverges is a row with an error, not the end of the sweep. Every run is a
/// function of its cell alone: the rows are the same, times apart, in whatever order and on however
/// many threads they are trained.
#[derive(Clone, Debug)]
pub struct Sweep<T: Real> {
    grid: Grid<T>,
    protocol: Protocol,
    threads: usize,
    path: Option<PathBuf>,
    scaler: Option<Scaler>,
}

impl<T: Real> Sweep<T> {
    /// On one thread, without files and without a scaler.
    pub fn new(grid: Grid<T>, protocol: Protocol) -> Self {
        Self { grid, protocol, threads: 1, path: None, scaler: None }
    }

    /// Takes samples in the units of the input, which this scaler brings to those of the models; they
    /// are scaled once, for all runs.
    #[must_use]
    pub fn scaler(self, scaler: impl Into<Scaler>) -> Self {
        Self { scaler: Some(scaler.into()), ..self }
    }

    /// So many runs at a time, on a thread each.
    ///
    /// # Errors
    /// [`Error::Zero`] without threads.
    pub fn threads(self, threads: usize) -> Result<Self, Error> {
        Ok(Self { threads: at_least_one("threads", threads)?, ..self })
    }

    /// Writes the rows to this file, in JSON lines, and beside it, with the extension `csv`, as a table
    /// without histories. The first file is locked meanwhile (on Windows against readers, too); one
    /// with anything but rows of this sweep is refused, not overwritten. The table is written anew from
    /// it, in the place of any other table of a sweep.
    pub fn rows(self, path: impl AsRef<Path>) -> Self {
        Self { path: Some(path.as_ref().to_owned()), ..self }
    }

    /// The cells of the grid.
    pub fn cells(&self) -> Vec<Cell> {
        self.grid.cells()
    }

    /// Trains what has no row yet on `samples` (n × N), and gives all rows in the grid's order.
    ///
    /// # Errors
    /// [`Error::Zero`] if a list of the grid is empty, [`Error::Repeated`] if two cells are alike,
    /// what models, trainers and data report; [`Error::Io`] if the files cannot be read or written, or
    /// another sweep is writing to them, [`Error::Format`] if they are not of this sweep, or if the
    /// rows are to go into a `csv` file. All of this is tried before the first training; a disk may
    /// still fill up later.
    pub fn run<'a>(&self, samples: impl Into<Samples<'a, T>>) -> Result<Vec<Row>, Error> {
        self.run_with(samples, &mut ())
    }

    /// [`run`](Self::run) with an observer.
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub fn run_with<'a>(
        &self,
        samples: impl Into<Samples<'a, T>>,
        observer: &mut dyn SweepObserver<T>,
    ) -> Result<Vec<Row>, Error> {
        let mut samples = samples.into();
        if let Some(scaler) = &self.scaler {
            samples = scaler.scale_samples(&samples, "data set")?;
        }
        samples.check("data set")?;
        self.grid.check()?;
        self.check_batch(&samples)?;
        let runs = self.grid.runs();
        for (cell, objective, activation) in &runs {
            // What a model or the trainer refuses is told before anything is written or trained.
            self.prepare(cell, (objective, activation), samples.n_inputs())?;
        }
        let cells = self.cells();
        let (store, Found { rows, was_cut_off }) = self.open(&cells, &samples)?;
        let is_missing = |cell: &Cell| rows.iter().all(|row| row.cell != *cell);
        let missing: Vec<_> = runs.into_iter().filter(|(cell, ..)| is_missing(cell)).collect();
        let (total, found) = (cells.len(), rows.len());
        let progress = Progress { total, done: found, found, running: 0, was_cut_off };
        observer.on_start(progress);
        let cores = self.threads.min(missing.len().max(1));
        let queue = Mutex::new(missing.into_iter());
        let shared = Mutex::new(Shared { store, rows, observer, progress, failure: None });
        Team::new(cores)?.run(&|_| {
            // The lock is free again while the training runs.
            while let Some((cell, objective, activation)) = { lock(&queue).next() } {
                if lock(&shared).failure.is_some() {
                    break;
                }
                let run = self.prepare(&cell, (objective, activation), samples.n_inputs());
                let trained = run.and_then(|run| self.train(&cell, run, &samples, &shared));
                if let Err(error) = trained {
                    lock(&shared).failure.get_or_insert(error);
                }
            }
        });
        let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        match shared.failure {
            Some(failure) => Err(failure),
            None => Ok(in_order(&cells, shared.rows)),
        }
    }

    fn check_batch(&self, samples: &Samples<'_, T>) -> Result<(), Error> {
        let (asked, available) = (self.protocol.batch_size, samples.n_samples());
        if asked > available {
            return Err(Error::NotEnough { what: "samples for a batch".into(), asked, available });
        }
        Ok(())
    }

    /// The file of rows, if there is to be one, and the rows that it holds.
    fn open(
        &self,
        cells: &[Cell],
        samples: &Samples<'_, T>,
    ) -> Result<(Option<Store>, Found), Error> {
        let Some(path) = &self.path else { return Ok((None, Found::default())) };
        let header = Header::new(&self.grid, self.protocol, samples);
        let (store, found) = Store::open(path, &header, cells)?;
        Ok((Some(store), found))
    }

    /// Trains one cell and adds its row. An error is one of the sweep: of files, arguments or memory.
    fn train(
        &self,
        cell: &Cell,
        (trainer, mut model): Run<T>,
        samples: &Samples<'_, T>,
        shared: &Mutex<Shared<'_, T>>,
    ) -> Result<(), Error> {
        lock(shared).begin(cell);
        let begin = Instant::now();
        let mut watch = Watch { cell, shared, history: Vec::new() };
        let outcome =
            trainer.fit_with(&mut model, samples, FitOptions::default().observer(&mut watch));
        let history = std::mem::take(&mut watch.history);
        let mut row = Row {
            cell: cell.clone(),
            protocol: self.protocol,
            results: None,
            error: None,
            stop_reason: None,
            seconds: begin.elapsed().as_secs_f64(),
            history,
        };
        let evaluation = match outcome {
            Ok(report) if report.stop_reason == StopReason::Observer => return Ok(()),
            Ok(report) => {
                row.stop_reason = Some(report.stop_reason.to_string());
                metrics::evaluate(&model, samples)
            }
            Err(error) => Err(error),
        };
        match evaluation {
            Ok(found) => {
                let length = model.parameters().filter_lengths().mean().as_f64();
                row.results = Some(Results::new(&found, length));
            }
            Err(error) if error.is_failed_training() => row.error = Some(error.to_string()),
            Err(error) => return Err(error),
        }
        lock(shared).finish(row, model.parameters())
    }

    fn prepare(
        &self,
        cell: &Cell,
        (objective, activation): (&MakeObjective<T>, &MakeActivation<T>),
        n_inputs: usize,
    ) -> Result<Run<T>, Error> {
        let Protocol { n_hidden, epochs, batch_size, learning_rate, momentum } = self.protocol;
        let Objective { regularizer, corruption } = objective(cell.coefficient)?;
        let mut trainer = Trainer::builder()
            .epochs(epochs)
            .batch_size(batch_size)
            .learning_rate(learning_rate)
            .momentum(momentum)
            .constraint(cell.constraint)
            .seed(cell.seed);
        if let Some(corruption) = corruption {
            trainer = trainer.corruption(corruption);
        }
        let model = RegularizedAutoEncoder::builder(n_inputs, n_hidden)
            .activation(activation())
            .regularizer(regularizer)
            .seed(cell.seed);
        Ok((trainer.build()?, model.build()?))
    }
}

/// A trainer and the model that it trains.
type Run<T> = (Trainer<T>, AnyAutoEncoder<T>);

/// What the threads share.
struct Shared<'a, T: Real> {
    store: Option<Store>,
    rows: Vec<Row>,
    observer: &'a mut dyn SweepObserver<T>,
    progress: Progress,
    /// The first error of the sweep itself.
    failure: Option<Error>,
}

impl<T: Real> Shared<'_, T> {
    fn begin(&mut self, cell: &Cell) {
        self.progress.running += 1;
        self.observer.on_run(cell, self.progress);
    }

    fn finish(&mut self, row: Row, parameters: &Parameters<T>) -> Result<(), Error> {
        if row.results.is_some() {
            self.observer.on_result(&row, parameters);
        }
        if let Some(store) = &mut self.store {
            store.append(&row)?;
        }
        self.progress.running -= 1;
        self.progress.done += 1;
        self.observer.on_row(&row, self.progress);
        self.rows.push(row);
        Ok(())
    }
}

/// Keeps the history of a run, and stops it once the sweep has failed.
struct Watch<'a, 'b, T: Real> {
    cell: &'a Cell,
    shared: &'a Mutex<Shared<'b, T>>,
    history: Vec<EpochRecord>,
}

impl<T: Real> Observer<T> for Watch<'_, '_, T> {
    fn on_epoch(&mut self, event: &EpochEvent<'_, T>) -> ControlFlow<()> {
        let mut shared = lock(self.shared);
        self.history.push(event.record.clone());
        shared.observer.on_epoch(self.cell, event.record);
        if shared.failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The rows in the order of the cells.
fn in_order(cells: &[Cell], mut rows: Vec<Row>) -> Vec<Row> {
    let place = |row: &Row| cells.iter().position(|cell| *cell == row.cell);
    rows.sort_by_key(place);
    rows
}

fn lock<G>(mutex: &Mutex<G>) -> MutexGuard<'_, G> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
