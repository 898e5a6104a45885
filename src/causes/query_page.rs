//! QUERY-PAGE: the page was cut before the wanted row.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::report::Family;

/// The page was cut.
pub static QUERY_PAGE: Cause = Cause {
    code: "query-page",
    family: Family::Other,
    title: "The page was cut",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# query-page

The query returned one page of many matching rows; the wanted row was not on
it. Family: other.

## What happened
The query was wide: a type alone, or an id that many specs share. The server
returned the newest 50 rows, its default, and the spec looked for its own
among them. The more the others write, the sooner the own row falls off.

## How it is told
"Audit events queried successfully" of the spec's own look, after the event
was visible or at the last look, has count < total, and the rest was not
asked for. Without that line, a look with a full page of 50 rows of which the
spec counted none is evidence too. When other objects emitted under the same
id, `data-interference` stands second.

## What rules it out
- count = total at the last look: all matching rows came back.

## What it is confused with
- `query-filter`: total is 0; nothing matched.
- `data-interference`: the spec counts foreign rows; here it misses its own.
- `query-early`: the looks after visibility prove that no wait helps. A
  longer wait makes it worse, for newer rows push the old one down.
- `query-err`: rows came back complete, and the spec counted none.

## What to do
In the test: ask for the type and an id of the spec's own, or read all pages
(`limit`, `offset`). Do not filter by namespace after the query.
In the service and in the server: nothing; the limit is documented.
Mending the query can show other faults that it hid, such as duplicates.

## An example
    … Audit events queried successfully {"count": 50, "total": 3959, …
    … queryAuditEvents: eventType=signalprocessing.classification.decision,
      namespace=sp-severity-1-1e20f84f, total_returned=50
    … queryAuditEvents: after namespace filter, filtered=0
50 of 3959 rows came back, none of the spec's own namespace.

## What would overturn it
A look that read the other pages, or one with count = total.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let requests = &case.world.requests;
    let cut: Vec<_> = case
        .looks_after_visible()
        .into_iter()
        .chain(case.last_look())
        .filter(|look| {
            let rows = look.request.and_then(|request| requests[request].rows);
            match rows {
                Some((count, total, _)) => count < total,
                // Without the server's line, a page that is exactly full and holds nothing for the spec.
                None => look
                    .returned(requests)
                    .is_some_and(|returned| returned >= DEFAULT_PAGE && look.found(requests) == Some(0)),
            }
        })
        .collect();
    if let Some(look) = cut.last() {
        let text = match look.request.and_then(|request| requests[request].rows) {
            Some((count, total, _)) => format!("the query returned {count} of {total} matching rows, the newest first"),
            None => {
                format!("the query returned a full page of {} rows", look.returned(requests).unwrap_or(DEFAULT_PAGE))
            }
        };
        let lines = look.request.map(|request| requests[request].at).into_iter().chain(look.lines.iter().copied());
        examined.supporting.push(case.evidence(text, lines));
    } else if let Some(look) = case.last_look()
        && let Some((count, total, _)) = look.request.and_then(|request| requests[request].rows)
        && count == total
    {
        let text = match total {
            0 => "no row matched the query, so no page cut one off".to_owned(),
            1 => "the query returned the only matching row".to_owned(),
            total => format!("the query returned all {total} matching rows"),
        };
        examined.excluding.push(case.evidence(text, look.request.map(|request| requests[request].at)));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let rows = case.last_look().and_then(|look| case.world.requests[look.request?].rows);
    match rows {
        Some((count, total, _)) => format!(
            "the query returned the newest {count} of {total} matching rows; {} was not among them.",
            case.awaited_name()
        ),
        None => format!("the query returned one full page; {} was not on it.", case.awaited_name()),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Ask for the wanted type and an id of the spec's own, or read all pages; the default page is 50 rows, the newest first.".to_owned(), Some("limit"))
}

/// The API's default page (`Page size (1-1000, default 50)`).
const DEFAULT_PAGE: u64 = 50;
