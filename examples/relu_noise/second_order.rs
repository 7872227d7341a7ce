//! Second part: the tables that compare measurement and prediction.

use crate::kink::{Prediction, predict, window};
use crate::noise::{Measurement, measure};
use crate::parallel;
use nalgebra::DMatrix;
use regularized_autoencoder::{Error, Parameters};

const VARIANCES: [f64; 4] = [0.0001, 0.001, 0.01, 0.04];
/// Samples that are used, if there are as many.
const SAMPLES: usize = 2000;

/// A row of the tables.
struct Row {
    variance: f64,
    window: f64,
    predicted: Prediction,
    measured: Measurement,
}

/// Prints two tables for each of these parameters. Noise is drawn `pairs` times for all samples, as
/// ε and as −ε.
pub fn run(all: &[(&str, &Parameters<f32>)], x: &DMatrix<f32>, pairs: usize) -> Result<(), Error> {
    let x = x.columns(0, x.ncols().min(SAMPLES)).map(f64::from);
    println!("{} samples, {pairs} draws of ±ε for each, ± standard error", x.ncols());
    for (name, parameters) in all {
        let parameters = Parameters::new(
            parameters.filters().map(f64::from),
            parameters.encoder_bias().map(f64::from),
            None,
        )?;
        let rows =
            parallel::map(VARIANCES.to_vec(), |variance| row(&parameters, &x, variance, pairs));
        let rows: Vec<Row> = rows.into_iter().collect::<Result<_, _>>()?;
        print_values(name, &rows);
        print_gradients(name, &rows);
    }
    Ok(())
}

fn row(
    parameters: &Parameters<f64>,
    x: &DMatrix<f64>,
    variance: f64,
    pairs: usize,
) -> Result<Row, Error> {
    let window = window(variance);
    let predicted = predict(parameters, x, window)?;
    Ok(Row { variance, window, predicted, measured: measure(parameters, x, variance, pairs)? })
}

fn print_values(name: &str, rows: &[Row]) {
    println!("\n{name}: value");
    println!("σ²       window w   (J_DAE − J_AE)/σ²   S         K        S + K");
    for Row { variance, window, predicted, measured } in rows {
        let Prediction { smooth, kink, .. } = predicted;
        let (excess, sum) = (format!("{:.2}", measured.excess), smooth + kink);
        println!(
            "{variance:<6}   {window:.3}      {excess:17}   {smooth:6.2}   {kink:6.2}   {sum:6.2}"
        );
    }
}

fn print_gradients(name: &str, rows: &[Row]) {
    println!("\n{name}: bias gradient over σ², mean over the units");
    println!(
        "σ²       ∂(J_DAE − J_AE)/∂b   units > 0, < 0    ∂S/∂b    ∂K/∂b   both    first order alone"
    );
    for Row { variance, predicted, measured, .. } in rows {
        let (up, down) = measured.signs();
        let (smooth, kink) = (predicted.smooth_bias.mean(), predicted.kink_bias.mean());
        let (both, bias) = (smooth + kink, format!("{:.3}", measured.bias));
        print!("{variance:<6}   {bias:18}   {:5.1} %, {:4.1} %", 100.0 * up, 100.0 * down);
        println!("   {smooth:6.3}   {kink:6.3}   {both:5.3}   {:.3}", measured.first_order);
    }
}
