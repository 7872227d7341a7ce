//! The samples that activate units most, tables of units and pictures of filters.

use crate::common::*;
use nalgebra::{DMatrix, dmatrix};
use proptest::prelude::*;
use regularized_autoencoder::data::Standardization;
use regularized_autoencoder::inspect::{FilterSheet, SheetLayout, TopSamples};
use regularized_autoencoder::{RegularizedAutoEncoder, Relu, Sigmoid, Unregularized, metrics};

proptest! {
    #![proptest_config(cases(200))]

    /// In two pieces, with every sample twice, so that there are ties.
    #[test]
    fn top_samples_are_those_of_a_full_sort(problem in problem(), k in 1_usize..12) {
        let twice: Vec<usize> = (0..problem.n_samples()).flat_map(|i| [i, i]).collect();
        let x = problem.input.select_columns(&twice);
        let cut = x.ncols() / 2;
        for activation in activations() {
            let model = problem.model(&activation, &Unregularized);
            let mut top = TopSamples::of(&model, x.columns(0, cut), k).unwrap();
            top.extend(&model, x.columns(cut, x.ncols() - cut)).unwrap();
            prop_assert_eq!(top.n_samples(), x.ncols());
            let parts = [
                model.encode(x.columns(0, cut)).unwrap(),
                model.encode(x.columns(cut, x.ncols() - cut)).unwrap(),
            ];
            for unit in 0..model.n_hidden() {
                let codes = parts.iter().flat_map(|part| part.row(unit).iter().copied().collect::<Vec<_>>());
                let mut expected: Vec<_> = codes.enumerate().filter(|(_, h)| *h > 0.0).collect();
                expected.sort_by(|(_, g), (_, h)| h.partial_cmp(g).unwrap());
                expected.truncate(k);
                prop_assert_eq!(top.unit(unit).unwrap(), &expected[..]);
            }
        }
    }

    #[test]
    fn units_are_those_of_the_definitions(problem in problem()) {
        for activation in activations() {
            let model = problem.model(&activation, &Unregularized);
            let codes = model.encode(&problem.input).unwrap();
            let evaluation = metrics::evaluate(&model, &problem.input).unwrap();
            let table = evaluation.units();
            prop_assert_eq!(table.rows.len(), model.n_hidden());
            for (unit, row) in table.rows.iter().enumerate() {
                let h = codes.row(unit);
                prop_assert_eq!(row.unit, unit);
                prop_assert_eq!(row.max_code, h.max());
                prop_assert!(relative_error(&[row.mean_code], &[h.mean()], 1.0) < ROUNDING);
                let active = h.iter().filter(|h| **h > evaluation.threshold).count();
                prop_assert_eq!(row.activation_rate, active as f64 / h.len() as f64);
                prop_assert_eq!(row.dead, active == 0);
            }
            let dead = table.rows.iter().filter(|row| row.dead).count();
            prop_assert_eq!(dead, evaluation.dead_units);
            let sorted = table.by_rate();
            let is_sorted = sorted.rows.is_sorted_by(|a, b| {
                a.activation_rate > b.activation_rate
                    || (a.activation_rate == b.activation_rate && a.unit < b.unit)
            });
            prop_assert!(is_sorted);
        }
    }

    /// Where a pixel of a filter stands on the sheet, computed from the sheet's side.
    #[test]
    fn every_pixel_is_that_of_a_filter_or_white(
        (height, width, channels) in (1_usize..4, 1_usize..4, 1_usize..4),
        (columns, zoom, gap) in (1_usize..4, 1_usize..4, 0_usize..3),
        n_filters in 1_usize..7,
    ) {
        let n = height * width * channels;
        let filters = DMatrix::from_fn(n, 7, |i, j| ((3 * i + 5 * j + 1) as f64).sin());
        // Backwards, so that a unit is not its place.
        let units: Vec<usize> = (0..n_filters).map(|place| 6 - place).collect();
        let layout = SheetLayout::new(height, width, channels).columns(columns).zoom(zoom).gap(gap);
        let sheet = FilterSheet::draw(&filters, units.iter().copied(), layout).unwrap();
        let (wide, tall) = (columns.min(n_filters), n_filters.div_ceil(columns));
        prop_assert_eq!(sheet.width, gap + wide * (width * zoom + gap));
        prop_assert_eq!(sheet.height, gap + tall * (height * zoom + gap));
        prop_assert_eq!(sheet.pixels.len(), sheet.width * sheet.height * channels);
        for y in 0..sheet.height {
            for x in 0..sheet.width {
                let cell = |at: usize, size: usize| {
                    let (at, step) = (at.checked_sub(gap)?, size * zoom + gap);
                    (at % step < size * zoom).then_some((at / step, at % step / zoom))
                };
                let place = cell(x, width).zip(cell(y, height));
                for channel in 0..channels {
                    let found = sheet.pixels[(y * sheet.width + x) * channels + channel];
                    let expected = place.and_then(|((column, i), (row, j))| {
                        let filter = filters.column(*units.get(row * columns + column)?);
                        let weight = filter[(channel * height + j) * width + i] / filter.amax();
                        Some(128.0 + 127.0 * weight)
                    });
                    let difference = f64::from(found) - expected.unwrap_or(255.0);
                    prop_assert!(difference.abs() <= 0.5 + 1e-9, "{found} at {x}, {y}");
                }
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let x = DMatrix::from_fn(9, 1000, |i, j| ((i * 31 + j * 17) as f32).sin());
    let mut model =
        RegularizedAutoEncoder::builder(9, 40).activation(Relu).seed(5).build().unwrap();
    let top = TopSamples::of(&model, &x, 5).unwrap();
    for threads in [2, 3, 7, usize::MAX] {
        model.set_threads(threads).unwrap();
        assert_eq!(TopSamples::of(&model, &x, 5).unwrap(), top);
    }
}

#[test]
fn samples_are_in_the_units_of_the_input() {
    let x = DMatrix::from_fn(3, 600, |i, j| 50.0 + 9.0 * ((i * 31 + j) as f64).sin());
    let model = RegularizedAutoEncoder::builder(3, 5)
        .activation(Relu)
        .scaler(Standardization::fit(&x, 0.0).unwrap())
        .build()
        .unwrap();
    let (codes, top) = (model.encode(&x).unwrap(), TopSamples::of(&model, &x, 4).unwrap());
    for unit in 0..5 {
        let largest = codes.row(unit).max();
        assert_eq!(top.unit(unit).unwrap().first().map_or(0.0, |(_, h)| *h), largest);
    }
}

#[test]
fn a_sheet_shows_zero_as_grey_and_extremes_as_extremes() {
    let layout = SheetLayout::new(1, 3, 1).gap(0);
    let filters = dmatrix![1e-40_f32, 0.0; 0.0, 0.0; -1e-40, 0.0];
    let sheet = FilterSheet::draw(&filters, 0..2, layout).unwrap();
    assert_eq!(sheet.pixels, [255, 128, 1, 128, 128, 128]);
    let filters = dmatrix![f64::MAX; -f64::MAX; f64::MIN_POSITIVE];
    let sheet = FilterSheet::draw(&filters, [0], layout).unwrap();
    assert_eq!(sheet.pixels, [255, 1, 128]);
}

#[test]
fn bad_input_is_answered_by_errors() {
    const FIT: &str = "do not fit into memory";
    rejected(TopSamples::<f32>::new(0, 1), &["n_hidden is 0"]);
    rejected(TopSamples::<f32>::new(1, 0), &["k is 0"]);
    rejected(TopSamples::<f32>::new(usize::MAX, 2), &["top samples", FIT]);
    rejected(TopSamples::<f32>::new(1 << 30, 1 << 30), &["top samples", FIT]);
    let model = RegularizedAutoEncoder::<f64, Sigmoid>::builder(4, 3).build().unwrap();
    let mut top = TopSamples::new(5, 2).unwrap();
    rejected(top.extend(&model, &DMatrix::zeros(4, 2)), &["hidden units", "expected 5, got 3"]);
    let mut top = TopSamples::new(3, 2).unwrap();
    rejected(
        top.extend(&model, &DMatrix::zeros(5, 2)),
        &["values per sample", "expected 4, got 5"],
    );
    rejected(top.extend(&model, &DMatrix::from_element(4, 1, f64::NAN)), &["NaN"]);
    rejected(top.extend(&model, &DMatrix::zeros(4, 0)), &["empty"]);
    rejected(top.unit(3), &["hidden units: 4 asked for", "only 3"]);
    assert_eq!((top.n_samples(), top.unit(2).unwrap()), (0, &[][..]));

    let filters = DMatrix::<f64>::zeros(12, 3);
    let draw = |units: &[usize], layout| FilterSheet::draw(&filters, units.iter().copied(), layout);
    let layout = SheetLayout::new(2, 2, 3);
    assert!(draw(&[0, 2, 0], layout).is_ok());
    rejected(draw(&[], layout), &["list of units is empty"]);
    rejected(draw(&[3], layout), &["hidden units: 4 asked for", "only 3"]);
    rejected(draw(&[0], SheetLayout::new(2, 3, 3)), &["expected 12, got 18"]);
    rejected(draw(&[0], SheetLayout::new(0, 3, 3)), &["height of a filter is 0"]);
    rejected(draw(&[0], SheetLayout::new(4, 0, 3)), &["width of a filter is 0"]);
    rejected(draw(&[0], SheetLayout::new(4, 3, 0)), &["channels of a filter is 0"]);
    rejected(draw(&[0], layout.columns(0)), &["filters in a row is 0"]);
    rejected(draw(&[0], layout.zoom(0)), &["zoom is 0"]);
    for huge in [layout.zoom(usize::MAX), layout.gap(usize::MAX), layout.zoom(1 << 31)] {
        rejected(draw(&[0], huge), &["pixels of a sheet", FIT]);
    }
    let huge = SheetLayout::new(usize::MAX, usize::MAX, 2);
    rejected(draw(&[0], huge), &["expected 12"]);
    let bad = dmatrix![0.0; f64::NAN];
    rejected(FilterSheet::draw(&bad, [0], SheetLayout::new(1, 2, 1)), &["NaN at row 1"]);
    let endless = FilterSheet::draw(&filters, 0.., SheetLayout::new(3, 4, 1));
    rejected(endless, &["hidden units"]);
}
