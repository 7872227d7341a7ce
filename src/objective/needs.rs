//! What a regularizer needs from the computation around it.

use crate::error::Error;

/// The sizes of one call: inputs, hidden units and samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// n.
    pub n_inputs: usize,
    /// Number of hidden units: m, or those of a block.
    pub n_hidden: usize,
    /// Number of samples in the batch, B.
    pub n_samples: usize,
}

/// What a regularizer needs: which quantities of the forward pass, and whether it may be called
/// on one block of hidden units at a time.
///
/// ```
/// use regularized_autoencoder::Needs;
/// // A sum over hidden units of something with s''' and the residual in it.
/// let needs = Needs::per_unit().order(3).residual();
/// assert_eq!(needs, needs.join(Needs::per_unit()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    pub(crate) per_unit: bool,
    pub(crate) order: u32,
    pub(crate) residual: bool,
    pub(crate) layer_slopes: bool,
    pub(crate) draws: usize,
    pub(crate) scratch: usize,
}

impl Needs {
    /// All hidden units in one call, with s' and s'': always right, and the default. Such a layer is
    /// computed on one thread.
    pub fn layer() -> Self {
        Self { per_unit: false, ..Self::per_unit() }
    }

    /// R is a sum over hidden units in which each term depends on its own unit (and, with
    /// [`residual`](Self::residual), on the residual): it may be called on a block of units at a
    /// time, in parallel.
    ///
    /// A false claim changes the results; [`check::regularizer`](crate::check::regularizer)
    /// refutes it.
    pub fn per_unit() -> Self {
        Self {
            per_unit: true,
            order: 2,
            residual: false,
            layer_slopes: false,
            draws: 0,
            scratch: 0,
        }
    }

    /// The highest derivative of the activation that is read: 1, 2 (the default) or 3; other
    /// numbers are taken as the nearest of these.
    #[must_use]
    pub fn order(self, order: u32) -> Self {
        Self { order: order.clamp(1, 3), ..self }
    }

    /// The residual, or its projection on the filters, is read or receives a gradient.
    #[must_use]
    pub fn residual(self) -> Self {
        Self { residual: true, ..self }
    }

    /// s' and the filters of *all* units are read, by [`Forward::layer`](crate::Forward::layer).
    ///
    /// A regularizer that joins its units by these alone may be called on a block at a time: it
    /// returns the block's share of R, and gives the derivatives of the whole of R by what belongs
    /// to the block.
    #[must_use]
    pub fn layer_slopes(self) -> Self {
        Self { layer_slopes: true, ..self }
    }

    /// How many standard normal vectors are drawn for each sample.
    #[must_use]
    pub fn draws(self, draws: usize) -> Self {
        Self { draws, ..self }
    }

    /// How many numbers of scratch memory [`Cotangents::take_scratch`](crate::Cotangents) gives.
    #[must_use]
    pub fn scratch(self, length: usize) -> Self {
        Self { scratch: length, ..self }
    }

    /// How many standard normal vectors are drawn for each sample.
    pub fn n_draws(&self) -> usize {
        self.draws
    }

    /// What two regularizers need together; they share noise and scratch memory.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            per_unit: self.per_unit && other.per_unit,
            order: self.order.max(other.order),
            residual: self.residual || other.residual,
            layer_slopes: self.layer_slopes || other.layer_slopes,
            draws: self.draws.max(other.draws),
            scratch: self.scratch.max(other.scratch),
        }
    }

    /// Columns of the factors of the weight gradient: those of h and δ, of the noise and, if there
    /// is a need for it, of the residual.
    pub(super) fn columns(&self, n_samples: usize) -> Result<usize, Error> {
        n_samples
            .checked_mul(self.draws)
            .and_then(|noise| {
                n_samples.checked_mul(2 + usize::from(self.residual))?.checked_add(noise)
            })
            .ok_or(Error::TooLarge {
                what: "noise for a batch",
                rows: self.draws,
                columns: n_samples,
            })
    }
}
