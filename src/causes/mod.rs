//! Causes: one a file, each with its evidence, its fix and its manual. A cause knows one case, and no other cause.
//!
//! To add one: a file here, and two lines below (`mod`, `ALL`). Where it stands among the others is for `verdict`.

mod assert;
mod buffer_full;
mod data_interference;
mod dlq_202;
mod emit_dup;
mod emit_late;
mod emit_never;
mod flush_delay;
mod flush_order;
mod infra_down;
mod query_early;
mod query_err;
mod query_filter;
mod query_page;
mod query_slow;
mod query_window;
mod reject_4xx;
mod send_loss;
mod server_5xx;
mod store_closed;
mod validate_drop;
mod write_dup;
mod write_slow;

pub use assert::ASSERT;
pub use buffer_full::BUFFER_FULL;
pub use data_interference::DATA_INTERFERENCE;
pub use dlq_202::DLQ_202;
pub use emit_dup::EMIT_DUP;
pub use emit_late::EMIT_LATE;
pub use emit_never::EMIT_NEVER;
pub use flush_delay::FLUSH_DELAY;
pub use flush_order::FLUSH_ORDER;
pub use infra_down::INFRA_DOWN;
pub use query_early::QUERY_EARLY;
pub use query_err::QUERY_ERR;
pub use query_filter::QUERY_FILTER;
pub use query_page::QUERY_PAGE;
pub use query_slow::QUERY_SLOW;
pub use query_window::QUERY_WINDOW;
pub use reject_4xx::REJECT_4XX;
pub use send_loss::SEND_LOSS;
pub use server_5xx::SERVER_5XX;
pub use store_closed::STORE_CLOSED;
pub use validate_drop::VALIDATE_DROP;
pub use write_dup::WRITE_DUP;
pub use write_slow::WRITE_SLOW;

use crate::correlate::Seen;
use crate::correlate::facts::Trouble;
use crate::correlate::journeys::Case;
use crate::correlate::replay::Fate;
use crate::report::{Evidence, Family};

/// Something that makes an audit test fail.
pub struct Cause {
    /// Its code in kebab-case, as in every output.
    pub code: &'static str,
    /// Its answer to "write latency, flush delay or query timing?".
    pub family: Family,
    /// A few words.
    pub title: &'static str,
    /// The page that `explain` prints; the section "What to do" feeds the report's `fix`.
    pub manual: &'static str,
    /// What the case's lines say for and against it.
    pub examine: fn(&Case<'_>) -> Examined,
    /// What happened, in one sentence without the cause's name.
    pub sentence: fn(&Case<'_>) -> String,
    /// What to do, and the setting to change.
    pub fix: fn(&Case<'_>) -> (String, Option<&'static str>),
}

impl std::fmt::Debug for Cause {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.code)
    }
}

/// Evidence about one cause.
#[derive(Debug, Default)]
pub struct Examined {
    /// What speaks for it.
    pub supporting: Vec<Evidence>,
    /// What speaks against it.
    pub against: Vec<Evidence>,
    /// What excludes it.
    pub excluding: Vec<Evidence>,
}

/// Every cause, in the order of the pipeline.
pub static ALL: &[&Cause] = &[
    &INFRA_DOWN,
    &EMIT_NEVER,
    &EMIT_LATE,
    &EMIT_DUP,
    &VALIDATE_DROP,
    &BUFFER_FULL,
    &STORE_CLOSED,
    &FLUSH_DELAY,
    &FLUSH_ORDER,
    &SEND_LOSS,
    &REJECT_4XX,
    &SERVER_5XX,
    &DLQ_202,
    &WRITE_SLOW,
    &WRITE_DUP,
    &QUERY_EARLY,
    &QUERY_WINDOW,
    &QUERY_SLOW,
    &QUERY_FILTER,
    &QUERY_PAGE,
    &QUERY_ERR,
    &ASSERT,
    &DATA_INTERFERENCE,
];

/// The cause with a code.
pub fn named(code: &str) -> Option<&'static Cause> {
    ALL.iter().copied().find(|cause| cause.code == code)
}

/// Evidence by the server's answers to the event's batch: the last one that `status` picks is for the cause, a created
/// batch excludes it.
fn answered(case: &Case<'_>, failure: &str, status: fn(&Trouble) -> Option<u16>) -> Examined {
    let mut examined = Examined::default();
    let Some(batch) = case.batch() else { return examined };
    if let Some(status) = case.troubles(batch).iter().rev().find_map(|(trouble, _)| status(trouble)) {
        let words = case.handler_words(batch, status).map_or_else(String::new, |words| format!(": {words}"));
        let text = format!("the server {failure} its batch of {} with status {status}{words}", batch.size);
        examined.supporting.push(case.evidence(text, case.batch_lines(batch)));
    } else {
        examined.excluding.extend(case.accepted(batch));
    }
    examined
}

/// Evidence by the end of the event's calls: `fate` is for the cause, a buffered event excludes it.
fn not_taken(case: &Case<'_>, fate: Fate, what: &str) -> Examined {
    let mut examined = Examined::default();
    for (journey, event) in case.followed() {
        if event.fate == fate {
            let error = event.ended.and_then(|seen| case.refusal(seen));
            let text = error.map_or_else(|| what.to_owned(), |error| format!("{what}: {error}"));
            examined.supporting.push(case.evidence(text, event.called.into_iter().chain(event.ended)));
        } else if event.fate == Fate::Buffered && journey.under_other_id.is_none() {
            examined.excluding.push(case.evidence("the event was buffered", event.ended));
        }
    }
    examined
}

/// Evidence that more time would not have helped: looks came back after the event was visible.
fn looked_in_vain(case: &Case<'_>) -> Option<Evidence> {
    let after = case.answered_after_visible();
    let text = format!("{} looks came back after the event was visible, and the test went on", after.len());
    let lines: Vec<Seen> = after.into_iter().filter_map(|look| case.look_line(look)).collect();
    (!lines.is_empty()).then(|| case.evidence(text, lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_and_folder_agree() {
        let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/causes"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".rs", "").replace('_', "-"))
            .filter(|name| name != "mod")
            .collect();
        let mut codes: Vec<&str> = ALL.iter().map(|cause| cause.code).collect();
        files.sort_unstable();
        codes.sort_unstable();
        assert_eq!(files, codes);
    }

    /// What every manual answers, in this order.
    const SECTIONS: [&str; 7] = [
        "## What happened",
        "## How it is told",
        "## What rules it out",
        "## What it is confused with",
        "## What to do",
        "## An example",
        "## What would overturn it",
    ];

    #[test]
    fn every_manual_has_its_sections_in_order() {
        use unicode_width::UnicodeWidthStr;
        for cause in ALL {
            let code = cause.code;
            let lines: Vec<&str> = cause.manual.lines().collect();
            assert_eq!(lines[0], format!("# {code}"));
            let sections: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("## ")).collect();
            assert_eq!(sections, SECTIONS, "{code}");
            for line in &lines {
                assert!(line.width() <= 78, "{code}: wider than 78 columns: {line}");
            }
            assert!((25..=45).contains(&lines.len()), "{code}: {} lines", lines.len());
            // The summary names the family, and each section says something.
            let family = match cause.family {
                Family::WriteLatency => "Family: write latency.",
                Family::FlushDelay => "Family: flush delay.",
                Family::QueryTiming => "Family: query timing.",
                Family::Other | Family::Unknown => "Family: other.",
            };
            let summary = cause.manual.split("## ").next().unwrap_or_default().replace('\n', " ");
            assert!(summary.contains(family), "{code}: expected {family} in the summary, found {summary}");
            assert!(
                lines.windows(2).all(|pair| !pair[0].starts_with("## ") || !pair[1].is_empty()),
                "{code}: an empty section"
            );
        }
    }

    #[test]
    fn manuals_name_only_causes_that_exist() {
        for cause in ALL {
            let confused = cause.manual.split("## What it is confused with").nth(1).unwrap_or_default();
            let confused = confused.split("## ").next().unwrap_or_default();
            for line in confused.lines().filter_map(|line| line.strip_prefix("- `")) {
                let head = line.split_once(':').map_or(line, |(head, _)| head);
                for other in head.split(", ").map(|name| name.trim_matches('`')) {
                    assert_ne!(other, cause.code, "{}: confused with itself", cause.code);
                    let known = named(other).is_some() || other.contains('_');
                    assert!(known, "{}: expected a cause, found {other}", cause.code);
                }
            }
        }
    }

    #[test]
    fn documentation_lists_every_cause() {
        let table = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/causes.md"));
        let (causes, _) = table.split_once("## Findings").expect("the causes stand before the findings");
        let rows: Vec<(&str, &str)> = causes
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .filter_map(|(code, rest)| Some((code, rest.split(" | ").next()?)))
            .collect();
        let expected: Vec<(&str, &str)> = ALL
            .iter()
            .map(|cause| {
                let family = match cause.family {
                    Family::WriteLatency => "write latency",
                    Family::FlushDelay => "flush delay",
                    Family::QueryTiming => "query timing",
                    Family::Other | Family::Unknown => "other",
                };
                (cause.code, family)
            })
            .collect();
        assert_eq!(rows, expected);
    }
}
