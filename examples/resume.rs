//! A training that can be interrupted at any moment and goes on where it was.
//!
//! ```text
//! minimise  E‖x − y‖² + λR,  R contractive, with noise in the input, on the digits
//! ```
//! Ctrl-C ends the program after the step that runs; the same command then goes on from the
//! checkpoint. Killed in a harder way (`kill -9`, a power cut), it goes on from the last epoch.
//! However often it is interrupted, it ends with the same bits:
//!
//! ```text
//! cargo run --example resume                 # Ctrl-C, and once more
//! cargo run --example resume -- --verify     # interrupts itself, and compares
//! cargo run --example resume -- --threads 2  # with other threads: the same checksum
//! ```

use regularized_autoencoder::data::{Standardization, digits};
use regularized_autoencoder::prelude::*;
use std::error::Error as AnyError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const EPOCHS: usize = 30;

fn main() -> Result<(), Box<dyn AnyError>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let threads = match arguments.iter().position(|argument| argument == "--threads") {
        Some(at) => arguments.get(at + 1).ok_or("--threads needs a number")?.parse()?,
        None => 1,
    };
    let mut x = digits::images::<f32>() / 16.0;
    Standardization::fit(&x, 0.1)?.apply(&mut x)?;
    if has("--verify") {
        return verify(&x, threads);
    }

    let stop = Arc::new(AtomicBool::new(false));
    let wish = stop.clone();
    ctrlc::set_handler(move || wish.store(true, Ordering::SeqCst))?;
    let path = PathBuf::from("out/resume/digits.checkpoint");
    std::fs::create_dir_all("out/resume")?;
    match train(&x, threads, Some(&path), &mut |_| stop.load(Ordering::SeqCst))? {
        Some(parameters) => {
            println!("done: the checksum of the parameters is {:016x}", checksum(&parameters));
            std::fs::remove_file(&path)?;
        }
        None => println!("interrupted: the same command goes on from {}", path.display()),
    }
    Ok(())
}

/// Trains, or goes on with what the file holds; `None` if it was told to stop.
fn train(
    x: &DMatrix<f32>,
    threads: usize,
    path: Option<&Path>,
    stop: &mut dyn FnMut(usize) -> bool,
) -> Result<Option<Parameters<f32>>, Error> {
    let mut model = RegularizedAutoEncoder::builder(x.nrows(), 300)
        .activation(Sigmoid)
        .regularizer(0.5 * Contractive::new())
        .build()?;
    let trainer = Trainer::builder()
        .constraint(Constraint::UNIT)
        .corruption(GaussianNoise::new(0.01)?)
        .learning_rate(0.005)
        .epochs(EPOCHS)
        .threads(threads)
        .build()?;
    let mut watch = Watch { stop, stopped: false };
    let mut options = FitOptions::default();
    if let Some(path) = path {
        let checkpoint = Checkpoint::load_if_present(path)?;
        if let Some(checkpoint) = &checkpoint {
            println!("going on from epoch {}, step {}", checkpoint.epoch(), checkpoint.step());
        }
        options = options.resume(checkpoint).checkpoint_every(path, Every::Epochs(1));
    }
    trainer.fit_with(&mut model, x, options.observer(&mut watch))?;
    Ok((!watch.stopped).then(|| model.parameters().clone()))
}

/// Stops when it is told to, after a step.
struct Watch<'a> {
    stop: &'a mut dyn FnMut(usize) -> bool,
    stopped: bool,
}

impl Observer<f32> for Watch<'_> {
    fn on_step(&mut self, event: &StepEvent<'_, f32>) -> ControlFlow<()> {
        self.stopped = (self.stop)(event.epoch * event.steps_per_epoch + event.step);
        if self.stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn on_epoch(&mut self, event: &EpochEvent<'_, f32>) -> ControlFlow<()> {
        println!("epoch {:2}: J = {:.4}", event.record.epoch, event.record.objective());
        ControlFlow::Continue(())
    }
}

/// Trains once undisturbed and once with interruptions, and compares every bit.
fn verify(x: &DMatrix<f32>, threads: usize) -> Result<(), Box<dyn AnyError>> {
    println!("undisturbed:");
    let undisturbed = train(x, 1, None, &mut |_| false)?.ok_or("it was not to stop")?;
    println!("interrupted after steps 17, 350 and 700:");
    let path = std::env::temp_dir().join(format!("resume-{}.checkpoint", std::process::id()));
    let mut stops = [17, 350, 700].into_iter().peekable();
    let parameters = loop {
        let mut stop = |step| stops.next_if_eq(&step).is_some();
        if let Some(parameters) = train(x, threads, Some(&path), &mut stop)? {
            break parameters;
        }
    };
    std::fs::remove_file(&path)?;
    let (before, now) = (checksum(&undisturbed), checksum(&parameters));
    println!("undisturbed {before:016x}, interrupted {now:016x}");
    if parameters != undisturbed {
        return Err("the interrupted training differs".into());
    }
    println!("the same to the bit");
    Ok(())
}

/// FNV-1a of the bits.
fn checksum(parameters: &Parameters<f32>) -> u64 {
    let bytes = parameters.filters().iter().chain(parameters.encoder_bias());
    bytes.flat_map(|value| value.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
