//! QUERY-SLOW: the queries were so slow that too few of them were answered.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::instant::{Nanos, SECOND, spoken};
use crate::report::Family;

/// The queries were too slow.
pub static QUERY_SLOW: Cause = Cause {
    code: "query-slow",
    family: Family::QueryTiming,
    title: "The queries were too slow",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# query-slow

The queries took so long that too few of them were answered. Family: query
timing.

## What happened
The event was visible, but each look waited for seconds: a slow query, a
lock, a proxy. The client gave up, and the helper often turned that into "0
events". A look that timed out returned nothing; it does not say that nothing
was there.

## How it is told
The event was visible before the end of looking, no look after that was
answered, and looks ended in a client time-out ("Client.Timeout exceeded
while awaiting headers", "context deadline exceeded"). `query-err` stands
second. A query of a second or more is counted as evidence too; so are looks
that stand further apart than the loop's interval.

## What rules it out
- Every query was answered in less than a second.
- A look after visibility that was answered: it shows what was there.

## What it is confused with
- `query-err`: the query failed at once, with a status or a decode error.
- `write-slow`: there the POST is slow, and the event not yet visible.
- `query-filter`: the queries are fast, and their answer is empty.

## What to do
In the test: let the helper fail on an error instead of returning no events;
a longer client time-out lets a slow query be answered.
In the service: nothing.
In the server: find what slows the query: an index, a lock, a proxy. Compare
the server's duration with the client's; if only the client's is long, it is
the way between.

## An example
    … Failed to query Data Storage: do request: Get "http://127.0.0.1:18140…
      … net/http: request canceled (Client.Timeout exceeded while awaiting …
    … Failed to query Data Storage: do request: Get "http://127.0.0.1:18140…
      … context deadline exceeded (Client.Timeout exceeded while awaiting h…
    Timed out after 11.002s.
Two looks in 11 s, and neither was answered.

## What would overturn it
An answered look after the event was visible.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let lost = case.timed_out_looks();
    let all = case.looking.looks.len();
    if !lost.is_empty() {
        let text = format!("{} of {all} queries were given up by the client before their answer", lost.len());
        examined.supporting.push(case.evidence(text, lost));
    } else if let Some((slowest, seen)) = case.slowest_look() {
        let evidence = case.evidence(took(all, slowest), [seen]);
        if slowest < SECOND { examined.excluding.push(evidence) } else { examined.supporting.push(evidence) }
    }
    examined
}

fn took(all: usize, slowest: Nanos) -> String {
    match all {
        1 => format!("the only query took {}", spoken(slowest)),
        all => format!("the slowest of {all} queries took {}", spoken(slowest)),
    }
}

fn sentence(case: &Case<'_>) -> String {
    let (lost, all) = (case.timed_out_looks().len(), case.looking.looks.len());
    match case.slowest_look().filter(|_| lost == 0) {
        Some((slowest, _)) => format!("{}, so the test looked too seldom.", took(all, slowest)),
        None => format!("{lost} of {all} queries timed out, so the test hardly saw what was there."),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Find what slows the queries (an index, a lock, a proxy), and do not let the helper turn a failed query into 0 events.".to_owned(), None)
}
