//! What is timed.

use std::error::Error;
use std::time::Instant;

/// A program that makes training steps, or a part of their work.
pub trait Program {
    /// Trains `steps` batches from the initial filters, in the order of the samples, and gives J of
    /// the last one, before its update; nothing if the program computes no J. To be called before
    /// any run.
    fn objective(&mut self, steps: usize) -> Result<Option<f64>, Box<dyn Error>>;

    /// Makes `steps` steps or some more, on shuffled batches.
    fn run(&mut self, steps: usize) -> Result<Timing, Box<dyn Error>>;
}

/// How many steps a run made, and the time that it took.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub steps: usize,
    pub seconds: f64,
}

impl Timing {
    /// Times `work`, which makes so many steps.
    pub fn of<E>(steps: usize, work: impl FnOnce() -> Result<(), E>) -> Result<Self, E> {
        let begin = Instant::now();
        work()?;
        Ok(Self { steps, seconds: begin.elapsed().as_secs_f64() })
    }

    pub fn milliseconds_per_step(&self) -> f64 {
        1000.0 * self.seconds / self.steps as f64
    }
}
