//! The runs of one figure, data set and activation.

use crate::arguments::Arguments;
use crate::data::Source;
use crate::display::Display;
use crate::figures::{Figure, grid};
use crate::{filters, rates};
use nalgebra::DMatrix;
use regularized_autoencoder::sweep::{Protocol, Row, Sweep};
use std::error::Error;

/// Seeds for runs that collapsed are the first seed and this much more.
const AGAIN: u64 = 1000;
/// A run with more dead units than this share has collapsed, as ReLU does with a few orders of
/// mini-batches, and softplus with large steps.
const COLLAPSED: f64 = 0.5;
/// … with whatever objective if more than this are dead.
const SILENT: f64 = 0.9;

/// What was measured for one figure, data set and activation.
pub struct Panel {
    pub figure: Figure,
    pub data: &'static str,
    pub activation: &'static str,
    pub models: Vec<&'static str>,
    pub coefficients: Vec<f64>,
    pub learning_rate: f64,
    pub n_samples: usize,
    /// All runs of the grid, but where one had collapsed another in its place.
    pub rows: Vec<Row>,
    /// Those that had collapsed, and what the other seed gave.
    pub collapsed: Vec<(Row, Row)>,
}

/// Trains what has no row yet.
pub fn measure(
    arguments: &Arguments,
    source: &Source,
    x: &DMatrix<f32>,
    figure: &Figure,
    activation: &'static str,
) -> Result<Panel, Box<dyn Error>> {
    let (models, coefficients) = (arguments.models(figure), arguments.coefficients());
    let protocol =
        Protocol { n_hidden: arguments.n_hidden, epochs: arguments.epochs, ..Protocol::default() };
    let subject = (figure, activation, &models[..]);
    let learning_rate = rates::choose(arguments, source, x, subject, protocol)?;
    let protocol = Protocol { learning_rate, ..protocol };

    let name = format!("fig{}-{}-{activation}", figure.number, source.name);
    let run = |name: String, grid, label: String| {
        let mut display = Display::with(label, protocol.epochs, |row: &Row, parameters: &_| {
            filters::write(&arguments.out, source, figure.number, row, parameters);
        });
        Sweep::new(grid, protocol)
            .threads(arguments.threads())?
            .rows(arguments.out.join(name + ".jsonl"))
            .run_with(x, &mut display)
    };
    let cells = grid(figure, activation, &models).coefficients(coefficients.iter().copied());
    let label = format!("fig. {}, {}, {activation}", figure.number, source.name);
    let mut rows = run(name.clone(), cells.seeds(0..arguments.seeds), label.clone())?;

    let mut collapsed = Vec::new();
    for row in &mut rows {
        if has_collapsed(row) {
            let cell = &row.cell;
            let grid = grid(figure, activation, &[cell.model.as_str()]);
            let grid = grid.coefficients([cell.coefficient]).seeds([cell.seed + AGAIN]);
            let name = format!("again/{name}-{}-{}-{}", cell.model, cell.coefficient, cell.seed);
            for again in run(name, grid, format!("{label}, again"))? {
                collapsed.push((std::mem::replace(row, again.clone()), again));
            }
        }
    }
    Ok(Panel {
        figure: *figure,
        data: source.name,
        activation,
        models,
        coefficients,
        learning_rate,
        n_samples: x.ncols(),
        rows,
        collapsed,
    })
}

/// Whether most units died although nothing, or nothing that acts on ReLU's bias, regularizes; or
/// nearly all of them with any objective, so that nothing is encoded.
pub fn has_collapsed(row: &Row) -> bool {
    let cell = &row.cell;
    let idle = cell.coefficient == 0.0
        || cell.activation == "ReLU" && matches!(cell.model.as_str(), "CAE" | "mDAE");
    let bound = if idle { COLLAPSED } else { SILENT };
    row.results.is_some_and(|results| results.dead_fraction > bound)
}

impl Panel {
    /// Of one model the values of a metric, over the seeds, at each coefficient; runs that failed are
    /// left out.
    pub fn curve(&self, model: &str, metric: impl Fn(&Row) -> Option<f64>) -> Vec<(f64, Vec<f64>)> {
        let values = |coefficient: f64| {
            let of_cell =
                |row: &&Row| row.cell.model == model && row.cell.coefficient == coefficient;
            self.rows.iter().filter(of_cell).filter_map(&metric).collect::<Vec<f64>>()
        };
        let curve = self.coefficients.iter().map(|&coefficient| (coefficient, values(coefficient)));
        curve.filter(|(_, values)| !values.is_empty()).collect()
    }

    /// What a claim is judged by: the means of a curve, without runs that collapsed with both seeds.
    pub fn means(&self, model: &str, metric: fn(&Row) -> Option<f64>) -> Vec<(f64, f64)> {
        let alive = |row: &Row| if has_collapsed(row) { None } else { metric(row) };
        means(self.curve(model, alive))
    }

    /// The means of a curve where every run had collapsed: no claim is judged by them.
    pub fn left_out(&self, model: &str, metric: fn(&Row) -> Option<f64>) -> Vec<(f64, f64)> {
        let judged = self.means(model, metric);
        let is_judged = |(x, _): &(f64, f64)| judged.iter().any(|(other, _)| other == x);
        means(self.curve(model, metric)).into_iter().filter(|point| !is_judged(point)).collect()
    }

    /// Time for all runs, one after the other.
    pub fn seconds(&self) -> f64 {
        let collapsed = self.collapsed.iter().map(|(row, _)| row);
        self.rows.iter().chain(collapsed).map(|row| row.seconds).sum()
    }
}

/// The means of a curve.
pub fn means(curve: Vec<(f64, Vec<f64>)>) -> Vec<(f64, f64)> {
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    curve.into_iter().map(|(coefficient, values)| (coefficient, mean(values))).collect()
}

/// The average activation fraction.
pub fn fraction(row: &Row) -> Option<f64> {
    row.results.map(|results| results.average_activation_fraction)
}

/// The share of dead units.
pub fn dead(row: &Row) -> Option<f64> {
    row.results.map(|results| results.dead_fraction)
}
