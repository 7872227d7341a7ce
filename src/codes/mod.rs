//! Sparse codes: of each sample the few units that matter, as indices and values.
//!
//! ```text
//! top k       the k codes of largest |h_j|, without those that are 0
//! threshold   every code with |h_j| > threshold
//! ```
//! For activations that are nowhere negative (ReLU, softplus, sigmoid, hard sigmoid) |h| is h. For
//! the others the magnitude counts, since that is what the decoder sees: with −1 and 0.1, it is the
//! −1 that the reconstruction needs.
//!
//! | method | of | gives | memory |
//! |---|---|---|---|
//! | [`encode_topk`](RegularizedAutoEncoder::encode_topk) | N samples | [`SparseCodes`] | N · k |
//! | [`encode_sparse`](RegularizedAutoEncoder::encode_sparse) | N samples | [`SparseCodes`] | what is kept |
//! | [`encode_topk_into`](RegularizedAutoEncoder::encode_topk_into) | one sample | [`SparseCode`] | none |
//! | [`encode_sparse_into`](RegularizedAutoEncoder::encode_sparse_into) | one sample | [`SparseCode`] | none |
//! | [`decode_sparse`](RegularizedAutoEncoder::decode_sparse) | [`SparseCodes`] | reconstructions | n · N |
//!
//! Indices ascend within a row, as libraries for sparse matrices want it. A dense m × N array never
//! exists; the threads of a model change no bit.

mod decode;
mod encode;
mod select;
mod sparse_code;
mod sparse_codes;

pub use sparse_code::SparseCode;
pub use sparse_codes::{Row, SparseCodes};

#[cfg(doc)]
use crate::autoencoder::RegularizedAutoEncoder;
