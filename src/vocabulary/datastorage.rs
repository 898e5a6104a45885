//! `DataStorage`: requests, writes, queries, life cycle (`pkg/datastorage`).

#![allow(clippy::unnecessary_wraps, reason = "the entries of a table have one type")]

use super::{Names, Wording};
use crate::formats::Record;
use crate::instant::Nanos;
use crate::sighting::{Request, ServerLine, Text, What};

macro_rules! wordings {
    ($($message:literal => $decode:expr,)*) => {
        &[$(Wording { message: $message, decode: |record, names| said(record, names, $decode) }),*]
    };
}

/// Messages of the server. Refusals are printed at Info: the level says nothing.
pub const WORDINGS: &[Wording] = wordings![
    "HTTP request" => request,
    "Batch audit events created successfully" => |r, _| Some(ServerLine::BatchCreated { count: r.fields.integer("count")?, duration: seconds(r) }),
    "Audit event created successfully" => |r, n| Some(ServerLine::EventCreated { event_type: text(r, n, "event_type"), correlation_id: text(r, n, "correlation_id") }),
    "Batch database write failed" => |r, n| failed(r, n, false),
    // since 3b0c95316
    "Batch database write failed, attempting per-item DLQ fallback" => |r, n| failed(r, n, false),
    "Database write failed" => |r, n| failed(r, n, false),
    "Failed to query audit events" => |r, n| failed(r, n, true),
    "Batch DLQ fallback succeeded — all events queued" => |r, _| Some(ServerLine::Parked { count: r.fields.integer("count") }),
    "Batch DLQ fallback partially failed" => park_failed,
    "DLQ fallback succeeded" => |_, _| Some(ServerLine::Parked { count: Some(1) }),
    "DLQ fallback also failed - data loss risk" => park_failed,
    "Message moved to dead letter after max retries (ADR-032 violation)" => park_failed,
    "DLQ fallback failed for batch item — data loss risk" => park_failed,
    "DLQ message processed successfully" => |_, _| Some(ServerLine::Replayed),
    "Batch validation failed" => refused,
    "Batch EventData validation failed" => refused,
    "Batch conversion failed" => refused,
    "Batch repository conversion failed - invalid event_data" => refused,
    "Batch endpoint received single object instead of array" => refused,
    "Batch endpoint received empty array" => refused,
    "Invalid JSON array in request body" => refused,
    "Invalid JSON in request body" => refused,
    "Batch exceeds maximum size" => refused,
    "Batch parent event not found" => refused,
    "Parent event not found" => refused,
    "Invalid event_data format" => refused,
    "Batch FK lookup failed" => refused,
    "Business validation failed" => refused,
    "Request validation failed" => refused,
    "Invalid query parameters" => refused,
    "out-of-order event timestamps in batch" => refused,
    "Audit events queried successfully" => queried,
    "handleQueryAuditEvents called" => |r, n| Some(ServerLine::QueryText { query: text(r, n, "query"), remote: text(r, n, "remote_addr") }),
    "Building audit_events SQL query" => |r, n| Some(ServerLine::QueryFilters {
        correlation_id: text(r, n, "correlation_id"),
        event_type: text(r, n, "event_type"),
        event_category: text(r, n, "event_category"),
    }),
    "PostgreSQL connection established" => pool,
    "HTTP server listening" => |_, _| Some(ServerLine::Listening),
    "Starting Data Storage service (ADR-030 + DD-007)" => |_, _| Some(ServerLine::Starting),
    "Starting DataStorage Service" => |_, _| Some(ServerLine::Starting),
    "Failed to connect, retrying..." => |r, n| Some(ServerLine::ConnectFailed { error: error(r, n) }),
    "Failed to create server after all retries" => |r, n| Some(ServerLine::ConnectFailed { error: error(r, n) }),
    "Health check failed - database unreachable" => |r, n| Some(ServerLine::ConnectFailed { error: error(r, n) }),
    "Readiness probe failed - database unreachable" => |r, n| Some(ServerLine::ConnectFailed { error: error(r, n) }),
    "Readiness probe failed - Redis unreachable" => |r, n| Some(ServerLine::ConnectFailed { error: error(r, n) }),
    "Shutdown signal received (DD-007)" => |_, _| Some(ServerLine::ShutdownBegan),
    "PANIC RECOVERED" => |_, _| Some(ServerLine::Panicked),
    "security_event" => rejected,
    "Rejecting request: per-IP rate limit exceeded" => rejected,
    "Rejecting oversized request body" => rejected,
];

fn said(
    record: &Record<'_>,
    names: &mut Names,
    decode: fn(&Record<'_>, &mut Names) -> Option<ServerLine>,
) -> Option<What> {
    if is_ours(record) { decode(record, names).map(What::Server) } else { None }
}

/// The gateway's middleware prints "HTTP request" too.
fn is_ours(record: &Record<'_>) -> bool {
    record.logger.is_empty() || record.logger.starts_with("datastorage")
}

/// A message of the table that another service printed.
pub fn is_foreign(record: &Record<'_>) -> bool {
    let message = super::bare(record.message);
    !is_ours(record) && WORDINGS.iter().any(|wording| wording.message == message)
}

fn text(record: &Record<'_>, names: &mut Names, key: &str) -> Text {
    names.text(&record.fields.text(key).unwrap_or_default())
}

fn error(record: &Record<'_>, names: &mut Names) -> Text {
    names.prose(&record.fields.text("error").unwrap_or_default())
}

/// `duration_seconds` is a float of seconds in every encoder.
fn seconds(record: &Record<'_>) -> Option<Nanos> {
    record.fields.duration("duration_seconds")
}

fn request(record: &Record<'_>, names: &mut Names) -> Option<ServerLine> {
    let fields = &record.fields;
    Some(ServerLine::Request(Box::new(Request {
        id: names.text(&fields.text("request_id").unwrap_or_default()),
        method: names.text(&fields.text("method")?),
        path: names.text(&fields.text("path")?),
        remote: names.text(&fields.text("remote_addr").unwrap_or_default()),
        status: u16::try_from(fields.integer("status")?).ok()?,
        bytes: fields.integer("bytes").unwrap_or(0),
        duration: fields.duration("duration").filter(|took| *took >= 0)?,
    })))
}

fn failed(record: &Record<'_>, names: &mut Names, query: bool) -> Option<ServerLine> {
    Some(ServerLine::DatabaseFailed { count: record.fields.integer("count"), error: error(record, names), query })
}

fn park_failed(record: &Record<'_>, names: &mut Names) -> Option<ServerLine> {
    Some(ServerLine::ParkFailed { error: error(record, names) })
}

fn refused(record: &Record<'_>, names: &mut Names) -> Option<ServerLine> {
    let reason = match record.fields.text("error") {
        Some(error) => format!("{}: {error}", super::bare(record.message)),
        None => super::bare(record.message).to_owned(),
    };
    Some(ServerLine::Refused { reason: names.prose(&reason) })
}

fn rejected(record: &Record<'_>, names: &mut Names) -> Option<ServerLine> {
    let status = record.fields.integer("status_code").and_then(|status| u16::try_from(status).ok());
    let reason = record.fields.text("reason").unwrap_or_else(|| record.message.into());
    Some(ServerLine::Rejected { status, reason: names.prose(&reason) })
}

fn queried(record: &Record<'_>, _: &mut Names) -> Option<ServerLine> {
    let fields = &record.fields;
    Some(ServerLine::Queried {
        count: fields.integer("count")?,
        total: fields.integer("total")?,
        limit: fields.integer("limit").unwrap_or(0),
        offset: fields.integer("offset").unwrap_or(0),
    })
}

/// Until 52c0a4917 the line printed 25/5 whatever the configuration said.
fn pool(record: &Record<'_>, _: &mut Names) -> Option<ServerLine> {
    let fields = &record.fields;
    Some(ServerLine::Pool {
        open: fields.integer("maxOpenConns").or_else(|| fields.integer("max_open_conns"))?,
        idle: fields.integer("maxIdleConns").or_else(|| fields.integer("max_idle_conns"))?,
    })
}
