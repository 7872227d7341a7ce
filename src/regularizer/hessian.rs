//! The second-order penalty of CAE+H.

use super::sample_sums::SampleSums;
use super::{Kernel, built_in};
use crate::activation::Jet;
use crate::error::{Error, at_least_one, non_negative};
use crate::kernels::dot;
use crate::objective::{Cotangents, Form, Forward, Needs, RegularizerMetadata, Shape};
use crate::scalar::Real;

/// How much the encoder's Jacobian changes under small displacements of the input: the H of CAE+H
/// (Rifai et al. 2011a), which approximates a norm of the encoder's Hessian.
///
/// ```text
/// H = E_ε‖J(x) − J(x+ε)‖²_F = E Σ_j (s'(a_j(x)) − s'(a_j(x+ε)))² ‖W_j‖²,  ε ~ N(0, σ²I)
/// ```
/// averaged over `draws` displacements a sample, with gradients through both points. Its bias
/// gradient has no definite sign; for piecewise linear s it is 0.
/// [`Contractive::with_hessian`](crate::Contractive::with_hessian) makes CAE + κ H.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct HessianPenalty {
    variance: f64,
    draws: usize,
}

#[cfg(feature = "serde")]
crate::stored::deserialize_checked!(HessianPenalty { variance: f64, draws: usize } => Self::new(variance, draws));

impl HessianPenalty {
    /// With σ² = `variance` and `draws` displacements a sample.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if σ² is negative, infinite or NaN, [`Error::Zero`] without
    /// draws.
    pub fn new(variance: f64, draws: usize) -> Result<Self, Error> {
        let draws = at_least_one("draws", draws)?;
        Ok(Self { variance: non_negative("variance", variance)?, draws })
    }

    /// σ².
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// Displacements a sample.
    pub fn draws(&self) -> usize {
        self.draws
    }
}

impl RegularizerMetadata for HessianPenalty {
    fn form(&self) -> Form {
        if self.variance == 0.0 { Form::Nothing } else { Form::Curvature }
    }

    fn needs(&self, shape: Shape) -> Needs {
        Needs::per_unit().draws(self.draws).scratch(shape.n_hidden.saturating_mul(6))
    }
}

impl Kernel for HessianPenalty {
    #[inline(always)]
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let m = forward.n_units();
        let scratch = &mut out.take_scratch()[..6 * m];
        let (displaced, rest) = scratch.split_at_mut(m);
        let (value, rest) = rest.split_at_mut(m);
        let (first, rest) = rest.split_at_mut(m);
        let (second, rest) = rest.split_at_mut(m);
        let (sums, partial) = rest.split_at_mut(m);
        let mut squares = SampleSums::new(sums, partial);

        let deviation = T::of(self.variance.sqrt());
        let weight = forward.sample_weight() / T::of(self.draws as f64);
        let lengths = forward.squared_lengths();
        let mut sum = 0.0;
        for draw in 0..self.draws {
            for i in 0..forward.n_samples() {
                let (a, v) = (forward.pre_activation(i), forward.projected_noise(i, draw));
                for ((out, &a), &v) in displaced.iter_mut().zip(a).zip(v) {
                    *out = a + deviation * v;
                }
                forward.activation().evaluate(Jet {
                    input: displaced,
                    value,
                    first: Some(first),
                    second: Some(second),
                    third: None,
                });
                let (d, c) = (forward.derivative(i), forward.second_derivative(i));
                // In place of s'(a+σv) comes x = s'(a) − s'(a+σv), in place of the value x².
                for ((x, square), &d) in first.iter_mut().zip(&mut *value).zip(d) {
                    *x = d - *x;
                    *square = *x * *x;
                }
                let each = || first.iter().zip(lengths).map(|(&x, &l)| T::of(2.0) * weight * x * l);
                let by_a = c.iter().zip(&*second).map(|(&c, &c_there)| c - c_there);
                out.add_pre_activations(i, each().zip(by_a).map(|(x, by_a)| x * by_a));
                let by_v = second.iter().map(|&c_there| -c_there * deviation);
                out.add_projected_noises(i, draw, each().zip(by_v).map(|(x, by_v)| x * by_v));
                squares.add(value.iter().copied());
                sum += dot(value, lengths).as_f64();
            }
        }
        out.add_squared_lengths(squares.finish().iter().map(|&sum| weight * sum));
        T::of(sum * weight.as_f64())
    }
}

built_in!(HessianPenalty);
