//! What must be equal is equal: special cases, sums, symmetries, and the continuation of the
//! divergence.

use crate::common::*;
use proptest::prelude::*;
use regularized_autoencoder::{
    ActivationMetadata, CodeL1, Contractive, DenoisingCross, DenoisingCurvature,
    FirstOrderDenoising, Gradient, Interval, KlSparsity, MarginalizedDenoising, MeanCode,
    MeanPenalty, Parameters, Regularizer, RegularizerMetadata, SecondOrderDenoising, Sigmoid,
    SlopePenalty,
};

/// λR + μS, value and gradient.
fn combine(
    (lambda, r): (f64, (f64, Gradient<f64>)),
    (mu, s): (f64, (f64, Gradient<f64>)),
) -> (f64, Gradient<f64>) {
    let gradient = Gradient {
        filters: r.1.filters * lambda + s.1.filters * mu,
        encoder_bias: r.1.encoder_bias * lambda + s.1.encoder_bias * mu,
        decoder_bias: r.1.decoder_bias.zip(s.1.decoder_bias).map(|(r, s)| r * lambda + s * mu),
    };
    (lambda * r.0 + mu * s.0, gradient)
}

/// A problem and a random order of its samples and of its hidden units.
fn permuted() -> impl Strategy<Value = (Problem<f64>, Vec<usize>, Vec<usize>)> {
    problem().prop_flat_map(|problem| {
        let order = |length: usize| Just((0..length).collect::<Vec<_>>()).prop_shuffle();
        let (samples, units) = (problem.n_samples(), problem.parameters.n_hidden());
        (Just(problem), order(samples), order(units))
    })
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn special_cases_are_what_they_are_cases_of(problem in problem()) {
        let slope = |q, p| SlopePenalty::new(q, p).unwrap();
        let ones = vec![1.0; problem.parameters.n_inputs()];
        let mdae = MarginalizedDenoising::new();
        let equals: [(&dyn Regularizer<f64>, &dyn Regularizer<f64>); 4] = [
            (&slope(2, 2), &Contractive::new()),
            (&slope(2, 4), &mdae),
            (&MarginalizedDenoising::with_variances(ones).unwrap(), &mdae),
            (
                &SecondOrderDenoising::new(),
                &(mdae.clone() + DenoisingCross::new() + DenoisingCurvature::new()),
            ),
        ];
        for activation in activations() {
            let pass = problem.pass(&activation);
            for (left, right) in equals {
                let error = difference(&evaluate(left, &pass), &evaluate(right, &pass));
                prop_assert!(error < ROUNDING, "{left:?} with {activation:?}: {error:e}");
            }
        }
    }

    /// |h| = h where h ≥ 0.
    #[test]
    fn the_l1_norm_of_non_negative_codes_is_the_sum_of_their_means(problem in problem()) {
        let non_negative = |range: Interval| Interval::NON_NEGATIVE.encloses(&range);
        for activation in activations().iter().filter(|s| non_negative(s.properties().range)) {
            let pass = problem.pass(activation);
            let left = evaluate(&CodeL1::new(), &pass);
            let error = difference(&left, &evaluate(&MeanCode::new(), &pass));
            prop_assert!(error < ROUNDING, "{activation:?}: {error:e}");
        }
    }

    #[test]
    fn regularizers_add_and_scale(
        problem in problem(),
        left in any::<prop::sample::Index>(),
        right in any::<prop::sample::Index>(),
        (lambda, mu) in (0.0..3.0, 0.0..3.0),
    ) {
        let all = || single_regularizers::<f64>(problem.parameters.n_inputs());
        let take = |index: prop::sample::Index| all().swap_remove(index.index(all().len()));
        for activation in activations() {
            let pass = problem.pass(&activation);
            let part = |index| evaluate(&take(index), &pass);
            let expected = combine((lambda, part(left)), (mu, part(right)));
            let sum = take(left).scaled(lambda) + take(right).scaled(mu);
            let scale = [part(left), part(right)]
                .iter()
                .flat_map(|(value, gradient)| [vec![*value], entries(gradient)].concat())
                .fold(1.0, |scale: f64, value| scale.max(value.abs()));
            let found = evaluate(&sum, &pass);
            let error = relative_error(&[found.0], &[expected.0], scale)
                .max(relative_error(&entries(&found.1), &entries(&expected.1), scale));
            prop_assert!(error < ROUNDING, "{sum:?} with {activation:?}: {error:e}");
        }
    }

    /// Opposite noise gives the opposite value and gradient, to the bit, so their mean over any
    /// symmetric law is 0.
    #[test]
    fn first_order_terms_cancel_in_pairs(problem in problem(), variance in 0.0..2.0) {
        let mirrored = Problem { noise: -&problem.noise, ..problem.clone() };
        let regularizer = FirstOrderDenoising::new(variance).unwrap();
        for activation in activations() {
            let there = evaluate(&regularizer, &problem.pass(&activation));
            let back = evaluate(&regularizer, &mirrored.pass(&activation));
            let (value, gradient) = combine((1.0, there), (1.0, back));
            prop_assert!(value == 0.0 && entries(&gradient).iter().all(|entry| *entry == 0.0));
        }
    }

    #[test]
    fn the_order_of_samples_does_not_matter((problem, samples, _) in permuted()) {
        invariant(&problem, &problem.select(&samples))?;
    }

    #[test]
    fn samples_that_occur_twice_change_nothing(problem in problem()) {
        let twice: Vec<usize> = (0..2 * problem.n_samples()).map(|at| at / 2).collect();
        invariant(&problem, &problem.select(&twice))?;
    }

    /// The units of a layer have no order: gradients are permuted as they are.
    #[test]
    fn hidden_units_have_no_order((problem, _, units) in permuted()) {
        let parameters = problem.parameters.clone();
        let permuted = Parameters::new(
            parameters.filters().select_columns(&units),
            parameters.encoder_bias().select_rows(&units),
            parameters.decoder_bias().cloned(),
        );
        let permuted = Problem { parameters: permuted.unwrap(), ..problem.clone() };
        for activation in activations() {
            for regularizer in regularizers(parameters.n_inputs()) {
                let objective = |problem: &Problem<f64>| {
                    let model = problem.model(&activation, &regularizer);
                    let (loss, gradient) = model.gradient(problem.batch()).unwrap();
                    (loss.total(), gradient)
                };
                let (value, gradient) = objective(&problem);
                let gradient = Gradient {
                    filters: gradient.filters.select_columns(&units),
                    encoder_bias: gradient.encoder_bias.select_rows(&units),
                    ..gradient
                };
                let error = difference(&objective(&permuted), &(value, gradient));
                prop_assert!(error < ROUNDING, "{activation:?}, {regularizer:?}: {error:e}");
            }
        }
    }

    /// Eq. 12–13 inside, its tangents outside.
    #[test]
    fn the_divergence_is_continued_by_tangents(
        rho in prop_oneof![Just(0.0), 0.05..0.95],
        margin in 0.01..0.6,
        mean in -1.0..3.0,
    ) {
        let f = KlSparsity::new(rho).unwrap().with_margin(margin).unwrap();
        let (low, high) = if rho == 0.0 {
            (f64::NEG_INFINITY, 1.0 - margin)
        } else {
            let margin = margin.min(rho / 2.0).min((1.0 - rho) / 2.0);
            (margin, 1.0 - margin)
        };
        let divergence = |mean: f64| {
            let gain = if rho == 0.0 { 0.0 } else { rho * (rho / mean).ln() };
            gain + (1.0 - rho) * ((1.0 - rho) / (1.0 - mean)).ln()
        };
        let slope = |mean: f64| {
            if rho == 0.0 { 1.0 / (1.0 - mean) } else { (mean - rho) / (mean * (1.0 - mean)) }
        };
        let nearest = f64::clamp(mean, low, high);
        let tangent = divergence(nearest) + slope(nearest) * (mean - nearest);
        prop_assert!(relative_error(&[f.value(mean)], &[tangent], 1.0) < ROUNDING);
        prop_assert!(relative_error(&[f.derivative(mean)], &[slope(nearest)], 1.0) < ROUNDING);

        let increases = rho == 0.0 || mean >= rho;
        prop_assert_eq!(f.derivative(mean) >= 0.0, increases);
        prop_assert!(f.derivative(mean + 0.1) >= f.derivative(mean), "f is not convex");
        for join in [low, high].into_iter().filter(|join| join.is_finite()) {
            let (left, right) = (join - 1e-9, join + 1e-9);
            prop_assert!((f.value(right) - f.value(left)).abs() < 1e-5);
            prop_assert!((f.derivative(right) - f.derivative(left)).abs() < 1e-3);
        }
    }
}

/// Two problems on which every objective has the same value and gradient.
fn invariant(left: &Problem<f64>, right: &Problem<f64>) -> Result<(), TestCaseError> {
    for activation in activations() {
        for regularizer in regularizers(left.parameters.n_inputs()) {
            let objective = |problem: &Problem<f64>| {
                let model = problem.model(&activation, &regularizer);
                let (loss, gradient) = model.gradient(problem.batch()).unwrap();
                (loss.total(), gradient)
            };
            let error = difference(&objective(left), &objective(right));
            prop_assert!(error < ROUNDING, "{activation:?}, {regularizer:?}: {error:e}");
        }
    }
    Ok(())
}

/// What the comparisons must refuse: a sample less, another power.
#[test]
fn differences_are_found() {
    let problem = examples(problem(), 50).find(|problem| problem.n_samples() > 1).unwrap();
    assert!(invariant(&problem, &problem).is_ok());
    assert!(invariant(&problem, &problem.select(&[0])).is_err());
    let pass = problem.pass(&Sigmoid);
    let [left, right] = [2, 3].map(|p| evaluate(&SlopePenalty::new(2, p).unwrap(), &pass));
    assert!(difference(&left, &right) > ROUNDING);
}
