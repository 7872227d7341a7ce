//! Threads that wait for work together: the fork-join under training, encoding and metrics.
//!
//! A training step has a handful of phases of some tens of microseconds each. A [`Team`] keeps its
//! threads spinning between them, so that a phase costs about a microsecond, without allocating;
//! general thread pools cost ten times that. The calling thread works too. Which thread gets which
//! piece depends on the numbers of pieces and threads alone, so that each finds its own filters in
//! its cache.
//!
//! All `unsafe` code of the crate stands here, for two things that the borrow checker cannot see:
//! that [`Team::run`] returns only when no thread uses the closure any more, and that
//! [`Team::for_each`] hands out every piece once.
#![allow(unsafe_code, reason = "see above")]

use crate::error::Error;
use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, Thread};

/// How often a thread that waits looks again before it goes to sleep: about 20 µs. Balanced work
/// takes less; where others need the cores, to sleep and be woken costs less than to stand in their
/// way.
const LOOKS: usize = 500;

/// The calling thread and its helpers.
#[derive(Debug)]
pub(crate) struct Team {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    /// The number of the present call; helpers wait for it to change.
    call: AtomicUsize,
    /// How many helpers have not finished the present call.
    unfinished: AtomicUsize,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug)]
struct State {
    call: usize,
    task: Option<Task>,
    sleeping: usize,
    stop: bool,
    /// What the helper with the lowest number that panicked in this call panicked with.
    panic: Option<Panic>,
}

struct Panic {
    thread: usize,
    payload: Box<dyn Any + Send>,
}

impl std::fmt::Debug for Panic {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Panic")
    }
}

/// A closure whose lifetime has been forgotten, and the thread that waits for it.
#[derive(Clone)]
struct Task {
    call: &'static (dyn Fn(usize) + Sync),
    caller: Thread,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Task")
    }
}

impl Shared {
    /// No code of a user runs while the lock is held: it is never poisoned.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next task after call number `seen`; `None` when the team is dropped.
    fn next(&self, seen: &mut usize) -> Option<Task> {
        watch(|| self.call.load(Ordering::Acquire) != *seen);
        let mut state = self.lock();
        while state.call == *seen && !state.stop {
            state.sleeping += 1;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.sleeping -= 1;
        }
        *seen = state.call;
        if state.stop { None } else { state.task.clone() }
    }

    fn help(&self, thread: usize) {
        let mut seen = 0;
        while let Some(Task { call, caller }) = self.next(&mut seen) {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| call(thread))) {
                let mut state = self.lock();
                let other = state.panic.take();
                state.panic = Some(lower(Panic { thread, payload }, other));
            }
            if self.unfinished.fetch_sub(1, Ordering::AcqRel) == 1 {
                caller.unpark();
            }
        }
    }
}

/// The panic of the thread with the lower number; the other is forgotten, as to drop it could panic
/// in its turn.
fn lower(one: Panic, other: Option<Panic>) -> Panic {
    match other {
        Some(other) if other.thread < one.thread => {
            std::mem::forget(one);
            other
        }
        other => {
            std::mem::forget(other);
            one
        }
    }
}

/// Looks for a while whether something has happened.
fn watch(happened: impl Fn() -> bool) {
    for _ in 0..LOOKS {
        if happened() {
            return;
        }
        std::hint::spin_loop();
    }
}

impl Team {
    /// The calling thread alone.
    pub fn solo() -> Self {
        let state = State { call: 0, task: None, sleeping: 0, stop: false, panic: None };
        let shared = Shared {
            call: AtomicUsize::new(0),
            unfinished: AtomicUsize::new(0),
            state: Mutex::new(state),
            wake: Condvar::new(),
        };
        Self { shared: Arc::new(shared), helpers: Vec::new() }
    }

    /// `threads` threads, the calling one among them.
    pub fn new(threads: usize) -> Result<Self, Error> {
        let mut team = Self::solo();
        for thread in 1..threads {
            let shared = team.shared.clone();
            let helper = std::thread::Builder::new()
                .name(format!("regularized-autoencoder-{thread}"))
                .spawn(move || shared.help(thread))
                .map_err(|error| Error::Threads { threads, reason: error.to_string() })?;
            team.helpers.push(helper);
        }
        Ok(team)
    }

    /// One of so many threads, but of no more than there are cores.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn on_cores(threads: usize) -> Result<Self, Error> {
        // To look up the number takes longer than to encode a small sample.
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        Self::new(if threads > 1 { threads.min(cores()) } else { threads })
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Calls `f` once on each thread, with the number of the thread, and returns when all calls
    /// have returned. A panic in one of them, in that with the lowest number if there are several,
    /// comes out here after the others have ended.
    pub fn run(&mut self, f: &(dyn Fn(usize) + Sync)) {
        if self.helpers.is_empty() {
            return f(0);
        }
        // SAFETY: this function neither returns nor unwinds before `unfinished` is 0, and a helper
        // counts down after its last use of the closure. `&mut self` keeps calls apart.
        let call = unsafe {
            std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(f)
        };
        let shared = &*self.shared;
        shared.unfinished.store(self.helpers.len(), Ordering::Relaxed);
        let mut state = shared.lock();
        state.task = Some(Task { call, caller: std::thread::current() });
        state.call = state.call.wrapping_add(1);
        shared.call.store(state.call, Ordering::Release);
        let someone_sleeps = state.sleeping > 0;
        drop(state);
        if someone_sleeps {
            shared.wake.notify_all();
        }

        let mine = catch_unwind(AssertUnwindSafe(|| f(0)));
        let finished = || shared.unfinished.load(Ordering::Acquire) == 0;
        watch(finished);
        while !finished() {
            std::thread::park();
        }
        let mut state = shared.lock();
        state.task = None;
        let theirs = state.panic.take();
        drop(state);
        let panic = match mine {
            Ok(()) => theirs,
            Err(payload) => Some(lower(Panic { thread: 0, payload }, theirs)),
        };
        if let Some(Panic { payload, .. }) = panic {
            resume_unwind(payload);
        }
    }

    /// Calls `f` with the number and the content of each piece; every thread takes a range of
    /// them, in order.
    pub fn for_each<P: Pieces>(&mut self, pieces: P, f: impl Fn(usize, P::Piece) + Sync) {
        let (count, threads) = (pieces.count(), self.threads());
        debug_assert_ne!(count, usize::MAX, "something has to limit the number of pieces");
        self.run(&|thread| {
            // A range of pieces, so that each thread finds its own filters in its cache again.
            for index in thread * count / threads..(thread + 1) * count / threads {
                // SAFETY: the threads' ranges do not overlap.
                f(index, unsafe { pieces.take(index) });
            }
        });
    }
}

impl Team {
    /// [`for_each`](Self::for_each) for what can fail: the error of the first piece that has one,
    /// whichever thread meets its own first.
    pub fn try_for_each<P: Pieces>(
        &mut self,
        pieces: P,
        f: impl Fn(usize, P::Piece) -> Result<(), Error> + Sync,
    ) -> Result<(), Error> {
        let first: Mutex<Option<(usize, Error)>> = Mutex::new(None);
        self.for_each(pieces, |index, piece| {
            if let Err(error) = f(index, piece) {
                let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                if first.as_ref().is_none_or(|(earlier, _)| index < *earlier) {
                    *first = Some((index, error));
                }
            }
        });
        let first = first.into_inner().unwrap_or_else(PoisonError::into_inner);
        first.map_or(Ok(()), |(_, error)| Err(error))
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.call.fetch_add(1, Ordering::Release);
        self.shared.wake.notify_all();
        for helper in self.helpers.drain(..) {
            // Panics of tasks have been caught.
            let _ = helper.join();
        }
    }
}

/// What can be cut into pieces that different threads use at once.
pub(crate) trait Pieces: Sync {
    type Piece;

    fn count(&self) -> usize;

    /// The piece of this number.
    ///
    /// # Safety
    /// `index` is less than `count()`, and no number is taken twice while its piece is in use.
    unsafe fn take(&self, index: usize) -> Self::Piece;
}

/// The items of a slice, each a piece.
pub(crate) struct Items<'a, I> {
    first: *mut I,
    count: usize,
    _slice: PhantomData<&'a mut [I]>,
}

// SAFETY: it only hands out `&mut I`, each to one thread.
unsafe impl<I: Send> Sync for Items<'_, I> {}

pub(crate) fn items<I>(slice: &mut [I]) -> Items<'_, I> {
    Items { first: slice.as_mut_ptr(), count: slice.len(), _slice: PhantomData }
}

impl<'a, I: Send> Pieces for Items<'a, I> {
    type Piece = &'a mut I;

    fn count(&self) -> usize {
        self.count
    }

    unsafe fn take(&self, index: usize) -> &'a mut I {
        // SAFETY: in bounds, and by the caller's promise nobody else has it.
        unsafe { &mut *self.first.add(index) }
    }
}

/// Pieces of a slice of `size` items each; the last may be shorter.
pub(crate) struct Chunks<'a, I> {
    first: *mut I,
    length: usize,
    size: usize,
    _slice: PhantomData<&'a mut [I]>,
}

// SAFETY: it only hands out slices that do not overlap, each to one thread.
unsafe impl<I: Send> Sync for Chunks<'_, I> {}

pub(crate) fn chunks<I>(slice: &mut [I], size: usize) -> Chunks<'_, I> {
    Chunks {
        first: slice.as_mut_ptr(),
        length: slice.len(),
        size: size.max(1),
        _slice: PhantomData,
    }
}

impl<'a, I: Send> Pieces for Chunks<'a, I> {
    type Piece = &'a mut [I];

    fn count(&self) -> usize {
        self.length.div_ceil(self.size)
    }

    unsafe fn take(&self, index: usize) -> &'a mut [I] {
        let start = index * self.size;
        let length = self.size.min(self.length - start);
        // SAFETY: in bounds, and by the caller's promise nobody else has it.
        unsafe { std::slice::from_raw_parts_mut(self.first.add(start), length) }
    }
}

/// `None` as often as asked for: what it is zipped with limits the number.
impl<P: Pieces> Pieces for Option<P> {
    type Piece = Option<P::Piece>;

    fn count(&self) -> usize {
        self.as_ref().map_or(usize::MAX, Pieces::count)
    }

    unsafe fn take(&self, index: usize) -> Option<P::Piece> {
        // SAFETY: the caller's promise is the one asked for.
        self.as_ref().map(|pieces| unsafe { pieces.take(index) })
    }
}

/// Pieces of the same number together, as many as the shorter of the two has.
impl<A: Pieces, B: Pieces> Pieces for (A, B) {
    type Piece = (A::Piece, B::Piece);

    fn count(&self) -> usize {
        self.0.count().min(self.1.count())
    }

    unsafe fn take(&self, index: usize) -> Self::Piece {
        // SAFETY: the caller's promise is the one asked for.
        unsafe { (self.0.take(index), self.1.take(index)) }
    }
}

/// Pieces of the same number together, as many as the shortest of the three has.
impl<A: Pieces, B: Pieces, C: Pieces> Pieces for (A, B, C) {
    type Piece = (A::Piece, B::Piece, C::Piece);

    fn count(&self) -> usize {
        self.0.count().min(self.1.count()).min(self.2.count())
    }

    unsafe fn take(&self, index: usize) -> Self::Piece {
        // SAFETY: the caller's promise is the one asked for.
        unsafe { (self.0.take(index), self.1.take(index), self.2.take(index)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_handed_out_once() {
        for threads in [1, 2, 3, 8] {
            let mut team = Team::new(threads).unwrap();
            for count in [0, 1, 2, 7, 100] {
                let (mut numbers, mut pairs) = (vec![0; count], vec![1; 2 * count]);
                for _ in 0..200 {
                    let pieces = (items(&mut numbers), chunks(&mut pairs, 2));
                    team.for_each(pieces, |index, (number, pair)| {
                        *number += index;
                        pair[1] += pair[0];
                    });
                }
                assert!(numbers.iter().enumerate().all(|(index, number)| *number == 200 * index));
                assert!(pairs.chunks(2).all(|pair| pair == [1, 201]));
            }
        }
    }

    #[test]
    fn a_panic_comes_out_and_the_team_goes_on() {
        for threads in [1, 2, 5] {
            let mut team = Team::new(threads).unwrap();
            for culprit in 0..threads {
                let panic = catch_unwind(AssertUnwindSafe(|| {
                    team.run(&|thread| assert_ne!(thread, culprit, "thread {thread}"));
                }));
                let message = panic.unwrap_err();
                let message = message.downcast_ref::<String>().unwrap();
                assert!(message.contains(&format!("thread {culprit}")), "{message}");
                let calls = AtomicUsize::new(0);
                team.run(&|_| {
                    calls.fetch_add(1, Ordering::Relaxed);
                });
                assert_eq!(calls.into_inner(), threads);
            }
        }
    }

    #[test]
    fn of_several_panics_that_of_the_first_thread_comes_out() {
        for threads in [2, 5] {
            let mut team = Team::new(threads).unwrap();
            for first in 0..threads {
                let panic = catch_unwind(AssertUnwindSafe(|| {
                    team.run(&|thread| assert!(thread < first, "thread {thread}"));
                }));
                let message = panic.unwrap_err();
                let message = message.downcast_ref::<String>().unwrap();
                assert!(message.contains(&format!("thread {first}")), "{message}");
            }
        }
    }

    #[test]
    fn of_several_errors_that_of_the_first_piece_comes_out() {
        let mut team = Team::new(3).unwrap();
        for first in 0..10 {
            let (mut a, mut b) = ([0; 10], [0; 20]);
            let none: Option<Items<'_, u8>> = None;
            let error = team.try_for_each((items(&mut a), none, chunks(&mut b, 2)), |at, piece| {
                *piece.0 = at;
                assert!(piece.1.is_none() && piece.2.len() == 2);
                if at < first { Ok(()) } else { Err(Error::invalid("piece", at as f64, "none")) }
            });
            let message = error.unwrap_err().to_string();
            assert!(message.contains(&format!("piece is {first}")), "{message}");
            assert_eq!(a, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        }
    }

    #[test]
    fn sleepers_wake() {
        let mut team = Team::new(3).unwrap();
        for _ in 0..3 {
            std::thread::sleep(std::time::Duration::from_millis(20));
            let calls = AtomicUsize::new(0);
            team.run(&|thread| {
                std::thread::sleep(std::time::Duration::from_millis(5 * thread as u64));
                calls.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(calls.into_inner(), 3);
        }
    }
}
