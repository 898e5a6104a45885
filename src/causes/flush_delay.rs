//! FLUSH-DELAY: the flush came later than the store's interval allows.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::instant::{MILLISECOND, Nanos};
use crate::instant::{at_least, at_most, spoken};
use crate::report::{Family, Stage};

/// The flush came too late.
pub static FLUSH_DELAY: Cause = Cause {
    code: "flush-delay",
    family: Family::FlushDelay,
    title: "The flush came too late",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# flush-delay

The event was buffered in time and flushed too late. Family: flush delay.

## What happened
The event waited in the store: the interval is longer than the window, the
process stood still, or a Flush() did not drain the channel.

## How it is told
The flush wait runs from "Event buffered successfully" to the first attempt
to send the event's batch. Its limit is the smaller of the configured interval
and the usual one of that process (suites of signalprocessing, aianalysis and
authwebhook 100 ms, other suites and pods 1 s, authwebhook's pod 5 s). The
wait is guilty when it surely exceeds the limit, and the limit in its place
would have made the event visible before the last look. A flush that left the
event in the channel decides alone. Where ticks are hidden, an interval longer
than the window, no POST of that store in it and one after it: likely.

## What rules it out
- The event's batch was flushed within the limit of being buffered.
- A look after the event was visible that did not find it.

## What it is confused with
- `write-slow`: an earlier batch's write blocks the writer; the tick is then
  printed long after its `tick_time`, or the next `actual_interval` is short.
- `flush-order`: an explicit flush ran, but before the event was buffered.
- `query-window`, `query-early`: the wait was within its limit.
- `batch_size_before_flush` 0 on other ticks: nothing was waiting then.

## What to do
In the test: flush before looking, or lengthen the window.
In the service: set `flush_interval`; find what kept writer or process.
In the server: nothing; a buffer of its own does not exist.

## An example
    18:44:04Z … Audit store initialized {… "flush_interval": "15s" …
    18:44:20Z … Event buffered successfully {… "rr-p2-581efff8-f2d1" …
    Timed out after 8.000s.
    18:44:34Z … Timer tick received {… "batch_size_before_flush": 3 …
The timer of 15 s took the event 14 s later; the spec looked for 8 s.

## What would overturn it
A batch of that store before the last look that held the event.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    for (journey, event) in case.followed() {
        let Some(stage) = journey.stages.iter().find(|stage| stage.stage == Stage::FlushWait) else { continue };
        let limit = case.flush_limit;
        match (stage.took.lo(), stage.took.hi()) {
            (Some(took), _) if took > limit => {
                let text = format!("it waited {} for a flush; normal is {}", at_least(took), at_most(limit));
                examined.supporting.push(case.evidence(text, stage.seen.iter().copied()));
            }
            (_, Some(took)) if took <= limit + SLACK => {
                let text = format!("its flush came {} after it was buffered", at_most(took));
                examined.excluding.push(case.evidence(text, stage.seen.iter().copied()));
            }
            _ => {}
        }
        if let Some((left, seen)) = case.flush_that_left(event) {
            examined.supporting.push(case.evidence(format!("a flush left {left} events in the channel"), [seen]));
        }
        let store = &case.world.stores[event.store];
        if let (Some(config), Some(at)) = (store.config, store.config_at)
            && config.flush_interval > limit
        {
            let text = format!("the store flushes every {}", spoken(config.flush_interval));
            examined.supporting.push(case.evidence(text, [at]));
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let interval = case.interval();
    let waited = case.decisive().and_then(|journey| {
        journey.stages.iter().find(|stage| stage.stage == Stage::FlushWait).and_then(|stage| stage.took.lo())
    });
    let name = case.awaited_name();
    match (interval, waited) {
        (Some(interval), _) if interval > case.flush_limit => {
            format!(
                "{name} waited for the flush timer, which fires every {}; the test stopped looking before.",
                spoken(interval)
            )
        }
        (_, Some(waited)) if waited > case.flush_limit => {
            let limit = spoken(case.flush_limit);
            format!("{name} waited {} for a flush that should come within {limit}.", at_least(waited))
        }
        _ => format!("{name} was buffered in time and flushed too late."),
    }
}

fn fix(case: &Case<'_>) -> (String, Option<&'static str>) {
    match case.interval() {
        Some(interval) if interval > case.flush_limit => {
            let limit = spoken(case.flush_limit);
            (format!("Set the flush interval to at most {limit}, or flush before looking."), Some("flush_interval"))
        }
        _ => {
            let text = "Find what kept the writer: a paused process, a blocked write, a Flush() that does not drain.";
            (text.to_owned(), None)
        }
    }
}

/// A tick and its handling are never exactly on time.
const SLACK: Nanos = 50 * MILLISECOND;
