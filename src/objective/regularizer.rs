//! The trait of regularizers.

use super::{Cotangents, Form, Forward, Needs, Pass, Shape};
use super::{Scaled, Sum};
use crate::error::Error;
use crate::scalar::Real;
use nalgebra::{DMatrix, DVector};
use std::fmt::Debug;
use std::sync::Arc;

/// What a regularizer declares, apart from what it computes: declarations have no scalar type.
pub trait RegularizerMetadata {
    /// Its form, for the theory; unknown if not declared.
    fn form(&self) -> Form {
        Form::Unknown
    }

    /// What it needs from the computation. `shape` is that of the whole layer; scratch memory is
    /// asked for again with the shape of each call, whose `n_hidden` is the number of units of a
    /// block.
    fn needs(&self, shape: Shape) -> Needs {
        let _ = shape;
        Needs::layer()
    }

    /// Checks the hyper-parameters against each other and against the sizes of a model; called
    /// when a model is built, with one sample, and before a batch is evaluated.
    ///
    /// # Errors
    /// Whatever rule is violated; [`Error::invalid`] makes an error of a name, a value and a rule.
    fn validate(&self, shape: Shape) -> Result<(), Error> {
        let _ = shape;
        Ok(())
    }

    /// λR.
    ///
    /// A coefficient that is negative, infinite or NaN is reported when a model is built.
    fn scaled(self, coefficient: f64) -> Scaled<Self>
    where
        Self: Sized,
    {
        Scaled::new(self, coefficient)
    }

    /// R + S.
    fn plus<S: RegularizerMetadata>(self, other: S) -> Sum<Self, S>
    where
        Self: Sized,
    {
        Sum(self, other)
    }
}

/// A term R(W, b) that is added to the reconstruction error.
///
/// A regularizer writes one method, [`accumulate`](Self::accumulate), from which value and all
/// gradients come, so that they share the work and cannot disagree. Let
/// [`check::regularizer`](crate::check::regularizer) tell whether it is right.
///
/// Regularizers scale and add: `0.1 * Contractive::new() + WeightDecay::new()`. The operators are
/// there for the built-in ones, their sums and boxed ones; Rust does not allow them for types of
/// other crates, which write `Theirs.scaled(0.1).plus(…)`. One that is chosen at run time is a
/// `Box<dyn Regularizer<f32>>`, see [`AnyAutoEncoder`](crate::AnyAutoEncoder).
///
/// ```
/// use regularized_autoencoder::{Cotangents, Forward, Needs, Real};
/// use regularized_autoencoder::{Regularizer, RegularizerMetadata, Shape};
///
/// /// R = E Σ_j h_j²
/// #[derive(Debug)]
/// struct CodeEnergy;
///
/// impl RegularizerMetadata for CodeEnergy {
///     fn needs(&self, _: Shape) -> Needs { Needs::per_unit() }
/// }
///
/// impl<T: Real> Regularizer<T> for CodeEnergy {
///     fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
///         let mut energy = T::zero();
///         let weight = forward.sample_weight();
///         for i in 0..forward.n_samples() {
///             let (h, d) = (forward.code(i), forward.derivative(i));
///             for j in 0..forward.n_units() {
///                 energy += h[j] * h[j];
///                 out.add_pre_activation(j, i, weight * T::of(2.0) * h[j] * d[j]);
///             }
///         }
///         energy * weight
///     }
/// }
///
/// use regularized_autoencoder::{Sigmoid, check};
/// assert!(check::regularizer::<f64>(&CodeEnergy, &Sigmoid).passed());
/// ```
pub trait Regularizer<T: Real>: RegularizerMetadata + Debug + Send + Sync {
    /// Adds the partial derivatives of R to `out` and returns R.
    ///
    /// Expectations are means over the samples of `forward`; the values that noise takes are given
    /// there. With [`Needs::per_unit`] this is called once for each block of units, and the values
    /// returned are added.
    fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T;

    /// R.
    ///
    /// # Errors
    /// Those of [`validate`](RegularizerMetadata::validate); [`Error::MissingNoise`] if the batch
    /// brings less noise than needed; [`Error::NotFiniteResult`] if something overflows.
    fn loss(&self, pass: &Pass<'_, T>) -> Result<T, Error> {
        Ok(pass.differentiate(&self, false)?.0.regularizer)
    }

    /// The derivative by the filters, n × m: column j is ∂R/∂W_j.
    ///
    /// # Errors
    /// Those of [`loss`](Self::loss).
    fn weight_gradient(&self, pass: &Pass<'_, T>) -> Result<DMatrix<T>, Error> {
        Ok(pass.differentiate(&self, false)?.1.filters)
    }

    /// The derivative by the encoder bias, m values: the quantity whose sign the corollaries tell.
    ///
    /// # Errors
    /// Those of [`loss`](Self::loss).
    fn bias_gradient(&self, pass: &Pass<'_, T>) -> Result<DVector<T>, Error> {
        Ok(pass.differentiate(&self, false)?.1.encoder_bias)
    }

    /// The derivative by the decoder bias, n values, if the model has one: 0 but where R depends
    /// on the residual.
    ///
    /// # Errors
    /// Those of [`loss`](Self::loss).
    fn decoder_bias_gradient(&self, pass: &Pass<'_, T>) -> Result<Option<DVector<T>>, Error> {
        Ok(pass.differentiate(&self, false)?.1.decoder_bias)
    }
}

macro_rules! forward_to_inner {
    ($($pointer:ty),*) => {$(
        impl<R: RegularizerMetadata + ?Sized> RegularizerMetadata for $pointer {
            fn form(&self) -> Form {
                (**self).form()
            }
            fn needs(&self, shape: Shape) -> Needs {
                (**self).needs(shape)
            }
            fn validate(&self, shape: Shape) -> Result<(), Error> {
                (**self).validate(shape)
            }
        }

        impl<T: Real, R: Regularizer<T> + ?Sized> Regularizer<T> for $pointer {
            fn accumulate(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
                (**self).accumulate(forward, out)
            }
            // Forwarded, as the defaults would need `&&R`, `&&&R`, … without end.
            fn loss(&self, pass: &Pass<'_, T>) -> Result<T, Error> {
                (**self).loss(pass)
            }
            fn weight_gradient(&self, pass: &Pass<'_, T>) -> Result<DMatrix<T>, Error> {
                (**self).weight_gradient(pass)
            }
            fn bias_gradient(&self, pass: &Pass<'_, T>) -> Result<DVector<T>, Error> {
                (**self).bias_gradient(pass)
            }
            fn decoder_bias_gradient(
                &self,
                pass: &Pass<'_, T>,
            ) -> Result<Option<DVector<T>>, Error> {
                (**self).decoder_bias_gradient(pass)
            }
        }
    )*};
}
forward_to_inner!(&R, Box<R>, Arc<R>);
