//! QUERY-FILTER: the query asked for something else than what was stored.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::report::Family;

/// The query asked for something else.
pub static QUERY_FILTER: Cause = Cause {
    code: "query-filter",
    family: Family::Other,
    title: "The query asked for something else",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# query-filter

The event was visible, and the query asked for something else. Family: other.

## What happened
The query's correlation_id, event_type, event_category or schema differs from
that of the stored row. The query is right in itself and matches nothing, at
any time. The server ignores parameters that it does not know.

## How it is told
Looks after the event was visible were answered with 200 and total 0 (a body
of 76 bytes): likely. It is proven when the differing field is seen: the same
object emitted the type under another id than the one asked for, or the
query's text names another value. Where the id differs, that event is
followed, and must have been visible in time.

## What rules it out
- A look whose total is above 0 for the awaited type and id.
- No look after visibility: then nothing says that the query cannot match.

## What it is confused with
- `emit-never`: no call at all; here the call stands under another id.
- `query-page`: count is below total, so the row matched and was cut off.
- `query-early`, `flush-delay`: no wait helps here; the looks after the 201
  prove it, and doubling the time-out changes nothing.
- `query-err`: the look was not answered, or its answer was not understood.

## What to do
In the test: compare the query's fields with those of the stored event; use
the id rule of the service (mostly the RemediationRequest's name).
In the service: check that the id is set; an empty one is replaced by a
random one.
In the server: run it at debug level to print the query's text.

## An example
    18:48:17Z … StoreAudit called {… "rr-p4-6a6bf343-34f6" …
    18:48:18.020Z … HTTP request … "GET" … "status": 200, "bytes": 76 …
    18:48:25.051Z … HTTP request … "GET" … "status": 200, "bytes": 76 …
    Expected exactly 1 … event(s) for correlation_id test-itvok
The spec asked for the object's name, the event has the request's.

## What would overturn it
A look after visibility that returned the row.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    for (journey, event) in case.followed() {
        let asked = journey.wanted.correlation_id.as_deref().unwrap_or_default();
        if journey.under_other_id.is_some() {
            let text =
                format!("the query asked for the id {asked}; the event was emitted under {}", event.correlation_id);
            let looked = case.last_look().and_then(|look| case.look_line(look));
            examined.supporting.push(case.evidence(text, event.called.into_iter().chain(event.ended).chain(looked)));
        }
    }
    let after = case.answered_after_visible();
    let empty: Vec<_> = after
        .iter()
        .filter(|look| {
            look.total(&case.world.requests) == Some(0)
                || (look.total(&case.world.requests).is_none()
                    && look.returned(&case.world.requests).unwrap_or(0) == 0
                    && look.found(&case.world.requests) == Some(0))
        })
        .filter_map(|look| case.look_line(look))
        .collect();
    if !empty.is_empty() {
        let text = format!("{} looks after the event was visible were answered with no row", empty.len());
        examined.supporting.push(case.evidence(text, empty));
    }
    if let Some(look) = after.iter().find(|look| look.total(&case.world.requests).is_some_and(|total| total > 0))
        && case.journeys.iter().all(|journey| journey.under_other_id.is_none())
    {
        examined
            .excluding
            .push(case.evidence("the query matched rows", look.request.map(|request| case.world.requests[request].at)));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let other = case.followed().find(|(journey, _)| journey.under_other_id.is_some());
    match other {
        Some((journey, event)) => {
            let asked = journey.wanted.correlation_id.as_deref().unwrap_or_default();
            format!(
                "the query asked for the id {asked}, but {} was stored under {}.",
                event.event_type, event.correlation_id
            )
        }
        None => format!(
            "{} was visible and the query found no row of it: it asks for something else than what was stored.",
            case.awaited_name()
        ),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Compare the query's correlation_id, event_type and event_category with those of the stored event; unknown parameters are ignored silently.".to_owned(), None)
}
