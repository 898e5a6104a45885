//! What would have helped: the smallest extra wait, time-out and flush interval, as intervals; or that no wait helps,
//! with the look that proves it.

use crate::correlate::Seen;
use crate::correlate::journeys::Case;
use crate::correlate::replay::{Batch, Event};
use crate::instant::{Duration, Instant, Nanos};
use crate::report::{self, Confidence, State};
use crate::sighting::Trigger;
use crate::verdict::Decision;

/// Causes whose event became visible too late: a longer wait would have found it.
const LATE: &[&str] = &["write-slow", "flush-delay", "flush-order", "query-early", "query-window", "emit-late"];

/// What would have helped in a case.
pub fn would_have_helped(case: &Case<'_>, decision: &Decision) -> report::Wait {
    let lines = |seen: Vec<Seen>| seen.into_iter().map(|seen| case.world.place(seen)).collect();
    let after = case.answered_after_visible();
    let broken = case.decisive().and_then(|journey| journey.broken());
    let late = decision.cause.is_some_and(|cause| LATE.contains(&cause.code));
    if !late {
        if let Some(look) = after.first() {
            let places = lines(case.look_line(look).into_iter().collect());
            return report::Wait { helps: Some(false), places, ..report::Wait::default() };
        }
        if let Some(fact) = broken.filter(|fact| fact.state == State::Absent) {
            return report::Wait { helps: Some(false), places: lines(fact.seen.clone()), ..report::Wait::default() };
        }
        let known = decision.cause.is_some() && decision.confidence >= Confidence::Likely;
        return report::Wait { helps: known.then_some(false), ..report::Wait::default() };
    }
    let Some(base) = base(case) else {
        return report::Wait::default();
    };
    let Some((visible, seen)) = visible_at(case, base) else {
        let helps = (decision.confidence >= Confidence::Likely).then_some(true);
        return report::Wait { helps, ..report::Wait::default() };
    };
    let extra = (visible - base).not_negative();
    let window = case.looking.start.filter(|_| case.looking.to_deadline).map(|start| (visible - start).not_negative());
    let poll = case.poll_interval().unwrap_or(0);
    let timeout = window.map(|window| on_grid(window, poll));
    let interval = case.followed().next().and_then(|(_, event)| {
        let look = case.last_look_at()?;
        let left = (look - event.times.buffered).lo()? - case.write_limit;
        (left > 0 && decision.family == report::Family::FlushDelay).then(|| Duration::between(0, left))
    });
    report::Wait {
        helps: Some(true),
        extra: Some(extra.into()),
        timeout: timeout.map(Into::into),
        flush_interval: interval.map(|interval| report::Duration { lo_ns: None, ..interval.into() }),
        places: lines(seen),
    }
}

/// Counted from the deadline of a loop, from the last look of anything else.
fn base(case: &Case<'_>) -> Option<Instant> {
    if case.looking.to_deadline { case.failed.deadline } else { case.last_look_at() }
}

/// A loop looks on its own grid: the time-out has to reach the next look.
fn on_grid(window: Duration, poll: Nanos) -> Duration {
    match (window.lo(), window.hi()) {
        (Some(lo), Some(hi)) if poll > 0 => Duration::between(lo, (hi / poll + 1) * poll),
        _ => window,
    }
}

/// When the event became visible, or would have by the store's own timer.
fn visible_at(case: &Case<'_>, base: Instant) -> Option<(Instant, Vec<Seen>)> {
    let event = case.decisive().and_then(|journey| journey.event).map(|event| &case.world.events[event]);
    let Some(event) = event else { return by_requests(case) };
    let batch = event.batch.map(|batch| &case.world.batches[batch]);
    let asked_later = batch.is_some_and(|batch| asked_after_failure(case, batch, base));
    if !event.times.visible.is_unknown() && !asked_later {
        return Some((event.times.visible, batch.map(|batch| batch.at).into_iter().collect()));
    }
    next_tick(case, event).or_else(|| by_requests(case))
}

/// A flush or close that the teardown asked for: the spec would not have had it.
fn asked_after_failure(case: &Case<'_>, batch: &Batch, base: Instant) -> bool {
    let asked = matches!(batch.trigger, Trigger::Flush | Trigger::Shutdown);
    let deadline = case.failed.deadline.unwrap_or(base);
    asked
        && batch.flushed.hi().is_none_or(|hi| deadline.lo().is_some_and(|deadline| hi > deadline))
        && batch
            .flushed
            .lo()
            .is_none_or(|lo| deadline.lo().is_some_and(|deadline| lo > deadline - crate::instant::SECOND))
}

/// The first tick after the event was buffered and the deadline had passed, plus a normal write.
fn next_tick(case: &Case<'_>, event: &Event) -> Option<(Instant, Vec<Seen>)> {
    let store = &case.world.stores[event.store];
    let interval = store.interval()?;
    let (origin, seen) = case.world.timer_origin(event.store)?;
    let from = event.times.buffered;
    let tick = |at: Nanos| origin + ((at - origin).div_euclid(interval) + 1) * interval;
    let (lo, hi) = (tick(from.lo()?), tick(from.hi()?));
    // A writer that an earlier batch keeps takes its pending tick up when that write ends, or one tick later: the tick
    // can be picked before the channel.
    if let Some(blocking) = case.blocking_write() {
        let batch = &case.world.batches[blocking];
        let took = case.world.write_time(blocking).lo()?;
        let ended = batch.written.and_if_consistent(Instant::not_before(batch.flushed.lo()? + took));
        let ended = Instant::between(ended.lo()?, ended.hi().unwrap_or(ended.lo()? + interval));
        return Some((ended + Duration::between(0, interval + case.write_limit), vec![batch.at]));
    }
    let deadline = case.failed.deadline.and_then(Instant::lo)?;
    // Ticks before the deadline did not bring it: they would have been seen.
    let lo = if lo < deadline { tick(deadline) } else { lo };
    let visible = Instant::between(lo, hi.max(lo)) + Duration::between(0, case.write_limit.min(crate::instant::SECOND));
    Some((visible, vec![seen]))
}

/// With the client's lines hidden: the store's first write after the last look, else its timer.
fn by_requests(case: &Case<'_>) -> Option<(Instant, Vec<Seen>)> {
    let look = case.last_look_at()?.hi()?;
    let running = case
        .writes_of_store()
        .map(|(index, request)| (case.world.began(index), case.world.ended(index), request))
        .find(|(began, ended, request)| {
            request.created() && ended.lo().is_some_and(|ended| ended > look) && !began.is_unknown()
        });
    let (began, ended, request) = running?;
    let by_timer = case.store.and_then(|store| {
        let interval = case.world.stores[store].interval()?;
        let (origin, seen) = case.world.timer_origin(store)?;
        let next = origin + ((look - origin).div_euclid(interval) + 1) * interval;
        Some((next, interval, seen))
    });
    // A write off the timer's grid was asked for, by the teardown or by another spec.
    if let Some((next, interval, seen)) = by_timer {
        let off_grid = began.hi().is_some_and(|began| began < next - interval.min(100 * crate::instant::MILLISECOND));
        if off_grid {
            return Some((Instant::exact(next) + Duration::between(0, case.write_limit), vec![seen]));
        }
    }
    let span = began
        .lo()
        .map_or(Instant::UNKNOWN, Instant::not_before)
        .and(ended.hi().map_or(Instant::UNKNOWN, Instant::not_after));
    Some((span, vec![request.at]))
}

impl crate::correlate::World {
    /// A time at which the store's timer fired, or started: its ticks keep that phase.
    fn timer_origin(&self, store: usize) -> Option<(Nanos, Seen)> {
        let store = &self.stores[store];
        let tick = store.segments.iter().rev().find_map(|segment| {
            segment.lines.iter().rev().find_map(|index| match &self.files[segment.file].sightings[*index].what {
                crate::sighting::What::Store(line) => match &line.event {
                    crate::sighting::StoreEvent::Tick(tick) => {
                        Some((tick.fired?, Seen { file: segment.file, index: *index }))
                    }
                    _ => None,
                },
                _ => None,
            })
        });
        tick.or_else(|| Some((store.start_time?, store.config_at?)))
    }
}
