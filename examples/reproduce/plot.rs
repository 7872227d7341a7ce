//! The plots, in the paper's form.

use crate::arguments::Arguments;
use crate::output::Output;
use crate::runs::{Panel, dead, fraction, means};
use kuva::RasterBackend;
use kuva::backend::svg::SvgBackend;
use kuva::prelude::*;
use kuva::render::figure::Figure;
use regularized_autoencoder::sweep::Row;
use std::error::Error;

/// What a run is judged by.
type Metric = fn(&Row) -> Option<f64>;

/// The two plots of a panel.
const METRICS: [(&str, Metric); 2] =
    [("average activation fraction", fraction), ("dead units", dead)];

/// What the axes show beyond their ends, as a share of their length, so that markers are whole.
const MARGIN: f64 = 0.03;

/// Colour, of the palette by Okabe and Ito, and marker of each model.
fn style(model: &str) -> (&'static str, MarkerShape) {
    match model {
        "DAE" => ("#d55e00", MarkerShape::Circle),
        "CAE" => ("#0072b2", MarkerShape::Square),
        "mDAE" => ("#56b4e9", MarkerShape::Cross),
        "SAE" => ("#009e73", MarkerShape::Triangle),
        _ => ("#cc79a7", MarkerShape::Diamond),
    }
}

/// Activation fraction and dead units against the coefficient: a row of two for each activation.
pub fn write(arguments: &Arguments, panels: &[&Panel]) -> Result<(), Box<dyn Error>> {
    let Some(first) = panels.first() else { return Ok(()) };
    let (mut plots, mut layouts) = (Vec::new(), Vec::new());
    for panel in panels {
        let title = format!("{}, {}", name(panel.data), panel.activation);
        let largest = panel.coefficients.iter().copied().fold(0.0, f64::max);
        let largest = if largest > 0.0 { largest } else { 1.0 };
        for (label, metric) in METRICS {
            let cell: Vec<Plot> =
                panel.models.iter().flat_map(|model| curve(panel, model, metric)).collect();
            layouts.push(
                Layout::auto_from_plots(&cell)
                    .with_title(title.clone())
                    .with_x_label(coefficient(&panel.models))
                    .with_y_label(label)
                    .with_x_axis_min(-MARGIN * largest)
                    .with_x_axis_max((1.0 + MARGIN) * largest)
                    .with_y_axis_min(-MARGIN)
                    .with_y_axis_max(1.0 + MARGIN)
                    .with_x_tick_step(0.2 * largest)
                    .with_y_tick_step(0.2)
                    .with_force_margins(70.0, 20.0),
            );
            plots.push(cell);
        }
    }
    let entry = |label: &str, color: &str, marker| {
        let shape = LegendShape::Marker(marker);
        LegendEntry { label: label.into(), color: color.into(), shape, dasharray: None }
    };
    let of_model = |model: &&str| {
        let (color, marker) = style(model);
        entry(model, color, marker)
    };
    let mut entries: Vec<_> = first.models.iter().map(of_model).collect();
    let hides = |panel: &Panel| {
        panel.models.iter().any(|model| !panel.left_out(model, fraction).is_empty())
    };
    if panels.iter().any(|panel| hides(panel)) {
        entries.push(entry("hollow: collapsed", "white", MarkerShape::Circle));
    }
    let scene = Figure::new(panels.len(), 2)
        .with_plots(plots)
        .with_layouts(layouts)
        .with_cell_size(420.0, 300.0)
        .with_shared_legend_right_middle()
        .with_shared_legend_entries(entries)
        .render();
    let path = |extension| {
        arguments.out.join(format!("fig{}-{}.{extension}", first.figure.number, first.data))
    };
    Output::create(path("svg"))?.finish(SvgBackend::default().render_scene(&scene))?;
    Output::create(path("png"))?
        .finish(RasterBackend::new().with_scale(2.0).render_scene(&scene)?)?;
    Ok(())
}

/// What the models' coefficient is.
fn coefficient(models: &[&str]) -> String {
    let (noisy, plain): (Vec<&str>, Vec<&str>) =
        models.iter().partition(|model| matches!(**model, "DAE" | "eDAE"));
    match (&noisy[..], &plain[..]) {
        (_, []) => "noise variance σ²".into(),
        ([], _) => "coefficient λ".into(),
        _ => format!("λ of {}, σ² of {}", plain.join(", "), noisy.join(", ")),
    }
}

fn name(data: &str) -> &str {
    match data {
        "cifar10" => "CIFAR-10 patches",
        "mnist" => "MNIST",
        _ => "digits",
    }
}

/// The mean over the seeds, hollow where every run had collapsed, and a band from the lowest to the
/// highest if there are several.
fn curve(panel: &Panel, model: &str, metric: Metric) -> Vec<Plot> {
    let (color, marker) = style(model);
    let curve = panel.curve(model, metric);
    let points = means(curve.clone());
    let line = LinePlot::new().with_data(points.clone()).with_color(color).with_stroke_width(1.8);
    let hollow = panel.left_out(model, metric);
    let markers = |points, color: &str, size| {
        ScatterPlot::new().with_data(points).with_color(color).with_marker(marker).with_size(size)
    };
    let mut plots: Vec<Plot> = vec![line.into(), markers(points, color, 5.0).into()];
    if !hollow.is_empty() {
        plots.push(markers(hollow, "white", 3.0).into());
    }
    if curve.iter().any(|(_, values)| values.len() > 1) {
        let end = |fold: fn(f64, f64) -> f64, start: f64| {
            curve
                .iter()
                .map(move |(_, values)| values.iter().copied().fold(start, fold))
                .collect::<Vec<_>>()
        };
        let (low, high) = (end(f64::min, f64::INFINITY), end(f64::max, f64::NEG_INFINITY));
        let band = BandPlot::new(curve.iter().map(|(x, _)| *x), low, high);
        plots.insert(0, band.with_color(color).with_opacity(0.2).into());
    }
    plots
}
