//! Bounds: the tightest instants that the lines prove.
//!
//! A line is printed after what it reports, so its stamp is an upper bound, rounded down; lines of one block are
//! printed in their order; `tick_time` has nanoseconds; a request lies within its client's call. Each is a constraint
//! on print times, passed forward and backward along a block once.

use std::collections::HashMap;

use crate::instant::{Duration, Instant, MILLISECOND, Nanos, SECOND};
use crate::reading::LogFile;
use crate::sighting::{StoreEvent, TestLine, What};

use super::Seen;
use super::clocks::shifted;
use super::replay::{Batch, Beside, Event, Fate, Outcome};
use super::requests::Request;
use super::spans::Spans;
use super::specs::{Block, Suite, on_test_host};
use super::stores::Store;

/// Print times of lines that something else bounds.
pub type Known = HashMap<Seen, Instant>;

/// When each line of a block was printed, on the reference clock.
#[derive(Debug, Default)]
pub struct Printed {
    first: usize,
    length: usize,
    lines: Vec<Instant>,
}

/// A log call takes its stamp before it waits for the writer's lock.
const LOCK: Nanos = MILLISECOND;
/// From entering `StoreAudit` to its first line.
const ENTRY: Nanos = MILLISECOND;

impl Printed {
    /// When a line was printed; unknown for lines outside the block.
    pub fn at(&self, index: usize) -> Instant {
        index.checked_sub(self.first).and_then(|at| self.lines.get(at)).copied().unwrap_or(Instant::UNKNOWN)
    }

    /// The lines of the block that give a line's time its two ends: the last one before it that was printed no earlier
    /// than its lower end, the first one after it printed no later than its upper end. Either can be the line itself.
    fn made_by(&self, index: usize) -> Option<[usize; 2]> {
        let at = index.checked_sub(self.first)?;
        let own = *self.lines.get(at)?;
        let before = self.lines[..at].iter().rev().take_while(|line| line.lo() == own.lo()).count();
        let after = self.lines[at + 1..].iter().take_while(|line| line.hi() == own.hi()).count();
        Some([index - before, index + after])
    }
}

/// Print times of all blocks.
#[derive(Debug, Default)]
pub struct PrintTimes {
    blocks: Vec<Printed>,
    /// By file: the first line of each block, and the block.
    blocks_of: Vec<Vec<(usize, usize)>>,
}

impl PrintTimes {
    fn block_of(&self, seen: Seen) -> Option<&Printed> {
        let blocks = self.blocks_of.get(seen.file)?;
        let after = blocks.partition_point(|(first, _)| *first <= seen.index);
        Some(&self.blocks[blocks[after.checked_sub(1)?].1])
    }

    /// When a line was printed.
    pub fn of(&self, seen: Seen) -> Instant {
        self.block_of(seen).map_or(Instant::UNKNOWN, |block| block.at(seen.index))
    }

    /// The lines that give a line's time its two ends, as far as they stand in its block.
    pub fn made_by(&self, seen: Seen) -> Option<[Seen; 2]> {
        let ends = self.block_of(seen)?.made_by(seen.index)?;
        Some(ends.map(|index| Seen { file: seen.file, index }))
    }
}

/// Passes the constraints along every block, and along the blocks of one process: they do not overlap. `known` bounds
/// the print times of lines that are known better.
pub fn print_times(
    files: &[LogFile],
    blocks: &[Block],
    suites: &[Suite],
    stores: &[Store],
    known: &Known,
) -> PrintTimes {
    let mut times = PrintTimes { blocks: Vec::with_capacity(blocks.len()), blocks_of: vec![Vec::new(); files.len()] };
    for (number, block) in blocks.iter().enumerate() {
        times.blocks_of[block.file].push((block.range.start, number));
        let zone = block.suite.and_then(|suite| suites[suite].zone);
        times.blocks.push(own_times(files, block, zone, known));
    }
    for blocks in &mut times.blocks_of {
        blocks.sort_unstable();
    }
    let mut chained = vec![false; blocks.len()];
    for store in stores.iter().filter(|store| store.suite.is_some()) {
        let sure = store.segments.iter().filter(|segment| segment.is_sure());
        let mut chain: Vec<usize> = sure.map(|segment| segment.block).collect();
        chain.dedup();
        chain.retain(|block| !std::mem::replace(&mut chained[*block], true));
        times.pass_chain(&chain);
    }
    for number in (0..blocks.len()).filter(|number| !chained[*number]) {
        times.pass_chain(&[number]);
    }
    times
}

impl PrintTimes {
    fn pass_chain(&mut self, chain: &[usize]) {
        let mut lines: Vec<Instant> =
            chain.iter().flat_map(|block| std::mem::take(&mut self.blocks[*block].lines)).collect();
        pass(&mut lines);
        let mut rest = lines.as_slice();
        for block in chain {
            let (own, after) = rest.split_at(self.blocks[*block].length);
            self.blocks[*block].lines = own.to_vec();
            rest = after;
        }
    }
}

fn own_times(files: &[LogFile], block: &Block, zone: Option<Nanos>, known: &Known) -> Printed {
    let sightings = &files[block.file].sightings;
    let mut near = block.span.map(|(first, _)| first);
    let mut lines: Vec<Instant> = Vec::with_capacity(block.range.len());
    for index in block.range.clone() {
        let sighting = &sightings[index];
        let mut at = Instant::UNKNOWN;
        if let Some(stamp) = sighting.stamp.and_then(|stamp| on_test_host(stamp, zone, near)) {
            near = stamp.lo();
            at = stamp + Duration::between(0, LOCK);
        }
        if let Some(read) = sighting.read_at {
            at = at.and_if_consistent(Instant::not_after(read.get()));
        }
        if let What::Store(line) = &sighting.what
            && let StoreEvent::Tick(tick) = &line.event
            && let Some(fired) = tick.fired
        {
            at = at.and_if_consistent(Instant::not_before(fired));
        }
        if let Some(known) = known.get(&Seen { file: block.file, index }) {
            at = at.and_if_consistent(*known);
        }
        // The block's last lines repeat the failure; its header stands first and was printed last.
        if matches!(sighting.what, What::Test(TestLine::FailureAt { .. } | TestLine::Header(_))) {
            at = Instant::UNKNOWN;
        }
        lines.push(at);
    }
    Printed { first: block.range.start, length: lines.len(), lines }
}

/// What was printed later was not printed earlier. A line that contradicts the ones before it by more than a jitter
/// begins a new run: a clock stepped, or two containers' logs were put one after the other.
fn pass(lines: &mut [Instant]) {
    const STEP: Nanos = 2 * SECOND;
    let mut floor = Instant::UNKNOWN;
    for line in lines.iter_mut() {
        let stepped = matches!((line.hi(), floor.lo()), (Some(hi), Some(lo)) if hi < lo - STEP);
        if stepped {
            floor = Instant::UNKNOWN;
        }
        let own = *line;
        *line = line.and_if_consistent(floor);
        if let Some(lo) = line.lo() {
            floor = floor.and(Instant::not_before(lo));
        }
        debug_assert!(!line.is_contradiction() || own.is_contradiction());
    }
    let mut ceiling = Instant::UNKNOWN;
    for line in lines.iter_mut().rev() {
        let stepped = matches!((line.lo(), ceiling.hi()), (Some(lo), Some(hi)) if lo > hi + STEP);
        if stepped {
            ceiling = Instant::UNKNOWN;
        }
        *line = line.and_if_consistent(ceiling);
        if let Some(hi) = line.hi() {
            ceiling = ceiling.and(Instant::not_after(hi));
        }
    }
}

/// Bounds of every batch, from its lines, its tick arithmetic and its requests.
pub fn batches(batches: &mut [Batch], requests: &[Request], offsets: &Spans<Duration>, printed: &PrintTimes) {
    for index in 0..batches.len() {
        let previous = index
            .checked_sub(1)
            .map(|before| &batches[before])
            .filter(|before| before.store == batches[index].store)
            .and_then(|before| before.ended_by_tick.map(|ended| ended.at).or(before.flushed.lo()));
        let batch = &batches[index];
        let first = batch.requests.first().map(|request| &requests[*request]);
        let last = batch.requests.last().map(|request| &requests[*request]);
        let opened = printed.of(batch.at);

        let mut flushed = Instant::UNKNOWN;
        if batch.hidden {
            flushed = flushed.and(previous.map_or(Instant::UNKNOWN, Instant::not_before));
        } else {
            // The line that opens a batch is printed before its first attempt.
            flushed = flushed.and(opened.lo().map_or(Instant::UNKNOWN, Instant::not_before));
        }
        if let Some(begun) = batch.begun {
            flushed = flushed.and_if_consistent(Instant::not_before(begun));
        }
        // Only with every attempt on the server is the first request the first attempt.
        let first_attempt = first.filter(|_| batch.failures.is_empty() || batch.requests.len() > batch.failures.len());
        if let Some(begin) = first_attempt.map(|first| shifted(first.begin, offsets.of(first))) {
            flushed = flushed.and_if_consistent(begin.hi().map_or(Instant::UNKNOWN, Instant::not_after));
        }
        if let Some(ended) = ended_by(batch, printed) {
            flushed = flushed.and_if_consistent(Instant::not_after(ended));
        }
        if let Some((failed, _)) = batch.failures.first() {
            flushed = flushed.and_if_consistent(printed.of(*failed).hi().map_or(Instant::UNKNOWN, Instant::not_after));
        }
        if let Some(said) = batch.outcome_at {
            let said = printed.of(said).hi().map_or(Instant::UNKNOWN, Instant::not_after);
            let by_line = batch.took.map_or(said, |took| said - Duration::exact(took));
            flushed = flushed.and_if_consistent(by_line + Duration::between(0, LOCK));
        }

        let created = last.is_some_and(Request::created);
        let refused = matches!(batch.outcome, Outcome::Refused | Outcome::Lost);
        let mut written = Instant::UNKNOWN;
        let mut visible = Instant::UNKNOWN;
        if (created && !refused) || batch.outcome == Outcome::Written {
            written = Instant::not_before(flushed.lo().unwrap_or(Nanos::MIN));
            if let Some(end) = last.filter(|_| created).map(|last| shifted(last.end, offsets.of(last))) {
                // The line may be printed a little after the answer left.
                let end = end - Duration::between(0, LOCK);
                written = written.and_if_consistent(end.lo().map_or(Instant::UNKNOWN, Instant::not_before));
            }
            if let Some(took) = batch.took {
                // The measured time ends after the answer was read and the writer ran again.
                let by = (flushed + Duration::exact(took + LOCK)).hi();
                written = written.and_if_consistent(by.map_or(Instant::UNKNOWN, Instant::not_after));
            }
            if let Some(ended) = ended_by(batch, printed) {
                written = written.and_if_consistent(Instant::not_after(ended));
            }
            if let Some(said) = batch.outcome_at {
                written = written.and_if_consistent(printed.of(said).hi().map_or(Instant::UNKNOWN, Instant::not_after));
            }
        }
        // Committed twice, it is visible from the first time on.
        let first = batches[index].requests.iter().map(|request| &requests[*request]).find(|request| request.created());
        if let Some(first) = first {
            let begin = shifted(first.begin, offsets.of(first));
            let end = shifted(first.end, offsets.of(first));
            visible = begin.lo().map_or(Instant::UNKNOWN, Instant::not_before);
            visible = visible.and(end.hi().map_or(Instant::UNKNOWN, Instant::not_after));
        }
        if written.hi().is_some() || (batch.outcome == Outcome::Written && visible.is_unknown()) {
            let span = Instant::not_before(flushed.lo().unwrap_or(Nanos::MIN));
            let span = span.and(written.hi().map_or(Instant::UNKNOWN, Instant::not_after));
            visible = visible.and_if_consistent(span);
        }
        let batch = &mut batches[index];
        batch.flushed = flushed;
        batch.written = written;
        batch.visible = visible;
    }
    end_before_next(batches);
}

/// The writer is one goroutine: a batch is written before the next one of its store is begun.
fn end_before_next(batches: &mut [Batch]) {
    for index in 1..batches.len() {
        let next = &batches[index];
        let by = next.flushed.hi().map_or(Instant::UNKNOWN, Instant::not_after);
        let same = next.store == batches[index - 1].store;
        let batch = &mut batches[index - 1];
        if same && !batch.written.is_unknown() {
            batch.written = batch.written.and_if_consistent(by);
        }
    }
}

/// Latest end of a flush: the next tick was handled before its line was printed.
fn ended_by(batch: &Batch, printed: &PrintTimes) -> Option<Nanos> {
    let ended = batch.ended_by_tick?;
    let late = printed.of(ended.tick).hi()? - ended.fired;
    Some(ended.at + late.max(MILLISECOND))
}

/// Bounds of every event, from its lines and its batch.
pub fn events(events: &mut [Event], batches: &[Batch], printed: &PrintTimes) {
    for event in events {
        let called = event.called.map_or(Instant::UNKNOWN, |called| printed.of(called));
        let ended = event.ended.map_or(Instant::UNKNOWN, |ended| printed.of(ended));
        let times = &mut event.times;
        times.emitted = called - Duration::between(0, ENTRY);
        if event.called.is_none() {
            times.emitted = ended.hi().map_or(Instant::UNKNOWN, Instant::not_after);
        }
        if event.fate != Fate::Buffered {
            continue;
        }
        // The send lies between two lines of its own goroutine.
        let before = event.validated.map_or(called, |validated| printed.of(validated));
        times.buffered = before.lo().map_or(Instant::UNKNOWN, Instant::not_before);
        // The caller goes on only after its line was printed.
        let returned = (ended + Duration::between(0, LOCK)).hi();
        times.buffered = times.buffered.and_if_consistent(returned.map_or(Instant::UNKNOWN, Instant::not_after));
        let Some(batch) = event.batch.map(|batch| &batches[batch]) else { continue };
        let either = |one: Instant, pick: fn(&Batch) -> Instant| match event.or_batch {
            Some(Beside::Batch(other)) => one.hull(pick(&batches[other])),
            Some(Beside::Unknown) => Instant::UNKNOWN,
            None => one,
        };
        let flushed = either(batch.flushed, |batch| batch.flushed);
        times.buffered = times.buffered.and_if_consistent(flushed.hi().map_or(Instant::UNKNOWN, Instant::not_after));
        let not_before = times.buffered.lo().map_or(Instant::UNKNOWN, Instant::not_before);
        times.flushed = flushed.and_if_consistent(not_before);
        times.written = either(batch.written, |batch| batch.written).and_if_consistent(not_before);
        times.visible = either(batch.visible, |batch| batch.visible).and_if_consistent(not_before);
        if batch.written.is_unknown() {
            times.written = Instant::UNKNOWN;
        }
        if batch.visible.is_unknown() {
            times.visible = Instant::UNKNOWN;
        }
        let by = times.buffered.hi().map_or(Instant::UNKNOWN, Instant::not_after);
        times.emitted = times.emitted.and_if_consistent(by);
    }
}

/// Print times that requests bound: a tick's line is printed before its batch is sent, the outcome's line after the
/// answer.
pub fn known_from_requests(batches: &[Batch], requests: &[Request], offsets: &Spans<Duration>) -> Known {
    let mut known = Known::new();
    for batch in batches.iter().filter(|batch| batch.failures.is_empty()) {
        let Some(first) = batch.requests.first().map(|request| &requests[*request]) else { continue };
        let offset = offsets.of(first);
        if let (false, Some(by)) = (batch.hidden, shifted(first.begin, offset).hi()) {
            known.insert(batch.at, Instant::not_after(by));
        }
        if let (Some(outcome), Some(from)) =
            (batch.outcome_at, (shifted(first.end, offset) - Duration::exact(LOCK)).lo())
        {
            known.insert(outcome, Instant::not_before(from));
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_bound_a_time_are_told() {
        let second = |at: i64| Instant::between(at * SECOND, (at + 1) * SECOND - 1);
        // Stamps 4, 4, none, none, 5, 6: the third and fourth line were printed after 4.0 (the first line says so) and
        // before 6.0 (the fifth does).
        let mut lines = vec![second(4), second(4), Instant::UNKNOWN, Instant::UNKNOWN, second(5), second(6)];
        pass(&mut lines);
        let printed = Printed { first: 10, length: 6, lines };
        assert_eq!(printed.at(12), Instant::between(4 * SECOND, 6 * SECOND - 1));
        assert_eq!(printed.made_by(12), Some([10, 14]));
        assert_eq!(printed.made_by(15), Some([15, 15]));
        assert_eq!((printed.made_by(9), printed.made_by(16)), (None, None));
    }
}
