//! From which score on a sample is unusual.

use crate::error::Error;

/// A bound of scores, from the scores of reference samples that are not anomalous.
///
/// ```text
/// t = the k-th smallest of N reference scores,  k = ⌈q (N + 1)⌉
/// ```
/// Among the reference scores at most the share 1 − q lies above t. With N + 1 in place of N, the
/// same holds for new samples: if they come from where the reference samples came from and the model
/// has seen neither, a new score exceeds t with probability at most 1 − q (the bound of split
/// conformal prediction). Scores of samples that the model was trained on are smaller than those of
/// new ones: keep some samples aside for this.
///
/// ```
/// use regularized_autoencoder::scores::QuantileThreshold;
/// let reference: Vec<f64> = (1..=99).map(f64::from).collect();
/// let threshold = QuantileThreshold::fit(&reference, 0.9)?;
/// assert_eq!(threshold.value(), 90.0);
/// assert!(threshold.is_anomalous(90.5) && !threshold.is_anomalous(90.0));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct QuantileThreshold {
    value: f64,
    quantile: f64,
    n_reference: usize,
}

#[cfg(feature = "serde")]
crate::stored::deserialize_checked!(QuantileThreshold {
    value: f64,
    quantile: f64,
    n_reference: usize
} => Self::from_parts(value, quantile, n_reference));

impl QuantileThreshold {
    /// Fits the bound to reference scores, in any order, at the quantile q = `quantile`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless q lies in (0, 1), [`Error::NotEnough`] if N < q / (1 − q),
    /// since then no reference score is high enough, [`Error::NotFinite`] for NaN and ±∞.
    pub fn fit(reference_scores: &[f64], quantile: f64) -> Result<Self, Error> {
        let n_reference = reference_scores.len();
        let rank = checked_rank(quantile, n_reference)?;
        crate::samples::check_finite("reference scores", reference_scores, n_reference)?;
        let mut scores = reference_scores.to_vec();
        let (_, value, _) = scores.select_nth_unstable_by(rank - 1, f64::total_cmp);
        Ok(Self { value: *value, quantile, n_reference })
    }

    /// Puts together what was fitted elsewhere, such as by another program: t, q and N.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), and [`Error::InvalidParameter`] if t is not finite.
    pub fn from_parts(value: f64, quantile: f64, n_reference: usize) -> Result<Self, Error> {
        checked_rank(quantile, n_reference)?;
        if !value.is_finite() {
            return Err(Error::invalid("threshold", value, "finite"));
        }
        Ok(Self { value, quantile, n_reference })
    }

    /// t.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// q.
    pub fn quantile(&self) -> f64 {
        self.quantile
    }

    /// Number of reference scores, N.
    pub fn n_reference(&self) -> usize {
        self.n_reference
    }

    /// Whether the score exceeds t; so does NaN.
    pub fn is_anomalous(&self, score: f64) -> bool {
        !(score <= self.value)
    }
}

/// k, or an error unless q lies in (0, 1) and there are so many reference scores.
fn checked_rank(quantile: f64, n_reference: usize) -> Result<usize, Error> {
    if !(quantile > 0.0 && quantile < 1.0) {
        return Err(Error::invalid("quantile", quantile, "in (0, 1)"));
    }
    let rank = rank(quantile, n_reference);
    if rank > n_reference {
        return Err(Error::NotEnough {
            what: format!("reference scores for the quantile {quantile}").into(),
            asked: enough(quantile),
            available: n_reference,
        });
    }
    Ok(rank)
}

/// k, counted from 1.
fn rank(quantile: f64, n_reference: usize) -> usize {
    let product = quantile * (n_reference as f64 + 1.0);
    // A product that is a whole number may have been rounded up.
    let nearest = product.round();
    let is_whole = (product - nearest).abs() <= 2.0 * f64::EPSILON * product;
    (if is_whole { nearest } else { product.ceil() }) as usize
}

/// The smallest number of reference scores of which the k-th exists.
fn enough(quantile: f64) -> usize {
    let about = (quantile / (1.0 - quantile)).ceil() as usize;
    // The quotient is rounded.
    let before = about.saturating_sub(1);
    if before > 0 && rank(quantile, before) <= before { before } else { about }
}
