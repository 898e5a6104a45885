//! Rule 5: visible before the last look, and still failed. Each cause only with positive evidence of its own.

use crate::causes::{self, Cause};
use crate::correlate::awaited::{Source, claim};
use crate::correlate::journeys::Case;
use crate::correlate::looks::LookSeen;
use crate::report::{Confidence, Family};

use super::{Decision, examine};

/// Applies the rule. `enough`: the looks returned as many rows as expected.
pub(super) fn decide(case: &Case<'_>, enough: bool) -> Decision {
    let supported = |cause: &'static Cause| !examine(cause, case).supporting.is_empty();
    let journey = case.decisive().or(case.journeys.first());
    let expected = journey.and_then(|journey| journey.wanted.expected).unwrap_or(1);
    let found = journey.and_then(|journey| journey.wanted.found).unwrap_or(0);
    let exactly = journey.is_some_and(|journey| journey.wanted.exactly);
    let exact_source = journey.is_some_and(|journey| journey.wanted.source <= Source::Query);
    let claim = claim(&case.failed.message);
    let proven = if exact_source { Confidence::Proven } else { Confidence::Likely };

    if !enough {
        let answered_after = case.looks_after_visible().iter().filter(|look| !look.timed_out()).count();
        if answered_after == 0 && !case.timed_out_looks().is_empty() {
            return Decision::of(case, &causes::QUERY_SLOW, proven).then(&causes::QUERY_ERR, Confidence::Possible);
        }
        if case.queries_failed() && supported(&causes::QUERY_ERR) {
            return Decision::of(case, &causes::QUERY_ERR, Confidence::Likely);
        }
        if supported(&causes::QUERY_PAGE) {
            // A full page is only a guess, the server's line with the total is none.
            let rows = |look: &LookSeen| look.request.and_then(|request| case.world.requests[request].rows);
            let cut = case.looking.looks.iter().filter_map(rows).any(|(count, total, _)| count < total);
            let confidence = if cut { Confidence::Proven } else { Confidence::Likely };
            let decision = Decision::of(case, &causes::QUERY_PAGE, confidence);
            return if supported(&causes::DATA_INTERFERENCE) {
                decision.then(&causes::DATA_INTERFERENCE, Confidence::Likely)
            } else {
                decision
            };
        }
    }
    if enough && !claim.value && exactly && found > expected {
        let own = journey.map_or(0, |journey| case.repeated(journey).len() as u64);
        if supported(&causes::WRITE_DUP) && own <= expected {
            return Decision::of(case, &causes::WRITE_DUP, proven);
        }
        if own > expected && supported(&causes::EMIT_DUP) {
            let all = own == found;
            // Without a line that names the object, they may be of two.
            let object = |event: &usize| case.world.events[*event].object.is_some();
            let named = journey.is_some_and(|journey| case.repeated(journey).first().is_some_and(object));
            let confidence = if all && named { proven } else { Confidence::Likely };
            return Decision::of(case, &causes::EMIT_DUP, confidence).then(&causes::ASSERT, Confidence::Possible);
        }
        if supported(&causes::DATA_INTERFERENCE) {
            let emitted = journey.map_or(0, |journey| journey.emissions.len() as u64);
            let confidence = if emitted >= found { proven } else { Confidence::Likely };
            return Decision::of(case, &causes::DATA_INTERFERENCE, confidence);
        }
        if journey.is_some_and(|journey| journey.event.is_some()) {
            // Its own calls are there, and are too few for the rows.
            return Decision::of(case, &causes::DATA_INTERFERENCE, Confidence::Possible)
                .then(&causes::EMIT_DUP, Confidence::Possible);
        }
        let text = format!("{found} rows were found, more than the test expects; no line shows who wrote the others.");
        return Decision::none(Family::Other, text).open([&causes::DATA_INTERFERENCE, &causes::EMIT_DUP]);
    }
    if (claim.value || claim.condition) && supported(&causes::ASSERT) {
        let returned =
            case.last_look().and_then(|look| look.returned(&case.world.requests)).is_some_and(|rows| rows > 0);
        let confidence = if returned && claim.value { Confidence::Proven } else { Confidence::Likely };
        return Decision::of(case, &causes::ASSERT, confidence);
    }
    if !enough && supported(&causes::QUERY_FILTER) {
        let names_object = journey.is_some_and(|journey| case.asks_for_object(journey));
        let confidence = if names_object { Confidence::Proven } else { Confidence::Likely };
        return Decision::of(case, &causes::QUERY_FILTER, confidence);
    }
    if enough && supported(&causes::ASSERT) {
        return Decision::of(case, &causes::ASSERT, Confidence::Likely);
    }
    Decision::none(Family::Other, "not timing: the event was visible in time; which of filter, page, error or assertion kept it from the test, the logs do not say.")
        .open([&causes::QUERY_FILTER, &causes::ASSERT])
}
