//! Values and gradients of every objective against an independent automatic differentiation.
//!
//! Reads every `*.json` in `tests/data/golden/` and in the folder that the environment variable
//! `GOLDEN_DIR` names. In the files samples stand in rows (N × n) and W is m × n.

use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{
    Activation, Batch, Contractive, DenoisingCross, DenoisingCurvature, Elu, FirstOrderDenoising,
    Gelu, Gradient, HardSigmoid, HessianPenalty, Identity, KlSparsity, LeakyRelu,
    MarginalizedDenoising, MeanCode, Parameters, Pass, Real, RegularizedAutoEncoder, Regularizer,
    Relu, SecondOrderDenoising, Sigmoid, Silu, SlopePenalty, Softplus, Tanh, Unregularized,
    WeightDecay,
};
use serde::Deserialize;
use std::path::{Path, PathBuf};

type Rows = Vec<Vec<f64>>;
type AnyError = Box<dyn std::error::Error>;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    activation: String,
    #[serde(default)]
    params: Params,
    n: usize,
    m: usize,
    samples: usize,
    #[serde(rename = "X")]
    x: Rows,
    #[serde(rename = "W")]
    w: Rows,
    encoder_bias: Vec<f64>,
    decoder_bias: Option<Vec<f64>>,
    value: f64,
    #[serde(rename = "grad_W")]
    grad_w: Rows,
    grad_encoder_bias: Vec<f64>,
    grad_decoder_bias: Option<Vec<f64>>,
}

#[derive(Deserialize, Default)]
struct Params {
    rho: Option<f64>,
    q: Option<u32>,
    p: Option<u32>,
    variances: Option<Vec<f64>>,
    corrupted: Option<Rows>,
    noise: Option<serde_json::Value>,
}

fn activation<T: Real>(name: &str) -> Result<Box<dyn Activation<T>>, AnyError> {
    Ok(match name {
        "relu" => Box::new(Relu),
        "softplus" => Box::new(Softplus::new()),
        "sigmoid" => Box::new(Sigmoid),
        "tanh" => Box::new(Tanh),
        "identity" => Box::new(Identity),
        "leaky_relu" => Box::new(LeakyRelu::default()),
        "elu" => Box::new(Elu::default()),
        "silu" => Box::new(Silu),
        "gelu" => Box::new(Gelu),
        "hard_sigmoid" => Box::new(HardSigmoid),
        other => return Err(format!("unknown activation '{other}'").into()),
    })
}

/// The regularizer of a kind; `None`: the loss of the auto-encoder itself.
fn regularizer<T: Real>(case: &Case) -> Result<Option<Box<dyn Regularizer<T>>>, AnyError> {
    let params = &case.params;
    Ok(Some(match case.kind.as_str() {
        "reconstruction" | "dae" => return Ok(None),
        "corollary1_identity" => Box::new(MeanCode::new()),
        "corollary1_square" => Box::new(MeanCode::square()),
        "sae_kl0" => Box::new(KlSparsity::new(0.0)?),
        "sae_kl" => Box::new(KlSparsity::new(params.rho.ok_or("no rho")?)?),
        "cae" => Box::new(Contractive::new()),
        "mdae" => Box::new(MarginalizedDenoising::new()),
        "mdae_per_dimension" => Box::new(MarginalizedDenoising::with_variances(
            params.variances.clone().ok_or("no variances")?,
        )?),
        "corollary2" => {
            Box::new(SlopePenalty::new(params.q.ok_or("no q")?, params.p.ok_or("no p")?)?)
        }
        "dae_second_order_cross" => Box::new(DenoisingCross::new()),
        "dae_second_order_curvature" => Box::new(DenoisingCurvature::new()),
        "dae_second_order" => Box::new(SecondOrderDenoising::new()),
        // The noise is given, so its variance is that of what is handed in.
        "edae_first_order" => Box::new(FirstOrderDenoising::new(1.0)?),
        "cae_h" => Box::new(HessianPenalty::new(1.0, noise(case)?.len())?),
        "weight_decay" => Box::new(WeightDecay::new()),
        other => return Err(format!("unknown kind '{other}'").into()),
    }))
}

/// The draws of noise, each N × n.
fn noise(case: &Case) -> Result<Vec<Rows>, AnyError> {
    match (&case.params.noise, case.kind.as_str()) {
        (None, _) => Ok(Vec::new()),
        (Some(draws), "cae_h") => Ok(serde_json::from_value(draws.clone())?),
        (Some(draw), _) => Ok(vec![serde_json::from_value(draw.clone())?]),
    }
}

/// Rows of numbers as the columns of a matrix of the given height.
fn columns<T: Real>(height: usize, rows: &Rows) -> DMatrix<T> {
    let values = rows.iter().flatten().map(|&value| T::of(value));
    DMatrix::from_iterator(height, rows.len(), values)
}

fn vector<T: Real>(values: &[f64]) -> DVector<T> {
    DVector::from_iterator(values.len(), values.iter().map(|&value| T::of(value)))
}

/// Compares relative to max(largest entry of the array, 1e-3).
fn compare(what: &str, found: &[f64], expected: &[f64], tolerance: f64) -> Result<(), AnyError> {
    if found.len() != expected.len() {
        return Err(format!("{what}: {} values, not {}", found.len(), expected.len()).into());
    }
    let scale = expected.iter().fold(1e-3, |scale: f64, value| scale.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs() / scale;
        // Written so that NaN fails.
        if !(error <= tolerance) {
            return Err(format!("{what}: {found} instead of {expected} (off by {error:e})").into());
        }
    }
    Ok(())
}

fn check<T: Real>(case: &Case, tolerance: f64) -> Result<(), AnyError> {
    let parameters = Parameters::new(
        columns(case.n, &case.w),
        vector(&case.encoder_bias),
        case.decoder_bias.as_deref().map(vector),
    )?;
    let activation = activation::<T>(&case.activation)?;
    let clean = columns(case.n, &case.x);
    assert_eq!((clean.ncols(), parameters.n_hidden()), (case.samples, case.m));
    let corrupted = case.params.corrupted.as_ref().map(|rows| columns(case.n, rows));
    let draws: Rows = noise(case)?.into_iter().flatten().collect();
    let noise = columns(case.n, &draws);
    let mut batch = match &corrupted {
        Some(corrupted) => Batch::from(corrupted).with_target(&clean),
        None => Batch::from(&clean),
    };
    if !draws.is_empty() {
        batch = batch.with_noise(&noise);
    }

    let (value, gradient) = match regularizer::<T>(case)? {
        None => {
            let model = RegularizedAutoEncoder::builder(case.n, case.m)
                .activation(activation)
                .regularizer(Unregularized)
                .parameters(parameters)
                .build()?;
            let (loss, gradient) = model.gradient(batch)?;
            (loss.total(), gradient)
        }
        Some(regularizer) => {
            let pass = Pass::new(&parameters, &*activation, batch)?;
            let gradient = Gradient {
                filters: regularizer.weight_gradient(&pass)?,
                encoder_bias: regularizer.bias_gradient(&pass)?,
                decoder_bias: regularizer.decoder_bias_gradient(&pass)?,
            };
            (regularizer.loss(&pass)?, gradient)
        }
    };

    let numbers = |values: &[T]| values.iter().map(|value| value.as_f64()).collect::<Vec<_>>();
    compare("value", &[value.as_f64()], &[case.value], tolerance)?;
    let expected: Vec<f64> = case.grad_w.iter().flatten().copied().collect();
    compare("grad_W", &numbers(gradient.filters.as_slice()), &expected, tolerance)?;
    let found = numbers(gradient.encoder_bias.as_slice());
    compare("grad_encoder_bias", &found, &case.grad_encoder_bias, tolerance)?;
    match (&gradient.decoder_bias, &case.grad_decoder_bias) {
        (None, None) => Ok(()),
        (Some(found), Some(expected)) => {
            compare("grad_decoder_bias", &numbers(found.as_slice()), expected, tolerance)
        }
        _ => Err("only one of model and file has a gradient by the decoder bias".into()),
    }
}

/// Checks every case of every file in a folder; gives how many there were.
fn check_folder(folder: &Path) -> Result<usize, AnyError> {
    let in_folder = |error| format!("{}: {error}", folder.display());
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| in_folder(error.to_string()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    if files.is_empty() {
        return Err(in_folder("no *.json in it".into()).into());
    }
    let mut count = 0;
    for file in files {
        let cases: File = serde_json::from_str(&std::fs::read_to_string(&file)?)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        if cases.cases.is_empty() {
            return Err(format!("{}: no cases", file.display()).into());
        }
        for (index, case) in cases.cases.iter().enumerate() {
            check::<f64>(case, 1e-9).and_then(|()| check::<f32>(case, 1e-4)).map_err(|error| {
                let (kind, activation) = (&case.kind, &case.activation);
                format!("{}, case {index} ({kind}, {activation}): {error}", file.display())
            })?;
            count += 1;
        }
    }
    Ok(count)
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden")
}

#[test]
fn every_objective_agrees_with_the_golden_vectors() {
    let mut folders = vec![committed()];
    folders.extend(std::env::var_os("GOLDEN_DIR").map(PathBuf::from));
    for folder in folders {
        match check_folder(&folder) {
            Ok(count) => println!("{count} golden cases in {}", folder.display()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The comparison itself must refuse what is wrong.
#[test]
fn wrong_files_are_refused() {
    let folder = std::env::temp_dir().join(format!("golden-{}", std::process::id()));
    let refused = |reason: &str| {
        let error = check_folder(&folder).unwrap_err().to_string();
        assert!(error.contains(reason), "{error} does not contain '{reason}'");
    };
    refused("golden-");
    std::fs::create_dir_all(&folder).unwrap();
    refused("no *.json");

    let text = std::fs::read_to_string(committed().join("golden_shared.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&text).unwrap();
    let write = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut golden = golden.clone();
        change(&mut golden);
        std::fs::write(folder.join("changed.json"), golden.to_string()).unwrap();
    };
    write(&|golden| golden["cases"][3]["kind"] = "magic".into());
    refused("unknown kind 'magic'");
    write(&|golden| golden["cases"][3]["activation"] = "step".into());
    refused("unknown activation 'step'");
    write(&|golden| golden["cases"] = serde_json::json!([]));
    refused("no cases");
    write(&|golden| golden["cases"][7]["value"] = 2.390912.into());
    refused("value");
    for entry in ["grad_encoder_bias", "grad_decoder_bias"] {
        write(&|golden| golden["cases"][2][entry][1] = 0.5.into());
        refused(entry);
    }
    write(&|golden| golden["cases"][14]["grad_W"][1][0] = 0.5.into());
    refused("grad_W");
    std::fs::remove_dir_all(&folder).unwrap();
}
