//! INFRA-DOWN: `DataStorage` or PostgreSQL was not running.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::report::Family;

/// DataStorage was not running.
pub static INFRA_DOWN: Cause = Cause {
    code: "infra-down",
    family: Family::Other,
    title: "DataStorage was not running",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# infra-down

DataStorage was not running.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let unreachable = case.unreachable_lines();
    if !unreachable.is_empty() {
        examined.supporting.push(case.evidence("the server could not be reached", unreachable));
    }
    let served = case.served_between_attempt_and_last_look();
    if let Some(first) = served.first() {
        examined
            .excluding
            .push(case.evidence("the server answered requests in the window", [case.world.requests[*first].at]));
    } else if let Some((text, seen)) = case.server_end() {
        examined.supporting.push(case.evidence(text, [seen]));
    }
    examined
}

fn sentence(_: &Case<'_>) -> String {
    "DataStorage was not running while the test needed it, so nothing could be written or read.".to_owned()
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Find out why DataStorage stopped or never started: the exit code of its container, the end of its log, PostgreSQL's log.".to_owned(), None)
}
