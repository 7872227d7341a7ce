//! Lemma 1, Thm. 1 and Thm. 2 at given parameters, on data.

use super::assumption::Assumption1;
use super::bounds::{cantelli, chebyshev, count_of_share, lemma_1_bound};
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::{Error, probability};
use crate::matmul::{Operand, Product};
use crate::metrics::evaluate_parameters;
use crate::objective::{Batch, Pass, Regularizer};
use crate::regularizer::Unregularized;
use crate::scalar::Real;
use std::fmt;

/// The quantities of Lemma 1, Thm. 1 and Thm. 2 at one moment of a training, for every unit.
///
/// ```
/// use regularized_autoencoder::prelude::*;
/// use regularized_autoencoder::theory::Snapshot;
/// let x = DMatrix::<f64>::from_fn(4, 50, |i, j| ((3 * i + j) as f64).sin());
/// let model = RegularizedAutoEncoder::builder(4, 10)
///     .activation(Sigmoid)
///     .regularizer(0.1 * KlSparsity::new(0.0)?)
///     .build()?;
/// let snapshot = Snapshot::of(&model, &x)?;
/// for unit in &snapshot.units {
///     assert!(unit.reconstruction_gradient.abs() <= unit.lemma_1_bound);
///     assert!(unit.inactive_share >= unit.cantelli.unwrap());
/// }
/// println!("{snapshot}");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// J_AE: the sum over the inputs, the mean over the samples.
    pub reconstruction_error: f64,
    /// σ_r = √(J_AE/n), the root mean square of the residual's coordinates about zero.
    pub residual_rms: f64,
    /// The share of the pairs of sample and unit with h > δ_min, Eq. 14.
    pub average_activation_fraction: f64,
    /// One for each hidden unit.
    pub units: Vec<UnitSnapshot>,
}

/// The quantities of one hidden unit j.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct UnitSnapshot {
    /// ‖W_j‖.
    pub filter_length: f64,
    /// E\[a_j\].
    pub pre_activation_mean: f64,
    /// Var\[a_j\] (1/N), measured on the pre-activations.
    pub pre_activation_variance: f64,
    /// W_jᵀCW_j with the covariance C of the inputs (1/N), which Var\[a_j\] is; ‖W_j‖² if C = I.
    pub variance_by_covariance: f64,
    /// ∂J_AE/∂b_j.
    pub reconstruction_gradient: f64,
    /// ∂R/∂b_j, coefficients included.
    pub regularizer_gradient: f64,
    /// Lemma 1's bound of |∂J_AE/∂b_j|: 2σ_r√n‖W_j‖ sup|s'|.
    pub lemma_1_bound: f64,
    /// The measured share of the samples with h_j ≤ δ_min.
    pub inactive_share: f64,
    /// Thm. 2's lower bound of it by Chebyshev's inequality; `None` where a_min is not known.
    pub chebyshev: Option<f64>,
    /// The tighter one by Cantelli's inequality.
    pub cantelli: Option<f64>,
}

impl UnitSnapshot {
    /// Thm. 1's condition, ∂R/∂b_j > 2σ_r√n‖W_j‖ sup|s'|: a plain gradient step surely lowers
    /// E\[a_j\], on data with E\[x\] = 0.
    ///
    /// It is sufficient and far from necessary: in ordinary trainings it holds for hardly any
    /// unit. What explains those is the sign of the bias gradient.
    pub fn theorem_1_holds(&self) -> bool {
        self.regularizer_gradient > self.lemma_1_bound
    }

    /// The smallest factor λ with λ ∂R/∂b_j > 2σ_r√n‖W_j‖ sup|s'|, if there is a finite one. Where the
    /// bound is 0 it may be less than `f32` holds.
    fn factor_for_theorem_1(&self) -> Option<f64> {
        // A bound of 0 is exceeded by every product that is not lost among the subnormal numbers.
        let bound = self.lemma_1_bound.max(f64::MIN_POSITIVE);
        let gradient = self.regularizer_gradient;
        let mut factor = bound / gradient;
        if !(gradient > 0.0 && factor.is_finite()) {
            return None;
        }
        // One of the next few numbers, as quotient and product are rounded.
        while factor * gradient <= bound {
            factor = factor.next_up();
        }
        factor.is_finite().then_some(factor)
    }
}

impl Snapshot {
    /// Measures a model on samples (n × N) as **one batch**: some thousand samples suffice.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::objective`].
    pub fn of<'a, T: Real, A: Activation<T>, R: Regularizer<T>>(
        model: &'a RegularizedAutoEncoder<T, A, R>,
        batch: impl Into<Batch<'a, T>>,
    ) -> Result<Self, Error> {
        let pass = model.pass(batch)?;
        Self::of_pass(&pass, &model.regularizer())
    }

    /// Measures parameters, activation and batch that are not in a model.
    ///
    /// # Errors
    /// Those of [`RegularizedAutoEncoder::objective`].
    pub fn of_pass<T: Real>(
        pass: &Pass<'_, T>,
        regularizer: &dyn Regularizer<T>,
    ) -> Result<Self, Error> {
        let inputs = Assumption1::of(pass.input())?;
        Self::with_moments(pass, regularizer, &inputs)
    }

    /// The same with the moments of the inputs, which are those of the batch.
    pub(crate) fn with_moments<T: Real>(
        pass: &Pass<'_, T>,
        regularizer: &dyn Regularizer<T>,
        inputs: &Assumption1,
    ) -> Result<Self, Error> {
        let (parameters, activation) = (pass.parameters(), pass.activation());
        let properties = activation.properties();
        let (loss, reconstruction) = pass.differentiate(&Unregularized, true)?;
        let (_, penalty) = pass.differentiate(regularizer, false)?;
        let evaluation = evaluate_parameters(parameters, activation, pass.input(), 1)?;
        let variances = variances(parameters.filters().map(|w| w.as_f64()), inputs)?;
        let error = loss.reconstruction.as_f64();
        let steepest = properties.derivative_range.largest_magnitude();
        let units = (0..parameters.n_hidden()).map(|j| {
            let filter_length = parameters.filters().column(j).map(|w| w.as_f64()).norm();
            let mean = evaluation.pre_activation_mean[j];
            let variance = evaluation.pre_activation_variance[j];
            let below = |bound: fn(f64, f64, f64) -> Result<f64, Error>| {
                let a_min = properties.threshold.pre_activation;
                a_min.map(|a_min| bound(mean, variance, a_min)).transpose()
            };
            Ok(UnitSnapshot {
                filter_length,
                pre_activation_mean: mean,
                pre_activation_variance: variance,
                variance_by_covariance: variances[j],
                reconstruction_gradient: reconstruction.encoder_bias[j].as_f64(),
                regularizer_gradient: penalty.encoder_bias[j].as_f64(),
                lemma_1_bound: lemma_1_bound(error, filter_length, steepest)?,
                inactive_share: 1.0 - evaluation.activation_rate[j],
                chebyshev: below(chebyshev)?,
                cantelli: below(cantelli)?,
            })
        });
        Ok(Self {
            reconstruction_error: error,
            residual_rms: (error / parameters.n_inputs() as f64).sqrt(),
            average_activation_fraction: evaluation.average_activation_fraction,
            units: units.collect::<Result<_, Error>>()?,
        })
    }

    /// The share of the units in which Thm. 1's condition holds.
    pub fn share_with_theorem_1(&self) -> f64 {
        self.share(UnitSnapshot::theorem_1_holds)
    }

    /// The share of the units with ∂R/∂b_j > 0: those that the regularizer pushes towards
    /// inactivity.
    pub fn share_pushed_down(&self) -> f64 {
        self.share(|unit| unit.regularizer_gradient > 0.0)
    }

    /// The mean over the units of E\[a_j\].
    pub fn mean_pre_activation(&self) -> f64 {
        self.units.iter().map(|unit| unit.pre_activation_mean).sum::<f64>()
            / self.units.len() as f64
    }

    /// The smallest λ for which, with λR in place of R, Thm. 1's condition holds for at least the
    /// given share of the units **at these parameters**; `None` if no λ does, because too few
    /// units have ∂R/∂b_j > 0.
    ///
    /// What is proven: at these parameters, on data with E\[x\] = 0, a plain gradient step (no
    /// momentum) with this λ lowers E\[a_j\] of those units. It is an upper bound of the λ that
    /// suffices, as a rule a wide one; to find the λ for a wanted sparsity, train:
    /// [`FractionSearch`](crate::study::FractionSearch).
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the share does not lie in [0, 1].
    ///
    /// ```
    /// use regularized_autoencoder::prelude::*;
    /// use regularized_autoencoder::theory::Snapshot;
    /// let x = DMatrix::<f64>::from_fn(4, 50, |i, j| ((3 * i + j) as f64).sin());
    /// let builder = || RegularizedAutoEncoder::builder(4, 10).activation(Softplus::new());
    /// let model = builder().regularizer(Contractive::new()).build()?;
    /// let lambda = Snapshot::of(&model, &x)?.coefficient_for_theorem_1(0.9)?.unwrap();
    /// let regularizer = 1.000001 * lambda * Contractive::new(); // the rest is rounding
    /// let model = builder().regularizer(regularizer).build()?;
    /// assert!(Snapshot::of(&model, &x)?.share_with_theorem_1() >= 0.9);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn coefficient_for_theorem_1(&self, share_of_units: f64) -> Result<Option<f64>, Error> {
        let share = probability("share of the units", share_of_units)?;
        let wanted = count_of_share(share, self.units.len());
        let factors = self.units.iter().filter_map(UnitSnapshot::factor_for_theorem_1);
        let mut factors: Vec<f64> = factors.collect();
        factors.sort_by(f64::total_cmp);
        Ok(if wanted == 0 { Some(0.0) } else { factors.get(wanted - 1).copied() })
    }

    fn share(&self, holds: impl Fn(&UnitSnapshot) -> bool) -> f64 {
        self.units.iter().filter(|unit| holds(unit)).count() as f64 / self.units.len() as f64
    }
}

/// W_jᵀ C W_j of each filter.
fn variances(filters: nalgebra::DMatrix<f64>, inputs: &Assumption1) -> Result<Vec<f64>, Error> {
    let (n_inputs, n_hidden) = filters.shape();
    let mut products =
        crate::memory::zero_matrix("products with the covariance", n_inputs, n_hidden)?;
    let covariance = Operand::new(inputs.covariance().as_slice(), n_inputs, n_inputs);
    let right = Operand::new(filters.as_slice(), n_inputs, n_hidden);
    f64::product(products.as_mut_slice(), false, 1.0, covariance, right);
    let pairs = filters.column_iter().zip(products.column_iter());
    Ok(pairs.map(|(filter, product)| filter.dot(&product)).collect())
}

impl fmt::Display for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "J_AE = {:.4}, σ_r = {:.4}, activation fraction {:.4}, mean E[a_j] = {:.4}; Thm. 1's \
             condition holds in {:.1} % of the units, ∂R/∂b_j > 0 in {:.1} %",
            self.reconstruction_error,
            self.residual_rms,
            self.average_activation_fraction,
            self.mean_pre_activation(),
            100.0 * self.share_with_theorem_1(),
            100.0 * self.share_pushed_down(),
        )
    }
}
