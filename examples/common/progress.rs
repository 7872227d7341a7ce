//! A line on the terminal that shows how far a training is.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use regularized_autoencoder::{EpochEvent, Observer, Real, StartEvent, StepEvent, Warning};
use std::ops::ControlFlow;

/// Watches a training on standard error, where that is a terminal, and vanishes when dropped.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn new(label: impl Into<String>) -> Self {
        let style =
            ProgressStyle::with_template("{prefix} {bar:30} {percent:>3} %, {msg}{eta} left")
                .expect("the template is well formed");
        let bar = ProgressBar::no_length().with_finish(ProgressFinish::AndClear);
        Self(bar.with_style(style).with_prefix(label.into()))
    }
}

impl<T: Real> Observer<T> for Progress {
    fn on_warning(&mut self, warning: &Warning) -> ControlFlow<()> {
        self.0.suspend(|| eprintln!("warning: {warning}"));
        ControlFlow::Continue(())
    }

    fn on_start(&mut self, event: &StartEvent<'_, T>) -> ControlFlow<()> {
        self.0.set_length((event.n_epochs * event.steps_per_epoch) as u64);
        ControlFlow::Continue(())
    }

    fn on_step(&mut self, _: &StepEvent<'_, T>) -> ControlFlow<()> {
        self.0.inc(1);
        ControlFlow::Continue(())
    }

    fn on_epoch(&mut self, event: &EpochEvent<'_, T>) -> ControlFlow<()> {
        let (epoch, objective) = (event.record.epoch + 1, event.record.objective());
        self.0.set_message(format!("epoch {epoch}: J = {objective:.4}, "));
        ControlFlow::Continue(())
    }
}
