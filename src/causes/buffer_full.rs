//! BUFFER-FULL: the channel was full and the event was dropped.

use super::{Cause, Examined, not_taken};

use crate::correlate::journeys::Case;
use crate::correlate::replay::Fate;
use crate::report::Family;

/// The buffer was full.
pub static BUFFER_FULL: Cause = Cause {
    code: "buffer-full",
    family: Family::Other,
    title: "The buffer was full",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# buffer-full

The store's channel was full when the event came, and the event was dropped.
Family: other.

## What happened
Callers emitted faster than the writer emptied the channel: a burst, a small
buffer, or a writer that was blocked by a slow write. StoreAudit does not
wait; it drops the event and counts it.

## How it is told
"Audit buffer full, event dropped" names the awaited type and id. The link
`buffered` is absent. `buffer_capacity` and `buffer_current_size` of the call
show a full channel. When the drop followed a slow write, mending the buffer
alone may only move the loss.

## What rules it out
- "Event buffered successfully" for the awaited event.
- A `dropped_count` of 0 in the store's close line.

## What it is confused with
- `store-closed`: since February 2026 a closed store counts its drops in
  `dropped_count` too; its line says "Audit store closed, dropping event".
- `write-slow`: a blocked writer fills the channel; an event that was still
  buffered is late, one that was dropped is lost.
- `total_buffered` is a lifetime count and says nothing about the fill.

## What to do
In the test: do not send a burst larger than the suite's buffer.
In the service: raise `buffer_size` or `batch_size`, so that a burst fits
between two writes.
In the server: shorten the writes when they blocked the writer.

## An example
    13:49:50-05:00 … StoreAudit called {… "rr-p2-0c764372-4696",
      "buffer_capacity": 10, "buffer_current_size": 10}
    13:49:50-05:00 … Audit buffer full, event dropped {…
      "rr-p2-0c764372-4696", "buffered_count": 83, "dropped_count": 346}
A buffer of 10 met a burst of hundreds.

## What would overturn it
A second emission of the same event that was buffered in time.
"#;

fn examine(case: &Case<'_>) -> Examined {
    not_taken(case, Fate::DroppedFull, "the channel was full, the event was dropped")
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    let drops = case.drops();
    format!("{name} was dropped because the store's buffer was full ({drops} events were dropped).")
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Enlarge the store's buffer or its batches; a burst of emissions must fit between two writes.".to_owned(), None)
}
