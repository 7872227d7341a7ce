//! How a gradient becomes a step.

use crate::error::{Error, positive_in};
use crate::scalar::Real;

/// How the gradient g of J on a batch moves the parameters θ; the constraint acts afterwards.
///
/// # Gradient descent with momentum
/// ```text
/// v ← μv − ηg,  θ ← θ + v
/// ```
/// The protocol of the paper has μ = 0.9.
///
/// # Adam (Kingma and Ba, *Adam: A Method for Stochastic Optimization*, ICLR 2015, algorithm 1)
/// ```text
/// m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²         (each number by itself)
/// θ ← θ − η m̂ / (√v̂ + ε),  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)   in step t = 1, 2, …
/// ```
/// It needs another η than the momentum method, 0.001 or so, and more memory: m, v and g, each of
/// the size of the parameters, where momentum needs v alone.
///
/// **The theory speaks of plain gradient steps**, Δθ = −ηg: Thm. 1 and Eq. 5 do not hold for Adam,
/// which blunts λ. Its step does not depend on the scale of the gradient: for c > 0, with ε → 0,
///
/// ```text
/// c m̂ / √(c² v̂) = m̂ / √v̂
/// ```
/// so that a bias which R alone moves, ∂J/∂b_j = λ ∂R/∂b_j, falls by
///
/// ```text
/// −η λ m̂_R / √(λ² v̂_R) = −η m̂_R / √v̂_R,  about −η a step,
/// ```
/// whatever λ. Only where ∇J_AE and λ∇R balance does λ matter still.
///
/// ```
/// use nalgebra::DMatrix;
/// use regularized_autoencoder::{Optimizer, RegularizedAutoEncoder, Trainer};
///
/// let x = DMatrix::<f32>::from_fn(8, 200, |i, j| ((i * j) as f32).sin());
/// let mut model = RegularizedAutoEncoder::builder(8, 16).build()?;
/// let trainer = Trainer::builder().optimizer(Optimizer::ADAM).learning_rate(0.01).epochs(20);
/// let history = trainer.build()?.fit(&mut model, &x)?.history;
/// assert!(history[19].objective() < 0.1 * history[0].objective());
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Optimizer {
    /// Stochastic gradient descent with momentum.
    Sgd {
        /// μ in [0, 1); 0: plain gradient steps.
        momentum: f64,
    },
    /// Adam.
    Adam {
        /// β₁ in [0, 1).
        beta1: f64,
        /// β₂ in [0, 1).
        beta2: f64,
        /// ε > 0.
        epsilon: f64,
    },
}

/// Momentum 0.9.
impl Default for Optimizer {
    fn default() -> Self {
        Self::Sgd { momentum: 0.9 }
    }
}

impl Optimizer {
    /// Adam with the values of Kingma and Ba: β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸.
    pub const ADAM: Self = Self::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    /// An error unless the numbers are in their ranges, also after they are rounded to `T`.
    pub(super) fn validate<T: Real>(&self) -> Result<(), Error> {
        let below_one = |name, value| {
            if (0.0..1.0).contains(&value) && T::of(value) < T::one() {
                Ok(())
            } else {
                let rule = format!("in [0, 1) in {}", std::any::type_name::<T>());
                Err(Error::invalid(name, value, rule))
            }
        };
        match *self {
            Self::Sgd { momentum } => below_one("momentum", momentum),
            Self::Adam { beta1, beta2, epsilon } => {
                below_one("β₁", beta1)?;
                below_one("β₂", beta2)?;
                positive_in::<T>("ε", epsilon).map(drop)
            }
        }
    }

    pub(super) fn is_adam(&self) -> bool {
        matches!(self, Self::Adam { .. })
    }
}

/// `momentum 0.9`, `Adam`.
impl std::fmt::Display for Optimizer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sgd { momentum } => write!(formatter, "momentum {momentum}"),
            Self::Adam { beta1, beta2, epsilon } => {
                write!(formatter, "Adam with β₁ = {beta1}, β₂ = {beta2}, ε = {epsilon:e}")
            }
        }
    }
}
