//! EMIT-DUP: the same object emitted an event more often than expected.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::correlate::journeys::Journey;
use crate::correlate::replay::Fate;
use crate::counts::times;
use crate::report::Family;

/// The event was emitted more than once.
pub static EMIT_DUP: Cause = Cause {
    code: "emit-dup",
    family: Family::Other,
    title: "The event was emitted more than once",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# emit-dup

The same object emitted the event more often than the spec expects. All were
written and found. Family: other.

## What happened
A reconcile ran twice for one transition: a stale cache, a missing guard, two
owners, a requeue. The store and the server did their work each time.

## How it is told
The looks found more rows than expected, where the spec wants an exact
number. Buffered lines of one object for the same type and id are counted;
the Reconcile line before each call names the object. When they are more than
expected, this is the cause. It is proven only when the repeated events agree
in every printed field and are as many as the rows found; otherwise likely.
`assert` stands second, for the expectation may be wrong.

## What rules it out
- The object emitted it no more often than expected.
- Found is not more than expected.

## What it is confused with
- `write-dup`: one buffered line and two rows, after a client time-out.
- `data-interference`: the extra events belong to other objects.
- `assert`: the second emission is a right one, the expected number is not.

## What to do
In the test: make sure that it does not drive the state twice.
In the service: emit on the transition, not on every reconcile; read the
state from the API and not from the cache before emitting.
In the server: nothing.

## An example
    13:50:50-05:00 … Event buffered successfully … classification.decision …
      … "correlation_id":"test-efk-muukkeep-rr-… "total_buffered":66
    13:50:50-05:00 … Event buffered successfully … classification.decision …
      … "correlation_id":"test-efk-muukkeep-rr-… "total_buffered":67
    … but found 2 events (correlation_id: test-efk-muukkeep-rr-…
One store buffered the same pair twice within a second.

## What would overturn it
Lines that show two objects, or a legitimate second transition.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    for journey in &case.journeys {
        let Some(expected) = journey.wanted.expected else { continue };
        let repeated = case.repeated(journey);
        let count = repeated.len() as u64;
        let lines = repeated.iter().filter_map(|event| case.world.events[*event].ended).collect::<Vec<_>>();
        if count > expected {
            let text = format!("the same object emitted it {}, {expected} expected", times(count));
            examined.supporting.push(case.evidence(text, lines));
        } else if count > 0 {
            let text = format!("the object emitted it {}, no more than expected", times(count));
            examined.excluding.push(case.evidence(text, lines));
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    let count = case.journeys.first().map_or(0, |journey| case.repeated(journey).len() as u64);
    let all = if count == 2 { "both were" } else { "every one of them was" };
    format!("{name} was emitted {} for one object; {all} written and found.", times(count))
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Guard the emission: emit on the transition, not on every reconcile, and read the object's state from the API rather than from a stale cache.".to_owned(), None)
}

impl Case<'_> {
    /// Emissions of the awaited pair by one object: the object of the spec's own block, else the first.
    pub fn repeated(&self, journey: &Journey) -> Vec<usize> {
        let object = |event: &usize| self.world.events[*event].object.clone();
        let own = journey.emissions.iter().find(|event| self.world.events[**event].block == self.failed.block);
        let Some(own) = own.or(journey.emissions.first()).map(object) else { return Vec::new() };
        let buffered = |event: &&usize| self.world.events[**event].fate == Fate::Buffered;
        journey.emissions.iter().filter(|event| object(event) == own).filter(buffered).copied().collect()
    }
}
