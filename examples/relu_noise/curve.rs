//! The picture: activation fraction by epoch.

use crate::objective::Objective;
use crate::runs::{Run, Setting};
use kuva::prelude::*;
use kuva::render::render::{Scene, render_multiple};

/// The variance whose curves are shown, beside those of the plain auto-encoder.
const VARIANCE: f64 = 0.04;

/// The mean over the seeds.
pub fn by_epoch(runs: &[Run]) -> Scene {
    let epochs = runs[0].fractions.len() - 1;
    let layout = Layout::new((0.0, epochs as f64), (0.0, 0.5))
        .with_width(640.0)
        .with_height(380.0)
        .with_x_label(format!("epoch (noise of variance σ² = {VARIANCE})"))
        .with_y_label("activation fraction")
        .with_x_axis_min(-0.02 * epochs as f64)
        .with_x_axis_max(1.02 * epochs as f64)
        .with_y_axis_min(0.0)
        .with_y_axis_max(0.55)
        .with_y_tick_step(0.1)
        .with_force_margins(60.0, 190.0)
        .with_legend_box(false);
    let mut plots = Vec::new();
    let mut legend = Vec::new();
    for (number, (setting, label, color, shape, size)) in curves().into_iter().enumerate() {
        let points = mean(runs, setting);
        // Curves that lie upon each other have markers at different epochs, or of different sizes.
        let every = (epochs / 10).max(1);
        let marked: Vec<_> =
            points.iter().copied().skip(number * every / 7).step_by(every).collect();
        let line = LinePlot::new().with_data(points).with_color(color).with_stroke_width(1.5);
        let markers = ScatterPlot::new().with_data(marked).with_color(color).with_marker(shape);
        plots.extend([line.into(), markers.with_size(size).into()]);
        legend.push(LegendEntry {
            label,
            color: color.into(),
            shape: LegendShape::Marker(shape),
            dasharray: None,
        });
    }
    render_multiple(plots, layout.with_legend_entries(legend))
}

/// A setting, its colour of the palette by Okabe and Ito, for colour-blind readers, and its marker.
type Curve = (Setting, String, &'static str, MarkerShape, f64);

fn curves() -> Vec<Curve> {
    let plain = Setting { objective: Objective::Denoising, variance: 0.0 };
    let noisy = |objective: Objective, color, shape, size| {
        let setting = Setting { objective, variance: VARIANCE };
        (setting, objective.to_string(), color, shape, size)
    };
    vec![
        (plain, "AE, no noise".into(), "#000000", MarkerShape::Circle, 4.5),
        noisy(Objective::FirstOrderAlone, "#e69f00", MarkerShape::Diamond, 5.0),
        noisy(Objective::SecondOrder, "#cc79a7", MarkerShape::TriangleDown, 5.0),
        noisy(Objective::SecondOrderWithKinks, "#56b4e9", MarkerShape::Diamond, 5.0),
        noisy(Objective::WithoutFirstOrder, "#009e73", MarkerShape::Square, 6.5),
        noisy(Objective::Pairs, "#d55e00", MarkerShape::Triangle, 5.0),
        noisy(Objective::Denoising, "#0072b2", MarkerShape::Circle, 3.5),
    ]
}

fn mean(runs: &[Run], setting: Setting) -> Vec<(f64, f64)> {
    let of_setting: Vec<_> = runs.iter().filter(|run| run.setting == setting).collect();
    (0..of_setting[0].fractions.len())
        .map(|epoch| {
            let sum: f64 = of_setting.iter().map(|run| run.fractions[epoch]).sum();
            (epoch as f64, sum / of_setting.len() as f64)
        })
        .collect()
}
