//! Watching a sweep.

use super::grid::Cell;
use super::row::Row;
use crate::model::Parameters;
use crate::scalar::Real;
use crate::train::EpochRecord;

/// How far a sweep is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Runs of the whole grid.
    pub total: usize,
    /// Runs whose rows are written, those of earlier sweeps included.
    pub done: usize,
    /// Of these, the runs that were there before this sweep began.
    pub found: usize,
    /// Runs that are being trained.
    pub running: usize,
    /// Whether the file's last row had been cut off, as when a sweep is killed while it writes: the
    /// rest of it is removed, and its run trained again.
    pub was_cut_off: bool,
}

impl Progress {
    /// Runs that have not begun.
    pub fn left(&self) -> usize {
        self.total - self.done - self.running
    }
}

/// Is told what a sweep does, by one thread at a time. Every method does nothing by default.
pub trait SweepObserver<T: Real>: Send {
    /// Before the first run.
    fn on_start(&mut self, progress: Progress) {
        let _ = progress;
    }

    /// A run begins.
    fn on_run(&mut self, cell: &Cell, progress: Progress) {
        let _ = (cell, progress);
    }

    /// An epoch of a run is done.
    fn on_epoch(&mut self, cell: &Cell, record: &EpochRecord) {
        let _ = (cell, record);
    }

    /// A run has ended with a result, and its row is about to be written: the place to keep something
    /// of the trained parameters, which are gone afterwards.
    fn on_result(&mut self, row: &Row, parameters: &Parameters<T>) {
        let _ = (row, parameters);
    }

    /// A row is written.
    fn on_row(&mut self, row: &Row, progress: Progress) {
        let _ = (row, progress);
    }
}

/// Observes nothing.
impl<T: Real> SweepObserver<T> for () {}
