//! What a check found.

use std::fmt;

/// The outcome of one law.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The law, in words.
    pub law: &'static str,
    /// How many cases were looked at.
    pub cases: usize,
    /// How many of them contradict the law.
    pub violations: usize,
    /// The first of these, with its numbers.
    pub first_violation: Option<String>,
}

/// What a check found, law by law; readable by [`Display`](fmt::Display).
///
/// ```
/// use regularized_autoencoder::{Softplus, check};
/// let report = check::activation::<f64>(&Softplus::new());
/// assert!(report.passed(), "{report}");
/// println!("{report}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing contradicts any law.
    pub fn passed(&self) -> bool {
        self.findings.iter().all(|finding| finding.violations == 0)
    }

    /// The outcome of every law that was looked at.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The outcomes of the laws that are contradicted.
    pub fn violated(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.violations > 0)
    }

    /// Whether this law is contradicted.
    pub fn violates(&self, law: &str) -> bool {
        self.violated().any(|finding| finding.law == law)
    }

    /// Records a case of a law, with what contradicts it if something does.
    pub(super) fn record(&mut self, law: &'static str, violation: Option<String>) {
        let at = match self.findings.iter().position(|finding| finding.law == law) {
            Some(at) => at,
            None => {
                let new = Finding { law, cases: 0, violations: 0, first_violation: None };
                self.findings.push(new);
                self.findings.len() - 1
            }
        };
        let finding = &mut self.findings[at];
        finding.cases += 1;
        if violation.is_some() {
            finding.violations += 1;
            if finding.first_violation.is_none() {
                finding.first_violation = violation;
            }
        }
    }

    /// Records a case that holds, or what contradicts it.
    pub(super) fn expect(
        &mut self,
        law: &'static str,
        holds: bool,
        violation: impl FnOnce() -> String,
    ) {
        self.record(law, if holds { None } else { Some(violation()) });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let Finding { law, cases, violations, first_violation } = finding;
            match first_violation {
                None => writeln!(formatter, "holds    {law} ({cases} cases)")?,
                Some(first) => {
                    writeln!(formatter, "VIOLATED {law} ({violations} of {cases} cases): {first}")?;
                }
            }
        }
        Ok(())
    }
}
