//! EMIT-LATE: the event was emitted too late, before the store had anything to do with it.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::instant::{at_least, at_most, spoken};
use crate::report::Family;

/// The event was emitted too late.
pub static EMIT_LATE: Cause = Cause {
    code: "emit-late",
    family: Family::Other,
    title: "The event was emitted too late",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# emit-late

The event was emitted too late for a normal flush and write to make it
visible before the last look. The delay lies before the store. Family: other.

## What happened
Something upstream held the phase that emits: a requeue, a busy resource, an
external call that failed and was tried again. When the event came, the spec
had stopped looking, or had too little time left.

## How it is told
The emission is bounded by its "StoreAudit called" line. It is late when it
lies after the last look minus (flush limit + write limit). No stage exceeds
its limit, the looks went on to the deadline, and the window of looking was
at least as long as both limits together. When the emission is still pending
at the last look and never seen, this cause and `emit-never` are both
possible.

## What rules it out
- A call to the store earlier than flush limit + write limit before the last
  look.

## What it is confused with
- `flush-delay`: there the time passes after "Event buffered successfully".
- `emit-never`: there no later call stands in the log.
- `query-early`: looking ended before its deadline; this cause is second.
- `query-window`: the window was shorter than the limits; likewise.

## What to do
In the test: wait for the phase that emits, then look; or lengthen the
window by the time that "what would have helped" names.
In the service: find what held the phase up.
In the server: nothing.

## An example
    13:51:04-05:00 … Event buffered successfully … aianalysis.approval.deci…
    [13:51:05.112] analysis.completed audit events found: 0 (expected: 1, …
    [13:51:09.139] analysis.completed audit events found: 0 (expected: 1, …
    Timed out after 5.001s.
    13:51:11-05:00 … StoreAudit called … aianalysis.analysis.completed …
The last look came about 2 s before the call.

## What would overturn it
An earlier call for the same type and id, or a stage beyond its limit.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some(look) = case.last_look_at() else { return examined };
    for (_, event) in case.followed() {
        let name = &event.event_type;
        let emitted = event.times.emitted;
        let ahead = look - emitted;
        let limit = case.pipeline_limit();
        if look.surely_before(emitted) {
            let text = format!("{name} was emitted after the last look");
            examined.supporting.push(case.evidence(text, event.called));
        } else if let Some(most) = ahead.hi().filter(|most| *most < limit) {
            let (most, limit) = (at_most(most), spoken(limit));
            let text = format!("{name} was emitted {most} before the last look; flush and write may take {limit}");
            examined.supporting.push(case.evidence(text, event.called));
        } else if let Some(least) = ahead.lo().filter(|least| *least >= limit) {
            let text = format!("{name} was emitted {} before the last look", at_least(least));
            examined.excluding.push(case.evidence(text, event.called));
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    let late = case.followed().next().and_then(|(_, event)| (event.times.emitted - case.last_look_at()?).lo());
    match late {
        Some(late) if late > 0 => {
            format!("{name} was emitted {} after the last look; the delay lies before the audit store.", at_least(late))
        }
        _ => format!("{name} was emitted too late for flush and write to end before the last look."),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Wait for the phase that emits the event before looking for it, or find what held that phase up: requeues, an external call, a busy resource.".to_owned(), None)
}
