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

const MANUAL: &str = "\
# query-err

The query failed.
";

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
    let uncounted: Vec<_> = case
        .looks_after_visible()
        .into_iter()
        .filter(|look| look.printed.is_some() && look.found(requests) == Some(0))
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
