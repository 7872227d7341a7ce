//! Criteria that were fixed beforehand, and can fail.

/// A curve is flat if it keeps within this.
pub const FLAT: f64 = 0.02;
/// A curve falls if its rank correlation with the coefficient lies below this …
pub const RANK: f64 = -0.9;
/// … and its last value below this share of the first.
pub const FALLEN: f64 = 2.0 / 3.0;
/// Dead units have not begun to rise up to this share …
pub const DEAD: f64 = 0.01;
/// … and may do so once the fraction is below this.
pub const NEAR: f64 = 0.07;

/// A verdict needs this many points at least …
const POINTS: usize = 3;

/// … the first coefficient, and three quarters of all: whether these are enough.
pub fn are_enough(curve: &[(f64, f64)], coefficients: &[f64]) -> bool {
    let has_first = curve.first().map(|(coefficient, _)| coefficient) == coefficients.first();
    has_first && curve.len() >= POINTS && 4 * curve.len() >= 3 * coefficients.len()
}

/// The largest less the smallest value.
pub fn spread(curve: &[(f64, f64)]) -> f64 {
    let values = || curve.iter().map(|(_, value)| *value);
    values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min)
}

/// Spearman's rank correlation; ties share their mean rank.
pub fn spearman(curve: &[(f64, f64)]) -> f64 {
    let (x, y): (Vec<f64>, Vec<f64>) = curve.iter().copied().unzip();
    correlation(&ranks(&x), &ranks(&y))
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count();
        let equal = values.iter().filter(|other| *other == value).count();
        below as f64 + (equal as f64 - 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| f(x - mean_x, y - mean_y)).sum()
    };
    let scale = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    if scale == 0.0 { 0.0 } else { sum(&|x, y| x * y) / scale }
}

/// Last value over first value.
pub fn ratio(curve: &[(f64, f64)]) -> f64 {
    match curve {
        [(_, first), .., (_, last)] => last / first,
        _ => f64::NAN,
    }
}

pub fn is_flat(curve: &[(f64, f64)]) -> bool {
    spread(curve) < FLAT
}

pub fn falls(curve: &[(f64, f64)]) -> bool {
    spearman(curve) < RANK && ratio(curve) < FALLEN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_correlate() {
        let curve = |values: [f64; 4]| -> Vec<(f64, f64)> {
            values.into_iter().enumerate().map(|(at, value)| (at as f64, value)).collect()
        };
        assert_eq!(spearman(&curve([4.0, 3.0, 2.0, 1.0])), -1.0);
        assert_eq!(spearman(&curve([1.0, 2.0, 30.0, 40.0])), 1.0);
        // By hand: ranks 1, 0, 3, 2 give 1 − 6·4/(4·15).
        assert!((spearman(&curve([2.0, 1.0, 4.0, 3.0])) - 0.6).abs() < 1e-12);
        assert_eq!(spearman(&curve([5.0; 4])), 0.0);
    }

    #[test]
    fn few_points_are_not_enough() {
        let coefficients = [0.0, 0.1, 0.2, 0.3, 0.4];
        let curve = |points: &[usize]| -> Vec<(f64, f64)> {
            points.iter().map(|&at| (coefficients[at], 0.5)).collect()
        };
        assert!(are_enough(&curve(&[0, 1, 2, 3, 4]), &coefficients));
        assert!(are_enough(&curve(&[0, 1, 2, 4]), &coefficients));
        assert!(!are_enough(&curve(&[0, 1, 2]), &coefficients));
        assert!(!are_enough(&curve(&[1, 2, 3, 4]), &coefficients));
        assert!(!are_enough(&curve(&[0, 1]), &coefficients[..2]));
        assert!(!are_enough(&[], &coefficients) && !are_enough(&[], &[]));
    }

    #[test]
    fn curves_fall_or_are_flat_or_neither() {
        let falling = [(0.0, 1.0), (0.1, 0.5), (1.0, 0.1)];
        assert!(falls(&falling) && !is_flat(&falling));
        let flat = [(0.0, 0.36), (0.1, 0.37), (1.0, 0.365)];
        assert!(is_flat(&flat) && !falls(&flat));
        // It falls too little.
        let slight = [(0.0, 1.0), (0.1, 0.9), (1.0, 0.8)];
        assert!(!falls(&slight) && !is_flat(&slight));
        let rising = [(0.0, 0.1), (0.1, 0.5), (1.0, 0.9)];
        assert!(!falls(&rising));
    }
}
