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
    let files: Vec<File> = packing::unpacked(&testdata(name)).into_iter().map(|(path, bytes)| (path, bytes)).collect();
    let find = |part: &str| files.iter().find(|(path, _)| path.contains(part) && path.ends_with(".log")).expect(part);
    let logs = [find("datastorage").0.clone(), find("/integration-").0.clone()];
    (files, logs)
}

/// The label in the report: the folder that holds everything says nothing and is left out.
fn label(path: &str) -> String {
    path.to_owned()
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
        pieces.push(Piece { label: label(&path), of: label(log), lines: range.clone() });
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
        let folder = log.rsplit_once('/').map_or("", |(folder, _)| folder);
        let second = if named { log.replace("/signal", "/later/signal").replace("/workflow", "/later/workflow") } else { format!("{folder}/other.txt") };
        prop_assume!(end > begin + 200 || named && end > begin + 20);
        let pieces = cut(&mut files, &log, &[(log.clone(), 0..end, false), (second, begin..all, false)]);
        let report = report(&files, home.path());
        prop_assert!(report["findings"].as_array().expect("findings").iter().any(|finding| finding["id"] == "read-once"));
        assert_same(&format!("{} {begin} {end} of {all}", BUNDLES[which]), &whole, &told(report, &pieces));
    }
}
