//! The one error type: a variant for each rule that can be violated, with the numbers in it.

use crate::kernels::are_finite;
use crate::scalar::Real;
use std::borrow::Cow;
use std::path::PathBuf;

/// What went wrong, which value caused it and which rule it violates.
///
/// Not converging and stopping early are no errors: they are a
/// [`StopReason`](crate::StopReason).
///
/// ```
/// use regularized_autoencoder::{Error, GaussianNoise};
/// let error = GaussianNoise::new(-1.0).unwrap_err();
/// assert_eq!(error.to_string(), "variance is -1, but must be finite and at least 0");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A hyper-parameter lies outside the set in which it has a meaning.
    #[error("{name} is {}, but must be {rule}", readable(*value))]
    InvalidParameter {
        /// Which hyper-parameter.
        name: Cow<'static, str>,
        /// The value that was given.
        value: f64,
        /// What it must be.
        rule: Cow<'static, str>,
    },
    /// A count that must be at least one is zero.
    #[error("{name} is 0, but must be at least 1")]
    Zero {
        /// What is counted.
        name: &'static str,
    },
    /// Two sizes that must agree do not.
    #[error("{what}: expected {expected}, got {actual}")]
    Dimension {
        /// What was measured, and in which unit.
        what: Cow<'static, str>,
        /// The size that the model or the other argument implies.
        expected: usize,
        /// The size that was given.
        actual: usize,
    },
    /// A slice does not hold a whole number of samples.
    #[error("a slice of {length} values is no whole number of samples of {n_inputs} values each")]
    PartialSample {
        /// The slice's length.
        length: usize,
        /// The length of a sample.
        n_inputs: usize,
    },
    /// A data set or a batch without samples or without features.
    #[error("{what} is empty ({n_inputs} inputs × {n_samples} samples), but must not be")]
    Empty {
        /// What is empty.
        what: &'static str,
        /// Values per sample.
        n_inputs: usize,
        /// Number of samples.
        n_samples: usize,
    },
    /// More was asked for than there is.
    #[error("{what}: {asked} asked for, but there are only {available}")]
    NotEnough {
        /// What was asked for.
        what: Cow<'static, str>,
        /// How many.
        asked: usize,
        /// How many there are.
        available: usize,
    },
    /// A NaN or an infinity in something that a caller passed.
    #[error("{what} holds {value} at row {row}, column {column}, but must be finite")]
    NotFinite {
        /// Where it was found.
        what: &'static str,
        /// Row: input dimension or unit.
        row: usize,
        /// Column: sample, or unit for filters.
        column: usize,
        /// The value.
        value: f64,
    },
    /// A NaN or an infinity arose in an objective, a code, a reconstruction or a metric.
    #[error(
        "{quantity}{} is {value}, but must be finite",
        .unit.map(|unit| format!(" of unit {unit}")).unwrap_or_default()
    )]
    NotFiniteResult {
        /// The first quantity, in the order of computation, that is not finite.
        quantity: &'static str,
        /// The hidden unit, where the quantity belongs to one.
        unit: Option<usize>,
        /// The value.
        value: f64,
    },
    /// A NaN or an infinity arose while training; the model has the parameters of the last good
    /// epoch.
    #[error(
        "training stopped in epoch {epoch}, step {step}: {quantity}{} is {value}, but must be finite",
        .unit.map(|unit| format!(" of unit {unit}")).unwrap_or_default()
    )]
    Diverged {
        /// Epoch, from 0.
        epoch: usize,
        /// Step within the epoch, from 0; the number of steps if it arose in the validation.
        step: usize,
        /// The first quantity, in the order of computation, that is not finite.
        quantity: &'static str,
        /// The hidden unit, where the quantity belongs to one.
        unit: Option<usize>,
        /// The value.
        value: f64,
    },
    /// A filter of length 0 cannot be scaled to the length that the constraint asks for.
    #[error("the filter of unit {unit} has length 0 and cannot be scaled to length {length}")]
    ZeroFilter {
        /// The hidden unit.
        unit: usize,
        /// The length that the constraint asks for.
        length: f64,
    },
    /// A feature that is constant cannot be divided by its standard deviation.
    #[error(
        "feature {feature} has standard deviation {standard_deviation}, which with the offset \
         {offset} makes 0: use a positive offset"
    )]
    ConstantFeature {
        /// The feature.
        feature: usize,
        /// Its standard deviation.
        standard_deviation: f64,
        /// The offset that was added.
        offset: f64,
    },
    /// The sizes multiply to more than the machine can address or give.
    #[error("{what} of {rows} × {columns} values do not fit into memory")]
    TooLarge {
        /// What was to be stored.
        what: &'static str,
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
    },
    /// The eigenvalues of a covariance could not be computed.
    #[error(
        "the eigenvalues of the {size} × {size} covariance did not converge in {iterations} \
         iterations"
    )]
    NoEigenvalues {
        /// Rows and columns of the covariance.
        size: usize,
        /// After how many iterations it was given up.
        iterations: usize,
    },
    /// Two things that must differ are alike.
    #[error("{what} occurs twice: {value}")]
    Repeated {
        /// What occurs twice.
        what: &'static str,
        /// Which one.
        value: String,
    },
    /// Data vary in fewer directions than are needed.
    #[error("the covariance has rank {rank}, but all {size} directions are needed")]
    RankDeficient {
        /// Directions in which the data vary.
        rank: usize,
        /// Number of features.
        size: usize,
    },
    /// A regularizer draws noise, and none was handed to the objective.
    #[error(
        "the regularizer needs {expected} × {n_samples} standard normal numbers per input \
         (draws × samples), got {actual}: see `Batch::with_noise`"
    )]
    MissingNoise {
        /// Draws per sample that the regularizer needs.
        expected: usize,
        /// Samples of the batch.
        n_samples: usize,
        /// Columns of noise that were given.
        actual: usize,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A file was read, but does not follow its format, or holds something else than was asked for.
    #[error("{}: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Which rule of the format is violated, and by which value.
        reason: String,
    },
    /// A training was to go on with other settings or data than it began with.
    #[error("the training cannot go on: {setting} is {now}, but it began with {before}")]
    OtherTraining {
        /// What differs.
        setting: String,
        /// What the training began with.
        before: String,
        /// What it was to go on with.
        now: String,
    },
    /// A file keeps an activation by its name, and this one has none.
    #[error(
        "the activation {activation} has no name, by which a file could keep it: see \
         `ActivationMetadata::name`"
    )]
    UnnamedActivation {
        /// The activation, as its `Debug` prints it.
        activation: String,
    },
    /// The activation of a saved model is not the one that is wanted.
    #[error("the model has the activation {found}, but was to be loaded with {expected}")]
    OtherActivation {
        /// Name and parameters in the file.
        found: String,
        /// Name and parameters of the activation to load it with.
        expected: String,
    },
    /// The threads of a training, of encoding or of metrics could not be started.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// How many.
        threads: usize,
        /// What the operating system says.
        reason: String,
    },
}

impl Error {
    /// An [`Error::InvalidParameter`], for the checks of user-defined regularizers and corruptions.
    ///
    /// ```
    /// use regularized_autoencoder::Error;
    /// let error = Error::invalid("width", 0.0, "positive");
    /// assert_eq!(error.to_string(), "width is 0, but must be positive");
    /// ```
    pub fn invalid(
        name: impl Into<Cow<'static, str>>,
        value: f64,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::InvalidParameter { name: name.into(), value, rule: rule.into() }
    }

    /// Whether a training ran out of the range of numbers, or its model does: [`Diverged`],
    /// [`ZeroFilter`] or [`NotFiniteResult`]. With a smaller coefficient or learning rate it may
    /// succeed, so that searches and sweeps go on; every other error is one of what was asked for.
    ///
    /// [`Diverged`]: Self::Diverged
    /// [`ZeroFilter`]: Self::ZeroFilter
    /// [`NotFiniteResult`]: Self::NotFiniteResult
    ///
    /// ```
    /// use regularized_autoencoder::prelude::*;
    /// let x = DMatrix::from_fn(3, 50, |i, j| (i + 2 * j) as f32);
    /// let mut model = RegularizedAutoEncoder::builder(3, 4).activation(Relu).build()?;
    /// let huge_steps = Trainer::builder().learning_rate(1e9).build()?;
    /// assert!(huge_steps.fit(&mut model, &x).unwrap_err().is_failed_training());
    /// assert!(!Trainer::<f32>::builder().batch_size(0).build().unwrap_err().is_failed_training());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_failed_training(&self) -> bool {
        matches!(
            self,
            Self::Diverged { .. } | Self::ZeroFilter { .. } | Self::NotFiniteResult { .. }
        )
    }

    /// An error about samples of which so many others came before.
    pub(crate) fn after_samples(self, first: usize) -> Self {
        match self {
            Self::NotFinite { what, row, column, value } => {
                Self::NotFinite { what, row, column: first + column, value }
            }
            other => other,
        }
    }

    /// An error of the objective as one of the training, with the place where it arose.
    pub(crate) fn at_step(self, epoch: usize, step: usize) -> Self {
        match self {
            Self::NotFiniteResult { quantity, unit, value } => {
                Self::Diverged { epoch, step, quantity, unit, value }
            }
            other => other,
        }
    }
}

/// `value` without long rows of zeros.
fn readable(value: f64) -> String {
    if value.is_normal() && !(1e-6..1e16).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

/// `value`, if it is finite and at least 0.
pub(crate) fn non_negative(name: &'static str, value: f64) -> Result<f64, Error> {
    if value >= 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(Error::invalid(name, value, "finite and at least 0"))
    }
}

/// `value`, if it is finite and greater than 0.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, Error> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(Error::invalid(name, value, "finite and greater than 0"))
    }
}

/// `value`, if it is positive and `T` holds it with full precision.
pub(crate) fn positive_in<T: Real>(name: &'static str, value: f64) -> Result<f64, Error> {
    let value = positive(name, value)?;
    if T::of(value) >= T::MIN_POSITIVE && T::of(value).is_finite() {
        Ok(value)
    } else {
        let rule = format!("a normal number of {}", std::any::type_name::<T>());
        Err(Error::invalid(name, value, rule))
    }
}

/// `value`, if it is positive and its square neither overflows nor vanishes in `f32`.
pub(crate) fn scale(name: &'static str, value: f64) -> Result<f64, Error> {
    let value = positive(name, value)?;
    if (1e-18..=1e18).contains(&value) {
        Ok(value)
    } else {
        let rule = "between 1e-18 and 1e18, so that `f32` can hold its square";
        Err(Error::invalid(name, value, rule))
    }
}

/// `value`, if it lies in [0, 1].
pub(crate) fn probability(name: &'static str, value: f64) -> Result<f64, Error> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(Error::invalid(name, value, "in [0, 1]"))
    }
}

/// `value`, if it is at least 1.
pub(crate) fn at_least_one(name: &'static str, value: usize) -> Result<usize, Error> {
    if value == 0 { Err(Error::Zero { name }) } else { Ok(value) }
}

/// `actual`, if it equals `expected`.
pub(crate) fn same_size(
    what: impl Into<Cow<'static, str>>,
    expected: usize,
    actual: usize,
) -> Result<(), Error> {
    if expected == actual {
        Ok(())
    } else {
        Err(Error::Dimension { what: what.into(), expected, actual })
    }
}

/// An error for the first of the `values` that is not finite; `unit` tells whose it is.
pub(crate) fn finite_results<T: Real>(
    quantity: &'static str,
    values: &[T],
    unit: impl Fn(usize) -> Option<usize>,
) -> Result<(), Error> {
    if are_finite(values) {
        return Ok(());
    }
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => {
            Err(Error::NotFiniteResult { quantity, unit: unit(at), value: values[at].as_f64() })
        }
    }
}
