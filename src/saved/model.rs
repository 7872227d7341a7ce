//! What a file of a model holds.

use super::load::read;
use super::{Provenance, SavedActivation};
use crate::activation::Activation;
use crate::autoencoder::{AnyAutoEncoder, RegularizedAutoEncoder};
use crate::data::Scaler;
use crate::error::Error;
use crate::model::Parameters;
use crate::objective::Regularizer;
use crate::regularizer::Unregularized;
use crate::scalar::Real;
use crate::tensors;
use std::io::Read;
use std::path::Path;

/// What stands for the path of bytes that are in memory.
pub(super) const IN_MEMORY: &str = "bytes of a model";

/// What a file of a model holds.
///
/// [`RegularizedAutoEncoder::load`] and [`save`](RegularizedAutoEncoder::save) are shorter; this is
/// for programs that want to see what is in a file before they choose the activation, or that want
/// its [`Provenance`].
///
/// ```
/// use regularized_autoencoder::saved::{Provenance, SavedModel};
/// use regularized_autoencoder::{RegularizedAutoEncoder, Softplus};
/// let model = RegularizedAutoEncoder::<f32>::builder(4, 7).activation(Softplus::new()).build()?;
/// let bytes = model.to_bytes(&Provenance::new().epochs(50))?;
/// let saved = SavedModel::<f32>::from_bytes(&bytes)?;
/// assert_eq!(saved.activation.name, "softplus");
/// assert_eq!(saved.provenance.epochs, Some(50));
/// assert_eq!(&saved.parameters, model.parameters());
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SavedModel<T: Real> {
    /// The filters and biases.
    pub parameters: Parameters<T>,
    /// The activation, by name.
    pub activation: SavedActivation,
    /// The scaler, if there is one.
    pub scaler: Option<Scaler>,
    /// Where the model comes from.
    pub provenance: Provenance,
}

impl<T: Real> SavedModel<T> {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Format`], with the rule that it violates, if it
    /// is no safetensors file, holds no model, was cut off or changed, has a newer version of the
    /// format, or has `f64` numbers for a model of `f32`; [`Error::TooLarge`] if the numbers do
    /// not fit into memory.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let (mut file, length) = tensors::open(path)?;
        read(&mut file, path, length)
    }

    /// Reads from anything that gives bytes, up to its end; `name` stands for the path in errors.
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    pub fn read_from(mut reader: impl Read, name: impl AsRef<Path>) -> Result<Self, Error> {
        read(&mut reader, name.as_ref(), None)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// Those of [`read`](Self::read), about `bytes of a model`.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, Error> {
        let length = Some(bytes.len() as u64);
        read(&mut bytes, Path::new(IN_MEMORY), length)
    }

    /// The model with a built-in activation, and without a regularizer.
    ///
    /// # Errors
    /// [`Error::OtherActivation`] if there is no built-in one of that name; those of
    /// [`SavedActivation::built_in`].
    pub fn into_any(self) -> Result<AnyAutoEncoder<T>, Error> {
        let Some(activation) = self.activation.built_in()? else {
            return Err(self.activation.other_than("a built-in one".into()));
        };
        let regularizer: Box<dyn Regularizer<T>> = Box::new(Unregularized);
        self.into_model(activation)?.with_regularizer(regularizer)
    }

    /// The model with an activation of yours, and without a regularizer.
    ///
    /// # Errors
    /// [`Error::OtherActivation`] if name or parameters of the activation are not those in the file;
    /// those of [`SavedActivation::of`].
    pub fn into_model<A: Activation<T>>(
        self,
        activation: A,
    ) -> Result<RegularizedAutoEncoder<T, A>, Error> {
        let given = SavedActivation::of(&activation)?;
        if given != self.activation {
            return Err(self.activation.other_than(given.to_string()));
        }
        let (n_inputs, n_hidden) = (self.parameters.n_inputs(), self.parameters.n_hidden());
        let mut model = RegularizedAutoEncoder::builder(n_inputs, n_hidden)
            .activation(activation)
            .parameters(self.parameters)
            .build()?;
        model.set_scaler(self.scaler)?;
        Ok(model)
    }
}
