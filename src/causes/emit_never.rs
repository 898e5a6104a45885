//! EMIT-NEVER: the event was never handed to the store.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::counts::times;
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

const MANUAL: &str = r#"# emit-never

The awaited event was never handed to the audit store: it was lost before the
journey's first link. Family: other.

## What happened
The service did not call StoreAudit for this type and id. The object was not
reconciled, the audit client was nil, a webhook was not invoked, a condition
was not met, or the work took another path. No wait could have found it.

## How it is told
Each call prints "StoreAudit called" with its type and id. The link `emitted`
is absent when no such line stands for the awaited pair although lines of
that kind are observable in these logs, and one of two holds: the object's
own lines say that its processing ended, or the same log goes on for longer
than any phase took elsewhere. When some were emitted and fewer than
expected, it is at most likely, and `assert` stands second.

## What rules it out
- "StoreAudit called" or "Event buffered successfully" for the pair.
- Nothing is excluded, and nothing proven, where those lines are hidden: they
  are at V(1) since 19 April 2026 and at V(2) since 24 May 2026.

## What it is confused with
- `query-filter`: the same object emitted the type under another id.
- `emit-late`: the call stands in the log, after the last look.
- `validate-drop`: the call is there, then "Invalid audit event".
- `store-closed`: the call panicked with "send on closed channel".

## What to do
In the test: check that the set-up reaches the phase that emits.
In the service: find the path that skips the call; look for a nil client, a
panic, x509 or 422 lines, an object without its label.
In the server: nothing; it never saw the event.

## An example
    18:50:35Z … StoreAudit called {"event_type": "orchestrator.lifecycle.cr…
    18:50:35Z … Remediation completed successfully {… "test-pwwnvg-bdrofl" …
    18:50:35Z … StoreAudit called {"event_type": "orchestrator.lifecycle.co…
    … found 0 events (correlation=rr-p2-…, type=orchestrator.lifecycle.tran…
The object ended; no call names the type `lifecycle.transitioned`.

## What would overturn it
A call for the pair in a log that was not given, or one under another id.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    for journey in &case.journeys {
        let emitted = journey.link(Link::Emitted);
        let name = journey.wanted.event_type.as_deref().unwrap_or("the awaited event");
        match emitted.state {
            State::Absent => {
                // That it was never handed over is what the sentence says.
                let text = emitted.because.clone().unwrap_or_else(|| format!("no call for {name}"));
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
        count => format!("{name} was emitted {}, fewer than the test expects.", times(count as u64)),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Look for the path on which the service should emit the event: an object that is not reconciled, a nil client, a condition that was not met, another business path.".to_owned(), None)
}
