//! A *sighting* is what one record means: "event buffered", "tick", "request served", "look", "spec failed".
//!
//! Vocabularies make sightings out of records; everything after them knows sightings only.

use std::num::NonZeroI64;

use arcstr::ArcStr;

use crate::instant::{Nanos, Stamp};

/// An interned text of a bundle: a label, never a path and never trusted. One pointer wide, for millions are kept.
pub type Text = ArcStr;

/// One sighting with its place in its file.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// Line number, from 1.
    pub line: u32,
    /// The line's own stamp, if it has one.
    pub stamp: Option<Stamp>,
    /// The stamp that a runtime put before the line when it *read* it (CRI, kubectl): nanoseconds, UTC. The epoch itself
    /// is not believed, which spares the room to say whether there is one.
    pub read_at: Option<NonZeroI64>,
    /// What the line says.
    pub what: What,
}

/// What a line says, by the part of the system that said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The client-side audit store.
    Store(StoreLine),
    /// DataStorage.
    Server(ServerLine),
    /// The test runner and the specs.
    Test(TestLine),
    /// The code around the store: controllers, audit clients.
    Caller(CallerLine),
    /// PostgreSQL: an error that it logged.
    Database {
        /// The message.
        message: Text,
    },
}

/// Name of the logger that printed a store line; it tells the stores in one log apart.
pub type Logger = Text;

/// A line of one audit store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreLine {
    /// The logger, without its `.audit-store` suffix.
    pub logger: Logger,
    /// What happened.
    pub event: StoreEvent,
}

/// What an audit store said (`pkg/audit/store.go`; the Python store of holmesgpt-api where it says the same).
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are named as in the log line that the variant quotes")]
pub enum StoreEvent {
    /// "Audit store initialized".
    Initialized { service: Text, config: StoreConfig },
    /// "Audit background writer started": a new store.
    Started { config: Box<StoreConfig>, start_time: Option<Nanos> },
    /// "`StoreAudit` called": before validation.
    Called { event_type: Text, correlation_id: Text },
    /// Client-side validation refused the event; the line names neither type nor id.
    Refused { error: Text },
    /// Validation passed; the line names no id.
    Validated { event_type: Text },
    /// The channel send returned. `total` counts from 1 in each store.
    Buffered { event_type: Text, correlation_id: Text, waiting: u64, total: u64 },
    /// The channel was full.
    DroppedFull { event_type: Text, correlation_id: Text, dropped: Option<u64> },
    /// The store was closed.
    DroppedClosed { event_type: Text, correlation_id: Text },
    /// One firing of the flush timer.
    Tick(Box<Tick>),
    /// The timer line's false alarm: an interval much longer than expected.
    TimerBug { actual: Nanos },
    /// A flush began, so long after the end of the one before.
    FlushBegan { trigger: Trigger, size: u64, waiting: u64, since: Option<Nanos> },
    /// A flush of a batch ended, sent or dropped.
    FlushEnded { trigger: Trigger, size: u64 },
    /// Somebody called `Flush()`.
    FlushRequested,
    /// The writer took up a flush request; `drained` counts what it moved out of the channel, when printed.
    FlushProcessing { size: u64, waiting: u64 },
    /// The writer moved waiting events into the batch.
    Drained { drained: u64, size: u64, waiting: u64 },
    /// The writer ended an explicit flush; `waiting` stayed in the channel.
    ExplicitEnded { size: u64, waiting: u64 },
    /// `Flush()` returned to its caller, or found nothing.
    ExplicitReturned { nothing: bool },
    /// A batch was accepted with a 2xx; the duration covers earlier attempts and their pauses.
    Wrote { size: u64, attempt: u64, duration: Option<Nanos> },
    /// The same, slower than two seconds.
    SlowWrite { size: u64, duration: Nanos },
    /// One attempt failed.
    WriteFailed { attempt: u64, size: u64, error: Text },
    /// A batch was dropped after an error that is not retried.
    DroppedBatch { size: u64 },
    /// A batch was dropped after the last attempt, or in a shutdown.
    LostBatch { size: u64, error: Text },
    /// `Close()` began.
    Closing,
    /// The writer flushes what is left.
    ShutdownFlush { size: u64 },
    /// The writer ended: its life and its ticks.
    Stopped { runtime: Option<Nanos>, ticks: Option<u64> },
    /// The store's last word: its counts.
    Closed { buffered: u64, written: u64, dropped: u64, failed_batches: u64 },
    /// `Close()` gave up waiting.
    CloseTimeout,
}

/// What triggered a flush.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The flush timer.
    Tick,
    /// The batch reached its size.
    Full,
    /// Somebody called `Flush()`.
    Flush,
    /// The store was closed.
    Shutdown,
}

/// The settings that a store prints when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreConfig {
    /// Flush interval in nanoseconds.
    pub flush_interval: Nanos,
    /// Events a batch.
    pub batch_size: u64,
    /// Channel capacity in events.
    pub buffer_size: u64,
}

/// A timer tick: `tick_time` is when it fired, the line's stamp when the writer took it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// Counts from 1 in each store; lost ticks are not counted.
    pub number: u64,
    /// Events in the batch before the flush.
    pub size: u64,
    /// Events still in the channel.
    pub waiting: u64,
    /// The configured interval.
    pub expected: Nanos,
    /// Time since the end of the last flush (or the last empty tick), as the writer measured it.
    pub actual: Nanos,
    /// When the timer fired.
    pub fired: Option<Nanos>,
}

/// A line of `DataStorage`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are named as in the log line that the variant quotes")]
pub enum ServerLine {
    /// "HTTP request", logged after the handler.
    Request(Box<Request>),
    /// A batch was committed; `duration` is the database part.
    BatchCreated { count: u64, duration: Option<Nanos> },
    /// One event was committed through the single endpoint.
    EventCreated { event_type: Text, correlation_id: Text },
    /// A batch or event was refused with a 4xx.
    Refused { reason: Text },
    /// The database refused a batch or event, or a query.
    DatabaseFailed { count: Option<u64>, error: Text, query: bool },
    /// Events were parked in the dead-letter queue: accepted, not visible.
    Parked { count: Option<u64> },
    /// A parked event was written after all.
    Replayed,
    /// Parking failed too.
    ParkFailed { error: Text },
    /// A query was answered.
    Queried { count: u64, total: u64, limit: u64, offset: u64 },
    /// A query's text, at debug level.
    QueryText { query: Text, remote: Text },
    /// A query's filters, at debug level.
    QueryFilters { correlation_id: Text, event_type: Text, event_category: Text },
    /// Connection pool.
    Pool { open: u64, idle: u64 },
    /// The server listens.
    Listening,
    /// It begins to start.
    Starting,
    /// It could not reach PostgreSQL or Redis.
    ConnectFailed { error: Text },
    /// It got a signal.
    ShutdownBegan,
    /// A handler panicked.
    Panicked,
    /// Rejected before the handler: authentication, rate, size.
    Rejected { status: Option<u16>, reason: Text },
}

/// One served HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `<host>/<random>-<counter>`.
    pub id: Text,
    /// HTTP method.
    pub method: Text,
    /// Path without the query.
    pub path: Text,
    /// `address:port` of the client; the port is missing behind a proxy.
    pub remote: Text,
    /// Status; 0 when the client had left.
    pub status: u16,
    /// Body length of the answer.
    pub bytes: u64,
    /// Handler time.
    pub duration: Nanos,
}

/// A line of the test output.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are named as in the log line that the variant quotes")]
pub enum TestLine {
    /// "Running Suite: …".
    SuiteStarted { name: Text },
    /// "Random Seed: …".
    Seed(u64),
    /// "Running in parallel across … processes".
    Processes(u32),
    /// "Will run … of … specs".
    WillRun { total: u32 },
    /// A line of thirty dashes between blocks.
    Delimiter,
    /// The header of a block: a spec or a suite node, with its outcome.
    Header(Header),
    /// A location alone on its line; the spec text stands on the line before.
    SpecText { text: Text, place: CodePlace },
    /// "STEP: … @ stamp".
    Step { text: Text },
    /// `[FAILED] in [It] - place @ stamp`.
    FailedIn { outcome: Outcome, node: Text, at: CodePlace },
    /// First line of a failure's body, then what followed it.
    Failure { outcome: Outcome, message: Text },
    /// `In [It] at: place @ stamp`.
    FailureAt { node: Text, at: CodePlace },
    /// What a spec's query returned, as the spec printed it.
    Look(Box<Look>),
    /// The spec flushed its store before it looked.
    SpecFlushed,
    /// "Created …: namespace/name": the object that the spec works on.
    Created { name: Text },
    /// `[Process n]`, or another hint which process a block belongs to.
    Process(u32),
    /// A frame of a panic's stack: `/src/x.go:203 +0x47d`.
    Frame { at: CodePlace },
    /// `[FAIL] text` or another line of the summary, with its place.
    Summary { outcome: Outcome, text: Text },
    /// "Ran … of … Specs in … seconds".
    Ran { ran: u32, of: u32, seconds: Nanos },
    /// The counts of the last line.
    Totals { passed: u32, failed: u32, flaked: u32, pending: u32, skipped: u32, note: Text },
    /// A suite node failed, so the counts are missing.
    SuiteNodeFailed,
    /// A health check of the infrastructure failed.
    ServerUnreachable { error: Text },
    /// "Collecting container logs to …": the must-gather that belongs to this run.
    MustGather { folder: Text },
}

/// What a block's header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Suite node such as `SynchronizedBeforeSuite`; empty for a spec.
    pub node: Text,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it ran, when printed.
    pub took: Option<Nanos>,
}

/// How a spec or a suite node ended (Ginkgo's default reporter).
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Passed.
    Passed,
    /// Passed after several attempts.
    Flaky,
    /// Failed.
    Failed,
    /// Ended by the suite's or its own time-out.
    TimedOut,
    /// Panicked.
    Panicked,
    /// Interrupted: a victim.
    Interrupted,
    /// Aborted the suite.
    Aborted,
    /// Skipped.
    Skipped,
    /// Pending.
    Pending,
}

/// A place in the code under test.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodePlace {
    /// Path as printed.
    pub file: Text,
    /// Line, from 1.
    pub line: u32,
}

/// One look that a spec printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// Type asked for, when printed; may be a tail such as `classification.decision`.
    pub event_type: Option<Text>,
    /// Id asked for.
    pub correlation_id: Option<Text>,
    /// Rows that the spec counted.
    pub found: Option<u64>,
    /// Rows that the spec wants.
    pub expected: Option<u64>,
    /// Rows that the server returned, before the spec filtered them.
    pub returned: Option<u64>,
    /// What went wrong with the query.
    pub error: Option<Text>,
    /// The query's text (from an error that quotes the URL).
    pub query: Option<Text>,
    /// Which line of the look this is.
    pub part: LookPart,
}

/// Some helpers print a look on several lines, always in this order; a line that does not come later in it than the
/// line before begins a new look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LookPart {
    /// What was asked.
    Asked,
    /// What came back.
    #[default]
    Result,
    /// The same again, with the time of day.
    Stamped,
}

/// A line of the code around the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are named as in the log line that the variant quotes")]
pub enum CallerLine {
    /// A controller took up an object.
    Reconciling { kind: Text, namespace: Text, name: Text, message: Text },
    /// The caller was told that its event was refused or dropped.
    AuditFailed { message: Text, error: Text },
    /// The audit was skipped on purpose, or could not be recorded.
    AuditSkipped { message: Text },
    /// Any other error that a process logged.
    Error { message: Text, error: Text },
    /// A process panicked.
    Panic { message: Text },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bundle of a gigabyte has a million of them.
    #[test]
    fn a_sighting_is_small() {
        assert!(size_of::<What>() <= 48, "found {} bytes", size_of::<What>());
        assert!(size_of::<Sighting>() <= 80, "found {} bytes", size_of::<Sighting>());
    }
}
