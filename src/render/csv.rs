//! One table as CSV: a header, then a row a line; commas, UTF-8, quotes where they are needed (RFC 4180 with `\n`).
//!
//! Text that a spreadsheet would take for a formula begins with an apostrophe.

use std::io::{self, Write};

use super::escape::csv;
use super::tables::{Table, Value};
use crate::report::Report;

/// Writes one table.
pub fn render(table: &Table, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", table.columns.replace(' ', ","))?;
    let mut written = Ok(());
    (table.rows)(report, &mut |row| {
        if written.is_ok() {
            let fields: Vec<String> = row.iter().map(field).collect();
            written = writeln!(out, "{}", fields.join(","));
        }
    });
    written
}

fn field(value: &Value<'_>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => csv(text),
        Value::Count(count) => count.to_string(),
        Value::Nanos(nanos) => nanos.to_string(),
        Value::Flag(flag) => flag.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{fixture, tables};

    fn written(name: &str, report: &Report) -> String {
        let mut out = Vec::new();
        render(tables::find(name).expect("a table"), report, &mut out).expect("a Vec takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_table_is_a_header_and_rows() {
        assert_eq!(
            written("requests", &fixture::one()),
            "id,method,path,status,at_lo_ns,at_hi_ns,at_clock,duration_lo_ns,duration_hi_ns,bytes,size,remote,file,line\n\
             req-88,POST,/api/v1/audit/events/batch,201,1768416391005000000,1768416391015000000,,9000000,9000000,415,9,\
             127.0.0.1:40112,must-gather/signalprocessing_datastorage_test.log,88\n"
        );
        assert_eq!(
            written("settings", &fixture::one()).lines().nth(1),
            Some("store-3,flush_interval,30s,100ms,run/suite.log:311")
        );
    }

    #[test]
    fn hostile_text_is_one_quoted_field() {
        let mut report = fixture::hostile();
        report.findings[0].text = "=cmd|' /C calc'!A0\n@x".to_owned();
        assert_eq!(
            written("findings", &report).lines().nth(1),
            Some(
                "setting-not-applied,\"'=cmd|' /C calc'!A0\\n@x\",must-gather/signalprocessing_datastorage_test.log:3"
            )
        );
        assert_eq!(written("looks", &report).lines().count(), 7);
    }
}
