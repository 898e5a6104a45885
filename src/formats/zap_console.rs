//! zap's console encoder: columns between TABs, then the fields as JSON.
//!
//! `ts, LEVEL, [logger], [caller], message, [fields]`. controller-runtime in development mode prints whole seconds and
//! no caller; kubernaut's `pkg/log` prints milliseconds, a coloured level and the caller.

use memchr::{memchr, memrchr};

use super::{Fields, Format, Level, Record, time};

/// `2026-01-14T14:35:15-05:00⇥INFO⇥audit.audit-store⇥…⇥{"batch_size": 2}`
pub struct ZapConsole;

impl Format for ZapConsole {
    fn name(&self) -> &'static str {
        "zap console"
    }

    fn message<'a>(&self, line: &'a str) -> Option<&'a str> {
        Some(columns(line)?.message)
    }

    fn level(&self, line: &str) -> Option<Level> {
        Some(columns(line)?.level)
    }

    fn record<'a>(&self, line: &'a str) -> Option<Record<'a>> {
        let Columns { stamp, level, logger, message, fields } = columns(line)?;
        let fields = if fields.is_empty() { Fields::default() } else { Fields::parse(fields)? };
        let stamp = time::rfc3339(stamp).or_else(|| time::epoch(stamp));
        Some(Record { stamp: Some(stamp?), level, logger, message, fields })
    }
}

struct Columns<'a> {
    stamp: &'a str,
    level: Level,
    logger: &'a str,
    message: &'a str,
    /// The JSON at the end, or empty.
    fields: &'a str,
}

/// A stamp has 10 bytes (epoch seconds) to 35 (nanoseconds with offset).
const STAMP: std::ops::RangeInclusive<usize> = 10..=35;

fn columns(line: &str) -> Option<Columns<'_>> {
    let bytes = line.as_bytes();
    if !bytes.first()?.is_ascii_digit() {
        return None;
    }
    let stamp_end = memchr(b'\t', &bytes[..bytes.len().min(STAMP.end() + 1)]).filter(|end| STAMP.contains(end))?;
    let rest = &line[stamp_end + 1..];
    let (level, rest) = cut(rest)?;
    let level = Level::parse(plain(level))?;

    // A message may have TABs, the JSON has none: zap escapes them.
    let (head, fields) = match memrchr(b'\t', rest.as_bytes()) {
        Some(tab) if rest.as_bytes().get(tab + 1) == Some(&b'{') => (&rest[..tab], &rest[tab + 1..]),
        _ => (rest, ""),
    };
    let (logger, message) = named(head);
    Some(Columns { stamp: &line[..stamp_end], level, logger, message, fields })
}

/// Logger and message of `[logger]⇥[caller]⇥message`.
fn named(head: &str) -> (&str, &str) {
    let Some((first, rest)) = cut(head) else { return ("", head) };
    if is_caller(first) {
        return ("", rest);
    }
    if let Some((second, message)) = cut(rest)
        && is_caller(second)
    {
        return (first, message);
    }
    // A logger's name has no blank; what has one is the first part of a message with a TAB in it.
    if first.contains(' ') { ("", head) } else { (first, rest) }
}

fn cut(text: &str) -> Option<(&str, &str)> {
    let tab = memchr(b'\t', text.as_bytes())?;
    Some((&text[..tab], &text[tab + 1..]))
}

/// `server/handlers.go:119`
fn is_caller(text: &str) -> bool {
    text.rsplit_once(".go:").is_some_and(|(file, line)| {
        !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) && !file.contains(' ')
    })
}

/// A level without its colour, should the colour still be there.
fn plain(level: &str) -> &str {
    level
        .strip_prefix("\x1b[")
        .and_then(|rest| rest.split_once('m'))
        .map_or(level, |(_, name)| name.strip_suffix("\x1b[0m").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::Stamp;

    #[test]
    fn controller_runtime_in_development() {
        let line = "2025-12-27T18:47:46-05:00\tINFO\taudit.audit-store\t⏰ Timer tick received\t{\"tick_number\": 3, \"batch_size\": 3, \"drift\": \"-378.355042ms\"}";
        assert_eq!(ZapConsole.message(line), Some("⏰ Timer tick received"));
        let record = ZapConsole.record(line).unwrap();
        assert_eq!(record.stamp, Some(Stamp::utc(1_766_879_266_000_000_000, 1_000_000_000)));
        assert_eq!((record.level, record.logger), (Level::Info, "audit.audit-store"));
        assert_eq!(record.fields.duration("drift"), Some(-378_355_042));
    }

    #[test]
    fn pkg_log_in_development_with_and_without_colour() {
        let plain = "2026-01-14T19:35:11.946Z\tINFO\tdatastorage\tserver/handlers.go:119\tHTTP request\t{\"request_id\": \"9f2c1ab34d5e/Xk3pQ9aZbT-000123\", \"status\": 201, \"bytes\": 415, \"duration\": \"169.412615ms\"}";
        let coloured = plain.replace("INFO", "\x1b[34mINFO\x1b[0m");
        for line in [plain, &coloured] {
            let record = ZapConsole.record(line).unwrap();
            assert_eq!((record.logger, record.message), ("datastorage", "HTTP request"));
            assert_eq!(record.fields.integer("bytes"), Some(415));
            assert_eq!(record.stamp.unwrap().precision, 1_000_000);
        }
    }

    #[test]
    fn columns_may_be_missing() {
        let at = "2026-11-24T18:44:38Z";
        let cases = [
            (
                "INFO\tsetup\tAudit store initialized successfully",
                ("setup", "Audit store initialized successfully", true),
            ),
            ("LEVEL(-2)\tplain message", ("", "plain message", true)),
            ("WARN\tfoo.go:7\tmessage\t{\"a\": 1}", ("", "message", false)),
            ("INFO\tlog\ta\tb\t{\"a\": 1}", ("log", "a\tb", false)),
            ("INFO\ttwo words\tb", ("", "two words\tb", true)),
            ("ERROR\tlog\t{}", ("", "log", true)),
        ];
        for (rest, expected) in cases {
            let line = format!("{at}\t{rest}");
            let record = ZapConsole.record(&line).unwrap();
            assert_eq!((record.logger, record.message, record.fields.is_empty()), expected, "{rest}");
        }
        assert!(ZapConsole.record("1.7697791357643733e+09\tINFO\tx\ty").is_some());
    }

    #[test]
    fn torn_and_foreign_lines_are_not_recognised() {
        for line in [
            "2026-11-24T18:44:38Z\tINFO\tlog\tmessage\t{\"a\": 1",
            "2026-11-24T18:44:38Z\tINF",
            "2026-11-24T18:44:38Z INFO log message",
            "2026-11-24T18:44:38Z\tNOISE\tlog\tmessage",
            "20261124184438\u{b5}\u{b5}\u{b5}\u{b5}\u{b5}\u{b5}\u{b5}\u{b5}\u{b5}\u{b5}\u{b5}\tINFO\tx",
            "\t/src/kubernaut/pkg/audit/store.go:588",
        ] {
            assert!(ZapConsole.record(line).is_none(), "{line}");
        }
    }
}
