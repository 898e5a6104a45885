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

const MANUAL: &str = "\
# query-filter

The query asked for something else.
";

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
    let after = case.looks_after_visible();
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
    if let Some(look) = after.iter().find(|look| look.total(&case.world.requests).is_some_and(|total| total > 0)) {
        if case.journeys.iter().all(|journey| journey.under_other_id.is_none()) {
            examined.excluding.push(
                case.evidence("the query matched rows", look.request.map(|request| case.world.requests[request].at)),
            );
        }
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
