//! The picture of the filters: a panel for each λ.

use crate::Run;
use kuva::render::color::Color;
use kuva::render::render::{Primitive, Scene, TextAnchor};
use regularized_autoencoder::Error;
use regularized_autoencoder::inspect::{FilterSheet, SheetLayout};

/// Rows and columns of an image, and so of a filter.
const SIDE: usize = 8;
/// Width of a filter's pixel.
const PIXEL: f64 = 3.0;
/// From one filter to the next: a gap as wide as a pixel lies between.
const STEP: f64 = (SIDE + 1) as f64 * PIXEL;
/// Filters in a row of a panel, and rows.
const ROW: usize = 8;
/// Width and height of a panel.
const PANEL: f64 = ROW as f64 * STEP - PIXEL;
/// Between panels, and around all.
const MARGIN: f64 = 24.0;
/// Height of the line above a panel.
const TITLE: f64 = 22.0;
/// Panels in a row.
const COLUMNS: usize = 3;
/// Height of the legend below.
const LEGEND: f64 = 50.0;

/// Between the filters of a panel.
const GAP: Color = Color::Rgb(200, 200, 200);

/// ColorBrewer's RdBu, which colour-blind readers can tell apart: −1, −½, 0, ½, 1.
const COLORS: [[f64; 3]; 5] = [
    [5.0, 48.0, 97.0],
    [67.0, 147.0, 195.0],
    [247.0, 247.0, 247.0],
    [214.0, 96.0, 77.0],
    [103.0, 0.0, 31.0],
];

/// 64 filters of each run, taken evenly from the most to the least often active unit.
pub fn sheet(runs: &[Run]) -> Result<Scene, Error> {
    let rows = runs.len().div_ceil(COLUMNS) as f64;
    let width = COLUMNS as f64 * (PANEL + MARGIN) + MARGIN;
    let height = rows * (PANEL + TITLE + MARGIN) + MARGIN + LEGEND;
    let mut scene = Scene::new(width, height);
    for (number, run) in runs.iter().enumerate() {
        let left = MARGIN + (number % COLUMNS) as f64 * (PANEL + MARGIN);
        let top = MARGIN + (number / COLUMNS) as f64 * (PANEL + TITLE + MARGIN);
        let active = run.evaluation.average_activation_fraction;
        let title = format!("λ = {}, activation fraction {active:.2}", run.coefficient);
        text(&mut scene, left - PIXEL, top + TITLE - 9.0, TextAnchor::Start, 13, &title);
        panel(&mut scene, left, top + TITLE, run)?;
    }
    legend(&mut scene, width / 2.0, height - LEGEND);
    Ok(scene)
}

fn panel(scene: &mut Scene, left: f64, top: f64, run: &Run) -> Result<(), Error> {
    let framed = PANEL + 2.0 * PIXEL;
    rectangle(scene, left - PIXEL, top - PIXEL, framed, framed, GAP);
    let rows = run.evaluation.units().by_rate().rows;
    let every = rows.len() / (ROW * ROW);
    let units = rows.iter().step_by(every).take(ROW * ROW).map(|row| row.unit);
    let layout = SheetLayout::new(SIDE, SIDE, 1).columns(ROW).gap(0);
    let sheet = FilterSheet::draw(run.parameters.filters(), units, layout)?;
    for (at, grey) in sheet.pixels.iter().enumerate() {
        let place = |pixel: usize| (pixel + pixel / SIDE) as f64 * PIXEL;
        let (x, y) = (left + place(at % sheet.width), top + place(at / sheet.width));
        rectangle(scene, x, y, PIXEL, PIXEL, color((f64::from(*grey) - 128.0) / 127.0));
    }
    Ok(())
}

/// The colours of −1 to 1, and what they mean.
fn legend(scene: &mut Scene, middle: f64, top: f64) {
    const STEPS: i32 = 30;
    for step in -STEPS..=STEPS {
        let x = middle + (f64::from(step) - 0.5) * PIXEL;
        rectangle(scene, x, top, PIXEL, 3.0 * PIXEL, color(f64::from(step) / f64::from(STEPS)));
    }
    let (end, baseline) = (f64::from(STEPS + 3) * PIXEL, top + 3.0 * PIXEL);
    text(scene, middle - end, baseline, TextAnchor::End, 12, "−1");
    text(scene, middle + end, baseline, TextAnchor::Start, 12, "+1");
    let meaning = "weight, relative to the largest of its filter; units from the most to the least often active";
    text(scene, middle, baseline + 20.0, TextAnchor::Middle, 12, meaning);
}

fn text(scene: &mut Scene, x: f64, y: f64, anchor: TextAnchor, size: u32, content: &str) {
    scene.add(Primitive::Text {
        x,
        y,
        content: content.into(),
        size,
        anchor,
        rotate: None,
        bold: false,
        color: None,
    });
}

fn rectangle(scene: &mut Scene, x: f64, y: f64, width: f64, height: f64, fill: Color) {
    scene.add(Primitive::Rect {
        x,
        y,
        width,
        height,
        fill,
        stroke: None,
        stroke_width: None,
        opacity: None,
    });
}

/// The colour of a weight in [−1, 1].
fn color(weight: f64) -> Color {
    let position = (weight + 1.0) / 2.0 * (COLORS.len() - 1) as f64;
    let below = (position as usize).min(COLORS.len() - 2);
    let share = position - below as f64;
    let [r, g, b] = std::array::from_fn(|channel| {
        let (low, high) = (COLORS[below][channel], COLORS[below + 1][channel]);
        (low + share * (high - low)).round() as u8
    });
    Color::Rgb(r, g, b)
}
