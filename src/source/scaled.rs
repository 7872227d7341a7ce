//! A source in the units of a model with a scaler.

use super::batch_source::BatchSource;
use crate::data::Scaler;
use crate::error::Error;
use crate::memory::zeros;
use crate::scalar::Real;

/// Samples that are read and scaled at a time.
const PIECE: usize = 256;

/// The samples of a source after a scaler.
pub(crate) struct Scaled<'a, T: Real> {
    source: &'a dyn BatchSource<Scalar = T>,
    scaler: &'a Scaler,
}

impl<'a, T: Real> Scaled<'a, T> {
    /// The scaler takes as many values per sample as the source has.
    pub fn new(source: &'a dyn BatchSource<Scalar = T>, scaler: &'a Scaler) -> Self {
        Self { source, scaler }
    }
}

impl<T: Real> BatchSource for Scaled<'_, T> {
    type Scalar = T;

    fn n_inputs(&self) -> usize {
        self.scaler.n_outputs()
    }

    fn n_samples(&self) -> usize {
        self.source.n_samples()
    }

    fn read(&self, first: usize, out: &mut [T]) -> Result<(), Error> {
        let (n_features, n_inputs) = (self.source.n_inputs(), self.n_inputs());
        let count = out.len() / n_inputs;
        let mut samples = zeros("samples of a source", n_features, count.min(PIECE))?;
        for (piece, out) in out.chunks_mut(PIECE * n_inputs).enumerate() {
            let (first, count) = (first + piece * PIECE, out.len() / n_inputs);
            let samples = &mut samples[..count * n_features];
            self.source.read(first, samples)?;
            out.copy_from_slice(&self.scaler.scale(samples, first)?);
        }
        Ok(())
    }

    fn is_sequential(&self) -> bool {
        self.source.is_sequential()
    }
}
