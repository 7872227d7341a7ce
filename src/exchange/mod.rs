//! Models to and from other libraries.
//!
//! | library | layout | module |
//! |---|---|---|
//! | SAELens (Python) | `standard`: ReLU, encoder and decoder with weights of their own | [`saelens`] |

pub mod saelens;
