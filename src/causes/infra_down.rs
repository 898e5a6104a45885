//! INFRA-DOWN: `DataStorage` or PostgreSQL was not running.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::report::Family;

/// DataStorage was not running.
pub static INFRA_DOWN: Cause = Cause {
    code: "infra-down",
    family: Family::Other,
    title: "DataStorage was not running",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# infra-down

DataStorage was not running while the test needed it. Family: other.

## What happened
The server never came up, or ended and stayed away: PostgreSQL not ready, an
image that was not pulled, a crash, a kill for memory, a health check that
never passed. Nothing could be written or read.

## How it is told
For a failing suite node: lines that say that the server could not be
reached, and no request that it answered in the window. For a spec: the
attempts of the event's batch failed on the network, and the server answered
no request from the first attempt to the last look. The end of its log, where
it lies before the last look, is evidence; so are the container's states.
`send-loss` stands second.

## What rules it out
- An answer of the server between the first attempt and the last look.

## What it is confused with
- `send-loss`: the server ran before the last look was over, or runs at
  another address. Refused from the first request means never started or a
  wrong address; reset, time-out, refused means that it died under load.
- `server-5xx`: it runs, but its database does not.
- A server log that ends because it was collected early: no proof.

## What to do
In the test: stop early when the health check fails; the rest is echo.
In the service: nothing.
In the server: the exit code of the container, the last lines of its log,
PostgreSQL's log, and the order in which the containers start.

## An example
    18:49:15.297Z … HTTP request … "status": 200 … (last line of the server)
    13:49:16-05:00 … Failed to write audit batch … "attempt":1 … refused"
    13:49:17-05:00 … Failed to write audit batch … "attempt":2 … refused"
    13:49:21-05:00 … Failed to write audit batch … "attempt":3 … refused"
    Timed out after 9.000s.
The server's log ends; nobody answered from then on.

## What would overturn it
A request that the server answered in that time, in a log that was not given.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let unreachable = case.unreachable_lines();
    if !unreachable.is_empty() {
        examined.supporting.push(case.evidence("the server could not be reached", unreachable));
    }
    let served = case.served_between_attempt_and_last_look();
    if let Some(first) = served.first() {
        examined
            .excluding
            .push(case.evidence("the server answered requests in the window", [case.world.requests[*first].at]));
    } else if let Some((text, seen)) = case.server_end() {
        examined.supporting.push(case.evidence(text, [seen]));
    }
    examined
}

fn sentence(_: &Case<'_>) -> String {
    "DataStorage was not running while the test needed it, so nothing could be written or read.".to_owned()
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Find out why DataStorage stopped or never started: the exit code of its container, the end of its log, PostgreSQL's log.".to_owned(), None)
}
