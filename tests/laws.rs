//! Laws: what no bundle may change. Simulated runs, so that a wrong verdict is known to be wrong.

mod packing;
mod simulator;

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use simulator::params::{Fault, MILLI, Params, Wording, any_run};
use simulator::{Run, bundle, cases};
use whylate::report::{Confidence, Family, Report, RunOutcome};
use whylate::{Options, analyze, source};

const SEED: u64 = 7;

fn report(paths: &[PathBuf], threads: usize) -> Report {
    let source = source::Options { threads, ..source::Options::default() };
    analyze(paths, &Options { source, ..Options::default() }).expect("a bundle that can be read").report
}

/// The report's JSON without the fields that may differ.
fn json(report: &Report, without: &[&str]) -> Value {
    let mut json = serde_json::to_value(report).expect("a report is JSON");
    for path in without {
        let mut at = &mut json;
        let (parents, field) = path.rsplit_once('.').unwrap_or(("", path));
        for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
            at = &mut at[parent];
        }
        at.as_object_mut().expect("an object").remove(field);
    }
    json
}

fn first_difference(one: &Value, other: &Value) -> String {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.iter().find(|(key, value)| other.get(*key) != Some(value)).map_or_else(
                || "a field more".to_owned(),
                |(key, value)| format!("{key}.{}", first_difference(value, other.get(key).unwrap_or(&Value::Null))),
            )
        }
        (Value::Array(one), Value::Array(other)) => {
            let at = one.iter().zip(other).position(|(one, other)| one != other);
            at.map_or_else(
                || format!("{} against {} entries", one.len(), other.len()),
                |at| format!("[{at}].{}", first_difference(&one[at], &other[at])),
            )
        }
        (one, other) => format!("{one} against {other}"),
    }
}

fn same(one: &Report, other: &Report, without: &[&str]) -> Result<(), TestCaseError> {
    let (one, other) = (json(one, without), json(other, without));
    prop_assert!(one == other, "the reports differ: {}", first_difference(&one, &other));
    Ok(())
}

/// The causes that are right for a spec that failed, the first one foremost; and the families that it may be given.
fn right_causes(run: &Run, params: &Params, spec: &str) -> Option<(Vec<&'static str>, Vec<Family>)> {
    let (truth, failure) = run.processes.iter().find_map(|truth| {
        let block = truth.blocks.iter().find(|block| !block.node && spec.ends_with(block.title.as_str()))?;
        Some((truth, block.failure.as_ref()?))
    })?;
    let event = truth.events.get(failure.event);
    if event.is_some_and(|event| event.buffered.is_none()) {
        return Some((vec!["buffer-full"], vec![Family::Other]));
    }
    // Written too late by the fault, whichever stage it hit.
    let flushed_before = event.and_then(|event| event.flushed).is_some_and(|flushed| flushed < failure.at);
    let slow = event.and_then(|event| Some(event.written? - event.flushed?)).is_some_and(|took| took > 15_000_000);
    let (mut causes, mut families) = match params.fault {
        Fault::SlowWrite => (vec!["write-slow"], vec![Family::WriteLatency]),
        Fault::Stall if flushed_before => (
            vec!["flush-delay", "write-slow", "query-early", "query-window"],
            vec![Family::FlushDelay, Family::WriteLatency, Family::QueryTiming],
        ),
        Fault::FlushInterval | Fault::Stall => (vec!["flush-delay"], vec![Family::FlushDelay]),
        Fault::QueryEarly => (vec!["query-early"], vec![Family::QueryTiming]),
        // A write of some milliseconds more than the others' is slow, too, for a window of milliseconds.
        Fault::QueryWindow if slow => {
            (vec!["query-window", "write-slow"], vec![Family::QueryTiming, Family::WriteLatency])
        }
        Fault::QueryWindow => (vec!["query-window"], vec![Family::QueryTiming]),
        Fault::Reject => (vec!["reject-4xx"], vec![]),
        Fault::Lost => (vec!["send-loss"], vec![]),
        Fault::Never => (vec!["emit-never"], vec![]),
        Fault::None => return None,
    };
    // This suite's timer is one of 100 ms: a slower one is a delay of its own.
    if params.wording == Wording::Json && params.interval > 100 * MILLI && !families.is_empty() {
        causes.push("flush-delay");
        families.push(Family::FlushDelay);
    }
    Some((causes, families))
}

fn is_timing(family: Family) -> bool {
    matches!(family, Family::WriteLatency | Family::FlushDelay | Family::QueryTiming)
}

/// No verdict is proven and wrong, and no timing is accused in its place.
fn not_wrong(report: &Report, run: &Run, params: &Params) -> Result<(), TestCaseError> {
    for failure in report.failures.iter().filter(|failure| !failure.collateral) {
        let right = right_causes(run, params, failure.spec.trim_end_matches(" [audit]"));
        let said = format!("{:?} {:?} {}", failure.confidence, failure.cause, failure.sentence);
        let Some((causes, families)) = right else {
            return Err(TestCaseError::fail(format!("{} did not fail: {said}", failure.spec)));
        };
        let accused = is_timing(failure.family) && !families.contains(&failure.family);
        prop_assert!(!accused, "expected {causes:?}, found {said}");
        let proven = failure.confidence == Confidence::Proven && failure.cause.is_some();
        let wrong = proven && !failure.cause.is_some_and(|cause| causes.contains(&cause));
        prop_assert!(!wrong, "expected {causes:?}, found {said}");
    }
    Ok(())
}

/// A folder with a run's files.
fn folder(run: &Run, params: &Params) -> (tempfile::TempDir, [PathBuf; 2]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = bundle::write(run, params, folder.path());
    (folder, files)
}

proptest! {
    #![proptest_config(cases(150, SEED))]

    /// The faults are told from each other, or not at all.
    #[test]
    fn no_verdict_is_proven_and_wrong(params in any_run()) {
        let run = simulator::run(&params);
        let (folder, _) = folder(&run, &params);
        let report = report(&[folder.path().to_owned()], 1);
        not_wrong(&report, &run, &params)?;
        let failed = run.processes.iter().flat_map(|truth| &truth.blocks).filter(|block| block.failure.is_some()).count();
        prop_assert_eq!(report.failures.len(), failed);
        prop_assert_eq!(report.verdict.outcome == RunOutcome::Healthy, failed == 0);
    }

    /// A log that was cut anywhere shows less, and nothing wrong. (The must-gather's other files are whole.)
    #[test]
    fn no_prefix_is_proven_and_wrong(params in any_run(), cut in 0.0..1.0_f64, of_server in any::<bool>()) {
        let run = simulator::run(&params);
        let (folder, [output, server]) = folder(&run, &params);
        let (path, text) = if of_server { (server, &run.server) } else { (output, &run.output) };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a small file")]
        let at = (text.len() as f64 * cut) as usize;
        fs::write(path, &text.as_bytes()[..at]).expect("a file that can be written");
        let source = source::Options { threads: 1, ..source::Options::default() };
        if let Ok(analysis) = analyze(&[folder.path().to_owned()], &Options { source, ..Options::default() }) {
            for failure in &analysis.report.failures {
                let Some((causes, _)) = right_causes(&run, &params, failure.spec.trim_end_matches(" [audit]")) else { continue };
                let wrong = failure.confidence == Confidence::Proven && failure.cause.is_some_and(|cause| !causes.contains(&cause));
                prop_assert!(!wrong, "cut at {at}: expected {causes:?}, found {}", failure.sentence);
            }
        }
    }
}

/// What never says anything is never wrong. Of the failures of each fault so many per cent are named rightly, and proven;
/// the floors keep that from falling. (What is not named is mostly of runs in which all processes write alike at one time;
/// what is not proven, of blocks in which the same type was emitted under another id, or whose flushes are hidden.)
#[test]
fn faults_are_named_and_proven() {
    const FLOOR_PERCENT: [(Fault, usize, usize); 8] = [
        (Fault::SlowWrite, 65, 35),
        (Fault::Stall, 65, 40),
        (Fault::FlushInterval, 65, 0),
        (Fault::QueryEarly, 85, 50),
        (Fault::QueryWindow, 90, 15),
        (Fault::Reject, 95, 80),
        (Fault::Lost, 95, 80),
        (Fault::Never, 95, 35),
    ];
    let config = cases(300, SEED);
    let runs = config.cases;
    let mut runner = TestRunner::new(config);
    let mut tally = [(0, 0, 0); FLOOR_PERCENT.len()];
    for _ in 0..runs {
        let params = any_run().new_tree(&mut runner).expect("a run that can be made").current();
        let Some(fault) = FLOOR_PERCENT.iter().position(|(fault, ..)| *fault == params.fault) else { continue };
        let run = simulator::run(&params);
        let (folder, _) = folder(&run, &params);
        for failure in &report(&[folder.path().to_owned()], 1).failures {
            let Some((causes, _)) = right_causes(&run, &params, failure.spec.trim_end_matches(" [audit]")) else {
                continue;
            };
            let right = failure.cause.is_some_and(|cause| causes.contains(&cause));
            let (count, named, proven) = &mut tally[fault];
            *count += 1;
            *named += usize::from(right);
            *proven += usize::from(right && failure.confidence == Confidence::Proven);
        }
    }
    for ((fault, named_floor, proven_floor), (count, named, proven)) in FLOOR_PERCENT.iter().zip(tally) {
        assert!(count > 10, "{fault:?}: {tally:?}");
        assert!(named * 100 >= named_floor * count, "{fault:?}: {named} of {count} named\n{tally:?}");
        assert!(proven * 100 >= proven_floor * count, "{fault:?}: {proven} of {count} proven\n{tally:?}");
    }
}

proptest! {
    #![proptest_config(cases(60, SEED))]

    /// The order of the PATHs, the number of threads and the container change nothing.
    #[test]
    fn the_way_in_changes_nothing(params in any_run()) {
        let run = simulator::run(&params);
        let (folder, [output, server]) = folder(&run, &params);
        let whole = report(&[folder.path().to_owned()], 1);
        same(&whole, &report(&[folder.path().to_owned()], 2), &[])?;
        let one_way = report(&[output.clone(), server.clone()], 1);
        same(&one_way, &report(&[server, output], 2), &["inputs"])?;
        let archive = folder.path().join("bundle.tar");
        let files = bundle::names(&params).into_iter().zip([run.output, run.server].map(String::into_bytes));
        fs::write(&archive, packing::tar(&files.collect::<Vec<_>>())).expect("a file that can be made");
        same(&whole, &report(&[archive], 2), &["inputs"])?;
    }

    /// A file that has nothing to do with the run changes what was read, and nothing else.
    #[test]
    fn an_unrelated_file_changes_nothing(params in any_run(), first in any::<bool>()) {
        let run = simulator::run(&params);
        let (folder, _) = folder(&run, &params);
        let before = report(&[folder.path().to_owned()], 1);
        let name = if first { "a-note.txt" } else { "z-note.log" };
        fs::write(folder.path().join(name), "Dear all,\n\nthe build is red again.\n2026-01-14 14:35:10 no luck\n")
            .expect("a file that can be written");
        let after = report(&[folder.path().to_owned()], 1);
        same(&before, &after, &["coverage", "bundle.id"])?;
    }
}
