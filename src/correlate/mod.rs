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
mod members;
mod orphans;
mod owners;
pub mod pairing;
pub mod reachable;
pub mod recount;
pub mod replay;
pub mod requests;
mod returned;
pub mod spans;
pub mod specs;
pub mod stages;
mod steps;
pub mod stores;
pub mod visibility;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::instant::{Duration, Instant, MILLISECOND, Nanos, Zone};
use crate::reading::LogFile;
use crate::report::Place;

use bounds::PrintTimes;
use clocks::Clock;
use looks::{Looking, Sources};
use pairing::Among;
use replay::{Batch, Event, ExplicitFlush};
use requests::{Request, Server};
use spans::Spans;
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
    /// Offset of each server against the reference clock, from line to line of its log.
    pub offsets: Spans<Duration>,
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

    /// Whether a server's clock is the likeliest of several that fit.
    pub fn is_assumed(&self, server: usize) -> bool {
        self.clocks.iter().any(|clock| clock.server == Some(server) && clock.assumed)
    }

    /// A request's begin on the reference clock.
    pub fn began(&self, request: usize) -> Instant {
        let request = &self.requests[request];
        clocks::shifted(request.begin, self.offsets.of(request))
    }

    /// A request's end on the reference clock.
    pub fn ended(&self, request: usize) -> Instant {
        let request = &self.requests[request];
        clocks::shifted(request.end, self.offsets.of(request))
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
        offsets: Spans::unknown(0),
        clocks: Vec::new(),
        printed: PrintTimes::default(),
        looking: Vec::new(),
        index: index::Index::default(),
        files,
        output,
    };
    world.replay();
    (world.servers, world.requests) = requests::read(&world.files);
    world.offsets = Spans::unknown(world.servers.len());
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
        let sent = self.sent();
        let mut coarse_offsets = Spans::unknown(self.servers.len());
        for server in 0..self.servers.len() {
            let served = self.served(server);
            let times: Vec<(Nanos, u64)> = served.iter().map(|one| (one.begin, one.size)).collect();
            // Where the batches alone do not tell, the looks do; at last, hosts that keep the time are the likeliest.
            let by_looks = self.clock_by_looks(server).and_then(|clock| clock.offset).and_then(Duration::hi);
            let coarse = [Some(Among::AllIfClear), by_looks.map(Among::Near), Some(Among::Near(0))]
                .into_iter()
                .flatten()
                .find_map(|among| pairing::coarse_offset(&sent, &times, among));
            if let Some(coarse) = coarse {
                let pieces = steps::pieces(&sent, &served, coarse.offset);
                coarse_offsets.set(server, pieces);
                let mine = |store: usize| clients.contains(&store);
                pairing::pair(&mut self.batches, &mut self.requests, server, &coarse_offsets, &mine);
                let pairs = clocks::pairs(&self.batches, &self.requests, server);
                let mut exact = Spans::unknown(self.servers.len());
                exact.set(server, clocks::spans(&clocks::intersect("datastorage", Some(server), &pairs)));
                pairing::again(&mut self.batches, &mut self.requests, server, &coarse_offsets, &exact);
            }
        }
        self.recount(&coarse_offsets);
    }

    /// When the clients' batches were sent, where that is exact, with their sizes.
    fn sent(&self) -> Vec<(Nanos, u64)> {
        let clients: Vec<bool> = (0..self.stores.len()).map(|store| !self.is_self_audit(store)).collect();
        let shown = |batch: &&Batch| clients[batch.store] && !batch.hidden && batch.failures.is_empty();
        let of = |batch: &Batch| Some((batch.begun.or_else(|| precise(batch.flushed))?, batch.size));
        self.batches.iter().filter(shown).filter_map(of).collect()
    }

    /// The writes that a server's log shows with their sizes, in the order of its lines.
    fn served(&self, server: usize) -> Vec<steps::Served> {
        self.requests
            .iter()
            .filter(|request| request.server == server && request.about == requests::About::Write)
            .filter_map(|request| {
                Some(steps::Served { line: request.at.index, begin: request.begin.lo()?, size: request.size? })
            })
            .collect()
    }

    /// After a step the batches may meet the requests at several offsets, a timer's interval apart: a span whose own
    /// requests do not say clearly which is right has none, and its pairs are none.
    fn doubt(&mut self, server: usize, clocks: &mut [Clock]) {
        const NEAR: Nanos = 60 * MILLISECOND;
        let (sent, served) = (self.sent(), self.served(server));
        for clock in clocks {
            let inside = |line: usize| (clock.lines.0..=clock.lines.1).contains(&line);
            let own: Vec<(Nanos, u64)> =
                served.iter().filter(|one| inside(one.line)).map(|one| (one.begin, one.size)).collect();
            let coarse = pairing::coarse_offset(&sent, &own, Among::AllIfClear).map(|coarse| coarse.offset);
            let same = |offset: Duration| offset.lo().zip(coarse).is_some_and(|(lo, at)| (lo - at).abs() <= NEAR);
            if clock.offset.is_some_and(same) {
                continue;
            }
            clock.offset = None;
            for request in self.requests.iter_mut().filter(|one| one.server == server && inside(one.at.index)) {
                if let Some(batch) = request.batch.take() {
                    self.batches[batch].requests.clear();
                }
            }
        }
    }

    fn recount(&mut self, offsets: &Spans<Nanos>) {
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
            members::assign(&mut self.events[first..last], &of_store);
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
            let pairs = clocks::pairs(&self.batches, &self.requests, server);
            let mut clocks = clocks::intersect("datastorage", Some(server), &pairs);
            if let [clock] = clocks.as_mut_slice()
                && clock.offset.is_none()
                && clock.excluded.is_empty()
                && let Some(by_looks) = self.clock_by_looks(server)
            {
                *clock = by_looks;
            }
            if clocks.len() > 1 {
                self.doubt(server, &mut clocks);
            }
            self.offsets.set(server, clocks::spans(&clocks));
            self.clocks.extend(clocks);
        }
        let known = bounds::known_from_requests(&self.batches, &self.requests, &self.offsets);
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
        const LATE: Nanos = 200 * MILLISECOND;
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
    at.width().filter(|width| *width <= 10 * MILLISECOND)?;
    at.lo()
}
