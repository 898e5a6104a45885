//! ASSERT: the data was right and the assertion cannot hold.

use super::{Cause, Examined};

use crate::correlate::awaited::claim;
use crate::correlate::journeys::Case;
use crate::message;
use crate::report::{Evidence, Family};

/// The assertion does not fit the data.
pub static ASSERT: Cause = Cause {
    code: "assert",
    family: Family::Other,
    title: "The assertion does not fit the data",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# assert

The events were there in time; the assertion cannot hold for what they say.
Family: other.

## What happened
The expectation and the data differ: another value, a field that the service
never sets, a wrong number, an order that is a tie, a matcher of the wrong
type, or the wrong object. No wait changes a row that was found.

## How it is told
The looks returned as many rows as expected, or the event was visible and
rows came back, and the failure compares a value that is not a number of
events. The printed value differs from the expected one: proven. With a
wrong number of events this cause stands second, behind `emit-dup` or
`emit-never`, because the lines cannot say which side is wrong.

## What rules it out
- The count found differs from the count expected: rows are missing or extra.

## What it is confused with
- `emit-dup`, `emit-never`: the number of emissions differs.
- `query-early`: a loop that ended at any event, then asserted a certain one;
  there the row is missing, here its content differs.
- A slow write or a stalled process elsewhere in the log: if the row was
  returned, its time is not the matter.

## What to do
In the test: compare the asserted value with what the service emits on this
path. An assertion inside Eventually looks like a time-out and is none.
In the service: set the field, if the expectation is right.
In the server: check that the read path returns the field.

## An example
    … HTTP request … "GET" … "status": 200, "bytes": 1131 …
    [FAILED] Outcome should be pending until the remediation is verified
    Expected
        <string>: success
    to equal
        <string>: pending
One row of the awaited type came back, with another outcome.

## What would overturn it
A row that was changed or replaced later, or an expectation that another spec
of the same path confirms.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let claim = claim(&case.failed.message);
    let enough = case.journeys.iter().any(|journey| {
        journey.wanted.found.zip(journey.wanted.expected).is_some_and(|(found, expected)| found >= expected)
    });
    let returned = case.last_look().and_then(|look| look.returned(&case.world.requests));
    if claim.value && (enough || !claim.nothing || returned.is_some_and(|rows| rows > 0)) {
        let look = case.last_look().and_then(|look| case.look_line(look));
        examined.supporting.push(case.evidence("the rows were found; the assertion compares a value", look));
        examined.supporting.push(Evidence {
            text: "the printed value differs from the expected one".to_owned(),
            places: vec![case.failure_place()],
        });
    } else if claim.condition && case.visible_in_time() == Some(true) {
        let look = case.last_look().and_then(|look| case.look_line(look));
        examined.supporting.push(case.evidence("the event was there in time, and the condition does not hold", look));
    } else if let (false, Some(found), Some(expected)) = (claim.value, claim.found, claim.expected) {
        let text = format!("the test counted {found} and expects {expected}");
        examined.against.push(Evidence { text, places: vec![case.failure_place()] });
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let held = "the events were there in time; the assertion does not hold for what they say";
    match message::reason(&case.failed.message) {
        Some(reason) => format!("{held}: {reason}"),
        None => format!("{held}."),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Compare the asserted value with what the service emits on this path: the expectation or the service is wrong, no wait is.".to_owned(), None)
}
