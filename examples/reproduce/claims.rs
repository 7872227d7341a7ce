//! What the paper says of its figures, and what was measured.

use crate::arguments::Arguments;
use crate::data::Source;
use crate::judge::{DEAD, FALLEN, FLAT, NEAR, RANK, falls, is_flat, ratio, spearman, spread};
use crate::runs::{Panel, dead, fraction};
use std::fmt::Write;

/// A statement of the paper about a figure, judged.
struct Claim {
    statement: String,
    criterion: String,
    measured: String,
    verdict: Option<bool>,
}

/// The page with all claims.
pub fn page(arguments: &Arguments, sources: &[Source], panels: &[Panel]) -> String {
    let mut out = String::from("# Claims of the paper, and what was measured\n");
    let _ = writeln!(
        out,
        "\nCriteria, fixed beforehand: a curve of the average activation fraction over the coefficients is \
         *flat* if it keeps within {FLAT}; it *falls* if its Spearman rank correlation with the coefficient \
         lies below {RANK} and its last value below {FALLEN:.2} of its first; it is *unpredictable* if it \
         neither is flat nor falls, or does not do the same on both data sets. Dead units have begun to rise \
         where they are more than {:.0} %.",
        100.0 * DEAD
    );
    for panel in panels {
        let _ = writeln!(
            out,
            "\n## Figure {}, {}, {}\n\n{} epochs of {} samples, {} hidden units, batches of 50, η = {}, {} seed{}; \
             {:.0} min of training on one core, in all.\n",
            panel.figure.number,
            panel.data,
            panel.activation,
            arguments.epochs,
            panel.n_samples,
            arguments.n_hidden,
            panel.learning_rate,
            arguments.seeds,
            if arguments.seeds == 1 { "" } else { "s" },
            panel.seconds() / 60.0
        );
        let _ = writeln!(out, "| the paper | criterion | measured | |\n|---|---|---|---|");
        for claim in claims(panel, panels) {
            let verdict = match claim.verdict {
                Some(true) => "reproduced",
                Some(false) => "**not reproduced**",
                None => "not testable",
            };
            let Claim { statement, criterion, measured, .. } = claim;
            let _ = writeln!(out, "| {statement} | {criterion} | {measured} | {verdict} |");
        }
        out.push_str(&failures(panel));
    }
    if sources.iter().any(|source| source.name == "cifar10") {
        out.push_str("\nIf the CIFAR-10 images at hand were decoded from JPEG copies, they are not the official ones.\n");
    }
    out
}

/// Runs that diverged, and those that had collapsed.
fn failures(panel: &Panel) -> String {
    let mut out = String::new();
    for row in &panel.rows {
        if let Some(error) = &row.error {
            let _ = writeln!(out, "\n{}: {error}.", row.cell);
        }
    }
    for row in &panel.collapsed {
        let dead = 100.0 * dead(row).unwrap_or(f64::NAN);
        let _ = writeln!(
            out,
            "\n{}: collapsed, {dead:.0} % of the units dead; judged with another seed.",
            row.cell
        );
    }
    out
}

fn claims(panel: &Panel, panels: &[Panel]) -> Vec<Claim> {
    let has = |model: &&'static str| panel.models.contains(model);
    let mut claims = Vec::new();
    match panel.figure.number {
        1 => {
            claims.extend(["CAE", "mDAE"].into_iter().filter(has).map(|model| flat(panel, model)));
            if has(&"CAE") && has(&"mDAE") {
                claims.push(equal(panel));
            }
            claims
                .extend(["DAE", "SAE"].into_iter().filter(has).map(|model| falling(panel, model)));
            if has(&"DAE") {
                claims.push(dead_units(panel));
            }
        }
        2 => {
            let both = ["CAE", "mDAE"];
            claims.extend(
                both.into_iter().filter(has).map(|model| unpredictable(panel, panels, model)),
            );
            if has(&"DAE") {
                claims.push(not_below(panel));
                claims.push(constraint_helps(panel, panels));
            }
        }
        3 => claims.extend(panel.models.iter().map(|model| falling(panel, model))),
        4 => claims.extend(panel.models.iter().map(|model| falling(panel, model))),
        _ => {
            let both = ["CAE", "mDAE"];
            claims.extend(
                both.into_iter().filter(has).map(|model| unpredictable(panel, panels, model)),
            );
        }
    }
    claims
}

/// From the first to the last value, and how they are ordered.
fn describe(curve: &[(f64, f64)]) -> String {
    match curve {
        [(_, first), .., (_, last)] => {
            format!(
                "{first:.3} → {last:.3}, spread {:.3}, Spearman {:.2}",
                spread(curve),
                spearman(curve)
            )
        }
        _ => "too few runs".into(),
    }
}

/// A verdict, if there are runs enough to have one.
fn judged(curve: &[(f64, f64)], criterion: fn(&[(f64, f64)]) -> bool) -> Option<bool> {
    (curve.len() >= 3).then(|| criterion(curve))
}

fn flat(panel: &Panel, model: &str) -> Claim {
    let curve = panel.means(model, fraction);
    Claim {
        statement: format!("{model}: the fraction remains unchanged (§3.1)"),
        criterion: "flat".into(),
        measured: describe(&curve),
        verdict: judged(&curve, is_flat),
    }
}

fn falling(panel: &Panel, model: &str) -> Claim {
    let curve = panel.means(model, fraction);
    let section = match panel.figure.number {
        1 => "a stable decreasing trend (§3.1.1)",
        3 => "the first-order term contributes towards sparsity (§3.1.1)",
        _ if panel.activation == "softplus" => "a trend similar to the sigmoid's (footnote 4)",
        _ => "a stable trend to sparser codes (§3.2)",
    };
    Claim {
        statement: format!("{model}: {section}"),
        criterion: "falls".into(),
        measured: format!("{}, last/first {:.2}", describe(&curve), ratio(&curve)),
        verdict: judged(&curve, falls),
    }
}

fn equal(panel: &Panel) -> Claim {
    let (cae, mdae) = (panel.means("CAE", fraction), panel.means("mDAE", fraction));
    let differences = cae.iter().zip(&mdae).map(|((_, cae), (_, mdae))| (cae - mdae).abs());
    let largest = differences.fold(0.0, f64::max);
    Claim {
        statement: "CAE and mDAE become equivalent at unit length (footnote 3)".into(),
        criterion: format!("fractions differ by less than {FLAT}"),
        measured: format!("by at most {largest:.3}"),
        verdict: (cae.len() == mdae.len() && !cae.is_empty()).then_some(largest < FLAT),
    }
}

fn dead_units(panel: &Panel) -> Claim {
    let (fractions, dead) = (panel.means("DAE", fraction), panel.means("DAE", dead));
    let points: Vec<(f64, f64)> =
        fractions.iter().zip(&dead).map(|((_, f), (_, d))| (*f, *d)).collect();
    let early = points.iter().filter(|(f, _)| *f >= NEAR).map(|(_, d)| *d).fold(0.0, f64::max);
    let late = points.iter().filter(|(f, _)| *f < NEAR).map(|(_, d)| *d).reduce(f64::max);
    let verdict = match late {
        _ if early > DEAD => Some(false),
        Some(late) => Some(late > DEAD),
        None => None,
    };
    let late =
        late.map_or("no run was there".into(), |late| format!("up to {:.1} %", 100.0 * late));
    Claim {
        statement:
            "DAE: dead units start rising only after the fraction reaches around 0.05 (§3.1)".into(),
        criterion: format!(
            "at most {:.0} % dead while the fraction is {NEAR} or more, more below",
            100.0 * DEAD
        ),
        measured: format!("up to {:.1} % dead before, {late} below", 100.0 * early),
        verdict,
    }
}

fn unpredictable(panel: &Panel, panels: &[Panel], model: &str) -> Claim {
    let curve = panel.means(model, fraction);
    let is_predictable = |curve: &[(f64, f64)]| is_flat(curve) || falls(curve);
    let same = |other: &&Panel| {
        other.figure.number == panel.figure.number
            && other.activation == panel.activation
            && other.data != panel.data
    };
    let elsewhere = panels.iter().find(same).map(|other| other.means(model, fraction));
    let mut measured = describe(&curve);
    let mut verdict = judged(&curve, |curve| !(is_flat(curve) || falls(curve)));
    if let Some(elsewhere) = elsewhere {
        let _ = write!(measured, "; on the other data {}", describe(&elsewhere));
        let differs = falls(&curve) != falls(&elsewhere) || is_flat(&curve) != is_flat(&elsewhere);
        verdict = verdict.map(|alone| alone || differs || !is_predictable(&elsewhere));
    }
    let softplus =
        if panel.activation == "softplus" { ", softplus alike (footnote 4)" } else { "" };
    Claim {
        statement: format!("{model}: unpredictable without the length constraint{softplus}"),
        criterion: "unpredictable".into(),
        measured,
        verdict,
    }
}

fn not_below(panel: &Panel) -> Claim {
    let curve = panel.means("DAE", fraction);
    let lowest = curve.iter().map(|(_, f)| *f).fold(f64::INFINITY, f64::min);
    Claim {
        statement: "DAE: does not go below a fraction of 0.1 without the constraint (§3.1)".into(),
        criterion: "lowest fraction at least 0.09".into(),
        measured: format!("lowest {lowest:.3}; {}", describe(&curve)),
        verdict: (curve.len() >= 3).then_some(lowest >= 0.09),
    }
}

/// The lowest fraction without more dead units than have begun to rise.
fn lowest_alive(panel: &Panel) -> Option<f64> {
    let pairs = panel.means("DAE", fraction).into_iter().zip(panel.means("DAE", dead));
    pairs.filter(|(_, (_, dead))| *dead <= DEAD).map(|((_, f), _)| f).reduce(f64::min)
}

fn constraint_helps(panel: &Panel, panels: &[Panel]) -> Claim {
    let constrained =
        panels.iter().find(|other| other.figure.number == 1 && other.data == panel.data);
    let (with, without) = (constrained.and_then(lowest_alive), lowest_alive(panel));
    let text = |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.3}"));
    Claim {
        statement:
            "DAE: the constraint achieves higher sparsity before giving rise to dead units (§3.1)"
                .into(),
        criterion: format!(
            "lowest fraction with at most {:.0} % dead is lower in figure 1",
            100.0 * DEAD
        ),
        measured: format!("{} with, {} without", text(with), text(without)),
        verdict: with.zip(without).map(|(with, without)| with < without),
    }
}
