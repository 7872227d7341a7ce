//! Giving dead units new filters.

use super::course::Course;
use super::every::Every;
use super::feed::Window;
use super::learner::Learner;
use super::step::{Stage, Stepper};
use super::trainer::Trainer;
use crate::constraint::Constraint;
use crate::error::{Error, at_least_one};
use crate::kernels::sum_of_squares;
use crate::model::Parameters;
use crate::random::{Purpose, Random};
use crate::samples::Samples;
use crate::scalar::Real;
use crate::team::Team;

/// Gives units that are dead new filters, which point to samples that are badly reconstructed
/// (Bricken et al., *Towards Monosemanticity*, Transformer Circuits 2023).
///
/// **This is outside the paper's theory**, which speaks of gradient steps alone: after it J may be
/// higher, and a verdict says nothing about it. A unit counts as dead here if h ≤ δ_min for every
/// sample of every batch since the last look (the first: since the beginning); δ_min is what the
/// activation declares. (The metric `dead_units` looks at a whole data set with one model.) Whenever
/// the interval has passed, before the next step, each dead unit j gets
///
/// ```text
/// W_j = c x / ‖x‖,  b_j = 0,  and its velocity, or Adam's moments, 0,
/// ```
/// where x is drawn with a probability proportional to ‖x − y‖⁴, the square of its loss, from the
/// samples of the batches that come next in the order of the epoch, not corrupted; those of a
/// [source](crate::source), from the window that is in memory. c is the length
/// that the constraint asks for, else 0.2 times the mean length of the filters of live units (of
/// all, if none lives), but no more than a max-norm allows. Nothing else changes by a bit, and the
/// draws are functions of (seed, epoch, step, unit).
///
/// [`EpochRecord::resampled`](crate::EpochRecord::resampled) tells how many units were given new
/// filters. [`partial_fit`](Trainer::partial_fit) does not resample.
///
/// ```
/// use regularized_autoencoder::prelude::*;
/// use regularized_autoencoder::{DeadUnitResampling, Every};
///
/// // Biases so low that no unit is ever active: without resampling nothing can be learned.
/// let x = DMatrix::<f64>::from_fn(4, 200, |i, j| ((i * j) as f64).sin());
/// let (filters, _, _) = Parameters::glorot_uniform(4, 8, false, 0)?.into_parts();
/// let parameters = Parameters::new(filters, DVector::from_element(8, -9.0), None)?;
/// let mut model = RegularizedAutoEncoder::builder(4, 8)
///     .activation(Relu)
///     .parameters(parameters)
///     .build()?;
/// let resampling = DeadUnitResampling { every: Every::Epochs(1), samples: 200 };
/// let trainer = Trainer::builder().learning_rate(0.01).epochs(3).dead_unit_resampling(resampling);
/// let report = trainer.build()?.fit(&mut model, &x)?;
/// assert_eq!(report.history[1].resampled, 8);
/// assert_eq!(metrics::evaluate(&model, &x)?.dead_units, 0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadUnitResampling {
    /// When.
    pub every: Every,
    /// From how many samples new directions are drawn: in whole batches, at least one, and at most
    /// those of an epoch. To measure their losses takes less than a training step for each batch.
    pub samples: usize,
}

impl DeadUnitResampling {
    pub(super) fn validate(&self) -> Result<(), Error> {
        self.every.validate()?;
        at_least_one("samples for the resampling of dead units", self.samples).map(drop)
    }
}

/// The length of new filters, relative to the mean of the others.
const RELATIVE_LENGTH: f64 = 0.2;

/// Gives new filters to the units that were not active since the last look, in the order of the
/// epoch that runs; tells how many they are.
pub(super) fn resample<T: Real>(
    resampling: DeadUnitResampling,
    (trainer, team, stepper): (&Trainer<T>, &mut Team, &mut Stepper<'_, T>),
    learner: &mut Learner<'_, T>,
    course: &mut Course<T>,
    Window { samples, order, used }: Window<'_, T>,
) -> Result<usize, Error> {
    let is_dead = |(unit, active): (usize, &bool)| (!active).then_some(unit);
    let dead: Vec<usize> = course.active.iter().enumerate().filter_map(is_dead).collect();
    if dead.is_empty() {
        course.active.fill(false);
        return Ok(0);
    }
    let (epoch, step) = (course.epoch, course.step);
    let mut candidates = Candidates::default();
    let size = trainer.batch_size;
    // The batches of the window: all of an epoch's, for samples in memory. One that goes on in
    // the next window is not among them; a window smaller than a batch is taken more than once.
    let first = if used % size + size <= order.len() { used % size } else { 0 };
    let n_batches = ((order.len() - first) / size).max(1);
    for number in 0..resampling.samples.div_ceil(size).min(n_batches) {
        let batch = first + ((used - first) / size + number) % n_batches * size;
        let number_of = |column: usize| order[(batch + column) % order.len()];
        let at = (Stage::Resampling, epoch, step);
        stepper.load_columns(team, 0..size, |column| samples.sample(number_of(column)), at);
        stepper.draw(team, at);
        stepper.evaluate(team, learner, None)?;
        for (column, loss) in stepper.workspace().squared_residuals().iter().enumerate() {
            candidates.add(number_of(column), loss.as_f64(), &samples);
        }
    }
    let length = length(trainer.constraint, learner.parameters, &course.active);
    let mut resampled = 0;
    for unit in dead {
        let mut random = Random::stream(trainer.seed, Purpose::Resampling, epoch, step, unit);
        let Some(sample) = candidates.draw(random.uniform()) else { break };
        let direction = samples.sample(sample);
        let factor = length / sum_of_squares(direction).sqrt();
        let mut filter = learner.parameters.filters.column_mut(unit);
        filter.iter_mut().zip(direction).for_each(|(w, x)| *w = T::of(factor * x.as_f64()));
        learner.parameters.encoder_bias[unit] = T::zero();
        course.motion.rest_unit(unit);
        resampled += 1;
    }
    course.active.fill(false);
    Ok(resampled)
}

/// c, with the units that live.
fn length<T: Real>(constraint: Constraint, parameters: &Parameters<T>, active: &[bool]) -> f64 {
    let lengths = parameters.filter_lengths();
    let mean = |wanted: &dyn Fn(bool) -> bool| {
        let chosen = lengths.iter().zip(active).filter(|(_, active)| wanted(**active));
        let (sum, count) = chosen
            .fold((0.0, 0.0), |(sum, count), (length, _)| (sum + length.as_f64(), count + 1.0));
        (count > 0.0).then_some(sum / count)
    };
    let relative = RELATIVE_LENGTH * mean(&|active| active).or(mean(&|_| true)).unwrap_or_default();
    match constraint {
        Constraint::None => relative,
        Constraint::Length(length) => length,
        Constraint::MaxNorm(bound) => relative.min(bound),
    }
}

/// Samples with their losses.
#[derive(Default)]
struct Candidates {
    samples: Vec<usize>,
    losses: Vec<f64>,
}

impl Candidates {
    /// A sample of length 0, or one whose length overflows, is no direction.
    fn add<T: Real>(&mut self, number: usize, loss: f64, samples: &Samples<'_, T>) {
        let squared_length = sum_of_squares(samples.sample(number));
        if squared_length > 0.0 && squared_length.is_finite() {
            self.samples.push(number);
            self.losses.push(loss);
        }
    }

    /// The sample at this place in [0, 1) of all, each as wide as its squared loss; none if all
    /// losses are 0.
    fn draw(&self, place: f64) -> Option<usize> {
        let largest = self.losses.iter().fold(0.0, |largest: f64, loss| largest.max(*loss));
        if !(largest > 0.0) {
            return None;
        }
        // Relative to the largest, squares neither overflow nor all vanish.
        let weight = |loss: &f64| (loss / largest).powi(2);
        let mut rest = place * self.losses.iter().map(weight).sum::<f64>();
        let mut last = None;
        for (sample, loss) in self.samples.iter().zip(&self.losses) {
            let weight = weight(loss);
            if weight > 0.0 {
                last = Some(*sample);
                if rest < weight {
                    break;
                }
            }
            rest -= weight;
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_drawn_by_their_squared_losses() {
        let x = [1.0, 0.0, 2.0, 3.0];
        let samples = Samples::from_slice(&x, 1).unwrap();
        let mut candidates = Candidates::default();
        // Sample 1 has no direction; the others weigh 1, 4 and 0.
        for (number, loss) in [(0, 1e200), (1, 7e200), (2, 2e200), (3, 0.0)] {
            candidates.add(number, loss, &samples);
        }
        let drawn: Vec<_> = (0..10).map(|tenth| candidates.draw(f64::from(tenth) / 10.0)).collect();
        assert_eq!(drawn[..2], [Some(0); 2]);
        assert_eq!(drawn[2..], [Some(2); 8]);
        assert_eq!(candidates.draw(1.0), Some(2));
        let mut nothing = Candidates::default();
        nothing.add(0, 0.0, &samples);
        assert_eq!(nothing.draw(0.5), None);
    }
}
