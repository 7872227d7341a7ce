//! A training on more data than there is memory for.
#![cfg(target_os = "linux")]

#[path = "common/files.rs"]
mod files;

use files::{Folder, npy_bytes};
use regularized_autoencoder::source::{NpyFile, Windows};
use regularized_autoencoder::{
    BatchSource, FitOptions, Observer, RegularizedAutoEncoder, StepEvent, Trainer,
};
use std::fs::OpenOptions;
use std::ops::ControlFlow;
use std::time::Instant;

/// 1 KiB a sample, 10 GiB in all.
const N_INPUTS: usize = 256;
const N_SAMPLES: usize = 10 << 20;

/// The largest amount of memory that the process has had, in MiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() / 1024
}

/// Adds up the squares of what it sees.
struct Sum(f64, usize);

impl Observer<f32> for Sum {
    fn on_step(&mut self, event: &StepEvent<'_, f32>) -> ControlFlow<()> {
        let input = event.batch.input();
        self.0 += input.as_slice().iter().map(|&x| f64::from(x * x)).sum::<f64>();
        self.1 += input.n_samples();
        ControlFlow::Continue(())
    }
}

#[test]
#[ignore = "reads 10 GiB: a minute"]
fn ten_gigabytes_take_less_than_one() {
    let folder = Folder::new();
    let dictionary =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({N_SAMPLES}, {N_INPUTS})}}");
    let header = npy_bytes(&dictionary, &[]);
    let path = folder.write("hole.npy", &header);
    // A hole: it takes no disk, and gives zeros.
    let length = (header.len() + 4 * N_INPUTS * N_SAMPLES) as u64;
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(length).unwrap();
    // A sample that is not zero, three quarters into the file.
    let place = header.len() as u64 + 3 * (length - header.len() as u64) / 4;
    std::os::unix::fs::FileExt::write_all_at(&file, &2_f32.to_le_bytes(), place).unwrap();

    let source = NpyFile::<f32>::open(&path).unwrap();
    assert_eq!((source.n_inputs(), source.n_samples()), (N_INPUTS, N_SAMPLES));
    let mut model = RegularizedAutoEncoder::builder(N_INPUTS, 4).build().unwrap();
    let trainer = Trainer::builder().batch_size(8192).epochs(1).learning_rate(1e-4);
    let windows = Windows::new(1024, 128).unwrap();
    let mut sum = Sum(0.0, 0);
    let options = FitOptions::default().observer(&mut sum);
    let start = Instant::now();
    let report =
        trainer.build().unwrap().fit_source_with(&mut model, &source, windows, options).unwrap();
    println!(
        "{} steps on {} GiB in {:.1} s, at most {} MiB in memory",
        report.steps,
        length >> 30,
        start.elapsed().as_secs_f64(),
        peak()
    );
    assert_eq!((sum.0, sum.1), (4.0, N_SAMPLES));
    assert!(peak() < 1024);
    // Two windows of 128 MiB are a part of it: the measure measures.
    assert!(peak() > 256);
}
