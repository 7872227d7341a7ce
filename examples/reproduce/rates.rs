//! The learning rate of a figure: chosen once, before its sweep, for all of its models.

use crate::arguments::Arguments;
use crate::data::Source;
use crate::display::Display;
use crate::figures::{Figure, grid};
use crate::runs::has_collapsed;
use nalgebra::DMatrix;
use regularized_autoencoder::Error;
use regularized_autoencoder::sweep::{Protocol, Row, Sweep};

/// The candidates of §3, largest first.
const CANDIDATES: [f64; 4] = [0.005, 0.003, 0.002, 0.001];

/// The largest candidate with which λ = 0 and the largest λ, which is 1 in the paper, stay finite for
/// every model, and λ = 0 keeps most of its units alive and J_AE still falls in the last epoch; 0.001
/// for ReLU, and if no candidate does. A rate on the command line goes before.
pub fn choose(
    arguments: &Arguments,
    source: &Source,
    x: &DMatrix<f32>,
    (figure, activation, models): (&Figure, &str, &[&str]),
    protocol: Protocol,
) -> Result<f64, Error> {
    if let Some(learning_rate) = arguments.learning_rate {
        return Ok(learning_rate);
    }
    if activation == "ReLU" {
        return Ok(0.001);
    }
    let largest = arguments.coefficients().into_iter().fold(0.0, f64::max);
    for learning_rate in CANDIDATES {
        let protocol = Protocol { learning_rate, ..protocol };
        let attempt = |name: &str, models: &[&str], coefficient: f64| {
            let grid = grid(figure, activation, models).coefficients([coefficient]);
            let rows = format!(
                "fig{}-{}-{activation}-rate-{learning_rate}-{name}.jsonl",
                figure.number, source.name
            );
            let label = format!("fig. {}: is η = {learning_rate} stable", figure.number);
            let mut display = Display::new(label, protocol.epochs);
            Sweep::new(grid, protocol)
                .threads(arguments.threads())?
                .rows(arguments.out.join("rates").join(rows))
                .run_with(x, &mut display)
        };
        let plain = attempt("plain", &models[..1], 0.0)?;
        if plain.iter().all(|row| still_falls(row) && !has_collapsed(row))
            && attempt("strongest", models, largest)?.iter().all(|row| row.results.is_some())
        {
            return Ok(learning_rate);
        }
    }
    Ok(CANDIDATES[CANDIDATES.len() - 1])
}

fn still_falls(row: &Row) -> bool {
    let errors: Vec<f64> = row.history.iter().map(|epoch| epoch.reconstruction).collect();
    match errors[..] {
        [.., before, last] => row.results.is_some() && last < before,
        _ => row.results.is_some(),
    }
}
