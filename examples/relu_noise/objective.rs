//! The objectives with noise, and their gradients.

use crate::kink::{slope_kinks, window};
use nalgebra::DMatrix;
use regularized_autoencoder::{
    Batch, Error, FirstOrderDenoising, Gradient, Pass, RegularizedAutoEncoder, Regularizer, Relu,
    SecondOrderDenoising,
};
use std::fmt;

pub type Model = RegularizedAutoEncoder<f32, Relu>;

/// What is minimised; without noise, σ² = 0, each is J_AE.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Objective {
    /// E‖x − y(x+ε)‖².
    Denoising,
    /// The same less its first-order term, E[εᵀ∇ℓ] at the same ε.
    WithoutFirstOrder,
    /// ½ E‖x − y(x+ε)‖² + ½ E‖x − y(x−ε)‖²: odd orders in ε cancel.
    Pairs,
    /// E‖x − y(x)‖² + E[εᵀ∇ℓ].
    FirstOrderAlone,
    /// E‖x − y(x)‖² + σ²S, the terms of Theorem 3, by the gradient that each sample has.
    SecondOrder,
    /// The same and what the kinks add to the gradient of S.
    SecondOrderWithKinks,
}

impl Objective {
    pub const ALL: [Self; 6] = [
        Self::Denoising,
        Self::WithoutFirstOrder,
        Self::Pairs,
        Self::FirstOrderAlone,
        Self::SecondOrder,
        Self::SecondOrderWithKinks,
    ];

    /// The gradient on a batch x with the noise ε = σz, where z is standard normal.
    pub fn gradient(
        self,
        model: &Model,
        x: &DMatrix<f32>,
        z: &DMatrix<f32>,
        variance: f64,
    ) -> Result<Gradient<f32>, Error> {
        if variance == 0.0 {
            return Ok(model.gradient(x)?.1);
        }
        let noise = z * variance.sqrt() as f32;
        let denoising = |x_noisy| Ok(model.gradient(Batch::from(&x_noisy).with_target(x))?.1);
        let first_order = || {
            let term = FirstOrderDenoising::new(variance)?;
            gradient_of(&term, model, Batch::from(x).with_noise(z))
        };
        let second_order = || {
            let terms = variance * SecondOrderDenoising::new();
            Ok(combine(1.0, model.gradient(x)?.1, 1.0, gradient_of(&terms, model, x.into())?))
        };
        Ok(match self {
            Self::Denoising => denoising(x + noise)?,
            Self::WithoutFirstOrder => combine(1.0, denoising(x + noise)?, -1.0, first_order()?),
            Self::Pairs => combine(0.5, denoising(x + &noise)?, 0.5, denoising(x - &noise)?),
            Self::FirstOrderAlone => combine(1.0, model.gradient(x)?.1, 1.0, first_order()?),
            Self::SecondOrder => second_order()?,
            Self::SecondOrderWithKinks => {
                let kinks = slope_kinks(model, x, window(variance) as f32)?;
                combine(1.0, second_order()?, variance as f32, kinks)
            }
        })
    }
}

/// The gradient of a term.
fn gradient_of(
    term: &dyn Regularizer<f32>,
    model: &Model,
    batch: Batch<'_, f32>,
) -> Result<Gradient<f32>, Error> {
    let pass = Pass::new(model.parameters(), model.activation(), batch)?;
    Ok(Gradient {
        filters: term.weight_gradient(&pass)?,
        encoder_bias: term.bias_gradient(&pass)?,
        decoder_bias: None,
    })
}

/// αg + βh.
fn combine(alpha: f32, g: Gradient<f32>, beta: f32, h: Gradient<f32>) -> Gradient<f32> {
    Gradient {
        filters: g.filters * alpha + h.filters * beta,
        encoder_bias: g.encoder_bias * alpha + h.encoder_bias * beta,
        decoder_bias: None,
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Denoising => "DAE",
            Self::WithoutFirstOrder => "DAE − first order",
            Self::Pairs => "DAE, ± pairs",
            Self::FirstOrderAlone => "AE + first order",
            Self::SecondOrder => "AE + σ²S, no kinks",
            Self::SecondOrderWithKinks => "AE + σ²S, kinks",
        })
    }
}
