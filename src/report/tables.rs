//! The large *tables*: flat rows of the stores, and of what they ticked, sent and held, and the server answered.

use serde::Serialize;

use super::{Duration, Instant, Place};
use crate::sighting::Trigger;

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
