//! VALIDATE-DROP: the client's own validation refused the event.

use super::{Cause, Examined};

use crate::correlate::Seen;
use crate::correlate::journeys::Case;
use crate::correlate::replay::Fate;
use crate::report::Family;
use crate::sighting::{StoreEvent, What};

/// The client's validation refused the event.
pub static VALIDATE_DROP: Cause = Cause {
    code: "validate-drop",
    family: Family::Other,
    title: "The client's validation refused the event",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# validate-drop

The client's validation refused the event.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    for (journey, event) in case.followed() {
        if event.fate == Fate::Refused {
            let error = event.ended.and_then(|seen| case.refusal(seen));
            let text = error.map_or_else(
                || "the client's validation refused it".to_owned(),
                |error| format!("the client's validation refused it: {error}"),
            );
            examined.supporting.push(case.evidence(text, event.called.into_iter().chain(event.ended)));
        } else if event.fate == Fate::Buffered && journey.under_other_id.is_none() {
            examined.excluding.push(case.evidence("the event was buffered", event.ended));
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    format!("{name} was handed to the store and refused by its validation, so it was never buffered.")
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Fill the field that the validation names before the event is handed to the store; the caller's error is the only trace, so do not ignore it.".to_owned(), None)
}

impl Case<'_> {
    /// Why an event was refused, by the line that says so; only its first line.
    pub fn refusal(&self, seen: Seen) -> Option<String> {
        match &self.world.files[seen.file].sightings[seen.index].what {
            What::Store(line) => match &line.event {
                StoreEvent::Refused { error } => error.split("\\n").next()?.lines().next().map(str::to_owned),
                _ => None,
            },
            _ => None,
        }
    }
}
