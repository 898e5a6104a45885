//! How a line is written. A *format* knows one line and nothing of what it says.
//!
//! To add one: a file here, and two lines below (`mod`, `ALL`). `fields`, `json`, `decimal` and `time` are no formats:
//! they are what the formats share.

mod postgresql;
mod zap_console;
mod zap_json;

mod decimal;
mod fields;
mod json;
pub mod time;

pub use fields::{Fields, LARGEST};
pub use json::unescaped;

use crate::instant::Stamp;

/// Severity as the line printed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `debug`, `DEBUG`, `Level(-2)`, `LEVEL(-2)` and deeper.
    Debug,
    /// `info`.
    Info,
    /// `warn`.
    Warn,
    /// `error` and above.
    Error,
}

impl Level {
    /// Reads a level as zap prints it, in small letters (JSON) or capitals (console).
    ///
    /// Levels without a name are `Level(n)` and `LEVEL(n)` (zapcore `Level.String`); logr's `V(2)` is `Level(-2)`. All
    /// from debug to fatal have a name, so only deeper ones are read.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "info" | "INFO" => Self::Info,
            "debug" | "DEBUG" => Self::Debug,
            "error" | "ERROR" | "dpanic" | "DPANIC" | "panic" | "PANIC" | "fatal" | "FATAL" => Self::Error,
            "warn" | "WARN" | "warning" | "WARNING" => Self::Warn,
            _ => {
                let number = text.strip_prefix("Level(").or_else(|| text.strip_prefix("LEVEL("))?.strip_suffix(')')?;
                number.parse::<i16>().ok().filter(|number| *number < 0).map(|_| Self::Debug)?
            }
        })
    }
}

/// One logical line of a file, decoded; borrows from the line.
#[derive(Debug)]
pub struct Record<'a> {
    /// Its own stamp.
    pub stamp: Option<Stamp>,
    /// Severity.
    pub level: Level,
    /// Logger name, empty when unnamed.
    pub logger: &'a str,
    /// The message, as printed, emoji and all; a JSON escape in it stays one (see [`unescaped`]).
    pub message: &'a str,
    /// Key and value pairs, values undecoded.
    pub fields: Fields<'a>,
}

/// One way of writing a line.
pub trait Format: Sync {
    /// A short name, as in the documentation.
    fn name(&self) -> &'static str;

    /// The message of the line, found without decoding the rest; `None` when the line is not of this format.
    ///
    /// Optimistic: a torn line may have a message and no record.
    fn message<'a>(&self, line: &'a str) -> Option<&'a str>;

    /// The level of a line of this format, found without decoding the rest. Optimistic as the message is.
    fn level(&self, line: &str) -> Option<Level>;

    /// The whole line, decoded; `None` when it is torn or not of this format.
    fn record<'a>(&self, line: &'a str) -> Option<Record<'a>>;
}

/// Every format, in the order in which they are tried.
pub static ALL: &[&dyn Format] = &[&zap_json::ZapJson, &zap_console::ZapConsole, &postgresql::PostgreSql];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn levels_of_zap_have_two_spellings_and_a_number() {
        assert_eq!(Level::parse("LEVEL(-2)"), Some(Level::Debug));
        assert_eq!(Level::parse("Level(-5)"), Some(Level::Debug));
        assert_eq!(Level::parse("dpanic"), Some(Level::Error));
        assert_eq!(Level::parse("Level(7)"), None);
        assert_eq!(Level::parse("Level(-99999999)"), None);
        assert_eq!(Level::parse("LOG"), None);
    }

    /// Real lines, one of each encoder, to be torn and mixed.
    const LINES: &[&str] = &[
        r#"{"level":"info","ts":"2026-01-14T14:35:15-05:00","msg":"Audit store initialized","service":"signalprocessing","buffer_size":10000,"flush_interval":0.1}"#,
        "2025-12-27T18:47:46-05:00\tINFO\taudit.audit-store\t⏰ Timer tick received\t{\"tick_number\": 3, \"drift\": \"-64.167µs\"}",
        "2026-11-24T18:54:27.072Z\t\x1b[34mINFO\x1b[0m\tdatastorage\tdatastorage/main.go:72\tHTTP request\t{\"status\": 201}",
        "2026-01-23 16:34:51.169 UTC [63] ERROR:  duplicate key value violates unique constraint",
    ];

    proptest! {
        #[test]
        fn any_text_and_any_prefix_of_any_line_is_read_or_not_recognised(
            text in any::<String>(), which in 0..LINES.len(), cut in 0usize..400, tail in "\\PC{0,8}",
        ) {
            let line = LINES[which];
            let mut torn: String = line.chars().take(cut).collect();
            torn.push_str(&tail);
            for format in ALL {
                for line in [text.as_str(), torn.as_str()] {
                    let message = format.message(line);
                    if let Some(record) = format.record(line) {
                        prop_assert_eq!(message, Some(record.message), "{}", line);
                        for (key, _) in record.fields.iter() {
                            let _ = (record.fields.text(key), record.fields.duration(key), record.fields.integer(key));
                            let _ = (record.fields.time(key), record.fields.object(key).is_some());
                        }
                    }
                }
            }
        }
    }
}
