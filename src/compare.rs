//! A *comparison* puts the reports of several bundles beside each other, and says in what each differs from a passing
//! one.
//!
//! A difference is named only when the intervals exclude that there is none, and when it is large enough to matter:
//! two healthy runs of one suite differ by some milliseconds. The passing bundle is the first healthy one; without any,
//! the first bundle takes its place.

mod differences;

use serde::Serialize;

use crate::render::places::Places;
use crate::report::{Confidence, Duration, Family, Place, Report, RunOutcome, SCHEMA_VERSION, Spread, Stage, Tool};

/// Several bundles beside each other.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// Version of the JSON form, that of the report.
    pub schema_version: u32,
    /// Who made it.
    pub tool: Tool,
    /// A row for each service of each bundle.
    pub bundles: Vec<Row>,
    /// Name of the bundle that the others are compared with.
    pub reference: String,
    /// In what the others differ from it.
    pub differences: Vec<Difference>,
}

/// One service of one bundle.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Name of the bundle: as much of its path as tells it from the others.
    pub bundle: String,
    /// Hash of its contents.
    pub id: String,
    /// The service; null when nothing names it.
    pub service: Option<String>,
    /// Whether something failed.
    pub outcome: RunOutcome,
    /// Write requests.
    pub writes: Spread,
    /// Writes that were answered with 2xx.
    pub succeeded: u64,
    /// Writes that were answered.
    pub answered: u64,
    /// Flush intervals of the service's stores, each once.
    pub flush_intervals: Vec<Duration>,
    /// How long its events waited for a flush.
    pub flush_wait: Option<Spread>,
    /// Specs that passed.
    pub passed: Option<u32>,
    /// Specs that failed.
    pub failed: Option<u32>,
    /// The verdict's cause.
    pub cause: Option<&'static str>,
    /// Its family.
    pub family: Option<Family>,
    /// How sure.
    pub confidence: Option<Confidence>,
    /// The verdict in one sentence.
    pub sentence: String,
    /// False when any input was left unread or cut.
    pub complete: bool,
}

/// What a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Took surely longer.
    Slow,
    /// Took surely less long.
    Fast,
    /// An event type that only the passing bundle has.
    Missing,
    /// An event type that only the other bundle has.
    Extra,
    /// An error that the passing bundle does not have.
    NewError,
    /// A setting with another value.
    Setting,
}

/// One difference, with both sides.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// What it is.
    pub kind: Kind,
    /// Of what.
    pub what: String,
    /// In the passing bundle.
    pub passing: Side,
    /// In the other one.
    pub other: Side,
}

/// One side of a difference.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// Name of the bundle.
    pub bundle: String,
    /// What is there.
    pub text: String,
    /// Where; empty when it is about something that is not there.
    pub places: Vec<Place>,
}

/// Compares reports; each comes with the PATH that it was made of.
pub fn compare(reports: &[(String, Report)]) -> Comparison {
    let trimmed: Vec<&str> = reports.iter().map(|(path, _)| path.trim_end_matches('/')).collect();
    let short = Places::new(trimmed.iter().copied());
    let names: Vec<String> = trimmed.iter().map(|path| short.file(path).to_owned()).collect();
    let reference = reports.iter().position(|(_, report)| report.verdict.outcome == RunOutcome::Healthy).unwrap_or(0);
    let mut comparison = Comparison {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        bundles: reports.iter().zip(&names).flat_map(|((_, report), name)| rows(name, report)).collect(),
        reference: names.get(reference).cloned().unwrap_or_default(),
        differences: Vec::new(),
    };
    for (at, (_, report)) in reports.iter().enumerate().filter(|(at, _)| *at != reference) {
        let passing = (names[reference].as_str(), &reports[reference].1);
        comparison.differences.extend(differences::between(passing, (names[at].as_str(), report)));
    }
    comparison
}

/// A row for each service that wrote; one without a service when none is named.
fn rows(name: &str, report: &Report) -> Vec<Row> {
    let row = |service: Option<&crate::report::Service>| {
        let named = service.map(|service| service.name.as_str()).or(report.bundle.service.as_deref());
        let statuses = service.map(|service| &service.statuses);
        let succeeded = |status: &u16| (200..300).contains(status);
        let own = |of: Option<&str>| of.is_none() || named.is_none() || of == named;
        let stores = report.stores.iter().filter(|store| own(store.service.as_deref()));
        let mut flush_intervals: Vec<Duration> = stores.filter_map(|store| store.flush_interval).collect();
        flush_intervals.sort_unstable();
        flush_intervals.dedup();
        let waits = report.stages.iter().filter(|stage| stage.stage == Stage::FlushWait && stage.spread.count > 0);
        Row {
            bundle: name.to_owned(),
            id: report.bundle.id.clone(),
            service: named.map(str::to_owned),
            outcome: report.verdict.outcome,
            writes: service.map_or_else(none, |service| service.writes.clone()),
            succeeded: statuses.map_or(0, |all| all.iter().filter(|(s, _)| succeeded(s)).map(|(_, n)| n).sum()),
            answered: statuses.map_or(0, |all| all.values().sum()),
            flush_intervals,
            flush_wait: waits.filter(|stage| own(stage.service.as_deref())).map(|stage| stage.spread.clone()).next(),
            passed: service.and_then(|service| service.passed).or(report.run.as_ref().map(|run| run.passed)),
            failed: service
                .and_then(|service| service.failed)
                .or(report.run.as_ref().map(|run| run.failed + run.interrupted)),
            cause: report.verdict.cause,
            family: report.verdict.family,
            confidence: report.verdict.confidence,
            sentence: report.verdict.sentence.clone(),
            complete: report.complete,
        }
    };
    if report.services.is_empty() { vec![row(None)] } else { report.services.iter().map(|s| row(Some(s))).collect() }
}

fn none() -> Spread {
    Spread { count: 0, min: None, p50: None, p95: None, p99: None, max: None }
}
