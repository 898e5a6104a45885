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

const MANUAL: &str = r#"# store-closed

The store was closed before the event could be buffered or flushed.
Family: other.

## What happened
Another spec or process closed a shared store, Close() stood in a loop, a
context was cancelled before the last flush, or the process left without
closing. Until February 2026 a send into a closed store panics; since then
the event is dropped with a line.

## How it is told
The failing block holds "send on closed channel", or the store prints "Audit
store closed, dropping event" for the awaited pair, or its "Audit store
closed" line comes surely before the emission. The link `buffered` is absent,
and `emit-never` stands second.

## What rules it out
- "Event buffered successfully" for the awaited event, and its flush.
- A store that was closed later than its last write.

## What it is confused with
- `emit-never`: a panic ends the phase, so later events are never emitted.
- Noise: refusals in teardown, with no failing spec before.
- `send-loss`: the batch was flushed, and its attempts failed on the network.
- `buffer-full`: the line says full, not closed.

## What to do
In the test: close the store once, after the last spec of its process; in
parallel suites from SynchronizedAfterSuite.
In the service: flush and close on every way out, before the manager stops
and not after it.
In the server: nothing.

## An example
    13:52:00-05:00 … Audit store closed … "buffered_count":67 …
    13:52:00-05:00 … StoreAudit called … signalprocessing.phase.transition …
    13:52:00-05:00 … Validation passed, attempting to buffer event …
    [PANICKED] Test Panicked
    send on closed channel
An earlier spec of the same process had closed the store.

## What would overturn it
A newer store of the same process that took the event.
"#;

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
