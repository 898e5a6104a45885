//! Replay: which events a store buffered, and in which batch each left.
//!
//! Events leave the channel in the order in which they came in, so batch *sizes* are exact and counting tells the
//! members. It is exact away from the borders: a "buffered" line is printed after the send by another goroutine, and a
//! tick may fire while events still wait. Lines between specs are lost, so the count is taken up anew in each block.

use std::collections::{HashMap, VecDeque};

use crate::instant::{Instant, MILLISECOND, Nanos};
use crate::reading::LogFile;
use crate::sighting::{CallerLine, StoreEvent, Text, Tick, Trigger, What};

use super::Seen;
use super::specs::Block;
use super::stores::{Segment, Store};

/// One audit event, from the call on.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its store.
    pub store: usize,
    /// The block in which it was emitted.
    pub block: usize,
    /// Type.
    pub event_type: Text,
    /// Correlation id; empty when no line of the event named it.
    pub correlation_id: Text,
    /// Namespace and name of the object whose processing emitted it, from the controller's line before the call.
    pub object: Option<(Text, Text)>,
    /// The controller's line.
    pub object_at: Option<Seen>,
    /// "`StoreAudit` called".
    pub called: Option<Seen>,
    /// "Validation passed".
    pub validated: Option<Seen>,
    /// "Event buffered", or the line that refused or dropped it.
    pub ended: Option<Seen>,
    /// What became of it at the store's door.
    pub fate: Fate,
    /// The store's running count.
    pub ordinal: Option<u64>,
    /// Its batch.
    pub batch: Option<usize>,
    /// What else it can have left in, when a border lies within the reach of concurrent callers.
    pub or_batch: Option<Beside>,
    /// Times on the reference clock.
    pub times: Times,
}

/// The instants of an event.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "named as the links")]
pub struct Times {
    pub emitted: Instant,
    pub buffered: Instant,
    pub flushed: Instant,
    pub written: Instant,
    pub visible: Instant,
}

impl Default for Times {
    fn default() -> Self {
        let unknown = Instant::UNKNOWN;
        Self { emitted: unknown, buffered: unknown, flushed: unknown, written: unknown, visible: unknown }
    }
}

/// What became of an event at the store's door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The channel took it.
    Buffered,
    /// The client's validation refused it.
    Refused,
    /// The channel was full.
    DroppedFull,
    /// The store was closed.
    DroppedClosed,
    /// The log does not show how the call ended.
    Open,
}

/// One batch.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Its store.
    pub store: usize,
    /// The block whose lines show it.
    pub block: usize,
    /// What flushed it.
    pub trigger: Trigger,
    /// Events.
    pub size: u64,
    /// The line that opened it; for a hidden flush the tick line that betrays it.
    pub at: Seen,
    /// No line of its own: seen in the next tick's short interval.
    pub hidden: bool,
    /// When the timer fired.
    pub fired: Option<Nanos>,
    /// The flush did not begin before: by the timer, or by the end of the flush before and the time since.
    pub begun: Option<Nanos>,
    /// Ordinals of its first and last event.
    pub members: Option<(u64, u64)>,
    /// Failed attempts.
    pub failures: Vec<(Seen, Text)>,
    /// What became of it, by the client's lines.
    pub outcome: Outcome,
    /// The line that says so.
    pub outcome_at: Option<Seen>,
    /// How long the write took, by the client's line.
    pub took: Option<Nanos>,
    /// End of the flush, by the next tick.
    pub ended_by_tick: Option<TickEnd>,
    /// Paired requests, first attempt first.
    pub requests: Vec<usize>,
    /// Requests that would fit as well.
    pub alternatives: Vec<usize>,
    /// First attempt began.
    pub flushed: Instant,
    /// 2xx came back.
    pub written: Instant,
    /// The server committed it.
    pub visible: Instant,
}

/// The end of a flush, by the arithmetic of the tick after it: `lastFlushTime` in `store.go` is when the tick was
/// handled less the interval that it measured, and a tick is handled after it fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickEnd {
    /// Fire time less measured interval: the flush did not end before.
    pub at: Nanos,
    /// The tick's line.
    pub tick: Seen,
    /// When the tick fired.
    pub fired: Nanos,
    /// The writer was idle when the tick fired, so it handled the tick at once: the flush ended about then.
    pub prompt: bool,
}

impl Batch {
    /// No line and no request shows it: its events left the queue in it, or in several like it.
    pub fn is_supposed(&self) -> bool {
        self.hidden && self.requests.is_empty() && self.failures.is_empty() && self.outcome == Outcome::Open
    }
}

/// What lies beside an event's batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Another batch.
    Batch(usize),
    /// No batch that is known.
    Unknown,
}

/// What the client's lines say of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted with a 2xx.
    Written,
    /// Dropped after an error that is not retried.
    Refused,
    /// Dropped after the last attempt.
    Lost,
    /// No line says.
    Open,
}

/// What a store's lines amount to.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Events in the order of their calls.
    pub events: Vec<Event>,
    /// Batches in order.
    pub batches: Vec<Batch>,
    /// Places where counters and replay disagree.
    pub disagreements: Vec<(Seen, String)>,
    /// Flushes that the store was asked for.
    pub flushes: Vec<ExplicitFlush>,
    /// Events still queued at the end, when counting reached it.
    pub queued: Option<u64>,
}

/// One explicit flush that the log shows.
#[derive(Debug, Clone, Copy)]
pub struct ExplicitFlush {
    /// When it ended.
    pub ended: Seen,
    /// Events that it left in the channel.
    pub left: u64,
}

/// The lines of a block that say which object is reconciled.
pub fn reconciles(files: &[LogFile], block: &Block) -> Vec<usize> {
    let sightings = &files[block.file].sightings;
    let names = |index: &usize| matches!(sightings[*index].what, What::Caller(CallerLine::Reconciling { .. }));
    block.range.clone().filter(names).collect()
}

/// Replays one store. `reconciles`: those of each block.
pub fn replay(files: &[LogFile], reconciles: &[Vec<usize>], number: usize, store: &Store) -> Replayed {
    let flushes_visible = store.segments.iter().any(|segment| {
        events_of(files, segment).any(|(_, event)| {
            matches!(
                event,
                StoreEvent::FlushRequested
                    | StoreEvent::FlushProcessing { .. }
                    | StoreEvent::Wrote { .. }
                    | StoreEvent::FlushBegan { .. }
            )
        })
    });
    let mut replay = Replay {
        number,
        flushes_visible,
        fullest: store.config.map(|config| config.batch_size),
        counted: store.start_time.is_some().then_some(0),
        printed: 0,
        here: Here::default(),
        open: None,
        left: 0,
        empty_tick: None,
        last_tick: None,
        last_end: store.start_time,
        calls: Calls::default(),
        later: Vec::new(),
        running: Running::default(),
        done: Replayed::default(),
    };
    for (index, segment) in store.segments.iter().enumerate() {
        // Lines between blocks are lost; a container's log has none.
        if index > 0 {
            replay.carry_over_gap(files, segment);
            replay.last_end = None;
        }
        replay.emissions(files, &reconciles[segment.block], segment);
        replay.batches(files, segment);
    }
    if let Some(counted) = replay.counted {
        replay.done.queued = Some(replay.printed.saturating_sub(counted));
    }
    replay.done
}

fn events_of<'a>(files: &'a [LogFile], segment: &'a Segment) -> impl Iterator<Item = (Seen, &'a StoreEvent)> {
    segment.lines.iter().filter_map(|index| match &files[segment.file].sightings[*index].what {
        What::Store(line) => Some((Seen { file: segment.file, index: *index }, &line.event)),
        _ => None,
    })
}

struct Replay {
    number: usize,
    /// Events of a full batch.
    fullest: Option<u64>,
    /// Lines of flushes are printed at this level, so a flush without a line did not happen.
    flushes_visible: bool,
    /// Events that surely left in batches so far; `None` after a gap.
    counted: Option<u64>,
    /// Highest ordinal printed so far.
    printed: u64,
    here: Here,
    open: Option<Batch>,
    /// Events that waited when the flush was taken up and were not drained since.
    left: u64,
    /// `lastFlushTime` of the store is not earlier: when it started, or when the last flush ended.
    last_end: Option<Nanos>,
    /// The tick before, when it found nothing to flush and nothing was flushed since.
    empty_tick: Option<EmptyTick>,
    /// Number of the tick before.
    last_tick: Option<u64>,
    /// The calls of this block that are still open.
    calls: Calls,
    /// The calls of this block by their lines, each with the lowest number from it on.
    later: Vec<(Seen, Option<u64>)>,
    /// The calls of this block.
    running: Running,
    done: Replayed,
}

/// The calls of one block: at which lines they began and ended.
#[derive(Debug, Default)]
struct Running {
    began: Vec<usize>,
    ended: Vec<usize>,
}

impl Running {
    fn new(events: &[Event]) -> Self {
        let both = events.iter().filter_map(|event| event.called.zip(event.ended));
        let (mut began, mut ended): (Vec<usize>, Vec<usize>) =
            both.map(|(called, ended)| (called.index, ended.index)).unzip();
        began.sort_unstable();
        ended.sort_unstable();
        Self { began, ended }
    }

    /// Calls that ran at a line of the block.
    fn open_at(&self, seen: Seen) -> u64 {
        let by = |lines: &[usize]| lines.partition_point(|at| *at < seen.index);
        by(&self.began).saturating_sub(by(&self.ended)) as u64
    }
}

/// Where the replay stands in a block.
#[derive(Debug, Clone, Copy, Default)]
struct Here {
    block: usize,
    /// First number printed in this block so far.
    first: Option<u64>,
    /// The number that is printed next.
    next: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
struct EmptyTick {
    fired: Nanos,
    seen: Seen,
}

impl Replay {
    /// Pairs the lines of each call. `reconciles`: the block's lines that name an object.
    fn emissions(&mut self, files: &[LogFile], reconciles: &[usize], segment: &Segment) {
        let first = self.done.events.len();
        self.calls = Calls::default();
        let sightings = &files[segment.file].sightings;
        for (seen, event) in events_of(files, segment) {
            let before = reconciles.partition_point(|index| *index < seen.index);
            let object = reconciles[..before].last().and_then(|index| match &sightings[*index].what {
                What::Caller(CallerLine::Reconciling { namespace, name, .. }) => {
                    Some(((namespace.clone(), name.clone()), Seen { file: segment.file, index: *index }))
                }
                _ => None,
            });
            self.emission(segment.block, seen, event, object.as_ref());
        }
        self.running = Running::new(&self.done.events[first..]);
        self.later.clear();
        let mut least = None;
        for event in self.done.events[first..].iter().rev() {
            let Some(at) = event.called.or(event.ended) else { continue };
            let ordinal = event.ordinal.filter(|_| event.called.is_some());
            least = [least, ordinal].into_iter().flatten().min();
            self.later.push((at, least));
        }
        self.later.reverse();
    }

    fn emission(&mut self, block: usize, seen: Seen, event: &StoreEvent, object: Option<&((Text, Text), Seen)>) {
        let number = self.number;
        let new = |event_type: &Text, correlation_id: &Text| Event {
            store: number,
            block,
            event_type: event_type.clone(),
            correlation_id: correlation_id.clone(),
            object: object.map(|(object, _)| object.clone()),
            object_at: object.map(|(_, at)| *at),
            called: None,
            validated: None,
            ended: None,
            fate: Fate::Open,
            ordinal: None,
            batch: None,
            or_batch: None,
            times: Times::default(),
        };
        let events = &mut self.done.events;
        match event {
            StoreEvent::Called { event_type, correlation_id } => {
                self.calls.open(events.len(), event_type, correlation_id);
                events.push(Event { called: Some(seen), ..new(event_type, correlation_id) });
            }
            StoreEvent::Validated { event_type } => {
                if let Some(call) = self.calls.last_unvalidated(events, event_type) {
                    call.validated = Some(seen);
                }
            }
            StoreEvent::Refused { .. } => {
                // The line names no event: it follows its call, before any other call can be refused.
                if let Some(call) = self.calls.last_refusable(events) {
                    call.fate = Fate::Refused;
                    call.ended = Some(seen);
                }
            }
            StoreEvent::Buffered { event_type, correlation_id, total, .. } => {
                let event = self.calls.close(events, event_type, correlation_id, || new(event_type, correlation_id));
                event.fate = Fate::Buffered;
                event.ended = Some(seen);
                event.ordinal = Some(*total);
            }
            StoreEvent::DroppedFull { event_type, correlation_id, .. } => {
                let event = self.calls.close(events, event_type, correlation_id, || new(event_type, correlation_id));
                event.fate = Fate::DroppedFull;
                event.ended = Some(seen);
            }
            StoreEvent::DroppedClosed { event_type, correlation_id } => {
                let event = self.calls.close(events, event_type, correlation_id, || new(event_type, correlation_id));
                event.fate = Fate::DroppedClosed;
                event.ended = Some(seen);
            }
            _ => {}
        }
    }

    /// Over a gap the count holds where nothing was queued before it and the store's numbers go on without a hole.
    fn carry_over_gap(&mut self, files: &[LogFile], segment: &Segment) {
        let first = events_of(files, segment).find_map(|(_, event)| match event {
            StoreEvent::Buffered { total, .. } => Some(*total),
            _ => None,
        });
        let nothing_queued = self.counted == Some(self.printed);
        if !nothing_queued || first != Some(self.printed.saturating_add(1)) {
            self.counted = None;
        }
    }

    /// The highest number that an event of a batch can have, by a line that shows the batch: an event whose call was
    /// printed after that line is not in it. (Sampling drops lines, so the calls before it need not all be printed.)
    fn called_by(&self, seen: Seen) -> Option<u64> {
        let at = self.later.partition_point(|(at, _)| (at.file, at.index) <= (seen.file, seen.index));
        self.later.get(at)?.1.map(|first| first.saturating_sub(1))
    }

    /// Opens and closes batches along the writer's lines.
    fn batches(&mut self, files: &[LogFile], segment: &Segment) {
        let mut upcoming: Vec<u64> = events_of(files, segment)
            .filter_map(|(_, event)| match event {
                StoreEvent::Buffered { total, .. } => Some(*total),
                _ => None,
            })
            .collect();
        upcoming.reverse();
        self.here = Here { block: segment.block, ..Here::default() };
        for (seen, event) in events_of(files, segment) {
            if let StoreEvent::Buffered { total, .. } = event {
                upcoming.pop();
                self.printed = self.printed.max(*total);
                self.here.first = Some(self.here.first.map_or(*total, |first| first.min(*total)));
            }
            self.here.next = upcoming.last().copied();
            match event {
                StoreEvent::Tick(tick) => self.tick(tick, seen),
                StoreEvent::Wrote { .. }
                | StoreEvent::SlowWrite { .. }
                | StoreEvent::WriteFailed { .. }
                | StoreEvent::DroppedBatch { .. }
                | StoreEvent::LostBatch { .. } => self.write_line(event, seen),
                other => self.flush_line(other, seen),
            }
        }
        self.close();
    }

    fn tick(&mut self, tick: &Tick, seen: Seen) {
        self.close();
        // A tick measures from the one before. Lines between two blocks are lost, and with them ticks.
        let follows = self.last_tick.replace(tick.number).is_none_or(|last| tick.number == last.saturating_add(1));
        if !follows {
            self.empty_tick = None;
        }
        let end = tick.fired.filter(|_| follows).map(|fired| TickEnd {
            at: fired.saturating_sub(tick.actual),
            tick: seen,
            fired,
            prompt: (MILLISECOND..=tick.expected.saturating_add(2 * MILLISECOND)).contains(&tick.actual),
        });
        if self.here.first.is_some() && self.hidden_flush(tick, seen, end) {
            self.empty_tick = None;
        } else {
            self.correct_lateness(tick, end);
            self.end_last(end);
        }
        let known_count = self.flushes_visible || self.counted.is_some();
        self.empty_tick = tick.fired.filter(|_| tick.size == 0 && known_count).map(|fired| EmptyTick { fired, seen });
        self.last_end = tick.fired.filter(|_| tick.size == 0);
        if tick.size > 0 {
            self.open(Trigger::Tick, tick.size, seen, tick.fired);
            self.count(tick.size, tick.waiting, seen);
        } else if tick.waiting == 0 && self.counted.is_none() {
            // Nothing in the batch and nothing in the channel: all that was sent has left.
            let before_next = self.here.next.map(|next| next.saturating_sub(1));
            self.counted = self.here.first.map(|_| self.printed).or(before_next);
        }
    }

    /// Lines about flushes: which began, with what, and how they ended.
    fn flush_line(&mut self, event: &StoreEvent, seen: Seen) {
        match event {
            StoreEvent::FlushBegan { trigger, size, waiting, since } => {
                self.empty_tick = None;
                let same = self.open.as_ref().is_some_and(|open| open.trigger == *trigger && open.size == *size);
                if !same || *trigger != Trigger::Tick {
                    self.close();
                    let begun = self.last_end.zip(*since).map(|(end, since)| end.saturating_add(since));
                    self.open(*trigger, *size, seen, None);
                    if let Some(open) = &mut self.open {
                        open.begun = begun;
                    }
                    self.count(*size, *waiting, seen);
                }
            }
            StoreEvent::FlushProcessing { size, waiting } => {
                self.empty_tick = None;
                self.close();
                self.last_end = None;
                self.left = *waiting;
                if *size > 0 {
                    self.open(Trigger::Flush, *size, seen, None);
                    self.count(*size, *waiting, seen);
                }
            }
            StoreEvent::Drained { drained, size, waiting } => self.drained(*drained, *size, *waiting, seen),
            StoreEvent::ExplicitEnded { waiting, .. } => {
                self.left = 0;
                self.flush_ended(seen, *waiting);
            }
            StoreEvent::ExplicitReturned { nothing } => {
                // Until 52c0a4917 a flush did not drain the channel: it found nothing though events waited. The caller's
                // line follows the writer's, and stands for it where that is missing.
                let left = std::mem::take(&mut self.left);
                if *nothing || left > 0 {
                    self.flush_ended(seen, left);
                }
            }
            StoreEvent::ShutdownFlush { size } => {
                self.close();
                self.open(Trigger::Shutdown, *size, seen, None);
                self.here.next = None;
                self.count(*size, 0, seen);
            }
            StoreEvent::FlushEnded { trigger, size } => {
                // The batch of this end, whatever became of it, or one whose beginning was not printed.
                let own = |open: &Batch| open.size == *size && (open.trigger == Trigger::Shutdown || open.hidden);
                if *trigger == Trigger::Shutdown && !self.open.as_ref().is_some_and(own) {
                    self.expect(*size, seen);
                }
                self.close();
            }
            _ => {}
        }
    }

    fn drained(&mut self, drained: u64, size: u64, waiting: u64, seen: Seen) {
        self.left = 0;
        let into_open = self.open.as_mut().filter(|open| open.trigger == Trigger::Flush);
        if let Some(open) = into_open {
            open.size = size;
            if let (Some(members), Some(counted)) = (&mut open.members, &mut self.counted) {
                members.1 = members.1.saturating_add(drained);
                *counted = counted.saturating_add(drained);
            }
        } else {
            self.close();
            self.open(Trigger::Flush, size, seen, None);
            self.count(size, waiting, seen);
        }
    }

    fn flush_ended(&mut self, seen: Seen, left: u64) {
        self.done.flushes.push(ExplicitFlush { ended: seen, left });
        self.close();
    }

    /// Lines about the write of a batch: its attempts and its outcome.
    fn write_line(&mut self, event: &StoreEvent, seen: Seen) {
        match event {
            StoreEvent::Wrote { size, duration, .. } => {
                self.expect(*size, seen);
                self.outcome(Outcome::Written, seen, *duration);
                // A flush that drains says so before it writes: this one left what waited, whether or not its end is
                // printed.
                if self.left > 0 && self.open.as_ref().is_some_and(|open| open.trigger == Trigger::Flush) {
                    let left = std::mem::take(&mut self.left);
                    self.done.flushes.push(ExplicitFlush { ended: seen, left });
                }
            }
            StoreEvent::SlowWrite { size, duration } => {
                // It follows "Wrote" where that is printed, and stands alone at Info.
                let known = |open: &Batch| open.size == *size && open.outcome == Outcome::Written;
                if !self.open.as_ref().is_some_and(known) {
                    self.reopen(*size);
                    self.expect(*size, seen);
                    self.outcome(Outcome::Written, seen, Some(*duration));
                }
            }
            StoreEvent::WriteFailed { attempt, size, error } => {
                // An authentication error has a line of its own beside that of its attempt.
                let same = |open: &Batch| {
                    open.size == *size && open.failures.len() as u64 == *attempt && open.outcome == Outcome::Open
                };
                if self.open.as_ref().is_some_and(same) {
                    return;
                }
                if self.open.as_ref().is_some_and(|open| *attempt == 1 && !open.failures.is_empty()) {
                    self.close();
                }
                self.expect(*size, seen);
                if let Some(open) = &mut self.open {
                    open.failures.push((seen, error.clone()));
                }
            }
            StoreEvent::DroppedBatch { size } => {
                self.expect(*size, seen);
                self.outcome(Outcome::Refused, seen, None);
            }
            StoreEvent::LostBatch { size, error } => {
                self.expect(*size, seen);
                if let Some(open) = self.open.as_mut().filter(|open| open.failures.is_empty()) {
                    open.failures.push((seen, error.clone()));
                }
                self.outcome(Outcome::Lost, seen, None);
            }
            _ => {}
        }
    }

    fn open(&mut self, trigger: Trigger, size: u64, at: Seen, fired: Option<Nanos>) {
        self.open = Some(Batch {
            store: self.number,
            block: self.here.block,
            trigger,
            size,
            at,
            hidden: false,
            fired,
            begun: fired,
            members: None,
            failures: Vec::new(),
            outcome: Outcome::Open,
            outcome_at: None,
            took: None,
            ended_by_tick: None,
            requests: Vec::new(),
            alternatives: Vec::new(),
            flushed: Instant::UNKNOWN,
            written: Instant::UNKNOWN,
            visible: Instant::UNKNOWN,
        });
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.done.batches.push(open);
        }
    }

    /// A write that outlasts its spec says so in the process's next block.
    fn reopen(&mut self, size: u64) {
        let waits = |last: &Batch| last.size == size && last.outcome == Outcome::Open && last.ended_by_tick.is_none();
        if self.open.is_none() && self.done.batches.last().is_some_and(waits) {
            self.open = self.done.batches.pop();
        }
    }

    /// An outcome line whose batch was opened by no line: at this level explicit and shutdown flushes are silent.
    fn expect(&mut self, size: u64, seen: Seen) {
        let fits = self.open.as_ref().is_some_and(|open| open.size == size && open.outcome == Outcome::Open);
        if !fits {
            self.close();
            self.open(Trigger::Flush, size, seen, None);
            if let Some(open) = &mut self.open {
                open.hidden = true;
            }
            self.count(size, 0, seen);
        }
    }

    fn outcome(&mut self, outcome: Outcome, seen: Seen, took: Option<Nanos>) {
        if let Some(open) = &mut self.open {
            open.outcome = outcome;
            open.outcome_at = Some(seen);
            open.took = took.or(open.took);
            self.last_end = open.begun.zip(open.took).map(|(begun, took)| begun.saturating_add(took));
        }
    }

    /// The end of the flush before a tick.
    fn end_last(&mut self, end: Option<TickEnd>) {
        let Some(end) = end else { return };
        if let Some(last) = self.done.batches.last_mut() {
            let after_it = last.fired.is_none_or(|fired| end.at >= fired);
            if last.ended_by_tick.is_none() && last.at.file == end.tick.file && after_it {
                last.ended_by_tick = Some(end);
            }
        }
    }

    /// A tick that found nothing sets `lastFlushTime` too: the tick after it shows how late the first was handled, and
    /// with it the end of the flush before.
    fn correct_lateness(&mut self, tick: &Tick, end: Option<TickEnd>) {
        let Some(empty) = self.empty_tick.take() else { return };
        let (Some(end), Some(last)) = (end, self.done.batches.last_mut()) else { return };
        let late = end.at - empty.fired;
        let by_it = last.ended_by_tick.as_mut().filter(|known| known.tick == empty.seen);
        // A tick that waited for a slow write is handled at its end, however late that is.
        if let Some(known) = by_it.filter(|known| late > 0 && (late < tick.expected / 2 || !known.prompt)) {
            known.at += late;
            known.prompt = end.prompt;
        }
    }

    /// At Info an explicit flush prints nothing: its trace is the next tick's short interval, and events that left.
    /// Returns whether there was one.
    fn hidden_flush(&mut self, tick: &Tick, seen: Seen, end: Option<TickEnd>) -> bool {
        const JITTER: Nanos = MILLISECOND;
        if self.flushes_visible {
            return false;
        }
        let Some(counted) = self.counted.or_else(|| Some(self.here.first?.saturating_sub(1))) else { return false };
        let gone = self.printed.saturating_sub(tick.waiting).saturating_sub(counted.saturating_add(tick.size));
        // With a full interval behind it nothing was flushed: a "buffered" line just came out before the tick's.
        let flushed_before = tick.actual < tick.expected - JITTER;
        if gone == 0 || !flushed_before {
            return false;
        }
        // More than a batch holds left in several: where their borders lie, no line tells.
        if self.fullest.is_some_and(|fullest| gone >= fullest) {
            self.counted = Some(counted + gone);
            return true;
        }
        self.open(Trigger::Flush, gone, seen, None);
        if let Some(open) = &mut self.open {
            open.hidden = true;
            open.members = Some((counted + 1, counted + gone));
            open.ended_by_tick = end;
        }
        self.counted = Some(counted + gone);
        self.close();
        true
    }

    /// Numbers the members of the batch that was just opened.
    fn count(&mut self, size: u64, waiting: u64, seen: Seen) {
        // Callers print late by a few events at most; more than that is no race.
        const REACH: u64 = 8;
        let by_lines = if self.here.first.is_some() {
            Some(self.printed.saturating_sub(waiting))
        } else {
            self.here.next.map(|next| next.saturating_sub(1).saturating_sub(waiting))
        };
        // A call that is numbered late leaves its number to one that came after this line.
        let most = self.called_by(seen).map(|most| most.saturating_add(self.running.open_at(seen)));
        let counted = self.counted.map(|counted| counted.saturating_add(size));
        let counted = counted.map(|counted| most.map_or(counted, |most| counted.min(most)));
        let end = match (counted, by_lines) {
            // Sampling drops lines, so more can have left than was printed; less cannot.
            (Some(counted), Some(lines)) if lines > counted.saturating_add(REACH) => {
                let text = format!("counting gives {counted} events batched, the lines {lines}");
                self.done.disagreements.push((seen, text));
                Some(lines)
            }
            (Some(counted), _) => Some(counted),
            // A caller prints after its event was taken, so the batch itself can be ahead of the lines.
            (None, lines) => lines.map(|lines| lines.max(size)),
        };
        self.counted = end;
        let members = end.and_then(|end| Some((end.checked_sub(size.checked_sub(1)?)?.max(1), end)));
        if let Some(open) = &mut self.open {
            open.members = members;
        }
    }
}

/// The calls of one segment whose end was not printed yet, by what their later lines name. Their number has no bound, so
/// none is searched for: each index is looked at once when it comes and once when it goes.
#[derive(Debug, Default)]
struct Calls {
    by_name: HashMap<(Text, Text), VecDeque<usize>>,
    by_type: HashMap<Text, Vec<usize>>,
    all: Vec<usize>,
}

impl Calls {
    fn open(&mut self, index: usize, event_type: &Text, correlation_id: &Text) {
        self.by_name.entry((event_type.clone(), correlation_id.clone())).or_default().push_back(index);
        self.by_type.entry(event_type.clone()).or_default().push(index);
        self.all.push(index);
    }

    /// The latest open call of a type that was not validated.
    fn last_unvalidated<'a>(&mut self, events: &'a mut [Event], event_type: &Text) -> Option<&'a mut Event> {
        last_of(self.by_type.get_mut(event_type)?, events)
    }

    /// The latest open call that was not validated.
    fn last_refusable<'a>(&mut self, events: &'a mut [Event]) -> Option<&'a mut Event> {
        last_of(&mut self.all, events)
    }

    /// The open call of a type and id, oldest first; a call whose first line was lost is made up.
    fn close<'a>(
        &mut self,
        events: &'a mut Vec<Event>,
        event_type: &Text,
        correlation_id: &Text,
        new: impl FnOnce() -> Event,
    ) -> &'a mut Event {
        let mut open = self.by_name.get_mut(&(event_type.clone(), correlation_id.clone()));
        while let Some(at) = open.as_mut().and_then(|open| open.pop_front()) {
            // A refusal names no id, so a refused call still stands here.
            if events[at].fate == Fate::Open {
                return &mut events[at];
            }
        }
        events.push(new());
        let last = events.len() - 1;
        &mut events[last]
    }
}

fn last_of<'a>(open: &mut Vec<usize>, events: &'a mut [Event]) -> Option<&'a mut Event> {
    while let Some(at) = open.pop() {
        if events[at].fate == Fate::Open && events[at].validated.is_none() {
            return Some(&mut events[at]);
        }
    }
    None
}
