//! Stages of an awaited event: how long each took, and the longest that is normal. A stage accuses nobody; the verdict
//! does.

use crate::instant::{Duration, Instant, MILLISECOND, Nanos, SECOND};
use crate::report::Stage;
use crate::sighting::TestLine;

use super::index::Writes;
use super::journeys::{Case, Journey, RETRY_BUDGET};
use super::replay::{Fate, Outcome};
use super::{Seen, World};

/// One stage of a journey against its limit.
#[derive(Debug, Clone)]
pub struct StageFact {
    /// Which.
    pub stage: Stage,
    /// How long it took.
    pub took: Duration,
    /// Upper bound of normal.
    pub limit: Option<Nanos>,
    /// When the event would have been visible with the limit in the stage's place.
    pub visible_with_limit: Option<Instant>,
    /// Lines.
    pub seen: Vec<Seen>,
}

/// No flush waits longer than this in a healthy pod or suite (`pkg/audit/config.go`; the authwebhook's main has 5 s).
const POD_INTERVAL: Nanos = SECOND;
/// A write longer than this is never normal, however slow the others are.
pub(super) const LONGEST_WRITE: Nanos = SECOND;

impl World {
    /// `min(configured interval, reference interval of that process)`.
    pub fn flush_limit(&self, store: Option<usize>) -> Nanos {
        let Some(store) = store.map(|store| &self.stores[store]) else { return POD_INTERVAL };
        let service = store.service.as_deref().unwrap_or_default();
        let reference = match (store.suite.is_some(), service) {
            // The suites' own settings: `test/integration/*/suite_test.go`.
            (true, "signalprocessing" | "aianalysis" | "authwebhook") => 100 * MILLISECOND,
            (false, "authwebhook") => 5 * SECOND,
            _ => POD_INTERVAL,
        };
        store.interval().map_or(reference, |interval| interval.min(reference))
    }

    /// `min(p95 of the other batches, 1 s)`: of the same store, with fewer than five of the whole service, and without
    /// those of the same slow episode.
    pub fn write_limit(&self, store: Option<usize>, event: Option<usize>) -> Nanos {
        let own = event.and_then(|event| self.events[event].batch);
        let episode = own.map(|batch| self.batches[batch].flushed + Duration::between(-RETRY_BUDGET, RETRY_BUDGET));
        let took = own.and_then(|own| self.write_time(own).lo());
        let p95 = |writes: &Writes, holds_own: bool| {
            let own_normal = took.filter(|took| holds_own && *took <= LONGEST_WRITE);
            let normal = writes.normal.len() - usize::from(own_normal.is_some());
            let of_another_episode = |(index, flushed): &&(usize, Instant)| {
                Some(*index) != own
                    && episode.is_none_or(|episode| flushed.surely_before(episode) || episode.surely_before(*flushed))
            };
            let all = normal + writes.slow.iter().filter(of_another_episode).count();
            let rank = (all * 95).div_ceil(100).saturating_sub(1);
            // The event's own write is left out: those that are longer stand one place further on.
            let behind = own_normal.is_some_and(|own| writes.normal.partition_point(|took| *took < own) <= rank);
            let at = rank + usize::from(behind);
            (all, if rank < normal { writes.normal.get(at).copied() } else { (all > 0).then_some(LONGEST_WRITE) })
        };
        let own_store = own.map(|own| self.batches[own].store);
        let of_store = store.and_then(|store| Some(p95(self.index.writes_of.get(&store)?, own_store == Some(store))));
        let (_, p95) = of_store.filter(|(all, _)| *all >= 5).unwrap_or_else(|| p95(&self.index.writes, own.is_some()));
        p95.map_or(LONGEST_WRITE, |p95| p95.clamp(20 * MILLISECOND, LONGEST_WRITE))
    }

    /// How long a batch's write took, from the first attempt to the 2xx.
    pub fn write_time(&self, batch: usize) -> Duration {
        let batch = &self.batches[batch];
        if let Some(took) = batch.took {
            return Duration::exact(took);
        }
        if let (Some(ended), Some(fired)) = (batch.ended_by_tick, batch.fired)
            && let Some(took) = ended.at.checked_sub(fired).filter(|took| *took >= 0)
        {
            let lo = batch.requests.last().map_or(0, |request| self.requests[*request].line.duration);
            return Duration::between(took.max(lo), took.max(lo) + 2 * MILLISECOND);
        }
        match batch.requests.as_slice() {
            [one] => Duration::at_least(self.requests[*one].line.duration),
            _ => (batch.written - batch.flushed).not_negative(),
        }
    }
}

/// The value below which `percent` of the sorted values lie (nearest rank).
pub fn quantile(sorted: &[Nanos], percent: usize) -> Option<Nanos> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

impl Case<'_> {
    /// Stages of a journey, each against its limit.
    pub(super) fn stages(&self, journey: &Journey) -> Vec<StageFact> {
        let Some(index) = journey.event else { return Vec::new() };
        let event = &self.world.events[index];
        let times = &event.times;
        let batch = event.batch.map(|batch| &self.world.batches[batch]);
        let mut stages = Vec::new();
        let mut add = |stage: Stage,
                       from: Instant,
                       to: Instant,
                       limit: Option<Nanos>,
                       visible_with_limit: Option<Instant>,
                       seen: Vec<Seen>| {
            let took = (to - from).not_negative();
            if !from.is_unknown() && !to.is_unknown() {
                stages.push(StageFact { stage, took, limit, visible_with_limit, seen });
            }
        };
        if let Some(trigger) = self.trigger() {
            add(
                Stage::EmitWait,
                trigger,
                times.emitted,
                None,
                None,
                event.object_at.into_iter().chain(event.called).collect(),
            );
        }
        if event.fate != Fate::Buffered {
            return stages;
        }
        add(
            Stage::Buffer,
            times.emitted,
            times.buffered,
            Some(SECOND),
            None,
            event.called.into_iter().chain(event.ended).collect(),
        );
        // Not flushed by the end of the log: the wait is at least so long, unless a tick found the store empty before.
        let end = self.end_of_log();
        let unshown = self.ticks_are_missing(event, batch.map(|batch| batch.at));
        let flushed = match self.emptied_by(event) {
            Some((by, _)) => {
                let window = times.buffered.lo().map_or(by, |buffered| Instant::not_before(buffered).and(by));
                if unshown { window } else { window.and_if_consistent(times.flushed) }
            }
            None if unshown || (batch.is_none() && self.flushed_by_a_tick(event)) => Instant::UNKNOWN,
            None if times.flushed.is_unknown() && self.visible.ticks => Instant::not_before(end),
            None => times.flushed,
        };
        let write_took = (times.visible - times.flushed).not_negative();
        let normal_flush = times.buffered + Duration::exact(self.flush_limit);
        let with_flush_limit = if times.visible.is_unknown() {
            normal_flush + Duration::between(0, self.write_limit)
        } else {
            normal_flush + write_took
        };
        add(
            Stage::FlushWait,
            times.buffered,
            flushed,
            Some(self.flush_limit),
            Some(with_flush_limit),
            event.ended.into_iter().chain(batch.map(|batch| batch.at)).collect(),
        );
        if let Some(batch) = batch {
            // A commit lies anywhere within its request, the answer at its end: that is how long the write took.
            let visible = if times.written.is_unknown() { times.visible } else { times.written };
            // A later tick shows that the writer came back from it, whatever the answer was.
            let still_open = batch.outcome == Outcome::Open && batch.ended_by_tick.is_none();
            let visible = if visible.is_unknown() && still_open { Instant::not_before(end) } else { visible };
            let answered = batch.requests.iter().map(|request| self.world.requests[*request].at);
            let mut lines: Vec<Seen> = answered.chain(batch.outcome_at).collect();
            if lines.is_empty() {
                // Nothing answered: the flush is all that was seen of it.
                lines.push(batch.at);
            }
            add(
                Stage::Write,
                times.flushed,
                visible,
                Some(self.write_limit),
                Some(times.flushed + Duration::between(0, self.write_limit)),
                lines,
            );
        }
        if let Some(look) =
            self.looking.looks.iter().find(|look| look.at.is_some_and(|at| times.visible.surely_before(at)))
        {
            let asked = look.request.map(|request| self.world.requests[request].at);
            let lines = look.lines.iter().copied().chain(asked).collect();
            add(Stage::LookWait, times.visible, look.at.unwrap_or(Instant::UNKNOWN), None, None, lines);
        }
        stages
    }

    /// Until when the block surely shows its process: a whole second that has begun need not be over.
    fn end_of_log(&self) -> Nanos {
        let block = &self.world.output.blocks[self.failed.block];
        let last = block.range.clone().rev().find_map(|index| {
            let printed = self.world.printed.of(Seen { file: block.file, index });
            printed.lo()
        });
        last.or_else(|| self.failed.deadline?.lo()).unwrap_or(0)
    }

    /// What set the awaited event off: the last step before the first look, else the start of looking.
    pub fn trigger(&self) -> Option<Instant> {
        let first_look = self.looking.looks.first().and_then(|look| look.at).or(self.looking.start)?;
        let step = self
            .world
            .spec_lines(self.failed.block)
            .filter(|(_, line)| matches!(line, TestLine::Step { .. }))
            .map(|(seen, _)| self.world.printed.of(seen))
            .filter(|at| at.surely_before(first_look))
            .last();
        step.or(self.looking.start)
    }
}
