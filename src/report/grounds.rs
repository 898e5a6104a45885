//! The *grounds* of the answer: what the bundle shows besides, the figures of all events and writes, the settings and
//! clocks, and how much was read.

use serde::Serialize;

use super::{Duration, Instant, Place, Spread, Stage};

/// Something worth knowing.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Kebab-case.
    pub id: &'static str,
    /// One sentence.
    pub text: String,
    /// Lines.
    pub places: Vec<Place>,
}

/// Quantiles of one stage.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct StageSpread {
    /// Which.
    pub stage: Stage,
    /// Of which service, when told apart.
    pub service: Option<String>,
    /// The quantiles.
    pub spread: Spread,
}

/// A service's writes and specs.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Service {
    /// Service name as its store prints it, else the suite's.
    pub name: String,
    /// Write requests.
    pub writes: Spread,
    /// Status to count.
    pub statuses: std::collections::BTreeMap<u16, u64>,
    /// Specs passed.
    pub passed: Option<u32>,
    /// Specs failed.
    pub failed: Option<u32>,
}

/// A setting seen in a log.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Which component printed it.
    pub source: String,
    /// Name.
    pub name: String,
    /// Value as printed.
    pub value: String,
    /// What it should be, when known.
    pub expected: Option<String>,
    /// Lines.
    pub places: Vec<Place>,
}

/// A clock and its offset: add it to a stamp of `name` to get a stamp of `reference`.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Clock {
    /// `test-host`, `datastorage`, `postgresql`, `redis`, `runtime`.
    pub name: String,
    /// The reference clock.
    pub reference: String,
    /// Null when it cannot be bounded from both sides.
    pub offset: Option<Duration>,
    /// The step of the clock with which this offset began to hold; null from the log's beginning.
    pub from: Option<Instant>,
    /// The step that ended it; null to the log's end.
    pub to: Option<Instant>,
    /// It is the likeliest of several that fit, not the only one: nothing about timing is proven by it.
    pub assumed: bool,
    /// Pairs of nested requests, or looks, that bound it.
    pub pairs: u64,
    /// The deciding lines.
    pub places: Vec<Place>,
}

/// What was read.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// File by file.
    pub files: Vec<FileCoverage>,
    /// Decompressed bytes.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// Lines that a vocabulary recognised.
    pub recognised: u64,
}

/// What was read of one file.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileCoverage {
    /// Label.
    pub path: String,
    /// Decompressed bytes.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// Lines that a vocabulary recognised.
    pub recognised: u64,
    /// Why it was skipped or cut, if it was.
    pub skipped: Option<String>,
}

/// Something that the logs cannot show.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotObservable {
    /// What.
    pub what: String,
    /// Why.
    pub because: String,
    /// The setting that would show it.
    pub enable_with: String,
}
