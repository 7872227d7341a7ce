//! The bounds of Lemma 1 and Thm. 2, as plain functions.

use crate::error::{Error, non_negative};

/// Lemma 1: |∂J_AE/∂b_j| ≤ 2 σ_r √n ‖W_j‖ sup|s'|.
///
/// σ_r = √(J_AE/n) is the root mean square of the residual's coordinates **about zero**, so that
/// the bound is 2‖W_j‖√J_AE sup|s'|. The paper says standard deviation and assumes a mean of 0: with
/// that the bound fails (n = m = 1, x = ±1, W = 1, b = 3, ReLU). Nothing is assumed of the data. With
/// J_DAE in place of J_AE it bounds ∂J_DAE/∂b_j, by the same proof.
///
/// It is ∞ if sup|s'| is not known to be finite.
///
/// # Errors
/// [`Error::InvalidParameter`] if J_AE or ‖W_j‖ is negative, infinite or NaN, or sup|s'| is negative
/// or NaN.
///
/// ```
/// use regularized_autoencoder::theory::lemma_1_bound;
/// // J_AE = 9, ‖W_j‖ = 1, the sigmoid's slope is at most ¼
/// assert_eq!(lemma_1_bound(9.0, 1.0, 0.25)?, 1.5);
/// assert!(lemma_1_bound(f64::NAN, 1.0, 0.25).is_err());
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn lemma_1_bound(
    reconstruction_error: f64,
    filter_length: f64,
    steepest_slope: f64,
) -> Result<f64, Error> {
    let residual = non_negative("J_AE", reconstruction_error)?.sqrt();
    let length = non_negative("filter length", filter_length)?;
    if !(steepest_slope >= 0.0) {
        return Err(Error::invalid("sup|s'|", steepest_slope, "at least 0"));
    }
    let bound = 2.0 * length * residual * steepest_slope;
    // 0 · ∞: no slope is known to be finite, so nothing is bounded.
    Ok(if bound.is_nan() { f64::INFINITY } else { bound })
}

/// Thm. 2, by Chebyshev's inequality: Pr(h_j ≤ δ_min) ≥ p_j = max(0, 1 − Var\[a_j\]/(a_min − E\[a_j\])²)
/// where E\[a_j\] < a_min, else p_j = 0.
///
/// Mean, variance (1/N) and probability are those of one set of samples. Nothing is assumed of it,
/// if the variance is measured; `‖W_j‖²` may stand for the variance where E\[xxᵀ\] − E\[x\]E\[x\]ᵀ = I.
/// With a_min = +∞, that is, if s never exceeds δ_min, p_j = 1.
///
/// # Errors
/// [`Error::InvalidParameter`] if the variance is negative, mean or variance infinite, or something NaN.
///
/// ```
/// use regularized_autoencoder::theory::{cantelli, chebyshev};
/// // E[a] = −5, Var[a] = 4, the sigmoid's a_min = −2.19722
/// let a_min = (1.0_f64 / 9.0).ln();
/// assert!((chebyshev(-5.0, 4.0, a_min)? - 0.4908).abs() < 1e-4);
/// assert!((cantelli(-5.0, 4.0, a_min)? - 0.6626).abs() < 1e-4);
/// assert_eq!(chebyshev(-2.0, 4.0, a_min)?, 0.0);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn chebyshev(mean: f64, variance: f64, a_min: f64) -> Result<f64, Error> {
    let deviations = deviations_below(mean, variance, a_min)?;
    Ok((1.0 - 1.0 / (deviations * deviations)).max(0.0))
}

/// [`chebyshev`] with Cantelli's inequality, which is tighter, since only one side matters:
/// Pr(h_j ≤ δ_min) ≥ 1 − Var\[a_j\]/(Var\[a_j\] + (a_min − E\[a_j\])²) where E\[a_j\] < a_min, else 0.
///
/// # Errors
/// Those of [`chebyshev`].
pub fn cantelli(mean: f64, variance: f64, a_min: f64) -> Result<f64, Error> {
    let deviations = deviations_below(mean, variance, a_min)?;
    Ok(1.0 - 1.0 / (1.0 + deviations * deviations))
}

/// By how many standard deviations the mean lies below a_min, or 0 if it does not.
fn deviations_below(mean: f64, variance: f64, a_min: f64) -> Result<f64, Error> {
    non_negative("variance", variance)?;
    if !mean.is_finite() {
        return Err(Error::invalid("mean", mean, "finite"));
    }
    if a_min.is_nan() {
        return Err(Error::invalid("a_min", a_min, "a number"));
    }
    let distance = a_min - mean;
    Ok(if distance > 0.0 { distance / variance.sqrt() } else { 0.0 })
}

/// The smallest number of units that are at least this share of all.
pub(super) fn count_of_share(share: f64, units: usize) -> usize {
    let about = (share * units as f64).ceil() as usize;
    // The product is rounded.
    let before = about.saturating_sub(1);
    if before as f64 / units as f64 >= share { before } else { about }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_refused() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(lemma_1_bound(bad, 1.0, 1.0).is_err());
            assert!(lemma_1_bound(1.0, bad, 1.0).is_err());
            assert!(chebyshev(0.0, bad, 1.0).is_err() && cantelli(0.0, bad, 1.0).is_err());
        }
        assert!(lemma_1_bound(1.0, 1.0, f64::NAN).is_err());
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(chebyshev(bad, 1.0, 1.0).is_err() && cantelli(bad, 1.0, 1.0).is_err());
        }
        assert!(chebyshev(0.0, 1.0, f64::NAN).is_err() && cantelli(0.0, 1.0, f64::NAN).is_err());
    }

    #[test]
    fn a_unit_that_cannot_be_active_is_inactive() {
        for variance in [0.0, 1.0] {
            let (mean, a_min) = (5.0, f64::INFINITY);
            assert_eq!(chebyshev(mean, variance, a_min).unwrap(), 1.0);
            assert_eq!(cantelli(mean, variance, a_min).unwrap(), 1.0);
            assert_eq!(chebyshev(mean, variance, -a_min).unwrap(), 0.0);
        }
    }

    /// Squares of these numbers overflow or underflow; a distribution on two points attains
    /// Cantelli's bound.
    #[test]
    fn bounds_hold_at_the_ends_of_the_range() {
        let bound = |bound: fn(f64, f64, f64) -> Result<f64, Error>, mean, variance| {
            bound(mean, variance, 0.0).unwrap()
        };
        assert!((bound(cantelli, -1.2e154, 1e308) - 1.44 / 2.44).abs() < 1e-12);
        assert!((bound(chebyshev, -1e155, 1e308) - 0.99).abs() < 1e-12);
        assert!((bound(chebyshev, -1e-160, 1e-322) - 0.99).abs() < 0.01);
    }

    #[test]
    fn shares_are_counted_without_rounding() {
        for units in 1..200 {
            for count in 0..=units {
                assert_eq!(count_of_share(count as f64 / units as f64, units), count);
            }
        }
        assert_eq!((count_of_share(0.07, 100), count_of_share(0.071, 100)), (7, 8));
    }

    #[test]
    fn nothing_is_bounded_without_a_known_slope() {
        assert_eq!(lemma_1_bound(0.0, 1.0, f64::INFINITY).unwrap(), f64::INFINITY);
    }

    #[test]
    fn a_constant_below_a_min_is_always_inactive() {
        assert_eq!(
            (chebyshev(-1.0, 0.0, 0.0).unwrap(), cantelli(-1.0, 0.0, 0.0).unwrap()),
            (1.0, 1.0)
        );
        assert_eq!(
            (chebyshev(-1e-200, 0.0, 0.0).unwrap(), cantelli(-1e-200, 0.0, 0.0).unwrap()),
            (1.0, 1.0)
        );
        // At a_min, and next to it, nothing is said.
        for (mean, variance) in [(0.0, 0.0), (0.0, 1.0), (-1e-200, 1.0)] {
            assert_eq!(
                (chebyshev(mean, variance, 0.0).unwrap(), cantelli(mean, variance, 0.0).unwrap()),
                (0.0, 0.0)
            );
        }
    }
}
