//! QUERY-WINDOW: the window of looking was shorter than a normal flush and write.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::instant::spoken;
use crate::report::Family;

/// The window of looking was too short.
pub static QUERY_WINDOW: Cause = Cause {
    code: "query-window",
    family: Family::QueryTiming,
    title: "The window of looking was too short",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# query-window

The window of looking was too short.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let after = case.looks_after_visible();
    if let Some(look) = after.first() {
        let text = format!("{} looks after the event was visible still did not find it", after.len());
        examined.excluding.push(case.evidence(text, case.look_line(look)));
        return examined;
    }
    let Some(window) = case.window().filter(|_| case.looking.to_deadline) else { return examined };
    let limit = case.pipeline_limit();
    let line = case.looking.looks.last().and_then(|look| case.look_line(look));
    if window < limit {
        let text =
            format!("the test looked for {}; a normal flush and write may take {}", spoken(window), spoken(limit));
        examined.supporting.push(case.evidence(text, line));
    } else {
        let text =
            format!("the test looked for {}; a normal flush and write take at most {}", spoken(window), spoken(limit));
        examined.excluding.push(case.evidence(text, line));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let window = case.window().map_or_else(|| "too short a time".to_owned(), spoken);
    format!("the test looked for {window} only; a normal flush and write may take {}.", spoken(case.pipeline_limit()))
}

fn fix(case: &Case<'_>) -> (String, Option<&'static str>) {
    (
        format!("Raise the time-out above {}, or flush the store before looking.", spoken(case.pipeline_limit())),
        Some("Eventually time-out"),
    )
}
