//! The windows of a training, each read while the one before it is used.

use super::batch_source::{BatchSource, read_finite};
use super::windows::{Plan, Windows};
use crate::error::Error;
use crate::memory::zeros;
use crate::samples::Samples;
use crate::scalar::Real;
use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

/// Which windows a training needs.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// How large they are.
    pub windows: Windows,
    /// Decides the order.
    pub seed: u64,
    /// The epochs, from the first that is trained.
    pub epochs: Range<usize>,
    /// Samples of the first epoch that are left out, since they have been used already.
    pub skipped: usize,
}

/// The samples of a window and the order in which they are used.
#[derive(Debug)]
struct Window<T> {
    epoch: usize,
    values: Vec<T>,
    order: Vec<usize>,
    /// How many samples of the order have been used.
    used: usize,
}

/// Why there is no further window.
enum Failure {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

/// All samples of a source, one after the other.
pub(crate) fn read_all<T: Real>(source: &dyn BatchSource<Scalar = T>) -> Result<Vec<T>, Error> {
    let mut values = zeros("window of samples", source.n_inputs(), source.n_samples())?;
    read_finite(source, "training data", 0, &mut values)?;
    Ok(values)
}

/// The samples of a training, of which two windows are in memory: one that is used, and one that is
/// read meanwhile on a thread of its own.
///
/// The thread ends when this is dropped, or after the read that it is in.
pub(crate) struct Stream<T> {
    n_inputs: usize,
    window: Option<Window<T>>,
    /// Windows that have been read.
    full: Receiver<Result<Window<T>, Failure>>,
    /// Windows that have been used, to be filled anew.
    empty: SyncSender<Window<T>>,
}

impl<T: Real> Stream<T> {
    /// Starts to read.
    pub fn start<'scope, 'env>(
        scope: &'scope Scope<'scope, 'env>,
        source: &'env dyn BatchSource<Scalar = T>,
        wanted: Wanted,
    ) -> Result<Self, Error> {
        let (n_inputs, n_samples) = (source.n_inputs(), source.n_samples());
        let is_sequential = source.is_sequential();
        // What does not fit is known before the training begins.
        Plan::new(wanted.windows, n_samples, is_sequential, (wanted.seed, 0))?;
        let room = wanted.windows.samples().min(n_samples);
        let (full, from_reader) = sync_channel(1);
        let (empty, to_reader) = sync_channel(2);
        for _ in 0..2 {
            let values = zeros("window of samples", n_inputs, room)?;
            let window = Window { epoch: 0, values, order: Vec::new(), used: 0 };
            // There is room for two.
            let _ = empty.send(window);
        }
        let reader = Reader { source, wanted, full, empty: to_reader };
        Builder::new()
            .name("regularized-autoencoder-reader".to_owned())
            .spawn_scoped(scope, move || reader.run())
            .map_err(|error| Error::Threads { threads: 1, reason: error.to_string() })?;
        Ok(Self { n_inputs, window: None, full: from_reader, empty })
    }

    /// Leaves what is left of the epochs before this one.
    pub fn begin(&mut self, epoch: usize) -> Result<(), Error> {
        while self.window.as_ref().is_none_or(|window| window.epoch < epoch) {
            self.advance()?;
        }
        Ok(())
    }

    /// The samples of the window in which the next sample stands, the order in which they are used,
    /// and how many of it have been used.
    pub fn window(&mut self) -> Result<(Samples<'_, T>, &[usize], usize), Error> {
        while self.window.as_ref().is_none_or(|window| window.used == window.order.len()) {
            self.advance()?;
        }
        let n_inputs = self.n_inputs;
        Ok(self.window.as_ref().map_or((Samples::whole(&[], n_inputs), &[], 0), |window| {
            (Samples::whole(&window.values, n_inputs), &window.order[..], window.used)
        }))
    }

    /// At most `limit` of the samples that come next, at least one, in a block of memory and as
    /// their numbers in that block.
    pub fn next(&mut self, limit: usize) -> Result<(Samples<'_, T>, &[usize]), Error> {
        let (_, order, used) = self.window()?;
        let end = order.len().min(used.saturating_add(limit));
        if let Some(window) = &mut self.window {
            window.used = end;
        }
        Ok(self.window.as_ref().map_or((Samples::whole(&[], self.n_inputs), &[]), |window| {
            (Samples::whole(&window.values, self.n_inputs), &window.order[used..end])
        }))
    }

    /// Gives the window back and takes the next.
    fn advance(&mut self) -> Result<(), Error> {
        if let Some(window) = self.window.take() {
            // The reader may be gone, having read the last window.
            let _ = self.empty.send(window);
        }
        match self.full.recv() {
            Ok(Ok(window)) => {
                self.window = Some(window);
                Ok(())
            }
            Ok(Err(Failure::Error(error))) => Err(error),
            Ok(Err(Failure::Panic(payload))) => resume_unwind(payload),
            Err(_) => Err(Error::NotEnough {
                what: "windows of a training".into(),
                asked: 1,
                available: 0,
            }),
        }
    }
}

/// What the thread does.
struct Reader<'a, T> {
    source: &'a dyn BatchSource<Scalar = T>,
    wanted: Wanted,
    full: SyncSender<Result<Window<T>, Failure>>,
    empty: Receiver<Window<T>>,
}

impl<T: Real> Reader<'_, T> {
    /// Reads window after window, until none is wanted any more or one cannot be read.
    fn run(self) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.read_all()));
        let failure = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(error)) => Failure::Error(error),
            Err(payload) => Failure::Panic(payload),
        };
        // Where nobody waits for windows any more, nobody asks for the error.
        let _ = self.full.send(Err(failure));
    }

    fn read_all(&self) -> Result<(), Error> {
        let mut skipped = self.wanted.skipped;
        for epoch in self.wanted.epochs.clone() {
            let Wanted { windows, seed, .. } = self.wanted;
            let (n_samples, is_sequential) = (self.source.n_samples(), self.source.is_sequential());
            let plan = Plan::new(windows, n_samples, is_sequential, (seed, epoch))?;
            let (first, mut used) = plan.find(std::mem::take(&mut skipped));
            for number in first..plan.n_windows() {
                let Ok(mut window) = self.empty.recv() else { return Ok(()) };
                self.fill(&plan, number, &mut window)?;
                (window.epoch, window.used) = (epoch, std::mem::take(&mut used));
                if self.full.send(Ok(window)).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn fill(&self, plan: &Plan, number: usize, window: &mut Window<T>) -> Result<(), Error> {
        let n_inputs = self.source.n_inputs();
        let mut rest = &mut window.values[..];
        for chunk in plan.chunks(number) {
            let (here, after) = rest.split_at_mut(chunk.len() * n_inputs);
            read_finite(self.source, "training data", chunk.start, here)?;
            rest = after;
        }
        plan.shuffle(number, &mut window.order);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    /// The numbers of the samples that come, `batch` at a time, those of each epoch together.
    fn come<S: BatchSource<Scalar = f64>>(
        source: &S,
        wanted: Wanted,
        batch: usize,
    ) -> Vec<Vec<usize>> {
        let (n_samples, mut skipped) = (source.n_samples(), wanted.skipped);
        std::thread::scope(|scope| {
            let epochs = wanted.epochs.clone();
            let mut stream = Stream::start(scope, source, wanted).unwrap();
            epochs
                .map(|epoch| {
                    let mut numbers = Vec::new();
                    stream.begin(epoch).unwrap();
                    // The last samples are left out.
                    while numbers.len() + skipped < n_samples - 2 {
                        let (samples, order) = stream.next(batch).unwrap();
                        assert!((1..=batch).contains(&order.len()));
                        numbers.extend(order.iter().map(|&at| samples.sample(at)[0] as usize));
                    }
                    skipped = 0;
                    numbers
                })
                .collect()
        })
    }

    #[test]
    fn a_training_can_begin_at_every_sample_of_every_epoch() {
        let x = DMatrix::from_fn(2, 23, |_, j| j as f64);
        for (chunk, chunks) in [(4, 2), (1, 1), (5, 3), (22, 1), (3, 100)] {
            let windows = Windows::new(chunk, chunks).unwrap();
            let orders = |epoch| windows.order(23, 9, epoch).unwrap();
            for (epoch, skipped) in (0..3).flat_map(|epoch| (0..21).map(move |at| (epoch, at))) {
                let wanted = Wanted { windows, seed: 9, epochs: epoch..4, skipped };
                let found = come(&x, wanted, 4);
                assert_eq!(found.len(), 4 - epoch);
                for (number, found) in found.iter().enumerate() {
                    let order = &orders(epoch + number)[if number == 0 { skipped } else { 0 }..];
                    let count = found.len();
                    assert!(count + 2 >= order.len(), "{windows:?}");
                    assert_eq!(found, &order[..count], "{windows:?}");
                }
            }
        }
    }

    #[test]
    fn to_drop_a_stream_ends_its_thread() {
        let x = DMatrix::from_element(1, 1000, 0.0);
        for taken in 0..4 {
            let windows = Windows::new(1, 1).unwrap();
            let wanted = Wanted { windows, seed: 0, epochs: 0..usize::MAX, skipped: 0 };
            std::thread::scope(|scope| {
                let mut stream = Stream::start(scope, &x, wanted).unwrap();
                (0..taken).for_each(|_| drop(stream.next(1).unwrap()));
            });
        }
    }

    #[test]
    fn after_the_last_window_there_is_none() {
        let x = DMatrix::from_element(1, 10, 0.0);
        let windows = Windows::new(4, 1).unwrap();
        let wanted = Wanted { windows, seed: 0, epochs: 0..1, skipped: 9 };
        std::thread::scope(|scope| {
            let mut stream = Stream::start(scope, &x, wanted).unwrap();
            stream.begin(0).unwrap();
            assert_eq!(stream.next(5).unwrap().1.len(), 1);
            assert!(stream.next(5).is_err());
            assert!(stream.next(5).is_err());
        });
    }
}
