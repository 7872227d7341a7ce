//! Activations by name.

use crate::activation::{
    Activation, Elu, Gelu, HardSigmoid, Identity, LeakyRelu, Relu, Sigmoid, Silu, Softplus, Tanh,
};
use crate::error::Error;
use crate::scalar::Real;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The name of an activation and the values of its parameters, as it declares them.
///
/// ```
/// use regularized_autoencoder::{Activation, Softplus, saved::SavedActivation};
/// let saved = SavedActivation::of::<f64>(&Softplus::with_sharpness(2.0)?)?;
/// assert_eq!(saved.to_string(), "softplus (sharpness = 2)");
/// let activation: Box<dyn Activation<f64>> = saved.built_in()?.unwrap();
/// assert_eq!(activation.value(0.0), 2.0_f64.ln() / 2.0);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SavedActivation {
    /// What [`ActivationMetadata::name`](crate::ActivationMetadata::name) gives.
    pub name: String,
    /// What [`ActivationMetadata::parameters`](crate::ActivationMetadata::parameters) gives.
    pub parameters: BTreeMap<String, f64>,
}

impl SavedActivation {
    /// What an activation declares of itself.
    ///
    /// # Errors
    /// [`Error::UnnamedActivation`] if it has no name, [`Error::InvalidParameter`] if a parameter is
    /// not finite, [`Error::Repeated`] if two have the same name.
    pub fn of<T: Real>(activation: &dyn Activation<T>) -> Result<Self, Error> {
        let Some(name) = activation.name() else {
            return Err(Error::UnnamedActivation { activation: format!("{activation:?}") });
        };
        let mut parameters = BTreeMap::new();
        for (parameter, value) in activation.parameters() {
            if !value.is_finite() {
                let what = format!("parameter {parameter} of the activation {name}");
                return Err(Error::invalid(what, value, "finite"));
            }
            if parameters.insert(parameter.to_string(), value).is_some() {
                let what = "a parameter of the activation";
                return Err(Error::Repeated { what, value: parameter.into_owned() });
            }
        }
        Ok(Self { name: name.into_owned(), parameters })
    }

    /// The built-in activation of this name; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::OtherActivation`] if it has other parameters than the built-in one,
    /// [`Error::InvalidParameter`] if it has a value that this does not allow.
    pub fn built_in<T: Real>(&self) -> Result<Option<Box<dyn Activation<T>>>, Error> {
        let activation: Box<dyn Activation<T>> = match self.name.as_str() {
            "relu" => self.without_parameters(Relu)?,
            "sigmoid" => self.without_parameters(Sigmoid)?,
            "tanh" => self.without_parameters(Tanh)?,
            "identity" => self.without_parameters(Identity)?,
            "silu" => self.without_parameters(Silu)?,
            "gelu" => self.without_parameters(Gelu)?,
            "hard_sigmoid" => self.without_parameters(HardSigmoid)?,
            "softplus" => Box::new(Softplus::with_sharpness(self.only("sharpness")?)?),
            "leaky_relu" => Box::new(LeakyRelu::new(self.only("alpha")?)?),
            "elu" => Box::new(Elu::new(self.only("alpha")?)?),
            _ => return Ok(None),
        };
        Ok(Some(activation))
    }

    fn without_parameters<T: Real>(
        &self,
        activation: impl Activation<T> + 'static,
    ) -> Result<Box<dyn Activation<T>>, Error> {
        if self.parameters.is_empty() {
            Ok(Box::new(activation))
        } else {
            Err(self.other_than(format!("{} without parameters", self.name)))
        }
    }

    /// The value of the parameter that is the only one.
    fn only(&self, name: &str) -> Result<f64, Error> {
        match self.parameters.first_key_value() {
            Some((known, value)) if known == name && self.parameters.len() == 1 => Ok(*value),
            _ => Err(self.other_than(format!("{} with the parameter {name}", self.name))),
        }
    }

    /// An error: this is not what was expected.
    pub(super) fn other_than(&self, expected: String) -> Error {
        Error::OtherActivation { found: self.to_string(), expected }
    }
}

/// `softplus (sharpness = 2)`.
impl fmt::Display for SavedActivation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.name)?;
        let mut before = " (";
        for (name, value) in &self.parameters {
            write!(formatter, "{before}{name} = {value}")?;
            before = ", ";
        }
        write!(formatter, "{}", if self.parameters.is_empty() { "" } else { ")" })
    }
}
