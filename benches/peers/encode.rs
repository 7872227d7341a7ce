//! Encoding by this crate and by PyTorch, side by side, in turn, on this machine.
//!
//! ```text
//! cargo bench --bench encode_peers
//! ```
//! Rows a second, 768 inputs and 4096 ReLU units in f32: dense codes, the 32 largest, and those above
//! 0. `--help` lists the options.

#[path = "../common/mod.rs"]
mod common;
#[path = "machine.rs"]
mod machine;
#[path = "python.rs"]
mod python;

use clap::Parser;
use common::noise;
use machine::Machine;
use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{Error, Parameters, RegularizedAutoEncoder, Relu, SparseCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

type Failure = Box<dyn std::error::Error>;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/encode.py");
const N_INPUTS: usize = 768;
const N_HIDDEN: usize = 4096;
const K: usize = 32;

/// Compares encoding by this crate with PyTorch.
#[derive(Parser)]
#[command(name = "encode_peers")]
struct Settings {
    /// How often each program is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,

    /// Seconds of each measurement
    #[arg(long, default_value_t = 0.4)]
    seconds: f64,

    /// Threads of both programs
    #[arg(long, default_values_t = [1, 2])]
    threads: Vec<usize>,

    /// Interpreter with PyTorch [default: one in benches/peers/.venv, installed on first use]
    #[arg(long)]
    python: Option<PathBuf>,

    /// What cargo passes
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is measured.
#[derive(Clone, Copy, Serialize)]
struct Request {
    samples: usize,
    what: &'static str,
    threads: usize,
    seconds: f64,
}

#[derive(Deserialize)]
struct Answer {
    rows_per_second: f64,
    /// Of the codes that are kept.
    sum: f64,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

fn main() -> Result<(), Failure> {
    let settings = Settings::parse();
    let python = settings.python.clone().map_or_else(python::interpreter, Ok)?;
    let (mut peer, Version { version }) = Peer::start(python)?;
    let mut ours = model()?;
    let Machine { processor, cores } = Machine::this();
    println!("{processor}, {cores} cores; PyTorch {version}; rows a second, medians\n");
    println!("| samples | what | threads | PyTorch | ours | ours ÷ PyTorch |");
    println!("|---|---|---|---|---|---|");
    for samples in [1, 256, 4096] {
        let x = noise(N_INPUTS, samples);
        for what in ["dense", "top-32", "above-0"] {
            for &threads in &settings.threads {
                ours.set_threads(threads)?;
                let request = Request { samples, what, threads, seconds: settings.seconds };
                let (mut theirs, mut mine) = (Vec::new(), Vec::new());
                for _ in 0..settings.rounds {
                    let (peer, our) = (peer.ask(&request)?, measure(&ours, &x, &request)?);
                    if !((peer.sum - our.sum).abs() <= 1e-4 * our.sum.abs()) {
                        let (theirs, ours) = (peer.sum, our.sum);
                        return Err(
                            format!("the sums differ: PyTorch {theirs}, ours {ours}").into()
                        );
                    }
                    theirs.push(peer.rows_per_second);
                    mine.push(our.rows_per_second);
                }
                let (theirs, mine) = (median(theirs), median(mine));
                let ratio = mine / theirs;
                println!(
                    "| {samples} | {what} | {threads} | {theirs:.0} | {mine:.0} | {ratio:.2} |"
                );
            }
        }
    }
    Ok(())
}

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A ReLU model of which about one unit in ten is active.
fn model() -> Result<RegularizedAutoEncoder<f32, Relu>, Error> {
    let filters = noise(N_INPUTS, N_HIDDEN) * (1.0 / (N_INPUTS as f64).sqrt()) as f32;
    let parameters = Parameters::new(filters, DVector::from_element(N_HIDDEN, -1.28), None)?;
    RegularizedAutoEncoder::builder(N_INPUTS, N_HIDDEN)
        .activation(Relu)
        .parameters(parameters)
        .build()
}

/// This crate; one sample is encoded without allocating.
fn measure(
    model: &RegularizedAutoEncoder<f32, Relu>,
    x: &DMatrix<f32>,
    request: &Request,
) -> Result<Answer, Error> {
    let mut code = SparseCode::new(N_HIDDEN)?;
    let mut dense = vec![0.0; N_HIDDEN];
    let mut run = |sum: bool| -> Result<f64, Error> {
        let add = |values: &[f32]| {
            if sum { values.iter().map(|h| f64::from(*h)).sum() } else { 0.0 }
        };
        Ok(match (request.what, x.ncols()) {
            ("dense", 1) => {
                model.encode_into(x.as_slice(), &mut dense)?;
                add(&dense)
            }
            ("dense", _) => add(model.encode(x)?.as_slice()),
            ("top-32", 1) => {
                model.encode_topk_into(x.as_slice(), K, &mut code)?;
                add(code.values())
            }
            ("top-32", _) => add(model.encode_topk(x, K)?.values()),
            (_, 1) => {
                model.encode_sparse_into(x.as_slice(), 0.0, &mut code)?;
                add(code.values())
            }
            _ => add(model.encode_sparse(x, 0.0)?.values()),
        })
    };
    let sum = run(true)?;
    let (mut rounds, begin) = (0, Instant::now());
    let mut taken = 0.0;
    while taken < request.seconds {
        run(false)?;
        rounds += 1;
        taken = begin.elapsed().as_secs_f64();
    }
    Ok(Answer { rows_per_second: (rounds * x.ncols()) as f64 / taken, sum })
}

/// PyTorch in a process of its own; it ends when this is dropped.
struct Peer {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(python: PathBuf) -> Result<(Self, Version), Failure> {
        let mut command = Command::new(python);
        // Without compiled copies of the scripts beside them.
        command.args(["-B", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let requests = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut peer = Self { process, requests, answers };
        let version = peer.receive()?;
        Ok((peer, version))
    }

    fn ask(&mut self, request: &Request) -> Result<Answer, Failure> {
        let line = serde_json::to_string(request)? + "\n";
        self.requests.as_mut().expect("it is open until the end").write_all(line.as_bytes())?;
        self.receive()
    }

    fn receive<V: DeserializeOwned>(&mut self) -> Result<V, Failure> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(format!("PyTorch's process ended: {}", self.process.wait()?).into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The end of the requests ends the process.
        self.requests = None;
        let _ = self.process.wait();
    }
}
