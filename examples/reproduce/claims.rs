//! What the paper says of its figures, and what was measured.

use crate::arguments::Arguments;
use crate::data::Source;
use crate::judge::{
    DEAD, FALLEN, FLAT, NEAR, RANK, are_enough, falls, is_flat, ratio, spearman, spread,
};
use crate::runs::{Panel, dead, fraction, has_collapsed};
use regularized_autoencoder::sweep::Row;
use std::fmt::{self, Display, Formatter, Write};

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
         neither is flat nor falls, or does not do the same on both data sets: a steady rise counts, and a \
         slight fall. Dead units have begun to rise where they are more than {:.0} %. Runs that failed, or \
         collapsed with two seeds, are left out; a verdict needs the first coefficient and three quarters \
         of all, and three at least.",
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
    for (row, again) in &panel.collapsed {
        let share = |row: &Row| format!("{:.0} %", 100.0 * dead(row).unwrap_or(f64::NAN));
        let judged = match &again.error {
            None if has_collapsed(again) => {
                format!("so did another seed, {}: left out", share(again))
            }
            None => "judged with another seed".into(),
            Some(error) => format!("{}: {error}: left out", again.cell),
        };
        let _ =
            writeln!(out, "\n{}: collapsed, {} of the units dead; {judged}.", row.cell, share(row));
    }
    out
}

fn claims(panel: &Panel, panels: &[Panel]) -> Vec<Claim> {
    let has = |model: &&'static str| panel.models.contains(model);
    let penalties = || ["CAE", "mDAE"].into_iter().filter(has);
    let mut claims = Vec::new();
    match panel.figure.number {
        1 => {
            claims.extend(penalties().map(|model| flat(panel, model)));
            if penalties().count() == 2 {
                claims.push(equal(panel));
            }
            let falling = |model| falling(panel, model);
            claims.extend(["DAE", "SAE"].into_iter().filter(has).map(falling));
            if has(&"DAE") {
                claims.push(dead_units(panel));
            }
        }
        2 | 5 => {
            claims.extend(penalties().map(|model| unpredictable(panel, panels, model)));
            if panel.figure.number == 2 && has(&"DAE") {
                claims.push(not_below(panel));
                claims.push(constraint_helps(panel, panels));
            }
        }
        _ => claims.extend(panel.models.iter().map(|model| falling(panel, model))),
    }
    claims
}

/// What the activation fraction of a model does over the coefficients.
struct Curve<'a> {
    points: Vec<(f64, f64)>,
    coefficients: &'a [f64],
}

impl<'a> Curve<'a> {
    fn of(panel: &'a Panel, model: &str) -> Self {
        Self { points: panel.means(model, fraction), coefficients: &panel.coefficients }
    }

    fn are_enough(&self) -> bool {
        are_enough(&self.points, self.coefficients)
    }

    /// A verdict, if there are runs enough to have one.
    fn judge(&self, criterion: impl Fn(&[(f64, f64)]) -> bool) -> Option<bool> {
        self.are_enough().then(|| criterion(&self.points))
    }

    fn lowest(&self) -> f64 {
        self.points.iter().map(|(_, fraction)| *fraction).fold(f64::INFINITY, f64::min)
    }
}

/// From the first to the last value, and how they are ordered.
impl Display for Curve<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        if let [(_, first), .., (_, last)] = self.points[..] {
            let (spread, spearman) = (spread(&self.points), spearman(&self.points));
            write!(
                formatter,
                "{first:.3} → {last:.3}, spread {spread:.3}, Spearman {spearman:.2}"
            )?;
        } else {
            write!(formatter, "too few runs")?;
        }
        let (there, all) = (self.points.len(), self.coefficients.len());
        if there < all { write!(formatter, ", {there} of {all} coefficients") } else { Ok(()) }
    }
}

fn flat(panel: &Panel, model: &str) -> Claim {
    let curve = Curve::of(panel, model);
    Claim {
        statement: format!("{model}: the fraction remains unchanged (§3.1)"),
        criterion: "flat".into(),
        measured: curve.to_string(),
        verdict: curve.judge(is_flat),
    }
}

fn falling(panel: &Panel, model: &str) -> Claim {
    let curve = Curve::of(panel, model);
    let section = match panel.figure.number {
        1 => "a stable decreasing trend (§3.1.1)",
        3 => "the first-order term contributes towards sparsity (§3.1.1)",
        _ if panel.activation == "softplus" => "a trend similar to the sigmoid's (footnote 4)",
        _ => "a stable trend to sparser codes (§3.2)",
    };
    Claim {
        statement: format!("{model}: {section}"),
        criterion: "falls".into(),
        measured: format!("{curve}, last/first {:.2}", ratio(&curve.points)),
        verdict: curve.judge(falls),
    }
}

fn equal(panel: &Panel) -> Claim {
    let (cae, mdae) = (Curve::of(panel, "CAE"), Curve::of(panel, "mDAE"));
    let difference = |(coefficient, cae): &(f64, f64)| {
        let same = mdae.points.iter().find(|(other, _)| other == coefficient);
        same.map(|(_, mdae)| (*coefficient, (cae - mdae).abs()))
    };
    let differences: Vec<_> = cae.points.iter().filter_map(difference).collect();
    let largest = differences.iter().map(|(_, difference)| *difference).reduce(f64::max);
    Claim {
        statement: "CAE and mDAE become equivalent at unit length (footnote 3)".into(),
        criterion: format!("fractions differ by less than {FLAT}"),
        measured: largest
            .map_or("no two runs".into(), |largest| format!("by at most {largest:.3}")),
        verdict: largest
            .filter(|_| are_enough(&differences, &panel.coefficients))
            .map(|largest| largest < FLAT),
    }
}

fn dead_units(panel: &Panel) -> Claim {
    let (curve, dead) = (Curve::of(panel, "DAE"), panel.means("DAE", dead));
    let most = |is_late: bool| {
        let points = curve.points.iter().zip(&dead);
        let wanted = points.filter(|((_, fraction), _)| (*fraction < NEAR) == is_late);
        wanted.map(|(_, (_, dead))| *dead).reduce(f64::max)
    };
    let (before, below) = (most(false), most(true));
    let text = |share: Option<f64>| match share {
        Some(share) => format!("up to {:.1} % dead", 100.0 * share),
        None => "no run".into(),
    };
    let verdict = match (before, below) {
        (Some(before), _) if before > DEAD => Some(false),
        (Some(_), Some(below)) => Some(below > DEAD),
        _ => None,
    };
    Claim {
        statement:
            "DAE: dead units start rising only after the fraction reaches around 0.05 (§3.1)".into(),
        criterion: format!(
            "at most {:.0} % dead while the fraction is {NEAR} or more, more below",
            100.0 * DEAD
        ),
        measured: format!("{} before, {} below", text(before), text(below)),
        verdict: verdict.filter(|_| curve.are_enough()),
    }
}

fn unpredictable(panel: &Panel, panels: &[Panel], model: &str) -> Claim {
    let is_predictable = |curve: &[(f64, f64)]| is_flat(curve) || falls(curve);
    let is_same = |other: &&Panel| {
        other.figure.number == panel.figure.number
            && other.activation == panel.activation
            && other.data != panel.data
    };
    let curve = Curve::of(panel, model);
    let elsewhere = panels.iter().find(is_same).map(|other| Curve::of(other, model));
    let mut measured = curve.to_string();
    let mut verdict = curve.judge(|curve| !is_predictable(curve));
    if let Some(other) = elsewhere {
        let _ = write!(measured, "; on the other data {other}");
        let differs = |points: &[(f64, f64)]| {
            !is_predictable(points) || is_flat(points) != is_flat(&curve.points)
        };
        verdict = verdict.map(|alone| alone || other.judge(differs).unwrap_or(false));
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
    let curve = Curve::of(panel, "DAE");
    Claim {
        statement: "DAE: does not go below a fraction of 0.1 without the constraint (§3.1)".into(),
        criterion: "lowest fraction at least 0.09".into(),
        measured: format!("lowest {:.3}; {curve}", curve.lowest()),
        verdict: curve.judge(|_| curve.lowest() >= 0.09),
    }
}

/// The lowest fraction without more dead units than have begun to rise; none if there are too few
/// runs.
fn lowest_alive(panel: &Panel) -> Option<f64> {
    let (curve, dead) = (Curve::of(panel, "DAE"), panel.means("DAE", dead));
    let pairs = curve.points.iter().zip(dead).filter(|(_, (_, dead))| *dead <= DEAD);
    pairs.map(|((_, fraction), _)| *fraction).reduce(f64::min).filter(|_| curve.are_enough())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures;
    use serde_json::{Value, json};

    /// Fraction and share of dead units at each coefficient; nothing for a run that failed.
    type Runs = [Option<(f64, f64)>; 4];

    const COEFFICIENTS: [f64; 4] = [0.0, 0.1, 0.5, 1.0];

    /// A run with this fraction and share of dead units, or one that failed.
    fn row(model: &str, coefficient: f64, measured: Option<(f64, f64)>) -> Row {
        let results = measured.map_or(Value::Null, |(fraction, dead)| {
            json!({
                "average_activation_fraction": fraction, "dead_fraction": dead,
                "hard_zero_fraction": 0.0, "mean_pre_activation": 0.0, "mean_filter_length": 1.0,
                "reconstruction_error": 1.0, "explained_variance": 0.5,
            })
        });
        let row = json!({
            "model": model, "activation": "ReLU", "coefficient": coefficient,
            "constraint": "None", "seed": 0, "n_hidden": 10, "epochs": 1, "batch_size": 5,
            "learning_rate": 0.001, "momentum": 0.9, "results": results, "error": null,
            "stop_reason": null, "seconds": 1.0, "history": [],
        });
        serde_json::from_value(row).unwrap()
    }

    /// Of a figure: the runs of each model.
    fn panel(
        number: usize,
        data: &'static str,
        curves: impl IntoIterator<Item = (&'static str, Runs)>,
    ) -> Panel {
        let mut panel = Panel {
            figure: figures::all()[number - 1],
            data,
            activation: "ReLU",
            models: Vec::new(),
            coefficients: COEFFICIENTS.to_vec(),
            learning_rate: 0.001,
            n_samples: 100,
            rows: Vec::new(),
            collapsed: Vec::new(),
        };
        for (model, curve) in curves {
            panel.models.push(model);
            let runs = COEFFICIENTS.iter().zip(curve);
            panel.rows.extend(runs.map(|(coefficient, run)| row(model, *coefficient, run)));
        }
        panel
    }

    fn alive(fractions: [f64; 4]) -> Runs {
        fractions.map(|fraction| Some((fraction, 0.0)))
    }

    /// The verdicts on the only panel.
    fn verdicts(panel: Panel) -> Vec<Option<bool>> {
        claims(&panel, &[]).iter().map(|claim| claim.verdict).collect()
    }

    #[test]
    fn curves_are_judged_by_what_is_there() {
        let falls = |curve| verdicts(panel(3, "digits", [("eDAE", curve)]));
        let whole = alive([0.5, 0.4, 0.2, 0.1]);
        assert_eq!(falls(whole), [Some(true)]);
        assert_eq!(falls(alive([0.5, 0.4, 0.45, 0.4])), [Some(false)]);
        // One of four may be missing, but not the first.
        let [first, second, third, fourth] = whole;
        assert_eq!(falls([first, second, third, None]), [Some(true)]);
        assert_eq!(falls([None, second, third, fourth]), [None]);
        assert_eq!(falls([first, None, third, None]), [None]);
        // Where all units are dead nothing is sparse.
        let dead = Some((0.0, 1.0));
        assert_eq!(falls([first, Some((0.45, 0.0)), Some((0.4, 0.0)), dead]), [Some(false)]);
        let collapsed = [first, second, dead, dead];
        assert_eq!(falls(collapsed), [None]);
        let panel = panel(3, "digits", [("eDAE", collapsed)]);
        assert_eq!(panel.left_out("eDAE", super::dead), [(0.5, 1.0), (1.0, 1.0)]);
        assert_eq!(panel.left_out("eDAE", fraction), [(0.5, 0.0), (1.0, 0.0)]);
    }

    #[test]
    fn the_first_figure_has_its_claims() {
        let (flat, other) = (alive([0.35, 0.35, 0.34, 0.34]), alive([0.35, 0.35, 0.34, 0.37]));
        let mut noisy = alive([0.35, 0.2, 0.1, 0.03]);
        noisy[3] = Some((0.03, 0.2));
        let curves = |cae, mdae, dae| [("CAE", cae), ("mDAE", mdae), ("DAE", dae)];
        // CAE and mDAE are flat and equal; DAE falls, and its units die below 0.07 only.
        let all = verdicts(panel(1, "digits", curves(flat, flat, noisy)));
        assert_eq!(all, [Some(true); 5]);
        let all = verdicts(panel(1, "digits", curves(flat, other, noisy)));
        assert_eq!(all, [Some(true), Some(false), Some(false), Some(true), Some(true)]);
        noisy[2] = Some((0.1, 0.02));
        let all = verdicts(panel(1, "digits", curves(flat, flat, noisy)));
        assert_eq!(all[4], Some(false));
        // Dead units that rise below 0.07 say nothing if no run was above.
        let sparse = [0.06, 0.05, 0.04, 0.03].map(|fraction| Some((fraction, 0.1)));
        let all = verdicts(panel(1, "digits", curves(flat, flat, sparse)));
        assert_eq!(all[4], None);
        // At different coefficients nothing is compared.
        let all = verdicts(panel(1, "digits", curves(flat, [None; 4], noisy)));
        assert_eq!(all[1..3], [None, None]);
    }

    #[test]
    fn unpredictable_is_what_neither_falls_nor_is_flat_or_differs() {
        let (falling, flat, rising) =
            (alive([0.5, 0.4, 0.2, 0.1]), alive([0.5, 0.5, 0.5, 0.5]), alive([0.5, 0.6, 0.7, 0.8]));
        let verdict = |here: Runs, there: Runs| {
            let here = panel(5, "mnist", [("CAE", here)]);
            let there = panel(5, "cifar10", [("CAE", there)]);
            unpredictable(&here, &[there], "CAE").verdict
        };
        assert_eq!(verdict(falling, falling), Some(false));
        assert_eq!(verdict(flat, flat), Some(false));
        assert_eq!(verdict(falling, flat), Some(true));
        assert_eq!(verdict(falling, rising), Some(true));
        assert_eq!(verdict(rising, falling), Some(true));
        // Nothing is known of the other data.
        assert_eq!(verdict(falling, [None; 4]), Some(false));
        assert_eq!(verdict(falling, [falling[0], None, None, None]), Some(false));
        assert_eq!(verdict([None; 4], rising), None);
    }
}
