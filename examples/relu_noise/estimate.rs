//! A mean and its standard error.

use std::fmt;

/// The mean of numbers that were measured independently.
#[derive(Clone, Copy, Debug, Default)]
pub struct Estimate {
    count: f64,
    mean: f64,
    /// The sum of the squared deviations from the mean.
    squares: f64,
}

impl Estimate {
    pub fn push(&mut self, value: f64) {
        self.count += 1.0;
        let before = value - self.mean;
        self.mean += before / self.count;
        self.squares += before * (value - self.mean);
    }

    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// √(variance / count); NaN for a single number.
    pub fn standard_error(&self) -> f64 {
        self.standard_deviation() / self.count.sqrt()
    }

    pub fn standard_deviation(&self) -> f64 {
        (self.squares / (self.count - 1.0)).sqrt()
    }
}

impl FromIterator<f64> for Estimate {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut estimate = Self::default();
        values.into_iter().for_each(|value| estimate.push(value));
        estimate
    }
}

/// Mean ± standard error, with the precision of the format.
impl fmt::Display for Estimate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = out.precision().unwrap_or(3);
        let (mean, error) = (self.mean, self.standard_error());
        write!(out, "{mean:.digits$} ± {error:.digits$}")
    }
}
