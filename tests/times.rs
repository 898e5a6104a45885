//! The truth lies inside every interval: simulated runs, whose truth is known to the nanosecond.

mod simulator;

use std::collections::HashMap;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use simulator::params::{Params, any_run};
use simulator::{Run, bundle};
use whylate::correlate::{self, World};
use whylate::instant::Instant;
use whylate::reading::{LogFile, Parser};
use whylate::source;

/// Everything that the bundle in a folder amounts to, with what the report does not show.
fn world(folder: &Path) -> World {
    let options = source::Options { threads: 1, ..source::Options::default() };
    let parser = Parser { longest_line: options.limits.line };
    let gathered = source::gather(&[folder.to_owned()], &options, &parser).expect("a folder that can be read");
    let files =
        gathered.files.into_iter().filter_map(|file| Some(LogFile { label: file.label, ..file.output? })).collect();
    correlate::correlate(files, None)
}

struct Seen<'a> {
    run: &'a Run,
    world: World,
    /// Truth of an event by its type and id: process and index.
    by_name: HashMap<(&'a str, &'a str), (usize, usize)>,
}

fn seen<'a>(run: &'a Run, params: &Params) -> Seen<'a> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    bundle::write(run, params, folder.path());
    let mut by_name = HashMap::new();
    for (process, truth) in run.processes.iter().enumerate() {
        for (index, event) in truth.events.iter().enumerate() {
            by_name.insert((event.event_type.as_str(), event.id.as_str()), (process, index));
        }
    }
    Seen { run, world: world(folder.path()), by_name }
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

/// Checks every instant of every event.
fn instants(seen: &Seen<'_>) -> Result<(), TestCaseError> {
    for event in &seen.world.events {
        let Some((truth, process)) = seen.truth(event) else { continue };
        let times = &event.times;
        let links = [
            ("emitted", times.emitted, Some(truth.emitted)),
            ("buffered", times.buffered, truth.buffered),
            ("flushed", times.flushed, truth.flushed),
            ("written", times.written, truth.written),
            ("visible", times.visible, truth.visible),
        ];
        for (link, found, true_at) in links {
            let fits = match true_at {
                Some(at) => inside(found, at),
                // What did not happen has no instant that ends.
                None => found.hi().is_none(),
            };
            prop_assert!(
                fits,
                "{link} of {} {} in process {}: expected {}, batch {:?}",
                truth.event_type,
                truth.id,
                process + 1,
                said(found, true_at),
                event.batch.map(|batch| &seen.world.batches[batch])
            );
        }
    }
    Ok(())
}

/// Each store holds the events of one process, and all its stores are of one process.
fn stores(seen: &Seen<'_>) -> Result<(), TestCaseError> {
    let mut process_of: HashMap<usize, usize> = HashMap::new();
    for event in &seen.world.events {
        let Some((truth, process)) = seen.truth(event) else { continue };
        let owner = *process_of.entry(event.store).or_insert(process);
        let block = &seen.world.output.blocks[event.block];
        let lines = seen.world.files[block.file].sightings[block.range.clone()].iter().map(|sighting| sighting.line);
        prop_assert_eq!(
            owner,
            process,
            "store {} holds {} {}, in the block at lines {:?}",
            event.store,
            truth.event_type,
            truth.id,
            lines.clone().min().zip(lines.max())
        );
    }
    Ok(())
}

/// Each event that has one batch only, with that batch's truth.
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

/// Each event in its own batch, wherever only one is named.
fn batches(seen: &Seen<'_>) -> Result<(), TestCaseError> {
    let mut batch_of: HashMap<usize, (usize, Option<usize>)> = HashMap::new();
    for (batch, process, of) in assigned(seen) {
        let found = &seen.world.batches[batch];
        let name = format!("{} {} #{:?}", of.event_type, of.id, of.ordinal);
        let Some(true_batch) = of.batch else {
            return Err(TestCaseError::fail(format!("{name} was in no batch, found in {found:?}")));
        };
        let neighbours = *batch_of.entry(batch).or_insert((process, of.batch));
        prop_assert_eq!(neighbours, (process, of.batch), "{} is not in the batch of its neighbours {:?}", name, found);
        let sent = &seen.run.processes[process].batches[true_batch];
        prop_assert_eq!(found.size, sent.members.len() as u64, "size of {}'s batch {:?}", name, found);
    }
    Ok(())
}

/// Each batch with its own requests, wherever no other is named.
fn pairs(seen: &Seen<'_>) -> Result<(), TestCaseError> {
    let mut owners: HashMap<String, (usize, Option<usize>)> = HashMap::new();
    for (process, truth) in seen.run.processes.iter().enumerate() {
        for request in &truth.requests {
            owners.insert(bundle::request_id(request.number), (process, request.batch));
        }
    }
    for (batch, process, of) in assigned(seen) {
        let found = &seen.world.batches[batch];
        for request in found.requests.iter().filter(|_| found.alternatives.is_empty()) {
            let id = &*seen.world.requests[*request].line.id;
            let owner = owners.get(id).copied();
            prop_assert_eq!(owner, Some((process, of.batch)), "request {} does not belong to {:?}", id, found);
        }
    }
    Ok(())
}

/// Every instant of every batch.
fn batch_instants(seen: &Seen<'_>) -> Result<(), TestCaseError> {
    for (batch, process, of) in assigned(seen) {
        let found = &seen.world.batches[batch];
        let Some(sent) = of.batch.map(|batch| &seen.run.processes[process].batches[batch]) else { continue };
        prop_assert!(inside(found.flushed, sent.sent), "flushed {}: {found:?}", said(found.flushed, Some(sent.sent)));
        let fits = sent.written.is_none_or(|written| inside(found.written, written));
        prop_assert!(fits, "written {}: {found:?}", said(found.written, sent.written));
    }
    Ok(())
}

/// The clock's offset inside its bound.
fn offset(seen: &Seen<'_>) -> Result<(), TestCaseError> {
    for clock in seen.world.clocks.iter().filter(|clock| clock.name == "datastorage") {
        let Some(found) = clock.offset else { continue };
        let (begin, end) = seen.run.clock;
        let (lowest, highest) = (-begin.max(end), -begin.min(end));
        let fits = found.lo().is_none_or(|lo| lo <= highest) && found.hi().is_none_or(|hi| lowest <= hi);
        let apart = |end: Option<i64>| end.map(|end| (end - lowest) as f64 / 1e6);
        prop_assert!(
            fits,
            "expected the offset {lowest}, found {:?} to {:?} ms from it, {} pairs, {} excluded",
            apart(found.lo()),
            apart(found.hi()),
            clock.pairs,
            clock.excluded.len()
        );
    }
    Ok(())
}

fn cases(cases: u32) -> Config {
    // The same runs each time; other ones with PROPTEST_RNG_SEED, more with PROPTEST_CASES.
    let seed = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(4);
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_truth_lies_inside(params in any_run()) {
        let run = simulator::run(&params);
        let seen = seen(&run, &params);
        stores(&seen)?;
        batches(&seen)?;
        pairs(&seen)?;
        offset(&seen)?;
        batch_instants(&seen)?;
        instants(&seen)?;
    }
}
