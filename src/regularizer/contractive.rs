//! The contractive auto-encoder's penalty.

use super::{HessianPenalty, Kernel, built_in, slope_penalty};
use crate::error::{Error, non_negative};
use crate::objective::{Cotangents, Form, Forward, Needs, RegularizerMetadata, Scaled, Shape, Sum};
use crate::scalar::Real;

/// The contractive auto-encoder (Rifai et al. 2011), Eq. 8–9: the squared Frobenius norm of the
/// encoder's Jacobian.
///
/// ```text
/// R = E‖∂h/∂x‖²_F = E Σ_j s'(a_j)² ‖W_j‖²
/// ∂R/∂b_j = 2 E[s'(a_j) s''(a_j)] ‖W_j‖²
/// ```
/// Cor. 2 with q = 2, p = 2: ∂R/∂b_j ≥ 0 for non-decreasing convex s; 0 for piecewise linear ones
/// such as ReLU.
///
/// ```
/// use nalgebra::{DVector, dmatrix};
/// use regularized_autoencoder::{Contractive, Parameters, Pass, Regularizer, Sigmoid};
/// let parameters = Parameters::new(dmatrix![3.0; 4.0], DVector::zeros(1), None)?;
/// let sample = dmatrix![0.0; 0.0];
/// let pass = Pass::new(&parameters, &Sigmoid, &sample)?;
/// // s'(0)² ‖W‖² = 25/16
/// assert_eq!(Contractive::new().loss(&pass)?, 25.0 / 16.0);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Contractive;

impl Contractive {
    /// E‖∂h/∂x‖²_F.
    pub fn new() -> Self {
        Self
    }

    /// CAE+H (Rifai et al. 2011a): CAE + κ H, where H approximates the norm of the Hessian from
    /// `draws` Gaussian displacements of variance `variance` a sample; see [`HessianPenalty`].
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if κ or the variance is negative, infinite or NaN,
    /// [`Error::Zero`] without draws.
    pub fn with_hessian(
        kappa: f64,
        variance: f64,
        draws: usize,
    ) -> Result<Sum<Self, Scaled<HessianPenalty>>, Error> {
        let kappa = non_negative("κ", kappa)?;
        Ok(Self.plus(HessianPenalty::new(variance, draws)?.scaled(kappa)))
    }
}

impl RegularizerMetadata for Contractive {
    fn form(&self) -> Form {
        slope_penalty::form(2, 2)
    }

    fn needs(&self, shape: Shape) -> Needs {
        slope_penalty::needs(shape)
    }
}

impl Kernel for Contractive {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        slope_penalty::accumulate(2, 2, forward, out)
    }
}

built_in!(Contractive);
