//! The arguments of the objective and what it gives.

use super::workspace::{self, Job, Workspace};
use super::{Regularizer, Shape};
use crate::activation::Activation;
use crate::error::{Error, finite_results, same_size};
use crate::memory::zero_matrix;
use crate::model::Parameters;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use crate::team::Team;
use nalgebra::{DMatrix, DMatrixView, DVector, DVectorView};

/// A batch: what the encoder sees, what the reconstruction is compared with, and the noise that
/// regularizers use. Samples stand in columns.
///
/// ```
/// use nalgebra::DMatrix;
/// use regularized_autoencoder::Batch;
/// let clean = DMatrix::from_element(3, 5, 1.0);
/// let corrupted = DMatrix::from_element(3, 5, 0.0);
/// let plain = Batch::from(&clean);
/// let denoising = Batch::from(&corrupted).with_target(&clean);
/// # let _: (Batch<f64>, Batch<f64>) = (plain, denoising);
/// ```
#[derive(Clone, Debug)]
pub struct Batch<'a, T: Real> {
    input: Samples<'a, T>,
    target: Option<Samples<'a, T>>,
    noise: Option<Samples<'a, T>>,
}

impl<'a, T: Real> Batch<'a, T> {
    /// With a target of its own: the objective of the denoising auto-encoder, Eq. 6, whose input
    /// is corrupted and whose target is clean.
    #[must_use]
    pub fn with_target(self, target: impl Into<Samples<'a, T>>) -> Self {
        Self { target: Some(target.into()), ..self }
    }

    /// What the encoder sees, n × B.
    pub fn input(&self) -> &Samples<'a, T> {
        &self.input
    }

    /// What the reconstruction is compared with, n × B, if not the input.
    pub fn target(&self) -> Option<&Samples<'a, T>> {
        self.target.as_ref()
    }

    /// The numbers for the regularizers that draw noise, n × (B · draws), if there are any.
    pub fn noise(&self) -> Option<&Samples<'a, T>> {
        self.noise.as_ref()
    }

    /// With standard normal numbers z for the regularizers that draw noise: n × (B · draws), the
    /// first draw of all samples, then the second, …
    #[must_use]
    pub fn with_noise(self, noise: impl Into<Samples<'a, T>>) -> Self {
        Self { noise: Some(noise.into()), ..self }
    }
}

impl<'a, T: Real> Batch<'a, T> {
    /// With input and target, of these names, in other units.
    pub(crate) fn scaled(
        self,
        scale: impl Fn(&Samples<'a, T>, &'static str) -> Result<Samples<'a, T>, Error>,
    ) -> Result<Self, Error> {
        let target = self.target.map(|target| scale(&target, "target")).transpose()?;
        Ok(Self { input: scale(&self.input, "input")?, target, noise: self.noise })
    }
}

macro_rules! batch_from {
    ($($source:ty),*) => {$(
        impl<'a, T: Real> From<$source> for Batch<'a, T> {
            fn from(source: $source) -> Self {
                Self { input: source.into(), target: None, noise: None }
            }
        }
    )*};
}
batch_from!(
    &'a DMatrix<T>,
    &'a DVector<T>,
    DMatrixView<'a, T>,
    DVectorView<'a, T>,
    Samples<'a, T>,
    &'a Samples<'_, T>
);

/// Everything that an objective is a function of: parameters, activation and batch.
#[derive(Clone, Debug)]
pub struct Pass<'a, T: Real> {
    parameters: &'a Parameters<T>,
    activation: &'a dyn Activation<T>,
    batch: Batch<'a, T>,
}

impl<'a, T: Real> Pass<'a, T> {
    /// Ties them together.
    ///
    /// # Errors
    /// [`Error::Dimension`] if a sample has not n values or the target not as many samples,
    /// [`Error::Empty`] without samples, [`Error::NotFinite`] for NaN and ±∞.
    pub fn new(
        parameters: &'a Parameters<T>,
        activation: &'a dyn Activation<T>,
        batch: impl Into<Batch<'a, T>>,
    ) -> Result<Self, Error> {
        let batch = batch.into();
        let n_inputs = parameters.n_inputs();
        let check = |what, samples: &Samples<'_, T>| {
            same_size(format!("values per sample of the {what}"), n_inputs, samples.n_inputs())?;
            samples.check(what)
        };
        check("input", &batch.input)?;
        if let Some(target) = &batch.target {
            check("target", target)?;
            same_size("samples of the target", batch.input.n_samples(), target.n_samples())?;
        }
        if let Some(noise) = &batch.noise {
            check("noise", noise)?;
        }
        Ok(Self { parameters, activation, batch })
    }

    /// J_AE + R (or R alone) and the whole gradient, from one computation.
    pub(crate) fn differentiate(
        &self,
        regularizer: &dyn Regularizer<T>,
        with_reconstruction: bool,
    ) -> Result<(Loss<T>, Gradient<T>), Error> {
        let pass = self;
        compiled!(T, differentiate(
            pass: &Pass<'_, T>,
            regularizer: &dyn Regularizer<T>,
            with_reconstruction: bool,
        ) -> Result<(Loss<T>, Gradient<T>), Error>)
    }

    /// The same with the layer cut into blocks of at most `block` units where the regularizer
    /// claims that it may be: for the check of that claim.
    pub(crate) fn differentiate_in_blocks(
        &self,
        regularizer: &dyn Regularizer<T>,
        block: usize,
    ) -> Result<(Loss<T>, Gradient<T>), Error> {
        differentiate_in_blocks(self, regularizer, false, block)
    }

    pub(crate) fn parameters(&self) -> &'a Parameters<T> {
        self.parameters
    }

    pub(crate) fn activation(&self) -> &'a dyn Activation<T> {
        self.activation
    }

    /// What the encoder sees.
    pub(crate) fn input(&self) -> &Samples<'a, T> {
        &self.batch.input
    }

    fn shape(&self) -> Shape {
        Shape {
            n_inputs: self.parameters.n_inputs(),
            n_hidden: self.parameters.n_hidden(),
            n_samples: self.batch.input.n_samples(),
        }
    }
}

fn differentiate<T: Real>(
    pass: &Pass<'_, T>,
    regularizer: &dyn Regularizer<T>,
    with_reconstruction: bool,
) -> Result<(Loss<T>, Gradient<T>), Error> {
    differentiate_in_blocks(pass, regularizer, with_reconstruction, workspace::BLOCK)
}

fn differentiate_in_blocks<T: Real>(
    pass: &Pass<'_, T>,
    regularizer: &dyn Regularizer<T>,
    with_reconstruction: bool,
    block: usize,
) -> Result<(Loss<T>, Gradient<T>), Error> {
    let shape = pass.shape();
    regularizer.validate(shape)?;
    let mut workspace = Workspace::new(shape, regularizer, block)?;
    let (input, used_noise) = workspace.batch_mut();
    input.copy_from_slice(pass.batch.input.as_slice());
    let draws = used_noise.len() / (shape.n_inputs * shape.n_samples);
    let given = pass.batch.noise.as_ref().map_or(0, Samples::n_samples);
    if given < draws * shape.n_samples {
        let (expected, n_samples) = (draws, shape.n_samples);
        return Err(Error::MissingNoise { expected, n_samples, actual: given });
    }
    if let Some(noise) = &pass.batch.noise {
        used_noise.copy_from_slice(&noise.as_slice()[..used_noise.len()]);
    }
    let mut filters = zero_matrix("weight gradient", shape.n_inputs, shape.n_hidden)?;
    let job = Job {
        parameters: pass.parameters,
        activation: pass.activation,
        regularizer,
        target: pass.batch.target.as_ref().map(Samples::as_slice),
        with_reconstruction,
    };
    let mut team = Team::solo();
    let loss = workspace.run(&mut team, &job, Some((filters.as_mut_slice(), T::one())));
    let size = workspace.numbers_per_block();
    let both = filters.as_mut_slice().chunks_mut(size);
    for (number, (out, filters)) in
        both.zip(pass.parameters.filters.as_slice().chunks(size)).enumerate()
    {
        workspace.weight_gradient(number).add_to(out, filters);
    }
    let gradient = Gradient {
        filters,
        encoder_bias: DVector::from_iterator(shape.n_hidden, workspace.encoder_bias_gradient()),
        decoder_bias: pass
            .parameters
            .decoder_bias
            .is_some()
            .then(|| DVector::from_column_slice(workspace.decoder_bias_gradient())),
    };
    workspace.check(&loss)?;
    finite_results("weight gradient", gradient.filters.as_slice(), |at| Some(at / shape.n_inputs))?;
    Ok((loss, gradient))
}

/// The two parts of an objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss<T> {
    /// J_AE = E‖y − target‖²: the sum over the inputs, the mean over the samples, no factor ½.
    pub reconstruction: T,
    /// R, coefficients included.
    pub regularizer: T,
}

impl<T: Real> Loss<T> {
    /// J = J_AE + R, Eq. 4.
    pub fn total(&self) -> T {
        self.reconstruction + self.regularizer
    }
}

/// The gradient of an objective by every parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient<T: Real> {
    /// By the filters, n × m: column j is ∂J/∂W_j, through encoder and decoder.
    pub filters: DMatrix<T>,
    /// By the encoder bias, m values.
    pub encoder_bias: DVector<T>,
    /// By the decoder bias, n values, if the model has one.
    pub decoder_bias: Option<DVector<T>>,
}
