//! The second-order penalty of CAE+H.

use super::{Kernel, built_in};
use crate::activation::Jet;
use crate::error::{Error, at_least_one, non_negative};
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
pub struct HessianPenalty {
    variance: f64,
    draws: usize,
}

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
        if self.variance == 0.0 { Form::WeightsOnly } else { Form::Curvature }
    }

    fn needs(&self, shape: Shape) -> Needs {
        Needs::per_unit().draws(self.draws).scratch(shape.n_hidden.saturating_mul(4))
    }
}

impl Kernel for HessianPenalty {
    fn accumulate<T: Real>(&self, forward: &Forward<'_, T>, out: &mut Cotangents<'_, T>) -> T {
        let m = forward.n_units();
        let scratch = &mut out.take_scratch()[..4 * m];
        let (displaced, rest) = scratch.split_at_mut(m);
        let (value, rest) = rest.split_at_mut(m);
        let (first, second) = rest.split_at_mut(m);

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
                // (s'(a) − s'(a+σv), its derivatives by a and by v, ‖W_j‖²)
                let each = || {
                    let here = d.iter().zip(c).zip(lengths);
                    here.zip(first.iter().zip(&*second)).map(
                        move |(((&d, &c), &length), (&d_there, &c_there))| {
                            (d - d_there, c - c_there, -c_there * deviation, length)
                        },
                    )
                };
                let twice = T::of(2.0) * weight;
                out.add_pre_activations(i, each().map(|(x, by_a, _, l)| twice * x * by_a * l));
                out.add_projected_noises(
                    i,
                    draw,
                    each().map(|(x, _, by_v, l)| twice * x * by_v * l),
                );
                out.add_squared_lengths(each().map(|(x, ..)| weight * x * x));
                let of_sample: T = each().fold(T::zero(), |sum, (x, _, _, l)| sum + x * x * l);
                sum += of_sample.as_f64();
            }
        }
        T::of(sum) * weight
    }
}

built_in!(HessianPenalty);
