//! FLUSH-ORDER: the spec's explicit flush ran before the event was buffered.

use super::{Cause, Examined};

use crate::correlate::facts::flushed_before;
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

const MANUAL: &str = r#"# flush-order

The spec's explicit flush ended before the event was buffered, and none
followed. Family: flush delay.

## What happened
The spec called Flush() once and then polled. The flush sent what was there.
The event was buffered a moment later and waited for the timer, which fires
too seldom for the window.

## How it is told
Every explicit flush of the spec ended before "Event buffered successfully"
of the awaited event, by "Explicit flush completed" or the spec's own flush
line. The flush wait is guilty: it surely exceeds its limit, and the limit
would have made the event visible before the last look. `flush-delay` stands
second, for a shorter interval would have helped too.

## What rules it out
- A flush that ended after the event was buffered.
- A tick that took the event in time for the last look.

## What it is confused with
- `flush-delay`: no explicit flush at all, or one that ran after buffering
  and left the event in the channel.
- `emit-late`: there even a flush at once after the emission was too late.
- `reject-4xx`, `send-loss`: "Audit store flushed successfully" is printed
  even when the batch was dropped; look for the attempts' errors.

## What to do
In the test: flush inside the polling loop, or after waiting for the phase
that emits.
In the service: nothing; a shorter `flush_interval` makes it rarer.
In the server: nothing.

## An example
    … Audit store flushed successfully
    [13:46:20.958] business.classified audit events found: 0 (expected: 1, …
    13:46:21-05:00 … Event buffered successfully … business.classified …
    Timed out after 7.001s.
    13:46:31-05:00 … Timer tick received … "batch_size_before_flush":1,
      … "expected_interval":12 …
One flush, then the event, then a timer of 12 s and a window of 7 s.

## What would overturn it
A second flush of the spec after the buffered line.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some((_, event)) = case.followed().next() else { return examined };
    for (ended, _, seen) in case.explicit_flushes() {
        if flushed_before(event, ended, seen) {
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
