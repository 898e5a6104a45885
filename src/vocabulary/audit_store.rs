//! The client-side audit store, all wordings from November 2025 to August 2026 (`pkg/audit/store.go`).
//!
//! Levels changed more often than words: which lines a log can hold at all is told by `correlate::visibility`, never
//! by a date.

#![allow(clippy::unnecessary_wraps, reason = "the entries of a table have one type")]

use super::{Names, Wording};
use crate::formats::Record;
use crate::sighting::{StoreConfig, StoreEvent, StoreLine, Tick, Trigger, What};

macro_rules! wordings {
    ($($message:literal => $decode:expr,)*) => {
        &[$(Wording { message: $message, decode: |record, names| said(record, names, $decode) }),*]
    };
}

/// Messages, without emoji. The comments name the commit of a change where one message has several texts.
pub const WORDINGS: &[Wording] = wordings![
    "Audit store initialized" => initialized,
    "Audit background writer started" => started,
    "StoreAudit called" => |r, n| Some(StoreEvent::Called { event_type: event_type(r, n)?, correlation_id: correlation_id(r, n) }),
    "Invalid audit event (OpenAPI validation)" => refused,
    "Invalid audit event" => refused,
    "Validation passed, attempting to buffer event" => |r, n| Some(StoreEvent::Validated { event_type: event_type(r, n)? }),
    "Event buffered successfully" => buffered,
    "Audit buffer full, event dropped" => dropped_full,
    // until 28dbf080e
    "Audit buffer full, dropping event" => dropped_full,
    "Audit buffer full, dropping event (graceful degradation)" => dropped_full,
    "Audit store closed, dropping event" => |r, n| Some(StoreEvent::DroppedClosed { event_type: event_type(r, n)?, correlation_id: correlation_id(r, n) }),
    "Timer tick received" => tick,
    "TIMER BUG DETECTED: Tick interval significantly exceeded expected" => |r, _| Some(StoreEvent::TimerBug { actual: r.fields.duration("actual_interval")? }),
    "Timer-based flush triggered" => |r, _| began(r, Trigger::Tick),
    "Batch-full flush triggered" => |r, _| began(r, Trigger::Full),
    "Timer-based flush completed" => |r, _| ended(r, Trigger::Tick),
    "Batch-full flush completed" => |r, _| ended(r, Trigger::Full),
    "Explicit flush requested" => |_, _| Some(StoreEvent::FlushRequested),
    "Processing explicit flush request" => flush_processing,
    "Drained buffer channel into batch" => drained,
    "Explicit flush completed" => explicit_ended,
    "Explicit flush completed (no events to flush)" => |_, _| Some(StoreEvent::ExplicitReturned { nothing: true }),
    "Wrote audit batch" => wrote,
    "Slow audit batch write detected" => |r, _| Some(StoreEvent::SlowWrite { size: r.fields.integer("batch_size")?, duration: r.fields.duration("write_duration")? }),
    "Failed to write audit batch" => write_failed,
    // since f4eb59ce6, beside the line of the attempt
    "Auth error writing audit batch (token may be expired, will retry)" => auth_failed,
    "Auth error writing audit batch (token expired or insufficient permissions, will retry)" => auth_failed,
    "Dropping audit batch due to non-retryable error (invalid data)" => |r, _| Some(StoreEvent::DroppedBatch { size: r.fields.integer("batch_size")? }),
    // since ba00f1944
    "Dropping audit batch due to non-retryable client error (invalid request data)" => |r, _| Some(StoreEvent::DroppedBatch { size: r.fields.integer("batch_size")? }),
    "AUDIT DATA LOSS: Dropping batch after max retries (infrastructure unavailable)" => lost,
    // until 91dfdbe92
    "AUDIT DATA LOSS: Dropping batch, no DLQ configured (violates ADR-032)" => lost,
    "Dropping audit batch after max retries" => lost,
    "Shutdown during retry backoff, dropping batch" => lost,
    "Flushing remaining events on shutdown" => |r, _| Some(StoreEvent::ShutdownFlush { size: r.fields.integer("batch_size")? }),
    "Shutdown flush completed" => |r, _| Some(StoreEvent::FlushEnded { trigger: Trigger::Shutdown, size: r.fields.integer("flushed_count")? }),
    "Audit background writer stopped" => |r, _| Some(StoreEvent::Stopped { runtime: r.fields.duration("total_runtime"), ticks: r.fields.integer("total_ticks") }),
    "Closing audit store, flushing remaining events" => |_, _| Some(StoreEvent::Closing),
    "Audit store closed" => closed,
    "Timeout waiting for audit store to close" => |_, _| Some(StoreEvent::CloseTimeout),
];

fn said(
    record: &Record<'_>,
    names: &mut Names,
    decode: fn(&Record<'_>, &mut Names) -> Option<StoreEvent>,
) -> Option<What> {
    let event = decode(record, names)?;
    // The first line comes from the root logger, all others from its child "audit-store".
    let logger = record.logger.strip_suffix("audit-store").unwrap_or(record.logger).trim_end_matches('.');
    Some(What::Store(StoreLine { logger: names.text(logger), event }))
}

fn event_type(record: &Record<'_>, names: &mut Names) -> Option<crate::sighting::Text> {
    Some(names.text(&record.fields.text("event_type")?))
}

fn correlation_id(record: &Record<'_>, names: &mut Names) -> crate::sighting::Text {
    names.text(&record.fields.text("correlation_id").unwrap_or_default())
}

fn config(record: &Record<'_>) -> Option<StoreConfig> {
    Some(StoreConfig {
        flush_interval: record.fields.duration("flush_interval").filter(|interval| *interval > 0)?,
        batch_size: record.fields.integer("batch_size")?,
        buffer_size: record.fields.integer("buffer_size")?,
    })
}

fn initialized(record: &Record<'_>, names: &mut Names) -> Option<StoreEvent> {
    // A command's own "Audit store initialized" without settings says nothing about a store.
    let config = config(record)?;
    let service = names.text(&record.fields.text("service").unwrap_or_default());
    Some(StoreEvent::Initialized { service, config })
}

fn started(record: &Record<'_>, _: &mut Names) -> Option<StoreEvent> {
    Some(StoreEvent::Started { config: Box::new(config(record)?), start_time: record.fields.time("start_time") })
}

fn refused(record: &Record<'_>, names: &mut Names) -> Option<StoreEvent> {
    Some(StoreEvent::Refused { error: names.prose(&record.fields.text("error").unwrap_or_default()) })
}

fn buffered(record: &Record<'_>, names: &mut Names) -> Option<StoreEvent> {
    Some(StoreEvent::Buffered {
        event_type: event_type(record, names)?,
        correlation_id: correlation_id(record, names),
        waiting: record.fields.integer("buffer_size_after").unwrap_or(0),
        total: record.fields.integer("total_buffered")?,
    })
}

fn dropped_full(record: &Record<'_>, names: &mut Names) -> Option<StoreEvent> {
    Some(StoreEvent::DroppedFull {
        event_type: event_type(record, names)?,
        correlation_id: correlation_id(record, names),
        dropped: record.fields.integer("dropped_count"),
    })
}

fn tick(record: &Record<'_>, _: &mut Names) -> Option<StoreEvent> {
    let fields = &record.fields;
    Some(StoreEvent::Tick(Box::new(Tick {
        number: fields.integer("tick_number")?,
        // until 4d04d7f2c the field had the shorter name
        size: fields.integer("batch_size_before_flush").or_else(|| fields.integer("batch_size"))?,
        waiting: fields.integer("buffer_utilization").unwrap_or(0),
        expected: fields.duration("expected_interval").filter(|interval| *interval > 0)?,
        actual: fields.duration("actual_interval")?,
        fired: fields.time("tick_time"),
    })))
}

fn began(record: &Record<'_>, trigger: Trigger) -> Option<StoreEvent> {
    let waiting = record.fields.integer("buffer_utilization").unwrap_or(0);
    let since = record.fields.duration("time_since_last_flush");
    Some(StoreEvent::FlushBegan { trigger, size: record.fields.integer("batch_size")?, waiting, since })
}

fn ended(record: &Record<'_>, trigger: Trigger) -> Option<StoreEvent> {
    Some(StoreEvent::FlushEnded { trigger, size: record.fields.integer("flushed_count")? })
}

fn flush_processing(record: &Record<'_>, _: &mut Names) -> Option<StoreEvent> {
    let fields = &record.fields;
    Some(StoreEvent::FlushProcessing {
        // the names before and after 52c0a4917
        size: fields.integer("batch_size_before_drain").or_else(|| fields.integer("batch_size"))?,
        waiting: fields.integer("buffer_size_before_drain").or_else(|| fields.integer("buffer_size")).unwrap_or(0),
    })
}

fn drained(record: &Record<'_>, _: &mut Names) -> Option<StoreEvent> {
    let fields = &record.fields;
    Some(StoreEvent::Drained {
        drained: fields.integer("drained_count")?,
        size: fields.integer("batch_size_after_drain")?,
        waiting: fields.integer("buffer_size_after_drain").unwrap_or(0),
    })
}

/// The writer prints it with counts, then the caller of `Flush()` without.
fn explicit_ended(record: &Record<'_>, _: &mut Names) -> Option<StoreEvent> {
    Some(match record.fields.integer("flushed_count") {
        Some(size) => {
            StoreEvent::ExplicitEnded { size, waiting: record.fields.integer("buffer_size_after").unwrap_or(0) }
        }
        None => StoreEvent::ExplicitReturned { nothing: false },
    })
}

fn wrote(record: &Record<'_>, _: &mut Names) -> Option<StoreEvent> {
    Some(StoreEvent::Wrote {
        size: record.fields.integer("batch_size")?,
        attempt: record.fields.integer("attempt").unwrap_or(1),
        duration: record.fields.duration("write_duration"),
    })
}

fn write_failed(record: &Record<'_>, names: &mut Names) -> Option<StoreEvent> {
    Some(StoreEvent::WriteFailed {
        attempt: record.fields.integer("attempt")?,
        size: record.fields.integer("batch_size")?,
        error: names.prose(&record.fields.text("error").unwrap_or_default()),
    })
}

fn auth_failed(record: &Record<'_>, names: &mut Names) -> Option<StoreEvent> {
    Some(StoreEvent::WriteFailed {
        attempt: record.fields.integer("attempt")?,
        size: record.fields.integer("batch_size")?,
        error: names.text("returned status 401 or 403"),
    })
}

fn lost(record: &Record<'_>, names: &mut Names) -> Option<StoreEvent> {
    Some(StoreEvent::LostBatch {
        size: record.fields.integer("batch_size")?,
        error: names.prose(&record.fields.text("error").unwrap_or_default()),
    })
}

fn closed(record: &Record<'_>, _: &mut Names) -> Option<StoreEvent> {
    let fields = &record.fields;
    Some(StoreEvent::Closed {
        buffered: fields.integer("buffered_count")?,
        written: fields.integer("written_count")?,
        dropped: fields.integer("dropped_count")?,
        failed_batches: fields.integer("failed_batch_count")?,
    })
}
