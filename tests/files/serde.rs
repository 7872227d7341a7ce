//! What serde writes it reads again, and nothing that constructors would refuse.

use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use regularized_autoencoder::data::{Scaler, Standardization, Whitening};
use regularized_autoencoder::scores::QuantileThreshold;
use regularized_autoencoder::{
    Activation, ActivationMetadata, CodeL1, Constraint, Contractive, DenoisingCross,
    DenoisingCurvature, Elu, FirstOrderDenoising, Gelu, HardSigmoid, HessianPenalty, Identity,
    KlSparsity, LeakyRelu, Linear, MarginalizedDenoising, MeanCode, Parameters, Real,
    RegularizedAutoEncoder, RegularizerMetadata, Relu, Scaled, SecondOrderDenoising, Sigmoid, Silu,
    SlopePenalty, Softplus, Square, Sum, Tanh, Unregularized, UntiedAutoEncoder, WeightDecay,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

#[track_caller]
fn goes_round<V: Serialize + DeserializeOwned + PartialEq + Debug>(value: V) {
    let text = serde_json::to_string(&value).unwrap();
    assert_eq!(serde_json::from_str::<V>(&text).unwrap(), value, "{text}");
}

/// `text` is refused, with an error that contains every one of the `parts`.
#[track_caller]
fn refused<V: DeserializeOwned + Debug>(text: &str, parts: &[&str]) {
    let message = match serde_json::from_str::<V>(text) {
        Ok(value) => panic!("{text} gave {value:?}"),
        Err(error) => error.to_string(),
    };
    parts.iter().for_each(|part| assert!(message.contains(part), "{message:?} lacks {part:?}"));
}

#[test]
fn thresholds_are_checked() {
    let reference: Vec<f64> = (0..100).map(f64::from).collect();
    let threshold = QuantileThreshold::fit(&reference, 0.9).unwrap();
    goes_round(threshold);
    let parts = (threshold.value(), threshold.quantile(), threshold.n_reference());
    assert_eq!(QuantileThreshold::from_parts(parts.0, parts.1, parts.2).unwrap(), threshold);
    let text = |value: &str, quantile: &str, n: &str| {
        format!(r#"{{"value":{value},"quantile":{quantile},"n_reference":{n}}}"#)
    };
    refused::<QuantileThreshold>(&text("1", "7", "100"), &["quantile is 7", "in (0, 1)"]);
    refused::<QuantileThreshold>(&text("1", "0.9", "3"), &["only 3"]);
    refused::<QuantileThreshold>(&text("1", "0.9", "100,\"x\":1"), &["unknown field"]);
    let error = QuantileThreshold::from_parts(f64::NAN, 0.9, 100).unwrap_err().to_string();
    assert_eq!(error, "threshold is NaN, but must be finite");
}

/// An activation of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shifted {
    by: f64,
}

impl ActivationMetadata for Shifted {}

impl<T: Real> Activation<T> for Shifted {
    fn value(&self, a: T) -> T {
        a + T::of(self.by)
    }
    fn derivative(&self, _: T) -> T {
        T::one()
    }
    fn second_derivative(&self, _: T) -> T {
        T::zero()
    }
}

/// 4 × 3, with numbers that take all their digits.
fn parameters<T: Real>() -> Parameters<T> {
    let wave = |i: usize, j: usize| T::of((i as f64 + 0.7 * j as f64).sin() / 3.0);
    let vector = |length| DVector::from_fn(length, wave);
    Parameters::new(DMatrix::from_fn(4, 3, wave), vector(3), Some(vector(4))).unwrap()
}

fn scalers() -> [Scaler; 3] {
    let x = DMatrix::<f64>::from_fn(4, 50, |i, j| {
        (((i + 1) * (i + 2) * j + i) as f64).sin() * (i as f64 + 0.1)
    });
    [
        Standardization::fit(&x, 0.1).unwrap().into(),
        Whitening::pca(&x, 1e-9).unwrap().into(),
        Whitening::zca(&x, 1e-9).unwrap().into(),
    ]
}

#[test]
fn activations_go_round() {
    goes_round(Relu);
    goes_round(Sigmoid);
    goes_round(Tanh);
    goes_round(Identity);
    goes_round(Silu);
    goes_round(Gelu);
    goes_round(HardSigmoid);
    goes_round(Softplus::with_sharpness(0.1 + 0.2).unwrap());
    goes_round(LeakyRelu::new(1.0 / 3.0).unwrap());
    goes_round(Elu::new(2.0 / 3.0).unwrap());
}

#[test]
fn regularizers_go_round() {
    goes_round(Unregularized);
    goes_round(CodeL1);
    goes_round(Contractive);
    goes_round(DenoisingCross);
    goes_round(DenoisingCurvature);
    goes_round(SecondOrderDenoising);
    goes_round(WeightDecay);
    goes_round(MeanCode::<Linear>::new());
    goes_round(MeanCode::<Linear>::square());
    goes_round(MeanCode::<Linear>::of(KlSparsity::new(0.1).unwrap()));
    goes_round(FirstOrderDenoising::new(0.1).unwrap());
    goes_round(HessianPenalty::new(0.1, 3).unwrap());
    goes_round(KlSparsity::new(0.05).unwrap().with_margin(0.2).unwrap());
    goes_round(MarginalizedDenoising::new());
    goes_round(MarginalizedDenoising::with_variances([0.1, 0.0, 1.0 / 3.0]).unwrap());
    goes_round(SlopePenalty::new(2, 4).unwrap());
    goes_round(0.1 * Contractive::new() + (0.3 * KlSparsity::new(0.0).unwrap() + WeightDecay));
    goes_round(Contractive::with_hessian(0.1, 0.2, 2).unwrap());
}

#[test]
fn parameters_scalers_and_constraints_go_round() {
    goes_round(parameters::<f32>());
    goes_round(parameters::<f64>());
    let without_bias = parameters::<f64>().into_parts();
    goes_round(Parameters::new(without_bias.0, without_bias.1, None).unwrap());
    scalers().into_iter().for_each(goes_round);
    for constraint in [Constraint::None, Constraint::Length(0.1), Constraint::MaxNorm(1.0 / 3.0)] {
        goes_round(constraint);
    }
}

#[test]
fn models_go_round() {
    let builder = |n_inputs| {
        RegularizedAutoEncoder::<f64>::builder(n_inputs, 3)
            .activation(Softplus::new())
            .regularizer(0.1 * Contractive::new() + WeightDecay::new())
    };
    goes_round(builder(4).parameters(parameters()).build().unwrap());
    for scaler in scalers() {
        let model = builder(scaler.n_outputs()).scaler(scaler).build().unwrap();
        goes_round(model.clone().fold_scaler().unwrap());
        goes_round(model);
    }
    // With an activation and a regularizer of the user's, and threads, which are not kept.
    let model = RegularizedAutoEncoder::<f32>::builder(4, 3)
        .activation(Shifted { by: 0.1 })
        .regularizer(CodeL1.scaled(0.2))
        .threads(3)
        .build()
        .unwrap();
    let text = serde_json::to_string(&model).unwrap();
    type Read = RegularizedAutoEncoder<f32, Shifted, Scaled<CodeL1>>;
    let read: Read = serde_json::from_str(&text).unwrap();
    assert_eq!(read, model);
    assert_eq!(read.threads(), 1);
}

#[test]
fn hyper_parameters_are_checked() {
    refused::<Softplus>(r#"{"sharpness":0}"#, &["sharpness is 0", "greater than 0"]);
    refused::<Elu>(r#"{"alpha":-1}"#, &["alpha is -1", "greater than 0"]);
    refused::<LeakyRelu>(r#"{"alpha":1.5}"#, &["alpha is 1.5", "in [0, 1]"]);
    // JSON writes NaN and ±∞ as null.
    refused::<LeakyRelu>(r#"{"alpha":null}"#, &["null"]);
    refused::<Softplus>(r#"{"sharpness":1e999}"#, &["number out of range"]);
    refused::<FirstOrderDenoising>(r#"{"variance":-1}"#, &["variance is -1"]);
    refused::<HessianPenalty>(r#"{"variance":1,"draws":0}"#, &["draws is 0"]);
    refused::<KlSparsity>(r#"{"target_activation":1,"margin":0.1}"#, &["in [0, 1)"]);
    refused::<KlSparsity>(r#"{"target_activation":0.1,"margin":1}"#, &["in (0, 1)"]);
    refused::<MarginalizedDenoising>(r#"{"variances":[0,-1]}"#, &["variance of input 1 is -1"]);
    refused::<SlopePenalty>(r#"{"slope_power":0,"length_power":1}"#, &["at least 1"]);
    type Decay = Scaled<WeightDecay>;
    refused::<Decay>(r#"{"regularizer":null,"coefficient":-1}"#, &["coefficient is -1"]);
    type Both = Sum<Decay, Decay>;
    let good = r#"{"regularizer":null,"coefficient":1}"#;
    let bad = r#"{"regularizer":null,"coefficient":-2}"#;
    refused::<Both>(&format!("[{good},{bad}]"), &["coefficient is -2"]);
    refused::<MeanCode<KlSparsity>>(r#"{"target_activation":2,"margin":0.1}"#, &["in [0, 1)"]);
    refused::<Constraint>(r#"{"Length":0}"#, &["length of the filters is 0"]);
    refused::<Constraint>(r#"{"MaxNorm":-1}"#, &["bound of the max-norm constraint is -1"]);
    refused::<Elu>(r#"{"alpha":1,"beta":2}"#, &["unknown field", "beta"]);
    refused::<Elu>("{}", &["missing field", "alpha"]);
    refused::<MeanCode<Square>>("3", &["unit struct"]);
}

#[test]
fn sizes_and_numbers_are_checked() {
    let text = |filters: &str, rest: &str| format!(r#"{{"filters":{filters},{rest}}}"#);
    let filters = r#"{"rows":2,"columns":1,"values":[1,2]}"#;
    let biases = r#""encoder_bias":[0],"decoder_bias":null"#;
    type Read = Parameters<f64>;
    let read: Read = serde_json::from_str(&text(filters, biases)).unwrap();
    assert_eq!(read, Parameters::new(dmatrix![1.0; 2.0], dvector![0.0], None).unwrap());
    let sizes = [(2, 2), (1, 1), (0, 0), (usize::MAX, usize::MAX), (usize::MAX / 2 + 2, 2)];
    for (rows, columns) in sizes {
        let filters = format!(r#"{{"rows":{rows},"columns":{columns},"values":[1,2]}}"#);
        refused::<Read>(&text(&filters, biases), &["matrix", "has 2 values"]);
    }
    let none = r#"{"rows":0,"columns":0,"values":[]}"#;
    refused::<Read>(&text(none, biases), &["n_inputs is 0"]);
    let long = r#""encoder_bias":[0,0],"decoder_bias":null"#;
    refused::<Read>(&text(filters, long), &["encoder bias", "expected 1, got 2"]);
    let short = r#""encoder_bias":[0],"decoder_bias":[0]"#;
    refused::<Read>(&text(filters, short), &["decoder bias", "expected 2, got 1"]);
    let null = r#""encoder_bias":[null],"decoder_bias":null"#;
    refused::<Read>(&text(filters, null), &["null"]);
    // A number of `f64` that `f32` turns into ∞.
    let huge = r#"{"rows":2,"columns":1,"values":[1,1e300]}"#;
    let huge: serde_json::Value = serde_json::from_str(&text(huge, biases)).unwrap();
    let error = serde_json::from_value::<Parameters<f32>>(huge).unwrap_err().to_string();
    assert_eq!(error, "filters holds inf at row 1, column 0, but must be finite");

    let standardization = r#"{"mean":[0,0],"standard_deviation":[1,-1],"offset":0}"#;
    refused::<Standardization>(standardization, &["standard deviation of feature 1 is -1"]);
    let scaler = format!(r#"{{"Standardization":{standardization}}}"#);
    refused::<Scaler>(&scaler, &["standard deviation of feature 1 is -1"]);
}

/// A whitening with one part replaced.
#[test]
fn the_parts_of_a_whitening_are_checked() {
    let [_, Scaler::Whitening(whitening), _] = scalers() else { panic!("PCA is a whitening") };
    let text = serde_json::to_value(&whitening).unwrap();
    let with = |part: &str, value: serde_json::Value| {
        let mut changed = text.clone();
        changed[part] = value;
        changed.to_string()
    };
    type Read = Whitening;
    refused::<Read>(&with("mean", vec![0.0; 3].into()), &["columns", "expected 3, got 4"]);
    refused::<Read>(&with("mean", Vec::<f64>::new().into()), &["number of features is 0"]);
    refused::<Read>(&with("eigenvalues", Vec::<f64>::new().into()), &["rank is 0"]);
    let rising = [1.0, 2.0, 3.0, 4.0].to_vec();
    refused::<Read>(&with("eigenvalues", rising.into()), &["eigenvalue 1", "is 2"]);
    let negative = [1.0, 1.0, 1.0, -1.0].to_vec();
    refused::<Read>(&with("eigenvalues", negative.into()), &["eigenvalue 3", "is -1", "positive"]);
    refused::<Read>(&with("eigenvalues", vec![1.0; 5].into()), &["rank is 5"]);
    let matrix = serde_json::json!({"rows": 4, "columns": 3, "values": vec![0.0; 12]});
    refused::<Read>(&with("forward", matrix.clone()), &["columns of the whitening matrix"]);
    refused::<Read>(&with("backward", matrix), &["columns of the matrix back"]);
}

#[test]
fn a_model_is_checked_as_a_whole() {
    let [scaler, ..] = scalers();
    let model = RegularizedAutoEncoder::<f64>::builder(4, 3)
        .regularizer(0.1 * MarginalizedDenoising::with_variances([0.1; 4]).unwrap())
        .scaler(scaler)
        .build()
        .unwrap();
    type Read = RegularizedAutoEncoder<f64, Sigmoid, Scaled<MarginalizedDenoising>>;
    let text = serde_json::to_value(&model).unwrap();
    let mut changed = text.clone();
    changed["scaler"]["Standardization"] =
        serde_json::to_value(Standardization::from_parts(vec![0.0; 3], vec![1.0; 3], 0.0).unwrap())
            .unwrap();
    let parts = ["values per sample that the scaler gives", "expected 4, got 3"];
    refused::<Read>(&changed.to_string(), &parts);
    let mut changed = text;
    changed["regularizer"]["regularizer"]["variances"] = vec![0.1; 5].into();
    refused::<Read>(&changed.to_string(), &["expected 4, got 5"]);

    let untied = model.fold_scaler().unwrap();
    let mut changed = serde_json::to_value(&untied).unwrap();
    changed["encoder_bias"] = vec![0.0; 4].into();
    refused::<UntiedAutoEncoder<f64>>(&changed.to_string(), &["encoder bias", "expected 3, got 4"]);
}
