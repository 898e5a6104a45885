//! How a verdict is reached: the rules, in their order.
//!
//! Links first, timing only for an event that no link lost, mismatch only for an event that was visible in time.
//! A rule chooses; the causes bring the evidence. There is no percentage: see [`Confidence`].

use crate::causes::{self, Cause, Examined};
use crate::correlate::awaited::{Source, claim};
use crate::correlate::facts::{Trouble, flushed_before};
use crate::correlate::journeys::{Case, Journey};
use crate::correlate::looks::LookSeen;
use crate::correlate::replay::{Event, Fate, Outcome as Sent};
use crate::correlate::stages::StageFact;
use crate::instant::{Duration, Instant, MILLISECOND, Nanos, SECOND, at_most};
use crate::layers;
use crate::report::{Confidence, Evidence, Family, Link, Stage, State};
use crate::sighting::Outcome;

/// What the rules say of one failure.
#[derive(Debug)]
pub struct Decision {
    /// The cause, when one can be named.
    pub cause: Option<&'static Cause>,
    /// Its family.
    pub family: Family,
    /// How sure.
    pub confidence: Confidence,
    /// The answer in one sentence.
    pub sentence: String,
    /// Causes with their confidence, best first.
    pub ranked: Vec<(&'static Cause, Confidence)>,
    /// Stages that are guilty.
    pub guilty: Vec<Stage>,
    /// What the rule itself went by, where the cause's own lines are hidden.
    pub by: Option<Evidence>,
    /// Causes that show once the first is mended, each with what tells so.
    pub layers: Vec<(&'static Cause, Evidence)>,
}

impl Decision {
    fn of(case: &Case<'_>, cause: &'static Cause, confidence: Confidence) -> Self {
        Self {
            cause: Some(cause),
            family: cause.family,
            confidence,
            sentence: (cause.sentence)(case),
            ranked: vec![(cause, confidence)],
            guilty: Vec::new(),
            by: None,
            layers: Vec::new(),
        }
    }

    fn by(self, evidence: Evidence) -> Self {
        Self { by: Some(evidence), ..self }
    }

    fn then(mut self, cause: &'static Cause, confidence: Confidence) -> Self {
        if self.ranked.iter().all(|(known, _)| known.code != cause.code) {
            self.ranked.push((cause, confidence.min(self.confidence)));
        }
        self
    }

    /// Adds what shows once the cause is mended.
    #[must_use]
    pub fn behind(mut self, cause: &'static Cause, confidence: Confidence, evidence: Evidence) -> Self {
        if self.cause.is_none_or(|first| first.code != cause.code) {
            self = self.then(cause, confidence);
            self.layers.push((cause, evidence));
        }
        self
    }

    fn none(family: Family, sentence: impl Into<String>) -> Self {
        Self {
            cause: None,
            family,
            confidence: Confidence::Unknown,
            sentence: sentence.into(),
            ranked: Vec::new(),
            guilty: Vec::new(),
            by: None,
            layers: Vec::new(),
        }
    }

    fn open(mut self, causes: impl IntoIterator<Item = &'static Cause>) -> Self {
        self.ranked.extend(causes.into_iter().map(|cause| (cause, Confidence::Possible)));
        self
    }
}

/// Applies the rules to one failure, and adds what stands behind its cause.
pub fn decide(case: &Case<'_>) -> Decision {
    layers::add_layers(case, by_the_rules(case))
}

fn by_the_rules(case: &Case<'_>) -> Decision {
    if case.failed.collateral {
        return Decision::none(Family::Other, collateral_sentence(case));
    }
    if let Some(decision) = waits_for_nothing(case) {
        return decision;
    }
    if case.failed.outcome == Outcome::Panicked && case.closed_store_panic().is_some() {
        return Decision::of(case, &causes::STORE_CLOSED, Confidence::Proven)
            .then(&causes::EMIT_NEVER, Confidence::Possible);
    }
    if enough_was_found(case) {
        return mismatch(case, true);
    }
    if let Some(decision) = broken_link(case) {
        return decision;
    }
    let event = case.decisive().and_then(|journey| journey.event);
    if event.is_some_and(|event| hidden_event(case, event) && !emitted_after_looking(case, event)) {
        return hidden(case);
    }
    match event {
        None => hidden(case),
        Some(_) => match case.visible_in_time() {
            Some(true) => mismatch(case, false),
            Some(false) | None => late(case),
        },
    }
}

fn collateral_sentence(case: &Case<'_>) -> String {
    if case.failed.repeats {
        "this only repeats the failure of another process's suite node.".to_owned()
    } else {
        "this spec was interrupted: it is a victim of another failure or of the suite's time-out.".to_owned()
    }
}

/// Rule 1: the failure waits for no event.
fn waits_for_nothing(case: &Case<'_>) -> Option<Decision> {
    let suite_node = case.failed.text.starts_with('[');
    if !suite_node && waits(case) {
        return None;
    }
    let infra = examine(&causes::INFRA_DOWN, case);
    let unreachable = !case.unreachable_lines().is_empty();
    if infra.excluding.is_empty() && (unreachable || (!infra.supporting.is_empty() && case.needed_the_server())) {
        let confidence = if unreachable { Confidence::Proven } else { Confidence::Likely };
        return Some(
            Decision::of(case, &causes::INFRA_DOWN, confidence).then(&causes::SEND_LOSS, Confidence::Possible),
        );
    }
    Some(Decision::none(Family::Other, "this failure does not wait for an audit event."))
}

/// A spec waits for events when it says so: it printed looks, its text or message names a type, or its message speaks
/// of events and queries were served in its window.
fn waits(case: &Case<'_>) -> bool {
    let printed = case.looking.looks.iter().any(|look| look.printed.is_some());
    let message = case.failed.message.to_ascii_lowercase();
    let looked = !case.looking.looks.is_empty() && (message.contains("audit") || message.contains("event"));
    !case.journeys.is_empty() || printed || looked
}

/// Rule 2: the looks returned as many as expected, or more.
fn enough_was_found(case: &Case<'_>) -> bool {
    let claim = claim(&case.failed.message);
    if claim.missing.is_some() {
        return false;
    }
    let returned = case.last_look().and_then(|look| look.returned(&case.world.requests));
    if claim.condition {
        // Whether a condition holds says nothing of what was found; the rows do.
        return returned.is_none_or(|rows| rows > 0) && case.visible_in_time() == Some(true);
    }
    if claim.value {
        // A printed value was read from a row; nothing at all can also mean that no row came.
        return !claim.nothing || returned.is_some_and(|rows| rows > 0) || case.visible_in_time() == Some(true);
    }
    case.journeys.iter().any(|journey| {
        let wanted = &journey.wanted;
        let expected = wanted.expected.unwrap_or(1);
        wanted.found.is_some_and(|found| found >= expected.max(1))
    })
}

/// Rule 3: the first `Absent` link names the cause. Timing is not blamed for a broken link.
fn broken_link(case: &Case<'_>) -> Option<Decision> {
    let journey = case.decisive()?;
    let broken = journey.broken()?;
    // A hint is not enough to say that something never happened.
    let exact = journey.wanted.source <= Source::Query;
    let cap = if exact { Confidence::Proven } else { Confidence::Likely };
    let by_event = journey.event.map(|event| &case.world.events[event]);
    let sure_batch = by_event.is_none_or(|event| event.or_batch.is_none());
    let batch_cap = if sure_batch { cap } else { Confidence::Likely };
    Some(match broken.link {
        Link::Emitted if !journey.emissions.is_empty() => {
            Decision::of(case, &causes::EMIT_NEVER, Confidence::Likely).then(&causes::ASSERT, Confidence::Possible)
        }
        // The panic of an earlier call of the same object ended it before the awaited one.
        Link::Emitted if case.closed_store_panic().is_some() => {
            Decision::of(case, &causes::STORE_CLOSED, cap).then(&causes::EMIT_NEVER, Confidence::Likely)
        }
        Link::Emitted if journey.wanted.source != Source::Hint => {
            // The same type under another id in the spec's own block may be the awaited event.
            let other = case.same_type_in_block(journey).is_some();
            let cap = if case.log_is_holed() || other { cap.min(Confidence::Likely) } else { cap };
            let decision = Decision::of(case, &causes::EMIT_NEVER, cap);
            if other { decision.then(&causes::QUERY_FILTER, Confidence::Possible) } else { decision }
        }
        Link::Emitted | Link::Flushed => return None,
        Link::Validated => Decision::of(case, &causes::VALIDATE_DROP, cap),
        Link::Buffered => match by_event.map(|event| event.fate) {
            Some(Fate::DroppedFull) => Decision::of(case, &causes::BUFFER_FULL, cap),
            _ => Decision::of(case, &causes::STORE_CLOSED, cap).then(&causes::EMIT_NEVER, Confidence::Possible),
        },
        Link::Sent | Link::Created => lost_batch(case, batch_cap),
    })
}

/// The attempts' own errors choose the code, the last attempt first.
fn lost_batch(case: &Case<'_>, cap: Confidence) -> Decision {
    let troubles = case.batch().map(|batch| case.troubles(batch)).unwrap_or_default();
    let kinds: Vec<Trouble> = troubles.iter().map(|(trouble, _)| *trouble).collect();
    let code = |trouble: &Trouble| cause_of(case, *trouble);
    // A log that ends early can have been cut: it does not prove that the server ended.
    let network = matches!(kinds.last(), Some(Trouble::Network));
    let cap = if network && case.server_was_silent() { cap.min(Confidence::Likely) } else { cap };
    let Some(last) = kinds.last() else {
        return Decision::of(case, &causes::SEND_LOSS, Confidence::Likely);
    };
    let mut decision = Decision::of(case, code(last), cap);
    for other in kinds.iter().rev().filter(|other| code(other).code != code(last).code) {
        decision = decision.then(code(other), Confidence::Possible);
    }
    if matches!(last, Trouble::Network) {
        let other = if decision.cause.is_some_and(|cause| cause.code == "infra-down") {
            &causes::SEND_LOSS
        } else {
            &causes::INFRA_DOWN
        };
        decision = decision.then(other, Confidence::Possible);
    }
    decision
}

/// Nothing is known of the event after it was buffered, and nothing could be: not even its batch.
fn hidden_event(case: &Case<'_>, event: usize) -> bool {
    let event = &case.world.events[event];
    event.fate == Fate::Open || (event.fate == Fate::Buffered && event.batch.is_none() && !case.visible.ticks)
}

/// Then what became of it later does not matter.
fn emitted_after_looking(case: &Case<'_>, event: usize) -> bool {
    let times = &case.world.events[event].times;
    case.last_look_at().is_some_and(|look| look.surely_before(times.emitted) || look.surely_before(times.buffered))
}

/// Rule 4: no link is broken, and the event was not visible at the last look.
fn late(case: &Case<'_>) -> Decision {
    let Some(journey) = case.decisive() else { return hidden(case) };
    let Some(event) = journey.event.map(|event| &case.world.events[event]) else { return hidden(case) };
    let Some(look) = case.last_look_at() else { return hidden(case) };
    // Looks after visibility: no wait would have helped, whatever came before.
    if !case.looks_after_visible().is_empty() {
        return mismatch(case, false);
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
    // 4.3
    if write.is_some() && case.stood_still_in_write() {
        return guilty_decision(case, &causes::FLUSH_DELAY, Confidence::Possible, vec![Stage::Write])
            .then(&causes::WRITE_SLOW, Confidence::Possible);
    }
    match (flush, write) {
        (None, Some(_)) => return guilty_decision(case, &causes::WRITE_SLOW, proof, vec![Stage::Write]),
        (Some(_), None) => return guilty_decision(case, &causes::FLUSH_DELAY, proof, vec![Stage::FlushWait]),
        (Some(flush), Some(write)) => {
            let excess = |stage: &StageFact| stage.took.lo().unwrap_or(0) - stage.limit.unwrap_or(0);
            let stages = vec![Stage::FlushWait, Stage::Write];
            return if excess(write) >= excess(flush) {
                guilty_decision(case, &causes::WRITE_SLOW, proof, stages).then(&causes::FLUSH_DELAY, Confidence::Likely)
            } else {
                guilty_decision(case, &causes::FLUSH_DELAY, proof, stages).then(&causes::WRITE_SLOW, Confidence::Likely)
            };
        }
        (None, None) => {}
    }
    if let Some(decision) = both_together(case, journey, look, proof) {
        return decision;
    }
    // 4.4
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
        let decision = hidden(case);
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
        None => hidden(case),
    }
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
        return said(
            "the event became visible about when the test looked last; the stamps do not tell which came first.",
            [&causes::QUERY_EARLY, &causes::QUERY_FILTER],
        );
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

/// Rule 5: visible before the last look, and still failed. Each cause only with positive evidence of its own.
fn mismatch(case: &Case<'_>, enough: bool) -> Decision {
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
        return Decision::of(case, &causes::DATA_INTERFERENCE, Confidence::Possible)
            .then(&causes::EMIT_DUP, Confidence::Possible);
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

/// Rule 6: client lines are hidden at this level, or missing. The server's requests stand in for them, all at most
/// `likely`.
fn hidden(case: &Case<'_>) -> Decision {
    let journey = case.journeys.first();
    let emission_seen = journey.is_some_and(|journey| journey.event.is_some());
    let with_never = |decision: Decision| {
        if emission_seen { decision } else { decision.then(&causes::EMIT_NEVER, Confidence::Possible) }
    };
    if let Some(decision) = lost_batch_of_window(case) {
        return with_never(decision);
    }
    if let Some(decision) = parked_in_window(case) {
        return decision;
    }
    let unknown = |sentence: &str| {
        let pending = journey.is_some_and(|journey| journey.link(Link::Emitted).state == State::Pending);
        let open: Vec<&'static Cause> = if pending {
            vec![&causes::EMIT_NEVER, &causes::EMIT_LATE]
        } else {
            vec![&causes::EMIT_NEVER, &causes::FLUSH_DELAY, &causes::QUERY_FILTER]
        };
        Decision::none(Family::Unknown, sentence).open(open)
    };
    let (Some(start), Some(look)) =
        (case.looking.start.and_then(Instant::lo), case.last_look_at().and_then(Instant::hi))
    else {
        return unknown("the logs do not show how the test looked, so no stage can be blamed.");
    };
    let writes: Vec<(usize, Instant, Instant)> = case
        .writes_of_store()
        .map(|(index, _)| (index, case.world.began(index), case.world.ended(index)))
        .filter(|(_, began, _)| !began.is_unknown())
        .collect();
    let emitted_from = case.first_object_line().and_then(|(at, _)| at.lo()).unwrap_or(start).min(start);
    // A write that was still running at every look.
    let running = writes.iter().find(|(_, began, ended)| {
        began.hi().is_some_and(|began| began >= emitted_from && began < (start + SECOND).min(look))
            && ended.lo().is_some_and(|ended| ended > look)
    });
    // With several stores and none known as the spec's own, another write of the window could have held the event.
    let own_known = case
        .store
        .is_some_and(|store| writes.iter().any(|(index, ..)| case.world.requests[*index].store == Some(store)));
    let another = writes.iter().any(|(index, began, ended)| {
        running.is_some_and(|(slow, ..)| slow != index)
            && began.lo().is_some_and(|began| began >= emitted_from)
            && ended.hi().is_some_and(|ended| ended < look)
    });
    // It was emitted, and its query matches such rows: then no write that ended before the last look held it.
    let ended_without_it = emission_seen && case.matched_elsewhere().is_some();
    let line = |write: usize| case.world.requests[write].at;
    if let Some((write, ..)) = running
        && (own_known || !another || ended_without_it)
    {
        let by = case.evidence("a write that could hold it was still running at the last look", [line(*write)]);
        return with_never(Decision::of(case, &causes::WRITE_SLOW, Confidence::Likely).by(by));
    }
    let followed = case.decisive().and_then(|journey| journey.event).map(|event| &case.world.events[event]);
    // One look, and less time since the event was buffered than a normal flush and write may take.
    let in_a_loop = case.looking.to_deadline || case.failed.message.is_empty();
    if let (false, Some(event)) = (in_a_loop, followed)
        && let Some(buffered) = event.times.buffered.lo().filter(|buffered| look - buffered < case.pipeline_limit())
    {
        let text = format!("the last look came {} after it was buffered", at_most((look - buffered).max(0)));
        let lines = event.ended.into_iter().chain(case.last_look().and_then(|look| case.look_line(look)));
        return Decision::of(case, &causes::QUERY_EARLY, Confidence::Likely).by(case.evidence(text, lines));
    }
    if let Some(decision) = not_the_window(case, look) {
        return with_never(decision);
    }
    let interval = case.interval();
    // A single look has no window: what was sent since the event can have been emitted may have held it.
    let from = if in_a_loop { start } else { emitted_from };
    let in_window = writes.iter().any(|(_, began, _)| began.lo().is_some_and(|began| (from..=look).contains(&began)));
    let after = writes.iter().find(|(_, began, _)| began.lo().is_some_and(|began| began > look));
    let after = after.filter(|_| !in_window).map(|(write, ..)| {
        case.evidence("no write began while the test looked, and this one after its last look", [line(*write)])
    });
    let slow_timer = interval.filter(|interval| case.looking.to_deadline && *interval > look - start);
    if let Some(interval) = slow_timer
        && let Some(by) = after.clone().or_else(|| unsent(case, &writes))
    {
        let normal = interval <= case.flush_limit;
        let cause = if normal { &causes::QUERY_WINDOW } else { &causes::FLUSH_DELAY };
        return with_never(Decision::of(case, cause, Confidence::Likely).by(by));
    }
    if let (false, Some(by)) = (in_a_loop, after) {
        return with_never(Decision::of(case, &causes::QUERY_EARLY, Confidence::Likely).by(by));
    }
    if slow_timer.is_some() {
        return unknown("the store's timer is slower than the test looked, and no line shows when the event was sent.");
    }
    if followed.is_some_and(|event| event.batch.is_some()) {
        // Its lines are there; no interval tells.
        return Decision::none(
            Family::Unknown,
            "no stage surely took too long, and the event was not surely emitted too late: the stamps are too coarse.",
        )
        .open([&causes::EMIT_LATE, &causes::FLUSH_DELAY, &causes::WRITE_SLOW]);
    }
    let enough_time = look - start > case.pipeline_limit() + case.poll_interval().unwrap_or(SECOND);
    if enough_time {
        return unknown(
            "query timing is excluded: the test looked for longer than a normal flush and write take together; what else it was, the logs do not show.",
        );
    }
    unknown("the client's lines are not in the logs, so no stage can be blamed.")
}

/// Lines that forbid to blame a short window or a slow timer though the event's own way is hidden: looks that end long
/// before the deadline, attempts that failed while the test looked, a flush that left events in the channel.
fn not_the_window(case: &Case<'_>, look: Nanos) -> Option<Decision> {
    const LATE: Nanos = 2 * SECOND;
    let undecided = |sentence: &str, open: [&'static Cause; 2]| Decision::none(Family::Unknown, sentence).open(open);
    let deadline = case.failed.deadline.and_then(Instant::lo).filter(|_| case.looking.to_deadline);
    if deadline.is_some_and(|deadline| deadline - look > LATE.max(4 * case.poll_interval().unwrap_or(0))) {
        return Some(undecided(
            "the test's looks end long before its deadline: its process stood still, or lines are missing.",
            [&causes::FLUSH_DELAY, &causes::QUERY_WINDOW],
        ));
    }
    let start = case.looking.start.and_then(Instant::lo)?;
    let of_store = case.world.batches.iter().filter(|batch| Some(batch.store) == case.store);
    let mut attempts = of_store.flat_map(|batch| batch.failures.iter().map(|(seen, _)| case.world.printed.of(*seen)));
    if attempts.any(|at| at.hi().is_some_and(|hi| hi >= start) && at.lo().is_some_and(|lo| lo <= look)) {
        return Some(undecided(
            "attempts to write failed while the test looked; whether the event waited behind them, no line shows.",
            [&causes::WRITE_SLOW, &causes::FLUSH_DELAY],
        ));
    }
    case.explicit_flushes().iter().any(|(_, left, _)| *left > 0).then(|| {
        undecided(
            "a flush left events in the channel; whether the awaited one was among them, no line shows.",
            [&causes::FLUSH_DELAY, &causes::QUERY_WINDOW],
        )
    })
}

/// The event was buffered and not sent by the last look, which the server's log holds: no write was under way, or had
/// been. Where the same query found rows in another spec, a write that had ended would have been seen: it did not hold
/// the event.
fn unsent(case: &Case<'_>, writes: &[(usize, Instant, Instant)]) -> Option<Evidence> {
    let event = case.decisive()?.event.map(|event| &case.world.events[event])?;
    let (buffered, said) = (event.times.buffered.lo()?, event.ended?);
    let look = case.last_look()?;
    let (from, to) = look.at.and_then(|at| at.lo().zip(at.hi()))?;
    let asked = case.world.requests[look.request?].at;
    let matched = case.matched_elsewhere();
    let since = if matched.is_some() { from } else { buffered };
    let may_hold = |began: Instant, ended: Instant| {
        began.lo().is_none_or(|began| began <= to) && ended.hi().is_none_or(|ended| ended >= since)
    };
    let text = "it was buffered, and no write that could hold it was sent by the last look";
    let lines = [Some(said), matched, Some(asked)].into_iter().flatten();
    (!writes.iter().any(|(_, began, ended)| may_hold(*began, *ended))).then(|| case.evidence(text, lines))
}

/// A spec that writes events itself has no store: as many writes as it misses were parked in its time.
fn parked_in_window(case: &Case<'_>) -> Option<Decision> {
    let wanted = &case.journeys.first()?.wanted;
    let missing = wanted.expected?.checked_sub(wanted.found?).filter(|missing| *missing > 0)?;
    let deadline = case.failed.deadline?;
    let began = case.failed.took.map_or(case.looking.start, |took| Some(deadline - Duration::exact(took)))?;
    let inside = |at: Instant| !at.surely_before(began) && !deadline.surely_before(at) && !at.is_unknown();
    let parked = (0..case.world.requests.len())
        .filter(|index| case.world.requests[*index].parked && inside(case.world.began(*index)))
        .count() as u64;
    (parked >= missing && !case.visible.any).then(|| Decision::of(case, &causes::DLQ_202, Confidence::Likely))
}

/// A batch that could have held the event was lost.
fn lost_batch_of_window(case: &Case<'_>) -> Option<Decision> {
    let lost = case.lost_batch_of_window()?;
    let last = case.troubles(lost).last().map(|(trouble, _)| *trouble)?;
    Some(Decision::of(case, cause_of(case, last), Confidence::Likely))
}

/// The code for what an attempt ran into.
fn cause_of(case: &Case<'_>, trouble: Trouble) -> &'static Cause {
    match trouble {
        Trouble::Client(_) => &causes::REJECT_4XX,
        Trouble::Server(_) => &causes::SERVER_5XX,
        Trouble::Parked => &causes::DLQ_202,
        Trouble::Network if case.server_was_silent() => &causes::INFRA_DOWN,
        Trouble::Network => &causes::SEND_LOSS,
    }
}

/// A cause's evidence in a case. Several journeys can bring the same.
pub fn examine(cause: &Cause, case: &Case<'_>) -> Examined {
    let once = |evidence: Vec<Evidence>| {
        let mut kept: Vec<Evidence> = Vec::new();
        for one in evidence {
            if !kept.contains(&one) {
                kept.push(one);
            }
        }
        kept
    };
    let Examined { supporting, against, excluding } = (cause.examine)(case);
    Examined { supporting: once(supporting), against: once(against), excluding: once(excluding) }
}
