//! Models to and from SAELens: what the package wrote and computed, and what must be refused.

use crate::common::{rejected, relative_error};
use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::data::Standardization;
use regularized_autoencoder::exchange::saelens::{load, save};
use regularized_autoencoder::{
    Activation, Elu, LeakyRelu, Real, RegularizedAutoEncoder, Relu, Sigmoid, UntiedAutoEncoder,
};
use std::fs;
use std::path::{Path, PathBuf};

const CFG: &str = "cfg.json";
const WEIGHTS: &str = "sae_weights.safetensors";

/// A folder of files that the package wrote.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/saelens").join(name)
}

/// A folder of this test alone, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("regularized-autoencoder-saelens-{name}-{}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        let _ = fs::remove_dir_all(&folder.0);
        fs::create_dir_all(&folder.0).unwrap();
        folder
    }

    /// With the files of a fixture.
    fn copy(name: &str, fixture_name: &str) -> Self {
        let folder = Self::new(name);
        for file in [CFG, WEIGHTS] {
            fs::copy(fixture(fixture_name).join(file), folder.0.join(file)).unwrap();
        }
        folder
    }

    /// Changes a word in `cfg.json`.
    fn replace(&self, from: &str, to: &str) {
        let path = self.0.join(CFG);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(path, text.replace(from, to)).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Samples in rows, as JSON, to a matrix with samples in columns.
fn columns<T: Real>(rows: &serde_json::Value) -> DMatrix<T> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(rows.clone()).unwrap();
    DMatrix::from_fn(rows[0].len(), rows.len(), |i, j| T::of(rows[j][i]))
}

fn values<T: Real>(matrix: &DMatrix<T>) -> Vec<f64> {
    matrix.iter().map(|value| value.as_f64()).collect()
}

/// The package's codes and reconstructions.
fn computes_what_the_package_computed<T: Real>(name: &str, tolerance: f64) {
    let folder = fixture(name);
    let model = load::<T>(&folder).unwrap();
    let text = fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let x = columns::<T>(&expected["x"]);
    let (codes, y) = (model.encode(&x).unwrap(), model.reconstruct(&x).unwrap());
    let of_package = columns::<T>(&expected["codes"]);
    for (ours, theirs) in [(codes, of_package), (y, columns(&expected["reconstructions"]))] {
        let error = relative_error(&values(&ours), &values(&theirs), 0.0);
        assert!(error <= tolerance, "{name}: {error:e}");
    }
    let expected: Vec<f64> = values(&columns::<T>(&expected["codes"]));
    assert!(expected.contains(&0.0) && expected.iter().any(|h| *h > 0.0));
}

#[test]
fn files_of_the_package_compute_what_the_package_computed() {
    computes_what_the_package_computed::<f32>("float32", 1e-5);
    computes_what_the_package_computed::<f64>("float32", 1e-5);
    computes_what_the_package_computed::<f32>("training", 1e-5);
    computes_what_the_package_computed::<f64>("float64", 1e-13);
}

/// The same weights in the layout of before version 6, whose defaults differ.
#[test]
fn older_files_are_read() {
    let folder = Folder::new("older");
    fs::copy(fixture("float32").join(WEIGHTS), folder.0.join(WEIGHTS)).unwrap();
    let text = r#"{"d_in": 5, "d_sae": 7, "dtype": "torch.float32", "activation_fn_str": "relu",
        "normalize_activations": false, "finetuning_scaling_factor": false}"#;
    fs::write(folder.0.join(CFG), text).unwrap();
    assert_eq!(load::<f32>(&folder.0).unwrap(), load::<f32>(fixture("float32")).unwrap());
}

fn model<T: Real, A: Activation<T>>(activation: A) -> RegularizedAutoEncoder<T, A> {
    let builder = RegularizedAutoEncoder::builder(3, 5).activation(activation);
    builder.decoder_bias(true).seed(3).build().unwrap()
}

fn saved_and_loaded<T: Real>(name: &str) {
    let folder = Folder::new(name);
    let untied = UntiedAutoEncoder::new(
        DMatrix::from_fn(3, 5, |i, j| T::of((1.0 + (i * 5 + j) as f64).sin())),
        DVector::from_fn(5, |j, _| T::of(j as f64 - 2.0)),
        DMatrix::from_fn(3, 5, |i, j| T::of((1.0 + (i * 7 + j) as f64).cos())),
        Some(DVector::from_fn(3, |i, _| T::of(0.1 + i as f64))),
        Relu,
    );
    let tied = model::<T, _>(Relu).fold_scaler();
    for untied in [untied.unwrap(), tied.unwrap()] {
        // The second time over the first.
        save(&untied, &folder.0).unwrap();
        assert_eq!(load::<T>(&folder.0).unwrap(), untied);
    }
    // Without a decoder bias it is 0.
    let tied = RegularizedAutoEncoder::<T>::builder(3, 5).activation(Relu).build().unwrap();
    save(&tied.clone().fold_scaler().unwrap(), folder.0.join("new/folder")).unwrap();
    let loaded = load::<T>(folder.0.join("new/folder")).unwrap();
    assert_eq!(loaded.decoder_bias(), Some(&DVector::zeros(3)));
    assert_eq!(loaded.encoder_filters(), tied.parameters().filters());
    assert_eq!(loaded.decoder_filters(), tied.parameters().filters());
    let files = fs::read_dir(folder.0.join("new/folder")).unwrap().count();
    assert_eq!(files, 2, "no temporary file is left");
}

#[test]
fn what_is_saved_is_loaded_to_the_bit() {
    saved_and_loaded::<f32>("f32");
    saved_and_loaded::<f64>("f64");
}

#[test]
fn a_scaler_becomes_part_of_the_weights() {
    let folder = Folder::new("scaler");
    let x = DMatrix::<f64>::from_fn(3, 40, |i, j| 50.0 + 9.0 * ((i * 3 + j) as f64).sin());
    let mut model = model(Relu);
    model.set_scaler(Some(Standardization::fit(&x, 0.1).unwrap().into())).unwrap();
    save(&model.clone().fold_scaler().unwrap(), &folder.0).unwrap();
    let loaded = load::<f64>(&folder.0).unwrap();
    let (found, expected) = (loaded.encode(&x).unwrap(), model.encode(&x).unwrap());
    assert!(relative_error(&values(&found), &values(&expected), 0.0) < 1e-12);
    let (found, expected) = (loaded.reconstruct(&x).unwrap(), model.reconstruct(&x).unwrap());
    assert!(relative_error(&values(&found), &values(&expected), 0.0) < 1e-12);
}

/// The description of other weights is gone before there are new ones; that of such weights stays.
#[test]
fn a_folder_that_cannot_be_written_describes_no_other_weights() {
    let folder = Folder::new("half");
    let single = model::<f32, _>(Relu).fold_scaler().unwrap();
    save(&single, &folder.0).unwrap();
    let description = fs::read(folder.0.join(CFG)).unwrap();
    // Weights cannot be written where a folder is.
    fs::rename(folder.0.join(WEIGHTS), folder.0.join("aside")).unwrap();
    fs::create_dir(folder.0.join(WEIGHTS)).unwrap();
    rejected(save(&single, &folder.0), &[WEIGHTS]);
    assert_eq!(fs::read(folder.0.join(CFG)).unwrap(), description);
    fs::remove_dir(folder.0.join(WEIGHTS)).unwrap();
    fs::rename(folder.0.join("aside"), folder.0.join(WEIGHTS)).unwrap();
    assert_eq!(load::<f32>(&folder.0).unwrap(), single);

    fs::remove_file(folder.0.join(WEIGHTS)).unwrap();
    fs::create_dir(folder.0.join(WEIGHTS)).unwrap();
    // The same sizes and type, but weights of which c is to be subtracted.
    folder.replace("\"apply_b_dec_to_input\": false", "\"apply_b_dec_to_input\": true");
    rejected(save(&single, &folder.0), &[WEIGHTS]);
    assert!(!folder.0.join(CFG).exists());
    assert!(load::<f32>(&folder.0).is_err());
}

#[test]
fn other_activations_are_refused() {
    let folder = Folder::new("activations");
    let refused = |activation: Box<dyn Activation<f64>>, name: &str| {
        let untied = UntiedAutoEncoder::new(
            DMatrix::zeros(2, 3),
            DVector::zeros(3),
            DMatrix::zeros(2, 3),
            None,
            activation,
        );
        rejected(save(&untied.unwrap(), &folder.0), &[name, "`standard` has Relu"]);
    };
    refused(Box::new(Sigmoid), "Sigmoid");
    refused(Box::<LeakyRelu>::default(), "LeakyRelu");
    refused(Box::<Elu>::default(), "Elu");
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0, "nothing is written");
    // A leaky ReLU that does not leak is one.
    let flat = model::<f64, _>(LeakyRelu::new(0.0).unwrap()).fold_scaler().unwrap();
    save(&flat, &folder.0).unwrap();
    assert_eq!(load::<f64>(&folder.0).unwrap().encoder_filters(), flat.encoder_filters());
}

#[test]
fn what_the_crate_has_not_is_refused() {
    let parts = [CFG, "dtype is \"bfloat16\"", "float32 or float64"];
    rejected(load::<f32>(fixture("bfloat16")), &parts);
    let parts = [CFG, "normalize_activations is \"layer_norm\"", "must be none"];
    rejected(load::<f32>(fixture("layer_norm")), &parts);
    let parts = [CFG, "architecture is \"topk\"", "must be standard"];
    rejected(load::<f32>(fixture("topk")), &parts);
    let parts = [WEIGHTS, "f64", "load it as f64"];
    rejected(load::<f32>(fixture("float64")), &parts);

    // Half of the numbers with a `cfg.json` that says otherwise.
    let folder = Folder::copy("half", "bfloat16");
    folder.replace("bfloat16", "float32");
    rejected(load::<f32>(&folder.0), &[WEIGHTS, "type BF16", "F32 or F64"]);
}

#[test]
fn a_configuration_that_is_wrong_is_refused() {
    let folder = Folder::copy("configuration", "float32");
    let original = fs::read_to_string(folder.0.join(CFG)).unwrap();
    for (from, to, parts) in [
        ("\"d_in\": 5", "\"d_in\": 4", vec![WEIGHTS, "W_enc has the sizes [5, 7]", "[4, 7]"]),
        ("\"d_sae\": 7", "\"d_sae\": 8", vec![WEIGHTS, "W_enc has the sizes [5, 7]", "[5, 8]"]),
        ("\"d_in\": 5", "\"d_in\": 0", vec![CFG, "d_in is 0", "at least 1"]),
        ("\"d_in\": 5", "\"d_in\": -5", vec![CFG, "d_in is -5", "at least 1"]),
        ("\"d_in\": 5", "\"d_in\": 5.5", vec![CFG, "d_in is 5.5", "whole number"]),
        ("\"d_in\": 5", "\"d_in\": 1e300", vec![CFG, "d_in is", "whole number"]),
        ("\"d_in\": 5", "\"d_out\": 5", vec![CFG, "there is no d_in"]),
        ("\"dtype\"", "\"type\"", vec![CFG, "there is no dtype"]),
        ("\"none\", \"resh", "true, \"resh", vec![CFG, "normalize_activations is true"]),
        ("_input\": true", "_input\": 1", vec![CFG, "apply_b_dec_to_input is 1", "true or false"]),
        ("{\"d_in\"", "{\"activation_fn\": \"gelu\", \"d_in\"", vec![CFG, "\"gelu\"", "relu"]),
        (
            "{\"d_in\"",
            "{\"finetuning_scaling_factor\": true, \"d_in\"",
            vec![CFG, "finetuning_scaling_factor is true"],
        ),
        ("{\"d_in\"", "[\"d_in\"", vec![CFG, "no valid JSON"]),
    ] {
        folder.replace(from, to);
        rejected(load::<f32>(&folder.0), &parts);
        fs::write(folder.0.join(CFG), &original).unwrap();
    }
    for (text, part) in [("", "no valid JSON"), ("7", "not a JSON object")] {
        fs::write(folder.0.join(CFG), text).unwrap();
        rejected(load::<f32>(&folder.0), &[CFG, part]);
    }
    fs::write(folder.0.join(CFG), vec![b' '; (1 << 20) + 1]).unwrap();
    rejected(load::<f32>(&folder.0), &[CFG, "longer than 1048576 bytes"]);
    fs::remove_file(folder.0.join(CFG)).unwrap();
    rejected(load::<f32>(&folder.0), &[CFG]);
}

#[test]
fn weights_that_are_wrong_are_refused() {
    let folder = Folder::copy("weights", "float32");
    let path = folder.0.join(WEIGHTS);
    let original = fs::read(&path).unwrap();
    let header = |from: &str, to: &str| {
        let length = u64::from_le_bytes(original[..8].try_into().unwrap()) as usize;
        let text = std::str::from_utf8(&original[8..8 + length]).unwrap();
        assert!(text.contains(from), "{text}");
        let text = text.replacen(from, to, 1);
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes.extend(&original[8 + length..]);
        bytes
    };
    let mut nan = original.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    let mut huge = original.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let missing = |name: &str| {
        let file = safetensors::SafeTensors::deserialize(&original).unwrap();
        let others = file.tensors().into_iter().filter(|(other, _)| other != name);
        safetensors::serialize(others, None).unwrap()
    };
    for name in ["W_enc", "b_enc", "W_dec", "b_dec"] {
        fs::write(&path, missing(name)).unwrap();
        rejected(load::<f32>(&folder.0), &[WEIGHTS, &format!("there is no tensor {name}")]);
    }
    for (bytes, parts) in [
        (header("b_enc", "c_enc"), vec![WEIGHTS, "tensor c_enc"]),
        (header("[5,7]", "[7,5]"), vec!["W_enc has the sizes [7, 5]", "[5, 7]"]),
        (header("[7,5]", "[4611686018427387904,5]"), vec![WEIGHTS, "the header is not one"]),
        (header("F32", "I32"), vec!["type I32", "F32 or F64"]),
        (nan, vec![WEIGHTS, "NaN", "must be finite"]),
        (huge, vec![WEIGHTS, "the header has 18446744073709551615 bytes"]),
        (original[..end - 1].to_vec(), vec![WEIGHTS, "bytes, but its header is of one of"]),
        ([&original[..], &[0]].concat(), vec![WEIGHTS, "bytes, but its header is of one of"]),
        (original[..5].to_vec(), vec![WEIGHTS, "it ends after 5 of the 8 bytes"]),
        (Vec::new(), vec![WEIGHTS, "it ends after 0 of the 8 bytes"]),
    ] {
        fs::write(&path, bytes).unwrap();
        rejected(load::<f32>(&folder.0), &parts);
    }
    fs::remove_file(&path).unwrap();
    rejected(load::<f32>(&folder.0), &[WEIGHTS]);
    rejected(load::<f32>(folder.0.join("nowhere")), &["nowhere"]);
    // A file stands where the folder should.
    fs::write(&path, b"a file").unwrap();
    let tied = model::<f32, _>(Relu).fold_scaler().unwrap();
    rejected(save(&tied, &path), &[WEIGHTS]);
    assert_eq!(fs::read(&path).unwrap(), b"a file");
}
