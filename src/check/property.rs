//! The laws as property tests (feature `proptest`): at random points, shrunk to the simplest
//! violation.

use super::activation_laws::batch;
use super::report::Report;
use super::subject::Subject;
use super::{regularizer_on, strategies};
use crate::activation::Activation;
use crate::objective::{Regularizer, Shape};
use crate::scalar::Real;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

/// A runner that keeps found counterexamples beside the test's source file.
fn runner(source_file: &'static str, cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, ..Config::with_source_file(source_file) })
}

fn outcome(report: &Report) -> Result<(), TestCaseError> {
    if report.passed() {
        return Ok(());
    }
    let laws = report.violated().map(|finding| {
        let violation = finding.first_violation.as_deref().unwrap_or_default();
        format!("{}: {violation}", finding.law)
    });
    Err(TestCaseError::fail(laws.collect::<Vec<_>>().join("\n")))
}

fn explain<V: std::fmt::Debug>(result: Result<(), TestError<V>>) -> Result<(), String> {
    result.map_err(|error| error.to_string())
}

/// The laws of an activation at random pre-activations, and the check at fixed points.
///
/// # Errors
/// The laws that are violated, with the simplest point that was found.
pub fn activation<T: Real>(
    activation: &dyn Activation<T>,
    source_file: &'static str,
) -> Result<(), String> {
    let report = super::activation(activation);
    if !report.passed() {
        return Err(report.to_string());
    }
    let subject = Subject::new(activation);
    let point = strategies::pre_activation::<T>;
    explain(runner(source_file, 512).run(&(point(), point(), 0.0..=1.0), |(a, b, share)| {
        let mut report = Report::default();
        // Nothing is claimed at the kinks themselves.
        if subject.properties.kinks.iter().all(|kink| T::of(kink.at) != a) {
            subject.at_point(a, &mut report);
            batch(activation, &[a, b], &mut report);
        }
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        if low < high {
            subject.between((low, high), T::of(share), &mut report);
        }
        outcome(&report)
    }))
}

/// The laws of a regularizer on random problems, and the check on fixed ones.
///
/// # Errors
/// The laws that are violated, with the simplest problem that was found.
pub fn regularizer<T: Real>(
    regularizer: &dyn Regularizer<T>,
    activation: &dyn Activation<T>,
    source_file: &'static str,
) -> Result<(), String> {
    let report = super::regularizer(regularizer, activation);
    if !report.passed() {
        return Err(report.to_string());
    }
    let draws = Shape { n_inputs: 1, n_hidden: 1, n_samples: 1 };
    let draws = regularizer.needs(draws).n_draws();
    explain(runner(source_file, 32).run(&strategies::problem::<T>(draws), |problem| {
        let (n_inputs, n_hidden) = problem.parameters.filters().shape();
        let shape = Shape { n_inputs, n_hidden, n_samples: problem.input.ncols() };
        match regularizer.validate(shape) {
            Ok(()) => outcome(&regularizer_on(&problem, regularizer, activation)),
            Err(_) => Err(TestCaseError::reject("sizes that the regularizer does not accept")),
        }
    }))
}

/// Puts the laws of an activation, as property tests in `f64` and `f32`, into your crate's tests.
/// Counterexamples that are found are kept beside the test's source file and tried first from then on.
///
/// ```
/// # use regularized_autoencoder::Sigmoid;
/// regularized_autoencoder::activation_laws!(sigmoid_obeys_its_laws, Sigmoid);
/// ```
#[macro_export]
macro_rules! activation_laws {
    ($(#[$attribute:meta])* $name:ident, $activation:expr $(,)?) => {
        #[test]
        $(#[$attribute])*
        fn $name() {
            let activation = $activation;
            for outcome in [
                $crate::check::property::activation::<f64>(&activation, file!()),
                $crate::check::property::activation::<f32>(&activation, file!()),
            ] {
                if let Err(violation) = outcome {
                    panic!("{violation}");
                }
            }
        }
    };
}

/// Puts the laws of a regularizer together with an activation, as property tests in `f64`, into
/// your crate's tests. Counterexamples that are found are kept beside the test's source file.
///
/// Problems have 1 to 5 inputs and 1 to 6 units; for a regularizer that accepts none of these
/// sizes there is [`check::regularizer_on`](crate::check::regularizer_on).
///
/// ```
/// # use regularized_autoencoder::{Contractive, Sigmoid};
/// regularized_autoencoder::regularizer_laws!(contraction, Contractive::new(), Sigmoid);
/// ```
#[macro_export]
macro_rules! regularizer_laws {
    ($(#[$attribute:meta])* $name:ident, $regularizer:expr, $activation:expr $(,)?) => {
        #[test]
        $(#[$attribute])*
        fn $name() {
            let (regularizer, activation) = ($regularizer, $activation);
            if let Err(violation) =
                $crate::check::property::regularizer::<f64>(&regularizer, &activation, file!())
            {
                panic!("{violation}");
            }
        }
    };
}
