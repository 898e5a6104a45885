//! QUERY-EARLY: looking ended before its deadline, before the event could be visible.

use super::{Cause, Examined, looked_in_vain};

use crate::correlate::journeys::Case;
use crate::instant::at_least;
use crate::report::Family;

/// The query came too early.
pub static QUERY_EARLY: Cause = Cause {
    code: "query-early",
    family: Family::QueryTiming,
    title: "The query came too early",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# query-early

Looking ended before its deadline, and before the event was visible; flush and
write were normal. Family: query timing.

## What happened
The spec queried once, without a loop; or its loop ended when any event was
there, and the next line asserted a certain one. The event came a normal
moment later.

## How it is told
The failure is not a time-out: the looks did not run to a deadline. The event
was not visible at the last look, and neither its flush wait nor its write is
guilty. The evidence is the distance from the last look to when the event
became visible, or that it was not yet written. If it was emitted only after
that look, `emit-late` stands second.

## What rules it out
- The looks went on to their deadline.
- One look after the event was visible that did not find it: committed rows
  stay visible.
- A guilty stage.

## What it is confused with
- `query-window`: "Timed out after …" stands in the failure.
- `flush-delay`, `write-slow`: the stage exceeds its limit.
- `query-page`, `query-filter`: looks after the write still found nothing.
- Most first diagnoses of "too early" were wrong: count the looks after the
  POST's 201 before you believe it.

## What to do
In the test: poll with Eventually, for the type and id that are asserted,
with the flush inside the loop.
In the service and in the server: nothing.

## An example
    13:43:20-05:00 … Event buffered successfully … classification.decision …
    … No events yet for signalprocessing.classification.decision …
    [FAILED] in [It] - … audit_integration_test.go:259 @ … 13:43:20.223
    [FAILED] Should have exactly 1 signalprocessing.classification.decision …
One look, in the same second as the emission, and no other.

## What would overturn it
A later look of the spec, or a query that could not have matched the event.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    if let Some(vain) = looked_in_vain(case) {
        examined.excluding.push(vain);
        return examined;
    }
    if case.looking.to_deadline {
        examined.excluding.push(case.evidence(
            "the test looked until its deadline",
            case.looking.looks.last().and_then(|look| case.look_line(look)),
        ));
        return examined;
    }
    let Some(look) = case.last_look() else { return examined };
    let line = case.look_line(look);
    for (_, event) in case.followed() {
        let gap = event
            .times
            .visible
            .lo()
            .zip(look.at.and_then(crate::instant::Instant::hi))
            .map(|(visible, look)| visible - look);
        match gap {
            Some(gap) if gap > 0 => {
                let text = format!("the event became visible {} after the last look", at_least(gap));
                examined.supporting.push(
                    case.evidence(text, line.into_iter().chain(event.batch.map(|batch| case.world.batches[batch].at))),
                );
            }
            _ if look.at.is_some_and(|at| at.surely_before(event.times.buffered)) => {
                let text = "the last look came before the event was buffered";
                examined.supporting.push(case.evidence(text, line.into_iter().chain(event.ended)));
            }
            _ => {}
        }
    }
    if examined.supporting.is_empty() && !case.looking.looks.is_empty() {
        examined.supporting.push(case.evidence("the test looked and did not go on to a deadline", line));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    let looks = case.looking.looks.len();
    if looks <= 1 {
        format!("the test looked once, before {name} could be visible.")
    } else {
        format!("the test stopped looking after {looks} looks, before {name} could be visible.")
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    (
        "Poll for the event that is asserted (Eventually with its type and id), not once and not for any event."
            .to_owned(),
        None,
    )
}
