//! STORE-CLOSED: the store was closed before the event could be buffered or flushed.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::correlate::replay::Fate;
use crate::report::Family;

/// The store was closed.
pub static STORE_CLOSED: Cause = Cause {
    code: "store-closed",
    family: Family::Other,
    title: "The store was closed",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# store-closed

The store was closed.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    if let Some(panic) = case.closed_store_panic() {
        examined.supporting.push(case.evidence("the send panicked: send on closed channel", [panic]));
    }
    for (_, event) in case.followed().filter(|(_, event)| event.fate == Fate::DroppedClosed) {
        examined.supporting.push(case.evidence("the store was closed, the event was dropped", event.ended));
    }
    if let Some(closed) = case.store.and_then(|store| case.world.stores[store].closed) {
        let emitted_after = case.followed().any(|(_, event)| {
            event.fate != Fate::Buffered && case.world.printed.of(closed.at).surely_before(event.times.emitted)
        });
        if emitted_after || !examined.supporting.is_empty() {
            examined.supporting.push(case.evidence("the store had been closed", [closed.at]));
        }
    }
    for (_, event) in case.followed().filter(|(_, event)| event.fate == Fate::Buffered) {
        examined.excluding.push(case.evidence("the event was buffered", event.ended));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    format!("the store was closed before {} could be buffered.", case.awaited_name())
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Close the store once, after the last spec of its process: no spec and no other process may close a shared store.".to_owned(), None)
}
