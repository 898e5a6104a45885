//! *Layers*: what stands behind the cause of a failure, and would fail the spec again once that is mended. Of a hundred
//! real failures a tenth had two or more; whoever mends the first and sees the same spec fail takes the mending for
//! wrong. So the ranked list names the next one, with its own lines.

use crate::causes;
use crate::correlate::facts::Trouble;
use crate::correlate::journeys::{Case, Journey};
use crate::instant::{Nanos, SECOND, at_least};
use crate::report::{Confidence, Family, Link, Stage};

use super::Decision;

/// Adds what stands behind the decision's cause. Without a cause nothing stands behind it.
pub(super) fn add_layers(case: &Case<'_>, decision: Decision) -> Decision {
    let Some(cause) = decision.cause.filter(|_| !case.failed.collateral) else { return decision };
    let lost = case.decisive().is_some_and(|journey| journey.broken().is_some());
    let late = matches!(cause.family, Family::FlushDelay | Family::WriteLatency);
    let mut decision = decision;
    if lost {
        decision = other_links(case, decision);
        // While the server is out of reach the queries fail with the writes: that is no cause of its own.
        if ![causes::INFRA_DOWN.code, causes::SEND_LOSS.code].contains(&cause.code) {
            decision = failing_queries(case, decision);
        }
    }
    if lost || late {
        decision = another_id(case, decision);
    }
    if cause.family == Family::FlushDelay {
        decision = slow_writes(case, decision);
    }
    decision
}

/// Of several awaited events one broke first; the others broke too, each at its own link.
fn other_links(case: &Case<'_>, decision: Decision) -> Decision {
    let first = case.decisive().and_then(Journey::broken).map(|fact| fact.link);
    let mut decision = decision;
    for journey in &case.journeys {
        let Some(broken) = journey.broken().filter(|broken| Some(broken.link) != first) else { continue };
        let cause = match broken.link {
            Link::Emitted => &causes::EMIT_NEVER,
            Link::Validated => &causes::VALIDATE_DROP,
            Link::Sent | Link::Created => match last_trouble(case, journey) {
                Some(Trouble::Client(_)) => &causes::REJECT_4XX,
                Some(Trouble::Server(_)) => &causes::SERVER_5XX,
                Some(Trouble::Parked) => &causes::DLQ_202,
                Some(Trouble::Network) | None => &causes::SEND_LOSS,
            },
            Link::Buffered | Link::Flushed => continue,
        };
        let because = broken.because.as_deref().unwrap_or("it was lost");
        let text = format!("another event that the test counts was lost elsewhere: {because}");
        let evidence = case.evidence(text, broken.seen.iter().copied());
        decision = decision.behind(cause, Confidence::Likely, evidence);
    }
    decision
}

fn last_trouble(case: &Case<'_>, journey: &Journey) -> Option<Trouble> {
    let batch = case.world.events[journey.event?].batch?;
    case.troubles(&case.world.batches[batch]).last().map(|(trouble, _)| *trouble)
}

/// The queries fail by themselves: the row would not be seen were it there.
fn failing_queries(case: &Case<'_>, decision: Decision) -> Decision {
    let requests = &case.world.requests;
    let looks = &case.looking.looks;
    let failed = looks.iter().filter(|look| look.failed(requests) && !look.timed_out());
    let lines: Vec<_> = failed.filter_map(|look| case.look_line(look)).collect();
    if lines.is_empty() || lines.len() * 2 <= looks.len() {
        return decision;
    }
    let text =
        format!("behind it: {} of {} queries failed too, so the event would not be seen", lines.len(), looks.len());
    let evidence = case.evidence(text, lines);
    decision.behind(&causes::QUERY_ERR, Confidence::Likely, evidence)
}

/// The query asks for another id than the event's: it would not be found either.
fn another_id(case: &Case<'_>, decision: Decision) -> Decision {
    let Some((journey, event)) = case.followed().find(|(journey, _)| journey.under_other_id.is_some()) else {
        return decision;
    };
    let asked = journey.wanted.correlation_id.as_deref().unwrap_or_default();
    let text =
        format!("behind it: the query asks for {asked}, and the event is emitted under {}", event.correlation_id);
    let looked = case.last_look().and_then(|look| case.look_line(look));
    let evidence = case.evidence(text, event.called.into_iter().chain(looked));
    decision.behind(&causes::QUERY_FILTER, Confidence::Likely, evidence)
}

/// Writes of the same store took so long in the same time that the event would have come too late even if flushed at
/// once.
fn slow_writes(case: &Case<'_>, decision: Decision) -> Decision {
    let (Some((journey, event)), Some(look)) = (case.followed().next(), case.last_look_at()) else { return decision };
    let (Some(buffered), Some(last)) = (event.times.buffered.lo(), look.hi()) else { return decision };
    let too_late = |took: Nanos| buffered + case.flush_limit + took > last;
    let own = journey.stages.iter().find(|stage| stage.stage == Stage::Write).filter(|_| event.batch.is_some());
    if let Some((own, took)) = own.and_then(|own| Some((own, own.took.lo()?))) {
        // Where its own write is known, no other tells of it.
        if took <= case.write_limit || !too_late(took) {
            return decision;
        }
        let text =
            format!("behind it: its write took {}; flushed in time it would still have come too late", at_least(took));
        let evidence = case.evidence(text, own.seen.iter().copied());
        return decision.behind(&causes::WRITE_SLOW, Confidence::Likely, evidence);
    }
    let around = |began: Nanos| (buffered - AROUND..=last + AROUND).contains(&began);
    let slow = case
        .writes_of_store()
        .filter(|(_, request)| request.store == Some(event.store))
        .filter(|(index, request)| case.world.began(*index).lo().is_some_and(around) && too_late(request.line.duration))
        .max_by_key(|(_, request)| request.line.duration);
    let Some((_, request)) = slow.filter(|(_, request)| request.line.duration > case.write_limit) else {
        return decision;
    };
    let took = at_least(request.line.duration);
    let text = format!("behind it: a write of its store took {took} in that time; so long a one is too late as well");
    let evidence = case.evidence(text, [request.at]);
    decision.behind(&causes::WRITE_SLOW, Confidence::Possible, evidence)
}

/// Writes so near the event tell of its own.
const AROUND: Nanos = 30 * SECOND;
