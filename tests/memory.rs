//! A training takes the data set once and the parameters three times.
#![allow(unsafe_code, reason = "a global allocator cannot be written without it")]

use nalgebra::DMatrix;
use regularized_autoencoder::data::Standardization;
use regularized_autoencoder::inspect::TopSamples;
use regularized_autoencoder::source::{NpyFile, Windows};
use regularized_autoencoder::{
    Contractive, EarlyStopping, FitOptions, Optimizer, Parameters, RegularizedAutoEncoder, Trainer,
    TrainerBuilder, scores,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, which measures the bytes that are in use and their peak.
struct Measuring;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn taken(size: usize) {
    let now = IN_USE.fetch_add(size, Ordering::SeqCst) + size;
    PEAK.fetch_max(now, Ordering::SeqCst);
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Measuring {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::SeqCst);
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Measuring = Measuring;

/// The peak of the bytes that `f` takes beyond those in use before it; one measurement at a time.
///
/// What is taken once a thread and kept is not counted: matrix products use a buffer whose size
/// the processor's cache decides.
fn peak(f: impl Fn()) -> usize {
    static ONE: Mutex<()> = Mutex::new(());
    let _guard = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    f();
    let before = IN_USE.load(Ordering::SeqCst);
    PEAK.store(before, Ordering::SeqCst);
    f();
    PEAK.load(Ordering::SeqCst) - before
}

const N_SAMPLES: usize = 2000;
const N_INPUTS: usize = 256;
const N_HIDDEN: usize = 512;
const BATCH: usize = 50;
/// Hidden units are computed in blocks of at most 256.
const BLOCKS: usize = 2;

const DATA: usize = N_SAMPLES * N_INPUTS;
const PARAMETERS: usize = N_INPUTS * N_HIDDEN + N_HIDDEN;

/// The bytes that a training may take, data set and model included, with so many parameters.
const fn bound(parameters: usize) -> usize {
    // For each sample of the batch and input: the scaled residual, the input, and each block's part
    // of the reconstruction.
    let inputs = BATCH * N_INPUTS * (2 + BLOCKS);
    // For each sample of the batch and hidden unit: pre-activation, code, s', s'', projected
    // residual, and the gradient by the pre-activation.
    let units = BATCH * N_HIDDEN * 6;
    // For each hidden unit: ‖W‖², ρ, the derivatives by ‖W‖² and b, three numbers of scratch, and
    // a sum in f64.
    let each_unit = N_HIDDEN * 9;
    // For each input: the gradient by the decoder bias, and a sum in f64.
    let numbers = DATA + parameters + inputs + units + each_unit + 3 * N_INPUTS;
    // For each hidden unit, a bit for each of its 2 · BATCH factors of the weight gradient.
    let marks = 8 * N_HIDDEN * (2 * BATCH).div_ceil(64);
    // The order of the samples, and what the products, the report and the names take.
    let small = marks + 8 * N_SAMPLES + SMALL;
    4 * numbers + small
}

/// nalgebra's products take a buffer each time; the parameters take 514 KiB.
const SMALL: usize = 1024 * if cfg!(feature = "faer") { 8 } else { 160 };

/// The peak of a training with everything that belongs to it.
fn peak_of_training(train: impl Fn(&DMatrix<f32>, &mut Model)) -> usize {
    peak(|| {
        let x = DMatrix::from_fn(N_INPUTS, N_SAMPLES, |i, j| ((i * j) as f32).sin());
        let mut model = RegularizedAutoEncoder::builder(N_INPUTS, N_HIDDEN)
            .regularizer(Contractive::new())
            .build()
            .unwrap();
        train(&x, &mut model);
    })
}

type Model = RegularizedAutoEncoder<f32, regularized_autoencoder::Sigmoid, Contractive>;

fn trainer() -> Trainer<f32> {
    Trainer::builder().batch_size(BATCH).epochs(2).learning_rate(1e-4).build().unwrap()
}

/// The parameters themselves, those of the last good epoch, and the momentum.
#[test]
fn a_training_takes_the_data_once_and_the_parameters_three_times() {
    let bytes = peak_of_training(|x, model| {
        trainer().fit(model, x).unwrap();
    });
    assert!(bytes <= bound(3 * PARAMETERS), "{bytes} bytes > {}", bound(3 * PARAMETERS));
    assert!(bytes > bound(2 * PARAMETERS), "the bound is loose: {bytes} bytes");
}

#[test]
fn a_copy_more_would_be_noticed() {
    let bytes = peak_of_training(|x, model| {
        let copy: Parameters<f32> = model.parameters().clone();
        trainer().fit(model, x).unwrap();
        drop(copy);
    });
    assert!(bytes > bound(3 * PARAMETERS), "{bytes} bytes");
    let bytes = peak_of_training(|x, model| {
        let copy = x.clone();
        trainer().fit(model, &copy).unwrap();
    });
    assert!(bytes > bound(3 * PARAMETERS), "{bytes} bytes");
}

/// The best epoch is a copy of the parameters, and no more than that; a validation takes the
/// buffers of a batch again.
#[test]
fn early_stopping_takes_the_parameters_once_more() {
    let bytes = peak_of_training(|x, model| {
        let stopping = EarlyStopping { patience: 1, minimum_improvement: 0.0 };
        let trainer = Trainer::builder()
            .batch_size(BATCH)
            .epochs(3)
            .learning_rate(1e-4)
            .early_stopping(stopping)
            .build()
            .unwrap();
        trainer.fit(model, x).unwrap();
    });
    assert!(bytes <= bound(4 * PARAMETERS), "{bytes} bytes > {}", bound(4 * PARAMETERS));

    let buffers = bound(0) - 4 * DATA;
    let bytes = peak_of_training(|x, model| {
        let options = FitOptions::default().validation(x);
        trainer().fit_with(model, x, options).unwrap();
    });
    let limit = bound(3 * PARAMETERS) + buffers;
    assert!(bytes <= limit, "{bytes} bytes > {limit}");
}

/// m, v and the gradient; clipping alone takes a gradient beside the momentum.
#[test]
fn adam_takes_the_parameters_five_times_and_clipping_four_times() {
    let peak = |trainer: TrainerBuilder<f32>| {
        let trainer = trainer.batch_size(BATCH).epochs(2).learning_rate(1e-4).build().unwrap();
        peak_of_training(|x, model| {
            trainer.fit(model, x).unwrap();
        })
    };
    // The squared lengths of the gradient's columns, in f64.
    let squares = 8 * N_HIDDEN;
    for (trainer, times) in [
        (Trainer::builder().optimizer(Optimizer::ADAM), 5),
        (Trainer::builder().clip_norm(1.0), 4),
        (Trainer::builder().optimizer(Optimizer::ADAM).clip_norm(1.0), 5),
    ] {
        let (bytes, limit) = (peak(trainer), bound(times * PARAMETERS) + squares);
        assert!(bytes <= limit, "{bytes} bytes > {limit}");
        assert!(bytes > bound((times - 1) * PARAMETERS), "the bound is loose: {bytes} bytes");
    }
}

#[test]
fn a_piece_takes_no_more_than_a_training() {
    let bytes = peak_of_training(|x, model| {
        let mut state = regularized_autoencoder::TrainingState::new(model);
        trainer().partial_fit(model, &mut state, x).unwrap();
    });
    assert!(bytes <= bound(3 * PARAMETERS), "{bytes} bytes > {}", bound(3 * PARAMETERS));
}

/// The dense codes and reconstructions of a data set are not there when only a few of their numbers
/// are wanted.
#[test]
fn sparse_codes_scores_and_top_samples_take_no_dense_array() {
    let x = DMatrix::from_fn(N_INPUTS, N_SAMPLES, |i, j| ((i * j) as f32).sin());
    let model = RegularizedAutoEncoder::builder(N_INPUTS, N_HIDDEN).build().unwrap();
    let dense = 4 * N_SAMPLES * N_HIDDEN;
    assert!(peak(|| drop(model.encode(&x).unwrap())) >= dense, "the measure measures");
    // Pre-activations, codes and reconstructions of 64 samples.
    let pieces = 4 * 64 * (2 * N_HIDDEN + N_INPUTS);
    // An index and a value; vectors may have room for twice as many as they hold.
    let kept = 2 * 8 * N_SAMPLES * (8 + 4);
    // What is kept of a piece, offsets or scores, and what the products take.
    let small = 256 * 1024 + 2 * 8 * N_SAMPLES;
    for (what, bytes) in [
        ("sparse codes", peak(|| drop(model.encode_topk(&x, 8).unwrap()))),
        ("scores", peak(|| drop(scores::reconstruction_errors(&model, &x).unwrap()))),
        ("top samples", peak(|| drop(TopSamples::of(&model, &x, 8).unwrap()))),
    ] {
        assert!(bytes <= pieces + kept + small, "{what}: {bytes} bytes");
        assert!(bytes < dense / 2, "{what}: {bytes} bytes of {dense}");
    }
}

/// Of the data two windows, and the order of the samples in each.
#[test]
fn a_training_from_a_source_takes_two_windows_of_the_data() {
    let path = std::env::temp_dir().join(format!("memory-{}.npy", std::process::id()));
    let x = DMatrix::from_fn(N_INPUTS, N_SAMPLES, |i, j| ((i * j) as f32).sin());
    regularized_autoencoder::data::npy::write(&path, &x).unwrap();
    drop(x);
    let file = NpyFile::<f32>::open(&path).unwrap();
    let windows = Windows::new(20, 10).unwrap();
    let bytes = peak(|| {
        let mut model = RegularizedAutoEncoder::builder(N_INPUTS, N_HIDDEN)
            .regularizer(Contractive::new())
            .build()
            .unwrap();
        trainer().fit_source(&mut model, &file, windows).unwrap();
    });
    std::fs::remove_file(&path).unwrap();
    let in_windows = 2 * 4 * N_INPUTS * windows.samples();
    // The buffer for the bytes of the file, the names and the channels of the thread.
    let limit = bound(3 * PARAMETERS) - 4 * DATA + in_windows + (1 << 16) + 8192;
    assert!(bytes <= limit, "{bytes} bytes > {limit}");
    assert!(bytes > limit - in_windows / 2, "the bound is loose: {bytes} bytes of {limit}");
}

/// Of a file that promises 32 TiB.
#[test]
fn a_promise_costs_no_memory() {
    use regularized_autoencoder::data::{idx, npy};
    let shape = "'descr': '<f8', 'fortran_order': False, 'shape': (4294967295, 1024)";
    let dictionary = format!("{{{shape}}}");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((dictionary.len() as u16).to_le_bytes());
    file.extend(dictionary.as_bytes());
    file.resize(10_000, 0);
    let bytes = peak(|| assert!(npy::read_from::<f64>(&file[..], "promise").is_err()));
    assert!(bytes < 300_000, "{bytes} bytes");
    // A header whose own length is a promise.
    let long = [b"\x93NUMPY\x02\x00", &u32::MAX.to_le_bytes()[..], b"{'descr'"].concat();
    let bytes = peak(|| assert!(npy::read_from::<f64>(&long[..], "promise").is_err()));
    assert!(bytes < 10_000, "{bytes} bytes");

    let images = [0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3];
    let bytes = peak(|| assert!(idx::read_images_from::<f64>(&images[..], "promise").is_err()));
    assert!(bytes < 300_000, "{bytes} bytes");
}

/// Numbers are read as they arrive, and JSON, which grows while it is read, is short.
#[cfg(feature = "files")]
#[test]
fn the_header_of_a_model_costs_little_memory() {
    use regularized_autoencoder::saved::{Provenance, SavedModel};
    let peak = |header: &str, numbers: &[u8], part: &str| {
        let length = (header.len() as u64).to_le_bytes();
        let bytes = [&length[..], header.as_bytes(), numbers].concat();
        peak(|| {
            let error = SavedModel::<f32>::read_from(&bytes[..], "promise").unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        })
    };
    let model = RegularizedAutoEncoder::<f32>::builder(3, 4).build().unwrap();
    let bytes = model.to_bytes(&Provenance::new()).unwrap();
    let (header, numbers) = bytes[8..].split_at(bytes.len() - 8 - 4 * (4 + 3 * 4));
    let (columns, end) = (1_u64 << 38, 16 + (1_u64 << 42));
    let promise = format!(r#""shape":[4,{columns}],"data_offsets":[16,{end}]"#);
    let real = std::str::from_utf8(header).unwrap();
    let header = real.replacen(r#""shape":[4,3],"data_offsets":[16,64]"#, &promise, 1);
    assert_ne!(header, real);
    let bytes = peak(&header, numbers, "it ends after 12 of");
    assert!(bytes < 300_000, "{bytes} bytes");

    let nested = ["[".repeat(100), "]".repeat(100)].concat();
    let header = format!("{{\"a\":[{}]}}", vec![nested; (1 << 20) / 201 - 1].join(","));
    let bytes = peak(&header, &[], "the header is not one");
    assert!(bytes > 10 * header.len(), "JSON does not grow: {bytes} bytes");
    assert!(bytes < 100 << 20, "{bytes} bytes");
}

/// With a scaler the data are copied once, and no more; a piece, too.
#[test]
fn a_scaler_takes_the_data_once_more() {
    let scaler = || Standardization::from_parts(vec![0.1; N_INPUTS], vec![1.0; N_INPUTS], 0.1);
    // μ and σ.
    let limit = bound(3 * PARAMETERS) + 4 * DATA + 2 * 8 * N_INPUTS;
    let of_fit = peak_of_training(|x, model| {
        model.set_scaler(Some(scaler().unwrap().into())).unwrap();
        trainer().fit(model, x).unwrap();
    });
    let of_piece = peak_of_training(|x, model| {
        model.set_scaler(Some(scaler().unwrap().into())).unwrap();
        let mut state = regularized_autoencoder::TrainingState::new(model);
        trainer().partial_fit(model, &mut state, x).unwrap();
    });
    for bytes in [of_fit, of_piece] {
        assert!(bytes <= limit, "{bytes} bytes > {limit}");
        assert!(bytes > bound(3 * PARAMETERS), "the data were not copied: {bytes} bytes");
    }
}
