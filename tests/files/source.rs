//! Sources give the samples that they stand for, or an error that says which sample of which file
//! is wrong.

use crate::common::files::{Folder, gzip, idx_bytes, npy_bytes, says};
use nalgebra::{DMatrix, dmatrix};
use regularized_autoencoder::data::{Standardization, npy};
use regularized_autoencoder::source::{IdxFile, Mapped, NpyFile, Replay, Shards, read_range};
use regularized_autoencoder::{BatchSource, Error, Real, RegularizedAutoEncoder, Samples, metrics};
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const N_INPUTS: usize = 3;
const N_SAMPLES: usize = 11;

/// Values of 0 to 255, which every format can hold, all of them different.
fn matrix<T: Real>() -> DMatrix<T> {
    DMatrix::from_fn(N_INPUTS, N_SAMPLES, |i, j| T::of((7 * j + 2 * i) as f64))
}

/// The source gives the matrix, whatever range is read, in whatever order.
#[track_caller]
fn gives<S: BatchSource + ?Sized>(source: &S, expected: &DMatrix<S::Scalar>) {
    let (n_inputs, n_samples) = expected.shape();
    assert_eq!((source.n_inputs(), source.n_samples()), (n_inputs, n_samples));
    for first in (0..n_samples).rev().chain(0..n_samples) {
        for count in 0..=n_samples - first {
            let mut out = vec![S::Scalar::NAN; count * n_inputs];
            source.read(first, &mut out).unwrap();
            assert_eq!(out, &expected.as_slice()[first * n_inputs..][..count * n_inputs]);
        }
    }
    let all = read_range(source, 0..n_samples).unwrap();
    assert_eq!(&all, expected);
}

/// The samples from `first` on, as a `.npy` file of the type `T`.
fn npy_file<T: Real>(folder: &Folder, name: &str, x: &DMatrix<T>) -> std::path::PathBuf {
    let path = folder.0.join(name);
    npy::write(&path, x).unwrap();
    path
}

fn idx_file(folder: &Folder) -> std::path::PathBuf {
    let values: Vec<u8> = matrix::<f64>().iter().map(|&value| value as u8).collect();
    folder.write("x.idx", &idx_bytes(&[N_SAMPLES as u32, 1, N_INPUTS as u32], &values))
}

type Pieces<T> = Box<dyn Iterator<Item = Result<Vec<T>, Error>> + Send>;

/// The samples in pieces of so many each, which are repeated.
fn replay<T: Real>(sizes: &'static [usize]) -> Replay<T, impl Fn() -> Pieces<T>, Pieces<T>> {
    let make = move || {
        let values = matrix::<T>().as_slice().to_vec();
        let mut first = 0;
        let pieces = sizes.iter().cycle().map_while(move |&size| {
            let end = (first + size * N_INPUTS).min(values.len());
            let piece = values[first..end].to_vec();
            let is_over = first == values.len();
            first = end;
            (!is_over).then_some(Ok(piece))
        });
        Box::new(pieces) as Pieces<T>
    };
    Replay::new(N_INPUTS, N_SAMPLES, make).unwrap()
}

fn every_source_gives_its_samples<T: Real>() {
    let (folder, x) = (Folder::new(), matrix::<T>());
    gives(&x, &x);
    gives(&Samples::from(&x), &x);
    gives(&&x, &x);
    gives(&Box::new(x.clone()), &x);
    gives(&Arc::new(x.clone()), &x);
    gives(&x as &dyn BatchSource<Scalar = T>, &x);

    gives(&NpyFile::<T>::open(npy_file(&folder, "single.npy", &matrix::<f32>())).unwrap(), &x);
    gives(&NpyFile::<T>::open(npy_file(&folder, "double.npy", &matrix::<f64>())).unwrap(), &x);
    gives(&IdxFile::<T>::open(idx_file(&folder)).unwrap(), &x);

    for pieces in [&[1][..], &[2], &[100], &[0, 3, 1]] {
        gives(&replay::<T>(pieces), &x);
    }
    let twice = Mapped::new(&x, |sample| {
        assert_eq!(sample.len(), N_INPUTS);
        sample.iter_mut().for_each(|value| *value += *value);
        Ok(())
    });
    gives(&twice, &(&x + &x));
    let part = |range: std::ops::Range<usize>| x.columns(range.start, range.len()).into_owned();
    gives(&Shards::new([part(0..5), part(5..5), part(5..6), part(6..11)]).unwrap(), &x);
    let mixed: [Box<dyn BatchSource<Scalar = T>>; 2] =
        [Box::new(IdxFile::open(idx_file(&folder)).unwrap()), Box::new(x.clone())];
    let both = DMatrix::from_fn(N_INPUTS, 2 * N_SAMPLES, |i, j| x[(i, j % N_SAMPLES)]);
    gives(&Shards::new(mixed).unwrap(), &both);
}

#[test]
fn every_source_gives_its_samples_in_either_precision() {
    every_source_gives_its_samples::<f32>();
    every_source_gives_its_samples::<f64>();
}

#[test]
fn a_file_of_many_pieces_comes_back() {
    let folder = Folder::new();
    // 40 kB a sample: pieces of 64 KiB end within samples.
    let x = DMatrix::from_fn(10_007, 9, |i, j| ((i * 9 + j) as f32).sin());
    let file = NpyFile::<f32>::open(npy_file(&folder, "large.npy", &x)).unwrap();
    assert_eq!(read_range(&file, 0..9).unwrap(), x);
    assert_eq!(read_range(&file, 4..7).unwrap(), x.columns(4, 3));
}

#[test]
fn only_sources_that_replay_are_sequential() {
    let x = matrix::<f64>();
    let replayed = replay::<f64>(&[2]);
    assert!(!x.is_sequential() && replayed.is_sequential());
    assert!(Mapped::new(&replayed, |_| Ok(())).is_sequential());
    let mixed: [&dyn BatchSource<Scalar = f64>; 2] = [&x, &replayed];
    assert!(Shards::new(mixed).unwrap().is_sequential());
    assert!(!Shards::new([&x]).unwrap().is_sequential());
}

#[test]
fn ranges_that_a_source_does_not_have_are_refused() {
    fn refused<S: BatchSource>(source: S) {
        let mut out = vec![S::Scalar::NAN; 2 * N_INPUTS];
        let end = ["range 10 to 12", "12 asked for", "only 11"];
        says(source.read(10, &mut out), &end);
        says(source.read(usize::MAX, &mut out), &["only 11"]);
        says(source.read(0, &mut out[1..]), &["5 values", "3 values each"]);
        says(read_range(&source, 10..12), &end);
        #[expect(clippy::reversed_empty_ranges)]
        let reversed = 3..2;
        says(read_range(&source, reversed), &["end of the range is 2", "at least its start, 3"]);
        says(read_range(&source, 3..3), &["range of samples is empty"]);
    }
    let (folder, x) = (Folder::new(), matrix::<f64>());
    refused(&x);
    refused(Samples::from(&x));
    refused(NpyFile::<f32>::open(npy_file(&folder, "x.npy", &x)).unwrap());
    refused(IdxFile::<f32>::open(idx_file(&folder)).unwrap());
    refused(Mapped::new(&x, |_| Ok(())));
    refused(Shards::new([x.columns(0, 4).into_owned(), x.columns(4, 7).into_owned()]).unwrap());
    refused(replay::<f32>(&[4]));
    says(read_range(&DMatrix::<f64>::zeros(0, 3), 0..1), &["n_inputs is 0"]);
}

#[test]
fn shards_that_do_not_fit_together_are_refused() {
    says(Shards::new(Vec::<DMatrix<f64>>::new()), &["set of shards is empty"]);
    let shards = [DMatrix::<f64>::zeros(3, 2), DMatrix::zeros(4, 2)];
    says(Shards::new(shards), &["values per sample of shard 1", "expected 3, got 4"]);
    /// As many samples as can be counted.
    struct Endless;
    impl BatchSource for Endless {
        type Scalar = f32;
        fn n_inputs(&self) -> usize {
            1
        }
        fn n_samples(&self) -> usize {
            usize::MAX
        }
        fn read(&self, _: usize, _: &mut [f32]) -> Result<(), Error> {
            Ok(())
        }
    }
    says(Shards::new([Endless, Endless]), &["shards", "do not fit"]);
    says(read_range(&Endless, 0..usize::MAX), &["samples of a source", "do not fit"]);

    /// As many values as there are, twice.
    struct Wide;
    impl BatchSource for Wide {
        type Scalar = f32;
        fn n_inputs(&self) -> usize {
            2
        }
        fn n_samples(&self) -> usize {
            1 << (usize::BITS - 1)
        }
        fn read(&self, _: usize, out: &mut [f32]) -> Result<(), Error> {
            out.fill(1.0);
            Ok(())
        }
    }
    let some = read_range(&Shards::new([Wide]).unwrap(), 0..2).unwrap();
    assert!(some.shape() == (2, 2) && some.iter().all(|value| *value == 1.0));
}

// --------------------------------------------------------------------------------------- files

#[test]
fn files_that_cannot_be_read_at_offsets_are_refused() {
    let folder = Folder::new();
    let open_npy = |path: &Path| NpyFile::<f32>::open(path);
    let open_idx = |path: &Path| IdxFile::<f32>::open(path);
    let (npy, idx) = (npy_file(&folder, "x.npy", &matrix::<f32>()), idx_file(&folder));
    let packed = folder.write("x.npy.gz", &gzip(&fs::read(&npy).unwrap()));
    says(open_npy(&packed), &["x.npy.gz", "gzipped", "unpack it first"]);
    let packed = folder.write("x.idx.gz", &gzip(&fs::read(&idx).unwrap()));
    says(open_idx(&packed), &["x.idx.gz", "gzipped", "unpack it first"]);

    let dictionary = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1)}";
    let fortran = folder.write("fortran.npy", &npy_bytes(dictionary, &[0; 8]));
    says(open_npy(&fortran), &["fortran.npy", "Fortran order", "numpy.ascontiguousarray"]);

    says(open_npy(&folder.0.join("missing")), &["missing"]);
    says(open_npy(&folder.0), &[&folder.0.to_string_lossy()]);
    says(open_npy(&idx), &["x.idx", "does not begin as a .npy file"]);
    says(open_idx(&npy), &["x.npy", "must be 00 00"]);
    let labels = folder.write("labels.idx", &idx_bytes(&[3], &[1, 2, 3]));
    says(open_idx(&labels), &["labels.idx", "rank is 1", "at least 2"]);
}

#[test]
fn a_file_of_another_length_than_its_header_says_is_refused() {
    let folder = Folder::new();
    for path in [npy_file(&folder, "x.npy", &matrix::<f32>()), idx_file(&folder)] {
        let bytes = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let open = || match path.extension().unwrap().to_str() {
            Some("npy") => NpyFile::<f64>::open(&path).map(|file| file.n_samples()),
            _ => IdxFile::<f64>::open(&path).map(|file| file.n_samples()),
        };
        assert_eq!(open().unwrap(), N_SAMPLES);
        for length in 0..bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            says(open(), &[name]);
        }
        fs::write(&path, [&bytes[..], &[0]].concat()).unwrap();
        says(open(), &[name, "bytes after the"]);
    }
    let dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967295, 4294967295)}";
    let path = folder.write("promise.npy", &npy_bytes(dictionary, &[0; 8]));
    says(
        NpyFile::<f64>::open(path),
        &["promise.npy", "end after 8 of 147573952520956936200 bytes"],
    );
}

#[test]
fn a_file_that_is_cut_short_while_it_is_open_is_an_error() {
    let folder = Folder::new();
    let path = npy_file(&folder, "x.npy", &matrix::<f32>());
    let file = NpyFile::<f32>::open(&path).unwrap();
    // 128 bytes of header, 12 a sample: sample 7 lacks its last byte.
    OpenOptions::new().write(true).open(&path).unwrap().set_len(128 + 8 * 12 - 1).unwrap();
    assert_eq!(read_range(&file, 0..7).unwrap(), matrix::<f32>().columns(0, 7));
    for range in [0..11, 7..8, 5..9] {
        says(read_range(&file, range), &["x.npy", "sample 7", "cut short"]);
    }
    says(read_range(&file, 8..9), &["x.npy", "sample 8", "cut short"]);

    let path = idx_file(&folder);
    let file = IdxFile::<f32>::open(&path).unwrap();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
    says(read_range(&file, 2..3), &["x.idx", "sample 2", "cut short"]);
}

#[test]
fn values_that_are_not_finite_name_file_and_sample() {
    let folder = Folder::new();
    let dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2)}";
    let values = |values: [f64; 6]| values.map(f64::to_le_bytes).concat();
    let bytes = npy_bytes(dictionary, &values([1.0, 2.0, 3.0, f64::NAN, 5.0, 1e39]));
    let path = folder.write("nan.npy", &bytes);
    let double = NpyFile::<f64>::open(&path).unwrap();
    says(read_range(&double, 0..3), &["nan.npy", "sample 1 holds NaN at input 1"]);
    assert_eq!(read_range(&double, 2..3).unwrap(), dmatrix![5.0; 1e39]);
    let single = NpyFile::<f32>::open(&path).unwrap();
    says(read_range(&single, 2..3), &["nan.npy", "sample 2 holds inf at input 1"]);
    // Within shards it is the file's own number.
    let whole = npy_file(&folder, "whole.npy", &matrix::<f32>().rows(0, 2).into_owned());
    let shards = Shards::new([NpyFile::<f32>::open(whole).unwrap(), single]).unwrap();
    says(read_range(&shards, 10..14), &["nan.npy", "sample 1 holds NaN"]);
    // What a source does not see, its reader does.
    let x = dmatrix![1.0, 2.0, 3.0, f64::INFINITY];
    says(read_range(&x, 1..4), &["samples of a source holds inf at row 0, column 3"]);
}

// ----------------------------------------------------------------------------------- iterators

fn standardised_by_pieces<T: Real>() {
    let x = DMatrix::from_fn(3, 700, |i, j| T::of(((5 * i + 3 * j) as f64).sin() + i as f64));
    let parts: Vec<DMatrix<T>> =
        [0..1, 1..300, 300..700].map(|part| x.columns_range(part).into_owned()).into();
    let fitted = Standardization::fit_source(&Shards::new(parts).unwrap(), 0.1).unwrap();
    assert_eq!(fitted, Standardization::fit(&x, 0.1).unwrap());
}

#[test]
fn a_source_is_standardised_as_its_matrix_is() {
    standardised_by_pieces::<f32>();
    standardised_by_pieces::<f64>();
    // In pieces, and twice: what replays is made anew.
    let replayed = Standardization::fit_source(&replay::<f32>(&[4, 7]), 0.1).unwrap();
    assert_eq!(replayed, Standardization::fit(&matrix::<f32>(), 0.1).unwrap());
}

#[test]
fn what_cannot_be_standardised_names_the_sample() {
    let mut x = DMatrix::<f64>::zeros(2, 400);
    x[(1, 300)] = f64::NAN;
    says(Standardization::fit_source(&x, 0.1), &["NaN", "row 1", "column 300"]);
    says(Standardization::fit_source(&DMatrix::<f64>::zeros(2, 5), 0.0), &["feature 0"]);
    says(Standardization::fit_source(&DMatrix::<f64>::zeros(2, 0), 0.0), &["empty"]);
    says(Standardization::fit_source(&DMatrix::<f64>::zeros(2, 5), -1.0), &["offset", "-1"]);
}

fn evaluated_by_pieces<T: Real>() {
    // More than are read at a time.
    let x = DMatrix::from_fn(N_INPUTS, 9001, |i, j| T::of(((i * 9001 + j) as f64).sin() * 5.0));
    let scaler = Standardization::fit(&x, 0.1).unwrap();
    let mut model = RegularizedAutoEncoder::builder(N_INPUTS, 70).scaler(scaler).build().unwrap();
    let expected = metrics::evaluate(&model, &x).unwrap();
    assert_eq!(expected.active_units.len(), 9001);
    let parts = [x.columns(0, 5000).into_owned(), x.columns(5000, 4001).into_owned()];
    let source = Shards::new(parts).unwrap();
    for threads in [1, 2, 3] {
        model.set_threads(threads).unwrap();
        assert_eq!(metrics::evaluate_source(&model, &source).unwrap(), expected);
    }
}

#[test]
fn a_model_is_evaluated_on_a_source_as_on_its_matrix() {
    evaluated_by_pieces::<f32>();
    evaluated_by_pieces::<f64>();
    let model = RegularizedAutoEncoder::builder(N_INPUTS, 5).build().unwrap();
    let expected = metrics::evaluate(&model, &matrix::<f32>()).unwrap();
    let replayed = metrics::evaluate_source(&model, &replay::<f32>(&[4, 7])).unwrap();
    assert_eq!(replayed, expected);
}

#[test]
fn what_cannot_be_evaluated_is_an_error() {
    let model = RegularizedAutoEncoder::<f64>::builder(2, 5).build().unwrap();
    let mut x = DMatrix::<f64>::zeros(2, 6000);
    x[(1, 5000)] = f64::NAN;
    says(metrics::evaluate_source(&model, &x), &["NaN", "row 1", "column 5000"]);
    says(metrics::evaluate_source(&model, &DMatrix::<f64>::zeros(2, 0)), &["empty"]);
    says(metrics::evaluate_source(&model, &DMatrix::<f64>::zeros(3, 4)), &["2", "3"]);
    let refusing = Mapped::new(DMatrix::<f64>::zeros(2, 4), |_| {
        Err(Error::invalid("feature", 7.0, "something else"))
    });
    says(metrics::evaluate_source(&model, &refusing), &["feature is 7"]);
}

#[test]
fn an_iterator_is_made_anew_only_to_go_back() {
    let made = AtomicUsize::new(0);
    let make = || {
        made.fetch_add(1, Ordering::Relaxed);
        (0..).map(|index| Ok(vec![f64::from(index)]))
    };
    let source = Replay::new(1, 100, make).unwrap();
    for (range, expected) in
        [(0..10, 1), (10..11, 1), (50..60, 1), (60..100, 1), (0..1, 2), (99..100, 2), (98..99, 3)]
    {
        let samples = read_range(&source, range.clone()).unwrap();
        assert!(samples.iter().zip(range).all(|(&value, index)| value == index as f64));
        assert_eq!(made.load(Ordering::Relaxed), expected);
    }
}

#[test]
fn iterators_that_fail_are_errors() {
    let nothing = std::iter::empty::<Result<Vec<f64>, Error>>;
    says(Replay::new(0, 1, nothing), &["n_inputs is 0"]);
    says(Replay::new(1, 0, nothing), &["n_samples is 0"]);
    let short = Replay::new(2, 7, || (0..3).map(|_| Ok(vec![0.0; 4]))).unwrap();
    assert_eq!(read_range(&short, 4..6).unwrap(), DMatrix::<f64>::zeros(2, 2));
    says(read_range(&short, 5..7), &["samples of an iterator", "7 asked for", "only 6"]);
    // It goes on after an error.
    assert_eq!(read_range(&short, 0..6).unwrap(), DMatrix::<f64>::zeros(2, 6));
    let partial = Replay::new(2, 7, || (0..3).map(|_| Ok(vec![0.0; 3]))).unwrap();
    says(read_range(&partial, 0..1), &["3 values", "2 values each"]);
    let own = || {
        (0..9).map(|at| if at < 5 { Ok(vec![0.5]) } else { Err(Error::invalid("at", 5.0, "less")) })
    };
    let failing = Replay::new(1, 9, own).unwrap();
    assert_eq!(read_range(&failing, 3..5).unwrap(), dmatrix![0.5, 0.5]);
    says(read_range(&failing, 4..6), &["at is 5"]);
}

#[test]
fn a_map_that_fails_is_an_error() {
    let x = dmatrix![1.0, 2.0, 3.0];
    let strict = Mapped::new(&x, |sample: &mut [f64]| {
        if sample[0] < 3.0 { Ok(()) } else { Err(Error::invalid("sample", sample[0], "below 3")) }
    });
    assert_eq!(read_range(&strict, 0..2).unwrap(), dmatrix![1.0, 2.0]);
    says(read_range(&strict, 0..3), &["sample is 3", "below 3"]);

    // The number of the sample is that in the source.
    let scaler = Standardization::from_parts(vec![0.0], vec![1e-300], 0.0).unwrap();
    let scaled = Mapped::new(&x, |sample: &mut [f64]| scaler.apply_to_slice(sample));
    assert!(read_range(&scaled, 0..3).is_ok());
    let x = dmatrix![0.0, 0.0, 1e30];
    let scaled = Mapped::new(&x, |sample: &mut [f64]| scaler.apply_to_slice(sample));
    says(read_range(&scaled, 1..3), &["inf at row 0, column 2"]);
}
