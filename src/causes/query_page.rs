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

const MANUAL: &str = "\
# query-page

The page was cut.
";

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
    } else if let Some(look) = case.last_look() {
        if let Some((count, total, _)) = look.request.and_then(|request| requests[request].rows) {
            if count == total {
                examined.excluding.push(case.evidence(
                    format!("the query returned all {total} matching rows"),
                    look.request.map(|request| requests[request].at),
                ));
            }
        }
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
