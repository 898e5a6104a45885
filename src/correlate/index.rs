//! Index: what the cases ask of the whole world, worked out once.
//!
//! A bundle can hold a thousand failing specs and a million events; a case that looked through all events, batches or
//! lines for each question would make that a square.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::instant::{Instant, Nanos};
use crate::sighting::{CallerLine, Outcome, TestLine, Text, What};

use super::histories::{History, histories};
use super::looks::printed_looks;
use super::requests::About;
use super::specs::Block;
use super::visibility::Visible;
use super::{Seen, World};

/// A suite and a name as printed in it.
type SuiteAndName = (Option<usize>, Text);

/// Looks things up that belong to the whole bundle. Empty until everything else is put together.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The last store whose lines stand in each block.
    pub store_of_block: Vec<Option<usize>>,
    /// What the stores of each suite show, and those of pods.
    pub visible: HashMap<Option<usize>, Visible>,
    /// Events of a type, in their order.
    pub by_type: HashMap<Text, Vec<usize>>,
    /// Events of a correlation id, in their order.
    pub by_id: HashMap<Text, Vec<usize>>,
    /// Events of an object, by its name, in their order.
    pub by_object: HashMap<Text, Vec<usize>>,
    /// Events of a block, in their order.
    pub by_block: HashMap<usize, Vec<usize>>,
    /// Looks that found rows, by suite and type as printed: those of the first two blocks, so that one block can be
    /// left out.
    pub found: HashMap<SuiteAndName, Vec<(usize, Seen)>>,
    /// Looks by suite and correlation id, likewise those of the first two blocks.
    pub asked: HashMap<SuiteAndName, Vec<(usize, Seen)>>,
    /// Passed specs of each suite: block, text, and its line.
    pub passed: HashMap<Option<usize>, Vec<(usize, Text, Seen)>>,
    /// Requests of each server that it answered with 2xx: when each ended on the server's clock, sorted.
    pub answered: Vec<Vec<(Nanos, usize)>>,
    /// Writes of all batches, and of each store's.
    pub writes: Writes,
    pub writes_of: HashMap<usize, Writes>,
    /// Stores of which lines are missing within a block: there no line's absence proves anything.
    pub holed: HashSet<usize>,
    /// The longest pause between two lines of one object in one block, and the longest of another block.
    pub pauses: [(usize, Nanos); 2],
    /// What each store did.
    pub histories: Vec<History>,
    /// Explicit flushes by the line that ended them.
    flushes: Vec<(Seen, usize)>,
    /// Writes, and those of each store.
    pub requests: Vec<usize>,
    pub requests_of: HashMap<usize, Vec<usize>>,
    /// The server that answered most requests, and most of each store's.
    pub server: Option<usize>,
    pub server_of: HashMap<usize, usize>,
    /// The last request of each server.
    pub last_of_server: Vec<Option<usize>>,
    /// First and last stamp of each suite.
    pub spans: HashMap<Option<usize>, (Nanos, Nanos)>,
    /// The first store of each process of a suite.
    pub store_of_process: HashMap<(Option<usize>, u32), usize>,
    /// Flush intervals of the stores of each suite.
    pub intervals: HashMap<Option<usize>, Vec<Nanos>>,
}

/// Write times of some batches.
#[derive(Debug, Default)]
pub(super) struct Writes {
    /// Those of normal length, sorted.
    pub normal: Vec<Nanos>,
    /// Those of the slow ones: when each was flushed.
    pub slow: Vec<(usize, Instant)>,
}

impl Index {
    /// Works everything out. `slow` is the longest write that can be normal.
    pub fn new(world: &World, slow: Nanos) -> Self {
        let mut index = Self { store_of_block: vec![None; world.output.blocks.len()], ..Self::default() };
        for (number, store) in world.stores.iter().enumerate() {
            for segment in &store.segments {
                index.store_of_block[segment.block] = Some(number);
                if segment.misses_lines(&world.files) {
                    index.holed.insert(number);
                }
            }
            if !world.is_self_audit(number) {
                let visible = index.visible.entry(store.suite).or_default();
                *visible = visible.or(Visible::of(&world.files, store));
            }
        }
        for (number, event) in world.events.iter().enumerate() {
            index.by_type.entry(event.event_type.clone()).or_default().push(number);
            index.by_id.entry(event.correlation_id.clone()).or_default().push(number);
            index.by_block.entry(event.block).or_default().push(number);
            if let Some((_, name)) = &event.object {
                index.by_object.entry(name.clone()).or_default().push(number);
            }
        }
        for (number, batch) in world.batches.iter().enumerate() {
            let Some(took) = world.write_time(number).lo() else { continue };
            for writes in [&mut index.writes, index.writes_of.entry(batch.store).or_default()] {
                if took > slow { writes.slow.push((number, batch.flushed)) } else { writes.normal.push(took) }
            }
        }
        index.histories = histories(world);
        index.flushes = world.flushes.iter().enumerate().map(|(number, flush)| (flush.ended, number)).collect();
        index.flushes.sort_unstable();
        index.processes(world);
        index.servers(world);
        index.answered = vec![Vec::new(); world.servers.len()];
        for (number, request) in world.requests.iter().enumerate() {
            if request.about == About::Write {
                index.requests.push(number);
                if let Some(store) = request.store {
                    index.requests_of.entry(store).or_default().push(number);
                }
            }
            if let (Some(end), 200..300) = (request.end.lo(), request.line.status) {
                index.answered[request.server].push((end, number));
            }
        }
        for answered in &mut index.answered {
            answered.sort_unstable();
        }
        index.writes.normal.sort_unstable();
        for writes in index.writes_of.values_mut() {
            writes.normal.sort_unstable();
        }
        for number in 0..world.output.blocks.len() {
            index.block(world, number);
        }
        index
    }

    fn processes(&mut self, world: &World) {
        for block in &world.output.blocks {
            let Some((from, to)) = block.span else { continue };
            let span = self.spans.entry(block.suite).or_insert((from, to));
            *span = (span.0.min(from), span.1.max(to));
        }
        for (number, store) in world.stores.iter().enumerate() {
            if let Some(process) = store.process {
                self.store_of_process.entry((store.suite, process)).or_insert(number);
            }
            if let Some(interval) = store.interval().filter(|_| !world.is_self_audit(number)) {
                let known = self.intervals.entry(store.suite).or_default();
                if known.last() != Some(&interval) {
                    known.push(interval);
                }
            }
        }
    }

    fn servers(&mut self, world: &World) {
        let mut served: BTreeMap<(Option<usize>, usize), usize> = BTreeMap::new();
        self.last_of_server = vec![None; world.servers.len()];
        for (number, request) in world.requests.iter().enumerate() {
            *served.entry((request.store, request.server)).or_default() += 1;
            let last = &mut self.last_of_server[request.server];
            *last = last.filter(|last| world.requests[*last].at > request.at).or(Some(number));
        }
        let mut all: BTreeMap<usize, usize> = BTreeMap::new();
        let mut most: HashMap<usize, usize> = HashMap::new();
        // In the order of the servers: of those that answered equally many the first.
        for ((store, server), count) in served {
            *all.entry(server).or_default() += count;
            let Some(store) = store else { continue };
            if most.get(&store).is_none_or(|most| *most < count) {
                most.insert(store, count);
                self.server_of.insert(store, server);
            }
        }
        let most = all.into_iter().max_by_key(|(server, count)| (*count, std::cmp::Reverse(*server)));
        self.server = most.map(|(server, _)| server);
    }

    /// Explicit flushes that ended in a block, in their order.
    pub fn flushes_in(&self, block: &Block) -> Vec<usize> {
        let at = |index: usize| self.flushes.partition_point(|(seen, _)| *seen < Seen { file: block.file, index });
        let mut inside: Vec<usize> =
            self.flushes[at(block.range.start)..at(block.range.end)].iter().map(|(_, number)| *number).collect();
        inside.sort_unstable();
        inside
    }

    fn block(&mut self, world: &World, number: usize) {
        let block = &world.output.blocks[number];
        let sightings = &world.files[block.file].sightings;
        for look in printed_looks(&world.files, block) {
            let Some(printed) = &look.printed else { continue };
            if let (Some(id), Some(seen)) = (&printed.correlation_id, look.lines.last()) {
                let asked = self.asked.entry((block.suite, id.clone())).or_default();
                if asked.len() < 2 && asked.iter().all(|(block, _)| *block != number) {
                    asked.push((number, *seen));
                }
            }
            let (Some(name), true) = (&printed.event_type, printed.found.is_some_and(|found| found > 0)) else {
                continue;
            };
            let Some(seen) = look.lines.last() else { continue };
            let found = self.found.entry((block.suite, name.clone())).or_default();
            if found.len() < 2 && found.iter().all(|(block, _)| *block != number) {
                found.push((number, *seen));
            }
        }
        if block.header.as_ref().is_some_and(|header| header.outcome == Outcome::Passed) {
            let is_text = |index: &usize| matches!(sightings[*index].what, What::Test(TestLine::SpecText { .. }));
            if let (Some((text, _)), Some(index)) = (&block.text, block.range.clone().find(is_text)) {
                let seen = Seen { file: block.file, index };
                self.passed.entry(block.suite).or_default().push((number, text.clone(), seen));
            }
        }
        if block.suite.is_none() {
            return;
        }
        let mut longest = 0;
        let mut last: HashMap<(&Text, &Text), Nanos> = HashMap::new();
        for index in block.range.clone() {
            let What::Caller(CallerLine::Reconciling { namespace, name, .. }) = &sightings[index].what else {
                continue;
            };
            let Some(at) = world.printed.of(Seen { file: block.file, index }).lo() else { continue };
            if let Some(before) = last.insert((namespace, name), at) {
                longest = longest.max(at - before);
            }
        }
        if longest > self.pauses[0].1 {
            self.pauses = [(number, longest), self.pauses[0]];
        } else if longest > self.pauses[1].1 {
            self.pauses[1] = (number, longest);
        }
    }

    /// The first line, block by block, that shows that a query for a type can find it: a look that found rows, or the
    /// text of a spec that passed.
    pub fn matched(&self, suite: Option<usize>, name: &str, except: usize) -> Option<Seen> {
        // A look prints the whole type, or a tail of it.
        let tails = name.match_indices('.').map(|(at, _)| &name[at + 1..]);
        let looks = std::iter::once(name)
            .chain(tails)
            .filter_map(|name| self.found.get(&(suite, Text::from(name))))
            .filter_map(|found| found.iter().find(|(block, _)| *block != except))
            .map(|(block, seen)| (*block, 0, *seen))
            .min();
        let texts = self.passed.get(&suite).into_iter().flatten();
        let text = texts
            .take_while(|(block, ..)| looks.is_none_or(|(first, ..)| *block < first))
            .find(|(block, text, _)| *block != except && text.contains(name));
        text.map(|(.., seen)| *seen).or(looks.map(|(.., seen)| seen))
    }
}
