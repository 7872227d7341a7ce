//! The only training loop: its configuration, observers and report.

mod checkpoint;
mod course;
mod early_stopping;
mod feed;
mod fit;
mod fit_source;
mod learner;
mod learning_rate;
mod many;
mod motion;
mod observer;
mod options;
mod partial_fit;
mod prepare;
mod report;
mod settings;
mod state;
mod step;
mod trainer;
mod update;
mod verdict;

pub use checkpoint::Checkpoint;
pub use early_stopping::EarlyStopping;
pub use learning_rate::LearningRate;
pub use many::{Training, train_many};
pub use observer::{EndEvent, EpochEvent, Observer, StartEvent, StepEvent};
pub use options::FitOptions;
pub use report::{EpochRecord, Report, StopReason, Warning};
pub use state::TrainingState;
pub use trainer::{Trainer, TrainerBuilder};
