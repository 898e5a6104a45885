//! QUERY-WINDOW: the window of looking was shorter than a normal flush and write.

use super::{Cause, Examined, looked_in_vain};

use crate::correlate::journeys::Case;
use crate::instant::{at_most, spoken};
use crate::report::Family;

/// The window of looking was too short.
pub static QUERY_WINDOW: Cause = Cause {
    code: "query-window",
    family: Family::QueryTiming,
    title: "The window of looking was too short",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# query-window

The window of looking was shorter than a normal flush and write together.
Family: query timing.

## What happened
The spec polled to its deadline, but the time-out was too short for the
pipeline: the event could wait one flush interval and one write, all within
normal, and still come too late.

## How it is told
The window runs from the start of looking (the deadline minus the time in
"Timed out after …") to the last look. It is compared with flush limit +
write limit. The looks went to the deadline, the event was not visible at the
last one, and no stage exceeds its limit. If the event was emitted late in
the window, `emit-late` stands second. Where a stage exceeds its limit, but
the limit would not have saved the last look, that stage stands first and
this cause second, both possible.

## What rules it out
- A window at least as long as both limits together.
- A look after the event was visible that did not find it.
- The same failure after the time-out was doubled: then it is not timing.

## What it is confused with
- `query-early`: the looks ended before any deadline.
- `emit-late`: the window was long enough, the event came too late for it.
- `flush-delay`, `write-slow`: a stage exceeds its limit and is guilty.

## What to do
In the test: raise the Eventually time-out above flush limit + write limit,
or flush the store inside the loop.
In the service: a shorter `flush_interval` helps too.
In the server: nothing.

## An example
    18:43:52Z … Event buffered successfully {… orchestrator.lifecycle.creat…
    … found 0 events (correlation=rr-p3-1e1a58e0-0d64, type=orchestrator.li…
    [FAILED] in [It] - … @ 11/24/26 18:43:53.511
    [FAILED] Timed out after 0.600s.
The timer fires every second, and the spec looked for 0.6 s.

## What would overturn it
A POST that carried the event before the last look.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    if let Some(vain) = looked_in_vain(case) {
        examined.excluding.push(vain);
        return examined;
    }
    let Some(window) = case.window().filter(|_| case.looking.to_deadline) else { return examined };
    let limit = case.pipeline_limit();
    let line = case.looking.looks.last().and_then(|look| case.look_line(look));
    if window < limit {
        let text =
            format!("the test looked for {}; a normal flush and write may take {}", at_most(window), spoken(limit));
        let mut evidence = case.evidence(text, line);
        // The message says how long the loop ran.
        evidence.places.push(case.failure_place());
        evidence.places.dedup();
        examined.supporting.push(evidence);
    } else {
        let text =
            format!("the test looked for {}; a normal flush and write take at most {}", spoken(window), spoken(limit));
        examined.excluding.push(case.evidence(text, line));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let window = case.window().map_or_else(|| "too short a time".to_owned(), at_most);
    format!("the test looked for {window}; a normal flush and write may take {}.", spoken(case.pipeline_limit()))
}

fn fix(case: &Case<'_>) -> (String, Option<&'static str>) {
    (
        format!("Raise the time-out above {}, or flush the store before looking.", spoken(case.pipeline_limit())),
        Some("Eventually time-out"),
    )
}
