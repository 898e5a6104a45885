//! EMIT-NEVER: the event was never handed to the store.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::report::{Family, Link, State};

/// The event was never emitted.
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
                let because = emitted.because.as_deref().unwrap_or("no call for it");
                let text = format!("{name} was never handed to the store: {because}");
                examined.supporting.push(case.evidence(text, emitted.seen.iter().copied()));
            }
            State::Seen => {
                let text = format!("{name} was handed to the store");
                examined.excluding.push(case.evidence(text, emitted.seen.iter().copied()));
            }
            State::Pending | State::Unobservable => {}
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    match case.journeys.first().map_or(0, |journey| journey.emissions.len()) {
        0 => format!("{name} was never handed to the audit store, so no wait could have found it."),
        count => format!("{name} was emitted {count} times, fewer than the test expects."),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Look for the path on which the service should emit the event: an object that is not reconciled, a nil client, a condition that was not met, another business path.".to_owned(), None)
}
