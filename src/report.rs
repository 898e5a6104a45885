//! The report: small, owned, serialisable. Its JSON form is a contract with outside programs.
//!
//! Fields may be added. A field is not renamed or re-typed without raising [`SCHEMA_VERSION`]. Arrays are never null;
//! what is unknown is null, never 0.

mod failure;
mod grounds;
mod tables;
mod terms;
mod values;

pub use failure::{Awaited, Failure, Fix, LinkState, LookRow, Passing, Ranked, RuledOut, StageRow, Wait};
pub use grounds::{Clock, Coverage, FileCoverage, Finding, NotObservable, Service, Setting, StageSpread};
pub use tables::{BatchRow, EventRow, Gap, RequestRow, Store, TickRow};
pub use terms::{Confidence, Family, Link, Stage, State};
pub use values::{Duration, Evidence, Instant, Place, Spread};

use serde::Serialize;

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// The whole report.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Who made it.
    pub tool: Tool,
    /// The PATHs.
    pub inputs: Vec<Input>,
    /// False when any input was left unread or cut.
    pub complete: bool,
    /// What the bundle is.
    pub bundle: Bundle,
    /// The answer.
    pub verdict: Verdict,
    /// The suite's counts; null without test output.
    pub run: Option<Run>,
    /// Every failing spec or suite node.
    pub failures: Vec<Failure>,
    /// What is worth knowing and is not the failure's cause.
    pub findings: Vec<Finding>,
    /// Quantiles of each stage over all events.
    pub stages: Vec<StageSpread>,
    /// Writes and pass counts by service.
    pub services: Vec<Service>,
    /// Settings seen in the logs.
    pub settings: Vec<Setting>,
    /// The ledger, store by store.
    pub stores: Vec<Store>,
    /// Timer ticks that flushed something, or were late.
    pub ticks: Vec<TickRow>,
    /// Batches.
    pub batches: Vec<BatchRow>,
    /// Requests.
    pub requests: Vec<RequestRow>,
    /// Events.
    pub events: Vec<EventRow>,
    /// Clocks and their offsets.
    pub clocks: Vec<Clock>,
    /// What was read and recognised.
    pub coverage: Coverage,
    /// What the logs cannot show.
    pub not_observable: Vec<NotObservable>,
    /// Raw lines, for outputs that show them: see [`quotes`](crate::quotes). No part of the JSON report.
    #[serde(skip)]
    pub quotes: Vec<Quote>,
}

/// The raw line behind a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Where it stands.
    pub place: Place,
    /// The line, without colour, secrets masked, cut when it is long.
    pub text: String,
}

/// Name and version of the program.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Tool {
    /// `whylate`.
    pub name: &'static str,
    /// Package version.
    pub version: &'static str,
}

/// One PATH of the command line.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    /// As given; `-` for standard input.
    pub path: String,
    /// `folder`, `tar`, `tar.gz`, `zip`, `file`, `file.gz`, `stdin`, …
    pub kind: String,
}

/// What the bundle is.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bundle {
    /// Hash of the contents, the same for folder and archive.
    pub id: String,
    /// The suite's name.
    pub suite: Option<String>,
    /// Service under test.
    pub service: Option<String>,
    /// Ginkgo's random seed.
    pub seed: Option<u64>,
    /// Parallel processes.
    pub processes: Option<u32>,
    /// First stamp of the run.
    pub started: Option<Instant>,
    /// When the must-gather was collected.
    pub collected: Option<Instant>,
}

/// What the run came to.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunOutcome {
    /// No failure.
    Healthy,
    /// Something failed.
    Failed,
    /// No test output, or nothing that says whether it passed.
    Undetermined,
}

/// The bundle's verdict.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// Whether something failed.
    pub outcome: RunOutcome,
    /// The cause of most failures, ties by the first.
    pub cause: Option<&'static str>,
    /// Its family.
    pub family: Option<Family>,
    /// How sure.
    pub confidence: Option<Confidence>,
    /// The answer in one sentence.
    pub sentence: String,
}

/// The suite's counts.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Passed.
    pub passed: u32,
    /// Failed, without the interrupted.
    pub failed: u32,
    /// Interrupted or timed out with the suite.
    pub interrupted: u32,
    /// Passed after a retry.
    pub flaky: u32,
    /// Skipped.
    pub skipped: u32,
    /// Pending.
    pub pending: u32,
    /// All specs of the suite.
    pub total: u32,
}
