//! The first-order term of the denoising objective.

use super::{Kernel, built_in};
use crate::error::{Error, non_negative};
use crate::kernels::dot;
use crate::objective::{Cotangents, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// The first-order term of the denoising objective: the eDAE of §3.1.1.
///
/// ```text
/// R = E[εᵀ∇ℓ(x)] = E Σ_j 2 s'(a_j) (W_j·ε)(W_j·r),  ε ~ N(0, σ²I),  r = y − x
/// ```
/// ε is drawn anew for every sample and step; σ² is the parameter, the coefficient is 1. The mean
/// over ε of R and of each of its gradients is 0.
///
/// ```
/// use regularized_autoencoder::FirstOrderDenoising;
/// assert_eq!(FirstOrderDenoising::new(0.25)?.variance(), 0.25);
/// assert!(FirstOrderDenoising::new(f64::NAN).is_err());
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FirstOrderDenoising {
    variance: f64,
}

#[cfg(feature = "serde")]
crate::stored::deserialize_checked!(FirstOrderDenoising { variance: f64 } => Self::new(variance));

impl FirstOrderDenoising {
    /// With the noise variance σ² = `variance`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if σ² is negative, infinite or NaN.
    pub fn new(variance: f64) -> Result<Self, Error> {
        Ok(Self { variance: non_negative("variance", variance)? })
    }

    /// σ².
    pub fn variance(&self) -> f64 {
        self.variance
    }
}

impl RegularizerMetadata for FirstOrderDenoising {
    fn form(&self) -> Form {
        if self.variance == 0.0 { Form::Nothing } else { Form::LinearInNoise }
    }

    fn needs(&self, shape: Shape) -> Needs {
        Needs::per_unit().residual().draws(1).scratch(shape.n_hidden)
    }
}

impl Kernel for FirstOrderDenoising {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let deviation = T::of(self.variance.sqrt());
        let factor = T::of(2.0) * deviation * forward.sample_weight();
        let terms = &mut out.take_scratch()[..forward.n_units()];
        let mut value = 0.0;
        for i in 0..forward.n_samples() {
            let (d, c) = (forward.derivative(i), forward.second_derivative(i));
            let (u, v) = (forward.projected_residual(i), forward.projected_noise(i, 0));
            for (term, (&d, &u)) in terms.iter_mut().zip(d.iter().zip(u)) {
                *term = d * u;
            }
            let both = u.iter().zip(v);
            out.add_pre_activations(i, c.iter().zip(both).map(|(&c, (&u, &v))| factor * c * u * v));
            out.add_projected_residuals(i, d.iter().zip(v).map(|(&d, &v)| factor * d * v));
            out.add_projected_noises(i, 0, terms.iter().map(|&term| factor * term));
            value += dot(terms, v).as_f64();
        }
        T::of(value * factor.as_f64())
    }
}

built_in!(FirstOrderDenoising);
