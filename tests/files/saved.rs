//! Models go into files and come back the same to the bit.

use crate::common::rejected;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use regularized_autoencoder::data::{Scaler, Standardization, Whitening};
use regularized_autoencoder::saved::{Provenance, SavedActivation, SavedModel};
use regularized_autoencoder::{
    Activation, ActivationMetadata, AnyAutoEncoder, Constraint, Contractive, Elu, Error, Gelu,
    HardSigmoid, Identity, LeakyRelu, Parameters, Real, RegularizedAutoEncoder, Regularizer, Relu,
    Sigmoid, Silu, Softplus, Tanh, Trainer, WeightDecay,
};
use std::borrow::Cow;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("saved-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn model(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// How many files are in it.
    fn files(&self) -> usize {
        fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// s(a) = a + c, of a user, with or without a name.
#[derive(Clone, Debug, PartialEq)]
struct Shifted {
    name: Option<&'static str>,
    by: f64,
}

impl ActivationMetadata for Shifted {
    fn name(&self) -> Option<Cow<'static, str>> {
        self.name.map(Cow::from)
    }
    fn parameters(&self) -> Vec<(Cow<'static, str>, f64)> {
        vec![("by".into(), self.by)]
    }
}

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

fn shifted(by: f64) -> Shifted {
    Shifted { name: Some("tests/shifted"), by }
}

fn data<T: Real>() -> DMatrix<T> {
    DMatrix::from_fn(5, 60, |i, j| {
        T::of(i as f64 + (0.5 + i as f64) * (((i + 1) * (i + 2) * j + i) as f64).sin())
    })
}

fn scalers() -> Vec<Option<Scaler>> {
    let x = data::<f64>();
    let standardization = Standardization::fit(&x, 0.1).unwrap().into();
    // Four of the five directions.
    let pca = Whitening::pca(&x, 1.0 / 64.0).unwrap();
    assert!(pca.rank() < 5, "{}", pca.rank());
    let zca = Whitening::zca(&x, 1.0 / 64.0).unwrap();
    vec![None, Some(standardization), Some(pca.into()), Some(zca.into())]
}

fn bits<T: Real>(values: &[T]) -> Vec<u64> {
    values.iter().map(|value| value.as_f64().to_bits()).collect()
}

/// Equal to the bit, −0 and 0 told apart.
#[track_caller]
fn assert_same<T: Real>(found: &Parameters<T>, expected: &Parameters<T>) {
    assert_eq!(found.filters().shape(), expected.filters().shape());
    let all = |parameters: &Parameters<T>| {
        (
            bits(parameters.filters().as_slice()),
            bits(parameters.encoder_bias().as_slice()),
            parameters.decoder_bias().map(|bias| bits(bias.as_slice())),
        )
    };
    assert_eq!(all(found), all(expected));
}

fn built_in<T: Real>() -> Vec<Box<dyn Activation<T>>> {
    vec![
        Box::new(Relu),
        Box::new(Sigmoid),
        Box::new(Tanh),
        Box::new(Identity),
        Box::new(Silu),
        Box::new(Gelu),
        Box::new(HardSigmoid),
        Box::new(Softplus::with_sharpness(0.1 + 0.2).unwrap()),
        Box::new(LeakyRelu::new(1.0 / 3.0).unwrap()),
        Box::new(Elu::new(2.0 / 3.0).unwrap()),
    ]
}

fn built_in_activations_load_by_name<T: Real>() {
    let folder = Folder::new(&format!("built-in-{}", size_of::<T>()));
    let a: Vec<T> = (-40..40).map(|i| T::of(f64::from(i) * 0.3)).collect();
    for activation in built_in::<T>() {
        let name = activation.name().unwrap();
        let model = RegularizedAutoEncoder::<T>::builder(5, 3).activation(&*activation);
        model.build().unwrap().save(folder.model()).unwrap();
        let loaded: AnyAutoEncoder<T> = RegularizedAutoEncoder::load(folder.model()).unwrap();
        assert_eq!(loaded.activation().name().unwrap(), name);
        assert_eq!(loaded.activation().properties(), activation.properties());
        for &a in &a {
            assert_eq!(loaded.activation().value(a), activation.value(a), "{name} at {a}");
        }
    }
}

#[test]
fn built_in_activations_load_by_name_in_both_precisions() {
    built_in_activations_load_by_name::<f32>();
    built_in_activations_load_by_name::<f64>();
}

fn models_come_back_the_same<T: Real>() {
    let folder = Folder::new(&format!("same-{}", size_of::<T>()));
    for (scaler, decoder_bias) in scalers().into_iter().zip([true, false, true, true]) {
        let n_inputs = scaler.as_ref().map_or(5, Scaler::n_outputs);
        let mut model = RegularizedAutoEncoder::<T>::builder(n_inputs, 7)
            .activation(Softplus::new())
            .decoder_bias(decoder_bias)
            .seed(4)
            .build()
            .unwrap();
        model.set_scaler(scaler).unwrap();
        let trainer = Trainer::builder().epochs(2).batch_size(20).build().unwrap();
        trainer.fit(&mut model, &data::<T>()).unwrap();
        model.save(folder.model()).unwrap();
        assert_eq!(folder.files(), 1);

        let loaded = RegularizedAutoEncoder::load_with(folder.model(), Softplus::new()).unwrap();
        assert_eq!(loaded, model);
        assert_same(loaded.parameters(), model.parameters());
        let x = data::<T>();
        assert_eq!(loaded.encode(&x).unwrap(), model.encode(&x).unwrap());
        assert_eq!(loaded.reconstruct(&x).unwrap(), model.reconstruct(&x).unwrap());

        // The same bytes each time, in a file or in memory.
        let bytes = model.to_bytes(&Provenance::new()).unwrap();
        assert_eq!(fs::read(folder.model()).unwrap(), bytes);
        assert_eq!(loaded.to_bytes(&Provenance::new()).unwrap(), bytes);
        let any = AnyAutoEncoder::<T>::from_bytes(&bytes).unwrap();
        assert_same(any.parameters(), model.parameters());
        assert_eq!(any.scaler(), model.scaler());
        // From a stream whose length nobody knows, a byte at a time.
        let slow = SavedModel::<T>::read_from(Slow(&bytes), "slow").unwrap();
        assert_same(&slow.parameters, model.parameters());
        assert_eq!(slow.scaler.as_ref(), model.scaler());
    }
}

/// Gives one byte at a time.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

#[test]
fn models_come_back_the_same_in_both_precisions() {
    models_come_back_the_same::<f32>();
    models_come_back_the_same::<f64>();
}

/// Numbers of every magnitude, signed zeros and subnormal numbers among them.
fn numbers(count: usize) -> impl Strategy<Value = Vec<f64>> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop::collection::vec(POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO, count)
}

/// Sizes n and m, filters, biases and whether there is a decoder bias.
type Raw = (usize, usize, Vec<f64>, Vec<f64>, Option<Vec<f64>>);

fn raw() -> impl Strategy<Value = Raw> {
    (1..9_usize, 1..9_usize).prop_flat_map(|(n, m)| {
        (Just(n), Just(m), numbers(n * m), numbers(m), prop::option::of(numbers(n)))
    })
}

fn parameters_of<T: Real>((n, m, filters, encoder, decoder): &Raw) -> Option<Parameters<T>> {
    let convert = |values: &[f64]| values.iter().map(|value| T::of(*value)).collect::<Vec<T>>();
    let decoder = decoder.as_ref().map(|bias| DVector::from_vec(convert(bias)));
    let filters = DMatrix::from_vec(*n, *m, convert(filters));
    // What overflows `f32` is no model.
    Parameters::new(filters, DVector::from_vec(convert(encoder)), decoder).ok()
}

proptest! {
    #[test]
    fn any_parameters_come_back_to_the_bit(raw in raw(), scaled in any::<bool>()) {
        fn check<T: Real>(raw: &Raw, scaled: bool) {
            let Some(parameters) = parameters_of::<T>(raw) else { return };
            let (n, m) = (raw.0, raw.1);
            let mut model =
                RegularizedAutoEncoder::builder(n, m).parameters(parameters.clone()).build().unwrap();
            let scaler = scaled.then(|| {
                let (mean, deviation) = (vec![raw.3[0]; n], vec![raw.2[0].abs(); n]);
                Standardization::from_parts(mean, deviation, 1e-9).unwrap().into()
            });
            model.set_scaler(scaler).unwrap();
            let bytes = model.to_bytes(&Provenance::new()).unwrap();
            let saved = SavedModel::<T>::from_bytes(&bytes).unwrap();
            assert_same(&saved.parameters, &parameters);
            assert_eq!(saved.scaler.as_ref(), model.scaler());
        }
        check::<f64>(&raw, scaled);
        check::<f32>(&raw, scaled);
    }
}

#[test]
fn provenance_is_kept() {
    let model = RegularizedAutoEncoder::<f32>::builder(5, 3)
        .regularizer(0.5 * Contractive::new() + 0.25 * WeightDecay::new())
        .build()
        .unwrap();
    let provenance = Provenance::new()
        .seed(u64::MAX)
        .epochs(50)
        .constraint(Constraint::MaxNorm(0.1 + 0.2))
        .note("data", "digits \"quoted\" \\ \n ρ → 0 \u{1F600} \0")
        .note("", "");
    let bytes = model.to_bytes(&provenance).unwrap();
    let mut found = SavedModel::<f32>::from_bytes(&bytes).unwrap().provenance;
    assert_eq!(found.crate_version, env!("CARGO_PKG_VERSION"));
    let regularizer = found.regularizer.take().unwrap();
    assert_eq!(regularizer, format!("{:?}", model.regularizer()));
    assert!(regularizer.contains("0.25"));
    assert_eq!(found, provenance);

    // A model that was loaded has no regularizer, and is written by this version.
    let saved = SavedModel::<f32>::from_bytes(&bytes).unwrap();
    let mut old = saved.provenance.clone();
    old.crate_version = "0.0.1".into();
    let again = saved.clone().into_any().unwrap().to_bytes(&old).unwrap();
    assert_eq!(SavedModel::<f32>::from_bytes(&again).unwrap(), saved);
    let other = saved.clone().into_any().unwrap().with_regularizer(WeightDecay::new()).unwrap();
    let again = SavedModel::<f32>::from_bytes(&other.to_bytes(&old).unwrap()).unwrap();
    assert_eq!(again.provenance.regularizer.unwrap(), format!("{:?}", WeightDecay::new()));
    let untrained = saved.into_any().unwrap().to_bytes(&Provenance::new()).unwrap();
    let untrained = SavedModel::<f32>::from_bytes(&untrained).unwrap().provenance;
    assert_eq!(untrained.regularizer.unwrap(), "Unregularized");

    let beyond = Provenance::new().constraint(Constraint::Length(f64::NAN));
    rejected(model.to_bytes(&beyond), &["length of the filters is NaN"]);
    let long = Provenance::new().note("too long", "x".repeat(1 << 20));
    rejected(model.to_bytes(&long), &["the header has", "at most 1048576"]);
}

#[test]
fn an_activation_of_the_users_is_loaded_with_itself() {
    let folder = Folder::new("users");
    let model = RegularizedAutoEncoder::<f64>::builder(5, 3).activation(shifted(0.5));
    let model = model.build().unwrap();
    model.save(folder.model()).unwrap();
    let loaded = RegularizedAutoEncoder::load_with(folder.model(), shifted(0.5)).unwrap();
    assert_eq!(loaded, model);

    let load = |activation| RegularizedAutoEncoder::<f64, _>::load_with(folder.model(), activation);
    let found = "tests/shifted (by = 0.5)";
    rejected(load(shifted(0.25)), &[found, "tests/shifted (by = 0.25)"]);
    rejected(load(Shifted { name: Some("other"), by: 0.5 }), &[found, "other (by = 0.5)"]);
    rejected(load(Shifted { name: None, by: 0.5 }), &["Shifted { name: None", "has no name"]);
    let other = RegularizedAutoEncoder::<f64, _>::load_with(folder.model(), Relu);
    rejected(other, &[found, "relu"]);
    let name = folder.model().to_string_lossy().into_owned();
    rejected(load(shifted(0.25)), &[&name]);
    rejected(AnyAutoEncoder::<f64>::load(folder.model()), &[&name, found, "a built-in one"]);
}

#[test]
fn built_in_activations_have_their_own_parameters() {
    let mut relu = SavedActivation::of::<f64>(&Relu).unwrap();
    relu.parameters.insert("slope".into(), 1.0);
    rejected(relu.built_in::<f64>(), &["relu (slope = 1)", "relu without parameters"]);
    let mut elu = SavedActivation::of::<f64>(&Elu::default()).unwrap();
    elu.parameters.insert("alpha".into(), -1.0);
    rejected(elu.built_in::<f64>(), &["alpha is -1"]);
    elu.parameters.insert("beta".into(), 1.0);
    rejected(elu.built_in::<f64>(), &["elu (alpha = -1, beta = 1)", "with the parameter alpha"]);
    elu.parameters.clear();
    rejected(elu.built_in::<f64>(), &["the activation elu,", "with the parameter alpha"]);
    elu.name = "ELU".into();
    assert!(elu.built_in::<f64>().unwrap().is_none());
}

#[test]
fn what_has_no_name_or_no_number_is_not_saved() {
    let folder = Folder::new("unnamed");
    let save = |activation: Shifted| {
        let model = RegularizedAutoEncoder::<f64>::builder(5, 3).activation(activation);
        model.build().unwrap().save(folder.model())
    };
    rejected(save(Shifted { name: None, by: 1.0 }), &["by: 1.0", "has no name"]);
    rejected(save(shifted(f64::NAN)), &["by of the activation tests/shifted is NaN", "finite"]);
    rejected(save(shifted(f64::INFINITY)), &["is inf", "finite"]);
    assert_eq!(folder.files(), 0);

    /// Two parameters of the same name.
    #[derive(Debug)]
    struct Twice;
    impl ActivationMetadata for Twice {
        fn name(&self) -> Option<Cow<'static, str>> {
            Some("twice".into())
        }
        fn parameters(&self) -> Vec<(Cow<'static, str>, f64)> {
            vec![("same".into(), 1.0), ("same".into(), 2.0)]
        }
    }
    impl Activation<f64> for Twice {
        fn value(&self, a: f64) -> f64 {
            a
        }
        fn derivative(&self, _: f64) -> f64 {
            1.0
        }
        fn second_derivative(&self, _: f64) -> f64 {
            0.0
        }
    }
    rejected(SavedActivation::of::<f64>(&Twice), &["a parameter of the activation", "same"]);
}

#[test]
fn f32_becomes_f64_and_not_the_other_way_round() {
    let single = RegularizedAutoEncoder::<f32>::builder(5, 3).activation(Relu).build().unwrap();
    let bytes = single.to_bytes(&Provenance::new()).unwrap();
    let double = AnyAutoEncoder::<f64>::from_bytes(&bytes).unwrap();
    assert_eq!(double.parameters().filters(), &single.parameters().filters().map(f64::from));
    let bytes = double.to_bytes(&Provenance::new()).unwrap();
    rejected(AnyAutoEncoder::<f32>::from_bytes(&bytes), &["f64", "f32", "load it as f64"]);
}

#[test]
fn a_loaded_model_trains_on() {
    let folder = Folder::new("train");
    let (x, regularizer) = (data::<f64>(), 0.1 * Contractive::new());
    let trainer = Trainer::builder().epochs(2).batch_size(20).build().unwrap();
    let mut model = RegularizedAutoEncoder::builder(5, 7).regularizer(regularizer).build().unwrap();
    trainer.fit(&mut model, &x).unwrap();
    model.save(folder.model()).unwrap();
    let boxed: Box<dyn Regularizer<f64>> = Box::new(regularizer);
    let loaded = AnyAutoEncoder::<f64>::load(folder.model()).unwrap();
    let mut loaded = loaded.with_regularizer(boxed).unwrap();
    trainer.fit(&mut loaded, &x).unwrap();
    trainer.fit(&mut model, &x).unwrap();
    assert_same(loaded.parameters(), model.parameters());
    rejected(loaded.with_regularizer(-1.0 * Contractive::new()), &["coefficient is -1"]);
}

/// The format is safetensors: its own library reads the file.
#[test]
fn the_library_of_the_format_reads_our_files() {
    use safetensors::{Dtype, SafeTensors};
    for scaler in scalers() {
        let n = scaler.as_ref().map_or(5, Scaler::n_outputs);
        let mut model =
            RegularizedAutoEncoder::<f32>::builder(n, 3).decoder_bias(true).build().unwrap();
        model.set_scaler(scaler).unwrap();
        let bytes = model.to_bytes(&Provenance::new()).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let filters = tensors.tensor("filters").unwrap();
        assert_eq!((filters.dtype(), filters.shape()), (Dtype::F32, &[3, n][..]));
        let expected: Vec<u8> =
            model.parameters().filters().iter().flat_map(|w| w.to_le_bytes()).collect();
        assert_eq!(filters.data(), expected);
        if let Some(scaler) = model.scaler() {
            let mean = tensors.tensor("scaler.mean").unwrap();
            assert_eq!((mean.dtype(), mean.shape()), (Dtype::F64, &[5][..]));
            let expected: Vec<u8> = scaler.mean().iter().flat_map(|x| x.to_le_bytes()).collect();
            assert_eq!(mean.data(), expected);
        }
    }
}

#[test]
fn errors_of_the_file_system_name_the_path() {
    let folder = Folder::new("io");
    let model = RegularizedAutoEncoder::<f32>::builder(5, 3).build().unwrap();
    let missing = folder.0.join("missing").join("model");
    for path in [&missing, &folder.0] {
        let name = path.to_string_lossy().into_owned();
        let outcome = model.save(path);
        assert!(matches!(&outcome, Err(Error::Io { path: named, .. }) if named == path));
        rejected(outcome, &[&name]);
        rejected(AnyAutoEncoder::<f32>::load(path), &[&name]);
    }
    assert_eq!(folder.files(), 0);
}

// ----------------------------------------------------------------------- what interrupts writing

/// A model whose file has about this many bytes, all of its numbers `mark`.
fn marked(bytes: usize, mark: f32) -> RegularizedAutoEncoder<f32> {
    let filters = DMatrix::from_element(64, bytes / 256, mark);
    let bias = DVector::from_element(filters.ncols(), mark);
    let parameters = Parameters::new(filters, bias, None).unwrap();
    let builder = RegularizedAutoEncoder::builder(64, bytes / 256);
    builder.parameters(parameters).build().unwrap()
}

/// The number that all of a file's are, once the file was read with all its checks.
fn mark_of(path: &Path) -> f32 {
    let saved = SavedModel::<f32>::read(path).unwrap();
    let filters = saved.parameters.filters();
    assert!(filters.iter().all(|w| *w == filters[0]));
    filters[0]
}

/// The file for the tests that run this program once more.
const FILE: &str = "REGULARIZED_AUTOENCODER_TEST_FILE";

/// This program, to run one of its ignored tests in a process of its own.
fn child(test: &str, file: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--ignored", "--nocapture"]).env(FILE, file);
    command
}

#[test]
#[ignore = "is run by a_process_that_is_killed_leaves_a_whole_file, in a process of its own"]
fn saves_for_ever() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let models = [1.0, 2.0, 3.0].map(|mark| marked(400_000, mark));
    loop {
        models.iter().for_each(|model| model.save(&path).unwrap());
    }
}

#[test]
fn a_process_that_is_killed_leaves_a_whole_file() {
    use std::time::Duration;
    let folder = Folder::new("killed");
    marked(400_000, 0.5).save(folder.model()).unwrap();
    let mut found = Vec::new();
    for round in 0..15 {
        let mut child = child("saved::saves_for_ever", &folder.model())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Read it while it is being written, and kill the writer at some moment.
        for _ in 0..10 {
            std::thread::sleep(Duration::from_micros(3_000 + 777 * round));
            found.push(mark_of(&folder.model()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        found.push(mark_of(&folder.model()));
    }
    assert!(found.iter().all(|mark| [0.5, 1.0, 2.0, 3.0].contains(mark)), "{found:?}");
    assert!(found.iter().any(|mark| *mark >= 1.0), "no process wrote anything: {found:?}");
}

#[test]
#[ignore = "is run by tests of limits, in a process of its own"]
fn fails_to_save() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let error = marked(400_000, 2.0).save(&path).unwrap_err();
    assert!(matches!(&error, Error::Io { path: named, .. } if **named == *path), "{error}");
    println!("refused: {error}");
}

/// A limit on the size of files takes the place of a full disk.
#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_leaves_the_previous_file() {
    let folder = Folder::new("limit");
    marked(4_000, 0.5).save(folder.model()).unwrap();
    let before = fs::read(folder.model()).unwrap();
    let child = child("saved::fails_to_save", &folder.model());
    let output = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; ulimit -f 100; exec "$0" "$@""#])
        .arg(child.get_program())
        .args(child.get_args())
        .env(FILE, folder.model())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("refused: "), "{printed}");
    assert_eq!(fs::read(folder.model()).unwrap(), before);
    assert_eq!(folder.files(), 1, "the temporary file is gone");
}

/// The same on a file system that is full.
#[test]
#[ignore = "mounts a file system, which takes a Linux and the rights to do so"]
fn a_full_disk_leaves_the_previous_file() {
    let folder = Folder::new("full");
    let mounted = |command: &str, arguments: &[&str]| {
        let status = Command::new(command).args(arguments).arg(&folder.0).status();
        assert!(status.unwrap().success(), "{command}");
    };
    mounted("mount", &["-t", "tmpfs", "-o", "size=64k", "tmpfs"]);
    let outcome = std::panic::catch_unwind(|| {
        marked(20_000, 0.5).save(folder.model()).unwrap();
        let before = fs::read(folder.model()).unwrap();
        rejected(marked(400_000, 2.0).save(folder.model()), &["model.safetensors", "space"]);
        assert_eq!(fs::read(folder.model()).unwrap(), before);
        assert_eq!(folder.files(), 1, "the temporary file is gone");
        marked(10_000, 1.0).save(folder.model()).unwrap();
        assert_eq!(mark_of(&folder.model()), 1.0);
    });
    mounted("umount", &[]);
    outcome.unwrap();
}

/// What people read of a regularizer with many parameters does not keep a model from being saved.
#[test]
fn long_regularizers_are_cut() {
    let variances: Vec<f64> = (0..1000).map(|i| 0.1 + f64::from(i) / 3.0).collect();
    let regularizer =
        regularized_autoencoder::MarginalizedDenoising::with_variances(variances).unwrap();
    let model = RegularizedAutoEncoder::<f32>::builder(1000, 2).regularizer(regularizer);
    let bytes = model.build().unwrap().to_bytes(&Provenance::new()).unwrap();
    let text = SavedModel::<f32>::from_bytes(&bytes).unwrap().provenance.regularizer.unwrap();
    assert!(text.starts_with("MarginalizedDenoising") && text.contains(" … ("), "{text}");
    assert!((2001..2100).contains(&text.chars().count()), "{text}");
}
