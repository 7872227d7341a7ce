//! The sparse auto-encoder's penalty.

use super::mean_code::{self, MeanPenalty};
use super::{Kernel, built_in};
use crate::activation::Interval;
use crate::error::Error;
use crate::objective::{Cotangents, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// The penalty of the sparse auto-encoder: the Kullback–Leibler divergence between a wanted mean
/// activation ρ and the measured ones, Eq. 12–13.
///
/// ```text
/// R = Σ_j ρ log(ρ/ρ_j) + (1−ρ) log((1−ρ)/(1−ρ_j)),  ρ_j = E[h_j]      (Eq. 12)
/// R = −Σ_j log(1 − ρ_j)                             for ρ = 0          (Eq. 13)
/// ```
/// in nats. It has the form of Cor. 1: for ρ = 0 everywhere, otherwise only where ρ_j ≥ ρ, since
/// below ρ it pulls the mean code up.
///
/// # Where ρ_j leaves (0, 1)
/// With ReLU or softplus ρ_j reaches 1 and more, with tanh 0 and less. There f is continued by its
/// tangent line: above 1 − τ for ρ = 0; below τ' and above 1 − τ' otherwise, with
/// τ' = min(τ, ρ/2, (1−ρ)/2). The margin τ is 0.1 unless chosen by
/// [`with_margin`](Self::with_margin): with ReLU, much smaller ones were seen to kill most units.
///
/// ```
/// use regularized_autoencoder::{KlSparsity, MeanPenalty};
/// let sparse = KlSparsity::new(0.0)?;
/// assert!((sparse.value(0.5) - 2.0_f64.ln()).abs() < 1e-15);
/// // The tangent at 0.9: log 10 + 10 (1.9 − 0.9)
/// assert!((sparse.value(1.9) - (10.0_f64.ln() + 10.0)).abs() < 1e-12);
/// assert!(KlSparsity::new(1.0).is_err());
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct KlSparsity {
    target_activation: f64,
    margin: f64,
}

#[cfg(feature = "serde")]
crate::stored::deserialize_checked!(
    KlSparsity { target_activation: f64, margin: f64 } =>
        Self::new(target_activation).and_then(|penalty| penalty.with_margin(margin))
);

impl KlSparsity {
    /// τ unless chosen otherwise.
    pub const DEFAULT_MARGIN: f64 = 0.1;

    /// With ρ = `target_activation`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if ρ does not lie in [0, 1), or if a positive ρ is so near to 0 or
    /// 1, some 10⁻¹⁶, that no room is left for the tangent line.
    pub fn new(target_activation: f64) -> Result<Self, Error> {
        if !(0.0..1.0).contains(&target_activation) {
            return Err(Error::invalid("target activation ρ", target_activation, "in [0, 1)"));
        }
        let penalty = Self { target_activation, margin: Self::DEFAULT_MARGIN };
        if !penalty.has_room() {
            let rule = "0 or farther from 0 and 1 than rounding";
            return Err(Error::invalid("target activation ρ", target_activation, rule));
        }
        Ok(penalty)
    }

    /// With the tangent line beginning at distance τ = `margin` from 0 and 1.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if τ does not lie in (0, 1), or so near to 0 that 1 − τ is 1.
    pub fn with_margin(self, margin: f64) -> Result<Self, Error> {
        if !(margin > 0.0 && margin < 1.0) {
            return Err(Error::invalid("margin τ", margin, "in (0, 1)"));
        }
        let penalty = Self { margin, ..self };
        if !penalty.has_room() {
            return Err(Error::invalid("margin τ", margin, "so large that 1 − τ is below 1"));
        }
        Ok(penalty)
    }

    /// Whether the tangent line begins before the pole at 1.
    fn has_room(&self) -> bool {
        self.untouched().high < 1.0
    }

    /// ρ.
    pub fn target_activation(&self) -> f64 {
        self.target_activation
    }

    /// τ.
    pub fn margin(&self) -> f64 {
        self.margin
    }

    /// Where f is not continued by a tangent line.
    fn untouched(&self) -> Interval {
        let rho = self.target_activation;
        if rho == 0.0 {
            Interval::new(f64::NEG_INFINITY, 1.0 - self.margin)
        } else {
            let margin = self.margin.min(rho / 2.0).min((1.0 - rho) / 2.0);
            Interval::new(margin, 1.0 - margin)
        }
    }

    /// f without continuation.
    fn divergence(&self, mean: f64) -> f64 {
        let rho = self.target_activation;
        if rho == 0.0 {
            -(-mean).ln_1p()
        } else {
            rho * (rho / mean).ln() + (1.0 - rho) * ((1.0 - rho) / (1.0 - mean)).ln()
        }
    }
}

impl MeanPenalty for KlSparsity {
    fn value(&self, mean: f64) -> f64 {
        let Interval { low, high } = self.untouched();
        let nearest = mean.clamp(low, high);
        self.divergence(nearest) + self.derivative(nearest) * (mean - nearest)
    }

    fn derivative(&self, mean: f64) -> f64 {
        let Interval { low, high } = self.untouched();
        let (rho, mean) = (self.target_activation, mean.clamp(low, high));
        if rho == 0.0 { 1.0 / (1.0 - mean) } else { (1.0 - rho) / (1.0 - mean) - rho / mean }
    }

    fn increasing_on(&self) -> Interval {
        if self.target_activation == 0.0 {
            Interval::REAL
        } else {
            Interval::new(self.target_activation, f64::INFINITY)
        }
    }

    fn is_strictly_increasing(&self) -> bool {
        self.target_activation == 0.0
    }
}

impl RegularizerMetadata for KlSparsity {
    fn form(&self) -> Form {
        mean_code::form(self)
    }

    fn needs(&self, shape: Shape) -> Needs {
        mean_code::needs(shape)
    }
}

impl Kernel for KlSparsity {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        mean_code::accumulate(self, forward, out)
    }
}

built_in!(KlSparsity);
