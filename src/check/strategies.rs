//! What property tests of activations and regularizers draw from (feature `proptest`).
//!
//! Every value shrinks towards small sizes and towards 0.

use super::problem::Problem;
use crate::model::Parameters;
use crate::scalar::Real;
use nalgebra::{DMatrix, DVector};
use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_oneof};
use std::ops::RangeInclusive;

/// Pre-activations of every magnitude at which something happens.
pub fn pre_activation<T: Real>() -> impl Strategy<Value = T> + Clone {
    prop_oneof![
        4 => -4.0..4.0,
        2 => -40.0..40.0,
        1 => -1000.0..1000.0,
        1 => -1e-3..1e-3,
    ]
    .prop_map(T::of)
}

/// Sizes of a small problem: inputs, hidden units and samples, 1 and non-square included.
pub fn sizes() -> impl Strategy<Value = (usize, usize, usize)> + Clone {
    (1_usize..=5, 1_usize..=6, 1_usize..=5)
}

/// Matrices with entries from an interval.
pub fn matrix<T: Real>(
    rows: usize,
    columns: usize,
    entries: RangeInclusive<f64>,
) -> impl Strategy<Value = DMatrix<T>> + Clone {
    vec(entries, rows * columns).prop_map(move |values| {
        DMatrix::from_iterator(rows, columns, values.into_iter().map(T::of))
    })
}

/// Problems of the given sizes with so many draws of noise, for a regularizer to be evaluated on.
pub fn problem_of_size<T: Real>(
    n_inputs: usize,
    n_hidden: usize,
    n_samples: usize,
    draws: usize,
) -> impl Strategy<Value = Problem<T>> + Clone {
    let column = |rows, bound: f64| {
        matrix(rows, 1, -bound..=bound)
            .prop_map(|matrix| DVector::from_column_slice(matrix.as_slice()))
    };
    (
        matrix(n_inputs, n_hidden, -1.0..=1.0),
        column(n_hidden, 2.0),
        column(n_inputs, 1.0),
        matrix(n_inputs, n_samples, -2.0..=2.0),
        matrix(n_inputs, n_samples, -2.0..=2.0),
        matrix(n_inputs, n_samples * draws.max(1), -2.0..=2.0),
    )
        .prop_map(|(filters, encoder_bias, decoder_bias, input, target, noise)| {
            let decoder_bias = Some(decoder_bias);
            let parameters = Parameters { filters, encoder_bias, decoder_bias };
            Problem { parameters, input, target, noise }
        })
}

/// Problems of [`sizes`] with so many draws of noise.
pub fn problem<T: Real>(draws: usize) -> impl Strategy<Value = Problem<T>> + Clone {
    sizes().prop_flat_map(move |(n_inputs, n_hidden, n_samples)| {
        problem_of_size(n_inputs, n_hidden, n_samples, draws)
    })
}
