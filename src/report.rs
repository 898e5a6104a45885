//! The report: small, owned, serialisable. Its JSON form is a contract with outside programs.
//!
//! Fields may be added. A field is not renamed or re-typed without raising [`SCHEMA_VERSION`]. Arrays are never null;
//! what is unknown is null, never 0.

use serde::{Serialize, Serializer};

use crate::instant::{self, Nanos, rfc3339};
use crate::sighting::{Outcome, Trigger};

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// A time interval for the report: RFC 3339 in UTC, null for an open end.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Instant {
    /// Not before.
    #[serde(serialize_with = "stamp")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub lo: Option<Nanos>,
    /// Not after.
    #[serde(serialize_with = "stamp")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub hi: Option<Nanos>,
    /// Name of the clock, only when it is not the reference clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
}

#[allow(clippy::ref_option, reason = "serde's signature")]
fn stamp<S: Serializer>(at: &Option<Nanos>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_str(&rfc3339(*at)),
        None => serializer.serialize_none(),
    }
}

impl Instant {
    /// On the reference clock; `None` when both ends are open or the interval is a contradiction.
    pub fn known(of: instant::Instant) -> Option<Self> {
        Self::on(of, None)
    }

    /// On a named clock whose offset is not known.
    pub fn on(of: instant::Instant, clock: Option<&str>) -> Option<Self> {
        (!of.is_unknown() && !of.is_contradiction()).then(|| Self {
            lo: of.lo(),
            hi: of.hi(),
            clock: clock.map(str::to_owned),
        })
    }

    /// The interval without its clock.
    pub fn interval(&self) -> instant::Instant {
        let lo = self.lo.map_or(instant::Instant::UNKNOWN, instant::Instant::not_before);
        lo.and(self.hi.map_or(instant::Instant::UNKNOWN, instant::Instant::not_after))
    }
}

/// A length of time in nanoseconds; `hi_ns` null means "at least `lo_ns`".
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Duration {
    /// Not shorter.
    pub lo_ns: Option<Nanos>,
    /// Not longer.
    pub hi_ns: Option<Nanos>,
}

impl From<instant::Duration> for Duration {
    fn from(of: instant::Duration) -> Self {
        Self { lo_ns: of.lo(), hi_ns: of.hi() }
    }
}

impl Duration {
    /// Exactly so long.
    pub const fn exact(nanos: Nanos) -> Self {
        Self { lo_ns: Some(nanos), hi_ns: Some(nanos) }
    }
}

/// Where a line stands.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Relative to the PATH it came from; `outer.zip!inner.tar.gz!a/b.log` inside archives.
    pub file: String,
    /// First line, from 1.
    pub line: u32,
    /// Last line of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_line: Option<u32>,
}

/// A statement with the places that prove it.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// One sentence.
    pub text: String,
    /// The lines that prove it; never empty.
    pub places: Vec<Place>,
}

/// Quantiles of durations.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many.
    pub count: u64,
    /// Smallest.
    pub min: Option<Duration>,
    /// Median.
    pub p50: Option<Duration>,
    /// 95 %.
    pub p95: Option<Duration>,
    /// 99 %.
    pub p99: Option<Duration>,
    /// Largest.
    pub max: Option<Duration>,
}

/// How sure a verdict is. There is no percentage.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// What is missing, and which setting would show it, is said instead.
    Unknown,
    /// Compatible with the lines.
    Possible,
    /// Positive evidence; some alternative is only unobservable.
    Likely,
    /// Positive evidence, and every alternative in front is ruled out.
    Proven,
}

/// A cause's answer to the question "write latency, flush delay or query timing?".
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The write took too long.
    WriteLatency,
    /// The flush came too late.
    FlushDelay,
    /// The query came too early, or looked too briefly.
    QueryTiming,
    /// None of the three.
    Other,
    /// The logs do not tell.
    Unknown,
}

/// The links of an event's journey, in order.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// `StoreAudit` was entered.
    Emitted,
    /// The client's validation accepted it.
    Validated,
    /// The channel send returned.
    Buffered,
    /// The first attempt to send its batch began.
    Flushed,
    /// The client got a 2xx.
    Sent,
    /// The server committed it; it is visible from then on.
    Created,
}

/// What the logs say of a link.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A line proves it, or a later link was seen.
    Seen,
    /// Lost, or surely not happened.
    Absent,
    /// Not by the end of the log.
    Pending,
    /// Nothing can be said.
    Unobservable,
}

/// The stages between the links.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Trigger to emitted.
    EmitWait,
    /// Emitted to buffered.
    Buffer,
    /// Buffered to flushed.
    FlushWait,
    /// Flushed to written.
    Write,
    /// Visible to the next look.
    LookWait,
}

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

/// One failing spec or suite node.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Stable between runs: location file and spec text.
    pub key: String,
    /// Spec text, or the node's name.
    pub spec: String,
    /// Where the assertion stands in the code.
    pub location: Option<Place>,
    /// `It`, `BeforeEach`, `SynchronizedBeforeSuite`, …
    pub node: String,
    /// How it ended.
    pub outcome: Outcome,
    /// A victim of another failure, of the suite's time-out or of a signal.
    pub collateral: bool,
    /// Ginkgo process, when something names it.
    pub process: Option<u32>,
    /// Its store.
    pub store: Option<String>,
    /// The failure message.
    pub message: String,
    /// Where the block stands in the test output.
    pub places: Vec<Place>,
    /// Start of the spec.
    pub started: Option<Instant>,
    /// The failure stamp.
    pub deadline: Option<Instant>,
    /// What set the awaited event off, as far as the log says.
    pub trigger: Option<Instant>,
    /// The last look that began before the deadline.
    pub last_look: Option<Instant>,
    /// The cause, when one can be named.
    pub cause: Option<&'static str>,
    /// Its family.
    pub family: Family,
    /// How sure.
    pub confidence: Confidence,
    /// The answer in one sentence.
    pub sentence: String,
    /// What to do.
    pub fix: Option<Fix>,
    /// Causes with evidence, best first.
    pub ranked: Vec<Ranked>,
    /// Causes that a line excludes.
    pub ruled_out: Vec<RuledOut>,
    /// The events that it waited for.
    pub awaited: Vec<Awaited>,
    /// How it looked.
    pub looks: Vec<LookRow>,
    /// What would have helped.
    pub wait: Wait,
    /// How the passing specs fared that waited for the same type; null when none is known to have done so.
    pub passing: Option<Passing>,
}

/// What to change.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Fix {
    /// One or two sentences.
    pub text: String,
    /// Where in the code.
    pub place: Option<Place>,
    /// The setting to change.
    pub setting: Option<String>,
}

/// A cause with its evidence.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Ranked {
    /// Code in kebab-case.
    pub cause: &'static str,
    /// How sure.
    pub confidence: Confidence,
    /// What speaks for it.
    #[serde(rename = "for")]
    pub supporting: Vec<Evidence>,
    /// What speaks against it.
    pub against: Vec<Evidence>,
}

/// A cause that the logs exclude.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct RuledOut {
    /// Code in kebab-case.
    pub cause: &'static str,
    /// By which lines.
    pub by: Vec<Evidence>,
}

/// An event that the spec waited for, and its journey.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Awaited {
    /// Type, when known.
    pub event_type: Option<String>,
    /// Id, when known.
    pub correlation_id: Option<String>,
    /// How many the spec wants.
    pub expected: Option<u64>,
    /// How many the last look found.
    pub found: Option<u64>,
    /// Row of `events`.
    pub event: Option<String>,
    /// The links.
    pub journey: Vec<LinkState>,
    /// The stages.
    pub stages: Vec<StageRow>,
}

/// A link and what the logs say of it.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct LinkState {
    /// Which.
    pub link: Link,
    /// What is known.
    pub state: State,
    /// When.
    pub at: Option<Instant>,
    /// Lines.
    pub places: Vec<Place>,
    /// Why the state is what it is, when it is not `seen`.
    pub because: Option<String>,
}

/// A stage against its limit.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct StageRow {
    /// Which.
    pub stage: Stage,
    /// How long.
    pub took: Duration,
    /// Upper bound of normal.
    pub limit: Option<Duration>,
    /// It kept the event from the look: it is surely in excess, or a flush left the event behind.
    pub guilty: bool,
    /// What the limit in its place would have saved.
    pub saves: Option<Duration>,
    /// Lines.
    pub places: Vec<Place>,
}

/// One look.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct LookRow {
    /// When its answer was fixed.
    pub at: Option<Instant>,
    /// What was asked, when known.
    pub asked: Option<String>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Rows that the spec counted.
    pub found: Option<u64>,
    /// Rows that came back.
    pub returned: Option<u64>,
    /// Rows that match on the server.
    pub total: Option<u64>,
    /// Lines.
    pub places: Vec<Place>,
}

/// Whether waiting would have helped, and how long.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, Serialize)]
pub struct Wait {
    /// Null when the logs do not tell.
    pub helps: Option<bool>,
    /// Smallest extra wait: from the deadline of a loop, from the last look otherwise.
    pub extra: Option<Duration>,
    /// Smallest time-out that would have passed.
    pub timeout: Option<Duration>,
    /// Largest flush interval that would have passed.
    pub flush_interval: Option<Duration>,
    /// Lines.
    pub places: Vec<Place>,
}

/// How passing specs fared that waited for the same type of event, and what the failing one has to be set beside them.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Passing {
    /// The type.
    pub event_type: String,
    /// Passing specs that printed looks for it. A spec can wait for more than one event of a type.
    pub specs: u64,
    /// Waits that ended with their first look.
    pub at_first_look: u64,
    /// From the start of looking to the look that ended the wait.
    pub looked: Spread,
    /// From the event's emission to that look; null where no emission is seen.
    pub since_emission: Option<Spread>,
    /// How long the failing spec's loop looked; null when it was none.
    pub window: Option<Duration>,
    /// From the emission of the event that the failing spec waited for to its last look; null where no emission is
    /// seen, negative where it came later.
    pub last_look: Option<Duration>,
    /// The look that ended the longest of these waits.
    pub places: Vec<Place>,
}

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

/// One store's ledger. A null count is not observable.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the counts are named as in the ledger: correlate/ledger.rs")]
pub struct Store {
    pub id: String,
    pub service: Option<String>,
    pub process: Option<u32>,
    pub started: Option<Instant>,
    pub flush_interval: Option<Duration>,
    pub batch_size: Option<u64>,
    pub buffer_size: Option<u64>,
    pub emitted: Option<u64>,
    pub refused: Option<u64>,
    pub dropped: Option<u64>,
    pub buffered: Option<u64>,
    pub batched: Option<u64>,
    pub batches: Option<u64>,
    pub written: Option<u64>,
    pub lost: Option<u64>,
    pub parked: Option<u64>,
    pub queued: Option<u64>,
    pub first_gap: Option<Gap>,
}

/// The first unequal edge of a ledger.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Which edge, in words.
    pub edge: String,
    /// How many events went missing there.
    pub missing: u64,
}

/// A timer tick.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the fields of the tick line, see sighting::Tick")]
pub struct TickRow {
    pub store: String,
    pub number: u64,
    pub at: Option<Instant>,
    pub expected: Duration,
    pub actual: Duration,
    pub size: u64,
    pub blocked: Option<Duration>,
    pub write: Option<Duration>,
    pub place: Place,
}

/// A batch.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct BatchRow {
    /// Identifier in this report.
    pub id: String,
    /// Its store.
    pub store: String,
    /// What flushed it.
    pub trigger: Trigger,
    /// Events.
    pub size: u64,
    /// First attempt began.
    pub flushed: Option<Instant>,
    /// 2xx came back.
    pub written: Option<Instant>,
    /// Attempts that were seen.
    pub attempts: Option<u64>,
    /// The paired request.
    pub request: Option<String>,
    /// Other requests that fit as well.
    pub alternatives: Vec<String>,
    /// Lines.
    pub places: Vec<Place>,
}

/// A request that `DataStorage` logged.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct RequestRow {
    /// Request id of the log.
    pub id: String,
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Status.
    pub status: u16,
    /// Begin to end.
    pub at: Option<Instant>,
    /// Handler time.
    pub duration: Duration,
    /// Body length.
    pub bytes: u64,
    /// Batch size, when the log gives it.
    pub size: Option<u64>,
    /// Client address.
    pub remote: Option<String>,
    /// Line.
    pub place: Place,
}

/// An audit event.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct EventRow {
    /// Identifier in this report.
    pub id: String,
    /// Type.
    pub event_type: String,
    /// Correlation id.
    pub correlation_id: String,
    /// Its store.
    pub store: String,
    /// The store's running count when it was buffered.
    pub ordinal: Option<u64>,
    /// Its batch.
    pub batch: Option<String>,
    /// `StoreAudit` was entered.
    pub emitted: Option<Instant>,
    /// The channel send returned.
    pub buffered: Option<Instant>,
    /// First attempt to send its batch.
    pub flushed: Option<Instant>,
    /// The client got a 2xx.
    pub written: Option<Instant>,
    /// Committed.
    pub visible: Option<Instant>,
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
    /// Pairs of nested requests that bound it.
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
