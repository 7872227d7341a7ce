//! Training data larger than memory: where samples come from, and in which order.
//!
//! A [`BatchSource`] tells how many samples it has and reads any range of them.
//! [`Trainer::fit_source`](crate::Trainer::fit_source) trains from one by the same steps as
//! [`Trainer::fit`](crate::Trainer::fit) does from a matrix, with a part of the samples in memory.
//!
//! | source | where the samples are |
//! |---|---|
//! | [`NpyFile`] | in the rows of a `.npy` file, read at offsets |
//! | [`IdxFile`] | in an IDX file, read at offsets; not a gzipped one |
//! | [`Shards`] | in several sources, one after the other |
//! | [`Mapped`] | in another source, changed when they are read |
//! | [`Replay`] | in an iterator that can be made anew for each epoch |
//! | `DMatrix`, [`Samples`](crate::Samples) | in memory |
//! | yours | wherever [`BatchSource::read`] finds them |
//!
//! # Windows
//! To shuffle all samples, all of them would have to be in memory or to be read one by one. Instead,
//! [`Windows`] cut the N samples into chunks of c samples that stand together, and in each epoch
//!
//! 1. the ⌈N/c⌉ chunks are put into a random order, all orders being equally likely;
//! 2. k chunks after the other make up a window: the first k, the next k, …; the last may have fewer;
//! 3. the samples of each window are shuffled, all their orders being equally likely, independently
//!    of the other windows.
//!
//! So every sample comes exactly once an epoch, and is as likely in the first window as in any other
//! of its size. Which *chunks* share a window is random, but samples of one chunk always do: of
//! c · k samples in a row, c at a time come from one chunk. This does no harm where neighbours in the
//! file are no more alike than others. Where they are (sorted by class, say), choose small chunks and
//! many of them: with c = 1 and k = N/2 half the samples are drawn at random, at the cost of as many
//! reads as there are samples. Batches go on across the border of two windows; an incomplete last
//! batch of the epoch is left out, as in `fit`.
//!
//! The order is a function of (seed, epoch, N, c, k), see [`Windows::order`]. If the window holds all
//! samples, c · k ≥ N, they are read once, and the order and every bit of the result are those of
//! `fit` on the matrix.
//!
//! Sources that can read quickly in order only ([`BatchSource::is_sequential`]) skip the first step:
//! their windows are the first c · k samples, the next c · k, …, in every epoch.
//!
//! # Memory
//! One window is trained on while the next is read: 2 · c · k · n values, or N · n if one window holds
//! them all, 8 bytes for each of these samples and for each of the ⌈N/c⌉ chunks, beside what a training takes without its data.
//! With a scaler a few samples more. Files are read in pieces of 64 KiB. They
//! are not mapped into memory: a file that is cut short while it is mapped kills the process that
//! reads it; so it is an error that names the file and the sample.
//!
//! [`Standardization::fit_source`](crate::data::Standardization::fit_source) measures a scaler with a
//! few samples in memory, and [`metrics::evaluate_source`](crate::metrics::evaluate_source) a model.
//!
//! # Reading ahead
//! A thread of its own reads the next window, also that of the next epoch, and waits when it has it.
//! No bit depends on how fast it is: the trainer takes windows in their order, and meets an error
//! when it asks for the window that could not be read, however early that was known. A panic in
//! [`BatchSource::read`] comes out of the training. When the training ends, the thread is stopped; a
//! read that is under way is waited for.

mod batch_source;
mod files;
mod mapped;
mod position;
mod record_file;
mod replay;
mod scaled;
mod shards;
mod standardize;
mod stream;
mod windows;

pub use batch_source::{BatchSource, read_range};
pub use files::{IdxFile, NpyFile};
pub use mapped::Mapped;
pub use replay::Replay;
pub use shards::Shards;
pub use windows::Windows;

pub(crate) use batch_source::for_each_piece;
pub(crate) use scaled::Scaled;
pub(crate) use stream::{Stream, Wanted, read_all};
pub(crate) use windows::shuffle;
