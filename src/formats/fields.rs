//! *Fields* are the key and value pairs of one line, undecoded.
//!
//! A value is decoded when it is asked for, in the unit that is asked for, and numbers are claims: what is out of range
//! is not there.

use std::borrow::Cow;

use super::decimal::Decimal;
use super::json;
use super::time;
use crate::instant::{Nanos, believed, believed_length};

/// Largest count that is believed: beyond it a JSON number (a float in many writers) has lost its last digit.
pub const LARGEST: u64 = 1 << 53;

/// The pairs of one line in their order, duplicates and all; borrows from the line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields<'a> {
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Fields<'a> {
    /// Reads a whole JSON object; `None` when it is torn.
    pub fn parse(text: &'a str) -> Option<Self> {
        // A tick, the longest line of the store, has seven fields.
        let mut fields = Self::with_room_for(8);
        json::walk(text, |key, raw| fields.push(key, raw))?;
        Some(fields)
    }

    pub(super) fn with_room_for(pairs: usize) -> Self {
        Self { pairs: Vec::with_capacity(pairs) }
    }

    /// Adds a pair; `raw` is a JSON value, or a bare word.
    pub(super) fn push(&mut self, key: &'a str, raw: &'a str) {
        self.pairs.push((key, raw));
    }

    /// The raw value. Of a repeated key the first counts, unless it is empty: zap prints the fields of `With()` first,
    /// and a logger that was made for an object names it there.
    pub fn raw(&self, key: &str) -> Option<&'a str> {
        let mut found = self.pairs.iter().filter(|(name, _)| *name == key).map(|(_, raw)| *raw);
        let first = found.next()?;
        if is_empty(first) { found.find(|raw| !is_empty(raw)).or(Some(first)) } else { Some(first) }
    }

    /// A string, unescaped; a number, a boolean or a bare word as it is printed. No `null`, no object, no list.
    pub fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        let raw = self.raw(key)?;
        match raw.as_bytes().first()? {
            b'"' => Some(json::unescaped(inside(raw)?)),
            b'{' | b'[' => None,
            _ => (raw != "null").then_some(Cow::Borrowed(raw)),
        }
    }

    /// A whole number from 0 to 2^53.
    pub fn integer(&self, key: &str) -> Option<u64> {
        let raw = self.raw(key)?;
        let value = match raw.parse::<i64>() {
            // `parse` takes a plus sign, JSON does not.
            Ok(value) if raw.as_bytes().first() != Some(&b'+') => value,
            _ => Decimal::parse(raw)?.whole()?,
        };
        u64::try_from(value).ok().filter(|value| *value <= LARGEST)
    }

    /// A duration in nanoseconds, of believable length: a string as Go prints it (`"64.0625ms"`), or a JSON number of seconds.
    pub fn duration(&self, key: &str) -> Option<Nanos> {
        let raw = self.raw(key)?;
        let nanos = if raw.as_bytes().first() == Some(&b'"') {
            time::go_duration(&json::unescaped(inside(raw)?))
        } else {
            Decimal::parse(raw)?.scaled(9)
        };
        nanos.filter(|nanos| believed_length(*nanos))
    }

    /// A time, `RFC3339Nano` with its offset, in nanoseconds.
    pub fn time(&self, key: &str) -> Option<Nanos> {
        Some(time::rfc3339(inside(self.raw(key)?)?)?.at).filter(|at| believed(*at))
    }

    /// The fields of a nested object.
    pub fn object(&self, key: &str) -> Option<Fields<'a>> {
        Fields::parse(self.raw(key)?)
    }

    /// The key is there, with any value.
    pub fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|(name, _)| *name == key)
    }

    /// All pairs as `(key, raw value)`, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        self.pairs.iter().copied()
    }

    /// No pair at all.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

fn is_empty(raw: &str) -> bool {
    matches!(raw, "\"\"" | "null")
}

/// What stands in a string's quotes. By bytes: asked for every value, and a comparison of slices is a call.
pub(super) fn inside(raw: &str) -> Option<&str> {
    match raw.as_bytes() {
        [b'"', .., b'"'] => raw.get(1..raw.len() - 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_tick_is_read_to_the_nanosecond() {
        let text = r#"{"tick_number": 3, "batch_size": 3, "buffer_utilization": 0, "expected_interval": "1s", "actual_interval": "621.644958ms", "drift": "-378.355042ms", "tick_time": "2025-12-27T18:47:46.813645458-05:00"}"#;
        let fields = Fields::parse(text).unwrap();
        assert_eq!(fields.integer("tick_number"), Some(3));
        assert_eq!(fields.duration("expected_interval"), Some(1_000_000_000));
        assert_eq!(fields.duration("actual_interval"), Some(621_644_958));
        assert_eq!(fields.duration("drift"), Some(-378_355_042));
        assert_eq!(fields.time("tick_time"), Some(1_766_879_266_813_645_458));
        assert_eq!(fields.text("tick_number").as_deref(), Some("3"));
        assert_eq!(fields.iter().count(), 7);
    }

    #[test]
    fn numbers_are_claims() {
        let text = r#"{"a":-1,"b":1e308,"c":9007199254740992,"d":9007199254740993,"e":1000000000000,"f":"5","g":5.0,"h":1.5,"i":NaN,"j":99999999999999999999}"#;
        let fields = Fields::parse(text).unwrap();
        let read: Vec<_> = "abcdefghij".chars().map(|key| fields.integer(&key.to_string())).collect();
        let (big, trillion) = (Some(1 << 53), Some(1_000_000_000_000));
        assert_eq!(read, [None, None, big, None, trillion, None, Some(5), None, None, None]);
        assert_eq!(fields.duration("b"), None);
        assert_eq!(fields.duration("j"), None);
    }

    #[test]
    fn the_first_of_two_equal_keys_counts_unless_it_is_empty() {
        let fields = Fields::parse(r#"{"name":"","name":"rr-1","name":"rr-2","ns":"a","ns":"b","x":null}"#).unwrap();
        assert_eq!(fields.text("name").as_deref(), Some("rr-1"));
        assert_eq!(fields.text("ns").as_deref(), Some("a"));
        assert_eq!(fields.text("x"), None);
        assert!(fields.has("x"));
    }

    #[test]
    fn nested_objects_and_escapes_are_decoded_on_demand() {
        let fields = Fields::parse(
            r#"{"o": {"name":"x","ok":true}, "error": "network error: Post \"http://127.0.0.1:18094/api\": refused", "w":"\u00b5s"}"#,
        )
        .unwrap();
        let object = fields.object("o").unwrap();
        assert_eq!(object.text("ok").as_deref(), Some("true"));
        assert_eq!(fields.text("o"), None);
        assert_eq!(
            fields.text("error").as_deref(),
            Some("network error: Post \"http://127.0.0.1:18094/api\": refused")
        );
        assert_eq!(fields.text("w").as_deref(), Some("µs"));
        assert!(fields.object("error").is_none());
    }
}
