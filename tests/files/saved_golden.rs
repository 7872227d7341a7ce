//! Files that version 1 of the format wrote are read for ever.
//!
//! What their models must give was computed by `tests/data/models/expected.py`, which reads the
//! files with another program and computes in float64.

use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::data::{Scaler, Standardization, Whitening};
use regularized_autoencoder::saved::{Provenance, SavedModel};
use regularized_autoencoder::{
    AnyAutoEncoder, Constraint, Contractive, LeakyRelu, Parameters, Real, RegularizedAutoEncoder,
    Relu, Softplus,
};
use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/models").join(name)
}

/// Relative to the largest entry.
#[track_caller]
fn assert_close<T: Real>(found: &DMatrix<T>, rows: &serde_json::Value, tolerance: f64) {
    let rows: Vec<Vec<f64>> = serde_json::from_value(rows.clone()).unwrap();
    assert_eq!(found.shape(), (rows[0].len(), rows.len()));
    let expected = rows.concat();
    let largest = expected.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let difference = (found.as_f64() - expected).abs();
        assert!(difference <= tolerance * largest, "{found} instead of {expected}");
    }
}

#[track_caller]
fn gives_what_is_expected<T: Real>(name: &str, tolerance: f64) -> AnyAutoEncoder<T> {
    let text = std::fs::read_to_string(file(&format!("{name}.json"))).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows: Vec<Vec<f64>> = serde_json::from_value(expected["samples"].clone()).unwrap();
    let values = rows.concat().into_iter().map(T::of).collect();
    let samples = DMatrix::from_vec(rows[0].len(), rows.len(), values);
    let model = AnyAutoEncoder::<T>::load(file(&format!("{name}.safetensors"))).unwrap();
    assert_close(&model.encode(&samples).unwrap(), &expected["codes"], tolerance);
    assert_close(&model.reconstruct(&samples).unwrap(), &expected["reconstructions"], tolerance);
    model
}

#[test]
fn version_1_is_read_for_ever() {
    let model = gives_what_is_expected::<f32>("relu-f32-v1", 1e-6);
    assert_eq!((model.n_inputs(), model.n_hidden(), model.scaler()), (5, 4, None));
    assert!(model.parameters().decoder_bias().is_some());
    gives_what_is_expected::<f64>("relu-f32-v1", 1e-12);

    let model = gives_what_is_expected::<f64>("softplus-standardization-f64-v1", 1e-12);
    assert!(
        matches!(model.scaler(), Some(Scaler::Standardization(scaler)) if scaler.offset() == 0.1)
    );
    assert!(model.parameters().decoder_bias().is_none());

    let model = gives_what_is_expected::<f32>("leaky-relu-pca-f32-v1", 1e-5);
    assert_eq!((model.n_features(), model.n_inputs()), (5, 3));
    assert!(matches!(model.scaler(), Some(Scaler::Whitening(scaler)) if scaler.rank() == 3));
    gives_what_is_expected::<f64>("leaky-relu-pca-f32-v1", 1e-12);
}

#[test]
fn the_provenance_of_version_1_is_read_for_ever() {
    let file = file("softplus-standardization-f64-v1.safetensors");
    let saved = SavedModel::<f64>::read(file).unwrap();
    assert_eq!(saved.activation.to_string(), "softplus (sharpness = 2)");
    let provenance = saved.provenance;
    assert_eq!(provenance.crate_version, "0.1.0");
    assert_eq!(provenance.seed, Some(7));
    assert_eq!(provenance.epochs, Some(50));
    assert_eq!(provenance.constraint, Some(Constraint::Length(1.0)));
    assert!(provenance.regularizer.unwrap().contains("Contractive"));
    assert_eq!(provenance.notes["data"], "five waves");
}

/// Run it by hand for a new version of the format, then `expected.py`; the old files stay.
#[test]
#[ignore = "writes files into the folder of the tests"]
fn write_golden_files() {
    fn parameters<T: Real>(n: usize, with_bias: bool) -> Parameters<T> {
        let wave = |i: usize, j: usize| T::of((1.0 + i as f64 + 2.3 * j as f64).sin());
        let bias = with_bias.then(|| DVector::from_fn(n, |i, _| wave(i, 7)));
        let encoder_bias = DVector::from_fn(4, |j, _| wave(5, j));
        Parameters::new(DMatrix::from_fn(n, 4, wave), encoder_bias, bias).unwrap()
    }
    let x = DMatrix::<f64>::from_fn(5, 50, |i, j| {
        let wave = |i: usize| (((i + 1) * (i + 2) * j + i) as f64).sin();
        i as f64 + if i < 3 { wave(i) } else { wave(i - 3) - 0.5 * wave(2) }
    });
    let pca = Whitening::pca(&x, 1e-9).unwrap();
    assert_eq!(pca.rank(), 3);
    let builder = RegularizedAutoEncoder::<f32>::builder(5, 4).activation(Relu);
    let model = builder.parameters(parameters(5, true)).build().unwrap();
    model.save(file("relu-f32-v1.safetensors")).unwrap();
    RegularizedAutoEncoder::<f64>::builder(5, 4)
        .activation(Softplus::with_sharpness(2.0).unwrap())
        .regularizer(0.5 * Contractive::new())
        .parameters(parameters(5, false))
        .scaler(Standardization::fit(&x, 0.1).unwrap())
        .build()
        .unwrap()
        .save_with(
            file("softplus-standardization-f64-v1.safetensors"),
            &Provenance::new()
                .seed(7)
                .epochs(50)
                .constraint(Constraint::UNIT)
                .note("data", "five waves"),
        )
        .unwrap();
    RegularizedAutoEncoder::<f32>::builder(3, 4)
        .activation(LeakyRelu::new(0.25).unwrap())
        .parameters(parameters(3, true))
        .scaler(pca)
        .build()
        .unwrap()
        .save(file("leaky-relu-pca-f32-v1.safetensors"))
        .unwrap();
}
