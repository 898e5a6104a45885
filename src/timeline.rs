//! Stub.
use crate::report;
/// Stub.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// Stub.
    pub rows: Vec<Row>,
}
/// Stub.
#[derive(Debug, Clone)]
pub struct Row {
    /// Stamp as printed, may be empty.
    pub raw: String,
    /// Derived.
    pub at: Option<report::Instant>,
    /// Stub.
    pub source: String,
    /// Stub.
    pub store: String,
    /// What happened.
    pub text: String,
    /// Stub.
    pub place: report::Place,
    /// Stub.
    pub event_type: Option<String>,
    /// Stub.
    pub correlation_id: Option<String>,
    /// Index in `report.failures`.
    pub failure: Option<usize>,
}
