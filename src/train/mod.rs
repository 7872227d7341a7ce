//! The only training loop: its configuration, observers and report.

mod fit;
mod learner;
mod learning_rate;
mod many;
mod observer;
mod partial_fit;
mod prepare;
mod report;
mod state;
mod step;
mod trainer;
mod update;
mod verdict;

pub use fit::FitOptions;
pub use learning_rate::LearningRate;
pub use many::{Training, train_many};
pub use observer::{EndEvent, EpochEvent, Observer, StartEvent, StepEvent};
pub use report::{EpochRecord, Report, StopReason, Warning};
pub use state::TrainingState;
pub use trainer::{EarlyStopping, Trainer, TrainerBuilder};
