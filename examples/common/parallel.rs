//! Independent computations on as many threads as there are cores.

use std::sync::Mutex;
use std::thread;

/// `work` on each job; the results stand in the order of the jobs.
pub fn map<J: Send, R: Send>(jobs: Vec<J>, work: impl Fn(J) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut results: Vec<_> = jobs.iter().map(|_| None).collect();
    let queue = Mutex::new(jobs.into_iter().zip(&mut results));
    let next = || queue.lock().expect("no one panics with the lock").next();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((job, result)) = next() {
                    *result = Some(work(job));
                }
            });
        }
    });
    results.into_iter().map(|result| result.expect("every job is done")).collect()
}
