//! Stores: the audit stores of a bundle, told apart.
//!
//! Up to twelve processes print into one log, each with a store of its own. A store is known by its `start_time`, and
//! otherwise by continuity: `tick_number` and `total_buffered` go on, the timer keeps its phase, a block belongs to one
//! process, and blocks of one process do not overlap. A new store needs a start line or a counter that begins again.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::instant::{MILLISECOND, Nanos, SECOND};
use crate::reading::LogFile;
use crate::sighting::{CallerLine, StoreConfig, StoreEvent, Text, What};

use super::Seen;
use super::specs::{Block, TestOutput};

/// One audit store.
#[derive(Debug, Clone, Default)]
pub struct Store {
    /// Its suite; `None` for a store of a container's log.
    pub suite: Option<usize>,
    /// Logger of its lines.
    pub logger: String,
    /// Service, as its first line names it.
    pub service: Option<Text>,
    /// Settings.
    pub config: Option<StoreConfig>,
    /// Line of the settings.
    pub config_at: Option<Seen>,
    /// When its writer started.
    pub start_time: Option<Nanos>,
    /// Ginkgo process, when ids or namespaces name it.
    pub process: Option<u32>,
    /// Its lines, in the order in which it printed them.
    pub segments: Vec<Segment>,
    /// The counts of its last line.
    pub closed: Option<Closed>,
    /// The interval that its first tick expects.
    ticked: Option<Nanos>,
}

/// What a store said when it was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields of the line")]
pub struct Closed {
    pub buffered: u64,
    pub written: u64,
    pub dropped: u64,
    pub failed_batches: u64,
    pub at: Seen,
}

/// The lines of one store in one block.
#[derive(Debug, Clone, Default)]
pub struct Segment {
    /// The block.
    pub block: usize,
    /// Its file.
    pub file: usize,
    /// Indices of its sightings in the file.
    pub lines: Vec<usize>,
    facts: Facts,
}

/// What tells one store from another.
#[derive(Debug, Clone, Default)]
struct Facts {
    starts: bool,
    start_time: Option<Nanos>,
    interval: Option<Nanos>,
    first_tick: Option<(u64, Nanos)>,
    last_tick: Option<(u64, Nanos)>,
    first_total: Option<u64>,
    last_total: Option<u64>,
    /// Events and ticks that the store's last lines count.
    closed_total: Option<u64>,
    closed_ticks: Option<u64>,
    process: Option<u32>,
    span: Option<(Nanos, Nanos)>,
}

/// Tells the stores of a bundle apart. Segments that a start, a tick or a process marks come first, in their order;
/// then those that only their counts place, each between two known neighbours.
pub fn tell_apart(files: &[LogFile], output: &TestOutput) -> Vec<Store> {
    let mut told = Told::default();
    let mut weak: Vec<(String, Segment)> = Vec::new();
    for (index, block) in output.blocks.iter().enumerate() {
        let process = block.process.or_else(|| process_of(files, block));
        for (logger, segment) in segments(files, index, block, process) {
            let facts = &segment.facts;
            let marked = facts.starts || facts.first_tick.is_some() || facts.process.is_some() || block.suite.is_none();
            if marked {
                told.place(files, block, logger, segment);
            } else {
                weak.push((logger, segment));
            }
        }
    }
    told.begin_again();
    for (logger, segment) in weak {
        let block = &output.blocks[segment.block];
        told.place(files, block, logger, segment);
    }
    told.begin_again();
    told.stores
        .into_iter()
        .zip(told.threads)
        .map(|(store, thread)| {
            let segments = Vec::from(thread.ahead);
            let ticked = segments.iter().find_map(|segment| segment.facts.interval);
            Store { segments, ticked, ..store }
        })
        .collect()
}

/// Who prints a store's lines: suite, logger, and of a container the block of its life.
type Printer = (Option<usize>, String, Option<usize>);

/// Stores that began last and are asked whether they go on. A suite has one for each process, some one for each spec;
/// none goes on after so many others.
const MOST_ASKED: usize = 4096;

/// The stores found so far. Segments come in the order of their blocks, twice: so what lies before a segment is added up
/// as one goes, and never searched for.
#[derive(Default)]
struct Told {
    stores: Vec<Store>,
    threads: Vec<Thread>,
    by_printer: HashMap<Printer, Vec<usize>>,
}

/// The segments of one store around the block that is looked at.
#[derive(Default)]
struct Thread {
    before: Vec<Segment>,
    /// What those before say together.
    facts: Facts,
    ahead: VecDeque<Segment>,
}

impl Thread {
    fn go_to(&mut self, block: usize) {
        while self.ahead.front().is_some_and(|segment| segment.block <= block) {
            let Some(segment) = self.ahead.pop_front() else { return };
            self.facts.follow(&segment.facts);
            self.before.push(segment);
        }
    }
}

impl Told {
    /// Goes back to the first block.
    fn begin_again(&mut self) {
        for thread in &mut self.threads {
            thread.go_to(usize::MAX);
            *thread = Thread { ahead: std::mem::take(&mut thread.before).into(), ..Thread::default() };
        }
    }

    /// Gives a segment to the store that it continues best, or to a new one.
    fn place(&mut self, files: &[LogFile], block: &Block, logger: String, segment: Segment) {
        let printer = (block.suite, logger, block.suite.is_none().then_some(segment.block));
        let like = self.by_printer.get(&printer).map_or(&[][..], Vec::as_slice);
        let mut known = None;
        if !segment.facts.starts {
            for store in &like[like.len().saturating_sub(MOST_ASKED)..] {
                self.threads[*store].go_to(segment.block);
                let score = self.stores[*store].continued_by(&self.threads[*store], &segment);
                // Of equals the first.
                known = known.max(score.map(|score| (score, std::cmp::Reverse(*store))));
            }
        }
        let number = known.map_or_else(
            || {
                self.stores.push(Store { suite: block.suite, logger: printer.1.clone(), ..Store::default() });
                self.threads.push(Thread::default());
                self.by_printer.entry(printer).or_default().push(self.stores.len() - 1);
                self.stores.len() - 1
            },
            |(_, store)| store.0,
        );
        let (store, thread) = (&mut self.stores[number], &mut self.threads[number]);
        store.process = store.process.or(segment.facts.process);
        store.learn(files, &segment);
        thread.facts.follow(&segment.facts);
        thread.before.push(segment);
    }
}

impl Store {
    /// Its lines in a block. Segments stand in the order of their blocks.
    pub fn segments_in(&self, block: usize) -> &[Segment] {
        let from = self.segments.partition_point(|segment| segment.block < block);
        let length = self.segments[from..].partition_point(|segment| segment.block == block);
        &self.segments[from..from + length]
    }

    /// How well a segment fits between the segments that stand before and after it; `None` when it cannot.
    fn continued_by(&self, thread: &Thread, segment: &Segment) -> Option<i64> {
        let mut before = thread.facts.clone();
        before.start_time = self.start_time.or(before.start_time);
        before.process = self.process.or(before.process);
        let score = continuity(&before, &segment.facts)?;
        if let Some(next) = thread.ahead.front() {
            let mut until = segment.facts.clone();
            until.process = None;
            continuity(&until, &next.facts)?;
        }
        Some(score)
    }

    /// Settings and counts that a segment's lines state.
    fn learn(&mut self, files: &[LogFile], segment: &Segment) {
        for index in &segment.lines {
            let What::Store(line) = &files[segment.file].sightings[*index].what else { continue };
            let seen = Seen { file: segment.file, index: *index };
            match &line.event {
                StoreEvent::Initialized { service, config } => {
                    self.service = Some(service.clone()).filter(|service| !service.is_empty());
                    self.config = Some(*config);
                    self.config_at = Some(seen);
                }
                StoreEvent::Started { config, start_time } => {
                    self.start_time = *start_time;
                    if self.config.is_none() {
                        self.config = Some(**config);
                        self.config_at = Some(seen);
                    }
                }
                StoreEvent::Closed { buffered, written, dropped, failed_batches } => {
                    let (buffered, written, dropped) = (*buffered, *written, *dropped);
                    self.closed =
                        Some(Closed { buffered, written, dropped, failed_batches: *failed_batches, at: seen });
                }
                _ => {}
            }
        }
    }

    /// The configured interval, else the one that its ticks expect.
    pub fn interval(&self) -> Option<Nanos> {
        self.config.map(|config| config.flush_interval).or(self.ticked)
    }
}

impl Facts {
    /// The same store, later.
    fn follow(&mut self, later: &Self) {
        self.interval = self.interval.or(later.interval);
        self.start_time = self.start_time.or(later.start_time);
        self.first_tick = self.first_tick.or(later.first_tick);
        self.last_tick = later.last_tick.or(self.last_tick);
        self.first_total = self.first_total.or(later.first_total);
        self.last_total = later.last_total.max(self.last_total);
        self.process = self.process.or(later.process);
        self.closed_total = self.closed_total.or(later.closed_total);
        self.closed_ticks = self.closed_ticks.or(later.closed_ticks);
        self.span = match (self.span, later.span) {
            (Some((first, end)), Some((_, last))) => Some((first, end.max(last))),
            (one, other) => one.or(other),
        };
    }
}

/// How well a segment continues a store; `None` when it cannot. The weights only order candidates that are all
/// possible: a named process decides, then the timer, then the counts.
fn continuity(store: &Facts, segment: &Facts) -> Option<i64> {
    let mut score = 0;
    if let (Some(one), Some(other)) = (store.process, segment.process) {
        if one != other {
            return None;
        }
        score += 1000;
    }
    if let (Some((_, end)), Some((begin, _))) = (store.span, segment.span) {
        // Stamps of whole seconds: a block may seem to begin up to a second before the one before it ended.
        if begin < end - 2 * SECOND {
            return None;
        }
    }
    if let (Some(one), Some(other)) = (store.interval, segment.interval)
        && one != other
    {
        return None;
    }
    if let (Some(last), Some(first)) = (store.last_total, segment.first_total) {
        // Callers print out of order by a few places at most.
        if first + 3 < last || first == last {
            return None;
        }
        let gap = first.saturating_sub(last + 1);
        score += if gap == 0 { 200 } else { 100 / i64::try_from(gap).unwrap_or(100).min(100) };
    }
    // A closed store says nothing more, but for a tick on its way.
    if store.closed_total.is_some() && (segment.first_total.is_some() || segment.closed_total.is_some()) {
        return None;
    }
    for (closed, last) in [
        (segment.closed_total, store.last_total.max(segment.last_total)),
        (segment.closed_ticks, segment.last_tick.or(store.last_tick).map(|(number, _)| number)),
    ] {
        if let Some((closed, last)) = closed.zip(last) {
            if closed < last {
                return None;
            }
            score += if closed == last { 400 } else { 0 };
        }
    }
    let interval = segment.interval.or(store.interval);
    if let (Some(interval), Some((number, fired))) = (interval, segment.first_tick) {
        score += timer_continuity(store, interval, number, fired)?;
    }
    Some(score)
}

/// A ticker keeps its phase, and counts no more ticks than time allows.
fn timer_continuity(store: &Facts, interval: Nanos, number: u64, fired: Nanos) -> Option<i64> {
    let (origin, origin_number) = match (store.last_tick, store.start_time) {
        (Some((last_number, last_fired)), _) => (last_fired, last_number),
        (None, Some(start)) => (start, 0),
        (None, None) => return Some(0),
    };
    let advance = i64::try_from(number.checked_sub(origin_number).filter(|advance| *advance > 0)?).ok()?;
    let elapsed = fired - origin;
    let phase = (elapsed + interval / 2).rem_euclid(interval) - interval / 2;
    let possible = (elapsed - phase) / interval;
    if advance > possible + 1 {
        return None;
    }
    let lost = (possible - advance).abs();
    // 0 for a phase that is off by half an interval, 300 for the same phase.
    let near = 300 - phase.abs().saturating_mul(600) / interval;
    let exact = if phase.abs() < 5 * MILLISECOND { 100 } else { 0 };
    Some(near + exact + if lost == 0 { 200 } else { -20 * lost.min(50) })
}

/// Cuts a block's store lines by logger and by store.
fn segments(files: &[LogFile], index: usize, block: &Block, process: Option<u32>) -> Vec<(String, Segment)> {
    let mut done: Vec<(String, Segment)> = Vec::new();
    let mut open: HashMap<&str, Segment> = HashMap::new();
    let sightings = &files[block.file].sightings;
    let mut order: Vec<&str> = Vec::new();
    for at in block.range.clone() {
        let What::Store(line) = &sightings[at].what else { continue };
        let logger = &*line.logger;
        if !open.contains_key(logger) {
            order.push(logger);
        }
        let empty = || Segment {
            block: index,
            file: block.file,
            facts: Facts { process, span: block.span, ..Facts::default() },
            ..Segment::default()
        };
        let segment = open.entry(logger).or_insert_with(empty);
        if begins_new_store(segment, &line.event, files) {
            done.push((logger.to_owned(), std::mem::replace(segment, empty())));
        }
        segment.add(at, &line.event);
    }
    for logger in order {
        if let Some(segment) = open.remove(logger) {
            done.push((logger.to_owned(), segment));
        }
    }
    // The order of the first line, so that a store's parts follow each other.
    done.sort_by_key(|(_, segment)| segment.lines.first().copied());
    done
}

fn begins_new_store(segment: &Segment, event: &StoreEvent, files: &[LogFile]) -> bool {
    let said = |wanted: fn(&StoreEvent) -> bool| {
        segment.lines.iter().any(|index| match &files[segment.file].sightings[*index].what {
            What::Store(line) => wanted(&line.event),
            _ => false,
        })
    };
    match event {
        // The settings and the writer's first line come in either order.
        StoreEvent::Initialized { .. } => said(|event| matches!(event, StoreEvent::Initialized { .. })),
        StoreEvent::Started { .. } => {
            said(|event| matches!(event, StoreEvent::Started { .. }))
                || said(|event| {
                    !matches!(
                        event,
                        StoreEvent::Initialized { .. }
                            | StoreEvent::Called { .. }
                            | StoreEvent::Closed { .. }
                            | StoreEvent::Closing
                    )
                }) && !said(|event| matches!(event, StoreEvent::Initialized { .. }))
        }
        StoreEvent::Tick(tick) => tick.number == 1 && segment.facts.last_tick.is_some_and(|(number, _)| number > 1),
        StoreEvent::Buffered { total: 1, .. } => segment.facts.last_total.is_some_and(|total| total > 3),
        _ => false,
    }
}

impl Segment {
    /// Its ids name the process, or its timer is the store's. A block without either (a set-up, a teardown) went to the
    /// store that it fits best, and may be another process's.
    pub fn is_sure(&self) -> bool {
        self.facts.process.is_some() || self.facts.first_tick.is_some()
    }

    /// Lines of this block are missing. They follow each other here, so the numbers of ticks and of buffered events go
    /// on by one, and each call has a first line: what is left out was printed, or sampled away.
    pub fn misses_lines(&self, files: &[LogFile]) -> bool {
        let mut numbers: BTreeSet<u64> = BTreeSet::new();
        let mut last_tick = None;
        let (mut calls, mut validated, mut ends) = (0_usize, 0_usize, 0_usize);
        for index in &self.lines {
            let What::Store(line) = &files[self.file].sightings[*index].what else { continue };
            match &line.event {
                StoreEvent::Tick(tick) => {
                    let before = last_tick.replace(tick.number);
                    if before.is_some_and(|before: u64| tick.number > before.saturating_add(1)) {
                        return true;
                    }
                }
                StoreEvent::Called { .. } => calls += 1,
                StoreEvent::Validated { .. } if validated >= calls => return true,
                StoreEvent::Validated { .. } => validated += 1,
                // A refusal names no event: without its call it may be of any.
                StoreEvent::Refused { .. } if ends >= calls => return true,
                StoreEvent::Refused { .. } => ends += 1,
                StoreEvent::Buffered { total, .. } => {
                    // The call of the block's first end can stand before the block.
                    ends += usize::from(calls > ends);
                    numbers.insert(*total);
                }
                _ => {}
            }
        }
        let span = numbers.first().zip(numbers.last()).map_or(0, |(first, last)| last - first + 1);
        span > numbers.len() as u64
    }

    fn add(&mut self, index: usize, event: &StoreEvent) {
        self.lines.push(index);
        let facts = &mut self.facts;
        match event {
            StoreEvent::Initialized { config, .. } => {
                facts.starts = true;
                facts.interval = Some(config.flush_interval);
            }
            StoreEvent::Started { config, start_time } => {
                facts.starts = true;
                facts.interval = Some(config.flush_interval);
                facts.start_time = *start_time;
            }
            StoreEvent::Tick(tick) => {
                facts.interval = Some(tick.expected);
                if let Some(fired) = tick.fired {
                    facts.first_tick = facts.first_tick.or(Some((tick.number, fired)));
                    facts.last_tick = Some((tick.number, fired));
                }
            }
            StoreEvent::Buffered { total, .. } => {
                facts.first_total = Some(facts.first_total.map_or(*total, |first| first.min(*total)));
                facts.last_total = facts.last_total.max(Some(*total));
            }
            StoreEvent::Closed { buffered, .. } => facts.closed_total = Some(*buffered),
            StoreEvent::Stopped { ticks, .. } => facts.closed_ticks = *ticks,
            _ => {}
        }
    }
}

/// The process that a block's ids and namespaces name: `rr-p3-…`, `sp-severity-2-09185946` (the suites' own helpers).
fn process_of(files: &[LogFile], block: &Block) -> Option<u32> {
    block.suite?;
    let mut votes: HashMap<u32, usize> = HashMap::new();
    for sighting in &files[block.file].sightings[block.range.clone()] {
        let named = match &sighting.what {
            What::Store(line) => match &line.event {
                StoreEvent::Called { correlation_id, .. } | StoreEvent::Buffered { correlation_id, .. } => {
                    correlation_id.strip_prefix("rr-p").and_then(|rest| rest.split('-').next()?.parse().ok())
                }
                _ => None,
            },
            What::Caller(CallerLine::Reconciling { namespace, .. }) => process_in_namespace(namespace),
            _ => None,
        };
        if let Some(process) = named {
            *votes.entry(process).or_default() += 1;
        }
    }
    votes.into_iter().max_by_key(|(process, count)| (*count, std::cmp::Reverse(*process))).map(|(process, _)| process)
}

fn process_in_namespace(namespace: &str) -> Option<u32> {
    let (head, random) = namespace.rsplit_once('-')?;
    let is_random = random.len() == 8 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    let process: u32 = head.rsplit_once('-')?.1.parse().ok()?;
    (is_random && process <= 128).then_some(process)
}
