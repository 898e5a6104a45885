//! The report as JSON: the contract with outside programs. One row of a table stands on one line, so that the output
//! can be searched and compared line by line.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::{Style, escape};
use crate::report::Report;

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// False when the large tables were left out on request: an empty table then does not mean that there was nothing.
    tables: bool,
}

/// Writes the report as one JSON object.
pub fn render(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let without;
    let report = if style.tables {
        report
    } else {
        without = Report {
            ticks: Vec::new(),
            batches: Vec::new(),
            requests: Vec::new(),
            events: Vec::new(),
            ..report.clone()
        };
        &without
    };
    write_document(&Document { report, tables: style.tables }, out)
}

/// An object with a line for each of its fields and for each row of its arrays.
pub(super) fn write_document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    document.serialize(&mut Serializer::with_formatter(&mut *out, Lines { depth: 0 }))?;
    out.write_all(b"\n")
}

/// One value in a line, with the same escapes.
pub(super) fn write_value(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Lines { depth: 10 }))?;
    Ok(())
}

/// A line for each field of the document and for each row of its arrays; what lies deeper is compact.
struct Lines {
    depth: u32,
}

impl Lines {
    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        match self.depth {
            0 => out.write_all(b"\n"),
            1 => out.write_all(b"\n "),
            2 => out.write_all(b"\n  "),
            _ => Ok(()),
        }
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        CompactFormatter.begin_array_value(out, first)?;
        self.line(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.depth == 0 {
            self.line(out)?;
        }
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        CompactFormatter.begin_object_key(out, first)?;
        if self.depth == 1 { self.line(out) } else { Ok(()) }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    /// What a terminal, an editor or a runner acts upon is escaped; the value stays the same.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() && !fragment.contains('\x7f') && !fragment.contains("##") {
            return out.write_all(fragment.as_bytes());
        }
        let mut buffer = [0; 4];
        let mut units = [0; 2];
        let mut rest = fragment.chars().peekable();
        let mut before = None;
        while let Some(c) = rest.next() {
            let command = c == '#' && before == Some('#') && escape::begins_command(rest.peek().copied());
            before = Some(c);
            if command || escape::is_hidden(c) {
                for unit in c.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
            } else {
                out.write_all(c.encode_utf8(&mut buffer).as_bytes())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod schema;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::render::{Style, fixture, tests::rendered};

    fn keys(value: &Value) -> Vec<&str> {
        value.as_object().expect("an object").keys().map(String::as_str).collect()
    }

    #[test]
    fn the_fields_are_those_of_the_contract() {
        let text = rendered(&fixture::one(), &Style::default(), "json");
        let json: Value = serde_json::from_str(&text).expect("JSON");
        let shape = [
            (
                "",
                "schema_version tool inputs complete bundle verdict run failures findings stages services settings \
                  stores ticks batches requests events clocks coverage not_observable tables",
            ),
            ("/tool", "name version"),
            ("/inputs/0", "path kind"),
            ("/bundle", "id suite service seed processes started collected"),
            ("/verdict", "outcome cause family confidence sentence"),
            ("/run", "passed failed interrupted flaky skipped pending total"),
            (
                "/failures/0",
                "key spec location node outcome collateral process store message started deadline trigger \
                             last_look cause family confidence sentence fix ranked ruled_out awaited looks wait passing \
                             places",
            ),
            ("/failures/0/location", "file line"),
            ("/failures/0/started", "lo hi"),
            ("/failures/0/fix", "text place setting"),
            ("/failures/0/ranked/0", "cause confidence for against"),
            ("/failures/0/ranked/0/for/0", "text places"),
            ("/failures/0/ruled_out/0", "cause by"),
            ("/failures/0/awaited/0", "event_type correlation_id expected found event journey stages"),
            ("/failures/0/awaited/0/journey/0", "link state at places between because"),
            ("/failures/0/awaited/0/stages/0", "stage took limit guilty saves places"),
            ("/failures/0/awaited/0/stages/0/took", "lo_ns hi_ns"),
            ("/failures/0/looks/0", "at asked status found returned total places"),
            ("/failures/0/wait", "helps extra timeout flush_interval places"),
            ("/failures/0/passing", "event_type specs at_first_look looked since_emission window last_look places"),
            ("/findings/0", "id text places"),
            ("/stages/0", "stage service spread"),
            ("/stages/0/spread", "count min p50 p95 p99 max"),
            ("/services/0", "name writes statuses passed failed"),
            ("/settings/0", "source name value expected places"),
            (
                "/stores/0",
                "id service process started flush_interval batch_size buffer_size emitted refused dropped \
                           buffered batched batches written lost parked queued first_gap",
            ),
            ("/ticks/0", "store number at expected actual size blocked write place"),
            ("/batches/0", "id store trigger size flushed written attempts request alternatives places"),
            ("/requests/0", "id method path status at duration bytes size remote place"),
            (
                "/events/0",
                "id event_type correlation_id store ordinal batch emitted buffered flushed written visible places",
            ),
            ("/clocks/0", "name reference offset from to assumed pairs places"),
            ("/coverage", "files bytes lines recognised"),
            ("/coverage/files/0", "path bytes lines recognised skipped"),
            ("/not_observable/0", "what because enable_with"),
        ];
        for (pointer, fields) in shape {
            let value = json.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is missing"));
            let (mut found, mut expected) = (keys(value), fields.split_whitespace().collect::<Vec<_>>());
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "fields of {pointer}");
        }
        assert_eq!(json["failures"][0]["started"]["hi"], "2026-01-14T18:46:40.999000000Z");
        assert_eq!(json["failures"][0]["awaited"][0]["stages"][1]["took"]["hi_ns"], Value::Null);
    }

    #[test]
    fn tables_are_left_out_only_with_a_word() {
        let style = Style { tables: false, ..Style::default() };
        let json: Value = serde_json::from_str(&rendered(&fixture::one(), &style, "json")).expect("JSON");
        assert_eq!(json["tables"], false);
        assert_eq!(json["events"], Value::Array(Vec::new()));
        assert_ne!(json["stores"], Value::Array(Vec::new()));
    }

    #[test]
    fn hidden_characters_keep_their_value() {
        let report = fixture::hostile();
        let json: Value = serde_json::from_str(&rendered(&report, &Style::default(), "json")).expect("JSON");
        assert_eq!(json["verdict"]["sentence"], fixture::HOSTILE);
    }

    #[test]
    fn a_row_of_a_table_is_one_line() {
        let text = rendered(&fixture::one(), &Style::default(), "json");
        let row = text.lines().find(|line| line.contains("\"number\": 59")).expect("the tick");
        assert!(row.starts_with("  {\"store\": \"store-3\"") && row.contains("\"line\": 1100"), "{row}");
    }
}
