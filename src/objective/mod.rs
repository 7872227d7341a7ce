//! J = J_AE + R and its exact gradient, for any activation and any regularizer.
//!
//! Here stand the open trait [`Regularizer`], what it sees ([`Forward`]), what it adds to
//! ([`Cotangents`]), what it declares ([`Form`], [`Needs`]), and the one computation that serves
//! objective, gradient and training step alike.
//!
//! # The computation
//! With samples in columns and a block of hidden units whose filters are the columns of `V`:
//!
//! ```text
//! a = Vᵀx + b,   h = s(a), s'(a), s''(a),   y = Σ_blocks V h + b_d,   r = y − target
//! u = Vᵀr,       δ = (2/B) s'(a) ∘ u  +  what the regularizer adds
//! ∂J/∂V = [2r/B, x]·[h, δ]ᵀ + direct terms,   ∂J/∂b = the sum of δ over the samples
//! ```
//! A regularizer adds to the same δ as the reconstruction does, so that most cost no matrix
//! product of their own. Blocks of hidden units are what threads share. Where most of h and δ is 0,
//! as with ReLU once the codes are sparse, products skip it.

mod block;
mod combinators;
mod cotangents;
mod form;
mod forward;
mod needs;
mod pass;
mod regularizer;
mod weight_gradient;
pub(crate) mod workspace;

pub(crate) use combinators::operators;
pub use combinators::{Scaled, Sum};
pub use cotangents::Cotangents;
pub use form::{FilterPart, Form};
pub use forward::{Forward, Part};
pub use needs::{Needs, Shape};
pub use pass::{Batch, Gradient, Loss, Pass};
pub use regularizer::{Regularizer, RegularizerMetadata};
