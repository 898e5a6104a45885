//! DLQ-202: the server parked the events instead of writing them.

use super::{Cause, Examined};

use crate::correlate::facts::Trouble;
use crate::correlate::journeys::Case;
use crate::report::Family;

/// The events were parked.
pub static DLQ_202: Cause = Cause {
    code: "dlq-202",
    family: Family::Other,
    title: "The events were parked",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# dlq-202

The server could not write the events, parked them in its dead-letter queue
and answered 202: accepted, not visible. Family: other.

## What happened
The database write failed. DataStorage put the events into Redis instead. A
worker looks there every 30 s; no query finds them before.

## How it is told
A POST of the event's batch was answered with 202, or the server says that
the fallback succeeded, or the attempt's error names code 202. The link
`created` is absent. Older clients count a 202 as written; newer ones take it
for an error and send the batch again, and each attempt parks the same events
again, until the client prints a data loss.

## What rules it out
- A 201 for the event's batch.

## What it is confused with
- `server-5xx`: the fallback failed too; "DLQ fallback also failed - data
  loss risk" stands in the server's log.
- `write-slow`: a count that stays the same at the end is not a slow write.
- `send-loss`: the client's data loss line follows here too; the attempts'
  errors name the 202.
- A `written_count` that equals `buffered_count` proves nothing here.

## What to do
In the test: let helpers fail on a 202. Do not wait for the queue.
In the service: nothing.
In the server: find why the database write failed. That line stands right
before the fallback.

## An example
No complete log of it is on record here. The lines have this form:

    … Database write failed {"event_type": … "correlation_id": …
    … Attempting DLQ fallback for audit event {… "db_error": …
    … DLQ fallback succeeded …
    … HTTP request {"method": "POST" … "status": 202 …
The client was content, and the row was in Redis, not in the table.

## What would overturn it
"DLQ message processed successfully" for it before the last look: from then
on it was visible.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some(batch) = case.batch() else {
        let parked = case.world.requests.iter().filter(|request| request.parked && !case.visible.any);
        let lines: Vec<_> = parked.map(|request| request.at).collect();
        if !lines.is_empty() {
            examined.supporting.push(case.evidence("the server answered 202: parked, not visible", lines));
        }
        return examined;
    };
    let parked: Vec<_> =
        batch.requests.iter().map(|request| &case.world.requests[*request]).filter(|request| request.parked).collect();
    let by_client: Vec<_> = case
        .troubles(batch)
        .into_iter()
        .filter(|(trouble, _)| *trouble == Trouble::Parked)
        .map(|(_, seen)| seen)
        .collect();
    if !parked.is_empty() || !by_client.is_empty() {
        let lines = parked.iter().map(|request| request.at).chain(by_client);
        examined
            .supporting
            .push(case.evidence("the server answered 202: parked in the dead-letter queue, not visible", lines));
    } else if batch.requests.iter().any(|request| case.world.requests[*request].created()) {
        examined.excluding.push(case.evidence("its batch was answered with 201", case.batch_lines(batch)));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    format!(
        "the database write failed and the server parked {} in its dead-letter queue; a 202 is accepted, not visible.",
        case.awaited_name()
    )
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    (
        "Find why the database write failed; the queue is emptied every 30 s at best, which no test should wait for."
            .to_owned(),
        None,
    )
}
