//! The only training loop: its configuration, observers, report and constraints.

mod constraint;
mod fit;
mod learning_rate;
mod observer;
mod report;
mod state;
mod step;
mod trainer;

pub use constraint::Constraint;
pub use learning_rate::LearningRate;
pub use observer::{EpochEvent, Observer, StartEvent, StepEvent};
pub use report::{EpochRecord, Report, StopReason};
pub use state::TrainingState;
pub use trainer::{EarlyStopping, FitOptions, Trainer, TrainerBuilder};
