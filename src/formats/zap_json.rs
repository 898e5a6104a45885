//! zap's JSON encoder, one object a line: controller-runtime in production, kubernaut's `pkg/log` in production, and
//! `zap.NewProduction()`, which differ in their stamps only.

use super::fields::inside;
use super::{Fields, Format, Level, Record, json, time};

/// `{"level":"info","ts":"2026-01-14T14:35:15-05:00","logger":"audit-store","msg":"…",…}`
pub struct ZapJson;

impl Format for ZapJson {
    fn name(&self) -> &'static str {
        "zap JSON"
    }

    fn message<'a>(&self, line: &'a str) -> Option<&'a str> {
        (line.as_bytes().first() == Some(&b'{')).then(|| json::message(line))?
    }

    fn level(&self, line: &str) -> Option<Level> {
        // zap prints the level first. Where something else does not, the line is read to find it.
        let Some(rest) = line.strip_prefix("{\"level\":\"") else {
            return self.record(line).map(|record| record.level);
        };
        Level::parse(rest.split_once('"')?.0)
    }

    fn record<'a>(&self, line: &'a str) -> Option<Record<'a>> {
        if line.as_bytes().first() != Some(&b'{') {
            return None;
        }
        let (mut level, mut stamp, mut logger, mut message) = (None, None, None, None);
        // The longest line of the store has fourteen pairs, four of them its head.
        let mut fields = Fields::with_room_for(10);
        json::walk(line, |key, raw| {
            // The head's keys can come again among the fields (a field named "level"): the first is the head's.
            let text = inside(raw);
            match key {
                "level" if level.is_none() => level = text.and_then(Level::parse),
                "ts" if stamp.is_none() => stamp = text.map_or_else(|| time::epoch(raw), time::rfc3339),
                "logger" if logger.is_none() => logger = text,
                "msg" if message.is_none() => message = text,
                "caller" => {}
                _ => fields.push(key, raw),
            }
        })?;
        Some(Record { stamp, level: level?, logger: logger.unwrap_or_default(), message: message?, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::Stamp;

    #[test]
    fn controller_runtime_in_production() {
        let line = r#"{"level":"info","ts":"2026-01-14T14:35:15-05:00","logger":"audit-store","msg":"⏰ Timer tick received","tick_number":59,"batch_size_before_flush":9,"buffer_utilization":0,"expected_interval":0.1,"actual_interval":0.0640625,"drift":-0.0359375,"tick_time":"2026-01-14T14:35:15.467135168-05:00"}"#;
        assert_eq!(ZapJson.message(line), Some("⏰ Timer tick received"));
        let record = ZapJson.record(line).unwrap();
        assert_eq!(record.stamp, Some(Stamp::utc(1_768_419_315_000_000_000, 1_000_000_000)));
        assert_eq!((record.level, record.logger), (Level::Info, "audit-store"));
        assert_eq!(record.fields.duration("actual_interval"), Some(64_062_500));
        assert_eq!(record.fields.time("tick_time"), Some(1_768_419_315_467_135_168));
    }

    #[test]
    fn zap_new_production() {
        let line = r#"{"level":"info","ts":1795546402.405649,"caller":"audit/store.go:163","msg":"Audit store initialized","service":"gateway","buffer_size":10000,"batch_size":1000,"flush_interval":1,"max_retries":3}"#;
        let record = ZapJson.record(line).unwrap();
        assert_eq!(record.stamp, Some(Stamp::utc(1_795_546_402_405_649_000, 1_000)));
        assert_eq!((record.logger, record.message), ("", "Audit store initialized"));
        assert_eq!(record.fields.duration("flush_interval"), Some(1_000_000_000));
        assert!(!record.fields.has("caller"));
    }

    #[test]
    fn pkg_log_and_levels_without_a_name() {
        let line = r#"{"level":"Level(-2)","ts":"2026-01-14T14:35:11.946-0500","logger":"x","caller":"a/b.go:1","msg":"say \"hi\"","level":"field","error":"a\nb"}"#;
        let record = ZapJson.record(line).unwrap();
        assert_eq!(record.level, Level::Debug);
        assert_eq!(record.stamp, Some(Stamp::utc(1_768_419_311_946_000_000, 1_000_000)));
        assert_eq!(record.message, r#"say \"hi\""#);
        assert_eq!(record.fields.text("level").as_deref(), Some("field"));
        assert_eq!(record.fields.text("error").as_deref(), Some("a\nb"));
    }

    #[test]
    fn a_message_in_a_nested_object_is_a_field() {
        let line = r#"{"level":"info","o":{"msg":"inner"},"msg":"outer"}"#;
        assert_eq!(ZapJson.record(line).unwrap().message, "outer");
    }

    #[test]
    fn torn_and_foreign_lines_are_not_recognised() {
        for line in [
            r#"{"level":"info","ts":1795546402.405649,"msg":"Audit store ini"#,
            r#"{"level":"info","ts":1795546402.405649,"msg":"x","total_buffered":4"#,
            r#"{"status":"healthy"}"#,
            r#"{"level":7,"msg":"x"}"#,
            r#"{"level":"info","msg":7}"#,
            "Running Suite: x",
        ] {
            assert!(ZapJson.record(line).is_none(), "{line}");
        }
    }
}
