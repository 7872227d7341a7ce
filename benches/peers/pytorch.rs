//! PyTorch, in processes of its own.

use crate::problem::Problem;
use crate::program::{Program, Timing};
use crate::setup::{COEFFICIENT, LEARNING_RATE, MOMENTUM, NOISE_VARIANCE, Setup};
use crate::worker::{Answer, Prepare, Request, Way, Worker};
use regularized_autoencoder::Real;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Starts workers when they are needed, and keeps those of one environment.
pub struct Workers {
    python: PathBuf,
    started: Vec<Worker>,
    /// Of PyTorch.
    pub version: String,
}

impl Workers {
    pub fn new(python: PathBuf) -> Result<Self, Box<dyn Error>> {
        let first = Worker::start(&python, &[])?;
        let version = first.version.clone();
        Ok(Self { python, started: vec![first], version })
    }

    /// So many workers, all for programs of this kind.
    fn get(&mut self, count: usize, way: Way) -> Result<&mut [Worker], Box<dyn Error>> {
        let environment = way.environment();
        self.started.retain(|worker| worker.environment == environment);
        while self.started.len() < count {
            self.started.push(Worker::start(&self.python, environment)?);
        }
        Ok(&mut self.started[..count])
    }
}

/// Trainings by PyTorch, each in its own process, side by side if there are several.
pub struct PyTorch<'a>(&'a mut [Worker]);

impl<'a> PyTorch<'a> {
    /// Ready to train, or the reason why it cannot be had here.
    pub fn new<T: Real>(
        workers: &'a mut Workers,
        way: Way,
        problem: &Problem<T>,
        setup: &Setup,
    ) -> Result<Result<Self, String>, Box<dyn Error>> {
        let files = Files::write(problem)?;
        let request = Request::Prepare(Prepare {
            program: way,
            setup,
            samples: &files.path("samples"),
            filters: &files.path("filters"),
            learning_rate: LEARNING_RATE,
            momentum: MOMENTUM,
            coefficient: COEFFICIENT,
            noise_variance: NOISE_VARIANCE,
        });
        let mut program = Self(workers.get(setup.trainings, way)?);
        for answer in program.ask(&request)? {
            if let Answer::Unavailable(reason) = answer {
                return Ok(Err(reason));
            }
        }
        Ok(Ok(program))
    }

    /// Asks all workers at the same time.
    fn ask(&mut self, request: &Request<'_>) -> Result<Vec<Answer>, Box<dyn Error>> {
        self.0.iter_mut().try_for_each(|worker| worker.send(request))?;
        self.0.iter_mut().map(Worker::receive).collect()
    }

    /// The longest time and J.
    fn train(&mut self, steps: usize, shuffle: bool) -> Result<(f64, f64), Box<dyn Error>> {
        let mut longest = (0.0, f64::NAN);
        for answer in self.ask(&Request::Train { steps, shuffle })? {
            let Answer::Trained { seconds, objective } = answer else {
                return Err("PyTorch's worker did not train".into());
            };
            if seconds > longest.0 {
                longest = (seconds, objective);
            }
        }
        Ok(longest)
    }
}

impl Program for PyTorch<'_> {
    fn objective(&mut self, steps: usize) -> Result<Option<f64>, Box<dyn Error>> {
        Ok(Some(self.train(steps, false)?.1))
    }

    fn run(&mut self, steps: usize) -> Result<Timing, Box<dyn Error>> {
        Ok(Timing { steps, seconds: self.train(steps, true)?.0 })
    }
}

/// The arrays of a problem in temporary files.
struct Files(PathBuf);

impl Files {
    fn write<T: Real>(problem: &Problem<T>) -> Result<Self, Box<dyn Error>> {
        let name = format!("regularized-autoencoder-peers-{}", std::process::id());
        let files = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&files.0)?;
        write(&files.path("samples"), problem.samples.as_slice())?;
        write(&files.path("filters"), problem.filters.as_slice())?;
        Ok(files)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write<T: Real>(path: &Path, values: &[T]) -> Result<(), Box<dyn Error>> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.as_f64().to_ne_bytes()).collect();
    Ok(fs::write(path, bytes)?)
}
