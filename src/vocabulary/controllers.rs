//! The code around the store: controllers that take up an object, audit clients that are told no, panics.

use std::sync::LazyLock;

use memchr::memmem;

use super::{Names, bare};
use crate::formats::{Level, Record};
use crate::sighting::{CallerLine, What};

/// Messages of callers whose event was refused or dropped: all begin so (`internal/controller`, `pkg/*/audit`).
const AUDIT_FAILED: &[&str] = &[
    "Failed to write",
    "Failed to store",
    "Failed to buffer audit event",
    "Failed to record",
    "Failed to emit",
    "CRITICAL: Failed to store mandatory audit event",
    "CRITICAL: Cannot record audit event",
    "DD-AUDIT-003: Failed to emit",
    "failed to store audit event",
    "audit store failure",
];

/// Whether a record below the level of errors may say something here.
pub fn may_say(message: &str, line: &str) -> bool {
    // Made once: to prepare the search costs as much as the search.
    static KIND: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("controllerKind"));
    let message = bare(message);
    let begins = |start: &&str| message.starts_with(start);
    // Most messages fail at their first letter.
    let may_begin = matches!(message.as_bytes().first(), Some(b'S' | b'O' | b'F' | b'C' | b'D' | b'f' | b'a'));
    (may_begin && ["Skipping", "Observed a panic"].iter().chain(AUDIT_FAILED).any(begins))
        || KIND.find(line.as_bytes()).is_some()
}

/// A record that no table knows.
pub fn read(record: &Record<'_>, names: &mut Names) -> Option<What> {
    let message = bare(record.message);
    let error = record.fields.text("error");
    let about_audit = || message.contains("audit") || message.contains("Audit");
    let line = if error.is_some() && about_audit() && AUDIT_FAILED.iter().any(|start| message.starts_with(start)) {
        CallerLine::AuditFailed { message: names.prose(record.message), error: names.prose(&error.unwrap_or_default()) }
    } else if message.starts_with("Observed a panic") {
        CallerLine::Panic { message: names.prose(&record.fields.text("panic").unwrap_or_default()) }
    } else if record.level >= Level::Error {
        CallerLine::Error { message: names.prose(record.message), error: names.prose(&error.unwrap_or_default()) }
    } else if message.starts_with("Skipping") && about_audit() {
        CallerLine::AuditSkipped { message: names.prose(record.message) }
    } else if record.fields.has("controllerKind") {
        CallerLine::Reconciling {
            kind: names.text(&record.fields.text("controllerKind")?),
            namespace: names.text(&record.fields.text("namespace").unwrap_or_default()),
            name: names.text(&record.fields.text("name")?),
            message: names.text(message),
        }
    } else {
        return None;
    };
    Some(What::Caller(line))
}
