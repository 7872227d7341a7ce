//! A line on the terminal that shows how far a sweep is.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use regularized_autoencoder::sweep::{Cell, Progress, Row, SweepObserver};
use regularized_autoencoder::{EpochRecord, Parameters};

/// Shows runs done, running and left, and the time to go, on standard error; where that is no
/// terminal, a line for each run.
///
/// The bar counts epochs, so that the time to go is known before the first run ends.
pub struct Display<F = fn(&Row, &Parameters<f32>)> {
    bar: ProgressBar,
    epochs: usize,
    on_result: Option<F>,
}

impl Display {
    /// Of a sweep whose runs have so many epochs.
    pub fn new(label: impl Into<String>, epochs: usize) -> Self {
        Self { bar: bar(label.into()), epochs, on_result: None }
    }
}

impl<F: FnMut(&Row, &Parameters<f32>) + Send> Display<F> {
    /// One that does something with what was trained too.
    pub fn with(label: impl Into<String>, epochs: usize, on_result: F) -> Self {
        Self { bar: bar(label.into()), epochs, on_result: Some(on_result) }
    }

    fn show(&self, progress: Progress) {
        let Progress { done, running, .. } = progress;
        self.bar.set_message(format!("{done} done, {running} running, {} left", progress.left()));
    }

    fn say(&self, line: &str) {
        if self.bar.is_hidden() { eprintln!("{line}") } else { self.bar.println(line) }
    }
}

fn bar(label: String) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{prefix} {bar:30} {msg}, {elapsed} passed, {eta} to go")
            .expect("the template is well formed");
    let bar = ProgressBar::no_length().with_finish(ProgressFinish::AndClear);
    bar.with_style(style).with_prefix(label)
}

impl<F: FnMut(&Row, &Parameters<f32>) + Send> SweepObserver<f32> for Display<F> {
    fn on_start(&mut self, progress: Progress) {
        if progress.was_cut_off {
            self.say("the last row of the file had been cut off: its run is made again");
        }
        self.bar.set_length(((progress.total - progress.done) * self.epochs) as u64);
        self.show(progress);
    }

    fn on_run(&mut self, _: &Cell, progress: Progress) {
        self.show(progress);
    }

    fn on_epoch(&mut self, _: &Cell, _: &EpochRecord) {
        self.bar.inc(1);
    }

    fn on_result(&mut self, row: &Row, parameters: &Parameters<f32>) {
        if let Some(on_result) = &mut self.on_result {
            on_result(row, parameters);
        }
    }

    fn on_row(&mut self, row: &Row, progress: Progress) {
        // A run that failed leaves epochs out.
        self.bar.inc((self.epochs - row.history.len().min(self.epochs)) as u64);
        self.show(progress);
        let result = match (&row.results, &row.error) {
            (Some(results), _) => format!("fraction {:.4}", results.average_activation_fraction),
            (None, error) => error.clone().unwrap_or_default(),
        };
        self.say(&format!("{}: {result}, {:.0} s", row.cell, row.seconds));
    }
}
