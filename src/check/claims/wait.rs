//! Proposed waits: a wait that the test has already waited would not have helped.

use std::sync::LazyLock;

use regex::Regex;

use super::super::document::Part;
use super::super::quantity::{Length, spoken};
use super::{Case, Kind, NO_BUNDLE, Said, Source};
use crate::instant::{MILLISECOND, Nanos, SECOND};
use crate::report::Failure;

/// Proposed waits.
pub static WAIT: Kind = Kind { name: "wait", about: "a proposed wait would have helped", examine };

static SLEEP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bsleep\((?P<n>\d{1,9}) ?\* ?time\.(?P<unit>millisecond|second)|\b(?:add|sleep|wait)(?: (?:a|an|of|for|another|at least))* ~?(?P<length>\d[\d.]* ?(?:ms|s|seconds?)\b)")
        .expect("a constant")
});

fn examine(case: &Case<'_>) -> Vec<Said> {
    let lines = case.lines().filter(|line| line.says() || line.part == Part::Code);
    let found = lines.flat_map(|line| {
        let text = line.plain();
        let lengths: Vec<Nanos> = SLEEP.captures_iter(&text).filter_map(|found| proposed(&found)).collect();
        lengths.into_iter().map(move |length| (line.number, length)).collect::<Vec<_>>()
    });
    found.map(|(line, length)| judge(case, line, length)).collect()
}

fn proposed(found: &regex::Captures<'_>) -> Option<Nanos> {
    match (found.name("n"), found.name("length")) {
        (Some(number), _) => {
            let unit = if found["unit"].eq_ignore_ascii_case("second") { SECOND } else { MILLISECOND };
            number.as_str().parse::<Nanos>().ok()?.checked_mul(unit)
        }
        (_, Some(length)) => Some(Length::all(length.as_str()).first()?.hi),
        _ => None,
    }
}

fn judge(case: &Case<'_>, line: u32, length: Nanos) -> Said {
    let said = format!("wait {}", spoken(length));
    if let Some(judged) = by_bundle(case, line, length, &said) {
        return judged;
    }
    match case.story.window {
        Some(window) if window.timeout >= length => {
            let expected = format!("longer than the {} that the test already looked", spoken(window.timeout));
            Said::contradicted(line, said, expected, spoken(length), vec![Source::Line(window.line)])
        }
        Some(_) => {
            Said::unchecked(line, said, "it is longer than the test looked; the document does not tell what comes then")
        }
        None if case.bundle.is_some() => {
            Said::unchecked(line, said, "the logs do not tell whether a longer wait would have helped")
        }
        None => Said::unchecked(line, said, NO_BUNDLE),
    }
}

fn by_bundle(case: &Case<'_>, line: u32, length: Nanos, said: &str) -> Option<Said> {
    let (bundle, _) = case.bundle?;
    let known: Vec<&Failure> = bundle.failures().filter(|failure| failure.wait.helps.is_some()).collect();
    let places = |failure: &Failure| {
        let places: Vec<Source> = failure.wait.places.iter().take(3).cloned().map(Source::Place).collect();
        if places.is_empty() { vec![Source::Field("failures")] } else { places }
    };
    let helped = known.iter().find(|failure| failure.wait.helps == Some(true));
    let Some(failure) = helped else {
        let failure = known.first()?;
        let expected = "a change of something else: no wait would have helped";
        return Some(Said::contradicted(line, said, expected, spoken(length), places(failure)));
    };
    let extra = failure.wait.extra?;
    if extra.lo_ns.is_some_and(|lo| lo > length) {
        let expected = format!("at least {}", spoken(extra.lo_ns.unwrap_or_default()));
        return Some(Said::contradicted(line, said, expected, spoken(length), places(failure)));
    }
    if extra.hi_ns.is_some_and(|hi| hi <= length) {
        return Some(Said::holds(line, said, places(failure)));
    }
    Some(Said::unchecked(line, said, "the logs do not tell so exactly how long a wait would have helped"))
}
