//! REJECT-4XX: the server refused the batch.

use super::{Cause, Examined, answered};

use crate::correlate::facts::Trouble;
use crate::correlate::journeys::Case;
use crate::report::Family;

/// The server refused the batch.
pub static REJECT_4XX: Cause = Cause {
    code: "reject-4xx",
    family: Family::Other,
    title: "The server refused the batch",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# reject-4xx

The server refused the batch that held the event, and the client dropped it.
Family: other.

## What happened
One event of the batch was not acceptable: a value that is not in the enum, a
missing field, a time stamp in the future or too old, an older document in
the server. Or the request was not: a bad token (401), no permission (403).
One bad event loses the whole batch; it need not be the awaited one.

## How it is told
"Failed to write audit batch" names a status from 400 to 499 for the event's
batch, or the server logs it for the POST. Then "Dropping audit batch due to
non-retryable …" follows. With mixed errors the last attempt decides. Until
6 May 2026 a 401 or 403 is dropped like bad data; since then it is retried.
Where the client's lines are hidden, a refused batch of the event's own store
between the object's first line and the last look is likely.

## What rules it out
- A 201 for the event's batch.

## What it is confused with
- `validate-drop`: the client refuses one event before it is buffered.
- `send-loss`: the drop line can say transport; read the attempts' errors.
- `flush-delay`: "flushed successfully" after the drop is true and empty: the
  channel was empty. The event is lost, not late.
- `server-5xx`: the status is 500 or more, and the attempts are repeated.

## What to do
In the test: mend the data of the event that the answer names; the same spec
fails every time while its neighbours pass.
In the service: send values of the document, refresh the token.
In the server: bring its embedded document and its clock up to date.

## An example
    18:48:37Z … Failed to write audit batch … "batch_size":3 … status 400 …
    18:48:37Z … Dropping audit batch due to non-retryable error …
    … Batch validation failed … timestamp is too old (must be within 7 days…
    … Audit store flushed successfully
A neighbour's event was 8 days old; the awaited one went with it.

## What would overturn it
Proof that the event was in another batch, which the server created.
"#;

fn examine(case: &Case<'_>) -> Examined {
    answered(case, "refused", |trouble| match trouble {
        Trouble::Client(status) => Some(*status),
        _ => None,
    })
}

fn sentence(case: &Case<'_>) -> String {
    let size = case.batch().map_or(0, |batch| batch.size);
    format!(
        "the server refused the batch of {size} events that held {}; one bad event loses the whole batch.",
        case.awaited_name()
    )
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Mend the event that the server's answer names; it need not be the awaited one. Flush() reports success even when its batch was dropped.".to_owned(), None)
}
