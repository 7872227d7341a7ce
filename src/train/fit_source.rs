//! Training on data of which a part is in memory.

use super::course::Course;
use super::feed::{Data, Feed};
use super::fit::{fit_feed, fit_scaled};
use super::learner::Learner;
use super::options::FitOptions;
use super::report::Report;
use super::trainer::Trainer;
use crate::activation::Activation;
use crate::autoencoder::RegularizedAutoEncoder;
use crate::error::{Error, same_size};
use crate::objective::Regularizer;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};
use crate::source::{BatchSource, Scaled, Stream, Wanted, Windows, read_all};
use crate::team::Team;

impl<T: Real> Trainer<T> {
    /// Trains `model` on the samples of `source`, of which `windows` says how many are in memory: by
    /// the same steps as [`fit`](Self::fit), in the order that [`source`](crate::source) describes.
    ///
    /// If a window holds all samples, they are read once, and the result is that of `fit` on the
    /// matrix, to the bit. Else the next window is read, on a thread of its own, while one is trained
    /// on, and no bit depends on how fast that is.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), those of [`BatchSource::read`], and [`Error::NotFinite`] with the
    /// number of the sample for a value that is not finite. Samples are checked when they are read:
    /// such an error can come in the midst of the training, and the model has then the parameters of
    /// the last epoch that was completed, or those before the call.
    ///
    /// ```
    /// use regularized_autoencoder::prelude::*;
    /// use regularized_autoencoder::source::Windows;
    /// let x = DMatrix::<f32>::from_fn(8, 500, |i, j| ((i * j) as f32).sin());
    /// let model = || RegularizedAutoEncoder::builder(8, 16).build();
    /// let trainer = Trainer::builder().epochs(3).build()?;
    /// let (mut in_memory, mut in_windows) = (model()?, model()?);
    /// trainer.fit(&mut in_memory, &x)?;
    /// // Two windows of 5 chunks of 50 samples.
    /// let report = trainer.fit_source(&mut in_windows, &x, Windows::new(50, 5)?)?;
    /// assert_eq!(report.steps, 30);
    /// assert_ne!(in_windows.parameters(), in_memory.parameters());
    /// // One that holds them all.
    /// in_windows = model()?;
    /// trainer.fit_source(&mut in_windows, &x, Windows::new(50, 10)?)?;
    /// assert_eq!(in_windows.parameters(), in_memory.parameters());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn fit_source<A: Activation<T>, R: Regularizer<T>>(
        &self,
        model: &mut RegularizedAutoEncoder<T, A, R>,
        source: &impl BatchSource<Scalar = T>,
        windows: Windows,
    ) -> Result<Report, Error> {
        self.fit_source_with(model, source, windows, FitOptions::default())
    }

    /// [`fit_source`](Self::fit_source) with a validation set in memory, an observer, or from a
    /// checkpoint.
    ///
    /// A checkpoint goes on at its step of the epoch's order; what comes before it is not read, but
    /// by a [sequential](BatchSource::is_sequential) source. It can tell a source from another by the
    /// number of its samples only, unless a window holds them all.
    ///
    /// # Errors
    /// Those of [`fit_source`](Self::fit_source), for the validation set too, and those of
    /// [`resume`](FitOptions::resume).
    pub fn fit_source_with<A: Activation<T>, R: Regularizer<T>>(
        &self,
        model: &mut RegularizedAutoEncoder<T, A, R>,
        source: &impl BatchSource<Scalar = T>,
        windows: Windows,
        options: FitOptions<'_, T>,
    ) -> Result<Report, Error> {
        let (trainer, learner) = (self, Learner::of(model));
        let team = self.start_threads(&learner)?;
        let data: (&dyn BatchSource<Scalar = T>, Windows) = (source, windows);
        compiled!(T, fit_source(
            trainer: &Trainer<T>,
            team: Team,
            learner: Learner<'_, T>,
            data: (&dyn BatchSource<Scalar = T>, Windows),
            options: FitOptions<'_, T>,
        ) -> Result<Report, Error>)
    }
}

fn fit_source<T: Real>(
    trainer: &Trainer<T>,
    team: Team,
    learner: Learner<'_, T>,
    (source, windows): (&dyn BatchSource<Scalar = T>, Windows),
    options: FitOptions<'_, T>,
) -> Result<Report, Error> {
    let (n_features, n_samples) = (source.n_inputs(), source.n_samples());
    let scaled;
    let source = match learner.scaler {
        None => source,
        Some(scaler) => {
            let what = "values per sample of the training data";
            same_size(what, scaler.n_inputs(), n_features)?;
            scaled = Scaled::new(source, scaler);
            &scaled
        }
    };
    trainer.check_sizes(&learner, (source.n_inputs(), n_samples), "training data")?;
    if windows.samples() >= n_samples {
        trainer.check_batch(n_samples)?;
        let values = read_all(source)?;
        let samples = Samples::whole(&values, source.n_inputs());
        return fit_scaled(trainer, team, learner, &samples, options);
    }
    std::thread::scope(|scope| {
        let feed = |course: &Course<T>| {
            let wanted = Wanted {
                windows,
                seed: trainer.seed,
                epochs: course.epoch..trainer.epochs,
                skipped: course.step * trainer.batch_size,
            };
            Ok(Feed::Stream(Stream::start(scope, source, wanted)?))
        };
        fit_feed(trainer, team, learner, (Data::Source(source, windows), feed), options)
    })
}
