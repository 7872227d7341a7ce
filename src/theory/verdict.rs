//! What the theory says before a training.

use super::bias_gradients::BiasGradients;
use super::measured::{measured, measured_corruption};
use super::prediction::{Basis, Prediction, Reason, Source, Trend};
use super::statement::{Premise, Statement};
use crate::activation::{ActivationMetadata, Properties, Sign};
use crate::constraint::Constraint;
use crate::corruption::{CorruptionMetadata, Noise};
use crate::objective::{FilterPart, Form, RegularizerMetadata};
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

/// What all terms have in common.
struct Setting {
    activation: Properties,
    fixed_length: bool,
}

impl Setting {
    fn new(activation: Properties, constraint: Constraint) -> Self {
        Self { activation, fixed_length: matches!(constraint, Constraint::Length(_)) }
    }

    /// Whether s(a) → 0 as a → −∞ and so gets below δ_min.
    fn lower_is_sparser(&self) -> bool {
        let gets_below = self.activation.hard_zeros || self.activation.threshold.code > 0.0;
        self.activation.limit_at_negative_infinity == Some(0.0) && gets_below
    }

    fn judge(&self, term: &Form) -> TermVerdict {
        let (statement, failed) = self.premises(term);
        let bias_gradient = term.bias_gradient_sign(&self.activation);
        let statement = if failed.is_empty() {
            statement
        } else {
            // Where s'' vanishes, so does every term that has it as a factor, whatever else holds.
            (bias_gradient == Sign::Zero).then_some(Statement::VanishingCurvature)
        };
        let prediction = self.predict(term, statement, bias_gradient, &failed);
        TermVerdict { statement, failed, bias_gradient, prediction }
    }

    /// The statement about terms of this form, and those of its premises that fail.
    fn premises(&self, term: &Form) -> (Option<Statement>, Vec<Premise>) {
        let s = &self.activation;
        let mut failed = Vec::new();
        let mut require = |holds: bool, premise: Premise| {
            if !holds {
                failed.push(premise);
            }
        };
        let statement = match term {
            Form::MeanCode { increasing_on, .. } => {
                require(s.is_non_decreasing(), Premise::NonDecreasing);
                let increasing = Premise::Increasing {
                    on: increasing_on.to_string(),
                    range: s.range.to_string(),
                };
                require(increasing_on.encloses(&s.range), increasing);
                Some(Statement::Corollary1)
            }
            Form::SlopePower { power, weight, .. } => {
                require(weight.is_non_negative(), Premise::NonNegativeFactor);
                // An odd power leaves s'^(q−1) ≥ 0 whatever the sign of s'.
                require(s.is_non_decreasing() || power % 2 == 1, Premise::NonDecreasing);
                require(s.is_convex(), Premise::Convex);
                Some(Statement::Corollary2)
            }
            Form::SlopeProducts => {
                require(s.is_non_decreasing(), Premise::NonDecreasing);
                require(s.is_convex(), Premise::Convex);
                Some(Statement::CrossTerm)
            }
            Form::Curvature => {
                require(s.is_piecewise_linear(), Premise::PiecewiseLinear);
                Some(Statement::VanishingCurvature)
            }
            Form::WeightsOnly(_) => Some(Statement::NoBias),
            Form::LinearInNoise => {
                require(false, Premise::SignOfNoise);
                None
            }
            _ => {
                require(false, Premise::KnownForm);
                None
            }
        };
        (statement, failed)
    }

    fn predict(
        &self,
        term: &Form,
        statement: Option<Statement>,
        sign: Sign,
        failed: &[Premise],
    ) -> Prediction {
        let mut reasons: Vec<_> = failed.iter().cloned().map(Reason::PremiseFails).collect();
        reasons.extend(statement.map(Reason::Holds));
        if let (Some(statement), Sign::Zero) = (statement, sign) {
            return self.predict_from_zero(term, statement, reasons);
        }
        if !self.lower_is_sparser() {
            reasons.push(self.limit());
            return Prediction::new(Trend::NotApplicable, Basis::None, reasons);
        }
        if !self.fixed_length && shrinks_filters(term) {
            reasons.push(Reason::LengthsAreFree);
            return Prediction::new(Trend::Unpredictable, Basis::None, reasons);
        }
        if matches!(term, Form::SlopePower { depends_on: FilterPart::Direction, .. }) {
            reasons.push(Reason::FiltersTurn);
            return Prediction::new(Trend::Unpredictable, Basis::None, reasons);
        }
        if let Some(statement) = statement {
            if sign == Sign::NonNegative {
                reasons.push(Reason::MayVanish);
            }
            reasons.push(Reason::LowerIsSparser);
            return Prediction::new(Trend::Falls, Basis::Proven(statement), reasons);
        }
        match measured(&self.activation, term, self.fixed_length) {
            Some((source, explanation)) => {
                reasons.extend([Reason::NotGuaranteed, explanation]);
                Prediction::new(Trend::Falls, Basis::Measured(source), reasons)
            }
            None => {
                reasons.push(Reason::NotGuaranteed);
                Prediction::new(Trend::Unpredictable, Basis::None, reasons)
            }
        }
    }

    /// The bias gradient vanishes: what is left is what the term does to the filters.
    fn predict_from_zero(
        &self,
        term: &Form,
        statement: Statement,
        mut reasons: Vec<Reason>,
    ) -> Prediction {
        if self.activation.is_piecewise_linear() && !matches!(term, Form::WeightsOnly(_)) {
            reasons.push(Reason::NoCurvature);
        }
        let basis = if reasons.contains(&Reason::NoCurvature) {
            Basis::Proven(Statement::VanishingCurvature)
        } else {
            Basis::Proven(statement)
        };
        let part = term.depends_on();
        let lengths_matter = part >= FilterPart::Length && !self.fixed_length;
        let turns = part == FilterPart::Direction || matches!(term, Form::SlopeProducts);
        if lengths_matter {
            reasons.push(Reason::LengthsAreFree);
            return Prediction::new(Trend::Unpredictable, Basis::None, reasons);
        }
        if turns {
            return match measured(&self.activation, term, self.fixed_length) {
                Some((source, explanation)) => {
                    reasons.push(explanation);
                    Prediction::new(Trend::Falls, Basis::Measured(source), reasons)
                }
                None => {
                    reasons.push(Reason::FiltersTurn);
                    Prediction::new(Trend::Unpredictable, Basis::None, reasons)
                }
            };
        }
        Prediction::new(Trend::Unaffected, basis, reasons)
    }

    fn judge_corruption(&self, noise: Noise) -> Option<Prediction> {
        if noise == Noise::None {
            return None;
        }
        let mut reasons = vec![if noise == Noise::ZeroMean {
            Reason::SecondOrder
        } else {
            Reason::PremiseFails(Premise::ZeroMeanNoise)
        }];
        if !self.lower_is_sparser() {
            reasons.push(self.limit());
            return Some(Prediction::new(Trend::NotApplicable, Basis::None, reasons));
        }
        Some(match measured_corruption(&self.activation, noise, self.fixed_length) {
            Some((source, explanation)) => {
                reasons.push(explanation);
                Prediction::new(Trend::Falls, Basis::Measured(source), reasons)
            }
            None => {
                reasons.push(Reason::NotGuaranteed);
                Prediction::new(Trend::Unpredictable, Basis::None, reasons)
            }
        })
    }

    fn limit(&self) -> Reason {
        match self.activation.limit_at_negative_infinity {
            Some(0.0) => Reason::ThresholdIsZero,
            Some(limit) => Reason::LimitIsNotZero(limit.to_string()),
            None => Reason::LimitIsUnknown,
        }
    }
}

/// Whether a smaller value of the term can be had by shrinking the filters.
fn shrinks_filters(term: &Form) -> bool {
    match term {
        Form::MeanCode { .. } => false,
        Form::SlopePower { depends_on, .. } => *depends_on != FilterPart::Nothing,
        _ => true,
    }
}
