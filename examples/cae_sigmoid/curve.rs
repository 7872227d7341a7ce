//! The picture of the sparsity as a function of λ.

use crate::Run;
use kuva::prelude::*;
use kuva::render::render::{Scene, render_multiple};
use std::sync::Arc;

/// Activation fraction and explained variance against λ.
pub fn sparsity(runs: &[Run]) -> Scene {
    let layout = Layout::new((0.0, 5.0), (0.0, 1.0))
        .with_width(600.0)
        .with_height(380.0)
        .with_x_label("coefficient λ (log scale from 0.5)")
        .with_y_label("fraction")
        .with_x_axis_min(-0.3)
        .with_x_axis_max(5.6)
        .with_y_axis_min(0.0)
        .with_y_axis_max(1.05)
        .with_x_tick_step(1.0)
        .with_y_tick_step(0.2)
        .with_x_tick_format(TickFormat::Custom(Arc::new(|x| coefficient(x).to_string())))
        .with_force_margins(60.0, 165.0)
        .with_legend_box(false);
    let mut plots = Vec::new();
    let mut legend = Vec::new();
    let mut curve = |label: &str, color: &str, shape, value: &dyn Fn(&Run) -> f64| {
        let points: Vec<_> =
            runs.iter().map(|run| (position(run.coefficient), value(run))).collect();
        let line =
            LinePlot::new().with_data(points.clone()).with_color(color).with_stroke_width(2.0);
        let markers = ScatterPlot::new().with_data(points).with_color(color).with_marker(shape);
        plots.extend([line.into(), markers.with_size(5.0).into()]);
        legend.push(LegendEntry {
            label: label.into(),
            color: color.into(),
            shape: LegendShape::Marker(shape),
            dasharray: None,
        });
    };
    // Blue and vermilion of the palette by Okabe and Ito, for colour-blind readers.
    curve("explained variance", "#d55e00", MarkerShape::Square, &|run| {
        run.evaluation.explained_variance.unwrap_or(f64::NAN)
    });
    curve("activation fraction", "#0072b2", MarkerShape::Circle, &|run| {
        run.evaluation.average_activation_fraction
    });
    render_multiple(plots, layout.with_legend_entries(legend))
}

/// Where λ stands on the axis: 0 at 0, ½ at 1, and one further for each doubling.
fn position(coefficient: f64) -> f64 {
    if coefficient == 0.0 { 0.0 } else { coefficient.log2() + 2.0 }
}

/// The λ that stands at a tick.
fn coefficient(position: f64) -> f64 {
    if position == 0.0 { 0.0 } else { (position - 2.0).exp2() }
}
