//! Claims: one kind a file. A kind knows how to find its statements in a document, and what refutes them; it knows no
//! other kind.
//!
//! To add one: a file here, and two lines below (`mod`, `ALL`).

mod counts;
mod durations;
mod flushed;
mod loss;
pub(super) mod names;
mod order;
pub(super) mod places;
mod process;
pub(super) mod quotes;
mod rates;
mod settings;
pub(super) mod stamps;
mod statuses;
mod sums;
mod timer_bug;
mod too_early;
mod wait;
mod zones;

use super::{Case, Claim, Outcome, Source};

/// A kind of claim.
pub struct Kind {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// What it checks, in a few words.
    pub about: &'static str,
    /// Finds and judges its claims.
    pub examine: fn(&Case<'_>) -> Vec<Said>,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// A claim before its kind is written on it.
#[derive(Debug, Clone)]
pub struct Said {
    line: u32,
    words: String,
    outcome: Outcome,
}

impl Said {
    fn holds(line: u32, said: impl Into<String>, by: Vec<Source>) -> Self {
        Self { line, words: said.into(), outcome: Outcome::Holds { by } }
    }

    fn contradicted(
        line: u32,
        said: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        by: Vec<Source>,
    ) -> Self {
        let outcome = Outcome::Contradicted { expected: expected.into(), found: found.into(), by };
        Self { line, words: said.into(), outcome }
    }

    fn unchecked(line: u32, said: impl Into<String>, because: impl Into<String>) -> Self {
        Self { line, words: said.into(), outcome: Outcome::Unchecked { because: because.into() } }
    }

    pub(super) fn of(self, kind: &'static str) -> Claim {
        Claim { kind, line: self.line, said: self.words, outcome: self.outcome }
    }
}

/// What a claim is told when there is nothing to hold it against.
const NO_BUNDLE: &str = "no bundle was given";

/// Every kind of claim.
pub static ALL: &[&Kind] = &[
    &quotes::QUOTES,
    &stamps::STAMPS,
    &names::NAMES,
    &places::PLACES,
    &counts::COUNTS,
    &rates::RATES,
    &sums::SUMS,
    &durations::DURATIONS,
    &settings::SETTINGS,
    &statuses::STATUSES,
    &order::ORDER,
    &zones::ZONES,
    &too_early::TOO_EARLY,
    &wait::WAIT,
    &flushed::FLUSHED,
    &timer_bug::TIMER_BUG,
    &loss::LOSS,
    &process::PROCESS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_and_folder_agree() {
        let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/check/claims"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".rs", "").replace('_', "-"))
            .filter(|name| name != "mod")
            .collect();
        let mut names: Vec<&str> = ALL.iter().map(|kind| kind.name).collect();
        files.sort_unstable();
        names.sort_unstable();
        assert_eq!(files, names);
    }
}
