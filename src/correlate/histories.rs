//! Histories: what the cases ask of one store, worked out once, so that no case walks through all that its store did.

use crate::instant::{Instant, Nanos};
use crate::sighting::{StoreEvent, What};

use super::journeys::Case;
use super::replay::{Batch, Outcome};
use super::stores::Store;
use super::{Seen, World};

/// Writes that are looked at for one that kept the writer. A writer is one goroutine: only the last that began before a
/// time can still run then.
const MOST_RUNNING: usize = 1000;

/// What one store did.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Batches whose write has a known length, by when they were flushed at the earliest.
    begun: Vec<Begun>,
    /// Batches of which no line shows how they ended, by the line that opened them.
    open: Vec<(Seen, usize)>,
    /// Batches that were lost or refused, in their order.
    lost: Vec<Lost>,
    /// The latest time by which a timer's alarm was surely printed.
    alarm: Option<Nanos>,
    /// Drops because the channel was full.
    drops: usize,
    /// How far the process's log is whole, for each segment.
    whole: Vec<Whole>,
}

#[derive(Debug)]
struct Begun {
    at: Nanos,
    ended: Nanos,
    /// The latest end of this and all before it.
    latest: Nanos,
    batch: usize,
}

#[derive(Debug)]
struct Lost {
    at: Instant,
    /// The latest upper end of this and all before it.
    latest: Nanos,
    batch: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Whole {
    /// Numbers of events are missing before this segment.
    gap: bool,
    /// The latest stamp from here on, until numbers are missing.
    until: Option<Nanos>,
}

/// The history of each store.
pub(super) fn histories(world: &World) -> Vec<History> {
    let mut histories: Vec<History> = world.stores.iter().map(|store| History::of_lines(world, store)).collect();
    for (number, batch) in world.batches.iter().enumerate() {
        histories[batch.store].batch(world, number, batch);
    }
    for history in &mut histories {
        history.begun.sort_unstable_by_key(|begun| (begun.at, begun.batch));
        history.open.sort_unstable();
        let mut latest = Nanos::MIN;
        for begun in &mut history.begun {
            latest = latest.max(begun.ended);
            begun.latest = latest;
        }
        let mut latest = Nanos::MIN;
        for lost in &mut history.lost {
            latest = latest.max(lost.at.hi().unwrap_or(Nanos::MIN));
            lost.latest = latest;
        }
    }
    histories
}

impl History {
    fn of_lines(world: &World, store: &Store) -> Self {
        let mut history = Self::default();
        // The numbers of the events in each segment, lowest and highest.
        let mut totals: Vec<Option<(u64, u64)>> = Vec::with_capacity(store.segments.len());
        for segment in &store.segments {
            let mut of_segment = None;
            for index in &segment.lines {
                let seen = Seen { file: segment.file, index: *index };
                let What::Store(line) = &world.files[seen.file].sightings[seen.index].what else { continue };
                match &line.event {
                    StoreEvent::TimerBug { .. } => history.alarm = history.alarm.max(world.printed.of(seen).hi()),
                    StoreEvent::DroppedFull { .. } => history.drops += 1,
                    StoreEvent::Buffered { total, .. } => {
                        let (first, last) = of_segment.unwrap_or((*total, *total));
                        of_segment = Some((first.min(*total), last.max(*total)));
                    }
                    _ => {}
                }
            }
            totals.push(of_segment);
        }
        let mut last_total: Option<u64> = None;
        for total in totals {
            let gap = last_total.zip(total).is_some_and(|(last, (first, _))| last.checked_add(1) != Some(first));
            history.whole.push(Whole { gap, until: None });
            last_total = total.map(|(_, last)| last).or(last_total);
        }
        let mut until = None;
        for (whole, segment) in history.whole.iter_mut().zip(&store.segments).rev() {
            let last = world.output.blocks[segment.block].span.map(|(_, last)| last);
            until = until.max(last);
            whole.until = until;
            until = until.filter(|_| !whole.gap);
        }
        history
    }

    fn batch(&mut self, world: &World, number: usize, batch: &Batch) {
        if !batch.failures.is_empty() && matches!(batch.outcome, Outcome::Refused | Outcome::Lost) {
            let at = batch.failures.first().map_or(batch.flushed, |(seen, _)| world.printed.of(*seen));
            self.lost.push(Lost { at, latest: Nanos::MIN, batch: number });
        }
        let Some(at) = batch.flushed.lo() else { return };
        if batch.outcome == Outcome::Open && batch.requests.is_empty() && batch.ended_by_tick.is_none() {
            self.open.push((batch.at, number));
        } else if let Some(took) = world.write_time(number).lo() {
            let ended = at.saturating_add(took);
            self.begun.push(Begun { at, ended, latest: Nanos::MIN, batch: number });
        }
    }
}

impl<'a> Case<'a> {
    /// An earlier batch of the same store whose write kept the writer while the event waited.
    pub fn blocking_write(&self) -> Option<usize> {
        let journey = self.decisive()?;
        let event = &self.world.events[journey.event?];
        let waited_from = event.times.buffered.hi()?;
        let own = event.batch;
        // What was flushed itself, in a time that is known, was kept by nobody after that.
        let flushed_by = event.times.flushed.hi();
        let history = &self.world.index.histories[event.store];
        let before = history.begun.partition_point(|begun| begun.at <= waited_from);
        let ended = history.begun[..before]
            .iter()
            .rev()
            .take(MOST_RUNNING)
            .take_while(|begun| begun.latest > waited_from)
            .filter(|begun| Some(begun.batch) != own)
            .find(|begun| {
                begun.ended.saturating_sub(begun.at) > self.write_limit
                    && begun.ended > waited_from
                    && flushed_by.is_none_or(|by| begun.ended <= by)
            });
        // The block ended while the write was still running.
        let running = self
            .open_here(history)
            .filter(|index| flushed_by.is_none() && Some(*index) != own)
            .filter_map(|index| Some((self.world.batches[index].flushed.lo()?, index)))
            .filter(|(at, index)| *at <= waited_from && self.still_running(*index));
        running.chain(ended.map(|begun| (begun.at, begun.batch))).max().map(|(_, index)| index)
    }

    /// Batches that the failing block opened, and whose end no line shows.
    fn open_here(&self, history: &'a History) -> impl Iterator<Item = usize> + 'a {
        let block = &self.world.output.blocks[self.failed.block];
        let [first, end] =
            [block.range.start, block.range.end].map(|index| (Seen { file: block.file, index }, usize::MIN));
        let from = history.open.partition_point(|open| *open < first);
        history.open[from..].iter().take_while(move |open| **open < end).map(|(_, index)| *index)
    }

    fn still_running(&self, index: usize) -> bool {
        let batch = &self.world.batches[index];
        let block = &self.world.output.blocks[self.failed.block];
        let here = batch.at.file == block.file && block.range.contains(&batch.at.index);
        let later = self.world.batches.get(index + 1).is_some_and(|next| {
            next.store == batch.store && next.at.file == block.file && block.range.contains(&next.at.index)
        });
        here && !later && self.visible.writes
    }

    /// A batch of the spec's own store that was lost while the spec could have emitted, and that could hold the event.
    pub fn lost_batch_of_window(&self) -> Option<&'a Batch> {
        let store = self.store?;
        let first = self.first_object_line().and_then(|(at, _)| at.lo());
        let from = first.or_else(|| self.looking.start.and_then(Instant::lo))?;
        let to = self.last_look_at().and_then(Instant::hi)?;
        let lost = &self.world.index.histories[store].lost;
        let first = lost.partition_point(|lost| lost.latest < from);
        lost[first..]
            .iter()
            .take(MOST_RUNNING)
            .find(|lost| lost.at.hi().is_some_and(|hi| hi >= from) && lost.at.lo().is_some_and(|lo| lo <= to))
            .map(|lost| &self.world.batches[lost.batch])
    }

    /// The process was not scheduled while the event's batch was being written: the server was done at once, and the
    /// timer's alarm follows, which a slow write never raises.
    pub fn stood_still_in_write(&self) -> bool {
        let Some(batch) = self.batch() else { return false };
        let quick = !batch.requests.is_empty()
            && batch.requests.iter().all(|request| self.world.requests[*request].line.duration <= self.write_limit);
        let alarm = self.world.index.histories[batch.store].alarm;
        quick && alarm.zip(batch.flushed.lo()).is_some_and(|(alarm, flushed)| alarm >= flushed)
    }

    /// Events of this store that were dropped because the channel was full.
    pub fn drops(&self) -> usize {
        self.store.map_or(0, |store| self.world.index.histories[store].drops)
    }

    /// Until when the process's log is whole: its own block, and the next ones while the store's count has no gap.
    pub(super) fn covered_until(&self, deadline: Nanos) -> Nanos {
        let Some(store) = self.store else { return deadline };
        let segments = &self.world.stores[store].segments;
        let own = segments.partition_point(|segment| segment.block < self.failed.block);
        if segments.get(own).is_none_or(|segment| segment.block != self.failed.block) {
            return deadline;
        }
        let next = self.world.index.histories[store].whole.get(own + 1);
        next.filter(|next| !next.gap).and_then(|next| next.until).map_or(deadline, |until| until.max(deadline))
    }
}
