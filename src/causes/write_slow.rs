//! WRITE-SLOW: the write itself took too long.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::instant::{MILLISECOND, Nanos};
use crate::instant::{at_least, at_most};
use crate::report::{Family, Stage};

/// The write took too long.
pub static WRITE_SLOW: Cause = Cause {
    code: "write-slow",
    family: Family::WriteLatency,
    title: "The write took too long",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# write-slow

The write took longer than it may, and longer than the spec could wait.
Family: write latency.

## What happened
A lock, the connection pool, the authentication, the network or a retry held
the write of the event's batch, or of the batch before it while the event
waited in the channel.

## How it is told
The write runs from the first attempt to the 2xx, retries and pauses counted.
Its limit is the 95th percentile of the other batches of the same store (of
all, when they are fewer than five), without those of the same slow episode,
and never more than 1 s. It is guilty when it surely exceeds its limit and the
limit in its place would have made the event visible before the last look. The
time comes from "Wrote audit batch", from the next tick, tick_time(n+1) −
actual_interval(n+1) − tick_time(n), or at least from the POST's duration. An
earlier write that kept the writer counts as this cause, `flush-delay` second.

## What rules it out
- The write of the event's batch took no longer than its limit.
- A look after the event was visible that did not find it.

## What it is confused with
- `flush-delay`: the batch was not yet sent, and no earlier write blocked it.
- `server-5xx`: here the 500 is "context canceled", and a retry was written.
- `query-window`, `query-early`: the write was within its limit.
- A slow write elsewhere in the log proves nothing for this event.

## What to do
In the test: a longer window helps; "what would have helped" says how long.
In the service: spread writes that share one id.
In the server: find the lock, the full pool or the throttled token review. A
short duration there and a long one at the client means the network.

## An example
    13:46:41-05:00 … Timer tick … "batch_size_before_flush":1 …
    [FAILED] in [It] … 13:46:44.215 … Timed out after 2.801s.
    18:46:45.699Z … HTTP request … "POST" … 201 … "duration": "4.236729557s"
    13:46:45-05:00 … Slow audit batch write … "write_duration":4.237369988
The insert waited 4.2 s for a table lock; the spec looked for 2.8 s.

## What would overturn it
The event in another batch, one whose 201 came before the last look.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let limit = case.write_limit;
    for (journey, _) in case.followed() {
        let Some(stage) = journey.stages.iter().find(|stage| stage.stage == Stage::Write) else { continue };
        match (stage.took.lo(), stage.took.hi()) {
            (Some(took), _) if took > limit => {
                let text = format!("its write took {}; normal is {}", at_least(took), at_most(limit));
                examined.supporting.push(case.evidence(text, stage.seen.iter().copied()));
            }
            (_, Some(took)) if took <= limit.max(FAST) => {
                let text = format!("its write took {}", at_most(took));
                examined.excluding.push(case.evidence(text, stage.seen.iter().copied()));
            }
            _ => {}
        }
    }
    if let Some(blocking) = case.blocking_write() {
        let batch = &case.world.batches[blocking];
        let took = case.world.write_time(blocking).lo().unwrap_or(0);
        let text = format!("the batch before it kept the writer: its write took {}", at_least(took));
        examined.supporting.push(case.evidence(text, case.batch_lines(batch)));
        examined.excluding.clear();
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    let took = case
        .decisive()
        .and_then(|journey| journey.stages.iter().find(|stage| stage.stage == Stage::Write))
        .and_then(|stage| stage.took.lo())
        .filter(|took| *took > 0);
    match (case.blocking_write(), took) {
        (Some(blocking), _) => {
            let took = at_least(case.world.write_time(blocking).lo().unwrap_or(0));
            format!("{name} waited behind an earlier batch whose write took {took}.")
        }
        (None, Some(took)) => {
            let (took, limit) = (at_least(took), at_most(case.write_limit));
            format!("the write of the batch with {name} took {took}; normal is {limit}.")
        }
        _ if case.followed().any(|(_, event)| event.batch.is_some()) => {
            format!("the write of the batch with {name} was still running at the last look.")
        }
        // No line shows its batch: a write of its store stands for it.
        _ => format!("a write that could hold {name} was still running at the last look."),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Find what held the write: a lock, the connection pool, the network, a retry; the server's duration and the client's tell which side.".to_owned(), None)
}

/// So short a write is never slow, whatever the others took.
const FAST: Nanos = 50 * MILLISECOND;
