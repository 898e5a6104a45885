//! Rule 4: no link is broken, and the event was not visible at the last look. The stage whose excess, taken away, would
//! have let the test pass is guilty; without one the looking is.

use crate::causes::{self, Cause};
use crate::correlate::awaited::Source;
use crate::correlate::facts::flushed_before;
use crate::correlate::journeys::{Case, Journey};
use crate::correlate::replay::{Event, Outcome as Sent};
use crate::correlate::stages::StageFact;
use crate::instant::{Duration, Instant, MILLISECOND, Nanos, SECOND};
use crate::report::{Confidence, Family, Stage};

use super::{Decision, cut_off, emitted_after_looking, hidden, mismatch};

/// Applies the rule.
pub(super) fn decide(case: &Case<'_>) -> Decision {
    let Some(journey) = case.decisive() else { return hidden::decide(case) };
    let Some(event) = journey.event.map(|event| &case.world.events[event]) else { return hidden::decide(case) };
    let Some(look) = case.last_look_at() else { return hidden::decide(case) };
    // Looks after visibility: no wait would have helped, whatever came before.
    if !case.looks_after_visible().is_empty() {
        return mismatch::decide(case, false);
    }
    // Of a loop whose last looks are not known only the deadline is: what was not visible by then, no look found.
    let unflushed = |stage: &StageFact| stage.stage == Stage::FlushWait && stage.took.hi().is_none() && exceeds(stage);
    let too_late = look.surely_before(event.times.visible)
        || (event.times.visible.is_unknown() && journey.stages.iter().any(unflushed));
    if case.looks_are_cut() && !too_late {
        return Decision::none(
            Family::Unknown,
            "the lines of the test's looks end long before its deadline, so what the last look returned is not known.",
        )
        .open([&causes::FLUSH_DELAY, &causes::WRITE_SLOW, &causes::QUERY_FILTER]);
    }
    // Not all ends of the spec's flushes are there: what they took is not known.
    let proof = if case.flush_ends_are_missing() { Confidence::Likely } else { Confidence::Proven };
    let proof = proof.min(late_proof(case, journey));
    let stage = |wanted: Stage| journey.stages.iter().find(|stage| stage.stage == wanted);
    let flush = stage(Stage::FlushWait).filter(|stage| guilty(stage, look));
    let write = stage(Stage::Write).filter(|stage| guilty(stage, look));
    let flushes = case.explicit_flushes();

    // 4.1: flushed once before the event was there, never again.
    let all_before = flushes.iter().all(|(ended, _, seen)| flushed_before(event, *ended, *seen));
    if flush.is_some() && !flushes.is_empty() && all_before {
        return guilty_decision(case, &causes::FLUSH_ORDER, proof, vec![Stage::FlushWait])
            .then(&causes::FLUSH_DELAY, Confidence::Likely);
    }
    // 4.2: a flush ran after the event was buffered and left it in the channel.
    if case.flush_that_left(event).is_some() {
        let decision = guilty_decision(case, &causes::FLUSH_DELAY, proof, vec![Stage::FlushWait]);
        return if case.blocking_write().is_some() {
            decision.then(&causes::WRITE_SLOW, Confidence::Possible)
        } else {
            decision
        };
    }
    // While a writer was blocked by an earlier batch's slow write, that waiting belongs to that write.
    if let Some(blocking) = case.blocking_write() {
        let took = case.world.write_time(blocking).lo().unwrap_or(0);
        let without = event.times.buffered + Duration::exact(case.pipeline_limit());
        if flush.is_some() || (took > case.write_limit && without.hi() <= look.hi()) {
            return guilty_decision(case, &causes::WRITE_SLOW, proof, vec![Stage::FlushWait])
                .then(&causes::FLUSH_DELAY, Confidence::Possible);
        }
    }
    if case.writer_is_silent(event) {
        return Decision::none(
            Family::Unknown,
            "the store's writer printed nothing more: it was in a write that no line shows, or was not scheduled.",
        )
        .open([&causes::WRITE_SLOW, &causes::FLUSH_DELAY]);
    }
    // No answer by the end of the log, to the write or to the looks: the server need not have been there.
    if write.is_some_and(|write| write.took.hi().is_none()) && case.queries_failed() {
        return Decision::none(
            Family::Unknown,
            "neither the write nor the looks had an answer by the end of the log: the server may have been out of reach.",
        )
        .open([&causes::INFRA_DOWN, &causes::SEND_LOSS, &causes::WRITE_SLOW]);
    }
    // 4.3
    let decision = guilty_stage(case, flush, write, proof).or_else(|| both_together(case, journey, look, proof));
    if let Some(decision) = decision {
        return decision;
    }
    // 4.4
    if case.is_cut_off() {
        return cut_off();
    }
    let exceeding = journey
        .stages
        .iter()
        .filter(|stage| matches!(stage.stage, Stage::FlushWait | Stage::Write) && exceeds(stage))
        .max_by_key(|stage| stage.took.lo().unwrap_or(0) - stage.limit.unwrap_or(0));
    if (exceeding.is_none() || !case.looking.to_deadline)
        && let Some(decision) = looked_too_little(case, journey, look, proof)
    {
        return decision;
    }
    // No line of the client shows its batch: the server's lines stand in for them.
    let by_server = event.batch.is_some_and(|batch| case.world.batches[batch].hidden);
    if by_server {
        let decision = hidden::decide(case);
        if decision.cause.is_some() {
            return decision;
        }
    }
    // 4.5: a stage exceeds its limit, but no replacement would have saved the look.
    match exceeding.map(|stage| stage.stage) {
        Some(Stage::FlushWait) => Decision::of(case, &causes::FLUSH_DELAY, Confidence::Possible)
            .then(&causes::QUERY_WINDOW, Confidence::Possible),
        Some(_) => Decision::of(case, &causes::WRITE_SLOW, Confidence::Possible)
            .then(&causes::QUERY_WINDOW, Confidence::Possible),
        None => hidden::decide(case),
    }
}

/// The stage that is guilty by itself; of two the one that took more too much stands first.
fn guilty_stage(
    case: &Case<'_>,
    flush: Option<&StageFact>,
    write: Option<&StageFact>,
    proof: Confidence,
) -> Option<Decision> {
    if write.is_some() && case.stood_still_in_write() {
        let decision = guilty_decision(case, &causes::FLUSH_DELAY, Confidence::Possible, vec![Stage::Write]);
        return Some(decision.then(&causes::WRITE_SLOW, Confidence::Possible));
    }
    Some(match (flush, write) {
        (None, Some(_)) => guilty_decision(case, &causes::WRITE_SLOW, proof, vec![Stage::Write]),
        (Some(_), None) => guilty_decision(case, &causes::FLUSH_DELAY, proof, vec![Stage::FlushWait]),
        (Some(flush), Some(write)) => {
            let excess = |stage: &StageFact| stage.took.lo().unwrap_or(0) - stage.limit.unwrap_or(0);
            let stages = vec![Stage::FlushWait, Stage::Write];
            if excess(write) >= excess(flush) {
                guilty_decision(case, &causes::WRITE_SLOW, proof, stages).then(&causes::FLUSH_DELAY, Confidence::Likely)
            } else {
                guilty_decision(case, &causes::FLUSH_DELAY, proof, stages).then(&causes::WRITE_SLOW, Confidence::Likely)
            }
        }
        (None, None) => return None,
    })
}

/// Rule 4.4: no stage exceeds its limit; the looking, or the emission, is to blame.
fn looked_too_little(case: &Case<'_>, journey: &Journey, look: Instant, proof: Confidence) -> Option<Decision> {
    let event = &case.world.events[journey.event?];
    let last_possible = look.hi().unwrap_or(Nanos::MAX).saturating_sub(case.pipeline_limit());
    let emitted_late = event.times.emitted.lo().is_some_and(|emitted| emitted > last_possible);
    let emitted_after = journey.event.is_some_and(|event| emitted_after_looking(case, event));
    if let Some(decision) = undecided(case, journey, event, look) {
        return Some(decision);
    }
    if !case.looking.to_deadline {
        let decision = Decision::of(case, &causes::QUERY_EARLY, proof);
        return Some(if emitted_after { decision.then(&causes::EMIT_LATE, Confidence::Likely) } else { decision });
    }
    let window = case.window().unwrap_or(0);
    // The looks end long before the time that the failure names: the process stood still, or hardly ever looked.
    let deadline = case.failed.deadline.and_then(Instant::lo);
    let waited = deadline.zip(case.looking.start.and_then(Instant::lo)).map_or(0, |(end, start)| end - start);
    let stood_still = waited > case.pipeline_limit() && waited / 2 > window;
    if window < case.pipeline_limit() && stood_still {
        let decision = Decision::of(case, &causes::FLUSH_DELAY, Confidence::Possible);
        return Some(decision.then(&causes::QUERY_WINDOW, Confidence::Possible));
    }
    if window < case.pipeline_limit() {
        // An explicit flush that is not printed at this level would have had to take the event.
        let proof = if case.visible.flushes { proof } else { proof.min(Confidence::Likely) };
        let decision = Decision::of(case, &causes::QUERY_WINDOW, proof);
        return Some(if emitted_late { decision.then(&causes::EMIT_LATE, Confidence::Possible) } else { decision });
    }
    emitted_late.then(|| Decision::of(case, &causes::EMIT_LATE, proof))
}

/// No stage surely took too long; still the looking is not to blame where what would clear it is missing.
fn undecided(case: &Case<'_>, journey: &Journey, event: &Event, look: Instant) -> Option<Decision> {
    let said = |sentence: &str, open: [&'static Cause; 2]| Some(Decision::none(Family::Unknown, sentence).open(open));
    if case.failed.message.is_empty() {
        return said(
            "the failure's message is missing, so it is not known whether the test looked once or in a loop.",
            [&causes::QUERY_EARLY, &causes::EMIT_LATE],
        );
    }
    // Of two spans that overlap the earlier one begins and ends first.
    let visible = event.times.visible;
    let earlier = |one: Option<Nanos>, other: Option<Nanos>| one.zip(other).is_none_or(|(one, other)| one < other);
    let before = earlier(look.lo(), visible.lo()) && earlier(look.hi(), visible.hi());
    if !before && !look.surely_before(visible) {
        let sentence = if visible.width().is_some_and(|width| width < SECOND) {
            "the event became visible about when the test looked last; the stamps do not tell which came first."
        } else {
            "when the event became visible is known too roughly to say whether the test looked last before or after it."
        };
        return said(sentence, [&causes::QUERY_EARLY, &causes::QUERY_FILTER]);
    }
    if !case.looking.to_deadline {
        return None;
    }
    let may_exceed = |stage: &StageFact| {
        let over = stage.limit.zip(stage.took.lo()).is_some_and(|(limit, took)| took >= limit);
        matches!(stage.stage, Stage::FlushWait | Stage::Write) && over && stage.took.hi().is_none()
    };
    if journey.stages.iter().any(may_exceed) {
        return said(
            "a stage had not ended by the end of the log, and had taken as long as it normally may.",
            [&causes::WRITE_SLOW, &causes::QUERY_WINDOW],
        );
    }
    if case.flushed_in_vain(event) || case.flush_ends_are_missing() {
        return said(
            "the test flushed, and another flush took the event later; no line shows what kept the first from it.",
            [&causes::FLUSH_DELAY, &causes::QUERY_WINDOW],
        );
    }
    None
}

/// Only several limits together would have saved the look: all are guilty.
fn both_together(case: &Case<'_>, journey: &Journey, look: Instant, proof: Confidence) -> Option<Decision> {
    let event = &case.world.events[journey.event?];
    let over: Vec<&StageFact> = journey
        .stages
        .iter()
        .filter(|stage| matches!(stage.stage, Stage::FlushWait | Stage::Write) && exceeds(stage))
        .collect();
    let with_limits = event.times.buffered + Duration::exact(case.pipeline_limit());
    if over.len() < 2 || with_limits.hi() > look.hi() {
        return None;
    }
    let excess = |stage: &StageFact| stage.took.lo().unwrap_or(0) - stage.limit.unwrap_or(0);
    let worst = over.iter().max_by_key(|stage| excess(stage))?;
    let (first, second) = if worst.stage == Stage::Write {
        (&causes::WRITE_SLOW, &causes::FLUSH_DELAY)
    } else {
        (&causes::FLUSH_DELAY, &causes::WRITE_SLOW)
    };
    let stages = over.iter().map(|stage| stage.stage).collect();
    let other = over.iter().filter(|stage| stage.stage != worst.stage).flat_map(|stage| stage.seen.iter().copied());
    let behind = case.evidence("behind it: with the first mended the event would still have come too late", other);
    let decision = guilty_decision(case, first, proof.min(Confidence::Likely), stages);
    Some(decision.behind(second, Confidence::Likely, behind))
}

fn guilty_decision(case: &Case<'_>, cause: &'static Cause, proof: Confidence, guilty: Vec<Stage>) -> Decision {
    Decision { guilty, ..Decision::of(case, cause, proof) }
}

fn exceeds(stage: &StageFact) -> bool {
    // Handling a tick takes a moment; an excess within it proves nothing.
    const HANDLING: Nanos = 20 * MILLISECOND;
    stage.took.lo().zip(stage.limit).is_some_and(|(took, limit)| took > limit + HANDLING)
}

/// A stage is guilty when it surely exceeds its limit, and the limit in its place would have made the event visible
/// before the last look.
fn guilty(stage: &StageFact, look: Instant) -> bool {
    let saved =
        stage.visible_with_limit.and_then(Instant::hi).zip(look.hi()).is_some_and(|(visible, look)| visible <= look);
    exceeds(stage) && saved
}

/// A late verdict is proven only where the query is known to match the event.
fn late_proof(case: &Case<'_>, journey: &Journey) -> Confidence {
    let event = journey.event.map(|event| &case.world.events[event]);
    let sure = event.is_some_and(|event| event.or_batch.is_none() && event.batch.is_some());
    // Attempts failed, and the log ends before the last: the batch may have been lost.
    let batch = event.and_then(|event| event.batch).map(|batch| &case.world.batches[batch]);
    let undecided = batch.is_some_and(|batch| !batch.failures.is_empty() && batch.outcome == Sent::Open);
    let sure = sure && !undecided && (journey.under_other_id.is_none() || case.asks_for_object(journey));
    let known_filter = journey.wanted.source == Source::Query;
    let matches = known_filter || case.matched_elsewhere().is_some();
    // The message was cut off: what the spec asserted is not known.
    let told = !case.failed.message.is_empty();
    let whole = !case.log_is_holed() && !case.looks_are_cut();
    if sure && told && matches && whole && journey.wanted.source <= Source::Query && case.last_look().is_some() {
        Confidence::Proven
    } else {
        Confidence::Likely
    }
}
