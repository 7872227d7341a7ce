//! A model with a scaler is the same model on scaled data: to the bit, whatever takes samples.

use crate::common::rejected;
use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use regularized_autoencoder::data::{Scaler, Standardization, Whitening};
use regularized_autoencoder::inspect::TopSamples;
use regularized_autoencoder::source::Windows;
use regularized_autoencoder::theory::{BiasGradients, Snapshot};
use regularized_autoencoder::{
    Batch, Contractive, Error, FitOptions, Masking, Parameters, Real, RegularizedAutoEncoder, Relu,
    Samples, Scaled, Softplus, SparseCode, Tanh, Trainer, Training, TrainingState,
    UntiedAutoEncoder, metrics, scores, train_many,
};

type Model<T> = RegularizedAutoEncoder<T, Softplus, Scaled<Contractive>>;

/// 7 features of different means and scales, the last of which is a sum of two others.
fn data<T: Real>(n_samples: usize) -> DMatrix<T> {
    let value = |i: usize, j: usize| {
        let (scale, mean) = (0.2 + i as f64, 3.0 * i as f64 - 5.0);
        mean + scale * ((i * 31 + j * 17 + i * j) as f64).sin()
    };
    DMatrix::from_fn(7, n_samples, |i, j| {
        T::of(if i < 6 { value(i, j) } else { value(1, j) + value(2, j) })
    })
}

fn scalers<T: Real>() -> [Scaler; 3] {
    let x = data::<T>(300);
    let pca = Whitening::pca(&x, 1e-5).unwrap();
    assert_eq!(pca.rank(), 6, "the last feature adds no direction");
    [
        Standardization::fit(&x, 0.1).unwrap().into(),
        pca.into(),
        Whitening::zca(&x, 1e-5).unwrap().into(),
    ]
}

/// The same model with the scaler and without.
fn models<T: Real>(scaler: &Scaler) -> (Model<T>, Model<T>) {
    let builder = RegularizedAutoEncoder::builder(scaler.n_outputs(), 11)
        .activation(Softplus::new())
        .regularizer(0.1 * Contractive::new())
        .decoder_bias(true)
        .seed(3);
    let plain = builder.clone().build().unwrap();
    (builder.scaler(scaler.clone()).build().unwrap(), plain)
}

fn trainer<T: Real>() -> Trainer<T> {
    let builder = Trainer::builder().learning_rate(0.01).batch_size(20).epochs(3);
    builder.corruption(Masking::new(0.2).unwrap()).build().unwrap()
}

fn samples_are_taken_in_the_units_of_the_input<T: Real>() {
    // More than two pieces of 256.
    let x = data::<T>(600);
    for scaler in scalers::<T>() {
        let (model, plain) = models::<T>(&scaler);
        let scaled = scaler.apply(&x).unwrap();
        assert_eq!((model.n_features(), model.n_inputs()), (7, scaler.n_outputs()));
        assert_eq!(model.encode(&x).unwrap(), plain.encode(&scaled).unwrap());
        let a = model.pre_activations(&x).unwrap();
        assert_eq!(a, plain.pre_activations(&scaled).unwrap());
        let evaluation = metrics::evaluate(&model, &x).unwrap();
        assert_eq!(evaluation, metrics::evaluate(&plain, &scaled).unwrap());

        let (noisy, target) = (x.columns(0, 50), x.columns(100, 50));
        let (scaled_noisy, scaled_target) = (scaled.columns(0, 50), scaled.columns(100, 50));
        let batch = Batch::from(noisy).with_target(target);
        let scaled_batch = Batch::from(scaled_noisy).with_target(scaled_target);
        let gradient = model.gradient(batch.clone()).unwrap();
        assert_eq!(gradient, plain.gradient(scaled_batch.clone()).unwrap());
        assert_eq!(model.objective(batch.clone()).unwrap(), gradient.0);
        let snapshot = Snapshot::of(&model, batch.clone()).unwrap();
        assert_eq!(snapshot, Snapshot::of(&plain, scaled_batch.clone()).unwrap());
        let gradients = BiasGradients::of(&model, batch).unwrap();
        assert_eq!(gradients, BiasGradients::of(&plain, scaled_batch).unwrap());
    }
}

#[test]
fn samples_are_taken_in_the_units_of_the_input_in_both_precisions() {
    samples_are_taken_in_the_units_of_the_input::<f32>();
    samples_are_taken_in_the_units_of_the_input::<f64>();
}

fn trainings_take_data_in_the_units_of_the_input<T: Real>() {
    let (x, validation) = (data::<T>(200), data::<T>(230).columns(200, 30).into_owned());
    let (trainer, trained) = (trainer::<T>(), |model: &Model<T>| model.parameters().clone());
    for scaler in scalers::<T>() {
        let scaled = (scaler.apply(&x).unwrap(), scaler.apply(&validation).unwrap());
        let (mut model, mut plain) = models::<T>(&scaler);
        let begin = model.clone();
        let options = FitOptions::default().validation(&validation);
        let report = trainer.fit_with(&mut model, &x, options).unwrap();
        let options = FitOptions::default().validation(&scaled.1);
        let expected = trainer.fit_with(&mut plain, &scaled.0, options).unwrap();
        assert_ne!(trained(&model), trained(&begin));
        assert_eq!(trained(&model), trained(&plain));
        assert_eq!(model.scaler(), Some(&scaler));
        for (epoch, expected) in report.history.iter().zip(&expected.history) {
            assert_eq!(epoch.objective(), expected.objective());
            assert_eq!(epoch.validation, expected.validation);
        }

        let mut alike = [begin.clone(), begin.clone()];
        let trainings =
            alike.iter_mut().map(|model| Training::new(&trainer, model).validation(&validation));
        for report in train_many(trainings, &x, 2).unwrap() {
            report.unwrap();
        }
        assert_eq!(alike.each_ref().map(trained), [trained(&plain), trained(&plain)]);

        let ((mut model, mut plain), piece) = (models::<T>(&scaler), scaled.0.columns(0, 50));
        let mut states = (TrainingState::new(&model), TrainingState::new(&plain));
        trainer.partial_fit(&mut model, &mut states.0, x.columns(0, 50)).unwrap();
        trainer.partial_fit(&mut plain, &mut states.1, piece).unwrap();
        assert_eq!(trained(&model), trained(&plain));
        assert_eq!(states.0, states.1);
    }
}

#[test]
fn trainings_take_data_in_the_units_of_the_input_in_both_precisions() {
    trainings_take_data_in_the_units_of_the_input::<f32>();
    trainings_take_data_in_the_units_of_the_input::<f64>();
}

#[test]
fn reconstructions_are_in_the_units_of_the_input() {
    let x = data::<f64>(600);
    for scaler in scalers::<f64>() {
        let (model, plain) = models::<f64>(&scaler);
        let codes = model.encode(&x).unwrap();
        let expected = scaler.invert(plain.decode(&codes).unwrap()).unwrap();
        assert_eq!(expected.shape(), (7, 600));
        assert_eq!(model.decode(&codes).unwrap(), expected);
        assert_eq!(model.reconstruct(&x).unwrap(), expected);
    }
}

/// By hand: μ = (10, −2), σ + offset = (2, 0.5); x = (12, −1) is (1, 2) in the units of the model.
#[test]
fn a_model_of_two_features_by_hand() -> Result<(), Error> {
    let scaler = Standardization::from_parts(vec![10.0, -2.0], vec![1.5, 0.0], 0.5)?;
    let parameters = Parameters::new(
        dmatrix![1.0, -1.0, 0.5; 0.25, 1.0, 0.0],
        dvector![0.0, -3.0, 1.0],
        Some(dvector![0.5, 0.0]),
    )?;
    let model = RegularizedAutoEncoder::builder(2, 3)
        .activation(Relu)
        .parameters(parameters)
        .scaler(scaler)
        .build()?;
    let x = dmatrix![12.0; -1.0];
    // a = 1 + ½, −1 + 2 − 3, ½ + 1
    assert_eq!(model.pre_activations(&x)?, dmatrix![1.5; -2.0; 1.5]);
    assert_eq!(model.encode(&x)?, dmatrix![1.5; 0.0; 1.5]);
    // y' = 1.5 + 0.75 + 0.5, 0.375; y = 2y'_1 + 10, y'_2/2 − 2
    assert_eq!(model.reconstruct(&x)?, dmatrix![15.5; -1.8125]);
    // In the units of the model: (2.75 − 1)² + (0.375 − 2)².
    assert_eq!(model.objective(&x)?.reconstruction, 1.75 * 1.75 + 1.625 * 1.625);
    assert_eq!(metrics::evaluate(&model, &x)?.reconstruction_error, 1.75 * 1.75 + 1.625 * 1.625);
    let folded = model.clone().fold_scaler()?;
    assert_eq!(folded.encoder_filters(), &dmatrix![0.5, -0.5, 0.25; 0.5, 2.0, 0.0]);
    // b_e − Σ w (10/2, −2/0.5)
    assert_eq!(folded.encoder_bias(), &dvector![-5.0 + 1.0, -3.0 + 5.0 + 4.0, 1.0 - 2.5]);
    assert_eq!(folded.decoder_filters(), &dmatrix![2.0, -2.0, 1.0; 0.125, 0.5, 0.0]);
    assert_eq!(folded.decoder_bias(), Some(&dvector![11.0, -2.0]));
    Ok(())
}

/// Up to rounding, relative to the largest entry.
#[track_caller]
fn assert_close<T: Real>(found: &DMatrix<T>, expected: &DMatrix<T>, tolerance: f64) {
    assert_eq!(found.shape(), expected.shape());
    let largest =
        expected.iter().fold(0.0, |largest: f64, value| largest.max(value.as_f64().abs()));
    for (found, expected) in found.iter().zip(expected) {
        let difference = (found.as_f64() - expected.as_f64()).abs();
        assert!(difference <= tolerance * largest, "{found} instead of {expected}");
    }
}

fn one_sample_is_encoded_as_many_are<T: Real>(tolerance: f64) {
    // Features and units in several pieces, the last of them incomplete.
    for (n, m) in [(1, 1), (64, 64), (300, 130)] {
        let x = DMatrix::<T>::from_fn(n, 40, |i, j| {
            T::of(5.0 * ((i * 7 + j * 13) as f64).sin() + i as f64 * 0.1)
        });
        let scalers: [Scaler; 3] = [
            Standardization::fit(&x, 0.1).unwrap().into(),
            Whitening::pca(&x, 1e-3).unwrap().into(),
            Whitening::zca(&x, 1e-3).unwrap().into(),
        ];
        for scaler in scalers {
            let model = RegularizedAutoEncoder::builder(scaler.n_outputs(), m)
                .activation(Tanh)
                .scaler(scaler)
                .build()
                .unwrap();
            let codes = model.encode(&x).unwrap();
            for (sample, expected) in x.column_iter().zip(codes.column_iter()) {
                let mut code = DMatrix::from_element(m, 1, T::NAN);
                model.encode_into(sample.as_slice(), code.as_mut_slice()).unwrap();
                assert_close(
                    &code,
                    &DMatrix::from_column_slice(m, 1, expected.as_slice()),
                    tolerance,
                );
            }
        }
    }
}

#[test]
fn one_sample_is_encoded_as_many_are_in_both_precisions() {
    one_sample_is_encoded_as_many_are::<f32>(1e-4);
    one_sample_is_encoded_as_many_are::<f64>(1e-12);
}

fn folding_changes_no_code_and_no_reconstruction<T: Real>(tolerance: f64) {
    let x = data::<T>(300);
    let all = scalers::<T>().map(Some).into_iter().chain([None]);
    for (scaler, decoder_bias) in all.flat_map(|scaler| [(scaler.clone(), false), (scaler, true)]) {
        let n_inputs = scaler.as_ref().map_or(7, Scaler::n_outputs);
        let parameters = {
            let drawn = Parameters::<T>::glorot_uniform(n_inputs, 11, false, 5).unwrap();
            let wave = |length| DVector::from_fn(length, |i, _| T::of((i as f64).sin()));
            let bias = decoder_bias.then(|| wave(n_inputs));
            Parameters::new(drawn.filters().clone(), wave(11), bias).unwrap()
        };
        let mut model = RegularizedAutoEncoder::builder(n_inputs, 11)
            .activation(Softplus::new())
            .parameters(parameters)
            .threads(2)
            .build()
            .unwrap();
        model.set_scaler(scaler.clone()).unwrap();
        let folded = model.clone().fold_scaler().unwrap();
        assert_eq!((folded.n_inputs(), folded.n_hidden(), folded.threads()), (7, 11, 2));
        assert_close(&folded.encode(&x).unwrap(), &model.encode(&x).unwrap(), tolerance);
        assert_close(&folded.reconstruct(&x).unwrap(), &model.reconstruct(&x).unwrap(), tolerance);
        let codes = model.encode(&x).unwrap();
        assert_close(&folded.decode(&codes).unwrap(), &model.decode(&codes).unwrap(), tolerance);
        let mut code = DMatrix::zeros(11, 1);
        folded.encode_into(x.column(8).as_slice(), code.as_mut_slice()).unwrap();
        assert_close(&code, &codes.columns(8, 1).into_owned(), tolerance);

        let errors = |errors: Vec<f64>| DMatrix::from_vec(x.ncols(), 1, errors);
        let found = scores::reconstruction_errors(&folded, &x).unwrap();
        let expected = scores::reconstruction_errors(&model, &x).unwrap();
        assert_close(&errors(found), &errors(expected), tolerance);
        let sample = x.column(8);
        let input = |shares: Vec<scores::Contribution>| shares[0].input;
        let found = input(scores::contributions(&folded, sample.as_slice()).unwrap());
        assert_eq!(found, input(scores::contributions(&model, sample.as_slice()).unwrap()));
        let (found, expected) =
            (TopSamples::of(&folded, &x, 3).unwrap(), TopSamples::of(&model, &x, 3).unwrap());
        for unit in 0..11 {
            assert_eq!(found.unit(unit).unwrap()[0].0, expected.unit(unit).unwrap()[0].0);
        }
        let found = metrics::evaluate(&folded, &x).unwrap();
        let expected = metrics::evaluate(&model, &x).unwrap();
        assert_eq!(found.active_units, expected.active_units);
        if scaler.is_none() {
            assert_eq!(folded.encode(&x).unwrap(), codes);
            assert_eq!(folded.encoder_filters(), model.parameters().filters());
            assert_eq!(folded.decoder_bias(), model.parameters().decoder_bias());
        }
    }
}

#[test]
fn folding_changes_no_code_and_no_reconstruction_in_both_precisions() {
    folding_changes_no_code_and_no_reconstruction::<f32>(2e-5);
    folding_changes_no_code_and_no_reconstruction::<f64>(1e-12);
}

#[test]
fn a_scaler_must_fit_the_model() {
    let [standardization, pca, zca] = scalers::<f64>();
    let rule = "values per sample that the scaler gives";
    for (scaler, n_inputs) in [(&standardization, 6), (&pca, 7), (&zca, 6)] {
        let build =
            || RegularizedAutoEncoder::<f64>::builder(n_inputs, 3).scaler(scaler.clone()).build();
        let given = scaler.n_outputs();
        rejected(build(), &[rule, &format!("expected {n_inputs}, got {given}")]);
        let mut model = RegularizedAutoEncoder::<f64>::builder(n_inputs, 3).build().unwrap();
        rejected(model.set_scaler(Some(scaler.clone())), &[rule]);
        assert_eq!(model.scaler(), None);
    }
    let mut model =
        RegularizedAutoEncoder::<f64>::builder(7, 3).scaler(standardization).build().unwrap();
    assert!(model.set_scaler(Some(zca.clone())).is_ok());
    assert_eq!(model.scaler(), Some(&zca));
    assert!(model.set_scaler(None).is_ok());
    assert_eq!(model.scaler(), None);
}

#[test]
fn samples_must_fit_the_scaler() {
    for scaler in scalers::<f64>() {
        let (mut model, _) = models::<f64>(&scaler);
        let before = model.clone();
        let (few, x) = (DMatrix::from_element(5, 60, 1.0), data::<f64>(60));
        let parts = ["values per sample", "expected 7, got 5"];
        rejected(model.encode(&few), &parts);
        rejected(model.pre_activations(&few), &parts);
        rejected(model.reconstruct(&few), &parts);
        rejected(model.encode_into(&[0.0; 5], &mut [0.0; 11]), &parts);
        rejected(metrics::evaluate(&model, &few), &parts);
        rejected(model.objective(&few), &parts);
        rejected(model.objective(Batch::from(&x).with_target(&few)), &["target", parts[1]]);
        rejected(trainer().fit(&mut model, &few), &["training data", parts[1]]);
        let options = || FitOptions::default().validation(&few);
        let fitted = trainer().fit_with(&mut model, &x, options());
        rejected(fitted, &["validation data", parts[1]]);
        let mut state = TrainingState::new(&model);
        rejected(trainer().partial_fit(&mut model, &mut state, &few), &parts);
        let none = DMatrix::<f64>::zeros(7, 0);
        rejected(model.encode(&none), &["empty"]);
        rejected(trainer().fit(&mut model, &none), &["empty"]);
        rejected(model.objective(&none), &["empty"]);

        let mut with_nan = data::<f64>(600);
        with_nan[(3, 520)] = f64::NAN;
        let parts = ["NaN at row 3, column 520"];
        rejected(model.encode(&with_nan), &parts);
        rejected(metrics::evaluate(&model, &with_nan), &parts);
        rejected(model.objective(&with_nan), &parts);
        rejected(trainer().fit(&mut model, &with_nan), &parts);
        let sample = with_nan.column(520).into_owned();
        rejected(model.encode_into(sample.as_slice(), &mut [0.0; 11]), &["NaN at row 3"]);
        assert_eq!(model, before);
    }
}

/// What overflows in the scaler is told with its place, though samples are scaled in pieces.
#[test]
fn an_overflow_in_the_scaler_is_an_error_with_its_place() {
    let standardization =
        Standardization::from_parts(vec![0.0; 3], vec![1.0, 1e-30, 1.0], 0.0).unwrap();
    let model = RegularizedAutoEncoder::<f32>::builder(3, 2)
        .scaler(standardization)
        .threads(2)
        .build()
        .unwrap();
    let mut x = DMatrix::from_element(3, 600, 0.0_f32);
    x[(1, 520)] = 1e20;
    let parts = ["inf at row 1, column 520"];
    rejected(model.encode(&x), &parts);
    rejected(model.pre_activations(&x), &parts);
    rejected(metrics::evaluate(&model, &x), &parts);
    rejected(model.objective(&x), &parts);
    rejected(model.encode_into(&[0.0, 1e20, 0.0], &mut [0.0; 2]), &["inf at row 1"]);
    let huge = Standardization::from_parts(vec![0.0; 3], vec![1e30; 3], 0.0).unwrap();
    let parameters = Parameters::new(dmatrix![1e9_f32; 1.0; 1.0], dvector![0.0], None).unwrap();
    let model =
        RegularizedAutoEncoder::builder(3, 1).parameters(parameters).scaler(huge).build().unwrap();
    rejected(model.decode(&dmatrix![1e5_f32]), &["restored data", "inf at row 0"]);
    rejected(model.fold_scaler(), &["decoder filters holds inf at row 0, column 0"]);
}

#[test]
fn parts_of_a_standardisation_are_checked() {
    let of = Standardization::from_parts;
    rejected(of(vec![], vec![], 0.1), &["number of features is 0"]);
    rejected(of(vec![0.0; 2], vec![1.0], 0.1), &["standard deviations", "expected 2, got 1"]);
    rejected(of(vec![0.0], vec![1e308], 1e308), &["feature 0 with the offset is inf", "finite"]);
    for value in [f64::NAN, f64::INFINITY, -1.0] {
        let parts = [&*format!("is {value}"), "finite and at least 0"];
        rejected(of(vec![0.0], vec![1.0], value), &parts);
        rejected(of(vec![0.0; 2], vec![1.0, value], 0.1), &["feature 1", parts[0], parts[1]]);
    }
    rejected(of(vec![0.0, f64::NAN], vec![1.0; 2], 0.1), &["mean of the data", "NaN at row 1"]);
    rejected(of(vec![0.0; 2], vec![1.0, 0.0], 0.0), &["feature 1", "use a positive offset"]);
}

#[test]
fn parts_of_an_untied_auto_encoder_are_checked() {
    let build = |encoder: (usize, usize), bias, decoder: (usize, usize), decoder_bias| {
        let (encoder, decoder) = (
            DMatrix::from_element(encoder.0, encoder.1, 1.0),
            DMatrix::from_element(decoder.0, decoder.1, 1.0),
        );
        UntiedAutoEncoder::new(encoder, bias, decoder, decoder_bias, Relu)
    };
    let (two, three) = (dvector![0.0, 0.0], dvector![0.0, 0.0, 0.0]);
    assert!(build((3, 2), two.clone(), (3, 2), Some(three.clone())).is_ok());
    rejected(build((0, 2), two.clone(), (0, 2), None), &["n_inputs is 0"]);
    rejected(build((3, 0), dvector![], (3, 0), None), &["n_hidden is 0"]);
    rejected(build((3, 2), three.clone(), (3, 2), None), &["encoder bias", "expected 2, got 3"]);
    rejected(build((3, 2), two.clone(), (2, 2), None), &["rows of the decoder", "expected 3"]);
    rejected(build((3, 2), two.clone(), (3, 3), None), &["columns of the decoder", "expected 2"]);
    let bias = Some(two.clone());
    rejected(build((3, 2), two.clone(), (3, 2), bias), &["decoder bias", "expected 3, got 2"]);
    rejected(build((3, 2), dvector![0.0, f64::NAN], (3, 2), None), &["encoder bias holds NaN"]);
    let bias = Some(dvector![0.0, f64::INFINITY, 0.0]);
    rejected(build((3, 2), two, (3, 2), bias), &["decoder bias holds inf"]);

    let mut model = build((3, 2), dvector![0.0, 0.0], (3, 2), None).unwrap();
    rejected(model.encode(&DMatrix::from_element(2, 4, 0.0)), &["values per sample"]);
    rejected(model.decode(&DMatrix::from_element(3, 4, 0.0)), &["values per code"]);
    rejected(model.encode_into(&[0.0; 3], &mut [0.0; 3]), &["values per code"]);
    rejected(model.encode(&dmatrix![0.0; f64::NAN; 0.0]), &["NaN at row 1"]);
    rejected(model.set_threads(0), &["threads is 0"]);
}

#[test]
fn rows_and_single_samples_are_scaled_too() {
    let [scaler, ..] = scalers::<f64>();
    let (model, plain) = models::<f64>(&scaler);
    let x = data::<f64>(4);
    let scaled = scaler.apply(&x).unwrap();
    let rows = Samples::from_slice(x.as_slice(), 7).unwrap();
    assert_eq!(model.encode(&rows).unwrap(), plain.encode(&scaled).unwrap());
    let one = model.encode(x.column(2)).unwrap();
    assert_eq!(one, plain.encode(scaled.column(2)).unwrap());
}

fn codes_scores_and_looking_obey_the_scaler<T: Real>() {
    let x = data::<T>(600);
    for scaler in scalers::<T>() {
        let (model, plain) = models::<T>(&scaler);
        let scaled = scaler.apply(&x).unwrap();
        let codes = model.encode_topk(&x, 3).unwrap();
        assert_eq!(codes, plain.encode_topk(&scaled, 3).unwrap());
        assert_eq!(
            model.encode_sparse(&x, 0.5).unwrap(),
            plain.encode_sparse(&scaled, 0.5).unwrap()
        );
        let top = TopSamples::of(&model, &x, 4).unwrap();
        assert_eq!(top, TopSamples::of(&plain, &scaled, 4).unwrap());

        let close = |found: &DMatrix<T>, expected: &DMatrix<T>| {
            let error = (found - expected).amax().as_f64() / expected.amax().as_f64();
            assert!(error < 20.0 * T::EPSILON.as_f64(), "{error}");
        };
        let dense = codes.to_dense().unwrap();
        close(&model.decode_sparse(&codes).unwrap(), &model.decode(&dense).unwrap());
        let mut one = SparseCode::new(11).unwrap();
        model.encode_topk_into(x.column(7).as_slice(), 3, &mut one).unwrap();
        assert_eq!(one.indices(), codes.row(7).unwrap().0);

        let y = model.reconstruct(&x).unwrap();
        let errors = scores::reconstruction_errors(&model, &x).unwrap();
        for (error, (x, y)) in errors.iter().zip(x.column_iter().zip(y.column_iter())) {
            let expected: f64 =
                x.iter().zip(&y).map(|(x, y)| (x.as_f64() - y.as_f64()).powi(2)).sum();
            assert!((error - expected).abs() <= 1e-12 * expected);
        }
        let contributions = scores::contributions(&model, x.column(7).as_slice()).unwrap();
        assert_eq!(contributions.len(), 7);
        let sum: f64 = contributions.iter().map(|one| one.squared_residual).sum();
        assert!((sum - errors[7]).abs() <= 1e-4 * errors[7]);
    }
}

#[test]
fn codes_scores_and_looking_obey_the_scaler_in_both_precisions() {
    codes_scores_and_looking_obey_the_scaler::<f32>();
    codes_scores_and_looking_obey_the_scaler::<f64>();
}

#[test]
fn sources_are_read_in_the_units_of_the_input() {
    let (x, trainer) = (data::<f64>(200), trainer::<f64>());
    for scaler in scalers::<f64>() {
        let scaled = scaler.apply(&x).unwrap();
        // In several windows, and in one.
        for windows in [Windows::new(20, 3).unwrap(), Windows::new(20, 10).unwrap()] {
            let (mut model, mut plain) = models::<f64>(&scaler);
            trainer.fit_source(&mut model, &x, windows).unwrap();
            trainer.fit_source(&mut plain, &scaled, windows).unwrap();
            let pairs = model.parameters().filters().iter().zip(plain.parameters().filters());
            for (found, expected) in pairs {
                assert!((found - expected).abs() < 1e-9, "{found} instead of {expected}");
            }
        }
        let (mut model, _) = models::<f64>(&scaler);
        let narrow = x.rows(0, 5).into_owned();
        let windows = Windows::new(20, 3).unwrap();
        let error = trainer.fit_source(&mut model, &narrow, windows).unwrap_err().to_string();
        assert!(error.contains("values per sample of the training data"), "{error}");
    }
}
