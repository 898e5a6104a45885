//! How a verdict is reached: the rules, in their order.
//!
//! Links first, timing only for an event that no link lost, mismatch only for an event that was visible in time.
//! A rule chooses; the causes bring the evidence. There is no percentage: see [`Confidence`].

mod hidden;
mod late;
mod layers;
mod mismatch;

use crate::causes::{self, Cause, Examined};
use crate::correlate::awaited::{Source, claim};
use crate::correlate::facts::Trouble;
use crate::correlate::journeys::Case;
use crate::correlate::replay::Fate;
use crate::report::{Confidence, Evidence, Family, Link, Stage};
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

    fn at_most(mut self, most: Confidence) -> Self {
        self.confidence = self.confidence.min(most);
        for (_, confidence) in &mut self.ranked {
            *confidence = (*confidence).min(most);
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
    let mut decision = by_the_rules(case);
    if case.is_headless() {
        // What went before may have been another emission, another object, another look.
        decision = decision.at_most(Confidence::Likely);
    }
    let mut decision = layers::add_layers(case, decision);
    let timing = matches!(decision.family, Family::WriteLatency | Family::FlushDelay | Family::QueryTiming);
    let server = case.world.server_of(None);
    if timing && server.is_some_and(|server| case.world.is_assumed(server)) {
        // Another clock would put the looks beside other requests.
        decision = decision.at_most(Confidence::Likely);
    }
    decision.ranked.sort_by_key(|(_, confidence)| std::cmp::Reverse(*confidence));
    decision
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
        return mismatch::decide(case, true);
    }
    if let Some(decision) = broken_link(case) {
        return decision;
    }
    let event = case.decisive().and_then(|journey| journey.event);
    if event.is_some_and(|event| hidden_event(case, event) && !emitted_after_looking(case, event)) {
        return hidden::decide(case);
    }
    match event {
        None => hidden::decide(case),
        Some(_) => match case.visible_in_time() {
            Some(true) if case.only_returned() => mismatch::decide(case, false).at_most(Confidence::Likely),
            Some(true) => mismatch::decide(case, false),
            Some(false) | None => late::decide(case),
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

/// A spec that would go on looking says so only at its end.
fn cut_off() -> Decision {
    Decision::none(
        Family::Unknown,
        "the log ends before the failure is told: whether the test went on looking, it does not show.",
    )
    .open([&causes::QUERY_EARLY, &causes::QUERY_WINDOW, &causes::FLUSH_DELAY, &causes::WRITE_SLOW])
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
