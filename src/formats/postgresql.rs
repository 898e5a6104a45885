//! The stderr log of `PostgreSQL` with its default `log_line_prefix`, `%m [%p] `.
//!
//! One event can take several lines: `ERROR:`, then `DETAIL:`, `STATEMENT:`, `CONTEXT:` with the same prefix, each
//! going on in lines that begin with a TAB.

use memchr::memmem;

use super::{Fields, Format, Level, Record, time};

/// `2026-01-23 16:34:51.169 UTC [63] ERROR:  duplicate key value violates unique constraint "…"`
///
/// The severity and the process are the fields `severity` and `pid`; the logger is `postgresql`.
pub struct PostgreSql;

impl Format for PostgreSql {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn message<'a>(&self, line: &'a str) -> Option<&'a str> {
        Some(parts(line)?.message)
    }

    fn level(&self, line: &str) -> Option<Level> {
        level(parts(line)?.severity)
    }

    fn record<'a>(&self, line: &'a str) -> Option<Record<'a>> {
        let Parts { stamp, pid, severity, message } = parts(line)?;
        let mut fields = Fields::default();
        fields.push("severity", severity);
        fields.push("pid", pid);
        Some(Record { stamp: time::postgresql(stamp), level: level(severity)?, logger: "postgresql", message, fields })
    }
}

struct Parts<'a> {
    stamp: &'a str,
    pid: &'a str,
    severity: &'a str,
    message: &'a str,
}

fn parts(line: &str) -> Option<Parts<'_>> {
    let bytes = line.as_bytes();
    if bytes.len() < 24 || bytes[4] != b'-' || bytes[10] != b' ' || bytes[13] != b':' || !bytes[0].is_ascii_digit() {
        return None;
    }
    let (stamp, rest) = line.split_once(" [")?;
    let (pid, rest) = rest.split_once("] ")?;
    // Two blanks after the colon; `%u@%d` and the like may stand before the severity.
    let colon = memmem::find(rest.as_bytes(), b":  ")?;
    let severity = rest[..colon].rsplit(' ').next()?;
    level(severity)?;
    Some(Parts { stamp, pid, severity, message: &rest[colon + 3..] })
}

/// The severities of `elog.c`, and the lines that belong to the one before.
fn level(severity: &str) -> Option<Level> {
    Some(match severity {
        "ERROR" | "FATAL" | "PANIC" => Level::Error,
        "WARNING" => Level::Warn,
        "LOG" | "INFO" | "NOTICE" | "DETAIL" | "HINT" | "STATEMENT" | "CONTEXT" | "QUERY" | "LOCATION" => Level::Info,
        "DEBUG" | "DEBUG1" | "DEBUG2" | "DEBUG3" | "DEBUG4" | "DEBUG5" => Level::Debug,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::Stamp;

    #[test]
    fn an_error_with_its_process() {
        let line = "2026-01-23 16:34:51.169 UTC [63] ERROR:  duplicate key value violates unique constraint \"x:  y\"";
        let record = PostgreSql.record(line).unwrap();
        assert_eq!(record.stamp, Some(Stamp::utc(1_769_186_091_169_000_000, 1_000_000)));
        assert_eq!((record.level, record.logger), (Level::Error, "postgresql"));
        assert_eq!(record.message, "duplicate key value violates unique constraint \"x:  y\"");
        assert_eq!(record.fields.text("severity").as_deref(), Some("ERROR"));
        assert_eq!(record.fields.integer("pid"), Some(63));
    }

    #[test]
    fn other_prefixes_and_zones() {
        let record = PostgreSql.record("2026-01-23 16:34:51 EST [63] app@action_history STATEMENT:  SELECT 1").unwrap();
        assert_eq!((record.stamp, record.level, record.message), (None, Level::Info, "SELECT 1"));
        // A statement that begins on the next line.
        assert_eq!(PostgreSql.message("2026-11-24 18:54:26.766 UTC [16738] STATEMENT:  "), Some(""));
    }

    #[test]
    fn foreign_lines_are_not_recognised() {
        for line in [
            "2026-01-23 16:34:51.169 UTC [63] NOISE:  x",
            "16735:C 24 Nov 2026 18:54:26.741 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
            "\t\tSELECT event_id FROM audit_events",
            "2026-11-24T18:54:27.072Z\tINFO\tdatastorage\tdatastorage/main.go:72\tLoading",
        ] {
            assert!(PostgreSql.record(line).is_none(), "{line}");
        }
    }
}
