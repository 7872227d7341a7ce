//! Models from files.

use super::SavedModel;
use super::document::{Document, KEY, ScalerKind};
use super::model::IN_MEMORY;
use crate::activation::Activation;
use crate::autoencoder::{AnyAutoEncoder, RegularizedAutoEncoder};
use crate::data::{Scaler, Standardization, Whitening};
use crate::error::Error;
use crate::memory::from_rows;
use crate::model::Parameters;
use crate::scalar::{Real, compiled};
use crate::tensors::{Reader, readable};
use nalgebra::{DMatrix, DVector};
use safetensors::tensor::Dtype;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

impl<T: Real> AnyAutoEncoder<T> {
    /// Loads a model with a built-in activation, and without a regularizer; to go on training it with
    /// one, see [`with_regularizer`](Self::with_regularizer).
    ///
    /// # Errors
    /// Those of [`SavedModel::read`]; [`Error::Format`] if the activation is none of the built-in ones or
    /// has other parameters.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        SavedModel::read(path)?.into_any().map_err(|error| of_file(error, path))
    }

    /// Loads a model from the bytes of a file; see [`load`](Self::load).
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let saved = SavedModel::from_bytes(bytes)?;
        saved.into_any().map_err(|error| of_file(error, IN_MEMORY.as_ref()))
    }
}

impl<T: Real, A: Activation<T>> RegularizedAutoEncoder<T, A> {
    /// Loads a model with this activation, built in or yours, whose name and parameters must be those
    /// in the file; without a regularizer.
    ///
    /// # Errors
    /// Those of [`SavedModel::read`]; [`Error::Format`] if name or parameters of the activation are not
    /// those in the file, [`Error::UnnamedActivation`] if it has no name.
    ///
    /// ```
    /// use regularized_autoencoder::{RegularizedAutoEncoder, Relu, Sigmoid};
    /// # let folder = std::env::temp_dir().join(format!("load-example-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let path = folder.join("model.safetensors");
    /// let model = RegularizedAutoEncoder::<f32>::builder(4, 7).activation(Relu).build()?;
    /// model.save(&path)?;
    /// assert_eq!(RegularizedAutoEncoder::load_with(&path, Relu)?, model);
    /// let error = RegularizedAutoEncoder::<f32, _>::load_with(&path, Sigmoid).unwrap_err();
    /// assert!(error.to_string().contains("relu"));
    /// # std::fs::remove_dir_all(folder).unwrap();
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn load_with(path: impl AsRef<Path>, activation: A) -> Result<Self, Error> {
        let path = path.as_ref();
        SavedModel::read(path)?.into_model(activation).map_err(|error| of_file(error, path))
    }
}

/// An error about what a file holds, with the name of the file.
fn of_file(error: Error, path: &Path) -> Error {
    match error {
        Error::OtherActivation { .. } | Error::InvalidParameter { .. } => {
            Error::Format { path: path.to_owned(), reason: error.to_string() }
        }
        other => other,
    }
}

/// Reads a model; `length` is that of the file, where it is known.
pub(super) fn read<T: Real>(
    stream: &mut dyn Read,
    path: &Path,
    length: Option<u64>,
) -> Result<SavedModel<T>, Error> {
    compiled!(T, read_in(
        stream: &mut dyn Read,
        path: &Path,
        length: Option<u64>,
    ) -> Result<SavedModel<T>, Error>)
}

fn read_in<T: Real>(
    stream: &mut dyn Read,
    path: &Path,
    length: Option<u64>,
) -> Result<SavedModel<T>, Error> {
    let mut reader = Reader::new(stream, path, length)?;
    let Some(text) = reader.text(KEY).map(str::to_owned) else {
        let reason = format!("it holds no model: its metadata have no entry `{KEY}`");
        return Err(reader.violation(reason));
    };
    let (document, checksum, body) =
        Document::parse(&text).map_err(|reason| reader.violation(reason))?;
    let expected = expected::<T>(&reader, document.scaler)?;
    reader.check(&expected)?;
    reader.begin_checksum(body.as_bytes());
    let mut numbers = Numbers { model: BTreeMap::new(), scaler: BTreeMap::new() };
    for name in reader.names() {
        if name.starts_with("scaler.") {
            let values = reader.values(&name)?;
            numbers.scaler.insert(name, values);
        } else {
            let values = reader.values(&name)?;
            numbers.model.insert(name, values);
        }
    }
    let found = reader.finish()?;
    // A fuzzer would hardly get past it.
    if found != checksum && !cfg!(fuzzing) {
        let reason = format!("it was changed: its checksum is {found}, but must be {checksum}");
        return Err(reader.violation(reason));
    }
    let sizes = |name: &str| {
        let of_name = expected.iter().find(|(known, ..)| *known == name);
        of_name.map_or((0, 0), |(_, _, shape)| (shape[0], shape.get(1).copied().unwrap_or(1)))
    };
    let (parameters, scaler) = numbers
        .into_parts(document.scaler, sizes)
        .map_err(|error| Error::Format { path: path.to_owned(), reason: error.to_string() })?;
    let Document { activation, provenance, .. } = document;
    Ok(SavedModel { parameters, activation, scaler, provenance })
}

/// A tensor that must be there: its name, type and sizes.
type Expected = (&'static str, Dtype, Vec<usize>);

/// The tensors that must be there, by the sizes of some of them.
fn expected<T: Real>(
    reader: &Reader<'_>,
    scaler: Option<ScalerKind>,
) -> Result<Vec<Expected>, Error> {
    let (found, [n_hidden, n_inputs]) = reader.shape("filters")?;
    readable::<T>("filters", found).map_err(|reason| reader.violation(reason))?;
    let mut expected =
        vec![("filters", found, vec![n_hidden, n_inputs]), ("encoder_bias", found, vec![n_hidden])];
    if reader.has("decoder_bias") {
        expected.push(("decoder_bias", found, vec![n_inputs]));
    }
    match scaler {
        None => {}
        Some(ScalerKind::Standardization { .. }) => expected.extend([
            ("scaler.mean", Dtype::F64, vec![n_inputs]),
            ("scaler.standard_deviation", Dtype::F64, vec![n_inputs]),
        ]),
        Some(ScalerKind::Whitening {}) => {
            let (_, [n_features]) = reader.shape("scaler.mean")?;
            let (_, [rank]) = reader.shape("scaler.eigenvalues")?;
            expected.extend([
                ("scaler.mean", Dtype::F64, vec![n_features]),
                ("scaler.eigenvalues", Dtype::F64, vec![rank]),
                ("scaler.forward", Dtype::F64, vec![n_inputs, n_features]),
                ("scaler.backward", Dtype::F64, vec![n_features, n_inputs]),
            ]);
        }
    }
    Ok(expected)
}

/// The numbers of a file, by the names of their tensors.
struct Numbers<T> {
    model: BTreeMap<String, Vec<T>>,
    scaler: BTreeMap<String, Vec<f64>>,
}

impl<T: Real> Numbers<T> {
    /// Parameters and scaler, with the checks of their constructors; `sizes` gives those of a tensor.
    fn into_parts(
        mut self,
        kind: Option<ScalerKind>,
        sizes: impl Fn(&str) -> (usize, usize),
    ) -> Result<(Parameters<T>, Option<Scaler>), Error> {
        let mut model = |name| self.model.remove(name);
        let (n_hidden, n_inputs) = sizes("filters");
        // Row after row, which is column after column of the transpose.
        let filters = model("filters").unwrap_or_default();
        let filters = DMatrix::from_vec(n_inputs, n_hidden, filters);
        let encoder_bias = DVector::from_vec(model("encoder_bias").unwrap_or_default());
        let decoder_bias = model("decoder_bias").map(DVector::from_vec);
        let parameters = Parameters::new(filters, encoder_bias, decoder_bias)?;
        let mut scaler = |name| self.scaler.remove(name).unwrap_or_default();
        let mut matrix = |name| from_rows(name, sizes(name), &scaler(name));
        let scaler = match kind {
            None => None,
            Some(ScalerKind::Standardization { offset }) => {
                let (mean, deviation) =
                    (scaler("scaler.mean"), scaler("scaler.standard_deviation"));
                Some(Standardization::from_parts(mean, deviation, offset)?.into())
            }
            Some(ScalerKind::Whitening {}) => {
                let (forward, backward) = (matrix("scaler.forward")?, matrix("scaler.backward")?);
                let (mean, eigenvalues) = (scaler("scaler.mean"), scaler("scaler.eigenvalues"));
                Some(Whitening::from_parts(mean, eigenvalues, forward, backward)?.into())
            }
        };
        Ok((parameters, scaler))
    }
}
