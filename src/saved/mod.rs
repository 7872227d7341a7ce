//! Models in files.
//!
//! [`save`](crate::RegularizedAutoEncoder::save) and [`load`](crate::RegularizedAutoEncoder::load)
//! keep a model in a file of the safetensors format, which other programs read too. The file is
//! written whole or not at all; one that was cut off or changed is told by its header and its
//! checksum.
//!
//! | tensor | type | sizes | what |
//! |---|---|---|---|
//! | `filters` | F32 or F64 | m, n | row j is the filter W_j: a = W x + b_e |
//! | `encoder_bias` | as the filters | m | b_e |
//! | `decoder_bias` | as the filters | n | b_d; absent without one |
//! | `scaler.mean` | F64 | features | μ; absent without a scaler |
//! | `scaler.standard_deviation` | F64 | features | σ, without the offset; standardisation |
//! | `scaler.eigenvalues` | F64 | rank | λ_k; whitening |
//! | `scaler.forward` | F64 | n, features | x' = F(x − μ); whitening |
//! | `scaler.backward` | F64 | features, n | x = Bx' + μ; whitening |
//!
//! The last number of a shape varies fastest in memory. The metadata have under
//! `regularized_autoencoder` the version of the format, the activation by name with its parameters,
//! which scaler there is, and a [`Provenance`], all of it as JSON:
//! ```text
//! {"crc32":"1f2e3d4c","version":1,"activation":{"name":"relu","parameters":{}},"scaler":null, … }
//! ```
//! `crc32` comes first; it is the checksum (CRC-32/ISO-HDLC) of the rest of this text, from `"version"` to
//! the end, followed by the numbers of all tensors as they stand in the file. Names, sizes and places of the
//! tensors are not part of it: they must fit each other and the length of the file. The header has at most 1 MiB.
//!
//! A process that is killed while it writes leaves a file `.regularized-autoencoder-PROCESS-NUMBER.tmp` in the
//! folder, which may be deleted.
//!
//! A file of `f32` numbers gives a model of `f64`, in which they are exact. The other way round is an
//! error, as numbers would change without notice: load it as `f64`. A file of a newer version of the
//! format is an error that says so; every version that was ever written will be read.

mod activation;
mod document;
mod load;
mod model;
mod provenance;
mod save;

pub use activation::SavedActivation;
pub use model::SavedModel;
pub use provenance::Provenance;
