//! Whatever a caller passes is answered by an error that names the value and the rule.

use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use regularized_autoencoder::data::{SparseDictionary, Standardization, Whitening, cifar10, idx};
use regularized_autoencoder::{
    Activation, ActivationMetadata, Batch, CodeL1, Constraint, Contractive, Corruption,
    CorruptionMetadata, Cotangents, DenoisingCross, EarlyStopping, Elu, Error, FirstOrderDenoising,
    FitOptions, Forward, GaussianNoise, HessianPenalty, Identity, Jet, KlSparsity, LeakyRelu,
    LearningRate, MarginalizedDenoising, Masking, MeanCode, MeanPenalty, Needs, Parameters, Pass,
    Properties, Real, RegularizedAutoEncoder, Regularizer, RegularizerMetadata, Relu, Report,
    SaltAndPepper, Samples, SecondOrderDenoising, Shape, Sigmoid, SlopePenalty, Softplus, Trainer,
    TrainerBuilder, TrainingState, Unregularized, WeightDecay, metrics,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// `attempt` gives an error whose message contains every one of the `parts`.
#[track_caller]
fn rejected<V>(name: &str, attempt: impl FnOnce() -> Result<V, Error>, parts: &[&str]) {
    let outcome = catch_unwind(AssertUnwindSafe(attempt));
    let result = outcome.unwrap_or_else(|_| panic!("{name}: panicked"));
    let Err(error) = result else { panic!("{name}: accepted") };
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "{name}: {message:?} lacks {part:?}");
    }
}

/// NaN and the infinities, as they are printed.
const NOT_FINITE: [(f64, &str); 3] =
    [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")];

/// What must be finite and at least 0.
const NOT_A_COEFFICIENT: [(f64, &str); 4] = [
    (-0.5, "is -0.5"),
    (f64::NAN, "is NaN"),
    (f64::INFINITY, "is inf"),
    (-f64::INFINITY, "is -inf"),
];

/// What must be finite and greater than 0.
const NOT_POSITIVE: [(f64, &str); 5] = [
    (0.0, "is 0"),
    (-0.5, "is -0.5"),
    (f64::NAN, "is NaN"),
    (f64::INFINITY, "is inf"),
    (-f64::INFINITY, "is -inf"),
];

/// What must lie in [0, 1].
const NOT_A_PROBABILITY: [(f64, &str); 4] =
    [(-0.1, "is -0.1"), (1.5, "is 1.5"), (f64::NAN, "is NaN"), (f64::INFINITY, "is inf")];

/// n = 4, m = 3.
fn model() -> RegularizedAutoEncoder<f64> {
    RegularizedAutoEncoder::builder(4, 3).build().unwrap()
}

/// N samples of 4 values.
fn samples(n_samples: usize) -> DMatrix<f64> {
    DMatrix::from_fn(4, n_samples, |i, j| (1.0 + i as f64 + 0.3 * j as f64).sin())
}

fn with_regularizer<R: Regularizer<f64>>(
    regularizer: R,
) -> Result<RegularizedAutoEncoder<f64, Sigmoid, R>, Error> {
    RegularizedAutoEncoder::builder(4, 3).regularizer(regularizer).build()
}

fn trainer() -> TrainerBuilder<f64> {
    Trainer::builder().batch_size(5).epochs(2)
}

fn fit(builder: TrainerBuilder<f64>, samples: &DMatrix<f64>) -> Result<Report, Error> {
    builder.build()?.fit(&mut model(), samples)
}

// -------------------------------------------------------------------------- hyper-parameters

#[test]
fn coefficients_are_finite_and_not_negative() {
    for (value, printed) in NOT_A_COEFFICIENT {
        let parts = ["coefficient", printed, "finite and at least 0"];
        rejected("f64 operator", || with_regularizer(value * Contractive::new()), &parts);
        rejected("f32 operator", || with_regularizer(value as f32 * CodeL1), &parts);
        rejected("scaled", || with_regularizer(WeightDecay.scaled(value)), &parts);
        rejected("twice", || with_regularizer(2.0 * (value * CodeL1)), &parts);
        rejected("left", || with_regularizer(value * CodeL1 + 0.1 * WeightDecay), &parts);
        rejected("right", || with_regularizer(CodeL1 + (WeightDecay + value * CodeL1)), &parts);
        let boxed = || Box::new(value * CodeL1) as Box<dyn Regularizer<f64>>;
        rejected("boxed", || with_regularizer(boxed()), &parts);
        rejected("boxed in a sum", || with_regularizer(0.5 * (boxed() + CodeL1)), &parts);
        rejected("under zero", || with_regularizer(0.0 * (value * CodeL1)), &parts);

        let (parameters, x) = (model().parameters().clone(), samples(2));
        let pass = Pass::new(&parameters, &Sigmoid, &x).unwrap();
        rejected("loss", || (value * CodeL1).loss(&pass), &parts);
        rejected("gradient", || (value * CodeL1).bias_gradient(&pass), &parts);
    }
}

#[test]
fn parameters_of_regularizers_lie_in_their_ranges() {
    for (value, printed) in NOT_A_COEFFICIENT {
        let rule = "finite and at least 0";
        rejected("κ", || Contractive::with_hessian(value, 0.1, 1), &["κ", printed, rule]);
        let parts = ["variance", printed, rule];
        rejected("CAE+H", || Contractive::with_hessian(0.1, value, 1), &parts);
        rejected("H", || HessianPenalty::new(value, 1), &parts);
        rejected("eDAE", || FirstOrderDenoising::new(value), &parts);
        let parts = ["variance of input 1", printed, rule];
        rejected("mDAE", || MarginalizedDenoising::with_variances([0.1, value]), &parts);
    }
    for value in [-0.1, 1.0, f64::NAN, f64::INFINITY] {
        let printed = format!("is {value}");
        rejected("ρ", || KlSparsity::new(value), &["ρ", &printed, "in [0, 1)"]);
    }
    for (value, printed) in [(0.0, "is 0"), (1.0, "is 1"), (-0.1, "is -0.1"), (f64::NAN, "is NaN")]
    {
        let margin = || KlSparsity::new(0.1)?.with_margin(value);
        rejected("τ", margin, &["τ", printed, "in (0, 1)"]);
    }
    // 1 − τ would be 1, where the tangent line has an infinite slope.
    for rho in [1e-17, 1.0 - f64::EPSILON / 2.0] {
        rejected("ρ", || KlSparsity::new(rho), &["ρ is", "farther from 0 and 1 than rounding"]);
    }
    let margin = || KlSparsity::new(0.0)?.with_margin(1e-17);
    rejected("τ", margin, &["τ is", "1 − τ is below 1"]);
    let nearest = [
        KlSparsity::new(1e-15).unwrap(),
        KlSparsity::new(1.0 - 1e-15).unwrap(),
        KlSparsity::new(0.0).unwrap().with_margin(2e-16).unwrap(),
    ];
    for penalty in nearest {
        for mean in [-1.0, 0.0, 0.5, 1.0, 2.0] {
            assert!(penalty.value(mean).is_finite(), "{penalty:?} at {mean}");
        }
    }
    rejected("draws", || HessianPenalty::new(0.1, 0), &["draws is 0", "at least 1"]);
    rejected("draws", || Contractive::with_hessian(0.1, 0.1, 0), &["draws is 0", "at least 1"]);
    rejected("q = 0", || SlopePenalty::new(0, 2), &["power q of the slope is 0", "at least 1"]);
    rejected("huge q", || SlopePenalty::new(u32::MAX, 2), &["power is 4294967295", "below 2³¹"]);
    rejected("huge p", || SlopePenalty::new(1, 1 << 31), &["power is 2147483648", "below 2³¹"]);
}

#[test]
fn parameters_of_activations_lie_in_their_ranges() {
    for (value, printed) in NOT_POSITIVE {
        let rule = "finite and greater than 0";
        rejected("β", || Softplus::with_sharpness(value), &["sharpness", printed, rule]);
        rejected("ELU", || Elu::new(value), &["alpha", printed, rule]);
    }
    for (value, printed) in NOT_A_PROBABILITY {
        rejected("leaky ReLU", || LeakyRelu::new(value), &["alpha", printed, "in [0, 1]"]);
    }
    let mut value = [0.0; 2];
    let jet = || Jet::new(&[0.0; 3], &mut value, None, None, None).map(drop);
    rejected("jet", jet, &["length of the values", "expected 3, got 2"]);
}

#[test]
fn parameters_of_corruptions_lie_in_their_ranges() {
    for (value, printed) in NOT_A_COEFFICIENT {
        let parts = ["variance", printed, "finite and at least 0"];
        rejected("Gaussian", || GaussianNoise::new(value), &parts);
    }
    let limits = [(0.0, 1.0); 4];
    for (value, printed) in NOT_A_PROBABILITY {
        let name = "masking probability";
        rejected(name, || Masking::new(value), &[name, printed, "in [0, 1]"]);
        let name = "salt-and-pepper probability";
        rejected(name, || SaltAndPepper::new(value, limits), &[name, printed, "in [0, 1]"]);
        let of_data = || SaltAndPepper::of_data(value, &samples(2));
        rejected(name, of_data, &[name, printed, "in [0, 1]"]);
    }
    for (value, printed) in NOT_FINITE {
        let low = || SaltAndPepper::new(0.1, [(0.0, 1.0), (value, 1.0)]);
        rejected("low", low, &["smallest value of feature 1", printed, "finite"]);
        let high = || SaltAndPepper::new(0.1, [(0.0, 1.0), (0.0, value)]);
        rejected("high", high, &["largest value of feature 1", printed, "finite"]);
    }
    let order = || SaltAndPepper::new(0.1, [(2.0, 1.0)]);
    rejected("order", order, &["largest value of feature 0 is 1", "at least the smallest, 2"]);
}

#[test]
fn the_configuration_of_a_training_lies_in_its_ranges() {
    let build = |builder: TrainerBuilder<f64>| builder.build();
    for (value, printed) in NOT_POSITIVE {
        let rule = "finite and greater than 0";
        let rate = |rate: LearningRate| build(trainer().learning_rate(rate));
        let of = |name: &'static str| [name, printed, rule];
        rejected("η", || build(trainer().learning_rate(value)), &of("learning rate"));
        let epochs = of("epochs between steps of the learning rate");
        rejected("step η", || rate(LearningRate::step(value, 1.0, 0.5)), &of("learning rate"));
        rejected("step epochs", || rate(LearningRate::step(0.1, value, 0.5)), &epochs);
        let factor = of("factor of the learning rate");
        rejected("step factor", || rate(LearningRate::step(0.1, 1.0, value)), &factor);
        rejected("cosine η", || rate(LearningRate::cosine(value, 1.0, 0.1)), &of("learning rate"));
        let epochs = of("epochs of the learning rate's fall");
        rejected("cosine epochs", || rate(LearningRate::cosine(0.1, value, 0.1)), &epochs);

        let constraint = |constraint| build(trainer().constraint(constraint));
        let length = of("length of the filters");
        rejected("length", || constraint(Constraint::Length(value)), &length);
        let bound = of("bound of the max-norm constraint");
        rejected("max-norm", || constraint(Constraint::MaxNorm(value)), &bound);
    }
    for (value, printed) in NOT_A_COEFFICIENT {
        let of = |name: &'static str| [name, printed, "finite and at least 0"];
        let cosine = LearningRate::cosine(0.1, 1.0, value);
        rejected("last", || build(trainer().learning_rate(cosine)), &of("last learning rate"));
        let warm_up = LearningRate::constant(0.1).with_warm_up(value);
        rejected("warm-up", || build(trainer().learning_rate(warm_up)), &of("epochs of warm-up"));
        let stopping = EarlyStopping { patience: 1, minimum_improvement: value };
        let parts = of("minimum improvement");
        rejected("improvement", || build(trainer().early_stopping(stopping)), &parts);
    }
    for value in [-0.1, 1.0, f64::NAN, f64::INFINITY] {
        let parts = ["momentum", &format!("is {value}"), "in [0, 1)"];
        rejected("momentum", || build(trainer().momentum(value)), &parts);
    }
    let stopping = EarlyStopping { patience: 0, minimum_improvement: 0.0 };
    rejected("epochs", || build(trainer().epochs(0)), &["epochs is 0", "at least 1"]);
    rejected("batch", || build(trainer().batch_size(0)), &["batch size is 0", "at least 1"]);
    rejected("threads", || build(trainer().threads(0)), &["threads is 0", "at least 1"]);
    let parts = ["patience is 0", "at least 1"];
    rejected("patience", || build(trainer().early_stopping(stopping)), &parts);
}

/// Lengths whose square, or whose ratio to another filter's length, `f32` cannot hold.
#[test]
fn the_lengths_of_a_constraint_fit_the_scalar() {
    for (length, printed) in [(1e-50, "is 1e-50"), (1e300, "is 1e300")] {
        for constraint in [Constraint::Length(length), Constraint::MaxNorm(length)] {
            let attempt = || Trainer::<f32>::builder().constraint(constraint).build();
            rejected("length", attempt, &[printed, "between 1e-18 and 1e18"]);
        }
    }
}

#[test]
fn a_learning_rate_that_leaves_the_range_of_the_scalar_stops_the_training() {
    let x = samples(10).map(|x| x as f32);
    let mut model = RegularizedAutoEncoder::builder(4, 3).build().unwrap();
    let before = model.clone();
    let mut attempt = |rate: LearningRate| {
        let trainer = Trainer::builder().batch_size(5).learning_rate(rate).build()?;
        trainer.fit(&mut model, &x)
    };
    let parts = ["learning rate is 1e300", "a normal number of f32"];
    rejected("constant", || attempt(LearningRate::constant(1e300)), &parts);
    let parts = ["epoch 1, step 0", "learning rate is inf", "must be finite"];
    rejected("growing", || attempt(LearningRate::step(1e-9, 1.0, 1e60)), &parts);
    assert_ne!(model, before, "the first epoch of the growing rate is kept");
}

// -------------------------------------------------------------------------------- empty data

#[test]
fn empty_data_are_rejected_everywhere() {
    let none = DMatrix::<f64>::zeros(4, 0);
    let x = samples(10);
    let model = model();
    let parts = ["empty", "4 inputs × 0 samples"];
    rejected("encode", || model.encode(&none), &parts);
    rejected("pre_activations", || model.pre_activations(&none), &parts);
    rejected("reconstruct", || model.reconstruct(&none), &parts);
    rejected("objective", || model.objective(&none), &parts);
    rejected("gradient", || model.gradient(&none), &parts);
    rejected("target", || model.objective(Batch::from(&x).with_target(&none)), &parts);
    rejected("noise", || model.objective(Batch::from(&x).with_noise(&none)), &parts);
    rejected("pass", || Pass::new(model.parameters(), &Sigmoid, &none).map(drop), &parts);
    rejected("metrics", || metrics::evaluate(&model, &none), &parts);
    rejected("fit", || fit(trainer(), &none), &["training data", parts[0], parts[1]]);
    let validate = || {
        let options = FitOptions::default().validation(&none);
        trainer().build()?.fit_with(&mut model.clone(), &x, options)
    };
    rejected("validation", validate, &["validation data", parts[0], parts[1]]);
    let mut state = TrainingState::new(&model);
    let piece = || trainer().build()?.partial_fit(&mut model.clone(), &mut state, &none);
    rejected("partial_fit", piece, &parts);
    rejected("standardise", || Standardization::fit(&none, 0.1), &parts);
    rejected("whiten", || Whitening::pca(&none, 0.0), &parts);
    rejected("limits", || SaltAndPepper::of_data(0.1, &none), &parts);
    let codes = DMatrix::<f64>::zeros(3, 0);
    rejected("decode", || model.decode(&codes), &["codes", "empty", "3 inputs × 0 samples"]);

    let no_inputs = DMatrix::<f64>::zeros(0, 5);
    let parts = ["expected 4, got 0"];
    rejected("encode 0", || model.encode(&no_inputs), &parts);
    rejected("objective 0", || model.objective(&no_inputs), &parts);
    rejected("metrics 0", || metrics::evaluate(&model, &no_inputs), &parts);
    rejected("encode_into 0", || model.encode_into(&[], &mut [0.0; 3]), &parts);
    let parts = ["empty", "0 inputs × 5 samples"];
    rejected("fit 0", || fit(trainer(), &no_inputs), &parts);
    rejected("standardise 0", || Standardization::fit(&no_inputs, 0.1), &parts);
    rejected("whiten 0", || Whitening::zca(&no_inputs, 0.0), &parts);
    rejected("limits 0", || SaltAndPepper::of_data(0.1, &no_inputs), &parts);
}

#[test]
fn models_have_inputs_and_hidden_units() {
    let build = |n, m| RegularizedAutoEncoder::<f64>::builder(n, m).build();
    let new = |n, m| Parameters::<f32>::new(DMatrix::zeros(n, m), DVector::zeros(m), None);
    let draw = |n, m| Parameters::<f32>::glorot_uniform(n, m, true, 0);
    for (n, m, part) in [(0, 3, "n_inputs is 0"), (3, 0, "n_hidden is 0"), (0, 0, "n_inputs is 0")]
    {
        rejected("build", || build(n, m), &[part, "at least 1"]);
        rejected("new", || new(n, m), &[part, "at least 1"]);
        rejected("draw", || draw(n, m), &[part, "at least 1"]);
    }
}

// --------------------------------------------------------------------------- wrong dimensions

#[test]
fn data_of_other_sizes_are_rejected() {
    let model = model();
    let (x, wide) = (samples(10), DMatrix::<f64>::zeros(5, 10));
    let parts = ["values per sample", "expected 4, got 5"];
    rejected("encode", || model.encode(&wide), &parts);
    rejected("pre_activations", || model.pre_activations(&wide), &parts);
    rejected("reconstruct", || model.reconstruct(&wide), &parts);
    rejected("objective", || model.objective(&wide), &parts);
    rejected("metrics", || metrics::evaluate(&model, &wide), &parts);
    rejected("fit", || fit(trainer(), &wide), &["training data", parts[0], parts[1]]);
    let validate = || {
        let options = FitOptions::default().validation(&wide);
        trainer().build()?.fit_with(&mut model.clone(), &x, options)
    };
    rejected("validation", validate, &["validation data", parts[0], parts[1]]);
    let mut state = TrainingState::new(&model);
    let piece = || trainer().build()?.partial_fit(&mut model.clone(), &mut state, &wide);
    rejected("partial_fit", piece, &parts);
    rejected("decode", || model.decode(&wide), &["values per code", "expected 3, got 5"]);
    rejected("vector", || model.encode(&dvector![1.0, 2.0]), &["expected 4, got 2"]);
    rejected("view", || model.encode(x.rows(0, 2)), &["expected 4, got 2"]);

    let with_target = |target| model.objective(Batch::from(&x).with_target(target));
    rejected("target", || with_target(&wide), &["of the target", "expected 4, got 5"]);
    let few = samples(9);
    rejected("targets", || with_target(&few), &["samples of the target", "expected 10, got 9"]);
    let noise = || model.objective(Batch::from(&x).with_noise(&wide));
    rejected("noise", noise, &["of the noise", "expected 4, got 5"]);

    let into = |n: usize, m: usize| model.encode_into(&vec![0.0; n], &mut vec![0.0; m]);
    rejected("sample", || into(5, 3), &["values per sample", "expected 4, got 5"]);
    rejected("short code", || into(4, 2), &["values per code", "expected 3, got 2"]);
    rejected("long code", || into(4, 4), &["values per code", "expected 3, got 4"]);
}

#[test]
fn slices_hold_whole_samples() {
    let values = [0.0; 10];
    let parts = ["10 values", "no whole number of samples of 4 values"];
    rejected("slice", || Samples::from_slice(&values, 4).map(drop), &parts);
    let parts = ["n_inputs is 0", "at least 1"];
    rejected("no inputs", || Samples::from_slice(&values, 0).map(drop), &parts);
    let two = Samples::from_slice(&values, 5).unwrap();
    rejected("past the end", || two.range(1..3).map(drop), &["range 1 to 3", "only 2"]);
    let backwards = std::ops::Range { start: 2, end: 1 };
    rejected(
        "backwards",
        || two.range(backwards).map(drop),
        &["end of the range is 1", "at least its start, 2"],
    );
    let far = usize::MAX - 1..usize::MAX;
    rejected("far", || two.range(far).map(drop), &["18446744073709551615", "only 2"]);
}

#[test]
fn parameters_of_other_sizes_are_rejected_and_change_nothing() {
    let new = |n, m, biases: (usize, Option<usize>)| {
        let decoder_bias = biases.1.map(DVector::zeros);
        Parameters::<f64>::new(DMatrix::zeros(n, m), DVector::zeros(biases.0), decoder_bias)
    };
    let parts = ["length of the encoder bias", "expected 3, got 4"];
    rejected("encoder bias", || new(4, 3, (4, None)), &parts);
    let parts = ["length of the decoder bias", "expected 4, got 3"];
    rejected("decoder bias", || new(4, 3, (3, Some(3))), &parts);

    let mut model = model();
    let before = model.clone();
    for (n, m, decoder_bias, parts) in [
        (5, 3, None, ["number of inputs", "expected 4, got 5"]),
        (4, 2, None, ["number of hidden units", "expected 3, got 2"]),
        (4, 3, Some(4), ["length of the decoder bias", "expected 0, got 4"]),
    ] {
        let parameters = new(n, m, (m, decoder_bias)).unwrap();
        rejected("set", || model.set_parameters(parameters.clone()), &parts);
        assert_eq!(model, before);
        if decoder_bias.is_none() {
            let builder = RegularizedAutoEncoder::builder(4, 3).parameters(parameters);
            rejected("build", || builder.build(), &parts);
        }
    }
}

#[test]
fn a_training_state_of_another_model_is_rejected() {
    let x = samples(10);
    let builder = RegularizedAutoEncoder::<f64>::builder;
    for (other, parts) in [
        (builder(5, 3), ["number of inputs", "expected 4, got 5"]),
        (builder(4, 2), ["number of hidden units", "expected 3, got 2"]),
        (builder(4, 3).decoder_bias(true), ["length of the decoder bias", "expected 0, got 4"]),
    ] {
        let mut model = model();
        let mut state = TrainingState::new(&other.build().unwrap());
        let attempt = || trainer().build()?.partial_fit(&mut model, &mut state, &x);
        rejected("state", attempt, &parts);
        assert_eq!(model, self::model());
    }
}

#[test]
fn numbers_for_each_input_are_as_many_as_inputs() {
    let three = || MarginalizedDenoising::with_variances([0.1; 3]).unwrap();
    let parts = ["variances", "one for each input", "expected 4, got 3"];
    rejected("mDAE", || with_regularizer(three()), &parts);
    rejected("nested", || with_regularizer(0.1 * (CodeL1 + 0.2 * three())), &parts);
    let boxed = || Box::new(three()) as Box<dyn Regularizer<f64>>;
    rejected("boxed", || with_regularizer(boxed()), &parts);

    for limits in [vec![], vec![(0.0, 1.0); 3]] {
        let got = format!("expected 4, got {}", limits.len());
        let noise = SaltAndPepper::new(0.1, limits).unwrap();
        let parts = ["limits of salt-and-pepper noise", &got];
        rejected("limits", || fit(trainer().corruption(noise), &samples(10)), &parts);
    }
}

#[test]
fn a_batch_is_no_larger_than_the_data() {
    for batch in [11, usize::MAX] {
        let parts = ["samples for a batch", &format!("{batch} asked for"), "only 10"];
        rejected("batch", || fit(trainer().batch_size(batch), &samples(10)), &parts);
    }
}

#[test]
fn regularizers_that_draw_noise_get_it() {
    let x = samples(10);
    let model = with_regularizer(HessianPenalty::new(0.1, 3).unwrap()).unwrap();
    let parts = ["3 × 10 standard normal numbers", "got 0", "with_noise"];
    rejected("none", || model.objective(&x), &parts);
    let noise = samples(29);
    let too_few = || model.gradient(Batch::from(&x).with_noise(&noise));
    rejected("too few", too_few, &["3 × 10", "got 29"]);
    assert!(model.objective(Batch::from(&x).with_noise(&samples(30))).is_ok());

    let pass = Pass::new(model.parameters(), &Sigmoid, &x).unwrap();
    let denoising = FirstOrderDenoising::new(0.1).unwrap();
    rejected("eDAE", || denoising.loss(&pass), &["1 × 10", "got 0"]);
}

// ---------------------------------------------------------------------------------- NaN and ∞

#[test]
fn values_that_are_not_finite_are_named_with_their_place() {
    for (value, printed) in NOT_FINITE {
        let (model, x) = (model(), samples(10));
        let mut bad = x.clone();
        bad[(2, 7)] = value;
        let place = format!("{printed} at row 2, column 7");
        let parts = [&*place, "must be finite"];
        rejected("encode", || model.encode(&bad), &parts);
        rejected("pre_activations", || model.pre_activations(&bad), &parts);
        rejected("reconstruct", || model.reconstruct(&bad), &parts);
        rejected("metrics", || metrics::evaluate(&model, &bad), &parts);
        let in_batch = |what| ["must be finite", &*place, what];
        rejected("input", || model.objective(&bad), &in_batch("input"));
        let target = Batch::from(&x).with_target(&bad);
        rejected("target", || model.objective(target), &in_batch("target"));
        let noise = Batch::from(&x).with_noise(&bad);
        rejected("noise", || model.gradient(noise), &in_batch("noise"));
        rejected("fit", || fit(trainer(), &bad), &in_batch("training data"));
        let validate = || {
            let options = FitOptions::default().validation(&bad);
            trainer().build()?.fit_with(&mut model.clone(), &x, options)
        };
        rejected("validation", validate, &in_batch("validation data"));
        rejected("limits", || SaltAndPepper::of_data(0.1, &bad), &parts);

        let mut codes = DMatrix::zeros(3, 9);
        codes[(2, 7)] = value;
        rejected("decode", || model.decode(&codes), &in_batch("codes"));
        let sample = [0.0, value, 0.0, 0.0];
        let parts = [&*format!("{printed} at row 1"), "sample", "must be finite"];
        rejected("encode_into", || model.encode_into(&sample, &mut [0.0; 3]), &parts);
    }
}

#[test]
fn parameters_are_finite() {
    for (value, printed) in NOT_FINITE {
        let (filters, bias) = (DMatrix::zeros(4, 3), DVector::zeros(3));
        let mut bad = filters.clone();
        bad[(1, 2)] = value;
        let parts = ["filters", printed, "row 1, column 2", "must be finite"];
        rejected("filters", || Parameters::new(bad, bias.clone(), None), &parts);
        let bad = dvector![0.0, value, 0.0];
        let parts = ["encoder bias", printed, "row 1"];
        rejected("encoder bias", || Parameters::new(filters.clone(), bad, None), &parts);
        let bad = dvector![0.0, 0.0, 0.0, value];
        let parts = ["decoder bias", printed, "row 3"];
        rejected("decoder bias", || Parameters::new(filters, bias, Some(bad)), &parts);
    }
}

// --------------------------------------------------------------------- what fits no memory

/// Asks for more scratch memory or noise than there is.
#[derive(Debug)]
struct Greedy(Needs);

impl RegularizerMetadata for Greedy {
    fn needs(&self, _: Shape) -> Needs {
        self.0
    }
}

impl<T: Real> Regularizer<T> for Greedy {
    fn accumulate(&self, _: &Forward<'_, T>, _: &mut Cotangents<'_, T>) -> T {
        T::zero()
    }
}

#[test]
fn sizes_beyond_memory_are_errors() {
    const FIT: &str = "do not fit into memory";
    let build = |n, m| RegularizedAutoEncoder::<f32>::builder(n, m).build();
    rejected("usize", || build(usize::MAX, 2), &["filters of 18446744073709551615 × 2", FIT]);
    rejected("usize²", || build(usize::MAX, usize::MAX), &["filters", FIT]);
    rejected("bytes", || build(1 << 62, 1), &["filters of 4611686018427387904 × 1", FIT]);
    rejected("petabytes", || build(1 << 40, 1 << 10), &["filters of 1099511627776 × 1024", FIT]);
    let cross = RegularizedAutoEncoder::<f32>::builder(2, usize::MAX).regularizer(DenoisingCross);
    rejected("with a regularizer", || cross.build(), &["filters", FIT]);
    let draw = || Parameters::<f64>::glorot_uniform(1 << 40, 1 << 20, false, 0);
    rejected("parameters", draw, &["filters", FIT]);

    // n² values of a reconstruction from n codes of one value each.
    let wide = build(1 << 23, 1).unwrap();
    let codes = DMatrix::from_element(1, 1 << 23, 0.5);
    rejected("decode", || wide.decode(&codes), &["reconstructions of 8388608 × 8388608", FIT]);

    let x = samples(10);
    for draws in [usize::MAX, usize::MAX / 8, 1 << 50] {
        let penalty = HessianPenalty::new(0.1, draws).unwrap();
        let mut model = with_regularizer(penalty).unwrap();
        rejected("objective", || model.objective(&x), &[FIT]);
        rejected("fit", || trainer().build()?.fit(&mut model, &x), &[FIT]);
        let pass = Pass::new(model.parameters(), &Sigmoid, &x).unwrap();
        rejected("loss", || penalty.loss(&pass), &[FIT]);
    }
    for needs in [
        Needs::layer().scratch(usize::MAX),
        Needs::per_unit().scratch(1 << 60),
        Needs::layer().draws(usize::MAX),
    ] {
        let model = with_regularizer(Greedy(needs)).unwrap();
        rejected("greedy", || model.objective(&x), &[FIT]);
    }
    let atoms = || SparseDictionary::new(1 << 30, 1 << 30, 0.1)?.generate::<f32>(1, 0);
    rejected("dictionary", atoms, &["dictionary", FIT]);
}

/// Needs more of a large layer than of a small one, and reads it.
#[derive(Debug)]
struct Fickle;

impl RegularizerMetadata for Fickle {
    fn needs(&self, shape: Shape) -> Needs {
        if shape.n_hidden > 256 {
            Needs::per_unit().order(3).draws(2)
        } else {
            Needs::per_unit().order(1)
        }
    }
}

impl<T: Real> Regularizer<T> for Fickle {
    fn accumulate(&self, forward: &Forward<'_, T>, _: &mut Cotangents<'_, T>) -> T {
        assert_eq!(forward.third_derivative(0).len(), forward.n_units());
        assert_eq!(forward.projected_noise(0, 1).len(), forward.n_units());
        T::one()
    }
}

#[test]
fn needs_are_those_of_the_whole_layer() {
    let model = RegularizedAutoEncoder::builder(4, 600).regularizer(Fickle).build().unwrap();
    let (x, noise) = (samples(3), samples(6));
    let loss = model.objective(Batch::from(&x).with_noise(&noise)).unwrap();
    assert_eq!(loss.regularizer, 3.0, "one for each of three blocks");
}

#[test]
fn needs_of_any_shape_do_not_overflow() {
    let shape = Shape { n_inputs: usize::MAX, n_hidden: usize::MAX, n_samples: usize::MAX };
    let regularizers: [Box<dyn Regularizer<f64>>; 9] = [
        Box::new(Contractive::new()),
        Box::new(MarginalizedDenoising::new()),
        Box::new(SecondOrderDenoising::new()),
        Box::new(DenoisingCross::new()),
        Box::new(HessianPenalty::new(0.1, usize::MAX).unwrap()),
        Box::new(KlSparsity::new(0.1).unwrap()),
        Box::new(MeanCode::square()),
        Box::new(FirstOrderDenoising::new(0.1).unwrap()),
        Box::new(0.1 * SlopePenalty::new(3, 3).unwrap() + CodeL1),
    ];
    for regularizer in regularizers {
        let needs = regularizer.needs(shape);
        assert_eq!(needs, needs.scratch(usize::MAX), "{regularizer:?} needs less than there is");
    }
}

// ---------------------------------------------------------------------------------- overflow

/// A model of one input and one hidden unit with y = h.
fn identity<T: Real>() -> RegularizedAutoEncoder<T, Identity> {
    let parameters = Parameters::new(dmatrix![T::one()], DVector::zeros(1), None).unwrap();
    RegularizedAutoEncoder::builder(1, 1)
        .activation(Identity)
        .parameters(parameters)
        .build()
        .unwrap()
}

#[test]
fn squares_that_overflow_are_errors() {
    let x = samples(10).map(|x| x as f32 * 1e30);
    let mut model = RegularizedAutoEncoder::<f32>::builder(4, 3).build().unwrap();
    let before = model.clone();
    let parts = ["reconstruction error is inf", "must be finite"];
    rejected("objective", || model.objective(&x), &parts);
    rejected("gradient", || model.gradient(&x), &parts);
    let trainer = Trainer::builder().batch_size(5).build().unwrap();
    let parts = ["epoch 0, step 0", "reconstruction error is inf"];
    rejected("fit", || trainer.fit(&mut model, &x), &parts);
    let small = samples(10).map(|x| x as f32);
    let options = FitOptions::default().validation(&x);
    let parts = ["epoch 0, step 2", "reconstruction error is inf"];
    rejected("validation", || trainer.fit_with(&mut model, &small, options), &parts);
    assert_eq!(model, before);
    // Codes, reconstructions and what is measured in f64 do not overflow.
    assert!(model.reconstruct(&x).unwrap().iter().all(|y| y.is_finite()));
    assert!(metrics::evaluate(&model, &x).unwrap().reconstruction_error > 1e59);
}

#[test]
fn pre_activations_codes_and_reconstructions_that_overflow_are_errors() {
    let filters = DMatrix::from_element(2, 3, 1e20_f32);
    let bias = dvector![0.0, -1e20, 0.0];
    let parameters = Parameters::new(filters, bias, Some(dvector![0.0, 1e20])).unwrap();
    let model = RegularizedAutoEncoder::builder(2, 3)
        .activation(Relu)
        .parameters(parameters)
        .build()
        .unwrap();
    let x = dmatrix![0.0_f32, 1e20; 0.0, 1.0];
    let parts = ["pre-activation of unit 0 is inf", "must be finite"];
    rejected("encode", || model.encode(&x), &parts);
    rejected("encode_into", || model.encode_into(&[1e20, 1.0], &mut [0.0; 3]), &parts);
    rejected("objective", || model.objective(&x), &parts);
    rejected("metrics", || metrics::evaluate(&model, &x), &parts);

    let parts = ["reconstruction is inf", "must be finite"];
    let y = dmatrix![1.0_f32; 0.0];
    let codes = dmatrix![0.0_f32; 1e30; 0.0];
    assert!(model.reconstruct(&(y * 1e-20)).is_ok());
    rejected("decode", || model.decode(&codes), &parts);
    let y = dmatrix![1e10_f32; 0.0];
    rejected("reconstruct", || model.reconstruct(&y), &parts);
    rejected("metrics of y", || metrics::evaluate(&model, &y), &parts);
}

#[test]
fn statistics_that_overflow_are_errors() {
    let model = identity::<f64>();
    // y = x, so that the reconstruction error is 0.
    let parts = ["variance of the", "must be finite"];
    rejected("large", || metrics::evaluate(&model, &dmatrix![1e200, -1e200]), &parts);
    let x = dmatrix![0.0, 1e200, 1e200, 1e200];
    rejected("squares and mean", || metrics::evaluate(&model, &x), &["variance", "must be finite"]);
    let x = dmatrix![1e308, -1e308, 1e308];
    rejected("difference", || metrics::evaluate(&model, &x), &["must be finite"]);
    let evaluation = metrics::evaluate(&model, &dmatrix![1e150, -1e150]).unwrap();
    assert_eq!(evaluation.explained_variance, Some(1.0));
}

/// R, whatever the model.
#[derive(Debug)]
struct Constant(f64);

impl RegularizerMetadata for Constant {}

impl<T: Real> Regularizer<T> for Constant {
    fn accumulate(&self, _: &Forward<'_, T>, _: &mut Cotangents<'_, T>) -> T {
        T::of(self.0)
    }
}

#[test]
fn a_sum_that_overflows_is_an_error() {
    let (x, model) = (samples(10), with_regularizer(Constant(f64::MAX)).unwrap());
    assert_eq!(model.objective(&x).unwrap().regularizer, f64::MAX);
    let large = samples(10) * 1e153;
    assert!(self::model().objective(&large).is_ok());
    rejected("J_AE + R", || model.objective(&large), &["objective is inf", "must be finite"]);
}

#[test]
fn thresholds_are_finite() {
    for (value, printed) in NOT_FINITE {
        let parts = ["activation threshold", printed, "finite"];
        let x = samples(2);
        rejected("δ", || metrics::evaluate_with_threshold(&model(), &x, value), &parts);
    }
}

/// max(a, 0), which is 0 at NaN.
#[derive(Debug)]
struct Swallowing;

impl ActivationMetadata for Swallowing {
    fn properties(&self) -> Properties {
        Properties::unknown()
    }
}

impl<T: Real> Activation<T> for Swallowing {
    fn value(&self, a: T) -> T {
        if a > T::zero() { a } else { T::zero() }
    }
    fn derivative(&self, a: T) -> T {
        if a > T::zero() { T::one() } else { T::zero() }
    }
    fn second_derivative(&self, _: T) -> T {
        T::zero()
    }
}

#[test]
fn an_activation_that_swallows_nan_hides_nothing() {
    // The first unit alone reconstructs x = (c, c), so that the residual does not tell.
    let half = 0.5_f32.sqrt();
    let filters = DMatrix::from_column_slice(2, 2, &[half, half, 1e30, -1e30]);
    let parameters = Parameters::new(filters, DVector::zeros(2), None).unwrap();
    let mut model = RegularizedAutoEncoder::builder(2, 2)
        .activation(Swallowing)
        .parameters(parameters)
        .build()
        .unwrap();
    // ∞ − ∞ in the second unit
    let x = DMatrix::from_element(2, 1, 1e10_f32);
    let parts = ["pre-activation of unit 1 is", "must be finite"];
    rejected("encode", || model.encode(&x), &parts);
    rejected("objective", || model.objective(&x), &parts);
    let trainer = Trainer::builder().batch_size(1).build().unwrap();
    rejected("fit", || trainer.fit(&mut model, &x), &parts);
}

// ------------------------------------------------------------------------------------- files

#[test]
fn folders_and_missing_files_are_named() {
    let folder = std::env::temp_dir();
    let name = folder.to_string_lossy().into_owned();
    rejected("IDX images", || idx::read_images::<f32>(&folder), &[&name]);
    rejected("IDX first images", || idx::read_first_images::<f32>(&folder, 1), &[&name]);
    rejected("IDX labels", || idx::read_labels(&folder, 10), &[&name]);
    rejected("CIFAR file", || cifar10::read_file(&folder), &[&name]);
    let missing = folder.join("no such folder of regularized-autoencoder");
    let parts = ["no such folder of regularized-autoencoder"];
    rejected("missing images", || idx::read_images::<f32>(&missing), &parts);
    rejected("missing batches", || cifar10::read_batches(&missing), &parts);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    rejected("file as folder", || cifar10::read_batches(file), &["Cargo.toml"]);
}

#[test]
fn whitening_of_the_smallest_numbers_is_rejected() {
    let x = dmatrix![2.2e-162, -2.2e-162];
    let parts = ["largest eigenvalue", "not all be alike"];
    rejected("subnormal", || Whitening::pca(&x, 0.9), &parts);
}

// -------------------------------------------------------------------------- types and the legal

#[test]
fn errors_and_boxed_models_cross_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    type Boxed = RegularizedAutoEncoder<f32, Box<dyn Activation<f32>>, Box<dyn Regularizer<f32>>>;
    crosses::<Error>();
    crosses::<Boxed>();
    crosses::<Trainer<f32>>();
    crosses::<TrainingState<f64>>();

    let x = samples(20).map(|x| x as f32);
    let regularizer: Box<dyn Regularizer<f32>> = Box::new(0.1 * Contractive::new());
    let activation: Box<dyn Activation<f32>> = Box::new(Softplus::new());
    let mut boxed: Boxed = RegularizedAutoEncoder::builder(4, 3)
        .activation(activation)
        .regularizer(regularizer)
        .build()
        .unwrap();
    let mut plain = RegularizedAutoEncoder::builder(4, 3)
        .activation(Softplus::new())
        .regularizer(0.1 * Contractive::new())
        .build()
        .unwrap();
    let trainer = Trainer::builder().batch_size(5).build().unwrap();
    trainer.fit(&mut boxed, &x).unwrap();
    trainer.fit(&mut plain, &x).unwrap();
    assert_eq!(boxed.parameters(), plain.parameters());
    let shared = std::sync::Arc::new(boxed);
    let other = std::sync::Arc::clone(&shared);
    let codes = std::thread::spawn(move || other.encode(&x).unwrap()).join().unwrap();
    assert_eq!(codes.shape(), (3, 20));
}

#[test]
fn the_smallest_model_trains() {
    let x = dmatrix![0.5];
    let mut model = RegularizedAutoEncoder::<f64>::builder(1, 1).build().unwrap();
    let before = model.objective(&x).unwrap().total();
    let trainer = Trainer::builder().batch_size(1).momentum(0.0).epochs(10).build().unwrap();
    let report = trainer.fit(&mut model, &x).unwrap();
    assert_eq!(report.steps, 10);
    assert!(model.objective(&x).unwrap().total() < before);
}

/// 700 units are three blocks of unequal size, and threads are more than cores, blocks and
/// anything that could be started.
#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let x = samples(23);
    let trained = |threads| {
        let mut model = RegularizedAutoEncoder::builder(4, 700)
            .regularizer(0.1 * Contractive::new())
            .build()
            .unwrap();
        let trainer = trainer().threads(threads).build().unwrap();
        assert_eq!(trainer.fit(&mut model, &x).unwrap().steps, 8);
        model.parameters().clone()
    };
    let one = trained(1);
    for threads in [2, 3, 64, usize::MAX] {
        assert!(trained(threads) == one, "{threads} threads");
    }
}

#[test]
fn a_coefficient_of_0_is_no_regularizer() {
    let x = samples(20);
    let train = |regularizer: Box<dyn Regularizer<f64>>| {
        let mut model = with_regularizer(regularizer).unwrap();
        trainer().build().unwrap().fit(&mut model, &x).unwrap();
        model.parameters().clone()
    };
    let without = train(Box::new(Unregularized));
    assert_eq!(train(Box::new(0.0 * Contractive::new())), without);
    assert_eq!(train(Box::new(-0.0 * KlSparsity::new(0.1).unwrap())), without);
    assert_ne!(train(Box::new(0.1 * Contractive::new())), without);
}

#[test]
fn the_largest_powers_are_legal() {
    let x = samples(10);
    let most = i32::MAX as u32;
    // s' ≤ ¼, so that s'^q vanishes; 1^q stays, and ‖W‖^p of lengths below 1 vanishes too.
    let steep = SlopePenalty::new(most, most).unwrap();
    let model = with_regularizer(steep).unwrap();
    assert_eq!(model.objective(&x).unwrap().regularizer, 0.0);
    let parameters = Parameters::new(dmatrix![2.0], DVector::zeros(1), None).unwrap();
    let x = dmatrix![1.0];
    let pass = Pass::new(&parameters, &Identity, &x).unwrap();
    assert_eq!(SlopePenalty::new(most, 0).unwrap().loss(&pass).unwrap(), 1.0);
    rejected("2^p", || steep.loss(&pass), &["of unit 0 is", "must be finite"]);
}

fn encodes_alike<T: Real>(activation: impl Activation<T>, tolerance: f64) {
    // 150 units: three pieces of the buffer; 19 inputs: two whole lanes and a rest.
    let model = RegularizedAutoEncoder::builder(19, 150).activation(activation).build().unwrap();
    let x = DMatrix::from_fn(19, 3, |i, j| T::of((1.0 + (i * 3 + j) as f64).sin()));
    let codes = model.encode(&x).unwrap();
    for (sample, expected) in x.column_iter().zip(codes.column_iter()) {
        let mut code = vec![T::NAN; 150];
        model.encode_into(sample.as_slice(), &mut code).unwrap();
        for (h, expected) in code.iter().zip(&expected) {
            assert!((*h - *expected).as_f64().abs() < tolerance, "{h} instead of {expected}");
        }
    }
}

#[test]
fn one_sample_is_encoded_as_many_are() {
    encodes_alike::<f32>(Sigmoid, 1e-6);
    encodes_alike::<f32>(Relu, 3e-6);
    encodes_alike::<f64>(Softplus::new(), 1e-14);
}

/// Gives corruptions that overflow only when they are drawn.
#[derive(Debug)]
struct Overflowing;

impl CorruptionMetadata for Overflowing {}

impl<T: Real> Corruption<T> for Overflowing {
    fn corrupt(&self, sample: &mut [T], _: &mut regularized_autoencoder::Random) {
        sample[1] = T::one() / T::zero();
    }
}

#[test]
fn corruptions_that_are_not_finite_stop_the_training() {
    let parts = ["epoch 0, step 0", "input after corruption is inf", "must be finite"];
    rejected("user's", || fit(trainer().corruption(Overflowing), &samples(10)), &parts);
    let x = samples(10).map(|x| x as f32);
    let attempt = || {
        let noise = GaussianNoise::new(1e100)?;
        let trainer = Trainer::builder().batch_size(5).corruption(noise).build()?;
        trainer.fit(&mut RegularizedAutoEncoder::builder(4, 3).build()?, &x)
    };
    rejected("f32", attempt, &["input after corruption", "must be finite"]);
}
