//! Models into files.

use super::document::{Document, KEY, ScalerKind, sealed};
use super::model::IN_MEMORY;
use super::{Provenance, SavedActivation};
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::checksum::abridged;
use crate::data::{Scaler, Whitening};
use crate::error::Error;
use crate::files::write_atomically;
use crate::model::Parameters;
use crate::objective::{Form, Regularizer};
use crate::scalar::{Real, compiled};
use crate::tensors::{self, Tensor, Values, print, sort};
use nalgebra::DMatrix;
use std::io::{self, Write};
use std::path::Path;

impl<T: Real, A: Activation<T>, R: Regularizer<T>> RegularizedAutoEncoder<T, A, R> {
    /// Writes the model into a file, whole or not at all: what was at `path` before stays there, as it
    /// was, until the new file is complete and safe on the disk. See [`saved`](crate::saved) for the
    /// format.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written, [`Error::UnnamedActivation`] if the activation has
    /// no name, [`Error::InvalidParameter`] if one of its parameters is not finite.
    ///
    /// ```
    /// use regularized_autoencoder::{AnyAutoEncoder, Contractive, RegularizedAutoEncoder, Softplus};
    /// # let folder = std::env::temp_dir().join(format!("save-example-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let path = folder.join("model.safetensors");
    /// let model = RegularizedAutoEncoder::<f32>::builder(4, 7)
    ///     .activation(Softplus::with_sharpness(2.0)?)
    ///     .regularizer(0.5 * Contractive::new())
    ///     .build()?;
    /// model.save(&path)?;
    ///
    /// let loaded: AnyAutoEncoder<f32> = RegularizedAutoEncoder::load(&path)?;
    /// let x = nalgebra::DMatrix::from_element(4, 3, 0.5);
    /// assert_eq!(loaded.encode(&x)?, model.encode(&x)?);
    /// # std::fs::remove_dir_all(folder).unwrap();
    /// # Ok::<(), regularized_autoencoder::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.save_with(path, &Provenance::new())
    }

    /// [`save`](Self::save) with a note of where the model comes from.
    ///
    /// # Errors
    /// Those of [`save`](Self::save), and [`Error::InvalidParameter`] if the constraint is out of its
    /// range.
    pub fn save_with(&self, path: impl AsRef<Path>, provenance: &Provenance) -> Result<(), Error> {
        let path = path.as_ref();
        let content = self.content(provenance)?;
        write_atomically(path, |writer| write(&content, writer))
    }

    /// The bytes of a file of the model.
    ///
    /// # Errors
    /// Those of [`save_with`](Self::save_with).
    pub fn to_bytes(&self, provenance: &Provenance) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let written = write(&self.content(provenance)?, &mut bytes);
        written.map_err(|source| Error::Io { path: IN_MEMORY.into(), source })?;
        Ok(bytes)
    }

    fn content(&self, provenance: &Provenance) -> Result<Content<'_, T>, Error> {
        if let Some(constraint) = provenance.constraint {
            constraint.validate()?;
        }
        let mut provenance = provenance.clone();
        provenance.crate_version = Provenance::new().crate_version;
        // A model that was loaded has none, but its provenance may know with which it was trained.
        if provenance.regularizer.is_none() || self.regularizer().form() != Form::Nothing {
            provenance.regularizer = Some(abridged(format!("{:?}", self.regularizer())));
        }
        let scaler = self.scaler().map(|scaler| match scaler {
            Scaler::Standardization(scaler) => {
                ScalerKind::Standardization { offset: scaler.offset() }
            }
            Scaler::Whitening(_) => ScalerKind::Whitening {},
        });
        let activation = SavedActivation::of(self.activation())?;
        let document = Document::new(activation, scaler, provenance);
        Ok(Content { parameters: self.parameters(), scaler: self.scaler(), document })
    }
}

/// What is written.
struct Content<'a, T: Real> {
    parameters: &'a Parameters<T>,
    scaler: Option<&'a Scaler>,
    document: Document,
}

fn write<T: Real>(content: &Content<'_, T>, writer: &mut dyn Write) -> io::Result<()> {
    compiled!(T, write_in(content: &Content<'_, T>, writer: &mut dyn Write) -> io::Result<()>)
}

fn write_in<T: Real>(content: &Content<'_, T>, writer: &mut dyn Write) -> io::Result<()> {
    let matrices = match content.scaler {
        Some(Scaler::Whitening(whitening)) => Some(rows(whitening)),
        _ => None,
    };
    let mut tensors = parameters(content.parameters);
    if let Some(scaler) = content.scaler {
        tensors.extend(vectors(scaler));
    }
    if let Some((forward, backward)) = &matrices {
        // A matrix is the transpose of its rows in columns.
        for (name, matrix) in [("scaler.forward", forward), ("scaler.backward", backward)] {
            let shape = vec![matrix.ncols(), matrix.nrows()];
            tensors.push(Tensor { name, shape, values: Values::Scaler(matrix.as_slice()) });
        }
    }
    sort(&mut tensors);

    let body = content.document.body()?;
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(body.as_bytes());
    for tensor in &tensors {
        tensor.for_each_piece(&mut |bytes| {
            checksum.update(bytes);
            Ok(())
        })?;
    }
    let text = sealed(&print(&checksum), &body);
    tensors::write(&tensors, Some((KEY, text)), writer)
}

fn parameters<T: Real>(parameters: &Parameters<T>) -> Vec<Tensor<'_, T>> {
    let (n_inputs, n_hidden) = (parameters.n_inputs(), parameters.n_hidden());
    let model = |name, shape, values| Tensor { name, shape, values: Values::Model(values) };
    let filters = parameters.filters().as_slice();
    let mut tensors = vec![
        model("filters", vec![n_hidden, n_inputs], filters),
        model("encoder_bias", vec![n_hidden], parameters.encoder_bias().as_slice()),
    ];
    if let Some(bias) = parameters.decoder_bias() {
        tensors.push(model("decoder_bias", vec![n_inputs], bias.as_slice()));
    }
    tensors
}

/// The vectors of a scaler.
fn vectors<T>(scaler: &Scaler) -> [Tensor<'_, T>; 2] {
    let (name, values) = match scaler {
        Scaler::Standardization(standardization) => {
            ("scaler.standard_deviation", standardization.standard_deviation())
        }
        Scaler::Whitening(whitening) => ("scaler.eigenvalues", whitening.eigenvalues()),
    };
    [("scaler.mean", scaler.mean()), (name, values)].map(|(name, values)| Tensor {
        name,
        shape: vec![values.len()],
        values: Values::Scaler(values),
    })
}

/// The matrices of a whitening with their rows in columns.
fn rows(whitening: &Whitening) -> (DMatrix<f64>, DMatrix<f64>) {
    let (forward, backward) = whitening.matrices();
    (forward.transpose(), backward.transpose())
}
