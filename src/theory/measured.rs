//! Trends that no theorem tells, but that were measured: `docs/RELU_NOISE.md`.

use super::prediction::{Reason, Source};
use crate::activation::Properties;
use crate::corruption::Noise;
use crate::objective::{FilterPart, Form};

/// Where it was measured that sparsity falls with the coefficient of a term, and an explanation.
///
/// All trainings there have filters of fixed length.
pub(super) fn measured(
    activation: &Properties,
    term: &Form,
    fixed_length: bool,
) -> Option<(Source, Reason)> {
    if !fixed_length {
        return None;
    }
    let reason = match term {
        // The penalty of CAE and mDAE; one that weights inputs turns the filters instead.
        Form::SlopePower { power: 2, depends_on, .. }
            if is_sigmoidal(activation) && *depends_on != FilterPart::Direction =>
        {
            Reason::ConvexBelow
        }
        Form::SlopeProducts if is_rectifier(activation) => Reason::FiltersTurn,
        Form::LinearInNoise if is_rectifier(activation) || is_like_softplus(activation) => {
            Reason::SamplingNoise
        }
        _ => return None,
    };
    Some((Source::NoiseStudy, reason))
}

/// Where it was measured that sparsity falls with a corruption, and an explanation.
pub(super) fn measured_corruption(
    activation: &Properties,
    noise: Noise,
    fixed_length: bool,
) -> Option<(Source, Reason)> {
    if !(fixed_length && noise == Noise::ZeroMean) {
        return None;
    }
    if is_rectifier(activation) {
        Some((Source::NoiseStudy, Reason::NoiseOverKink))
    } else if is_sigmoidal(activation) || is_like_softplus(activation) {
        Some((Source::NoiseStudy, Reason::SeenInTrainings))
    } else {
        None
    }
}

/// ReLU and its like: hard zeros up to a kink, linear pieces from there on, convex.
fn is_rectifier(activation: &Properties) -> bool {
    activation.is_non_decreasing()
        && activation.is_convex()
        && activation.is_piecewise_linear()
        && activation.hard_zeros
}

/// Softplus and its like: smooth, strictly increasing and strictly convex.
fn is_like_softplus(activation: &Properties) -> bool {
    activation.is_strictly_increasing() && activation.is_strictly_convex() && activation.is_smooth()
}

/// The sigmoid and its like: smooth, strictly increasing and bounded.
fn is_sigmoidal(activation: &Properties) -> bool {
    activation.is_strictly_increasing()
        && activation.is_smooth()
        && activation.range.low.is_finite()
        && activation.range.high.is_finite()
}
