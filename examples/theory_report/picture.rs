//! The picture of the bounds over the epochs.

use crate::observation::Watched;
use kuva::prelude::*;
use kuva::render::figure::Figure;
use kuva::render::render::Scene;
use regularized_autoencoder::study::MonitorRecord;
use regularized_autoencoder::theory::UnitSnapshot;
use std::sync::Arc;

/// A quantity of every unit; drawn are the median over the units and the quartiles.
struct Series {
    label: &'static str,
    color: &'static str,
    marker: MarkerShape,
    value: fn(&UnitSnapshot) -> f64,
}

/// A panel of the picture; a logarithmic one shows magnitudes.
struct Panel {
    y_label: &'static str,
    logarithmic: bool,
    series: Vec<Series>,
}

/// Colours of the palette by Okabe and Ito, for colour-blind readers; a marker each besides.
fn panels() -> [Panel; 3] {
    let series = |label, color, marker, value| Series { label, color, marker, value };
    use MarkerShape::{Circle, Cross, Diamond, Plus, Square, Triangle};
    [
        Panel {
            y_label: "magnitude of bias gradient",
            logarithmic: true,
            series: vec![
                series("bound of |∂J_AE/∂b|, Lemma 1", "#000000", Square, |unit| {
                    unit.lemma_1_bound
                }),
                series("λ∂R/∂b", "#d55e00", Circle, |unit| unit.regularizer_gradient),
                series("|∂J_AE/∂b|", "#0072b2", Triangle, |unit| unit.reconstruction_gradient),
            ],
        },
        Panel {
            y_label: "mean pre-activation",
            logarithmic: false,
            series: vec![series("E[a]", "#009e73", Diamond, |unit| unit.pre_activation_mean)],
        },
        Panel {
            y_label: "share of inactive samples",
            logarithmic: false,
            series: vec![
                series("measured Pr(h ≤ δ_min)", "#e69f00", Plus, |unit| unit.inactive_share),
                series("bound by Cantelli", "#cc79a7", Cross, |unit| unit.cantelli.unwrap_or(0.0)),
                series("bound by Chebyshev, Thm. 2", "#56b4e9", Circle, |unit| {
                    unit.chebyshev.unwrap_or(0.0)
                }),
            ],
        },
    ]
}

/// A row of panels for each training.
pub fn draw(watched: &[Watched]) -> Scene {
    let (mut plots, mut layouts) = (Vec::new(), Vec::new());
    for run in watched {
        for panel in panels() {
            let cell: Vec<Plot> = panel
                .series
                .iter()
                .flat_map(|series| series.plots(&run.records, panel.logarithmic))
                .collect();
            let layout = Layout::auto_from_plots(&cell)
                .with_title(run.name)
                .with_x_label("epoch")
                .with_y_label(panel.y_label);
            layouts.push(if panel.logarithmic { logarithmic(layout) } else { layout });
            plots.push(cell);
        }
    }
    let entries = panels().into_iter().flat_map(|panel| panel.series).map(|series| LegendEntry {
        label: series.label.into(),
        color: series.color.into(),
        shape: LegendShape::Marker(series.marker),
        dasharray: None,
    });
    Figure::new(watched.len(), panels().len())
        .with_plots(plots)
        .with_layouts(layouts)
        .with_cell_size(360.0, 270.0)
        .with_shared_legend_right_middle()
        .with_shared_legend_entries(entries.collect())
        .render()
}

/// From 0.01 to 100.
fn logarithmic(layout: Layout) -> Layout {
    let plain = TickFormat::Custom(Arc::new(|value| format!("{value}")));
    layout.with_log_y().with_y_axis_min(0.01).with_y_axis_max(100.0).with_y_tick_format(plain)
}

impl Series {
    /// Median, markers at some epochs, and the quartiles as a band.
    fn plots(&self, records: &[MonitorRecord], logarithmic: bool) -> [Plot; 3] {
        let quartiles = records.iter().map(|record| {
            let value = |unit| {
                if logarithmic { (self.value)(unit).abs().max(1e-6) } else { (self.value)(unit) }
            };
            let mut values: Vec<f64> = record.snapshot.units.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            [0.25, 0.5, 0.75].map(|share| values[(share * (values.len() - 1) as f64) as usize])
        });
        let quartiles: Vec<[f64; 3]> = quartiles.collect();
        let epochs = || (0..records.len()).map(|epoch| epoch as f64);
        let median: Vec<(f64, f64)> = epochs().zip(quartiles.iter().map(|q| q[1])).collect();
        let band =
            BandPlot::new(epochs(), quartiles.iter().map(|q| q[0]), quartiles.iter().map(|q| q[2]));
        let line =
            LinePlot::new().with_data(median.clone()).with_color(self.color).with_stroke_width(1.6);
        let some = median.into_iter().step_by(5);
        let markers =
            ScatterPlot::new().with_data(some).with_color(self.color).with_marker(self.marker);
        [
            band.with_color(self.color).with_opacity(0.25).into(),
            line.into(),
            markers.with_size(4.0).into(),
        ]
    }
}
