//! DATA-INTERFERENCE: rows of other objects, runs or processes were among those returned.

use super::{Cause, Examined};

use crate::correlate::journeys::{Case, Journey};
use crate::correlate::replay::Fate;
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

const MANUAL: &str = r#"# data-interference

Rows of other objects, namespaces or runs were among those returned. Family:
other.

## What happened
Several specs use one fixed correlation id, or rows of an earlier run are
still there, or another process cleans up. The spec counts events that are
not its own.

## How it is told
The looks found more rows than the exact number that the spec wants. Its
object emitted no more than that, and others emitted the same type under the
same id; the Reconcile line before each call names the object. When those
emissions account for all rows it is proven, otherwise likely. Where calls are
hidden, another spec that asks for the id makes it likely. Where no line shows
who wrote the rest, it is possible at most, with `emit-dup` second.

## What rules it out
- No other object emitted under this id, and as many rows as were buffered.

## What it is confused with
- `emit-dup`: the extra events are of the spec's own object.
- `write-dup`: one buffered line, two rows, a client time-out before.
- `query-page`: the foreign rows push the own row off the page; then the spec
  finds none. That cause stands first, this one second.
- `query-filter`: nothing matched at all.

## What to do
In the test: give every spec an id of its own, not a constant such as
`test-rr`; clear the table before the suite, never during it.
In the service: nothing.
In the server: nothing.

## An example
    13:51:42-05:00 … Event buffered successfully {… "test-rr" …
      "total_buffered": 50}
    13:51:42-05:00 … Event buffered successfully {… "test-rr" …
      "total_buffered": 53}
    … found 4 events (correlation=test-rr, type=orchestrator.lifecycle.tran…
Four objects emitted under `test-rr`; the spec expected its own one.

## What would overturn it
The same object in all of those calls: then it was emitted twice.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    for journey in &case.journeys {
        let Some(expected) = journey.wanted.expected else { continue };
        let own = case.repeated(journey);
        let foreign = case.foreign(journey, &own);
        let found = journey.wanted.found.unwrap_or(0);
        if !foreign.is_empty() && (found > expected || own.len() as u64 <= expected) {
            let text = format!("{} events of other objects carry the same id", foreign.len());
            let lines = foreign.iter().filter_map(|event| case.world.events[*event].ended);
            examined.supporting.push(case.evidence(text, lines));
        } else if let (true, Some(seen)) = (found > expected && journey.event.is_none(), case.asked_elsewhere(journey))
        {
            examined.supporting.push(case.evidence("another spec asks for the same id", [seen]));
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
    let strangers = case.journeys.iter().any(|journey| !case.foreign(journey, &case.repeated(journey)).is_empty());
    if !strangers && journey.is_some_and(|journey| journey.event.is_some()) {
        return format!("{found} rows were found, more than the test expects; no line shows who wrote the others.");
    }
    let others = if strangers { "objects emit under" } else { "specs ask for" };
    let id = journey.and_then(|journey| journey.wanted.correlation_id.as_deref()).unwrap_or("the id");
    format!("{found} rows were found where the test expects its own: other {others} {id} too.")
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Give every spec an id of its own; ids shared between specs or runs make counts meaningless.".to_owned(), None)
}

impl Case<'_> {
    /// Emissions under the awaited id that were buffered for another object than `own`; a line names it.
    fn foreign(&self, journey: &Journey, own: &[usize]) -> Vec<usize> {
        let of_another = |event: &&usize| {
            let of = &self.world.events[**event];
            of.fate == Fate::Buffered && of.object.is_some() && !own.contains(event)
        };
        journey.emissions.iter().filter(of_another).copied().collect()
    }
}
