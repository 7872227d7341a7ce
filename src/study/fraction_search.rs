//! The λ of a wanted activation fraction, by training.

use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::{Error, at_least_one, positive};
use crate::metrics::evaluate;
use crate::objective::Regularizer;
use crate::samples::Samples;
use crate::scalar::Real;
use crate::theory::Verdict;
use crate::train::Trainer;
use std::fmt;

/// Searches the coefficient λ with which a training ends at a wanted average activation fraction,
/// Eq. 14, by training and bisecting log λ.
///
/// This is a **heuristic**: no theorem says at which fraction a training ends. It supposes that the
/// fraction falls as λ grows, which the verdict must not exclude and the path shows. Every trial is a
/// whole training from the model that the caller makes for its λ; with the same seed they differ in λ
/// alone.
///
/// ```
/// use regularized_autoencoder::prelude::*;
/// use regularized_autoencoder::study::{FractionSearch, Outcome};
///
/// let x = DMatrix::<f64>::from_fn(4, 100, |i, j| ((3 * i + j) as f64).sin());
/// let trainer =
///     Trainer::builder().constraint(Constraint::UNIT).learning_rate(0.01).epochs(20).build()?;
/// let found = FractionSearch::new(0.5)?.tolerance(0.05)?.range(0.01, 100.0)?.run(
///     &trainer,
///     &x,
///     |lambda| {
///         RegularizedAutoEncoder::builder(4, 10)
///             .activation(Softplus::new())
///             .regularizer(lambda * KlSparsity::new(0.0)?)
///             .build()
///     },
/// )?;
/// for trial in &found.path {
///     println!("{trial}");
/// }
/// assert_eq!(found.outcome, Outcome::Reached);
/// let (lambda, model) = found.best.unwrap();
/// println!("λ = {lambda}: {} units", model.n_hidden());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FractionSearch {
    target: f64,
    tolerance: f64,
    range: (f64, f64),
    trainings: usize,
}

/// One training of a search.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Trial {
    /// λ.
    pub coefficient: f64,
    /// What the training ended with; `None` if it diverged, which counts as too large a λ.
    pub end: Option<TrialEnd>,
}

/// What a training of a search ended with.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TrialEnd {
    /// The average activation fraction, Eq. 14.
    pub activation_fraction: f64,
    /// The share of the units that are dead.
    pub dead_fraction: f64,
    /// J_AE.
    pub reconstruction_error: f64,
}

impl fmt::Display for Trial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "λ = {:.4e}: ", self.coefficient)?;
        match &self.end {
            Some(end) => write!(
                formatter,
                "activation fraction {:.4}, dead units {:.1} %, J_AE {:.4}",
                end.activation_fraction,
                100.0 * end.dead_fraction,
                end.reconstruction_error
            ),
            None => formatter.write_str("diverged"),
        }
    }
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Outcome {
    /// A training ended within the tolerance of the target.
    Reached,
    /// The theory says that λ does not move sparsity; nothing was trained.
    NoEffect,
    /// At the smallest λ of the range the fraction is below the target already.
    BelowAtSmallest,
    /// At the largest λ of the range the fraction is still above the target.
    AboveAtLargest,
    /// As many trainings as were allowed did not reach it.
    Exhausted,
}

/// What a search found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SearchResult<M> {
    /// How it ended.
    pub outcome: Outcome,
    /// What the theory said beforehand.
    pub verdict: Verdict,
    /// The trainings, in order.
    pub path: Vec<Trial>,
    /// The λ and the trained model that came nearest to the target.
    pub best: Option<(f64, M)>,
}

impl FractionSearch {
    /// For a target in (0, 1); tolerance 0.01, λ from 10⁻³ to 10³, at most 20 trainings.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the target does not lie in (0, 1).
    pub fn new(target: f64) -> Result<Self, Error> {
        if !(target > 0.0 && target < 1.0) {
            return Err(Error::invalid("wanted activation fraction", target, "in (0, 1)"));
        }
        Ok(Self { target, tolerance: 0.01, range: (1e-3, 1e3), trainings: 20 })
    }

    /// How far from the target the fraction may be.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if it is not finite and positive.
    pub fn tolerance(self, tolerance: f64) -> Result<Self, Error> {
        Ok(Self { tolerance: positive("tolerance", tolerance)?, ..self })
    }

    /// The smallest and the largest λ to try.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless 0 < smallest < largest < ∞.
    pub fn range(self, smallest: f64, largest: f64) -> Result<Self, Error> {
        positive("smallest coefficient", smallest)?;
        positive("largest coefficient", largest)?;
        if largest <= smallest {
            let rule = format!("greater than the smallest, {smallest}");
            return Err(Error::invalid("largest coefficient", largest, rule));
        }
        Ok(Self { range: (smallest, largest), ..self })
    }

    /// At most so many trainings.
    ///
    /// # Errors
    /// [`Error::Zero`] if there are none.
    pub fn trainings(self, trainings: usize) -> Result<Self, Error> {
        Ok(Self { trainings: at_least_one("trainings", trainings)?, ..self })
    }

    /// Trains on `samples` (n × N) with the models that `model` makes for each λ, and measures the
    /// fraction on them.
    ///
    /// # Errors
    /// Those of `model`, [`Trainer::fit`] and [`evaluate`], but for [`Error::Diverged`], which counts
    /// as too large a λ.
    pub fn run<'a, T: Real, A: Activation<T>, R: Regularizer<T>>(
        &self,
        trainer: &Trainer<T>,
        samples: impl Into<Samples<'a, T>>,
        mut model: impl FnMut(f64) -> Result<RegularizedAutoEncoder<T, A, R>, Error>,
    ) -> Result<SearchResult<RegularizedAutoEncoder<T, A, R>>, Error> {
        let samples = samples.into();
        let (mut low, mut high) = self.range;
        let verdict = trainer.verdict(&model(low)?);
        let mut result =
            SearchResult { outcome: Outcome::Exhausted, verdict, path: Vec::new(), best: None };
        if result.verdict.coefficient.is_none() || result.verdict.coefficient_has_no_effect() {
            result.outcome = Outcome::NoEffect;
            return Ok(result);
        }
        let mut nearest = f64::INFINITY;
        for number in 0..self.trainings {
            let lambda = match number {
                0 => low,
                1 => high,
                _ => (low.ln() + 0.5 * (high.ln() - low.ln())).exp(),
            };
            let mut candidate = model(lambda)?;
            let end = train(trainer, &mut candidate, &samples)?;
            // The excess over the target: positive if λ is too small.
            let excess = end.map_or(f64::NEG_INFINITY, |end| end.activation_fraction - self.target);
            result.path.push(Trial { coefficient: lambda, end });
            if excess.abs() < nearest {
                nearest = excess.abs();
                result.best = Some((lambda, candidate));
            }
            if excess.abs() <= self.tolerance {
                result.outcome = Outcome::Reached;
                break;
            }
            match number {
                0 if excess < 0.0 => {
                    result.outcome = Outcome::BelowAtSmallest;
                    break;
                }
                1 if excess > 0.0 => {
                    result.outcome = Outcome::AboveAtLargest;
                    break;
                }
                0 | 1 => {}
                _ if excess > 0.0 => low = lambda,
                _ => high = lambda,
            }
        }
        Ok(result)
    }
}

/// What a training ends with; `None` if it diverges.
fn train<T: Real, A: Activation<T>, R: Regularizer<T>>(
    trainer: &Trainer<T>,
    model: &mut RegularizedAutoEncoder<T, A, R>,
    samples: &Samples<'_, T>,
) -> Result<Option<TrialEnd>, Error> {
    match trainer.fit(model, samples) {
        Err(Error::Diverged { .. }) => return Ok(None),
        other => other?,
    };
    let evaluation = evaluate(model, samples)?;
    Ok(Some(TrialEnd {
        activation_fraction: evaluation.average_activation_fraction,
        dead_fraction: evaluation.dead_fraction(),
        reconstruction_error: evaluation.reconstruction_error,
    }))
}
