//! The Python audit store of holmesgpt-api (`buffered_store.py`): plain text, without stamps.

use super::{Names, bare};
use crate::formats::LARGEST;
use crate::sighting::{StoreEvent, StoreLine, Text, Trigger, What};

const TAG: &str = "DD-AUDIT-002: ";

/// A line of the Python store.
pub fn read(line: &str, names: &mut Names) -> Option<What> {
    let line = bare(line);
    if !matches!(line.as_bytes().first(), Some(b'D' | b'H')) {
        return None;
    }
    let event = if let Some(said) = line.strip_prefix(TAG) {
        tagged(said, names)?
    } else if let Some(rest) = line.strip_prefix("HAPI FLUSH: Interval reached, flushing ") {
        StoreEvent::FlushBegan {
            trigger: Trigger::Tick,
            size: rest.split(' ').next()?.parse().ok().filter(|size| *size <= LARGEST)?,
            waiting: 0,
            since: None,
        }
    } else {
        return None;
    };
    Some(What::Store(StoreLine { logger: names.text("holmesgpt-api"), event }))
}

fn tagged(said: &str, names: &mut Names) -> Option<StoreEvent> {
    if said.starts_with("Wrote audit events") || said.starts_with("Some events failed") {
        return Some(StoreEvent::Wrote { size: number(said, "written=")?, attempt: 1, duration: None });
    }
    if said.starts_with("Audit store closed") {
        return Some(StoreEvent::Closed {
            buffered: number(said, "buffered=")?,
            written: number(said, "written=")?,
            dropped: number(said, "dropped=")?,
            failed_batches: number(said, "failed_batches=")?,
        });
    }
    if said.starts_with("Audit buffer full, dropping event") {
        return Some(StoreEvent::DroppedFull {
            event_type: names.text(value(said, "event_type=")?),
            correlation_id: Text::from(""),
            dropped: number(said, "dropped_count="),
        });
    }
    if said.starts_with("OpenAPI audit write failed") {
        let attempt = value(said, "attempt=")?.split('/').next()?.parse().ok()?;
        return Some(StoreEvent::WriteFailed { attempt, size: 1, error: names.prose(said) });
    }
    if said.starts_with("Dropping audit event after max retries") {
        return Some(StoreEvent::LostBatch { size: 1, error: names.prose(said) });
    }
    said.starts_with("Closing audit store").then_some(StoreEvent::Closing)
}

fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = &text[text.find(key)? + key.len()..];
    rest.split([',', ' ']).next()
}

fn number(text: &str, key: &str) -> Option<u64> {
    value(text, key)?.parse().ok().filter(|number| *number <= LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_gives_the_ledger() {
        let line = "✅ DD-AUDIT-002: Audit store closed - buffered=7, written=5, dropped=1, failed_batches=1";
        let Some(What::Store(StoreLine { event, .. })) = read(line, &mut Names::default()) else { panic!("not read") };
        assert_eq!(event, StoreEvent::Closed { buffered: 7, written: 5, dropped: 1, failed_batches: 1 });
    }
}
