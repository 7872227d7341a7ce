//! Sheets of filters.

use crate::data::Source;
use nalgebra::DVectorView;
use regularized_autoencoder::Parameters;
use regularized_autoencoder::sweep::Row;
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
        let folder = out.join("filters");
        let written =
            std::fs::create_dir_all(&folder).map_err(|error| error.to_string()).and_then(|()| {
                sheet(source.shape, parameters).save(folder.join(&name)).map_err(|e| e.to_string())
            });
        if let Err(reason) = written {
            eprintln!("cannot write {name}: {reason}");
        }
    }
}

/// The first hundred filters, side by side; each is scaled to its largest weight: grey is 0.
fn sheet(
    (height, width, channels): (usize, usize, usize),
    parameters: &Parameters<f32>,
) -> image::RgbImage {
    let zoom = 24_usize.div_ceil(width).max(1);
    let (step_x, step_y) = (width * zoom + 2, height * zoom + 2);
    let (columns, rows) = (ROW * step_x + 2, ROW * step_y + 2);
    let mut sheet = image::RgbImage::from_pixel(columns as u32, rows as u32, image::Rgb([255; 3]));
    for (unit, filter) in parameters.filters().column_iter().take(ROW * ROW).enumerate() {
        let (left, top) = (2 + unit % ROW * step_x, 2 + unit / ROW * step_y);
        for y in 0..height * zoom {
            for x in 0..width * zoom {
                let pixel = y / zoom * width + x / zoom;
                let color = color(&filter, pixel, height * width, channels);
                sheet.put_pixel((left + x) as u32, (top + y) as u32, image::Rgb(color));
            }
        }
    }
    sheet
}

/// A pixel of a filter whose channels stand one after the other.
fn color(filter: &DVectorView<'_, f32>, pixel: usize, size: usize, channels: usize) -> [u8; 3] {
    let largest = filter.amax().max(f32::MIN_POSITIVE);
    std::array::from_fn(|channel| {
        let weight = filter[channel.min(channels - 1) * size + pixel] / largest;
        (127.5 + 127.5 * weight).round() as u8
    })
}
