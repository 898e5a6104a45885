//! What each part of the work costs: `cargo bench --bench pipeline`.
//!
//! The input is one run of a scenario, doubled day after day, so that a part has enough to do. For the whole, beside
//! other tools, see `benches/compare.sh`.

#[path = "../tests/texts/mod.rs"]
mod texts;

use std::path::{Path, PathBuf};

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use whylate::correlate::{bounds, pairing};
use whylate::reading::{LogFile, Parser};
use whylate::source::Reader as _;
use whylate::{correlate, formats, render};

fn main() {
    divan::main();
}

fn bundle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/scenarios/flush-delay-stall/bundle")
}

fn texts() -> Vec<(String, Vec<u8>)> {
    texts::texts(&[bundle()])
}

fn parser() -> Parser {
    Parser::default()
}

fn logs() -> Vec<LogFile> {
    texts().iter().map(|(label, text)| parser().read(label, &mut text.as_slice())).collect()
}

/// Bytes of nothing but unrelated lines: splitting, layers, and the look-up of messages.
#[divan::bench]
fn lines_that_say_nothing(bencher: Bencher<'_, '_>) {
    let line = "I1124 18:01:02.000003       1 httplog.go:132] \"HTTP\" verb=\"GET\" URI=\"/apis/apps/v1\" resp=200\n";
    let text = line.repeat(10_000);
    bencher.counter(BytesCount::of_str(&text)).bench(|| parser().read("a.log", &mut black_box(text.as_bytes())));
}

/// A real run, from bytes to sightings.
#[divan::bench]
fn lines_of_a_run(bencher: Bencher<'_, '_>) {
    let texts = texts();
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        texts.iter().map(|(label, text)| parser().read(label, &mut black_box(text.as_slice()))).collect::<Vec<_>>()
    });
}

/// Every record decoded, known or not.
#[divan::bench]
fn records(bencher: Bencher<'_, '_>) {
    let text: String = texts().iter().map(|(_, text)| String::from_utf8_lossy(text).into_owned()).collect();
    let decode = |line: &str| formats::ALL.iter().find_map(|format| format.record(line)).is_some();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| black_box(&text).lines().filter(|line| decode(line.trim_start())).count());
}

/// Stores, batches, requests, clocks, looks: everything after reading.
#[divan::bench]
fn correlation(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(logs).bench_values(|logs| correlate::correlate(logs, None));
}

/// The constraints on print times, passed along all blocks.
#[divan::bench]
fn constraints(bencher: Bencher<'_, '_>) {
    let world = correlate::correlate(logs(), None);
    let known = bounds::known_from_requests(&world.batches, &world.requests, &world.offsets);
    let output = &world.output;
    bencher.bench(|| bounds::print_times(&world.files, &output.blocks, &output.suites, &world.stores, &known));
}

/// The offset at which most of a thousand batches meet a request.
#[divan::bench]
fn pairing_by_size(bencher: Bencher<'_, '_>) {
    let sent: Vec<(i64, u64)> = (0..1000_i64).map(|at| (at * 100_000_000, 1 + at.unsigned_abs() * 7 % 13)).collect();
    let served: Vec<(i64, u64)> = sent.iter().map(|(at, size)| (at + 3_001_000_000, *size)).collect();
    bencher.bench(|| pairing::coarse_offset(black_box(&sent), black_box(&served), pairing::Among::All));
}

/// Each output of one report.
#[divan::bench(args = ["text", "markdown", "json", "html"])]
fn rendering(bencher: Bencher<'_, '_>, name: &str) {
    let analysis = whylate::analyze(&[bundle()], &whylate::Options::default()).expect("the scenario is there");
    let form = render::find(name).expect("an output of that name").form;
    let render::Form::Document(render) = form else { panic!("expected one document, found tables") };
    let style = render::Style::default();
    bencher.bench(|| {
        let mut bytes = Vec::new();
        render(&analysis.report, &style, &mut bytes).map(|()| bytes)
    });
}
