//! Encoding one sample takes no memory.
#![allow(unsafe_code, reason = "a global allocator cannot be written without it")]

use nalgebra::DMatrix;
use regularized_autoencoder::data::{Scaler, Standardization, Whitening};
use regularized_autoencoder::{
    Activation, Real, RegularizedAutoEncoder, Relu, Sigmoid, Softplus, SparseCode,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // While a thread ends, nothing is counted.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(memory, layout, size) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many allocations of this thread `f` makes.
fn allocations(f: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    f();
    ALLOCATIONS.get() - before
}

fn encodes_without_memory<T: Real>(activation: impl Activation<T>) {
    let mut model =
        RegularizedAutoEncoder::builder(37, 200).activation(activation).build().unwrap();
    encodes_one_without_memory(&model);
    let x = DMatrix::<T>::from_fn(37, 50, |i, j| T::of(((i * 7 + j * j) as f64).sin()));
    let standardization: Scaler = Standardization::fit(&x, 0.1).unwrap().into();
    for scaler in [standardization, Whitening::zca(&x, 1e-3).unwrap().into()] {
        model.set_scaler(Some(scaler)).unwrap();
        encodes_one_without_memory(&model);
    }
}

fn encodes_one_without_memory<T: Real>(model: &RegularizedAutoEncoder<T, impl Activation<T>>) {
    let sample: Vec<T> = (0..37).map(|i| T::of(f64::from(i).sin())).collect();
    let mut code = vec![T::NAN; 200];
    let count = allocations(|| model.encode_into(&sample, &mut code).unwrap());
    assert_eq!(count, 0);
    assert!(code.iter().all(|h| h.is_finite()));
}

#[test]
fn one_sample_is_encoded_without_memory() {
    encodes_without_memory::<f32>(Relu);
    encodes_without_memory::<f64>(Relu);
    encodes_without_memory::<f32>(Sigmoid);
    encodes_without_memory::<f64>(Sigmoid);
    encodes_without_memory::<f32>(Softplus::new());
    encodes_without_memory::<f64>(Softplus::new());
}

#[test]
fn one_sample_is_encoded_sparsely_without_memory() {
    let model = RegularizedAutoEncoder::<f32>::builder(37, 200).build().unwrap();
    let sample: Vec<f32> = (0..37).map(|i| (i as f32).sin()).collect();
    let mut code = SparseCode::new(200).unwrap();
    for k in [1, 32, 150, 200] {
        let count = allocations(|| model.encode_topk_into(&sample, k, &mut code).unwrap());
        assert_eq!((count, code.indices().len()), (0, k));
    }
    let scaler = Standardization::from_parts(vec![0.1; 37], vec![2.0; 37], 0.0).unwrap();
    let mut scaled = model.clone();
    scaled.set_scaler(Some(scaler.into())).unwrap();
    let count = allocations(|| scaled.encode_topk_into(&sample, 32, &mut code).unwrap());
    assert_eq!((count, code.indices().len()), (0, 32));
    // All codes of a sigmoid, and none of them.
    for (threshold, kept) in [(0.0, 200), (1.0, 0)] {
        let count =
            allocations(|| model.encode_sparse_into(&sample, threshold, &mut code).unwrap());
        assert_eq!((count, code.values().len()), (0, kept));
    }
}

#[test]
fn the_counter_counts() {
    let model = RegularizedAutoEncoder::<f64>::builder(2, 3).build().unwrap();
    let sample = nalgebra::dvector![1.0, 2.0];
    assert!(allocations(|| drop(model.encode(&sample).unwrap())) >= 2);
    assert_eq!(allocations(|| drop(Vec::<u8>::with_capacity(10))), 1);
}
