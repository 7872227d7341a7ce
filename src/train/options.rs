//! What a training may be given beyond the data.

use super::checkpoint::Checkpoint;
use super::observer::Observer;
use super::saving::Saving;
use crate::samples::Samples;
use crate::scalar::Real;

/// What a training may be given beyond the data.
#[must_use]
pub struct FitOptions<'a, T: Real> {
    pub(super) validation: Option<Samples<'a, T>>,
    pub(super) observer: Option<&'a mut dyn Observer<T>>,
    pub(super) resume: Option<Checkpoint<T>>,
    pub(super) saving: Option<Saving>,
}

impl<T: Real> Default for FitOptions<'_, T> {
    fn default() -> Self {
        Self { validation: None, observer: None, resume: None, saving: None }
    }
}

impl<'a, T: Real> FitOptions<'a, T> {
    /// Evaluates J on these samples (n × any number) after each epoch, in batches of the
    /// training's size, with a corruption and noise that are the same in every epoch.
    pub fn validation(self, samples: impl Into<Samples<'a, T>>) -> Self {
        Self { validation: Some(samples.into()), ..self }
    }

    /// Tells this observer what happens.
    pub fn observer(self, observer: &'a mut dyn Observer<T>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Goes on from this checkpoint, if there is one: its parameters replace those of the model, and
    /// the result is that of a training that was never interrupted. See [`Checkpoint`].
    ///
    /// Model, trainer and data must be those that the training began with, but for the number of
    /// threads and that of epochs, with which it may go on for longer; a regularizer, an activation
    /// and a corruption are the same if `{:?}` prints the same of them. Else the training is refused
    /// with [`Error::OtherTraining`](crate::Error::OtherTraining), or with
    /// [`Error::InvalidParameter`](crate::Error::InvalidParameter) if there are fewer epochs than
    /// have begun already. After an error the model has the parameters of the last epoch that was
    /// completed since, or those of the checkpoint.
    pub fn resume(self, checkpoint: impl Into<Option<Checkpoint<T>>>) -> Self {
        Self { resume: checkpoint.into(), ..self }
    }

    /// Writes a checkpoint to this file before the first step, as often as stated, and when the
    /// training ends without an error, also if an observer stopped it. The file is replaced as
    /// [`Checkpoint::save`] does it: it is whole at any moment, whatever kills the process, which may
    /// leave a temporary file beside it.
    ///
    /// A file that cannot be written ends the training with [`Error::Io`](crate::Error::Io); whether
    /// it can be is known before the first step.
    ///
    /// ```
    /// use regularized_autoencoder::prelude::*;
    ///
    /// // Begins, or goes on where an earlier run of the program was interrupted.
    /// fn train(path: &std::path::Path, x: &DMatrix<f32>, epochs: usize) -> Result<DMatrix<f32>, Error> {
    ///     let mut model = RegularizedAutoEncoder::builder(3, 4).build()?;
    ///     let options = FitOptions::default()
    ///         .resume(Checkpoint::load_if_present(path)?)
    ///         .checkpoint_every(path, Every::Epochs(1));
    ///     Trainer::builder().epochs(epochs).build()?.fit_with(&mut model, x, options)?;
    ///     Ok(model.parameters().filters().clone())
    /// }
    ///
    /// let path = std::env::temp_dir().join(format!("checkpoint-every-{}", std::process::id()));
    /// let x = DMatrix::from_fn(3, 60, |i, j| (i as f32 + j as f32).cos());
    /// train(&path, &x, 2)?;
    /// let interrupted = train(&path, &x, 5)?;
    /// std::fs::remove_file(&path).unwrap();
    /// assert_eq!(interrupted, train(&path, &x, 5)?);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    #[cfg(feature = "files")]
    pub fn checkpoint_every(
        self,
        path: impl AsRef<std::path::Path>,
        every: impl Into<super::saving::CheckpointInterval>,
    ) -> Self {
        Self { saving: Some(Saving::new(path.as_ref().to_owned(), every.into())), ..self }
    }
}

impl<T: Real> std::fmt::Debug for FitOptions<'_, T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("FitOptions")
            .field("validation", &self.validation)
            .field("observer", &self.observer.is_some())
            .field("resume", &self.resume)
            .field("saving", &self.saving)
            .finish()
    }
}
