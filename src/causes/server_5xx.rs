//! SERVER-5XX: the server could not write the batch.

use super::{Cause, Examined, answered};

use crate::correlate::facts::Trouble;
use crate::correlate::journeys::Case;
use crate::report::Family;

/// The server failed to write.
pub static SERVER_5XX: Cause = Cause {
    code: "server-5xx",
    family: Family::Other,
    title: "The server failed to write",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# server-5xx

The server answered with an error of its own, and the batch was lost. Family:
other.

## What happened
DataStorage could not write to PostgreSQL: a missing table or partition, a
deadlock, no connection. The client tried again and then dropped the batch.

## How it is told
The errors of the attempts name a status from 500 to 599, or the server logs
it for the POSTs of the batch, and "AUDIT DATA LOSS" follows. The last
attempt decides; another kind of error in an earlier attempt stands second.
The server's own words, such as "Batch database write failed" with an
SQLSTATE, are quoted. A 5xx that a later attempt made good is no loss.

## What rules it out
- A 201 for the event's batch.

## What it is confused with
- `write-slow`: a 500 with "context canceled" after 5 s is the echo of a
  client that left. The server rolls back, and a later attempt is written.
- `send-loss`: no status at all. The drop line says transport in both cases.
- `dlq-202`: the database failed too, but the events were parked.
- `infra-down`: DataStorage itself was not running.
- `query-err`: the failing request is a GET.

## What to do
In the test: do not change tables while others write.
In the service: nothing; longer retries bridge a short outage only.
In the server: read the SQLSTATE. 42P01 is a missing table, 23514 a missing
partition, 40P01 a deadlock; a dial error is PostgreSQL itself.

## An example
    18:49:28Z … Failed to write audit batch {"attempt": 1 … status 500 …
    18:49:29Z … Failed to write audit batch {"attempt": 2 … status 500 …
    18:49:33Z … Failed to write audit batch {"attempt": 3 … status 500 …
    18:49:33Z … AUDIT DATA LOSS … "error_type": "transport_failure" …
    … ERROR: relation \"audit_events\" does not exist (SQLSTATE 42P01)…
The table was away for longer than the three attempts.

## What would overturn it
A created batch of the same store and size that the event belongs to.
"#;

fn examine(case: &Case<'_>) -> Examined {
    answered(case, "failed to write", |trouble| match trouble {
        Trouble::Server(status) => Some(*status),
        _ => None,
    })
}

fn sentence(case: &Case<'_>) -> String {
    let size = case.batch().map_or(0, |batch| batch.size);
    format!(
        "the server could not write the batch of {size} events that held {}; its last answer was an error.",
        case.awaited_name()
    )
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    (
        "Read the database's error in the server's log: a missing table or partition, a deadlock, no connection."
            .to_owned(),
        None,
    )
}
