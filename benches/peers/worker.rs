//! A Python process that trains by PyTorch on request.

use crate::setup::Setup;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/pytorch.py");

/// Names and values of variables.
pub type Environment = &'static [(&'static str, &'static str)];

/// What a worker is asked for.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Request<'a> {
    /// Get ready to train from the beginning.
    Prepare(Prepare<'a>),
    Train {
        steps: usize,
        shuffle: bool,
    },
}

#[derive(Serialize)]
pub struct Prepare<'a> {
    pub program: Way,
    #[serde(flatten)]
    pub setup: &'a Setup,
    /// Files with the values of the samples and of the filters, one after the other, as f64.
    pub samples: &'a Path,
    pub filters: &'a Path,
    pub learning_rate: f64,
    pub momentum: f64,
    pub coefficient: f64,
    pub noise_variance: f64,
}

/// How the training is written in PyTorch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The fastest way that is found with public operators.
    ByHand,
    /// With dense tensors only.
    ByHandDense,
    /// With an operator that is not meant for users.
    ByHandPrivate,
    Eager,
    Compiled,
}

impl Way {
    /// Variables of the process's environment. By hand, a careful user keeps freed memory, since
    /// getting it back from the system page by page costs up to half of a step.
    pub fn environment(self) -> Environment {
        match self {
            Self::ByHand | Self::ByHandDense | Self::ByHandPrivate => &[
                ("MALLOC_MMAP_THRESHOLD_", "1073741824"),
                ("MALLOC_TRIM_THRESHOLD_", "1073741824"),
            ],
            Self::Eager | Self::Compiled => &[],
        }
    }
}

/// What a worker answers.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// After its start.
    Version(String),
    Prepared,
    /// The program cannot run here, for this reason.
    Unavailable(String),
    Trained {
        seconds: f64,
        objective: f64,
    },
    Failed(String),
}

/// The process; it ends when this is dropped.
pub struct Worker {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Of PyTorch.
    pub version: String,
    pub environment: Environment,
}

impl Worker {
    pub fn start(python: &Path, environment: Environment) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(python)
            // Without compiled copies of the scripts beside them.
            .args(["-B", SCRIPT])
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", python.display()))?;
        let requests = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let version = String::new();
        let mut worker = Self { process, requests, answers, version, environment };
        match worker.receive()? {
            Answer::Version(version) => worker.version = version,
            _ => return Err("PyTorch's worker did not tell its version".into()),
        }
        Ok(worker)
    }

    pub fn send(&mut self, request: &Request<'_>) -> Result<(), Box<dyn Error>> {
        let line = serde_json::to_string(request)? + "\n";
        self.requests.as_mut().expect("it is open until the end").write_all(line.as_bytes())?;
        Ok(())
    }

    pub fn receive(&mut self) -> Result<Answer, Box<dyn Error>> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(format!("PyTorch's worker ended: {}", self.process.wait()?).into());
        }
        match serde_json::from_str(&line)? {
            Answer::Failed(reason) => Err(format!("PyTorch's worker: {reason}").into()),
            answer => Ok(answer),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The end of the requests ends the process.
        self.requests = None;
        let _ = self.process.wait();
    }
}
