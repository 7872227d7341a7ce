//! The form of a regularizer, from which the theory derives the sign of its bias gradient.

use crate::activation::{Interval, Properties, Sign};

/// The form of a regularizer, as far as the theory knows it.
///
/// ```
/// use regularized_autoencoder::{ActivationMetadata, Contractive, RegularizerMetadata, Sign};
/// use regularized_autoencoder::{Relu, Sigmoid, Softplus};
/// let form = Contractive::new().form();
/// assert_eq!(form.bias_gradient_sign(&Softplus::new().properties()), Sign::Positive);
/// assert_eq!(form.bias_gradient_sign(&Relu.properties()), Sign::Zero);
/// assert_eq!(form.bias_gradient_sign(&Sigmoid.properties()), Sign::Indefinite);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Form {
    /// R = 0: no regularizer, or a coefficient or variance of 0.
    Nothing,
    /// Corollary 1: R = Σ_j f(ρ_j), ρ_j = E\[h_j\].
    MeanCode {
        /// An interval on which f' ≥ 0.
        increasing_on: Interval,
        /// Whether f' > 0 there.
        strictly: bool,
    },
    /// Corollary 2: R = E Σ_j s'(a_j)^q w(W_j) with a factor w ≥ 0 of the filter alone.
    SlopePower {
        /// q ≥ 1.
        power: u32,
        /// The sign of w for a filter that is not 0.
        weight: Sign,
        /// On what of the filter w depends.
        depends_on: FilterPart,
    },
    /// R = E Σ_{jk} s'(a_j) s'(a_k) w(W_j, W_k) with w ≥ 0.
    SlopeProducts,
    /// Every term of the bias gradient has a factor s'' or s''' and no definite sign; with
    /// piecewise linear s, R depends on no more of the filters than their lengths.
    Curvature,
    /// R is linear in noise of mean 0 that is drawn for it: the mean over the noise of R and of
    /// each of its gradients is 0.
    LinearInNoise,
    /// The encoder bias does not occur: R is a function of the filters alone.
    WeightsOnly(FilterPart),
    /// A sum.
    Sum(Vec<Form>),
    /// Nothing is known.
    Unknown,
}

/// On what of a filter W_j something depends, if it depends on nothing else of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilterPart {
    /// On nothing: it is constant.
    Nothing,
    /// On the length ‖W_j‖.
    Length,
    /// On the length and the direction.
    Direction,
}

impl Form {
    /// The terms of which it is the sum, those that are 0 left out.
    pub fn terms(&self) -> Vec<&Form> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Sum(parts) => parts.iter().flat_map(Self::terms).collect(),
            term => vec![term],
        }
    }

    /// On what of the filters R depends beyond the pre-activations, the residual and, for products
    /// of slopes, the angles between filters.
    pub fn depends_on(&self) -> FilterPart {
        match self {
            Self::Nothing | Self::MeanCode { .. } => FilterPart::Nothing,
            Self::SlopePower { depends_on, .. } | Self::WeightsOnly(depends_on) => *depends_on,
            Self::SlopeProducts | Self::Curvature | Self::LinearInNoise => FilterPart::Length,
            Self::Sum(parts) => {
                parts.iter().map(Self::depends_on).max().unwrap_or(FilterPart::Nothing)
            }
            Self::Unknown => FilterPart::Direction,
        }
    }

    /// The sign of ∂R/∂b_j for every unit j with W_j ≠ 0, for any data.
    ///
    /// That of the gradient as it is computed: without the Dirac deltas that s'' has at kinks. Where
    /// s' jumps downwards, as for ELU with α > 1, E\[∂R/∂b_j\] over a density can have another sign.
    pub fn bias_gradient_sign(&self, activation: &Properties) -> Sign {
        let (slope, mut curvature) = (activation.slope, activation.curvature);
        if activation.convex && curvature == Sign::Indefinite {
            curvature = Sign::NonNegative;
        }
        match self {
            // f'(ρ_j) E[s']
            Self::MeanCode { increasing_on, strictly } => {
                if !increasing_on.encloses(&activation.range) {
                    Sign::Indefinite * slope
                } else if *strictly {
                    slope
                } else {
                    slope.weakened()
                }
            }
            // E[q s'^(q−1) s''] w
            Self::SlopePower { power: 0, .. } => Sign::Zero,
            Self::SlopePower { power, weight, .. } => {
                sign_of_power(slope, power - 1) * curvature * *weight
            }
            // E[2 s''_j Σ_k s'_k w_jk]
            Self::SlopeProducts => (slope * curvature).weakened(),
            Self::Curvature => curvature * Sign::Indefinite,
            Self::Nothing | Self::WeightsOnly(_) => Sign::Zero,
            Self::Sum(parts) => parts
                .iter()
                .map(|part| part.bias_gradient_sign(activation))
                .fold(Sign::Zero, |sum, sign| sum + sign),
            Self::LinearInNoise | Self::Unknown => Sign::Indefinite,
        }
    }
}

/// The sign of a power of a quantity of the given sign.
fn sign_of_power(sign: Sign, exponent: u32) -> Sign {
    match (sign, exponent) {
        (_, 0) => Sign::Positive,
        (Sign::Indefinite, exponent) if exponent.is_multiple_of(2) => Sign::NonNegative,
        (sign, _) => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(slope: Sign, curvature: Sign) -> Properties {
        Properties { slope, curvature, ..Properties::unknown() }
    }

    #[test]
    fn corollary_2_follows_from_slope_and_curvature() {
        let sign = |power, slope, curvature| {
            let (weight, depends_on) = (Sign::Positive, FilterPart::Length);
            Form::SlopePower { power, weight, depends_on }
                .bias_gradient_sign(&with(slope, curvature))
        };
        assert_eq!(sign(2, Sign::Positive, Sign::Positive), Sign::Positive);
        assert_eq!(sign(2, Sign::NonNegative, Sign::Zero), Sign::Zero);
        assert_eq!(sign(1, Sign::Indefinite, Sign::Positive), Sign::Positive);
        assert_eq!(sign(2, Sign::Indefinite, Sign::Positive), Sign::Indefinite);
        assert_eq!(sign(3, Sign::Indefinite, Sign::Positive), Sign::NonNegative);
        assert_eq!(sign(2, Sign::Positive, Sign::Indefinite), Sign::Indefinite);
    }

    #[test]
    fn corollary_1_needs_f_to_increase_on_the_range() {
        let form = Form::MeanCode { increasing_on: Interval::NON_NEGATIVE, strictly: true };
        let mut properties = with(Sign::NonNegative, Sign::Indefinite);
        assert_eq!(form.bias_gradient_sign(&properties), Sign::Indefinite);
        properties.range = Interval::new(0.0, 1.0);
        assert_eq!(form.bias_gradient_sign(&properties), Sign::NonNegative);
    }

    #[test]
    fn sums_add() {
        let sum = Form::Sum(vec![Form::WeightsOnly(FilterPart::Length), Form::SlopeProducts]);
        let softplus = with(Sign::Positive, Sign::Positive);
        assert_eq!(sum.bias_gradient_sign(&softplus), Sign::NonNegative);
        let sum = Form::Sum(vec![sum, Form::Unknown]);
        assert_eq!(sum.bias_gradient_sign(&softplus), Sign::Indefinite);
    }
}
