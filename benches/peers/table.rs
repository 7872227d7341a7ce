//! The results in Markdown.

use crate::compare::Outcome;
use crate::measure::median;
use crate::rows::Row;
use crate::scaling::{Cost, Family};

pub const COMPARISONS: &str = "\
| shape | model | activation | precision | threads | peer | peer, ms | ours, ms | peer ÷ ours | \
of single rounds | bar | |
|---|---|---|---|---|---|---|---|---|---|---|---|";

pub fn comparison(row: &Row, outcome: &Outcome) -> String {
    let times = match outcome {
        Outcome::Measured(times) => times,
        Outcome::Unavailable(reason) => {
            return format!("| {row} | not available: {reason} | | | | | |");
        }
    };
    let (ratio, (low, high)) = (times.ratio(), times.spread());
    let (peer, ours) = (median(&times.peer), median(&times.ours));
    let (bar, verdict) = match row.bar {
        Some(bar) => (bar.to_string(), if bar.is_met(ratio) { "met" } else { "missed" }),
        None => (String::new(), ""),
    };
    let unsteady = if times.are_steady() { "" } else { " unsteady" };
    let ratio = format!("**{ratio:.2}** | {low:.2}–{high:.2}");
    format!("| {row} | {peer:.3} | {ours:.3} | {ratio} | {bar} | {verdict}{unsteady} |")
}

pub const COSTS: &str = "\
| size | | ms | of what | ms ÷ size, relative to the first |
|---|---|---|---|---|";

pub fn costs(family: &Family, costs: &[Cost]) -> String {
    let first = costs[0].per_size();
    let line = |cost: &Cost| {
        let (median, relative) = (cost.median(), cost.per_size() / first);
        let Family { what, unit, .. } = family;
        format!("| {what} | {} | {median:.3} | {unit} | {relative:.2} |", cost.size)
    };
    costs.iter().map(line).collect::<Vec<_>>().join("\n")
}
