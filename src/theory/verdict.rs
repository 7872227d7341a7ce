//! What the theory says before a training.

use super::bias_gradients::BiasGradients;
use super::judge::Setting;
use super::prediction::{Basis, Prediction, Reason, Source, Trend};
use super::statement::{Premise, Statement};
use crate::activation::{ActivationMetadata, Sign};
use crate::constraint::Constraint;
use crate::corruption::CorruptionMetadata;
use crate::objective::RegularizerMetadata;
use std::fmt;

/// What the theory says about an activation, a regularizer, a constraint and a corruption: derived
/// from what they declare, before anything is trained.
///
/// Every term of a sum is judged on its own. The bias gradient of the sum has the sum of the
/// terms' signs, and its prediction is the least certain of theirs: unpredictable if one of them
/// is, else falling if one of them makes it fall.
///
/// ```
/// use regularized_autoencoder::theory::{Basis, Statement, Trend, Verdict};
/// use regularized_autoencoder::{Constraint, Contractive, Relu, Sign, Softplus};
///
/// let verdict = Verdict::of(&Softplus::new(), &Contractive::new(), Constraint::UNIT);
/// assert_eq!(verdict.bias_gradient, Sign::Positive);
/// let prediction = verdict.coefficient.unwrap();
/// assert_eq!(prediction.trend, Trend::Falls);
/// assert_eq!(prediction.basis, Basis::Proven(Statement::Corollary2));
///
/// let verdict = Verdict::of(&Relu, &Contractive::new(), Constraint::UNIT);
/// assert_eq!(verdict.bias_gradient, Sign::Zero);
/// assert_eq!(verdict.coefficient.unwrap().trend, Trend::Unaffected);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Verdict {
    /// One for each term of the regularizer that is not 0.
    pub terms: Vec<TermVerdict>,
    /// The sign of ∂R/∂b_j of the whole regularizer, as
    /// [`Form::bias_gradient_sign`](crate::Form::bias_gradient_sign) tells it.
    pub bias_gradient: Sign,
    /// Whether lower pre-activations make a unit inactive: s(a) → 0 as a → −∞, below a δ_min > 0 or as
    /// a hard zero.
    pub lower_is_sparser: bool,
    /// Whether inactive units are exactly 0.
    pub hard_zeros: bool,
    /// How sparsity responds to the regularizer's coefficient λ; `None` where R = 0.
    pub coefficient: Option<Prediction>,
    /// How sparsity responds to the strength of the corruption; `None` without one.
    pub corruption: Option<Prediction>,
}

/// What the theory says about one term of a regularizer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TermVerdict {
    /// The statement that tells the sign of its bias gradient, if the premises of one hold.
    pub statement: Option<Statement>,
    /// The premises of the statement about terms of its form that fail.
    pub failed: Vec<Premise>,
    /// The sign of its bias gradient, for every unit whose filter is not 0 and for any data.
    pub bias_gradient: Sign,
    /// How sparsity responds to its coefficient.
    pub prediction: Prediction,
}

impl Verdict {
    /// About a training without corruption.
    ///
    /// λ is a common factor of all terms of the regularizer; its present value does not matter,
    /// but that a term with coefficient 0 is left out.
    pub fn of(
        activation: &(impl ActivationMetadata + ?Sized),
        regularizer: &(impl RegularizerMetadata + ?Sized),
        constraint: Constraint,
    ) -> Self {
        let setting = Setting::new(activation.properties(), constraint);
        let form = regularizer.form();
        let terms: Vec<_> = form.terms().into_iter().map(|term| setting.judge(term)).collect();
        let coefficient = terms.iter().map(|term| term.prediction.clone()).reduce(Prediction::join);
        Self {
            terms,
            bias_gradient: form.bias_gradient_sign(&setting.activation),
            lower_is_sparser: setting.lower_is_sparser(),
            hard_zeros: setting.activation.hard_zeros,
            coefficient,
            corruption: None,
        }
    }

    /// About a training with a corruption too.
    ///
    /// ```
    /// use regularized_autoencoder::theory::{Basis, Trend, Verdict};
    /// use regularized_autoencoder::{Constraint, GaussianNoise, Relu, Unregularized};
    /// let noise = GaussianNoise::new(0.04)?;
    /// let verdict = Verdict::with_corruption(&Relu, &Unregularized, Constraint::UNIT, &noise);
    /// let prediction = verdict.corruption.unwrap();
    /// assert_eq!(prediction.trend, Trend::Falls);
    /// assert!(matches!(prediction.basis, Basis::Measured(_)));
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn with_corruption(
        activation: &(impl ActivationMetadata + ?Sized),
        regularizer: &(impl RegularizerMetadata + ?Sized),
        constraint: Constraint,
        corruption: &(impl CorruptionMetadata + ?Sized),
    ) -> Self {
        let setting = Setting::new(activation.properties(), constraint);
        let prediction = setting.judge_corruption(corruption.noise());
        Self { corruption: prediction, ..Self::of(activation, regularizer, constraint) }
    }

    /// This verdict together with the regularizer's bias gradients on the user's data.
    ///
    /// * Where the theory cannot tell the sign and no unit has a negative gradient, though some
    ///   have a positive one, an unpredictable trend becomes a falling one, measured on the data,
    ///   unless the filters' lengths are free or a term turns the filters. It holds for the
    ///   parameters of the measurement.
    /// * Where a trend was measured on other data and on these no unit has a positive gradient, though
    ///   some have a negative one, the trend becomes unpredictable.
    /// * Where a gradient contradicts the declared sign, a declaration is false: the prediction
    ///   becomes unpredictable and says so.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use regularized_autoencoder::theory::{BiasGradients, Verdict};
    /// use regularized_autoencoder::{Constraint, Contractive, RegularizedAutoEncoder, Sigmoid};
    /// let x = DMatrix::<f64>::from_fn(4, 50, |i, j| ((3 * i + j) as f64).sin());
    /// let model =
    ///     RegularizedAutoEncoder::builder(4, 10).regularizer(Contractive::new()).build()?;
    /// let verdict = Verdict::of(&Sigmoid, &Contractive::new(), Constraint::UNIT);
    /// println!("{}", verdict.with_measurement(&BiasGradients::of(&model, &x)?));
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn with_measurement(mut self, gradients: &BiasGradients) -> Self {
        let (positive, negative) = (gradients.positive(), gradients.negative());
        let refuted = match self.bias_gradient {
            Sign::Zero => positive + negative > 0,
            Sign::Positive | Sign::NonNegative => negative > 0,
            Sign::Indefinite => false,
        };
        let lower_is_sparser = self.lower_is_sparser;
        let Some(prediction) = &mut self.coefficient else { return self };
        if refuted {
            prediction.trend = Trend::Unpredictable;
            prediction.basis = Basis::None;
            prediction.reasons.push(Reason::DeclarationRefuted(format!(
                "declared {}, but {gradients}",
                self.bias_gradient
            )));
            return self;
        }
        let is_open = self.bias_gradient == Sign::Indefinite;
        let other = [Reason::LengthsAreFree, Reason::FiltersTurn];
        let filters_matter = other.iter().any(|reason| prediction.reasons.contains(reason));
        match prediction.basis {
            Basis::None
                if is_open
                    && lower_is_sparser
                    && !filters_matter
                    && negative == 0
                    && positive > 0 =>
            {
                prediction.trend = Trend::Falls;
                prediction.basis = Basis::Measured(Source::Data);
            }
            Basis::Measured(Source::NoiseStudy) if is_open && positive == 0 && negative > 0 => {
                prediction.trend = Trend::Unpredictable;
                prediction.basis = Basis::None;
            }
            _ => {}
        }
        prediction.reasons.push(Reason::Measured(gradients.to_string()));
        self
    }

    /// Whether no λ moves sparsity: there is a regularizer, and it is predicted to have no effect.
    pub fn coefficient_has_no_effect(&self) -> bool {
        self.coefficient.as_ref().is_some_and(|prediction| prediction.trend == Trend::Unaffected)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yes = |holds: bool| if holds { "yes" } else { "no" };
        writeln!(formatter, "bias gradient of the regularizer: {}", self.bias_gradient)?;
        writeln!(formatter, "lower pre-activations mean sparser: {}", yes(self.lower_is_sparser))?;
        writeln!(formatter, "hard zeros: {}", yes(self.hard_zeros))?;
        match &self.coefficient {
            Some(prediction) => write!(formatter, "activation fraction as λ grows: {prediction}")?,
            None => write!(formatter, "activation fraction as λ grows: there is no regularizer")?,
        }
        match &self.corruption {
            Some(prediction) => {
                write!(formatter, "\nactivation fraction as the noise grows: {prediction}")
            }
            None => Ok(()),
        }
    }
}
