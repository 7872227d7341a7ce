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
/// Eq. 14, by training.
///
/// From the smallest λ on it tries every tenfold one until the fraction is below the target, and then
/// bisects log λ between the last two. So no training is made with a λ that is far too large, at which
/// codes may be dense again.
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
    /// What the training ended with; `None` if it failed, which counts as too large a λ.
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
            None => formatter.write_str("failed"),
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
    /// The theory says that λ does not move sparsity, other than by the size of the steps;
    /// nothing was trained.
    NoEffect,
    /// At the smallest λ of the range the fraction is below the target already.
    BelowAtSmallest,
    /// The training with the smallest λ of the range failed.
    FailedAtSmallest,
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
    /// Those of `model`, [`Trainer::fit`] and [`evaluate`], but for [`Error::Diverged`],
    /// [`Error::ZeroFilter`] and [`Error::NotFiniteResult`], which count as too large a λ.
    pub fn run<'a, T: Real, A: Activation<T>, R: Regularizer<T>>(
        &self,
        trainer: &Trainer<T>,
        samples: impl Into<Samples<'a, T>>,
        mut model: impl FnMut(f64) -> Result<RegularizedAutoEncoder<T, A, R>, Error>,
    ) -> Result<SearchResult<RegularizedAutoEncoder<T, A, R>>, Error> {
        let training = |lambda| Ok((trainer.clone(), model(lambda)?));
        self.search(&samples.into(), training, coefficient_matters)
    }

    /// [`run`](Self::run) where the strength that is searched may also be one of the trainer: the
    /// variance of a corruption.
    ///
    /// # Errors
    /// Those of [`run`](Self::run), and those of `training`.
    ///
    /// ```
    /// use regularized_autoencoder::prelude::*;
    /// use regularized_autoencoder::study::FractionSearch;
    ///
    /// let x = DMatrix::<f64>::from_fn(4, 100, |i, j| ((3 * i + j) as f64).sin());
    /// let search = FractionSearch::new(0.2)?.tolerance(0.05)?.range(0.01, 10.0)?;
    /// let found = search.run_with(&x, |variance| {
    ///     let trainer = Trainer::builder()
    ///         .constraint(Constraint::UNIT)
    ///         .corruption(GaussianNoise::new(variance)?)
    ///         .epochs(20);
    ///     let model = RegularizedAutoEncoder::builder(4, 10).activation(Relu);
    ///     Ok((trainer.build()?, model.build()?))
    /// })?;
    /// assert!(found.verdict.corruption.is_some() && !found.path.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn run_with<'a, T: Real, A: Activation<T>, R: Regularizer<T>>(
        &self,
        samples: impl Into<Samples<'a, T>>,
        training: impl FnMut(f64) -> Result<Run<T, A, R>, Error>,
    ) -> Result<SearchResult<RegularizedAutoEncoder<T, A, R>>, Error> {
        let matters =
            |verdict: &Verdict| verdict.corruption.is_some() || coefficient_matters(verdict);
        self.search(&samples.into(), training, matters)
    }

    fn search<T: Real, A: Activation<T>, R: Regularizer<T>>(
        &self,
        samples: &Samples<'_, T>,
        mut training: impl FnMut(f64) -> Result<Run<T, A, R>, Error>,
        matters: impl Fn(&Verdict) -> bool,
    ) -> Result<SearchResult<RegularizedAutoEncoder<T, A, R>>, Error> {
        let (trainer, model) = training(self.range.0)?;
        let verdict = trainer.verdict(&model);
        let mut result =
            SearchResult { outcome: Outcome::Exhausted, verdict, path: Vec::new(), best: None };
        if !matters(&result.verdict) {
            result.outcome = Outcome::NoEffect;
            return Ok(result);
        }
        let mut nearest = f64::INFINITY;
        let (smallest, largest) = self.range;
        // Too small a λ, and too large a one.
        let (mut low, mut high) = (None, None);
        for _ in 0..self.trainings {
            let lambda: f64 = match (low, high) {
                (None, _) => smallest,
                // Two of which rounding alone tells one from the other are not both tried.
                (Some(low), None) if STRIDE * low < 0.99 * largest => STRIDE * low,
                (Some(_), None) => largest,
                (Some(low), Some(high)) => geometric_mean(low, high),
            };
            let (trainer, mut candidate) = training(lambda)?;
            let end = train(&trainer, &mut candidate, samples)?;
            // The excess over the target: positive if λ is too small.
            let excess = end.map_or(f64::NEG_INFINITY, |end| end.activation_fraction - self.target);
            result.path.push(Trial { coefficient: lambda, end });
            if excess.abs() < nearest {
                nearest = excess.abs();
                result.best = Some((lambda, candidate));
            }
            let outcome = match excess {
                _ if excess.abs() <= self.tolerance => Some(Outcome::Reached),
                f64::NEG_INFINITY if lambda == smallest => Some(Outcome::FailedAtSmallest),
                _ if excess < 0.0 && lambda == smallest => Some(Outcome::BelowAtSmallest),
                _ if excess > 0.0 && lambda == largest => Some(Outcome::AboveAtLargest),
                _ => None,
            };
            if let Some(outcome) = outcome {
                result.outcome = outcome;
                break;
            }
            *(if excess > 0.0 { &mut low } else { &mut high }) = Some(lambda);
        }
        Ok(result)
    }
}

/// A trainer and the model that it is to train.
type Run<T, A, R> = (Trainer<T>, RegularizedAutoEncoder<T, A, R>);

/// From one λ to the next while the fraction is above the target.
const STRIDE: f64 = 10.0;

/// By logarithms, so that no product under- or overflows.
fn geometric_mean(low: f64, high: f64) -> f64 {
    (0.5 * (low.ln() + high.ln())).exp()
}

fn coefficient_matters(verdict: &Verdict) -> bool {
    verdict.coefficient.is_some() && !verdict.coefficient_has_no_effect()
}

/// What a training ends with; `None` if it fails as trainings with too large a λ do.
fn train<T: Real, A: Activation<T>, R: Regularizer<T>>(
    trainer: &Trainer<T>,
    model: &mut RegularizedAutoEncoder<T, A, R>,
    samples: &Samples<'_, T>,
) -> Result<Option<TrialEnd>, Error> {
    let evaluation = match trainer.fit(model, samples).and_then(|_| evaluate(model, samples)) {
        Err(error) if error.is_failed_training() => return Ok(None),
        other => other?,
    };
    Ok(Some(TrialEnd {
        activation_fraction: evaluation.average_activation_fraction,
        dead_fraction: evaluation.dead_fraction(),
        reconstruction_error: evaluation.reconstruction_error,
    }))
}
