//! What single units do on a data set.

use super::Evaluation;
use std::fmt;

/// What one hidden unit does on a data set.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct UnitStatistics {
    /// The unit, j.
    pub unit: usize,
    /// The share of the samples for which it is active, h > δ_min.
    pub activation_rate: f64,
    /// ρ_j = E\[h_j\].
    pub mean_code: f64,
    /// The largest h_j.
    pub max_code: f64,
    /// Whether it is active for no sample.
    pub dead: bool,
}

/// A row for each hidden unit, as [`Evaluation::units`] gives them; it prints as a table.
///
/// ```
/// use nalgebra::{DVector, dmatrix};
/// use regularized_autoencoder::{Parameters, RegularizedAutoEncoder, Relu, metrics};
/// // h = max(0, x), max(0, x − 9), max(0, −x)
/// let bias = DVector::from_column_slice(&[0.0, -9.0, 0.0]);
/// let model = RegularizedAutoEncoder::builder(1, 3)
///     .activation(Relu)
///     .parameters(Parameters::new(dmatrix![1.0, 1.0, -1.0], bias, None)?)
///     .build()?;
/// let units = metrics::evaluate(&model, &dmatrix![1.0, -2.0, -4.0, -2.0])?.units();
/// assert_eq!((units.rows[0].activation_rate, units.rows[0].mean_code), (0.25, 0.25));
/// assert!(units.rows[1].dead);
/// let units = units.by_rate();
/// assert_eq!(units.rows[0].unit, 2);
/// assert_eq!(units.to_string().lines().nth(1), Some("    2    0.7500       2.0000       4.0000"));
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct UnitTable {
    /// The units; by number, until they are sorted.
    pub rows: Vec<UnitStatistics>,
}

impl Evaluation {
    /// The units one by one, by number.
    pub fn units(&self) -> UnitTable {
        let codes = self.code_mean.iter().zip(&self.code_max);
        let rows = self.activation_rate.iter().zip(codes).enumerate();
        let row = |(unit, (&activation_rate, (&mean_code, &max_code)))| {
            let dead = activation_rate == 0.0;
            UnitStatistics { unit, activation_rate, mean_code, max_code, dead }
        };
        UnitTable { rows: rows.map(row).collect() }
    }
}

impl UnitTable {
    /// From the most to the least often active unit; of equal ones the lower number first.
    #[must_use]
    pub fn by_rate(mut self) -> Self {
        self.rows.sort_by(|a, b| {
            b.activation_rate.total_cmp(&a.activation_rate).then(a.unit.cmp(&b.unit))
        });
        self
    }
}

impl fmt::Display for UnitTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, " unit      rate    mean code     max code")?;
        for row in &self.rows {
            let UnitStatistics { unit, activation_rate, mean_code, max_code, dead } = row;
            write!(formatter, "{unit:5}    {activation_rate:.4} {mean_code:12.4} {max_code:12.4}")?;
            writeln!(formatter, "{}", if *dead { "   dead" } else { "" })?;
        }
        Ok(())
    }
}
