//! A training that can go on.

use super::course::Course;
use super::report::EpochRecord;
use super::settings::{Settings, Subject};
use super::trainer::Trainer;
use crate::error::Error;
use crate::model::Parameters;
use crate::scalar::Real;

/// A moment of a training, from which [`FitOptions::resume`](crate::FitOptions::resume) goes on: the
/// parameters and everything else that decides what follows.
///
/// A training that is resumed ends with the same bits, times apart, as one that was never
/// interrupted: parameters, history and report, for every model, between any two steps, and with
/// another number of threads too. (On one kind of processor and one version of the crate.) What a
/// checkpoint holds: the parameters and their velocity, the counters, the sums of the epoch that
/// runs, the history, with early stopping the best epoch and its parameters, and the settings of the
/// training for comparison. There is no state of a generator: every random number is a function of
/// (seed, purpose, epoch, step, sample).
///
/// Memory: twice that of the parameters, with Adam thrice, and once more with early stopping.
///
/// ```
/// use regularized_autoencoder::prelude::*;
///
/// /// Keeps a checkpoint of step 7 and stops there.
/// struct Interrupt(Option<Checkpoint<f64>>);
/// impl Observer<f64> for Interrupt {
///     fn on_step(&mut self, event: &StepEvent<'_, f64>) -> ControlFlow<()> {
///         if (event.epoch, event.step) != (1, 1) {
///             return ControlFlow::Continue(());
///         }
///         self.0 = Some(event.checkpoint());
///         ControlFlow::Break(())
///     }
/// }
///
/// let x = DMatrix::from_fn(3, 60, |i, j| (i as f64 + j as f64).cos());
/// let model = || RegularizedAutoEncoder::builder(3, 4).build();
/// let trainer = Trainer::builder().batch_size(10).epochs(3).build()?;
/// let mut undisturbed = model()?;
/// trainer.fit(&mut undisturbed, &x)?;
///
/// let (mut first, mut interrupt) = (model()?, Interrupt(None));
/// trainer.fit_with(&mut first, &x, FitOptions::default().observer(&mut interrupt))?;
/// let checkpoint = interrupt.0.unwrap();
/// assert_eq!((checkpoint.epoch(), checkpoint.step(), checkpoint.steps()), (1, 2, 8));
///
/// let mut second = model()?;
/// trainer.fit_with(&mut second, &x, FitOptions::default().resume(checkpoint))?;
/// assert_eq!(second.parameters(), undisturbed.parameters());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint<T: Real> {
    pub(super) settings: Settings,
    pub(super) parameters: Parameters<T>,
    pub(super) course: Course<T>,
}

impl<T: Real> Checkpoint<T> {
    /// The parameters of the moment.
    pub fn parameters(&self) -> &Parameters<T> {
        &self.parameters
    }

    /// The epoch that runs, from 0: as many are completed.
    pub fn epoch(&self) -> usize {
        self.course.epoch
    }

    /// How many steps of the running epoch are made.
    pub fn step(&self) -> usize {
        self.course.step
    }

    /// How many steps are made in all.
    pub fn steps(&self) -> usize {
        self.course.steps
    }

    /// A record for each epoch that is completed.
    pub fn history(&self) -> &[EpochRecord] {
        &self.course.history
    }

    /// An error unless a training of this subject with so many steps an epoch can go on from here.
    pub(super) fn check(
        &self,
        trainer: &Trainer<T>,
        subject: &Subject<'_, T>,
        steps_per_epoch: usize,
    ) -> Result<(), Error> {
        self.settings.check(subject.settings())?;
        subject.check_sizes(&self.parameters, &self.course)?;
        let Course { epoch, step, steps, .. } = self.course;
        let made = epoch.checked_mul(steps_per_epoch).and_then(|made| made.checked_add(step));
        if step > steps_per_epoch || made != Some(steps) {
            return Err(Error::OtherTraining {
                setting: "number of steps".into(),
                before: format!("{steps}, of which {step} after {epoch} epochs"),
                now: format!("{steps_per_epoch} an epoch"),
            });
        }
        let begun = epoch + usize::from(step > 0);
        if trainer.epochs < begun {
            let rule = format!("at least {begun}: so many the checkpoint has begun");
            return Err(Error::invalid("epochs", trainer.epochs as f64, rule));
        }
        Ok(())
    }
}

/// A moment of a training that runs, of which a checkpoint can be taken.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a, T: Real> {
    pub subject: &'a Subject<'a, T>,
    pub parameters: &'a Parameters<T>,
    pub course: &'a Course<T>,
}

impl<T: Real> Moment<'_, T> {
    /// The epoch that runs, and how many of its steps are made.
    #[cfg(feature = "files")]
    pub fn place(&self) -> (usize, usize) {
        (self.course.epoch, self.course.step)
    }

    pub fn checkpoint(&self) -> Checkpoint<T> {
        Checkpoint {
            settings: self.subject.settings().clone(),
            parameters: self.parameters.clone(),
            course: self.course.clone(),
        }
    }
}

impl<T: Real> std::fmt::Debug for Moment<'_, T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Moment(epoch {}, step {})", self.course.epoch, self.course.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    struct Keep(Option<Checkpoint<f64>>);

    impl Observer<f64> for Keep {
        fn on_step(&mut self, event: &StepEvent<'_, f64>) -> ControlFlow<()> {
            self.0 = Some(event.checkpoint());
            ControlFlow::Break(())
        }
    }

    /// As a file may hold it whose settings are those of the training and whose arrays are not.
    #[test]
    fn a_checkpoint_of_other_sizes_is_refused() {
        let x = DMatrix::from_fn(3, 20, |i, j| (i as f64 + j as f64).cos());
        let model = || RegularizedAutoEncoder::builder(3, 4).decoder_bias(true).build().unwrap();
        let trainer = Trainer::builder().batch_size(5).epochs(1).build().unwrap();
        let mut keep = Keep(None);
        let options = FitOptions::default().observer(&mut keep);
        trainer.fit_with(&mut model(), &x, options).unwrap();
        let good = keep.0.unwrap();

        let larger = Parameters::new(DMatrix::zeros(3, 5), DVector::zeros(5), None).unwrap();
        let with_bias = |bias| Parameters { decoder_bias: bias, ..good.parameters.clone() };
        type Change = fn(&mut Checkpoint<f64>, Parameters<f64>);
        let changes: [Change; 3] = [
            |checkpoint, other| checkpoint.parameters = other,
            |checkpoint, other| checkpoint.course.motion.second = Some(other),
            |checkpoint, _| checkpoint.course.active = vec![true; 4],
        ];
        for (other, change) in
            [(larger.clone(), 0), (with_bias(None), 0), (larger, 1), (with_bias(None), 2)]
        {
            let mut checkpoint = good.clone();
            changes[change](&mut checkpoint, other);
            let mut model = model();
            let before = model.parameters().clone();
            let options = FitOptions::default().resume(checkpoint);
            let error = trainer.fit_with(&mut model, &x, options).unwrap_err();
            let is_refused =
                matches!(&error, Error::OtherTraining { setting, .. } if setting == "sizes");
            assert!(is_refused, "{error}");
            assert_eq!(*model.parameters(), before);
        }
        trainer.fit_with(&mut model(), &x, FitOptions::default().resume(good)).unwrap();
    }
}
