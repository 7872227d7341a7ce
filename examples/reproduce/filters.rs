//! Sheets of filters.

use crate::data::Source;
use regularized_autoencoder::Parameters;
use regularized_autoencoder::inspect::{FilterSheet, SheetLayout};
use regularized_autoencoder::sweep::Row;
use std::error::Error;
use std::path::Path;

/// Filters in a row of a sheet, and rows.
const ROW: usize = 10;
/// Coefficients of which there are sheets.
const SHOWN: [f64; 3] = [0.0, 0.25, 1.0];

/// Writes the first filters of a run as a PNG; that a picture cannot be written ends no sweep.
pub fn write(out: &Path, source: &Source, figure: usize, row: &Row, parameters: &Parameters<f32>) {
    let cell = &row.cell;
    if cell.seed == 0 && SHOWN.contains(&cell.coefficient) {
        let name = format!(
            "fig{figure}-{}-{}-{}-{}.png",
            source.name, cell.activation, cell.model, cell.coefficient
        );
        if let Err(reason) = draw(&out.join("filters"), &name, source.shape, parameters) {
            eprintln!("cannot write {name}: {reason}");
        }
    }
}

/// The first hundred filters, side by side; each is scaled to its largest weight: grey is 0.
fn draw(
    folder: &Path,
    name: &str,
    (height, width, channels): (usize, usize, usize),
    parameters: &Parameters<f32>,
) -> Result<(), Box<dyn Error>> {
    let zoom = 24_usize.div_ceil(width).max(1);
    let layout = SheetLayout::new(height, width, channels).columns(ROW).zoom(zoom).gap(2);
    let units = 0..parameters.n_hidden().min(ROW * ROW);
    let sheet = FilterSheet::draw(parameters.filters(), units, layout)?;
    let color = if channels == 1 { image::ColorType::L8 } else { image::ColorType::Rgb8 };
    std::fs::create_dir_all(folder)?;
    let (width, height) = (sheet.width as u32, sheet.height as u32);
    Ok(image::save_buffer(folder.join(name), &sheet.pixels, width, height, color)?)
}
