//! Holes: what lines that are missing forbid to conclude.
//!
//! A level hides kinds of lines, an encoder samples, a file is rotated or cut, and a wording is not known yet. A stage
//! that ends by a line that is not there did not last for ever, and a look that no line shows was made all the same.

use crate::instant::{Instant, Nanos, SECOND};
use crate::sighting::{StoreEvent, StoreLine, Tick, What};

use super::Seen;
use super::journeys::Case;
use super::replay::{Event, ExplicitFlush};

impl<'a> Case<'a> {
    /// The first tick after the event was buffered that found neither batch nor channel to hold anything: whatever took
    /// the event had begun by then, shown or not (at Info an explicit flush prints nothing).
    pub fn emptied_by(&self, event: &Event) -> Option<(Instant, Seen)> {
        let (buffered, ended) = (event.times.buffered.hi()?, event.ended?);
        let found = |tick: &Tick| tick.fired.filter(|fired| tick.size == 0 && tick.waiting == 0 && *fired >= buffered);
        let mut later = self.ticks_of_block(event).filter(|(_, seen)| seen.index > ended.index);
        later.find_map(|(tick, seen)| Some((Instant::not_after(found(tick)?), seen)))
    }

    /// A tick after the event flushed something, in the event's block: it may have taken it, whatever counting says.
    pub fn flushed_by_a_tick(&self, event: &Event) -> bool {
        let ended = event.ended.map_or(usize::MAX, |ended| ended.index);
        self.ticks_of_block(event).any(|(tick, seen)| seen.index > ended && tick.size > 0)
    }

    /// Ticks that the event's block shows of its store.
    fn ticks_of_block(&self, event: &Event) -> impl Iterator<Item = (&'a Tick, Seen)> {
        let world = self.world;
        world.stores[event.store].segments_in(event.block).iter().flat_map(move |segment| {
            segment.lines.iter().filter_map(move |index| match &world.files[segment.file].sightings[*index].what {
                What::Store(StoreLine { event: StoreEvent::Tick(tick), .. }) => {
                    Some((&**tick, Seen { file: segment.file, index: *index }))
                }
                _ => None,
            })
        })
    }

    /// Lines of ticks are missing between the event and the flush that is taken for its own: an earlier one can have
    /// taken it.
    pub fn ticks_are_missing(&self, event: &Event, flushed: Option<Seen>) -> bool {
        let from = event.ended.map_or(usize::MAX, |ended| ended.index);
        let until = flushed.map_or(usize::MAX, |seen| seen.index);
        let mut last: Option<u64> = None;
        self.ticks_of_block(event).take_while(|(_, seen)| seen.index <= until).any(|(tick, seen)| {
            let before = last.replace(tick.number);
            seen.index > from && before.is_some_and(|before| tick.number > before.saturating_add(1))
        })
    }

    /// The store's next tick is overdue at the end of the block, and nothing tells why: the writer is in a write that no
    /// line shows, or its process is not scheduled.
    pub fn writer_is_silent(&self, event: &Event) -> bool {
        let (Some(interval), Some(ended)) = (self.world.stores[event.store].interval(), event.ended) else {
            return false;
        };
        let ticked = self.ticks_of_block(event).any(|(_, seen)| seen.index > ended.index);
        let silent = self.failed.deadline.and_then(Instant::lo).zip(event.times.buffered.hi());
        let overdue = silent.is_some_and(|(deadline, buffered)| deadline - buffered > interval);
        self.visible.ticks && event.batch.is_none() && !ticked && overdue && !self.stood_still()
    }

    /// The timer's alarm stands in the failing block: its process was not scheduled for a time.
    fn stood_still(&self) -> bool {
        let block = &self.world.output.blocks[self.failed.block];
        block.range.clone().any(|index| {
            let what = &self.world.files[block.file].sightings[index].what;
            matches!(what, What::Store(StoreLine { event: StoreEvent::TimerBug { .. }, .. }))
        })
    }

    /// The looks that the server logged end long before the deadline of a loop that ran to it, and no alarm says that
    /// the process stood still: its log is cut, and what the last look returned is not known.
    pub fn looks_are_cut(&self) -> bool {
        const LATE: Nanos = 2 * SECOND;
        let printed = self.looking.looks.iter().any(|look| look.printed.is_some());
        let last = self.looking.looks.last().and_then(|look| look.at).and_then(Instant::hi);
        let apart = self.failed.deadline.and_then(Instant::lo).zip(last).map_or(0, |(deadline, last)| deadline - last);
        let longest = LATE.max(4 * self.poll_interval().unwrap_or(0));
        self.looking.to_deadline && !printed && apart > longest && !self.stood_still()
    }

    /// The spec asked for more flushes than the log shows the ends of.
    pub fn flush_ends_are_missing(&self) -> bool {
        let block = &self.world.output.blocks[self.failed.block];
        let lines = &self.world.files[block.file].sightings[block.range.clone()];
        let asked = lines.iter().filter(|line| match &line.what {
            What::Store(line) => matches!(line.event, StoreEvent::FlushRequested),
            _ => false,
        });
        let inside =
            |flush: &&ExplicitFlush| flush.ended.file == block.file && block.range.contains(&flush.ended.index);
        asked.count() > self.world.flushes.iter().filter(inside).count()
    }

    /// A flush of the spec ended after the event's line and before that of the flush that took it.
    pub fn flushed_in_vain(&self, event: &Event) -> bool {
        let (Some(buffered), Some(batch)) = (event.ended, event.batch) else { return false };
        let took = self.world.batches[batch].at;
        let between = |seen: Seen| {
            seen.file == buffered.file && seen.file == took.file && (buffered.index..took.index).contains(&seen.index)
        };
        self.explicit_flushes().into_iter().any(|(.., seen)| between(seen))
    }
}
