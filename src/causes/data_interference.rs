//! DATA-INTERFERENCE: rows of other objects, runs or processes were among those returned.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::report::Family;

/// Rows of others were found.
pub static DATA_INTERFERENCE: Cause = Cause {
    code: "data-interference",
    family: Family::Other,
    title: "Rows of others were found",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# data-interference

Rows of others were found.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    for journey in &case.journeys {
        let Some(expected) = journey.wanted.expected else { continue };
        let own = case.repeated(journey);
        let foreign: Vec<_> = journey.emissions.iter().filter(|event| !own.contains(event)).copied().collect();
        let found = journey.wanted.found.unwrap_or(0);
        if !foreign.is_empty() && (found > expected || own.len() as u64 <= expected) {
            let text = format!("{} events of other objects carry the same id", foreign.len());
            let lines = foreign.iter().filter_map(|event| case.world.events[*event].ended);
            examined.supporting.push(case.evidence(text, lines));
        } else if foreign.is_empty() && journey.event.is_some() {
            let lines = own.iter().filter_map(|event| case.world.events[*event].ended);
            examined.excluding.push(case.evidence("no other object emitted under this id", lines));
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let journey = case.journeys.first();
    let found = journey.and_then(|journey| journey.wanted.found).unwrap_or(0);
    let id = journey.and_then(|journey| journey.wanted.correlation_id.as_deref()).unwrap_or("the id");
    format!("{found} rows were found where the test expects its own: other objects emit under {id} too.")
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Give every spec an id of its own; ids shared between specs or runs make counts meaningless.".to_owned(), None)
}
