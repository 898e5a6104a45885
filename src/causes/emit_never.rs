//! EMIT-NEVER: the event was never handed to the store.

use super::{Cause, Examined};
use crate::report::{Link, State};
use crate::correlate::journeys::Case;
use crate::report::Family;

/// See the manual below.
pub static EMIT_NEVER: Cause = Cause {
    code: "emit-never",
    family: Family::Other,
    title: "The event was never emitted",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# emit-never

The event was never emitted.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    for journey in &case.journeys {
        let emitted = journey.link(Link::Emitted);
        let name = journey.wanted.event_type.as_deref().unwrap_or("the awaited event");
        match emitted.state {
            State::Absent => {
                let because = emitted.because.clone().unwrap_or_default();
                let lines = if emitted.seen.is_empty() { case.block_lines() } else { emitted.seen.clone() };
                examined.supporting.push(case.evidence(format!("{name} was never handed to the store: {because}"), lines));
            }
            State::Seen => {
                examined.excluding.push(case.evidence(format!("{name} was handed to the store"), emitted.seen.clone()));
            }
            State::Pending | State::Unobservable => {}
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let journey = case.journeys.first();
    let name = journey.and_then(|journey| journey.wanted.event_type.as_deref()).unwrap_or("the awaited event");
    let others = journey.map_or(0, |journey| journey.emissions.len());
    if others > 0 {
        format!("{name} was emitted {others} times, fewer than the test expects.")
    } else {
        format!("{name} was never handed to the audit store, so no wait could have found it.")
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Look for the path on which the service should emit the event: not reconciled, a nil client, a condition not met, or another business path taken.".to_owned(), None)
}
