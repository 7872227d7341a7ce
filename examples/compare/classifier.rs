//! A linear classifier on features, by ridge regression in closed form.

use nalgebra::{Cholesky, DMatrix, DVector};

/// Candidates for the ridge, as shares of the features' mean variance.
const RIDGES: [f64; 6] = [1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1.0];
/// Of every so many training samples, one judges the ridge.
const JUDGES: usize = 5;

/// Features in columns, and the class of each.
pub struct Labelled {
    pub features: DMatrix<f64>,
    pub labels: Vec<u8>,
}

/// The share of the test samples whose class is told rightly.
///
/// A regression on the indicators of the classes, with an intercept,
///
/// ```text
/// min over V  Σ_i ‖t_i − V (f_i − mean)‖² + N α ‖V‖²,   the class with the largest output
/// ```
/// with the ridge α that does best on a fifth of the training samples, and then on all of them.
pub fn accuracy(training: &Labelled, test: &Labelled, n_classes: usize) -> f64 {
    let fifth = |judges: bool| {
        let keep = |at: &usize| at.is_multiple_of(JUDGES) == judges;
        let kept: Vec<usize> = (0..training.labels.len()).filter(keep).collect();
        Labelled {
            features: training.features.select_columns(&kept),
            labels: kept.iter().map(|&at| training.labels[at]).collect(),
        }
    };
    let (fitted, judges) = (fifth(false), fifth(true));
    let problem = Problem::new(&fitted, n_classes);
    let score = |ridge: f64| problem.solve(ridge).map_or(0.0, |solution| solution.score(&judges));
    let scored = RIDGES.into_iter().map(|ridge| (ridge, score(ridge)));
    let best = scored.max_by(|(_, a), (_, b)| a.total_cmp(b));
    let solution = best.and_then(|(ridge, _)| Problem::new(training, n_classes).solve(ridge));
    solution.map_or(0.0, |solution| solution.score(test))
}

/// The moments of features and indicators.
struct Problem {
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
    /// Of indicators with features, classes × features.
    cross: DMatrix<f64>,
    shares: DVector<f64>,
}

struct Solution {
    weights: DMatrix<f64>,
    intercept: DVector<f64>,
}

impl Problem {
    fn new(data: &Labelled, n_classes: usize) -> Self {
        let count = data.labels.len() as f64;
        let mean = data.features.column_mean();
        let mut centred = data.features.clone();
        centred.column_iter_mut().for_each(|mut column| column -= &mean);
        let mut indicators = DMatrix::zeros(n_classes, data.labels.len());
        for (at, &label) in data.labels.iter().enumerate() {
            indicators[(usize::from(label), at)] = 1.0;
        }
        let transposed = centred.transpose();
        Self {
            covariance: &centred * &transposed / count,
            cross: &indicators * &transposed / count,
            shares: indicators.column_mean(),
            mean,
        }
    }

    fn solve(&self, ridge: f64) -> Option<Solution> {
        let ridge = ridge * self.covariance.trace() / self.mean.len() as f64;
        let mut system = self.covariance.clone();
        for at in 0..self.mean.len() {
            system[(at, at)] += ridge;
        }
        let weights = Cholesky::new(system)?.solve(&self.cross.transpose()).transpose();
        let intercept = &self.shares - &weights * &self.mean;
        Some(Solution { weights, intercept })
    }
}

impl Solution {
    fn score(&self, data: &Labelled) -> f64 {
        let outputs = &self.weights * &data.features;
        let right = outputs
            .column_iter()
            .zip(&data.labels)
            .filter(|(output, label)| (output + &self.intercept).imax() == usize::from(**label));
        right.count() as f64 / data.labels.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three clusters of a plane, one in each of three directions.
    fn clusters(count: usize, spread: f64) -> Labelled {
        let label = |at: usize| (at % 3) as u8;
        let features = DMatrix::from_fn(2, count, |row, at| {
            let angle = f64::from(label(at)) * std::f64::consts::TAU / 3.0;
            let centre = if row == 0 { angle.cos() } else { angle.sin() };
            centre + spread * ((7 * at + 3 * row) as f64).sin()
        });
        Labelled { features, labels: (0..count).map(label).collect() }
    }

    #[test]
    fn separate_clusters_are_told_apart() {
        assert_eq!(accuracy(&clusters(300, 0.1), &clusters(90, 0.1), 3), 1.0);
    }

    #[test]
    fn features_that_say_nothing_leave_a_guess() {
        let nothing = |count| {
            let mut data = clusters(count, 0.0);
            data.features = DMatrix::from_fn(2, count, |row, at| ((at * at + row) as f64).sin());
            data
        };
        assert!(accuracy(&nothing(300), &nothing(90), 3) < 0.6);
    }
}
