//! A comparison of bundles: on a screen, in a pull request, and for programs.

mod markdown;
mod text;

use std::io::{self, Write};

use super::json::write_document;
use super::times::{length, length_if_known};
use super::{Style, words};
use crate::compare::{Comparison, Kind, Row};
use crate::report::RunOutcome;

/// Writes a comparison; fails only when `out` does.
pub type Render = fn(&Comparison, &Style, &mut dyn Write) -> io::Result<()>;

/// All outputs of a comparison, the default first.
pub const ALL: &[(&str, Render)] = &[("text", text::render), ("markdown", markdown::render), ("json", json)];

/// Writes the comparison as one JSON object.
fn json(comparison: &Comparison, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    write_document(comparison, out)
}

/// The word for a difference.
const fn kind(of: Kind) -> &'static str {
    match of {
        Kind::Slow => "slow",
        Kind::Fast => "fast",
        Kind::Missing => "missing",
        Kind::Extra => "extra",
        Kind::NewError => "new error",
        Kind::Setting => "setting",
    }
}

/// Names of what [`cells`] gives.
const HEAD: [&str; 10] =
    ["service", "writes", "p50", "p95", "max", "success", "flush interval", "flush wait p95", "passed", "cause"];

/// One row.
fn cells(row: &Row) -> [String; 10] {
    let intervals: Vec<String> = row.flush_intervals.iter().map(|d| length(*d)).collect();
    let unknown = || "not known".to_owned();
    let success = match row.answered {
        0 => unknown(),
        all if all == row.succeeded => "all".to_owned(),
        all => format!("{} of {}", words::grouped(row.succeeded), words::grouped(all)),
    };
    let passed = match (row.passed, row.failed) {
        (Some(passed), Some(failed)) => format!("{passed} of {}", u64::from(passed) + u64::from(failed)),
        _ => unknown(),
    };
    let cause = match (row.outcome, row.cause, row.confidence) {
        (RunOutcome::Healthy, ..) => "none, healthy".to_owned(),
        (RunOutcome::Undetermined, ..) => "undetermined".to_owned(),
        (_, Some(cause), Some(sure)) => format!("{cause} ({})", words::confidence(sure)),
        (_, cause, _) => cause.unwrap_or("unknown").to_owned(),
    };
    [
        row.service.clone().unwrap_or_else(unknown),
        words::grouped(row.writes.count),
        length_if_known(row.writes.p50),
        length_if_known(row.writes.p95),
        length_if_known(row.writes.max),
        success,
        if intervals.is_empty() { unknown() } else { intervals.join(", ") },
        length_if_known(row.flush_wait.as_ref().and_then(|spread| spread.p95)),
        passed,
        cause,
    ]
}

/// What a bundle without a difference is told.
fn equal(comparison: &Comparison) -> String {
    format!("No bundle differs surely and notably from {}.", comparison.reference)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::compare::compare;
    use crate::instant::{MILLISECOND as MS, SECOND};
    use crate::render::fixture;
    use crate::report::Duration;

    fn two() -> Comparison {
        let mut failing = fixture::one();
        failing.services[0].writes.p95 = Some(Duration::exact(4 * SECOND));
        failing.requests[0].duration = Duration::exact(4 * SECOND);
        failing.requests[0].status = 503;
        failing.settings[1].value = "10".to_owned();
        failing.events[0].event_type = "classification.extra".to_owned();
        compare(&[("runs/a/bundle".to_owned(), failing), ("runs/b/bundle".to_owned(), fixture::healthy())])
    }

    fn rendered(comparison: &Comparison, name: &str, style: &Style) -> String {
        let mut out = Vec::new();
        let (_, render) = ALL.iter().find(|(known, _)| *known == name).expect("a registered name");
        render(comparison, style, &mut out).expect("a Vec takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_passing_bundle_is_what_the_others_are_compared_with() {
        let comparison = two();
        assert_eq!(comparison.reference, "b/bundle");
        let kinds: Vec<Kind> = comparison.differences.iter().map(|d| d.kind).collect();
        let expected = [Kind::Slow, Kind::Missing, Kind::Extra, Kind::NewError, Kind::NewError, Kind::Setting];
        assert_eq!(kinds, expected);
        for difference in &comparison.differences {
            let both = !difference.passing.places.is_empty() && !difference.other.places.is_empty();
            let absent = |text: &str| text.starts_with("none") || text.starts_with("nothing");
            assert!(both || absent(&difference.passing.text) || absent(&difference.other.text), "{difference:?}");
        }
    }

    #[test]
    fn equal_bundles_do_not_differ() {
        let comparison = compare(&[("a".to_owned(), fixture::healthy()), ("b".to_owned(), fixture::healthy())]);
        assert!(comparison.differences.is_empty());
        assert!(
            rendered(&comparison, "text", &Style::default()).contains("No bundle differs surely and notably from a.")
        );
        let mut slower = fixture::healthy();
        slower.services[0].writes.p95 = Some(Duration { lo_ns: Some(10 * MS), hi_ns: Some(400 * MS) });
        let comparison = compare(&[("a".to_owned(), fixture::healthy()), ("b".to_owned(), slower)]);
        assert!(comparison.differences.is_empty(), "what may be equal does not differ");
    }

    #[test]
    fn each_output_has_both_bundles_and_stays_within_its_bounds() {
        let comparison = two();
        let text = rendered(&comparison, "text", &Style::default());
        for word in ["a/bundle", "b/bundle", "4 s", "slow", "status 503 to POST", "p95 18 ms"] {
            assert!(text.contains(word), "{word} in\n{text}");
        }
        assert!(text.lines().all(|line| crate::render::layout::width(line) <= 80), "{text}");
        let markdown = rendered(&comparison, "markdown", &Style::default());
        assert!(markdown.contains("| `a/bundle` | signalprocessing |"), "{markdown}");
        let json: Value = serde_json::from_str(&rendered(&comparison, "json", &Style::default())).expect("JSON");
        assert_eq!(json["bundles"][0]["bundle"], "a/bundle");
        assert_eq!(json["differences"][0]["kind"], "slow");
    }

    #[test]
    fn hostile_text_is_inert() {
        let mut passing = fixture::hostile();
        passing.verdict.outcome = RunOutcome::Healthy;
        passing.settings[1].value = "other".to_owned();
        let comparison = compare(&[(fixture::HOSTILE.to_owned(), passing), ("b".to_owned(), fixture::hostile())]);
        for (name, _) in ALL {
            let text = rendered(&comparison, name, &Style::default());
            let bad = text.chars().find(|c| *c != '\n' && crate::render::escape::is_hidden(*c) && *c != '\u{200b}');
            assert_eq!(bad, None, "{name}");
            assert!(*name == "json" || !text.contains("\n::error"), "{name}");
        }
        assert!(!rendered(&comparison, "markdown", &Style::default()).contains("<img"));
    }
}
