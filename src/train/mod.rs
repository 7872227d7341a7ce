//! The only training loop: its configuration, observers and report.

mod checkpoint;
#[cfg(feature = "files")]
mod checkpoint_file;
mod course;
mod descent;
mod direct;
mod early_stopping;
mod every;
mod feed;
mod fit;
mod fit_source;
mod gradient;
mod learner;
mod learning_rate;
#[cfg(feature = "log")]
mod log_progress;
mod many;
mod motion;
mod observer;
mod optimizer;
mod options;
mod partial_fit;
mod prepare;
mod report;
mod resampling;
mod run;
mod saving;
mod settings;
mod state;
mod step;
mod trainer;
mod update;
mod verdict;

pub use checkpoint::Checkpoint;
pub use early_stopping::EarlyStopping;
pub use every::Every;
pub use learning_rate::LearningRate;
#[cfg(feature = "log")]
pub use log_progress::LogProgress;
pub use many::{Training, train_many};
pub use observer::{EndEvent, EpochEvent, Observer, StartEvent, StepEvent};
pub use optimizer::Optimizer;
pub use options::FitOptions;
pub use report::{EpochRecord, Report, StopReason, Warning};
pub use resampling::DeadUnitResampling;
pub use saving::CheckpointInterval;
pub use state::TrainingState;
pub use trainer::{Trainer, TrainerBuilder};
