//! What the theory says of one term of a regularizer, and of a corruption.

use super::measured::{measured, measured_corruption};
use super::prediction::{Basis, Prediction, Reason, Trend};
use super::statement::{Premise, Statement};
use super::verdict::TermVerdict;
use crate::activation::{Properties, Sign};
use crate::constraint::Constraint;
use crate::corruption::Noise;
use crate::objective::{FilterPart, Form};

/// What all terms have in common.
pub(super) struct Setting {
    pub activation: Properties,
    fixed_length: bool,
}

impl Setting {
    pub fn new(activation: Properties, constraint: Constraint) -> Self {
        Self { activation, fixed_length: matches!(constraint, Constraint::Length(_)) }
    }

    /// Whether s(a) → 0 as a → −∞ and so gets below δ_min.
    pub fn lower_is_sparser(&self) -> bool {
        let gets_below = self.activation.hard_zeros || self.activation.threshold.code > 0.0;
        self.activation.limit_at_negative_infinity == Some(0.0) && gets_below
    }

    pub fn judge(&self, term: &Form) -> TermVerdict {
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

    pub fn judge_corruption(&self, noise: Noise) -> Option<Prediction> {
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
