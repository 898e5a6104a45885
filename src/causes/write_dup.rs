//! WRITE-DUP: one batch was written twice.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::report::Family;

/// The batch was written twice.
pub static WRITE_DUP: Cause = Cause {
    code: "write-dup",
    family: Family::Other,
    title: "The batch was written twice",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# write-dup

One batch was written twice, so one emission gave two rows. Family: other.

## What happened
The server committed the batch, but the client had stopped waiting (after
5 s). It sent the same batch again, and the server created it again with new
event ids.

## How it is told
The looks found more rows than expected, where the spec wants an exact
number. The event was buffered once, no more often than expected. Its batch
was sent more than once: an attempt ended in a client time-out, and the
server created that batch, then created it again. The server created more
events than the store buffered.

## What rules it out
- The batch was sent once.
- As many created as buffered.

## What it is confused with
- `emit-dup`: there are two buffered lines of one object.
- `write-slow`: an attempt that timed out before the commit is rolled back
  ("context canceled", status 500) and leaves no row.
- `data-interference`: the extra rows belong to other objects.

## What to do
In the test: nothing helps; the second row is there.
In the service: raise the client's time-out above the slowest write.
In the server: make the write idempotent, by an id that the client gives to
the event; find why the answer took so long.

## An example
No real run of it is on record here. The lines have this form:

    … Event buffered successfully … (once)
    … Failed to write audit batch {"attempt": 1 … Client.Timeout exceeded …
    … HTTP request {… "POST" … "status": 201 … (first, after the client left)
    … HTTP request {… "POST" … "status": 201 … (second, same size)
    … Wrote audit batch {… "attempt": 2 …
Two rows for one buffered line.

## What would overturn it
A second buffered line of the same object, or a first POST that ended in 500.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some(batch) = case.batch() else { return examined };
    if case.committed_after_timeout(batch) {
        let text = "the client gave up on a request that the server committed, and sent the batch again";
        examined.supporting.push(case.evidence(text, case.batch_lines(batch)));
    } else if batch.requests.len() == 1 && batch.failures.is_empty() {
        examined.excluding.push(case.evidence("its batch was sent once", case.batch_lines(batch)));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    format!(
        "{} was emitted once and written twice: the client timed out after the server's commit and sent its batch again.",
        case.awaited_name()
    )
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Make the write idempotent (a client-generated event id), or raise the client's time-out above the slowest write.".to_owned(), None)
}
