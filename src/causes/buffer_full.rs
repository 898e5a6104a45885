//! BUFFER-FULL: the channel was full and the event was dropped.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::correlate::replay::Fate;
use crate::report::Family;

/// The buffer was full.
pub static BUFFER_FULL: Cause = Cause {
    code: "buffer-full",
    family: Family::Other,
    title: "The buffer was full",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# buffer-full

The buffer was full.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    for (journey, event) in case.followed() {
        if event.fate == Fate::DroppedFull {
            let error = event.ended.and_then(|seen| case.refusal(seen));
            let text = error.map_or_else(
                || "the channel was full, the event was dropped".to_owned(),
                |error| format!("the channel was full, the event was dropped: {error}"),
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
    let drops = case.drops().len();
    format!("{name} was dropped because the store's buffer was full ({drops} events were dropped).")
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Enlarge the store's buffer or its batches; a burst of emissions must fit between two writes.".to_owned(), None)
}
