//! A log that lies in several files is one log: rotated, collected twice, or of two lives of one container. The truth
//! is by construction: the whole log is cut here, and must give the report that it gave before.

mod packing;
mod session;

use std::ops::Range;
use std::path::Path;

use packing::File;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Value, json};
use session::testdata;
use whylate::{Options, analyze, source};

const BUNDLES: [&str; 3] =
    ["bundles/write-slow-lock-sp.tar.gz", "bundles/query-filter-corr-we.tar.gz", "bundles/healthy-sp.tar.gz"];

/// A file of the whole bundle, and the part of it that lies in a file of the cut one: its lines, from 0.
struct Piece {
    label: String,
    of: String,
    lines: Range<usize>,
}

fn report(files: &[File], home: &Path) -> Value {
    let top = tempfile::tempdir_in(home).expect("a folder");
    packing::folder(files, top.path());
    let options = Options { source: source::Options { threads: 1, ..Default::default() }, ..Options::default() };
    let analysis = analyze(&[top.path().to_owned()], &options).unwrap_or_else(|error| panic!("{error:#}"));
    serde_json::to_value(&analysis.report).expect("JSON")
}

/// The report without what the packing of the bundle says, and every place as in the whole bundle.
fn told(mut report: Value, pieces: &[Piece]) -> Value {
    fn rename(value: &mut Value, pieces: &[Piece]) {
        if let (Some(file), Some(line)) = (value["file"].as_str(), value["line"].as_u64()) {
            if let Some(piece) = pieces.iter().find(|piece| piece.label == file) {
                value["line"] = json!(line + piece.lines.start as u64);
                value["file"] = json!(piece.of);
            }
            return;
        }
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|value| rename(value, pieces)),
            Value::Array(values) => values.iter_mut().for_each(|value| rename(value, pieces)),
            _ => {}
        }
    }
    for field in ["inputs", "coverage"] {
        report.as_object_mut().expect("an object").remove(field);
    }
    report["bundle"].as_object_mut().expect("an object").remove("id");
    let findings = report["findings"].as_array_mut().expect("findings");
    findings.retain(|finding| finding["id"] != "read-once");
    rename(&mut report, pieces);
    report
}

#[track_caller]
fn assert_same(what: &str, one: &Value, other: &Value) {
    for (key, value) in one.as_object().expect("an object") {
        assert_eq!(value, &other[key], "{what}: {key}");
    }
}

/// The files of a bundle, and the labels of its server's log and of its test output.
fn bundle(name: &str) -> (Vec<File>, [String; 2]) {
    let files = packing::unpacked(&testdata(name));
    let find = |part: &str| files.iter().find(|(path, _)| path.contains(part)).expect(part).0.clone();
    let logs = [find("datastorage_test.log"), find("/integration-")];
    (files, logs)
}

/// The bytes of a range of lines.
fn lines(bytes: &[u8], range: &Range<usize>) -> Vec<u8> {
    bytes.split_inclusive(|byte| *byte == b'\n').skip(range.start).take(range.len()).flatten().copied().collect()
}

fn count(bytes: &[u8]) -> usize {
    bytes.split_inclusive(|byte| *byte == b'\n').count()
}

/// Puts pieces in place of a file: name, lines, and whether it is packed.
fn cut(files: &mut Vec<File>, log: &str, parts: &[(String, Range<usize>, bool)]) -> Vec<Piece> {
    let at = files.iter().position(|(path, _)| path == log).expect("the log");
    let (_, whole) = files.remove(at);
    let mut pieces = Vec::new();
    for (name, range, packed) in parts {
        let bytes = lines(&whole, range);
        let (path, bytes) = if *packed { (format!("{name}.gz"), packing::gzip(&bytes)) } else { (name.clone(), bytes) };
        pieces.push(Piece { label: path.clone(), of: log.to_owned(), lines: range.clone() });
        files.push((path, bytes));
    }
    pieces
}

/// Two cuts of a log of so many lines, from numbers between 0 and 1.
fn ranges(count: usize, cuts: (f64, f64)) -> Vec<Range<usize>> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small count")]
    let at = |share: f64| (share * count as f64) as usize;
    let (one, other) = (at(cuts.0.min(cuts.1)), at(cuts.0.max(cuts.1)));
    [0..one, one..other, other..count].into_iter().filter(|range| !range.is_empty()).collect()
}

/// Rotates a log at some lines: the oldest part has the highest number.
fn rotate(files: &mut Vec<File>, log: &str, ranges: &[Range<usize>], packed: bool) -> Vec<Piece> {
    let parts: Vec<_> = ranges
        .iter()
        .rev()
        .enumerate()
        .map(|(age, range)| match age {
            0 => (log.to_owned(), range.clone(), false),
            age => (format!("{log}.{age}"), range.clone(), packed && age > 1),
        })
        .collect();
    cut(files, log, &parts)
}

proptest! {
    #![proptest_config(Config { cases: 12, rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_rotated_log_gives_the_report_of_the_whole(
        which in 0..BUNDLES.len(),
        server in (0.0..1.0, 0.0..1.0),
        test in (0.0..1.0, 0.0..1.0),
        packed in any::<bool>(),
    ) {
        let home = tempfile::tempdir().expect("a folder");
        let (mut files, [server_log, test_log]) = bundle(BUNDLES[which]);
        let whole = told(report(&files, home.path()), &[]);
        let mut pieces = Vec::new();
        for (log, cuts) in [(server_log, server), (test_log, test)] {
            let bytes = &files.iter().find(|(path, _)| *path == log).expect("the log").1;
            let ranges = ranges(count(bytes), cuts);
            pieces.extend(rotate(&mut files, &log, &ranges, packed));
        }
        let what = format!("{} {:?}", BUNDLES[which], pieces.iter().map(|piece| &piece.lines).collect::<Vec<_>>());
        assert_same(&what, &whole, &told(report(&files, home.path()), &pieces));
    }

    #[test]
    fn a_log_that_was_collected_twice_is_counted_once(
        which in 0..BUNDLES.len(),
        cuts in (0.05..0.95, 0.05..0.95),
        named in any::<bool>(),
    ) {
        let home = tempfile::tempdir().expect("a folder");
        let (mut files, [log, _]) = bundle(BUNDLES[which]);
        let whole = told(report(&files, home.path()), &[]);
        let bytes = &files.iter().find(|(path, _)| *path == log).expect("the log").1;
        let all = count(bytes);
        let cut_at = ranges(all, cuts);
        let (begin, end) = (cut_at[0].end, cut_at[cut_at.len() - 1].start);
        // Under the container's name, or under one that says nothing: then the copy must be long.
        let second = match log.rsplit_once('/') {
            Some((folder, name)) if named => format!("{folder}/later/{name}"),
            _ => "bundle/other.txt".to_owned(),
        };
        prop_assume!(end > begin + if named { 20 } else { 200 });
        let pieces = cut(&mut files, &log, &[(log.clone(), 0..end, false), (second, begin..all, false)]);
        let report = report(&files, home.path());
        prop_assert!(report["findings"].as_array().expect("findings").iter().any(|finding| finding["id"] == "read-once"));
        assert_same(&format!("{} {begin} {end} of {all}", BUNDLES[which]), &whole, &told(report, &pieces));
    }
}

/// What a store says of one event, and a server of one request, at a second of an hour.
fn event(second: u64, total: u64) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        r#"{{"level":"info","ts":"2026-01-10T10:{minute:02}:{second:02}Z","logger":"gateway","msg":"Event buffered successfully","event_type":"gateway.signal.received","correlation_id":"rr-{total}","buffer_size_after":1,"total_buffered":{total}}}"#
    ) + "\n"
}

fn request(second: u64, id: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        r#"{{"level":"info","ts":"2026-01-10T10:{minute:02}:{second:02}Z","logger":"datastorage","msg":"HTTP request","request_id":"h/{id}","method":"POST","path":"/api/v1/audit/events/batch","remote_addr":"10.0.0.1:4711","status":201,"bytes":103,"duration":0.002}}"#
    ) + "\n"
}

fn log(name: &str, lines: impl Iterator<Item = String>) -> File {
    (format!("bundle/{name}"), lines.collect::<String>().into_bytes())
}

fn of(files: &[File]) -> Value {
    report(files, tempfile::tempdir().expect("a folder").path())
}

fn findings<'a>(report: &'a Value, id: &'a str) -> Vec<&'a Value> {
    report["findings"].as_array().expect("findings").iter().filter(|finding| finding["id"] == id).collect()
}

fn length(report: &Value, field: &str) -> usize {
    report[field].as_array().expect("a list").len()
}

#[test]
fn a_restart_is_a_new_process_though_its_first_lines_are_lost() {
    let before = |name| log(name, (1..6).map(|at| event(at, at)));
    let after = |name| log(name, (10..15).map(|at| event(at, 30 + at)));
    assert_eq!(length(&of(&[before("c/previous.log"), after("c/current.log")]), "stores"), 2);
    assert_eq!(length(&of(&[before("c/0.log"), after("c/1.log")]), "stores"), 2);
    // The kubelet rotates the log of a process that goes on: some of its lines are lost between.
    assert_eq!(length(&of(&[before("c/0.log.20260110-100007"), after("c/0.log")]), "stores"), 1);
    assert_eq!(length(&of(&[before("c/rotated/0.log.20260110-100007"), after("c/0.log")]), "stores"), 1);
}

#[test]
fn the_stamps_order_the_parts_whatever_their_names_say() {
    let whole = of(&[log("x.log", (1..20).map(|at| event(at, at)))]);
    let newest_first =
        [log("x.log", (1..10).map(|at| event(at, at))), log("x.log.1", (10..20).map(|at| event(at, at)))];
    let parts = of(&newest_first);
    assert_eq!((length(&whole, "stores"), length(&parts, "stores")), (1, 1));
    assert_eq!(whole["stores"][0]["buffered"], parts["stores"][0]["buffered"]);
    let places: Vec<&Value> =
        parts["events"].as_array().expect("events").iter().map(|event| &event["places"][0]).collect();
    assert_eq!(places[0], &json!({"file": "bundle/x.log", "line": 1}));
    assert_eq!(places[9], &json!({"file": "bundle/x.log.1", "line": 1}));
}

#[test]
fn logs_of_the_same_time_are_not_one_whatever_their_names_say() {
    let one = log("x.log.1", (0..60).map(|at| request(at, &format!("a-{at}"))));
    let other = log("x.log", (0..60).map(|at| request(at, &format!("b-{at}"))));
    let report = of(&[one, other]);
    let said = findings(&report, "logs-overlap");
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0]["places"][0], json!({"file": "bundle/x.log.1", "line": 1}));
    assert_eq!(length(&report, "requests"), 120);
}

#[test]
fn a_gap_between_two_parts_is_said() {
    let part = |name, seconds: std::ops::Range<u64>| log(name, seconds.map(|at| event(at, at)));
    for (what, files, gaps) in [
        ("none", [part("x.log.1", 1..20), part("x.log", 20..40)], 0),
        ("a number is missing", [part("x.log.2", 1..20), part("x.log", 20..40)], 1),
        ("a long silence", [part("x.log.1", 1..20), part("x.log", 320..340)], 1),
        ("a restart takes its time", [part("c/previous.log", 1..20), part("c/current.log", 320..340)], 0),
    ] {
        let report = of(&files);
        let said = findings(&report, "log-gap");
        assert_eq!(said.len(), gaps, "{what}: {said:?}");
        for finding in said {
            assert_eq!(finding["places"][0]["line"], 19, "{what}: expected the last line before the gap");
            assert_eq!(finding["places"][1]["line"], 1, "{what}");
        }
    }
}

#[test]
fn processes_that_print_equal_lines_are_not_one() {
    // Forty requests with the ids of one server, but no name in common: too few to be no chance.
    let lines = |from: u64| (from..from + 40).map(|at| request(at, &format!("a-{at}")));
    let report = of(&[log("a/one.log", lines(0)), log("b/two.log", lines(0).chain(lines(40)))]);
    assert_eq!((length(&report, "requests"), findings(&report, "read-once").len()), (120, 0));
    // The same under one name.
    let report = of(&[log("a/datastorage.log", lines(0)), log("b/datastorage.log", lines(0).chain(lines(40)))]);
    assert_eq!((length(&report, "requests"), findings(&report, "read-once").len()), (80, 1));
    // Lines without an id or a fine stamp, under one name: no line tells them apart, so nothing says that they are one.
    let listening = || {
        let line =
            r#"{"level":"info","ts":"2026-01-10T10:00:00Z","logger":"datastorage","msg":"HTTP server listening"}"#;
        std::iter::repeat_n(format!("{line}\n"), 9)
    };
    let report = of(&[log("a/datastorage.log", listening()), log("b/datastorage.log", listening().chain(lines(1)))]);
    assert_eq!(findings(&report, "read-once").len(), 0);
}
