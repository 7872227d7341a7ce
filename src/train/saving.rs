//! Writing checkpoints to a file while a training runs.

#[cfg(not(feature = "files"))]
pub(super) use never::Saving;
#[cfg(feature = "files")]
pub(super) use to_file::Saving;

use super::every::Every;
use std::time::Duration;

/// How often a checkpoint is written to a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckpointInterval {
    /// After every so many steps or epochs.
    Passed(Every),
    /// After the first step that ends as long as this, or longer, after the last checkpoint.
    Time(Duration),
}

impl From<Every> for CheckpointInterval {
    fn from(interval: Every) -> Self {
        Self::Passed(interval)
    }
}

impl From<Duration> for CheckpointInterval {
    fn from(duration: Duration) -> Self {
        Self::Time(duration)
    }
}

#[cfg(feature = "files")]
mod to_file {
    use super::CheckpointInterval;
    use crate::error::Error;
    use crate::scalar::Real;
    use crate::train::checkpoint::Moment;
    use crate::train::every::Every;
    use std::path::PathBuf;
    use std::time::Instant;

    /// Writes checkpoints to a file.
    #[derive(Clone, Debug)]
    pub(in crate::train) struct Saving {
        path: PathBuf,
        every: CheckpointInterval,
        last: Instant,
    }

    impl Saving {
        pub fn new(path: PathBuf, every: CheckpointInterval) -> Self {
            Self { path, every, last: Instant::now() }
        }

        pub fn validate(&self) -> Result<(), Error> {
            match self.every {
                CheckpointInterval::Passed(interval) => interval.validate(),
                CheckpointInterval::Time(_) => Ok(()),
            }
        }

        pub fn after_step<T: Real>(&mut self, moment: Moment<'_, T>) -> Result<(), Error> {
            let is_due = match self.every {
                CheckpointInterval::Passed(interval @ Every::Steps(_)) => {
                    interval.has_passed(moment.place(), moment.course.steps)
                }
                CheckpointInterval::Passed(Every::Epochs(_)) => false,
                CheckpointInterval::Time(duration) => self.last.elapsed() >= duration,
            };
            if is_due { self.save(moment) } else { Ok(()) }
        }

        pub fn after_epoch<T: Real>(&mut self, moment: Moment<'_, T>) -> Result<(), Error> {
            let is_due = match self.every {
                CheckpointInterval::Passed(interval @ Every::Epochs(_)) => {
                    interval.has_passed(moment.place(), moment.course.steps)
                }
                _ => false,
            };
            if is_due { self.save(moment) } else { Ok(()) }
        }

        pub fn save<T: Real>(&mut self, moment: Moment<'_, T>) -> Result<(), Error> {
            moment.checkpoint().save(&self.path)?;
            self.last = Instant::now();
            Ok(())
        }
    }
}

/// Without the feature `files` there is nothing that could write a file.
#[cfg(not(feature = "files"))]
mod never {
    use crate::error::Error;
    use crate::scalar::Real;
    use crate::train::checkpoint::Moment;

    #[derive(Clone, Debug)]
    pub(in crate::train) enum Saving {}

    impl Saving {
        pub fn validate(&self) -> Result<(), Error> {
            match *self {}
        }
        pub fn after_step<T: Real>(&mut self, _: Moment<'_, T>) -> Result<(), Error> {
            match *self {}
        }
        pub fn after_epoch<T: Real>(&mut self, _: Moment<'_, T>) -> Result<(), Error> {
            match *self {}
        }
        pub fn save<T: Real>(&mut self, _: Moment<'_, T>) -> Result<(), Error> {
            match *self {}
        }
    }
}
