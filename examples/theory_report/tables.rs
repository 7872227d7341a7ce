//! The paper's §2.1.2 and §2.2 as tables, made from what activations and regularizers declare.

use regularized_autoencoder::prelude::*;
use regularized_autoencoder::theory::{Basis, Statement, Trend, Verdict};
use regularized_autoencoder::{DenoisingCross, DenoisingCurvature, HessianPenalty, Noise};
use std::fmt::Write;

/// With their names.
type Activations = Vec<(&'static str, Box<dyn Activation<f64>>)>;
type Regularizers = Vec<(&'static str, Box<dyn Regularizer<f64>>)>;

fn built_in_activations() -> Activations {
    vec![
        ("ReLU", Box::new(Relu)),
        ("softplus", Box::new(Softplus::new())),
        ("sigmoid", Box::new(Sigmoid)),
        ("hard sigm.", Box::new(HardSigmoid)),
        ("tanh", Box::new(Tanh)),
        ("identity", Box::new(Identity)),
        ("leaky ReLU", Box::new(LeakyRelu::default())),
        ("ELU", Box::new(Elu::default())),
        ("SiLU", Box::new(Silu)),
        ("GELU", Box::new(Gelu)),
    ]
}

fn built_in_regularizers() -> Result<Regularizers, Error> {
    Ok(vec![
        ("SAE, ρ = 0", Box::new(KlSparsity::new(0.0)?)),
        ("SAE, ρ = 0.05", Box::new(KlSparsity::new(0.05)?)),
        ("ℓ1 on the code", Box::new(CodeL1::new())),
        ("E[h]", Box::new(MeanCode::new())),
        ("CAE", Box::new(Contractive::new())),
        ("mDAE", Box::new(MarginalizedDenoising::new())),
        ("CAE+H", Box::new(Contractive::with_hessian(1.0, 0.1, 1)?)),
        ("H alone", Box::new(HessianPenalty::new(0.1, 1)?)),
        ("cross term", Box::new(DenoisingCross::new())),
        ("curvature term", Box::new(DenoisingCurvature::new())),
        ("Thm. 3", Box::new(SecondOrderDenoising::new())),
        ("eDAE", Box::new(FirstOrderDenoising::new(0.1)?)),
        ("weight decay", Box::new(WeightDecay::new())),
    ])
}

/// What the activations declare.
pub fn activations() -> String {
    let mut out = String::from(
        "Activations (§2.1.2)\n             increasing   convex     s(−∞)  hard zeros  δ_min     a_min\n",
    );
    for (name, activation) in built_in_activations() {
        let s = activation.properties();
        let degree = |strict, weak| {
            if strict {
                "strictly"
            } else if weak {
                "yes"
            } else {
                "no"
            }
        };
        let number = |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.3}"));
        let increasing = degree(s.is_strictly_increasing(), s.is_non_decreasing());
        let convex = degree(s.is_strictly_convex(), s.is_convex());
        let limit = s.limit_at_negative_infinity.map_or("–".into(), |limit| format!("{limit}"));
        let zeros = if s.hard_zeros { "yes" } else { "no" };
        let _ = writeln!(
            out,
            "{name:<13}{increasing:<13}{convex:<9}{limit:>7}{zeros:>12}{:>7}{:>10}",
            s.threshold.code,
            number(s.threshold.pre_activation),
        );
    }
    out
}

/// Which corollary applies, the sign of ∂R/∂b_j and the prediction, for each pair at unit length.
pub fn verdicts() -> Result<String, Error> {
    let mut out = String::from(
        "Verdicts at unit filter length (§2.2): statement, sign of ∂R/∂b_j, sparsity as λ grows\n",
    );
    let _ = write!(out, "{:<15}", "");
    for (name, _) in built_in_activations() {
        let _ = write!(out, "{name:<12}");
    }
    for (name, regularizer) in built_in_regularizers()? {
        let _ = write!(out, "\n{name:<15}");
        for (_, activation) in built_in_activations() {
            let verdict = Verdict::of(&activation, &regularizer, Constraint::UNIT);
            let _ = write!(out, "{:<12}", cell(&verdict));
        }
    }
    for (name, noise) in [("DAE", Noise::ZeroMean), ("masking", Noise::Unknown)] {
        struct Corrupted(Noise);
        impl CorruptionMetadata for Corrupted {
            fn noise(&self) -> Noise {
                self.0
            }
        }
        let _ = write!(out, "\n{name:<15}");
        for (_, activation) in built_in_activations() {
            let (none, noise) = (Unregularized, Corrupted(noise));
            let verdict = Verdict::with_corruption(&activation, &none, Constraint::UNIT, &noise);
            let prediction =
                verdict.corruption.map(|prediction| trend(prediction.trend, prediction.basis));
            let _ = write!(out, "{:<12}", format!("–  ? {}", prediction.unwrap_or_default()));
        }
    }
    out.push_str(
        "\n\n1, 2: Corollary 1, 2; ×: the cross term's sign, Eq. 7; 0: every term has a factor s'' = 0; –: no\n\
         statement applies, or none does to all terms. Sign: > positive, ≥ non-negative, = zero, ? indefinite.\n\
         falls: proven; falls*: measured (docs/RELU_NOISE.md); flat: no effect; ?: not guaranteed, which is\n\
         not \"will fail\"; n/a: codes do not tend to 0 as a falls. Maxout is no function of one pre-activation:\n\
         no statement applies.\n",
    );
    Ok(out)
}

fn cell(verdict: &Verdict) -> String {
    let mut statements: Vec<_> = verdict.terms.iter().map(|term| term.statement).collect();
    statements.dedup();
    let statement = match statements[..] {
        [Some(Statement::Corollary1)] => "1",
        [Some(Statement::Corollary2)] => "2",
        [Some(Statement::CrossTerm)] => "×",
        [Some(Statement::VanishingCurvature | Statement::NoBias)] => "0",
        _ => "–",
    };
    let sign = match verdict.bias_gradient {
        Sign::Positive => ">",
        Sign::NonNegative => "≥",
        Sign::Zero => "=",
        Sign::Indefinite => "?",
    };
    let prediction = verdict.coefficient.as_ref();
    let trend = prediction.map_or("", |prediction| trend(prediction.trend, prediction.basis));
    format!("{statement}  {sign} {trend}")
}

fn trend(trend: Trend, basis: Basis) -> &'static str {
    match (trend, basis) {
        (Trend::Falls, Basis::Measured(_)) => "falls*",
        (Trend::Falls, _) => "falls",
        (Trend::Unaffected, _) => "flat",
        (Trend::NotApplicable, _) => "n/a",
        _ => "?",
    }
}
