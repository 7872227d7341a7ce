//! The order in which a training takes samples of which only a part is in memory.

use crate::error::{Error, at_least_one};
use crate::memory::zeros;
use crate::random::{Purpose, Random};
use std::ops::Range;

/// How much of a source is in memory at a time, and so how well its samples are shuffled.
///
/// The N samples are cut into chunks of c samples that stand together; the last may be shorter. In
/// each epoch the chunks are put into a random order, k of them after the other make up a window, and
/// the samples of a window are shuffled. See [`source`](crate::source) for what that means.
///
/// ```
/// use regularized_autoencoder::source::Windows;
/// // Chunks of 100 samples, 3 in memory.
/// let windows = Windows::new(100, 3)?;
/// let order = windows.order(1000, 7, 0)?;
/// // The first three hundred are all samples of three chunks.
/// let mut chunks: Vec<usize> = order[..300].iter().map(|sample| sample / 100).collect();
/// chunks.sort();
/// chunks.dedup();
/// assert_eq!(chunks.len(), 3);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    chunk_samples: usize,
    chunks: usize,
}

/// 64 chunks of 256 samples: 16,384 samples, 51 MB of `f32` at 784 inputs, twice if the source is
/// larger.
impl Default for Windows {
    fn default() -> Self {
        Self { chunk_samples: 256, chunks: 64 }
    }
}

impl Windows {
    /// Windows of k = `chunks` chunks of c = `chunk_samples` samples.
    ///
    /// # Errors
    /// [`Error::Zero`] if a number is 0.
    pub fn new(chunk_samples: usize, chunks: usize) -> Result<Self, Error> {
        at_least_one("samples of a chunk", chunk_samples)?;
        at_least_one("chunks of a window", chunks)?;
        Ok(Self { chunk_samples, chunks })
    }

    /// Samples of a chunk, c.
    pub fn chunk_samples(&self) -> usize {
        self.chunk_samples
    }

    /// Chunks of a window, k.
    pub fn chunks(&self) -> usize {
        self.chunks
    }

    /// Samples of a window, c · k.
    pub fn samples(&self) -> usize {
        self.chunk_samples.saturating_mul(self.chunks)
    }

    /// The numbers of N = `n_samples` samples in the order in which a training with this seed takes
    /// them in an epoch.
    ///
    /// If the window holds them all, it is the order of [`Trainer::fit`](crate::Trainer::fit). Of a
    /// [sequential](crate::BatchSource::is_sequential) source the order is another one.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the numbers do not fit into memory.
    pub fn order(&self, n_samples: usize, seed: u64, epoch: usize) -> Result<Vec<usize>, Error> {
        let plan = Plan::new(*self, n_samples, false, (seed, epoch))?;
        let mut order: Vec<usize> = zeros("order of the samples", n_samples, 1)?;
        order.clear();
        let (mut samples, mut places) = (Vec::new(), Vec::new());
        for window in 0..plan.n_windows() {
            samples.clear();
            plan.chunks(window).for_each(|chunk| samples.extend(chunk));
            plan.shuffle(window, &mut places);
            order.extend(places.iter().map(|&place| samples[place]));
        }
        Ok(order)
    }
}

/// Which chunks make up which window of an epoch.
#[derive(Debug)]
pub(super) struct Plan {
    windows: Windows,
    n_samples: usize,
    seed: u64,
    epoch: usize,
    /// The numbers of the chunks, those of each window in their natural order.
    chunks: Vec<usize>,
}

impl Plan {
    pub fn new(
        windows: Windows,
        n_samples: usize,
        is_sequential: bool,
        (seed, epoch): (u64, usize),
    ) -> Result<Self, Error> {
        let count = n_samples.div_ceil(windows.chunk_samples);
        let mut chunks: Vec<usize> = zeros("order of the chunks", count, 1)?;
        chunks.iter_mut().enumerate().for_each(|(at, chunk)| *chunk = at);
        if !is_sequential {
            Random::stream(seed, Purpose::Chunks, epoch, 0, 0).shuffle(&mut chunks);
            // The order of the chunks within a window does not matter, as its samples are shuffled.
            chunks.chunks_mut(windows.chunks).for_each(<[usize]>::sort_unstable);
        }
        Ok(Self { windows, n_samples, seed, epoch, chunks })
    }

    pub fn n_windows(&self) -> usize {
        self.chunks.len().div_ceil(self.windows.chunks)
    }

    /// The ranges of samples that make up a window.
    pub fn chunks(&self, window: usize) -> impl Iterator<Item = Range<usize>> {
        let start = window * self.windows.chunks;
        let end = start.saturating_add(self.windows.chunks).min(self.chunks.len());
        self.chunks[start..end].iter().map(|&chunk| {
            let first = chunk * self.windows.chunk_samples;
            first..first.saturating_add(self.windows.chunk_samples).min(self.n_samples)
        })
    }

    /// Samples of a window.
    pub fn samples(&self, window: usize) -> usize {
        self.chunks(window).map(|chunk| chunk.len()).sum()
    }

    /// `order` ← the places of the window's samples, in a random order.
    pub fn shuffle(&self, window: usize, order: &mut Vec<usize>) {
        order.clear();
        order.extend(0..self.samples(window));
        shuffle((self.seed, self.epoch, window), order);
    }

    /// The window in which the sample at this place of the epoch's order stands, and its place in
    /// that window.
    pub fn find(&self, mut place: usize) -> (usize, usize) {
        let mut window = 0;
        while window < self.n_windows() && place >= self.samples(window) {
            place -= self.samples(window);
            window += 1;
        }
        (window, place)
    }
}

/// The order of the samples of a window; that of the first is the order of samples in memory.
pub(crate) fn shuffle((seed, epoch, window): (u64, usize, usize), order: &mut [usize]) {
    Random::stream(seed, Purpose::Shuffle, epoch, 0, window).shuffle(order);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes that do not divide each other, windows of one sample and of more than all.
    const CASES: [(usize, usize, usize); 8] = [
        (1, 1, 1),
        (10, 3, 2),
        (100, 7, 5),
        (100, 1, 10),
        (100, 10, 1),
        (60, 10, 2),
        (5, 100, 3),
        (9, 2, usize::MAX),
    ];

    #[test]
    fn every_sample_comes_once_an_epoch() {
        for (n, chunk, chunks) in CASES {
            let windows = Windows::new(chunk, chunks).unwrap();
            for epoch in 0..5 {
                let mut order = windows.order(n, 3, epoch).unwrap();
                order.sort_unstable();
                assert_eq!(order, (0..n).collect::<Vec<_>>(), "{windows:?}");
            }
        }
    }

    #[test]
    fn a_window_that_holds_all_is_shuffled_as_samples_in_memory_are() {
        let mut order: Vec<usize> = (0..50).collect();
        shuffle((9, 4, 0), &mut order);
        for (chunk, chunks) in [(50, 1), (7, 8), (1, 50), (100, 3), (usize::MAX, usize::MAX)] {
            assert_eq!(Windows::new(chunk, chunks).unwrap().order(50, 9, 4).unwrap(), order);
        }
        assert_ne!(Windows::new(7, 7).unwrap().order(50, 9, 4).unwrap(), order);
    }

    #[test]
    fn every_place_of_every_window_is_found() {
        for (n, chunk, chunks) in CASES {
            let plan = Plan::new(Windows::new(chunk, chunks).unwrap(), n, false, (1, 2)).unwrap();
            let mut place = 0;
            for window in 0..plan.n_windows() {
                for within in 0..plan.samples(window) {
                    assert_eq!(plan.find(place), (window, within));
                    place += 1;
                }
            }
            assert_eq!(place, n);
            assert_eq!(plan.find(n), (plan.n_windows(), 0));
        }
    }

    /// Whether two chunks share a window: for 6 chunks in pairs, one in five times.
    #[test]
    fn chunks_meet_as_often_as_chance_has_it() {
        let windows = Windows::new(4, 2).unwrap();
        let meetings = (0..2000).filter(|&epoch| {
            let plan = Plan::new(windows, 24, false, (5, epoch)).unwrap();
            (0..3).any(|window| plan.chunks(window).eq([0..4, 4..8]))
        });
        // 400 ± 6 σ.
        assert!((293..508).contains(&meetings.count()));
    }

    #[test]
    fn sequential_sources_are_taken_in_their_order() {
        let plan = Plan::new(Windows::new(4, 2).unwrap(), 22, true, (5, 1)).unwrap();
        let chunks: Vec<_> = (0..3).flat_map(|window| plan.chunks(window)).collect();
        assert_eq!(chunks, [0..4, 4..8, 8..12, 12..16, 16..20, 20..22]);
    }
}
