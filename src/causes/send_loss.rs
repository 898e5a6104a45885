//! SEND-LOSS: no attempt to send the batch reached the server.

use super::{Cause, Examined};

use crate::correlate::facts::Trouble;
use crate::correlate::journeys::Case;
use crate::correlate::replay::Outcome;
use crate::report::Family;

/// The batch was lost on its way.
pub static SEND_LOSS: Cause = Cause {
    code: "send-loss",
    family: Family::Other,
    title: "The batch was lost on its way",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# send-loss

No attempt to send the event's batch got an answer, and the batch was dropped.
Family: other.

## What happened
The client could not reach the server, or lost the connection: a wrong name
or port, IPv6 instead of IPv4, a server not ready, restarted or crashed. The
store keeps a batch for three attempts and then drops it.

## How it is told
"Failed to write audit batch" stands for the attempts 1 to 3, at about +0, +1
and +5 s (since July 2026 with pauses of about 1 and 2 s), and then "AUDIT
DATA LOSS". The errors of the attempts themselves must be of the network:
refused, reset, no such host, time-out. The text of the drop line is not
used, for it says transport whatever the errors were. The event's batch is
the one that replay gives it; at a border it is at most likely.

## What rules it out
- A 2xx for that batch, in the client's log or the server's.

## What it is confused with
- `infra-down`: the server did not run from the first attempt to the last
  look. The other of the two stands second.
- `reject-4xx`, `server-5xx`, `dlq-202`: the attempt's error names a status.
- Noise: refusals that begin in teardown, with no spec failing.
- `write-slow`: one attempt timed out, and the next was written.

## What to do
In the test: check the address that the store was given; use 127.0.0.1; wait
until the server is ready.
In the service: the name and port of the Service; longer retries.
In the server: why it was away; refused from the first request means a wrong
address or never started, reset and then refused means that it died.

## An example
    13:48:53-05:00 … Failed to write audit batch {"attempt": 1 … refused"}
    13:48:54-05:00 … Failed to write audit batch {"attempt": 2 … refused"}
    13:48:58-05:00 … Failed to write audit batch {"attempt": 3 … refused"}
    13:48:58-05:00 … AUDIT DATA LOSS: Dropping batch after max retries …
The server was away for 7 s, which is longer than the retries.

## What would overturn it
A 201 of that size on the store's connection: the answer alone was lost.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some(batch) = case.batch() else { return examined };
    let lost: Vec<_> = case
        .troubles(batch)
        .into_iter()
        .filter(|(trouble, _)| *trouble == Trouble::Network)
        .map(|(_, seen)| seen)
        .collect();
    if batch.outcome == Outcome::Lost && !lost.is_empty() {
        let text =
            format!("{} attempts to send its batch of {} got no answer, then it was dropped", lost.len(), batch.size);
        examined.supporting.push(case.evidence(text, lost.into_iter().chain(batch.outcome_at)));
    }
    examined.excluding.extend(case.accepted(batch));
    examined
}

fn sentence(case: &Case<'_>) -> String {
    match case.batch() {
        Some(batch) => {
            let silent = case.troubles(batch).iter().all(|(trouble, _)| *trouble == Trouble::Network);
            let how = if silent { "no attempt got an answer" } else { "the last one got no answer" };
            let (size, name) = (batch.size, case.awaited_name());
            format!("the batch of {size} events that held {name} was dropped after its last attempt; {how}.")
        }
        None => "the batch that held the event was dropped after its last attempt.".to_owned(),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Check the address that the store sends to and whether the server was up all the time; the store keeps a batch for three attempts only.".to_owned(), None)
}
