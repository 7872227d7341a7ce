//! The laws of regularizers.

use super::difference::{disagreement, is_settled};
use super::problem::Problem;
use super::report::Report;
use crate::activation::{Activation, Sign};
use crate::error::Error;
use crate::model::Parameters;
use crate::objective::{FilterPart, Form, Gradient, Regularizer, Shape};
use crate::scalar::Real;

pub(super) const VALID: &str = "the regularizer can be evaluated";
pub(super) const REPEATABLE: &str = "the same arguments give the same value";
pub(super) const WEIGHTS: &str = "the weight gradient is that of the loss";
pub(super) const BIAS: &str = "the bias gradient is that of the loss";
pub(super) const DECODER_BIAS: &str = "the decoder bias gradient is that of the loss";
pub(super) const SIGN: &str = "the bias gradient has the sign that the declared form implies";
pub(super) const FILTERS: &str =
    "the loss depends on no more of the filters than the declared form says";
pub(super) const LINEAR: &str = "the loss is multiplied as the noise is, as declared";
pub(super) const SEPARABLE: &str = "cutting the layer into blocks changes nothing, as declared";

/// Checks loss, gradients and claims of a regularizer together with an activation, on fixed
/// problems of several sizes.
///
/// Sizes that the regularizer's own `validate` rejects are left out, as long as it accepts one of
/// them (1 to 5 inputs, 1 to 7 units); [`regularizer_on`] takes problems of other sizes.
///
/// ```
/// use regularized_autoencoder::{Contractive, Softplus, check};
/// let report = check::regularizer::<f64>(&(0.3 * Contractive::new()), &Softplus::new());
/// assert!(report.passed(), "{report}");
/// ```
pub fn regularizer<T: Real>(
    regularizer: &(impl Regularizer<T> + ?Sized),
    activation: &(impl Activation<T> + ?Sized),
) -> Report {
    let mut report = Report::default();
    let mut rejection = None;
    let mut problems = Vec::new();
    let sizes = [(1, 1, 1), (4, 3, 5), (3, 7, 2), (2, 4, 1), (5, 6, 4), (1, 2, 3), (3, 5, 2)];
    for (seed, (n_inputs, n_hidden, n_samples)) in sizes.into_iter().enumerate() {
        let shape = Shape { n_inputs, n_hidden, n_samples };
        let draws = regularizer.needs(shape).n_draws();
        let problem = regularizer
            .validate(shape)
            .and_then(|()| Problem::new(n_inputs, n_hidden, n_samples, draws, seed as u64));
        match problem {
            Ok(problem) => problems.push(problem),
            Err(error) => rejection = Some(error),
        }
    }
    if problems.is_empty() {
        report.record(VALID, rejection.map(|error| error.to_string()));
    }
    // A filter of length 0, at which the gradient must be finite all the same.
    if let Some(mut last) = problems.last().cloned() {
        last.parameters.filters.column_mut(0).fill(T::zero());
        problems.push(last);
    }
    for problem in &problems {
        on_problem(problem, &regularizer, &activation, &mut report);
    }
    report
}

/// The checks of [`regularizer`] on a problem of the caller's.
///
/// ```
/// use regularized_autoencoder::check::{self, Problem};
/// use regularized_autoencoder::{MarginalizedDenoising, Sigmoid};
/// let regularizer = MarginalizedDenoising::with_variances(vec![0.1; 9])?;
/// let problem = Problem::new(9, 4, 3, 0, 0)?;
/// assert!(check::regularizer_on::<f64>(&problem, &regularizer, &Sigmoid).passed());
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
pub fn regularizer_on<T: Real>(
    problem: &Problem<T>,
    regularizer: &(impl Regularizer<T> + ?Sized),
    activation: &(impl Activation<T> + ?Sized),
) -> Report {
    let mut report = Report::default();
    on_problem(problem, &regularizer, &activation, &mut report);
    report
}

/// All laws on one problem.
fn on_problem<T: Real>(
    problem: &Problem<T>,
    regularizer: &dyn Regularizer<T>,
    activation: &dyn Activation<T>,
    report: &mut Report,
) {
    if let Err(error) = try_on_problem(problem, regularizer, activation, report) {
        report.record(VALID, Some(error.to_string()));
    }
}

fn try_on_problem<T: Real>(
    problem: &Problem<T>,
    regularizer: &dyn Regularizer<T>,
    activation: &dyn Activation<T>,
    report: &mut Report,
) -> Result<(), Error> {
    let pass = problem.pass(activation)?;
    let whole = |block| pass.differentiate_in_blocks(regularizer, block);
    let n_hidden = problem.parameters.n_hidden();
    let (loss, gradient) = whole(n_hidden)?;
    report.record(VALID, None);
    let again = whole(n_hidden)?;
    let same = again.0 == loss && again.1 == gradient;
    report.expect(REPEATABLE, same, || {
        format!("{} at first, then {}", loss.regularizer, again.0.regularizer)
    });

    for size in [1, 2, 3] {
        let (loss_in_blocks, in_blocks) = whole(size)?;
        let pairs = values(&gradient).chain([loss.regularizer]);
        let pairs = pairs.zip(values(&in_blocks).chain([loss_in_blocks.regularizer]));
        let tolerance = 1e3 * T::EPSILON.as_f64() * largest(&gradient, loss.regularizer);
        let worst = pairs.map(|(a, b)| (a - b).as_f64().abs()).fold(0.0, f64::max);
        report.expect(SEPARABLE, worst <= tolerance, || {
            format!("in blocks of {size} units of {n_hidden} a number changes by {worst:e}")
        });
    }

    signs(problem, regularizer, activation, &gradient, report);
    dependence(problem, regularizer, activation, loss.regularizer, report)?;
    if regularizer.form() == Form::LinearInNoise {
        let factor = T::of(-2.0);
        let value = regularizer.loss(&problem.with_noise_times(factor).pass(activation)?)?;
        let error = (value - factor * loss.regularizer).as_f64().abs();
        let scale = largest(&gradient, loss.regularizer);
        report.expect(LINEAR, error <= 1e3 * T::EPSILON.as_f64() * scale, || {
            format!("it is {}, and {value} with all noise times −2", loss.regularizer)
        });
    }
    differences(problem, regularizer, activation, &gradient, report)
}

fn values<T: Real>(gradient: &Gradient<T>) -> impl Iterator<Item = T> {
    let Gradient { filters, encoder_bias, decoder_bias } = gradient;
    let decoder_bias = decoder_bias.iter().flat_map(|bias| bias.iter());
    filters.iter().chain(encoder_bias.iter()).chain(decoder_bias).copied()
}

/// The largest number of a gradient and its loss.
fn largest<T: Real>(gradient: &Gradient<T>, loss: T) -> f64 {
    values(gradient).chain([loss]).fold(0.0, |largest, value| largest.max(value.as_f64().abs()))
}

fn signs<T: Real>(
    problem: &Problem<T>,
    regularizer: &dyn Regularizer<T>,
    activation: &dyn Activation<T>,
    gradient: &Gradient<T>,
    report: &mut Report,
) {
    let sign = regularizer.form().bias_gradient_sign(&activation.properties());
    let scale = values(gradient).fold(0.0, |scale: f64, value| scale.max(value.as_f64().abs()));
    let slack = 64.0 * T::EPSILON.as_f64() * scale;
    let Problem { parameters, input, .. } = problem;
    let underflows = |unit: usize| {
        input.column_iter().all(|x| {
            let a = parameters.filters.column(unit).dot(&x) + parameters.encoder_bias[unit];
            let (first, second) = (activation.derivative(a), activation.second_derivative(a));
            [first, second].iter().any(|x| x.abs() < T::MIN_POSITIVE.sqrt())
        })
    };
    for (unit, value) in gradient.encoder_bias.iter().enumerate() {
        let value = value.as_f64();
        let zero_filter = problem.parameters.filters().column(unit).iter().all(T::is_zero);
        let holds = match sign {
            Sign::Indefinite => continue,
            Sign::Zero => value.abs() <= slack,
            Sign::NonNegative => value >= -slack,
            // Where s' or s'' underflows, the product is 0.
            Sign::Positive => value > 0.0 || zero_filter || (value == 0.0 && underflows(unit)),
        };
        report.expect(SIGN, holds, || format!("declared {sign:?}, but {value} for unit {unit}"));
    }
}

/// Where R depends on the filters' lengths alone, beyond what the pre-activations tell, it stays as
/// it is when filters and inputs are reflected alike; where it depends not even on those, when the
/// filters double and the inputs halve.
fn dependence<T: Real>(
    problem: &Problem<T>,
    regularizer: &dyn Regularizer<T>,
    activation: &dyn Activation<T>,
    loss: T,
    report: &mut Report,
) -> Result<(), Error> {
    let declared = regularizer.form().depends_on();
    if declared == FilterPart::Direction || problem.is_near_a_kink(activation) {
        return Ok(());
    }
    let mut expect = |changed: Problem<T>, how: &str| {
        let value = regularizer.loss(&changed.pass(activation)?)?;
        let tolerance = 1e4 * T::EPSILON.as_f64() * (1.0 + loss.as_f64().abs());
        report.expect(FILTERS, (value - loss).as_f64().abs() <= tolerance, || {
            format!("declared {declared:?}, but {how} change it from {loss} to {value}")
        });
        Ok::<(), Error>(())
    };
    expect(problem.reflected(), "filters and inputs that are reflected alike")?;
    if declared == FilterPart::Nothing {
        expect(problem.rescaled(), "filters that double while inputs halve")?;
    }
    Ok(())
}

fn differences<T: Real>(
    problem: &Problem<T>,
    regularizer: &dyn Regularizer<T>,
    activation: &dyn Activation<T>,
    gradient: &Gradient<T>,
    report: &mut Report,
) -> Result<(), Error> {
    let loss_at = |parameters: &Parameters<T>| {
        let pass = problem.pass_at(parameters, activation)?;
        regularizer.loss(&pass)
    };
    let size = largest(gradient, loss_at(&problem.parameters)?);
    let has_kinks = !activation.properties().kinks.is_empty();
    let n_filters = gradient.filters.len();
    let n_encoder = gradient.encoder_bias.len();
    for (index, claimed) in values(gradient).enumerate() {
        let (law, place) = if index < n_filters {
            let at = (index % problem.input.nrows(), index / problem.input.nrows());
            (WEIGHTS, format!("input {}, unit {}", at.0, at.1))
        } else if index < n_filters + n_encoder {
            (BIAS, format!("unit {}", index - n_filters))
        } else {
            (DECODER_BIAS, format!("input {}", index - n_filters - n_encoder))
        };
        let f = |value: T| {
            let mut moved = problem.parameters.clone();
            entry(&mut moved, index).into_iter().for_each(|entry| *entry = value);
            // A value that is not finite agrees with nothing.
            loss_at(&moved).unwrap_or(T::NAN)
        };
        let Some(&mut x) = entry(&mut problem.parameters.clone(), index) else { continue };
        let unit = index / problem.input.nrows();
        if index < n_filters && problem.parameters.filters.column(unit).iter().all(T::is_zero) {
            // ‖W_j‖ has no derivative there.
            continue;
        }
        let found = disagreement(&f, x, claimed, 1.0, size, 0.0);
        if found.is_some() && has_kinks && !is_settled(&f, x) {
            // A kink lies within the steps.
            continue;
        }
        let violation = |d| format!("at {place} it is {claimed}, differences give {d}");
        report.record(law, found.map(violation));
    }
    Ok(())
}

/// The parameter that has the given number, in the order of [`values`].
fn entry<T: Real>(parameters: &mut Parameters<T>, index: usize) -> Option<&mut T> {
    let Parameters { filters, encoder_bias, decoder_bias } = parameters;
    let decoder_bias = decoder_bias.iter_mut().flat_map(|bias| bias.iter_mut());
    filters.iter_mut().chain(encoder_bias.iter_mut()).chain(decoder_bias).nth(index)
}
