//! Sparse codes: what is kept, in which order, in how much memory, and what they decode to.

use crate::common::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use regularized_autoencoder::data::{Scaler, Standardization, Whitening};
use regularized_autoencoder::{
    Activation, Identity, Parameters, Real, RegularizedAutoEncoder, Relu, Sigmoid, SparseCode,
    SparseCodes,
};

/// A model whose codes are its samples, to the bit.
fn mirror<T: Real>(m: usize) -> RegularizedAutoEncoder<T, Identity> {
    let parameters = Parameters::new(DMatrix::identity(m, m), DVector::zeros(m), None);
    RegularizedAutoEncoder::builder(m, m)
        .activation(Identity)
        .parameters(parameters.unwrap())
        .build()
        .unwrap()
}

/// Few different numbers, so that there are ties and zeros.
fn codes_with_ties() -> impl Strategy<Value = DMatrix<f64>> {
    (1..200_usize, 1..4_usize).prop_flat_map(|(m, samples)| {
        let numbers = prop::collection::vec(-4_i8..=4, m * samples);
        numbers.prop_map(move |numbers| {
            DMatrix::from_iterator(m, samples, numbers.into_iter().map(f64::from))
        })
    })
}

/// The k largest by a full sort, by ascending index.
fn largest(code: &[f64], k: usize) -> (Vec<usize>, Vec<f64>) {
    let mut order: Vec<usize> = (0..code.len()).filter(|i| code[*i] != 0.0).collect();
    // Stable: ties stay by index.
    order.sort_by(|i, j| code[*j].abs().partial_cmp(&code[*i].abs()).unwrap());
    order.truncate(k);
    order.sort_unstable();
    let values = order.iter().map(|i| code[*i]).collect();
    (order, values)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_k_largest_are_those_of_a_full_sort(
        x in codes_with_ties(),
        share in 0.0..1.0,
    ) {
        let m = x.nrows();
        let (model, k) = (mirror::<f64>(m), 1 + (share * m as f64) as usize);
        let codes = model.encode_topk(&x, k).unwrap();
        let mut one = SparseCode::new(m).unwrap();
        for (sample, code) in x.column_iter().enumerate() {
            let (indices, values) = largest(code.as_slice(), k);
            prop_assert_eq!(codes.row(sample).unwrap(), (&indices[..], &values[..]));
            model.encode_topk_into(code.as_slice(), k, &mut one).unwrap();
            prop_assert_eq!((one.indices(), one.values()), (&indices[..], &values[..]));

            let ranked = codes.ranked(sample).unwrap();
            let sorted = ranked.is_sorted_by(|(i, g), (j, h)| {
                g.abs() > h.abs() || (g.abs() == h.abs() && i < j)
            });
            prop_assert!(sorted, "{:?}", ranked);
            prop_assert_eq!(ranked.len(), indices.len());
        }
    }

    #[test]
    fn what_exceeds_the_threshold_is_kept(x in codes_with_ties(), threshold in 0_u8..5) {
        let (model, threshold) = (mirror::<f64>(x.nrows()), f64::from(threshold));
        let codes = model.encode_sparse(&x, threshold).unwrap();
        let expected = x.map(|h| if h.abs() > threshold { h } else { 0.0 });
        prop_assert_eq!(codes.to_dense().unwrap(), expected.clone());
        prop_assert_eq!(codes.n_kept(), expected.iter().filter(|h| **h != 0.0).count());
        let mut one = SparseCode::new(x.nrows()).unwrap();
        for (sample, code) in x.column_iter().enumerate() {
            model.encode_sparse_into(code.as_slice(), threshold, &mut one).unwrap();
            prop_assert_eq!((one.indices(), one.values()), codes.row(sample).unwrap());
        }
    }

    /// Parts that go out come in again, and are those of a matrix with samples in rows.
    #[test]
    fn parts_make_a_round_trip(x in codes_with_ties()) {
        let m = x.nrows();
        let codes = mirror::<f64>(m).encode_sparse(&x, 0.0).unwrap();
        let (offsets, indices, values) = codes.clone().into_parts();
        let mut rows = DMatrix::zeros(x.ncols(), m);
        for sample in 0..x.ncols() {
            for place in offsets[sample]..offsets[sample + 1] {
                rows[(sample, indices[place])] = values[place];
            }
        }
        prop_assert_eq!(rows.transpose(), x);
        prop_assert_eq!(SparseCodes::new(m, offsets, indices, values).unwrap(), codes);
    }

    #[test]
    fn sparse_codes_decode_as_dense_ones(problem in problem(), k in any::<prop::sample::Index>()) {
        let k = 1 + k.index(problem.parameters.n_hidden());
        for activation in activations() {
            let model = problem.model(&activation, &regularized_autoencoder::Unregularized);
            for codes in [
                model.encode_sparse(&problem.input, 0.0).unwrap(),
                model.encode_topk(&problem.input, k).unwrap(),
            ] {
                let found = model.decode_sparse(&codes).unwrap();
                let expected = model.decode(&codes.to_dense().unwrap()).unwrap();
                let error = relative_error(found.as_slice(), expected.as_slice(), 1.0);
                prop_assert!(error < ROUNDING, "{activation:?}: {error:e}");
            }
        }
    }
}

fn data<T: Real>(n_samples: usize) -> DMatrix<T> {
    DMatrix::from_fn(9, n_samples, |i, j| T::of(((i * 31 + j * 17) as f64).sin()))
}

fn model<T: Real, A: Activation<T>>(activation: A) -> RegularizedAutoEncoder<T, A> {
    let builder = RegularizedAutoEncoder::builder(9, 140).activation(activation);
    builder.decoder_bias(true).seed(5).build().unwrap()
}

/// The values are the bits of the dense codes, whatever the number of samples and threads.
fn many_samples_are_encoded_as_dense_ones<T: Real, A: Activation<T> + Copy>(activation: A) {
    let alone = model(activation);
    for n_samples in [1, 255, 256, 257, 1000] {
        let x = data::<T>(n_samples);
        let dense = alone.encode(&x).unwrap();
        let (top, above) =
            (alone.encode_topk(&x, 7).unwrap(), alone.encode_sparse(&x, 0.1).unwrap());
        assert_eq!(
            above.to_dense().unwrap(),
            dense.map(|h| if h > T::of(0.1) { h } else { T::zero() })
        );
        for (code, (indices, values)) in dense.column_iter().zip(top.rows()) {
            assert_eq!(indices.len(), 7.min(code.iter().filter(|h| !h.is_zero()).count()));
            for (&index, &value) in indices.iter().zip(values) {
                assert_eq!(value, code[index]);
            }
            let smallest = values.iter().fold(T::of(f64::MAX), |least, h| least.min(*h));
            let larger = code.iter().filter(|h| **h > smallest).count();
            assert!(larger < indices.len().max(1));
        }
        let y = alone.decode_sparse(&top).unwrap();
        for threads in [2, 3, 7, usize::MAX] {
            let mut together = alone.clone();
            together.set_threads(threads).unwrap();
            assert_eq!(together.encode_topk(&x, 7).unwrap(), top);
            assert_eq!(together.encode_sparse(&x, 0.1).unwrap(), above);
            assert_eq!(together.decode_sparse(&top).unwrap(), y);
        }
    }
}

#[test]
fn values_are_those_of_dense_codes_for_any_number_of_threads() {
    many_samples_are_encoded_as_dense_ones::<f32, _>(Relu);
    many_samples_are_encoded_as_dense_ones::<f64, _>(Relu);
    many_samples_are_encoded_as_dense_ones::<f32, _>(Sigmoid);
    many_samples_are_encoded_as_dense_ones::<f64, _>(Sigmoid);
}

/// One sample is encoded with its products summed in another order.
#[test]
fn one_sample_is_encoded_as_one_of_many() {
    let (model, x) = (model::<f64, _>(Relu), data::<f64>(20));
    let many = model.encode_topk(&x, 7).unwrap();
    let mut one = SparseCode::new(140).unwrap();
    for (sample, column) in x.column_iter().enumerate() {
        model.encode_topk_into(column.as_slice(), 7, &mut one).unwrap();
        let (indices, values) = many.row(sample).unwrap();
        assert_eq!(one.indices(), indices);
        assert!(relative_error(one.values(), values, 1e-3) < ROUNDING);
    }
}

/// A model with a scaler takes samples in their own units; folded, it computes the same.
#[test]
fn samples_are_in_the_units_of_the_input() {
    let x = DMatrix::from_fn(6, 700, |i, j| match i {
        // Without a direction, so that whitening leaves one out.
        5 => 50.0,
        _ => 50.0 + (1 + i) as f64 * ((i * 31 + j * 17) as f64).sin(),
    });
    let scalers: [Scaler; 2] =
        [Standardization::fit(&x, 0.1).unwrap().into(), Whitening::pca(&x, 1e-9).unwrap().into()];
    for scaler in scalers {
        let model = RegularizedAutoEncoder::builder(scaler.n_outputs(), 20)
            .activation(Relu)
            .scaler(scaler)
            .threads(2)
            .build()
            .unwrap();
        let (codes, dense) = (model.encode_sparse(&x, 0.0).unwrap(), model.encode(&x).unwrap());
        assert_eq!(codes.to_dense().unwrap(), dense);
        let found = model.decode_sparse(&codes).unwrap();
        let expected = model.decode(&dense).unwrap();
        assert_eq!(found.nrows(), 6);
        assert!(relative_error(found.as_slice(), expected.as_slice(), 0.0) < ROUNDING);

        let (untied, top) =
            (model.clone().fold_scaler().unwrap(), model.encode_topk(&x, 3).unwrap());
        let mut one = SparseCode::new(20).unwrap();
        let folded = untied.encode_topk(&x, 3).unwrap();
        let above = untied.encode_sparse(&x, 0.5).unwrap();
        for (sample, column) in x.column_iter().enumerate() {
            let expected = top.row(sample).unwrap();
            let close = |found: (&[usize], &[f64])| {
                found.0 == expected.0 && relative_error(found.1, expected.1, 1.0) < 1e-10
            };
            assert!(close(folded.row(sample).unwrap()));
            model.encode_topk_into(column.as_slice(), 3, &mut one).unwrap();
            assert!(close((one.indices(), one.values())));
            untied.encode_topk_into(column.as_slice(), 3, &mut one).unwrap();
            assert!(close((one.indices(), one.values())));
            untied.encode_sparse_into(column.as_slice(), 0.5, &mut one).unwrap();
            assert_eq!(one.indices(), above.row(sample).unwrap().0);
        }
        let found = untied.decode_sparse(&codes).unwrap();
        assert!(relative_error(found.as_slice(), expected.as_slice(), 0.0) < 1e-10);
        rejected(untied.encode_topk(&x, 21), &["only 20"]);
        rejected(untied.encode_sparse(&x, f64::NAN), &["is NaN"]);
        rejected(model.encode_topk(&x.rows(0, 4).into_owned(), 3), &["expected 6, got 4"]);
    }
}

/// Ascending codes drop their candidates most often.
#[test]
fn ascending_codes_keep_the_last() {
    let m = 1000;
    let x = DMatrix::from_fn(m, 2, |i, j| if j == 0 { i as f64 + 1.0 } else { -(i as f64) - 1.0 });
    for k in [1, 2, 499, 500, 501, 999, 1000] {
        let codes = mirror::<f64>(m).encode_topk(&x, k).unwrap();
        let expected: Vec<usize> = (m - k..m).collect();
        assert_eq!(codes.row(0).unwrap().0, expected);
        assert_eq!(codes.row(1).unwrap().0, expected);
    }
}

#[test]
fn bad_input_is_answered_by_errors() {
    let (model, x) = (model::<f64, _>(Relu), data::<f64>(300));
    let mut one = SparseCode::new(140).unwrap();
    let sample = x.column(0);
    for (k, parts) in [
        (0, ["k is 0", "at least 1"]),
        (141, ["largest codes (k): 141", "only 140"]),
        (usize::MAX, ["18446744073709551615", "only 140"]),
    ] {
        rejected(model.encode_topk(&x, k), &parts);
        rejected(model.encode_topk_into(sample.as_slice(), k, &mut one), &parts);
    }
    for (threshold, printed) in [(-0.1, "is -0.1"), (f64::NAN, "is NaN"), (f64::INFINITY, "is inf")]
    {
        let parts = ["threshold of the codes", printed, "finite and at least 0"];
        rejected(model.encode_sparse(&x, threshold), &parts);
        rejected(model.encode_sparse_into(sample.as_slice(), threshold, &mut one), &parts);
    }
    for value in [f64::NAN, f64::INFINITY] {
        let mut bad = x.clone();
        bad[(2, 270)] = value;
        let parts = [&*format!("{value} at row 2, column 270"), "must be finite"];
        rejected(model.encode_topk(&bad, 3), &parts);
        rejected(model.encode_sparse(&bad, 0.0), &parts);
        model.encode_topk_into(sample.as_slice(), 3, &mut one).unwrap();
        assert!(!one.indices().is_empty());
        rejected(model.encode_topk_into(bad.column(270).as_slice(), 3, &mut one), &["row 2"]);
        assert!(one.indices().is_empty() && one.values().is_empty());
    }
    let parts = ["values per sample", "expected 9, got 8"];
    let short = DMatrix::<f64>::zeros(8, 2);
    rejected(model.encode_topk(&short, 3), &parts);
    rejected(model.encode_sparse(&short, 0.0), &parts);
    rejected(model.encode_topk_into(&[0.0; 8], 3, &mut one), &parts);
    rejected(model.encode_sparse_into(&[0.0; 8], 0.0, &mut one), &parts);
    rejected(model.encode_topk(&DMatrix::zeros(9, 0), 3), &["empty"]);
    let mut other = SparseCode::new(139).unwrap();
    let parts = ["values per code", "expected 140, got 139"];
    rejected(model.encode_topk_into(sample.as_slice(), 3, &mut other), &parts);

    let codes = SparseCodes::new(139, vec![0, 1], vec![2], vec![1.0]).unwrap();
    rejected(model.decode_sparse(&codes), &parts);
    let codes = SparseCodes::new(140, vec![0], vec![], vec![]).unwrap();
    rejected(model.decode_sparse(&codes), &["sparse codes is empty"]);
    let codes = SparseCodes::new(140, vec![0, 1], vec![2], vec![f64::MAX]).unwrap();
    rejected(
        RegularizedAutoEncoder::<f64, _>::builder(1, 140)
            .parameters(
                Parameters::new(DMatrix::from_element(1, 140, 9.0), DVector::zeros(140), None)
                    .unwrap(),
            )
            .build()
            .unwrap()
            .decode_sparse(&codes),
        &["reconstruction is inf"],
    );
    rejected(SparseCode::<f32>::new(0), &["n_hidden is 0"]);
    rejected(SparseCode::<f32>::new(usize::MAX), &["do not fit into memory"]);
}

#[test]
fn parts_that_do_not_fit_are_rejected() {
    let new = |offsets: &[usize], indices: &[usize], values: &[f64]| {
        SparseCodes::new(3, offsets.to_vec(), indices.to_vec(), values.to_vec())
    };
    assert!(new(&[0, 0, 2], &[0, 2], &[1.0, 0.0]).is_ok());
    rejected(new(&[], &[], &[]), &["offsets of sparse codes is empty"]);
    rejected(new(&[0, 2], &[0, 1], &[1.0]), &["number of values", "expected 2, got 1"]);
    rejected(new(&[1, 2], &[0, 1], &[1.0; 2]), &["first offset", "expected 0, got 1"]);
    rejected(new(&[0, 1], &[0, 1], &[1.0; 2]), &["last offset", "expected 2, got 1"]);
    rejected(new(&[0, 2, 1, 2], &[0, 1], &[1.0; 2]), &["offset 2", "is 1", "from 2 to 2"]);
    rejected(new(&[0, 9, 2], &[0, 1], &[1.0; 2]), &["offset 1", "is 9", "from 0 to 2"]);
    rejected(new(&[0, 2], &[1, 1], &[1.0; 2]), &["row 0", "is 1", "from 2 to 2, ascending"]);
    rejected(new(&[0, 1, 2], &[1, 3], &[1.0; 2]), &["row 1", "is 3", "from 0 to 2, ascending"]);
    rejected(new(&[0, 2], &[0, 1], &[1.0, f64::NAN]), &["NaN at row 1", "must be finite"]);
    rejected(SparseCodes::<f64>::new(0, vec![0], vec![], vec![]), &["n_hidden is 0"]);
    let codes = new(&[0, 1], &[0], &[1.0]).unwrap();
    rejected(codes.row(1), &["sparse codes: 2 asked for", "only 1"]);
    rejected(codes.ranked(usize::MAX), &["only 1"]);
}
