//! FLUSH-ORDER: the spec's explicit flush ran before the event was buffered.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::report::Family;

/// The flush ran before the event was there.
pub static FLUSH_ORDER: Cause = Cause {
    code: "flush-order",
    family: Family::FlushDelay,
    title: "The flush ran before the event was there",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# flush-order

The flush ran before the event was there.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some((_, event)) = case.followed().next() else { return examined };
    for (ended, _, seen) in case.explicit_flushes() {
        if ended.surely_before(event.times.buffered) {
            examined.supporting.push(
                case.evidence("the flush ended before the event was buffered", [seen].into_iter().chain(event.ended)),
            );
        } else if event.times.buffered.surely_before(ended) {
            examined.excluding.push(case.evidence("a flush ran after the event was buffered", [seen]));
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    format!(
        "the test flushed the store before {} was buffered, and never again; the timer fires too seldom to help.",
        case.awaited_name()
    )
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Flush inside the polling loop, or after waiting for the event to be emitted.".to_owned(), None)
}
