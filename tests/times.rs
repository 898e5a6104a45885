//! The truth lies inside every interval: simulated runs, whose truth is known to the nanosecond.

mod packing;
mod session;
mod simulator;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use simulator::params::{Fault, MILLI, Params, SECOND, any_run};
use simulator::server::{self, BEGIN};
use simulator::{Run, bundle, cases};
use whylate::correlate::{self, World};
use whylate::instant::Instant;
use whylate::reading::{LogFile, Parser};
use whylate::source;

/// Everything that the bundle in a folder amounts to, with what the report does not show.
fn world(folder: &Path) -> World {
    let options = source::Options { threads: 1, ..source::Options::default() };
    let parser = Parser { longest_line: options.limits.line, ..Parser::default() };
    let gathered = source::gather(&[folder.to_owned()], &options, &parser).expect("a folder that can be read");
    let files =
        gathered.files.into_iter().filter_map(|file| Some(LogFile { label: file.label, ..file.output? })).collect();
    correlate::correlate(files, None)
}

struct Seen<'a> {
    run: &'a Run,
    params: &'a Params,
    world: World,
    /// Truth of an event by its type and id: process and index.
    by_name: HashMap<(&'a str, &'a str), (usize, usize)>,
}

fn seen<'a>(run: &'a Run, params: &'a Params) -> Seen<'a> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    bundle::write(run, params, folder.path());
    let mut by_name = HashMap::new();
    for (process, truth) in run.processes.iter().enumerate() {
        for (index, event) in truth.events.iter().enumerate() {
            by_name.insert((event.event_type.as_str(), event.id.as_str()), (process, index));
        }
    }
    Seen { run, params, world: world(folder.path()), by_name }
}

impl Seen<'_> {
    fn truth(&self, event: &correlate::replay::Event) -> Option<(&simulator::process::Event, usize)> {
        let (process, index) = *self.by_name.get(&(&*event.event_type, &*event.correlation_id))?;
        Some((&self.run.processes[process].events[index], process))
    }
}

fn inside(at: Instant, truth: i64) -> bool {
    at.lo().is_none_or(|lo| lo <= truth) && at.hi().is_none_or(|hi| truth <= hi)
}

fn said(at: Instant, truth: Option<i64>) -> String {
    let from = truth.unwrap_or_default();
    let end = |end: Option<i64>| end.map(|end| (end - from) as f64 / 1e6);
    format!("{truth:?}, found {:?} to {:?} ms from it", end(at.lo()), end(at.hi()))
}

/// Tells what a check found: of which kind it is, whether the truth bears it out, and what was found.
type Judge<'a> = &'a mut dyn FnMut(&'static str, bool, &dyn Fn() -> String);

/// Each store holds the events of one process.
fn stores(seen: &Seen<'_>, judge: Judge<'_>) {
    let mut process_of: HashMap<usize, usize> = HashMap::new();
    for event in &seen.world.events {
        let Some((truth, process)) = seen.truth(event) else { continue };
        let owner = *process_of.entry(event.store).or_insert(process);
        judge("store", owner == process, &|| {
            format!("store {} of process {owner} holds {} {} of {process}", event.store, truth.event_type, truth.id)
        });
    }
}

/// Events that have one batch only: the batch found, the process, and the truth.
fn assigned<'a>(seen: &'a Seen<'_>) -> Vec<(usize, usize, &'a simulator::process::Event)> {
    let mut found = Vec::new();
    for event in &seen.world.events {
        let Some((truth, process)) = seen.truth(event) else { continue };
        if let (Some(batch), None) = (event.batch, event.or_batch) {
            found.push((batch, process, truth));
        }
    }
    found
}

/// Each event in its own batch, and each batch with its own requests and times, wherever only one is named.
fn batches(seen: &Seen<'_>, judge: Judge<'_>) {
    let mut owners: HashMap<String, (usize, Option<usize>)> = HashMap::new();
    for (process, truth) in seen.run.processes.iter().enumerate() {
        for request in &truth.requests {
            owners.insert(bundle::request_id(request.number), (process, request.batch));
        }
    }
    let mut batch_of: HashMap<usize, (usize, Option<usize>)> = HashMap::new();
    for (batch, process, of) in assigned(seen) {
        let found = &seen.world.batches[batch];
        let neighbours = *batch_of.entry(batch).or_insert((process, of.batch));
        let sent = of.batch.map(|batch| &seen.run.processes[process].batches[batch]);
        let size = sent.map_or(0, |sent| sent.members.len() as u64);
        // Of a silent flush that no request shows it is said that its events had left by then, in one batch or in several.
        let one = found.is_supposed() || (neighbours == (process, of.batch) && found.size == size);
        judge("batch", of.batch.is_some() && one, &|| {
            format!("{} {} #{:?} left in {:?} of {size}: {found:?}", of.event_type, of.id, of.ordinal, of.batch)
        });
        for request in found.requests.iter().filter(|_| found.alternatives.is_empty()) {
            let id = &*seen.world.requests[*request].line.id;
            let owner = owners.get(id).copied();
            judge("pair", owner == Some((process, of.batch)), &|| format!("request {id} of {owner:?}: {found:?}"));
        }
        let Some(sent) = sent else { continue };
        judge("batch flushed", inside(found.flushed, sent.sent), &|| {
            format!("{}: {found:?}", said(found.flushed, Some(sent.sent)))
        });
        judge("batch written", sent.written.is_none_or(|at| inside(found.written, at)), &|| {
            format!("{}: {found:?}", said(found.written, sent.written))
        });
    }
}

/// The clock's offset inside its bound, from step to step, where it is not assumed.
fn offset(seen: &Seen<'_>, judge: Judge<'_>) {
    for clock in seen.world.clocks.iter().filter(|clock| clock.name == "datastorage") {
        let Some(found) = clock.offset.filter(|_| !clock.assumed) else { continue };
        let begin = clock.from.and_then(|step| step.at.hi()).unwrap_or(BEGIN);
        let end = clock.to.and_then(|step| step.at.lo()).unwrap_or(seen.run.end);
        let [one, other] = [begin, end].map(|at| -server::offset_at(seen.params, at));
        let (lowest, highest) = (one.min(other), one.max(other));
        let fits = found.lo().is_none_or(|lo| lo <= highest) && found.hi().is_none_or(|hi| lowest <= hi);
        let apart = |end: Option<i64>| end.map(|end| (end - lowest) as f64 / 1e6);
        judge("offset", fits, &|| {
            format!("{:?} to {:?} ms from it, {} pairs", apart(found.lo()), apart(found.hi()), clock.pairs)
        });
    }
}

/// Every instant of every event.
fn instants(seen: &Seen<'_>, judge: Judge<'_>) {
    for event in &seen.world.events {
        let Some((truth, process)) = seen.truth(event) else { continue };
        let times = &event.times;
        for (link, found, true_at) in [
            ("emitted", times.emitted, Some(truth.emitted)),
            ("buffered", times.buffered, truth.buffered),
            ("flushed", times.flushed, truth.flushed),
            ("written", times.written, truth.written),
            ("visible", times.visible, truth.visible),
        ] {
            let fits = match true_at {
                Some(at) => inside(found, at),
                // What did not happen has no instant that ends.
                None => found.hi().is_none(),
            };
            judge(link, fits, &|| {
                let batch = event.batch.map(|batch| &seen.world.batches[batch]);
                format!("{} {} of {process}: {}, {batch:?}", truth.event_type, truth.id, said(found, true_at))
            });
        }
    }
}

/// Everything, from the causes of an error to its consequences.
fn all(seen: &Seen<'_>, judge: Judge<'_>) {
    stores(seen, judge);
    batches(seen, judge);
    offset(seen, judge);
    instants(seen, judge);
}

const SEED: u64 = 4;

/// How often each kind of statement holds over many runs; the first failing ones of each kind are printed.
#[test]
fn the_truth_lies_inside_nearly_always() {
    // A statement that is wrong somewhere is a fault; the floor only keeps the known ones from growing.
    const FLOOR_PERMILLE: [(&str, usize); 11] = [
        ("store", 1000),
        ("batch", 988),
        ("pair", 990),
        ("batch flushed", 996),
        ("batch written", 993),
        ("offset", 1000),
        ("emitted", 999),
        ("buffered", 999),
        ("flushed", 997),
        ("written", 994),
        ("visible", 994),
    ];
    let config = cases(500, SEED);
    let runs = config.cases;
    let mut runner = TestRunner::new(config);
    let mut tally: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    let mut examples = String::new();
    for _ in 0..runs {
        let params = any_run().new_tree(&mut runner).expect("a run that can be made").current();
        let run = simulator::run(&params);
        let seen = seen(&run, &params);
        all(&seen, &mut |kind, fits, what| {
            let (right, count) = tally.entry(kind).or_default();
            *right += usize::from(fits);
            *count += 1;
            if !fits && *count - *right == 1 {
                let _ = writeln!(examples, "{kind}: {}\n    {params:?}", what());
            }
        });
    }
    for (kind, floor) in FLOOR_PERMILLE {
        let (right, count) = tally.get(kind).copied().unwrap_or_default();
        assert!(right * 1000 >= floor * count, "{kind}: {right} of {count}\n{tally:?}\n{examples}");
    }
    assert_eq!(tally.len(), FLOOR_PERMILLE.len(), "{tally:?}");
}

/// A run long enough to tell when a clock was set: eight processes and more, a timer of 100 ms, nothing that fails.
fn steady(params: &Params) -> Params {
    let processes = params.processes.max(8);
    let flush = false;
    let (interval, fault) = (100 * MILLI, Fault::None);
    Params { processes, specs: 10, interval, batch: 1000, flush, fault, named: true, burst: false, ..params.clone() }
}

/// Runs whose clock is set half-way, by a third of a second to five minutes, and runs whose clock drifts by 6 to 9 ms a
/// second: each span's offset holds the truth, and so do nearly all
/// instants.
#[test]
fn a_clock_that_steps_or_drifts_has_spans() {
    let config = cases(60, SEED);
    let runs = config.cases;
    let mut runner = TestRunner::new(config);
    let (mut found, mut told, mut times) = ([0; 2], [0; 2], [(0, 0); 2]);
    for number in 0..runs {
        let mut params = steady(&any_run().new_tree(&mut runner).expect("a run that can be made").current());
        let drifts = usize::from(number % 2 == 1);
        if drifts == 1 {
            params.drift = if number % 4 == 1 { 9000 } else { -6000 };
        } else {
            let half = (simulator::run(&params).end - BEGIN) / 2;
            let by = [SECOND / 3, -SECOND / 2, 7 * SECOND, -90 * SECOND, 300 * SECOND][number as usize / 2 % 5];
            params.step = Some((half, by));
        }
        let run = simulator::run(&params);
        let seen = seen(&run, &params);
        let mut wrong = String::new();
        offset(&seen, &mut |kind, fits, what| {
            if !fits {
                let _ = writeln!(wrong, "{kind}: {}", what());
            }
        });
        assert!(wrong.is_empty(), "{wrong}{params:?}");
        instants(&seen, &mut |_, fits, _| {
            times[drifts].0 += usize::from(fits);
            times[drifts].1 += 1;
        });
        found[drifts] += 1;
        // One row for each span, all of them bounded.
        let clocks = &seen.world.clocks;
        told[drifts] += usize::from(clocks.len() >= 2 && clocks.iter().all(|clock| clock.offset.is_some()));
    }
    // The rest says less: where batches of one size meet at every tick, no offset is clear.
    assert!(told[0] * 3 >= found[0] && told[1] * 6 >= found[1], "{told:?} of {found:?}");
    // Of instants 98.9 % hold where the clock was set, 96.1 % where it drifts this fast; the floors keep them there.
    let floors = [985, 955];
    assert!(times.iter().zip(floors).all(|((right, count), floor)| right * 1000 >= count * floor), "{times:?}");
}

/// True times, in the order of [`LINKS`], by event type and correlation id.
type Recorded = BTreeMap<(String, String), Vec<[Option<i64>; 5]>>;

/// The true times of a real bundle's events, `events.csv`: by type and id, with the instants in the order of [`LINKS`].
fn recorded(csv: &str) -> Recorded {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut lines = csv.lines();
    let head: Vec<&str> = lines.next().expect("a head").split(',').collect();
    let column = |name: &str| head.iter().position(|at| *at == name).expect("a column of that name");
    let at = ["emitted_ns", "buffered_ns", "sent_ns", "response_ns", "committed_ns"].map(column);
    let (event_type, id) = (column("event_type"), column("correlation_id"));
    for line in lines {
        let row: Vec<&str> = line.split(',').collect();
        all.entry((row[event_type].to_owned(), row[id].to_owned()))
            .or_default()
            .push(at.map(|at| row[at].parse().ok()));
    }
    all
}

const LINKS: [&str; 5] = ["emitted", "buffered", "flushed", "written", "visible"];

/// The real bundles whose true times a recorder in the code under test wrote down, with those times.
fn recorded_bundles() -> Vec<(PathBuf, Recorded)> {
    let mut bundles = Vec::new();
    for csv in session::entries(&session::testdata("bundles")) {
        let name = csv.file_name().expect("a name").to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".events.csv") else { continue };
        let archive = ["tar.gz", "zip"].map(|ending| csv.with_file_name(format!("{name}.{ending}")));
        let archive = archive.into_iter().find(|path| path.exists()).expect("its archive");
        bundles.push((archive, recorded(&std::fs::read_to_string(&csv).expect("UTF-8"))));
    }
    assert_eq!(bundles.len(), 4);
    bundles
}

/// Every true time lies inside, and `percent` of them for each link in an instant with two ends.
fn recorded_times_lie_inside(bundle: &Path, truth: &Recorded, percent: [usize; 5]) {
    let name = bundle.display();
    let analysis = whylate::analyze(&[bundle.to_owned()], &whylate::Options::default()).expect("a report");
    let (mut times_of, mut located, mut count) = ([0; 5], [0; 5], 0);
    let mut wrong = String::new();
    for event in &analysis.world().events {
        // A pair that is there once is the same event on both sides.
        let key = (event.event_type.to_string(), event.correlation_id.to_string());
        let Some([at]) = truth.get(&key).map(Vec::as_slice) else { continue };
        count += 1;
        let times = &event.times;
        let found = [times.emitted, times.buffered, times.flushed, times.written, times.visible];
        for (link, (found, at)) in found.into_iter().zip(at).enumerate() {
            let Some(at) = *at else { continue };
            times_of[link] += 1;
            located[link] += usize::from(found.lo().is_some() && found.hi().is_some());
            if !inside(found, at) {
                let _ = writeln!(wrong, "{name}: {} of {key:?}: {}", LINKS[link], said(found, Some(at)));
            }
        }
    }
    assert!(count > 100, "{name}: {count} events");
    assert_eq!(wrong, "");
    for link in 0..5 {
        let enough = located[link] * 100 >= times_of[link] * percent[link];
        assert!(enough, "{name}: {} {located:?} of {times_of:?}", LINKS[link]);
    }
}

#[test]
fn the_recorded_truth_lies_inside() {
    for (bundle, truth) in recorded_bundles() {
        recorded_times_lie_inside(&bundle, &truth, [95; 5]);
    }
}

/// The servers of these bundles keep the test host's time. Rows that were sent at one nanosecond are one batch; a request
/// of so many events carried it if the rows were committed between its begin and its end, and no other such request was
/// open at that time.
#[test]
fn batches_and_requests_are_paired_as_they_were_committed() {
    const SENT: usize = 2;
    const COMMITTED: usize = 4;
    let (mut sent, mut carried, mut found, mut right) = (0, 0, 0, 0);
    for (bundle, truth) in recorded_bundles() {
        let analysis = whylate::analyze(std::slice::from_ref(&bundle), &whylate::Options::default()).expect("a report");
        let world = analysis.world();
        let mut commits: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for row in truth.values().flatten() {
            if let (Some(sent), Some(committed)) = (row[SENT], row[COMMITTED]) {
                commits.entry(sent).or_default().push(committed);
            }
        }
        let mut batch_of: BTreeMap<i64, usize> = BTreeMap::new();
        for event in world.events.iter().filter(|event| event.or_batch.is_none()) {
            let rows = truth.get(&(event.event_type.to_string(), event.correlation_id.to_string()));
            if let (Some(batch), Some([row])) = (event.batch, rows.map(Vec::as_slice))
                && let Some(sent) = row[SENT]
            {
                batch_of.insert(sent, batch);
            }
        }
        for (at, times) in commits {
            sent += 1;
            let open = world.requests.iter().enumerate().filter(|(_, request)| {
                let (begin, end) = (request.begin.lo(), request.end.hi());
                request.created()
                    && request.size == Some(times.len() as u64)
                    && begin.zip(end).is_some_and(|(begin, end)| times.iter().all(|at| (begin..=end).contains(at)))
            });
            let open: Vec<usize> = open.map(|(index, _)| index).collect();
            let [own] = open.as_slice() else { continue };
            carried += 1;
            let batch = batch_of.get(&at).map(|batch| &world.batches[*batch]);
            let said = batch.filter(|batch| batch.alternatives.is_empty()).and_then(|batch| batch.requests.last());
            found += usize::from(said.is_some());
            right += usize::from(said == Some(own));
        }
    }
    assert!(carried * 10 > sent * 8, "{carried} of {sent} batches have one request that fits");
    assert!(right * 100 >= found * 99, "precision: {right} of {found}");
    assert!(right * 100 >= carried * 97, "recall: {right} of {carried}");
}

/// A log of the suite alone: what its writers returned from without a failure was written.
#[test]
fn the_recorded_truth_lies_inside_without_the_servers_log() {
    let home = tempfile::tempdir().expect("a folder");
    // The zip holds archives of its own.
    let tars =
        recorded_bundles().into_iter().filter(|(bundle, _)| bundle.extension().is_some_and(|ending| ending == "gz"));
    for (bundle, truth) in tars {
        let mut files = packing::unpacked(&bundle);
        files.retain(|(name, _)| !name.contains("datastorage"));
        let name = bundle.file_name().expect("a name");
        let suite = home.path().join(name).with_extension("tar");
        std::fs::write(&suite, packing::tar(&files)).expect("writable");
        recorded_times_lie_inside(&suite, &truth, [95, 95, 80, 80, 80]);
    }
}

proptest! {
    #![proptest_config(cases(300, SEED))]

    /// The same without exception, and shrinking to the smallest run that fails.
    #[test]
    #[ignore = "three of a hundred runs still fail; run it to get one as small as it can be"]
    fn the_truth_lies_inside(params in any_run()) {
        let run = simulator::run(&params);
        let seen = seen(&run, &params);
        let mut first: Option<String> = None;
        all(&seen, &mut |kind, fits, what| {
            if !fits && first.is_none() {
                first = Some(format!("{kind}: {}", what()));
            }
        });
        prop_assert!(first.is_none(), "{}", first.unwrap_or_default());
    }
}
