//! QUERY-SLOW: the queries were so slow that too few of them were answered.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::instant::SECOND;
use crate::instant::spoken;
use crate::report::Family;

/// The queries were too slow.
pub static QUERY_SLOW: Cause = Cause {
    code: "query-slow",
    family: Family::QueryTiming,
    title: "The queries were too slow",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# query-slow

The queries were too slow.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let lost = case.timed_out_looks();
    let all = case.looking.looks.len();
    if !lost.is_empty() {
        let text = format!("{} of {all} queries were given up by the client before their answer", lost.len());
        examined.supporting.push(case.evidence(text, lost));
    } else if let Some((slowest, seen)) = case.slowest_look() {
        if slowest < SECOND {
            examined
                .excluding
                .push(case.evidence(format!("the slowest of {all} queries took {}", spoken(slowest)), [seen]));
        } else {
            examined
                .supporting
                .push(case.evidence(format!("the slowest of {all} queries took {}", spoken(slowest)), [seen]));
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let lost = case.timed_out_looks().len();
    format!("{lost} of {} queries timed out, so the test hardly saw what was there.", case.looking.looks.len())
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Find what slows the queries (an index, a lock, a proxy), and do not let the helper turn a failed query into 0 events.".to_owned(), None)
}
