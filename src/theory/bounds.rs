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
///
/// # Errors
/// [`Error::InvalidParameter`] if the variance is negative, or something is infinite or NaN.
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
    let squared_distance = squared_distance_below(mean, variance, a_min)?;
    // A distance of 0 makes this −∞ or NaN.
    Ok((1.0 - variance / squared_distance).max(0.0))
}

/// [`chebyshev`] with Cantelli's inequality, which is tighter, since only one side matters:
/// Pr(h_j ≤ δ_min) ≥ 1 − Var\[a_j\]/(Var\[a_j\] + (a_min − E\[a_j\])²) where E\[a_j\] < a_min, else 0.
///
/// # Errors
/// Those of [`chebyshev`].
pub fn cantelli(mean: f64, variance: f64, a_min: f64) -> Result<f64, Error> {
    let squared_distance = squared_distance_below(mean, variance, a_min)?;
    Ok((1.0 - variance / (variance + squared_distance)).max(0.0))
}

/// (a_min − mean)² where the mean lies below a_min, else 0.
fn squared_distance_below(mean: f64, variance: f64, a_min: f64) -> Result<f64, Error> {
    non_negative("variance", variance)?;
    for (name, value) in [("mean", mean), ("a_min", a_min)] {
        if !value.is_finite() {
            return Err(Error::invalid(name, value, "finite"));
        }
    }
    Ok((a_min - mean).max(0.0).powi(2))
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
            assert!(chebyshev(bad, 1.0, 1.0).is_err() && chebyshev(0.0, 1.0, bad).is_err());
        }
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
        // At a_min, and where the square of the distance underflows, nothing is said.
        for mean in [0.0, -1e-200] {
            assert_eq!(
                (chebyshev(mean, 0.0, 0.0).unwrap(), cantelli(mean, 0.0, 0.0).unwrap()),
                (0.0, 0.0)
            );
            assert_eq!(
                (chebyshev(mean, 1.0, 0.0).unwrap(), cantelli(mean, 1.0, 0.0).unwrap()),
                (0.0, 0.0)
            );
        }
    }
}
