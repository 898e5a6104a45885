//! Correlation: from sightings to stores, batches, requests, clocks, specs, looks, journeys and the ledger.

pub mod awaited;
mod blocked;
pub mod bounds;
pub mod clocks;
pub mod facts;
mod histories;
mod holes;
mod index;
pub mod journeys;
pub mod ledger;
pub mod links;
pub mod looks;
pub mod pairing;
pub mod reachable;
pub mod recount;
pub mod replay;
pub mod requests;
mod returned;
pub mod specs;
pub mod stages;
pub mod stores;
pub mod visibility;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::instant::{Duration, Instant, Nanos, Zone};
use crate::reading::LogFile;
use crate::report::Place;

use bounds::PrintTimes;
use clocks::Clock;
use looks::{Looking, Sources};
use pairing::Among;
use replay::{Batch, Event, ExplicitFlush};
use requests::{Request, Server};
use specs::TestOutput;
use stores::Store;

/// A sighting, by its file and its index there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seen {
    /// File.
    pub file: usize,
    /// Index of the sighting in the file.
    pub index: usize,
}

/// A line, by its file and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct At {
    /// File.
    pub file: usize,
    /// Line number, from 1.
    pub line: u32,
}

/// Everything that was put together from a bundle.
#[derive(Debug)]
pub struct World {
    /// Files with their sightings, in the order of their labels.
    pub files: Vec<LogFile>,
    /// Suites, blocks, failures.
    pub output: TestOutput,
    /// Audit stores.
    pub stores: Vec<Store>,
    /// Audit events, store by store.
    pub events: Vec<Event>,
    /// Batches, store by store.
    pub batches: Vec<Batch>,
    /// Explicit flushes that lines show.
    pub flushes: Vec<ExplicitFlush>,
    /// Events left in the queue at the end, by store.
    pub queued: Vec<Option<u64>>,
    /// Places where a store's counters and its replay disagree.
    pub disagreements: Vec<(usize, Seen, String)>,
    /// `DataStorage` logs.
    pub servers: Vec<Server>,
    /// Requests, server by server.
    pub requests: Vec<Request>,
    /// Offset of each server against the reference clock.
    pub offsets: Vec<Option<Duration>>,
    /// Clocks.
    pub clocks: Vec<Clock>,
    /// When each line was printed.
    pub printed: PrintTimes,
    /// How each failing spec looked; parallel to `output.failed`.
    pub looking: Vec<Looking>,
    index: index::Index,
}

impl World {
    /// The place of a sighting.
    pub fn place(&self, seen: Seen) -> Place {
        let file = &self.files[seen.file];
        file.place(file.sightings[seen.index].line)
    }

    /// The place of a line.
    pub fn place_at(&self, at: At) -> Place {
        self.files[at.file].place(at.line)
    }

    /// The server that answered most of a store's requests, or of all.
    pub fn server_of(&self, store: Option<usize>) -> Option<usize> {
        store.map_or(self.index.server, |store| self.index.server_of.get(&store).copied())
    }

    /// A request's begin on the reference clock.
    pub fn began(&self, request: usize) -> Instant {
        let request = &self.requests[request];
        clocks::shifted(request.begin, self.offsets[request.server])
    }

    /// A request's end on the reference clock.
    pub fn ended(&self, request: usize) -> Instant {
        let request = &self.requests[request];
        clocks::shifted(request.end, self.offsets[request.server])
    }
}

/// Puts everything together. `input_zone`: seconds east of UTC, in nanoseconds, for stamps that no line gives a zone.
pub fn correlate(files: Vec<LogFile>, input_zone: Option<Nanos>) -> World {
    let mut output = specs::read(&files, input_zone);
    let stores = stores::tell_apart(&files, &output);
    for store in &stores {
        for segment in &store.segments {
            let block = &mut output.blocks[segment.block];
            block.process = block.process.or(store.process);
        }
    }
    let mut world = World {
        stores,
        events: Vec::new(),
        batches: Vec::new(),
        flushes: Vec::new(),
        queued: Vec::new(),
        disagreements: Vec::new(),
        servers: Vec::new(),
        requests: Vec::new(),
        offsets: Vec::new(),
        clocks: Vec::new(),
        printed: PrintTimes::default(),
        looking: Vec::new(),
        index: index::Index::default(),
        files,
        output,
    };
    world.replay();
    (world.servers, world.requests) = requests::read(&world.files);
    world.offsets = vec![None; world.servers.len()];
    world.print_times(&HashMap::new());
    world.pair();
    world.infer_returned();
    world.zones_from_servers(input_zone);
    world.refine();
    world.look();
    world.index = index::Index::new(&world, stages::LONGEST_WRITE);
    world
}

impl World {
    fn replay(&mut self) {
        let reconciles: Vec<Vec<usize>> =
            self.output.blocks.iter().map(|block| replay::reconciles(&self.files, block)).collect();
        for number in 0..self.stores.len() {
            let done = replay::replay(&self.files, &reconciles, number, &self.stores[number]);
            add(&mut self.events, done.events);
            add(&mut self.batches, done.batches);
            self.flushes.extend(done.flushes);
            self.queued.push(done.queued);
            self.disagreements.extend(done.disagreements.into_iter().map(|(seen, text)| (number, seen, text)));
        }
    }

    fn print_times(&mut self, known: &HashMap<Seen, Instant>) {
        self.printed = bounds::print_times(&self.files, &self.output.blocks, &self.output.suites, &self.stores, known);
    }

    /// Stores whose lines stand in a server's own log are not clients of the test.
    pub fn is_self_audit(&self, store: usize) -> bool {
        let file = self.stores[store].segments[0].file;
        self.servers.iter().any(|server| server.file == file) && self.stores[store].logger.starts_with("datastorage")
    }

    /// Coarse offset of each server against the clients, then pairs.
    fn pair(&mut self) {
        let clients: HashSet<usize> = (0..self.stores.len()).filter(|store| !self.is_self_audit(*store)).collect();
        bounds::batches(&mut self.batches, &self.requests, &self.offsets, &self.printed);
        let sent: Vec<(Nanos, u64)> = self
            .batches
            .iter()
            .filter(|batch| clients.contains(&batch.store) && !batch.hidden && batch.failures.is_empty())
            .filter_map(|batch| Some((batch.begun.or_else(|| precise(batch.flushed))?, batch.size)))
            .collect();
        let mut coarse_offsets = Vec::new();
        for server in 0..self.servers.len() {
            let served: Vec<(Nanos, u64)> = self
                .requests
                .iter()
                .filter(|request| request.server == server && request.about == requests::About::Write)
                .filter_map(|request| Some((request.begin.lo()?, request.size?)))
                .collect();
            // Where the batches alone do not tell, the looks do; at last, hosts that keep the time are the likeliest.
            let by_looks = self.clock_by_looks(server).and_then(|clock| clock.offset).and_then(Duration::hi);
            let coarse = [Some(Among::AllIfClear), by_looks.map(Among::Near), Some(Among::Near(0))]
                .into_iter()
                .flatten()
                .find_map(|among| pairing::coarse_offset(&sent, &served, among));
            if let Some(coarse) = coarse {
                let mine = |store: usize| clients.contains(&store);
                pairing::pair(&mut self.batches, &mut self.requests, server, coarse.offset, &mine);
            }
            coarse_offsets.push(coarse.map(|coarse| coarse.offset));
        }
        self.recount(&coarse_offsets);
    }

    fn recount(&mut self, offsets: &[Option<Nanos>]) {
        let stores = self.stores.len();
        recount::recount(stores, &mut self.batches, &mut self.requests, offsets);
        for store in 0..stores {
            // Batches and events stand store by store.
            let from = self.batches.partition_point(|batch| batch.store < store);
            let of_store: Vec<(usize, (u64, u64))> = self.batches[from..]
                .iter()
                .take_while(|batch| batch.store == store)
                .enumerate()
                .filter_map(|(place, batch)| Some((from + place, batch.members?)))
                .collect();
            let first = self.events.partition_point(|event| event.store < store);
            let last = self.events.partition_point(|event| event.store <= store);
            replay::assign(&mut self.events[first..last], &of_store);
        }
    }

    /// Test output without any stamp that has a zone (an E2E suite): its clock is the servers', so the zone is the one
    /// in which its stamps fall among the queries.
    fn zones_from_servers(&mut self, input_zone: Option<Nanos>) {
        const QUARTER: Nanos = 900 * crate::instant::SECOND;
        let first_query = self
            .requests
            .iter()
            .filter(|request| request.about != requests::About::Write)
            .filter_map(|request| request.begin.lo())
            .min();
        let missing: Vec<usize> =
            (0..self.output.suites.len()).filter(|suite| self.output.suites[*suite].zone.is_none()).collect();
        for suite in missing {
            let range = self.output.suites[suite].range.clone();
            let sightings = &self.files[self.output.suites[suite].file].sightings[range];
            let local =
                sightings.iter().filter_map(|sighting| sighting.stamp).filter(|stamp| stamp.zone == Zone::Local);
            let first = local.map(|stamp| stamp.at).min();
            if let (Some(first), Some(query), None) = (first, first_query, input_zone) {
                let zone = (first - query + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
                specs::set_zone(&self.files, &mut self.output, suite, zone);
            }
        }
    }

    /// Offsets from the pairs, print times from the offsets, and everything else from both.
    fn refine(&mut self) {
        for server in 0..self.servers.len() {
            let (low, high) = clocks::bounds_of_pairs(&self.batches, &self.requests, server);
            let mut clock = clocks::intersect("datastorage", Some(server), low, high);
            if clock.offset.is_none() && clock.excluded.is_empty() {
                clock = self.clock_by_looks(server).unwrap_or(clock);
            }
            self.offsets[server] = clock.offset;
            self.clocks.push(clock);
        }
        let known = bounds::known_from_requests(&self.batches, &self.requests, &self.clocks);
        self.print_times(&known);
        bounds::batches(&mut self.batches, &self.requests, &self.offsets, &self.printed);
        bounds::events(&mut self.events, &self.batches, &self.printed);
    }

    /// Without a pair of batch and request the looks are left: a spec prints a look at once after its answer.
    fn clock_by_looks(&self, server: usize) -> Option<Clock> {
        let mut printed: Vec<Nanos> = Vec::new();
        for block in self.output.blocks.iter().filter(|block| block.suite.is_some()) {
            for look in looks::printed_looks(&self.files, block) {
                let at = look.lines.last().map(|line| self.printed.of(*line));
                printed.extend(at.and_then(precise));
            }
        }
        let queries: Vec<(Nanos, Nanos, Seen)> = self
            .requests
            .iter()
            .filter(|request| request.server == server && request.about == requests::About::Query)
            .filter_map(|request| Some((request.begin.lo()?, request.end.lo()?, request.at)))
            .collect();
        let moments: Vec<clocks::Moment> = self
            .output
            .failed
            .iter()
            .filter(|failed| !failed.collateral)
            .filter_map(|failed| {
                let deadline = failed.deadline?.lo()?;
                Some(match failed.timed_out_after {
                    Some(window) => clocks::Moment::LoopBegan(deadline - window),
                    None => clocks::Moment::AskedOnce(deadline),
                })
            })
            .collect();
        clocks::by_looks(server, &printed, &moments, &queries).filter(|clock| self.fits_batches(server, clock))
    }

    /// A query lies near any moment by chance: a clock that is told by looks must also put a write of its size just
    /// after each tick that flushed.
    fn fits_batches(&self, server: usize, clock: &Clock) -> bool {
        const LATE: Nanos = 200 * crate::instant::MILLISECOND;
        let Some((lo, hi)) = clock.offset.and_then(|offset| offset.lo().zip(offset.hi())) else { return false };
        let mut begins: HashMap<u64, Vec<Nanos>> = HashMap::new();
        let of_server = self.requests.iter().filter(|request| request.server == server);
        for write in of_server.filter(|request| request.about == requests::About::Write) {
            if let Some((size, begin)) = write.size.zip(write.begin.lo()) {
                begins.entry(size).or_default().push(begin);
            }
        }
        for begins in begins.values_mut() {
            begins.sort_unstable();
        }
        let sent = |batch: &Batch, fired: Nanos| {
            let begins = begins.get(&batch.size).map_or(&[][..], Vec::as_slice);
            // The first that can have been sent after the tick is the nearest to it.
            let first = begins.partition_point(|begin| begin.saturating_add(hi) < fired);
            begins.get(first).is_some_and(|begin| begin.saturating_add(lo) <= fired.saturating_add(LATE))
        };
        let clients = self.batches.iter().filter(|batch| batch.failures.is_empty() && !self.is_self_audit(batch.store));
        clients.filter_map(|batch| Some((batch, batch.fired?))).all(|(batch, fired)| sent(batch, fired))
    }

    fn look(&mut self) {
        let sources = Sources {
            files: &self.files,
            blocks: &self.output.blocks,
            requests: &self.requests,
            offsets: &self.offsets,
            printed: &self.printed,
            queries: looks::queries(&self.requests, &self.offsets),
        };
        let mut owners: BTreeMap<String, u32> = BTreeMap::new();
        let mut looking: Vec<Looking> = Vec::new();
        for failed in &self.output.failed {
            looking.push(sources.looking(failed, &owners));
            let process = self.output.blocks[failed.block].process;
            if let (Some(process), Some(connection)) = (process, looking.last().and_then(|l| l.connection.clone())) {
                owners.entry(connection).or_insert(process);
            }
        }
        self.looking = looking;
    }
}

/// Appends without a copy of what may be all there is: one store's million batches take hundreds of MB.
fn add<T>(all: &mut Vec<T>, more: Vec<T>) {
    if all.is_empty() {
        *all = more;
    } else {
        all.extend(more);
    }
}

/// Known well enough to vote for an offset.
fn precise(at: Instant) -> Option<Nanos> {
    at.width().filter(|width| *width <= 10 * crate::instant::MILLISECOND)?;
    at.lo()
}
