//! QUERY-ERR: the query failed, and the test took that for no event.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::report::Family;

/// The query failed.
pub static QUERY_ERR: Cause = Cause {
    code: "query-err",
    family: Family::Other,
    title: "The query failed",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# query-err

The query failed, or its answer was not understood, and the test took that
for no event. Family: other.

## What happened
The read side was broken: no token (401, 403), a server error, a lost
connection, an answer that the client could not decode. The helper returned
an empty list instead of the error.

## How it is told
The event was visible, and looks ended in an error that is not a time-out:
printed by the spec, or a GET with a status of 400 or more. Or the server
returned all matching rows (count = total, above 0) while the test counted
none.

## What rules it out
- The queries were answered with 200 and the test counted what they returned.

## What it is confused with
- `query-slow`: the client gave up waiting; no answer, no error of the server.
- `query-filter`: a 200 with total 0 is a true answer.
- `query-page`: rows came back, but count is below total.
- `server-5xx`: the failing request is the POST.
- A GET with 500 "context canceled" is the echo of a client that left, not an
  error of the server.

## What to do
In the test: let the helper fail on an error; send the token; use the client
that belongs to the server's document.
In the service: nothing.
In the server: read the handler's line before the 4xx or 5xx. A body above
78 bytes for an answer "0 events" means that rows were sent.

## An example
In one recorded run 1978 queries were refused. The lines have this form:

    … HTTP request {… "method": "GET", … "status": 401, …
    … HTTP request {… "method": "GET", … "status": 401, …
    [FAILED] Timed out after 30.001s.
The spec's client sent no valid token, and its helper counted 0 events.

## What would overturn it
An answered look after visibility with no row: then the filter is wrong.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let requests = &case.world.requests;
    let failed: Vec<_> = case
        .looking
        .looks
        .iter()
        .filter(|look| look.failed(requests) && !look.timed_out())
        .filter_map(|look| case.look_line(look))
        .collect();
    if !failed.is_empty() {
        let text = format!("{} of {} queries failed", failed.len(), case.looking.looks.len());
        examined.supporting.push(case.evidence(text, failed));
    }
    let counted_none = case.journeys.iter().any(|journey| journey.wanted.found == Some(0));
    let uncounted: Vec<_> = case
        .looks_after_visible()
        .into_iter()
        .filter(|look| look.printed.as_ref().map_or(counted_none, |printed| printed.found == Some(0)))
        .filter(|look| {
            look.request
                .and_then(|request| requests[request].rows)
                .is_some_and(|(count, total, _)| count > 0 && count == total)
        })
        .filter_map(|look| look.request.map(|request| requests[request].at).or(case.look_line(look)))
        .collect();
    if !uncounted.is_empty() {
        let text = format!("{} queries returned all matching rows, and the test counted none", uncounted.len());
        examined.supporting.push(case.evidence(text, uncounted));
    }
    if examined.supporting.is_empty() && case.looking.looks.iter().any(|look| look.request.is_some()) {
        let answered = case
            .looking
            .looks
            .iter()
            .find_map(|look| look.request.filter(|request| requests[*request].line.status == 200));
        if let Some(request) = answered {
            examined.excluding.push(case.evidence("the queries were answered with 200", [requests[request].at]));
        }
    }
    examined
}

fn sentence(_: &Case<'_>) -> String {
    "the query failed or its answer could not be read, and the test took that for no event.".to_owned()
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Let the helper fail on an error of the query instead of returning no events.".to_owned(), None)
}
