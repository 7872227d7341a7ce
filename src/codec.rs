//! What every auto-encoder that is ready for use does, whatever it was trained with.

use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::Error;
use crate::inference::{Decoder, Encoder};
use crate::samples::Samples;
use crate::scalar::Real;
use crate::untied::UntiedAutoEncoder;
use nalgebra::DMatrix;

/// Encodes and decodes: [`RegularizedAutoEncoder`], whose filters are tied, and
/// [`UntiedAutoEncoder`]. What looks at a model from outside takes either:
/// [`metrics::evaluate`](crate::metrics::evaluate), also from a source, [`scores`](crate::scores) and
/// [`TopSamples`](crate::inspect::TopSamples). The methods are those of the types.
///
/// It cannot be implemented in other crates.
///
/// ```
/// use nalgebra::DMatrix;
/// use regularized_autoencoder::{Codec, Error, RegularizedAutoEncoder, metrics};
/// fn active<C: Codec<Scalar = f32>>(model: &C, x: &DMatrix<f32>) -> Result<f64, Error> {
///     Ok(metrics::evaluate(model, x)?.average_activation_fraction)
/// }
/// let x = DMatrix::from_fn(3, 50, |i, j| ((i + j) as f32).sin());
/// let model = RegularizedAutoEncoder::builder(3, 5).build()?;
/// assert_eq!(active(&model, &x)?, active(&model.fold_scaler()?, &x)?);
/// # Ok::<(), Error>(())
/// ```
pub trait Codec: sealed::Parts {
    /// Values per sample.
    fn n_features(&self) -> usize;

    /// Number of hidden units, m.
    fn n_hidden(&self) -> usize;

    /// Number of threads that encode and decode.
    fn threads(&self) -> usize;

    /// The codes (m × N) of samples.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::encode`].
    fn encode(&self, samples: &Samples<'_, Self::Scalar>) -> Result<DMatrix<Self::Scalar>, Error>;

    /// The reconstructions of samples.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::reconstruct`].
    fn reconstruct(
        &self,
        samples: &Samples<'_, Self::Scalar>,
    ) -> Result<DMatrix<Self::Scalar>, Error>;
}

pub(crate) mod sealed {
    use super::*;

    /// What a model computes with.
    pub trait Parts {
        /// `f32` or `f64`.
        type Scalar: Real;

        #[doc(hidden)]
        fn parts(&self) -> Computation<'_, Self::Scalar>;
    }

    /// Encoder, decoder in the units of the filters, and activation.
    #[derive(Clone, Copy, Debug)]
    pub struct Computation<'a, T: Real> {
        pub(crate) encoder: Encoder<'a, T>,
        pub(crate) decoder: Decoder<'a, T>,
        pub(crate) activation: &'a dyn Activation<T>,
    }
}

macro_rules! codec {
    ($model:ident<$T:ident, $A:ident $(, $R:ident)?>, $n_features:ident, $decoder:expr) => {
        impl<$T: Real, $A: Activation<$T> $(, $R)?> sealed::Parts for $model<$T, $A $(, $R)?> {
            type Scalar = $T;

            fn parts(&self) -> sealed::Computation<'_, $T> {
                let decoder: fn(&Self) -> Decoder<'_, $T> = $decoder;
                sealed::Computation {
                    encoder: self.encoder(),
                    decoder: decoder(self),
                    activation: self.activation(),
                }
            }
        }

        impl<$T: Real, $A: Activation<$T> $(, $R)?> Codec for $model<$T, $A $(, $R)?> {
            fn n_features(&self) -> usize {
                self.$n_features()
            }

            fn n_hidden(&self) -> usize {
                self.n_hidden()
            }

            fn threads(&self) -> usize {
                self.threads()
            }

            fn encode(&self, samples: &Samples<'_, $T>) -> Result<DMatrix<$T>, Error> {
                self.encode(samples)
            }

            fn reconstruct(&self, samples: &Samples<'_, $T>) -> Result<DMatrix<$T>, Error> {
                self.reconstruct(samples)
            }
        }
    };
}

codec!(RegularizedAutoEncoder<T, A, R>, n_features, |model| Decoder::from(model.parameters()));
codec!(UntiedAutoEncoder<T, A>, n_inputs, |model| model.decoder());
