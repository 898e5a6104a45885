//! Rule 6: client lines are hidden at this level, or missing. What is left stands in for them: the server's requests, the
//! looks, and the lines that a store prints at every level. All of it is `likely` at most.

use crate::causes::{self, Cause};
use crate::correlate::journeys::{Case, Journey};
use crate::correlate::looks::LookSeen;
use crate::correlate::replay::Event;
use crate::instant::{Duration, Instant, Nanos, SECOND, at_most};
use crate::report::{Confidence, Evidence, Family, Link, State};

use super::{Decision, cause_of, cut_off, examine};

/// Applies the rule.
pub(super) fn decide(case: &Case<'_>) -> Decision {
    lost_batch_of_window(case)
        .map(|decision| with_never(case, decision))
        .or_else(|| parked_in_window(case))
        .or_else(|| {
            refused_in_block(case).or_else(|| Window::of(case)?.decide()).map(|decision| with_never(case, decision))
        })
        .unwrap_or_else(|| unknown(case))
}

/// An emission that no line shows may not have happened.
fn with_never(case: &Case<'_>, decision: Decision) -> Decision {
    let seen = case.journeys.first().is_some_and(|journey| journey.event.is_some());
    if seen { decision } else { decision.then(&causes::EMIT_NEVER, Confidence::Possible) }
}

/// The time in which the spec looked, and what is known of it.
struct Window<'c, 'a> {
    case: &'c Case<'a>,
    /// Its start, and its last look.
    start: Nanos,
    look: Nanos,
    /// Earliest time at which the event can have been emitted.
    emitted_from: Nanos,
    /// Writes of the spec's store, of all stores where it is not known: when each began and ended.
    writes: Vec<(usize, Instant, Instant)>,
}

impl<'c, 'a> Window<'c, 'a> {
    fn of(case: &'c Case<'a>) -> Option<Self> {
        let start = case.looking.start.and_then(Instant::lo)?;
        let look = case.last_look_at().and_then(Instant::hi)?;
        let writes = case
            .writes_of_store()
            .map(|(index, _)| (index, case.world.began(index), case.world.ended(index)))
            .filter(|(_, began, _)| !began.is_unknown())
            .collect();
        let emitted_from = case.first_object_line().and_then(|(at, _)| at.lo()).unwrap_or(start).min(start);
        Some(Self { case, start, look, emitted_from, writes })
    }

    fn decide(&self) -> Option<Decision> {
        self.running_write()
            .or_else(|| self.blocked_writers())
            .or_else(|| shown_by_looks(self.case))
            .or_else(|| self.case.is_cut_off().then(cut_off))
            .or_else(|| self.one_early_look())
            .or_else(|| self.not_the_window())
            .or_else(|| self.slow_timer())
            .or_else(|| self.write_after_one_look())
    }

    fn evidence(&self, text: &str, write: usize) -> Evidence {
        self.case.evidence(text, [self.case.world.requests[write].at])
    }

    /// A write that could hold the event was still running at every look.
    fn running_write(&self) -> Option<Decision> {
        let (slow, ..) = *self.writes.iter().find(|(_, began, ended)| {
            began.hi().is_some_and(|began| began >= self.emitted_from && began < (self.start + SECOND).min(self.look))
                && ended.lo().is_some_and(|ended| ended > self.look)
        })?;
        // With several stores and none known as the spec's own, another write of the window could have held the event.
        let own =
            |store: usize| self.writes.iter().any(|(write, ..)| self.case.world.requests[*write].store == Some(store));
        let own_known = self.case.store.is_some_and(own);
        // It was emitted, and its query matches such rows: then no write that ended before the last look held it.
        let emitted = self.case.journeys.first().is_some_and(|journey| journey.event.is_some());
        let ended_without_it = emitted && self.case.matched_elsewhere().is_some();
        if !own_known && !ended_without_it && self.another_write(Some(slow)) {
            return None;
        }
        let by = self.evidence("a write that could hold it was still running at the last look", slow);
        Some(Decision::of(self.case, &causes::WRITE_SLOW, Confidence::Likely).by(by))
    }

    /// A write that began and ended well in the window, and so could have held the event.
    fn another_write(&self, slow: Option<usize>) -> bool {
        self.writes.iter().any(|(write, began, ended)| {
            Some(*write) != slow
                && self.case.world.requests[*write].created()
                && began.lo().is_some_and(|began| began >= self.emitted_from)
                && ended.hi().is_some_and(|ended| ended < self.look)
        })
    }

    /// All writers of the suite were blocked, whichever is the spec's own.
    fn blocked_writers(&self) -> Option<Decision> {
        // What was written before would have been seen, where the query is known to match such rows.
        if self.another_write(None) && self.case.matched_elsewhere().is_none() {
            return None;
        }
        let blocked = self.case.all_writers_blocked(self.start, self.look);
        let text = "every store of the suite was in a write from the first look to the last";
        let decision = || Decision::of(self.case, &causes::WRITE_SLOW, Confidence::Likely);
        (!blocked.is_empty()).then(|| decision().by(self.case.evidence(text, blocked)))
    }

    fn followed(&self) -> Option<&'a Event> {
        self.case.decisive().and_then(|journey| journey.event).map(|event| &self.case.world.events[event])
    }

    /// The spec did not look in a loop: its message says so, and is there.
    fn looked_once(&self) -> bool {
        !self.case.looking.to_deadline && !self.case.failed.message.is_empty()
    }

    /// One look, and less time since the event was buffered than a normal flush and write may take.
    fn one_early_look(&self) -> Option<Decision> {
        let case = self.case;
        let event = self.followed().filter(|_| self.looked_once())?;
        let waited = self.look - event.times.buffered.lo()?;
        if waited >= case.pipeline_limit() {
            return None;
        }
        let text = format!("the last look came {} after it was buffered", at_most(waited.max(0)));
        let lines = event.ended.into_iter().chain(case.last_look().and_then(|look| case.look_line(look)));
        Some(Decision::of(case, &causes::QUERY_EARLY, Confidence::Likely).by(case.evidence(text, lines)))
    }

    /// Lines that forbid to blame a short window or a slow timer though the event's own way is hidden: looks that end
    /// long before the deadline, attempts that failed while the test looked, a flush that left events in the channel.
    fn not_the_window(&self) -> Option<Decision> {
        const LATE: Nanos = 2 * SECOND;
        let case = self.case;
        let undecided =
            |sentence: &str, open: [&'static Cause; 2]| Some(Decision::none(Family::Unknown, sentence).open(open));
        let deadline = case.failed.deadline.and_then(Instant::lo).filter(|_| case.looking.to_deadline);
        let longest = LATE.max(4 * case.poll_interval().unwrap_or(0));
        if deadline.is_some_and(|deadline| deadline - self.look > longest) {
            return undecided(
                "the test's looks end long before its deadline: its process stood still, or lines are missing.",
                [&causes::FLUSH_DELAY, &causes::QUERY_WINDOW],
            );
        }
        let of_store = case.world.batches.iter().filter(|batch| Some(batch.store) == case.store);
        let mut attempts =
            of_store.flat_map(|batch| batch.failures.iter()).map(|(seen, _)| case.world.printed.of(*seen));
        if attempts.any(|at| at.hi().is_some_and(|hi| hi >= self.start) && at.lo().is_some_and(|lo| lo <= self.look)) {
            return undecided(
                "attempts to write failed while the test looked; whether the event waited behind them, no line shows.",
                [&causes::WRITE_SLOW, &causes::FLUSH_DELAY],
            );
        }
        if case.explicit_flushes().iter().any(|(_, left, _)| *left > 0) {
            return undecided(
                "a flush left events in the channel; whether the awaited one was among them, no line shows.",
                [&causes::FLUSH_DELAY, &causes::QUERY_WINDOW],
            );
        }
        None
    }

    /// The store's interval is longer than the window, and nothing was sent in it.
    fn slow_timer(&self) -> Option<Decision> {
        let interval = self.slow_interval()?;
        let by = self.first_write_after().or_else(|| unsent(self.case, &self.writes))?;
        let normal = interval <= self.case.flush_limit;
        let cause = if normal { &causes::QUERY_WINDOW } else { &causes::FLUSH_DELAY };
        Some(Decision::of(self.case, cause, Confidence::Likely).by(by))
    }

    fn slow_interval(&self) -> Option<Nanos> {
        let longer = |interval: &Nanos| self.case.looking.to_deadline && *interval > self.look - self.start;
        self.case.interval().filter(longer)
    }

    /// No write began in the window, and one after it.
    fn first_write_after(&self) -> Option<Evidence> {
        let began = |write: &(usize, Instant, Instant)| write.1.lo();
        // A single look has no window: what was sent since the event can have been emitted may have held it.
        let from = if self.looked_once() { self.emitted_from } else { self.start };
        if self.writes.iter().filter_map(began).any(|began| (from..=self.look).contains(&began)) {
            return None;
        }
        let (write, ..) = self.writes.iter().find(|write| began(write).is_some_and(|began| began > self.look))?;
        Some(self.evidence("no write began while the test looked, and this one after its last look", *write))
    }

    fn write_after_one_look(&self) -> Option<Decision> {
        let by = self.first_write_after().filter(|_| self.looked_once())?;
        Some(Decision::of(self.case, &causes::QUERY_EARLY, Confidence::Likely).by(by))
    }
}

/// Nothing tells: which stages are excluded all the same, and which causes stay open.
fn unknown(case: &Case<'_>) -> Decision {
    let journey = case.journeys.first();
    let said = |sentence: &str| Decision::none(Family::Unknown, sentence);
    let open = |sentence: &str| {
        let pending = journey.is_some_and(|journey| journey.link(Link::Emitted).state == State::Pending);
        let open: Vec<&'static Cause> = if pending {
            vec![&causes::EMIT_NEVER, &causes::EMIT_LATE]
        } else {
            vec![&causes::EMIT_NEVER, &causes::FLUSH_DELAY, &causes::QUERY_FILTER]
        };
        said(sentence).open(open)
    };
    let Some(window) = Window::of(case) else {
        return open("the logs do not show how the test looked, so no stage can be blamed.");
    };
    if window.slow_interval().is_some() {
        return open("the store's timer is slower than the test looked, and no line shows when the event was sent.");
    }
    if window.followed().is_some_and(|event| event.batch.is_some()) {
        // Its lines are there; no interval tells.
        return said(
            "no stage surely took too long, and the event was not surely emitted too late: the stamps are too coarse.",
        )
        .open([&causes::EMIT_LATE, &causes::FLUSH_DELAY, &causes::WRITE_SLOW]);
    }
    let enough_time = case.pipeline_limit() + case.poll_interval().unwrap_or(SECOND);
    if window.look - window.start > enough_time {
        return open(
            "query timing is excluded: the test looked for longer than a normal flush and write take together; what else it was, the logs do not show.",
        );
    }
    open("the client's lines are not in the logs, so no stage can be blamed.")
}

/// What the looks show by themselves, whatever became of the event: no answer came, or only one page of the rows.
fn shown_by_looks(case: &Case<'_>) -> Option<Decision> {
    let looks = &case.looking.looks;
    let cause = if !looks.is_empty() && looks.iter().all(LookSeen::timed_out) {
        // An event that is followed and was written by no line may have been lost: then no query is to blame.
        let unwritten =
            |journey: &Journey| journey.event.is_some_and(|event| case.world.events[event].times.visible.is_unknown());
        if case.decisive().is_some_and(unwritten) {
            return None;
        }
        &causes::QUERY_SLOW
    } else if case.queries_failed() {
        &causes::QUERY_ERR
    } else {
        &causes::QUERY_PAGE
    };
    supported(case, cause)
}

/// The store's validation refused an event in the spec's own block.
fn refused_in_block(case: &Case<'_>) -> Option<Decision> {
    supported(case, &causes::VALIDATE_DROP)
}

fn supported(case: &Case<'_>, cause: &'static Cause) -> Option<Decision> {
    let shown = !examine(cause, case).supporting.is_empty();
    shown.then(|| Decision::of(case, cause, Confidence::Likely))
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
