//! whylate: why an audit test failed, with the lines that prove it.
//!
//! The map of the crate follows the flow. Bytes become lines in [`source`] and [`reading`]: [`prefixes`] takes the
//! layers off a line, [`formats`] knows how it is written, [`vocabulary`] what it says; small whole files are
//! [`documents`]; [`streams`] puts a log together that lies in several files. A
//! [`sighting`] is what one line means. [`correlate`] puts sightings together to stores, batches,
//! requests, clocks, specs, looks and journeys; [`causes`] bring evidence, [`verdict`] applies the rules, [`summary`]
//! makes the [`report`], and [`render`] prints it.
//!
//! Invariants, each held by a test or a lint:
//! 1. Only [`source`] reads; only the binary's `output` writes. No network. No clock: the same bundle gives the same
//!    bytes.
//! 2. Parsing cannot fail, only not recognise. What was not read or not recognised is counted and shown.
//! 3. A format knows one line; a vocabulary one record; a cause one case; a renderer one report. None knows another
//!    member of its family.
//! 4. Nothing in a bundle is trusted: names are labels, archives are streams, numbers are claims (nothing is allocated
//!    or looped by a count from a log), text is escaped by the renderer that prints it.
//! 5. No statement without a place.
//! 6. A time is never printed more exactly than the evidence allows; the raw stamp stays beside a derived one;
//!    durations between clocks with unknown offset do not exist.

pub mod causes;
pub mod check;
pub mod compare;
pub mod correlate;
pub mod counts;
pub mod documents;
pub mod findings;
pub mod formats;
pub mod instant;
pub mod message;
pub mod passing;
pub mod prefixes;
pub mod quotes;
pub mod reading;
pub mod render;
pub mod report;
pub mod secrets;
pub mod sighting;
pub mod source;
pub mod streams;
pub mod summary;
pub mod timeline;
pub mod verdict;
pub mod vocabulary;
pub mod wait;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use correlate::World;
use instant::{Nanos, SECOND};
use reading::{LogFile, Parser};
use report::{Coverage, FileCoverage, Report, SCHEMA_VERSION, Tool};
use source::{Gathered, SourceFile};

/// How to analyse.
#[derive(Debug, Clone)]
pub struct Options {
    /// How to read.
    pub source: source::Options,
    /// Seconds east of UTC of stamps that no line gives a zone.
    pub input_tz: Option<i32>,
    /// Fill the large tables of the report.
    pub tables: bool,
    /// Counts the inflated bytes that were read so far, for whoever shows progress.
    pub bytes_read: Arc<AtomicU64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { source: source::Options::default(), input_tz: None, tables: true, bytes_read: Arc::default() }
    }
}

/// What an analysis gives.
#[derive(Debug)]
pub struct Analysis {
    /// The report.
    pub report: Report,
    world: World,
}

impl Analysis {
    /// Everything that was put together, for programs that look behind the report.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The merged timeline over all files.
    pub fn timeline(&self) -> timeline::Timeline {
        timeline::timeline(&self.world, &self.report)
    }
}

/// Analyses PATHs as one bundle: read, correlate, decide, sum up.
///
/// # Errors
/// When a PATH cannot be read at all, or nothing in any of them is recognised.
pub fn analyze(paths: &[PathBuf], options: &Options) -> anyhow::Result<Analysis> {
    let longest_line = options.source.limits.line;
    let (bytes_read, threads) = (Arc::clone(&options.bytes_read), options.source.threads);
    let parser = Parser { longest_line, bytes_read, threads, ..Parser::default() };
    let gathered = source::gather(paths, &options.source, &parser)?;
    let mut coverage = coverage(&gathered);
    if coverage.recognised == 0 {
        return Err(unrecognised(paths, &coverage));
    }
    let Gathered { inputs, files, complete, id, doubles } = gathered;
    let streams = streams::join(files.into_iter().filter_map(labelled).collect());
    for file in &mut coverage.files {
        if let Some((_, why)) = streams.counted_elsewhere.iter().find(|(label, _)| *label == file.path) {
            file.skipped = both(file.skipped.take(), Some(why.clone()));
        }
    }
    let world = correlate::correlate(streams.logs, options.input_tz.map(|seconds| Nanos::from(seconds) * SECOND));
    let mut summary = summary::summarise(&world);
    summary.bundle.id = id;
    summary.findings.extend(doubles_said(&doubles));
    summary.findings.extend(streams.findings);
    let tables = options.tables;
    let report = Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        inputs,
        complete,
        bundle: summary.bundle,
        verdict: summary.verdict,
        services: summary::services(&world, summary.run.as_ref()),
        run: summary.run,
        failures: summary.failures,
        findings: summary.findings,
        stages: summary::stages(&world),
        settings: summary::settings(&world),
        stores: summary::stores(&world),
        ticks: if tables { summary::ticks(&world) } else { Vec::new() },
        batches: if tables { summary::batches(&world) } else { Vec::new() },
        requests: if tables { summary::requests(&world) } else { Vec::new() },
        events: if tables { summary::events(&world) } else { Vec::new() },
        clocks: summary::clocks(&world),
        coverage,
        not_observable: summary.not_observable,
        quotes: Vec::new(),
    };
    Ok(Analysis { report, world })
}

/// Nothing was recognised: says how much was read, and what was not.
fn unrecognised(paths: &[PathBuf], coverage: &Coverage) -> anyhow::Error {
    const FEW: usize = 3;
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let unread = coverage.files.iter().filter_map(|file| Some(format!("{}: {}", file.path, file.skipped.as_ref()?)));
    let unread: Vec<String> = unread.take(FEW).collect();
    anyhow::anyhow!(
        "expected logs of kubernaut or its test output in {}, found {} line{} and recognised none of them{}{}; give the \
         must-gather folder and the test output",
        names.join(", "),
        coverage.lines,
        if coverage.lines == 1 { "" } else { "s" },
        if unread.is_empty() { "" } else { "; not read: " },
        unread.join("; ")
    )
}

/// The final label is known only after an archive was read to its end.
fn labelled(file: SourceFile<LogFile>) -> Option<LogFile> {
    let SourceFile { label, output, .. } = file;
    output.map(|log| LogFile { label, ..log })
}

fn coverage(gathered: &Gathered<LogFile>) -> Coverage {
    let mut coverage = Coverage::default();
    for file in &gathered.files {
        let read = file.output.as_ref();
        let lines = read.map_or(0, |log| log.lines);
        let recognised = read.map_or(0, |log| log.recognised);
        coverage.bytes += if read.is_some() { file.bytes } else { 0 };
        coverage.lines += lines;
        coverage.recognised += recognised;
        coverage.files.push(FileCoverage {
            path: file.label.clone(),
            bytes: file.bytes,
            lines,
            recognised,
            skipped: left_out(file),
        });
    }
    coverage
}

/// What was not read of a file: all reasons, for one does not answer for the others.
fn left_out(file: &SourceFile<LogFile>) -> Option<String> {
    let count = |count: u64, said: &str| {
        let lines = if count == 1 { "line" } else { "lines" };
        (count > 0).then(|| format!("{count} {lines} {said}"))
    };
    let read = file.output.as_ref();
    let reasons = [
        file.skipped.clone(),
        read.and_then(|log| count(log.cut_lines, "longer than the limit, the head was kept")),
        read.and_then(|log| count(log.unreadable, "of known wording torn, or with fields that are missing or absurd")),
    ];
    reasons.into_iter().fold(None, both)
}

fn both(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one}; {other}")),
        (one, other) => one.or(other),
    }
}

/// What was there twice is said once.
fn doubles_said(doubles: &[source::Double]) -> Option<report::Finding> {
    let first = doubles.first()?;
    let text = match doubles.len() {
        1 => format!("{} was not read: {} {}", first.skipped, first.why, first.kept),
        // Which, and what they are equal to, stands in the coverage.
        count => format!("{count} files are there twice and were read once"),
    };
    let places = doubles
        .iter()
        .take(8)
        .map(|double| report::Place { file: double.skipped.clone(), line: 1, to_line: None })
        .collect();
    Some(report::Finding { id: "read-once", text, places })
}
