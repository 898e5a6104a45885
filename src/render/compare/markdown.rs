//! The comparison in Markdown: one table with a row for each bundle, one with the differences.

use std::io::{self, Write};

use super::super::Style;
use super::super::document::Document;
use super::super::places::Places;
use super::{HEAD, cells, equal, kind};
use crate::compare::{Comparison, Side};

/// What GitHub takes as a comment is 65,536 characters.
const BYTES: usize = 60_000;
const ROWS: usize = 200;

/// Writes the comparison as Markdown.
pub fn render(comparison: &Comparison, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut doc = Document::new(Places::default());
    let head: Vec<&str> = std::iter::once("bundle").chain(HEAD).collect();
    let rows: Vec<Vec<String>> = comparison
        .bundles
        .iter()
        .map(|row| {
            let cells = cells(row);
            std::iter::once(Document::code(&row.bundle)).chain(cells.iter().map(|cell| Document::text(cell))).collect()
        })
        .collect();
    doc.table(&head, &rows, ROWS, "`--format json`");
    if comparison.differences.is_empty() {
        doc.raw(Document::text(&equal(comparison)));
    } else {
        let rows: Vec<Vec<String>> = comparison
            .differences
            .iter()
            .map(|difference| {
                let side = |side: &Side| format!("{}{}", Document::text(&side.text), doc.at(&side.places));
                vec![
                    kind(difference.kind).to_owned(),
                    Document::text(&difference.what),
                    Document::code(&difference.other.bundle),
                    side(&difference.other),
                    side(&difference.passing),
                ]
            })
            .collect();
        let passing = format!("in {}", Document::code(&comparison.reference));
        doc.table(&["what", "of", "bundle", "there", &passing], &rows, ROWS, "`--format json`");
    }
    doc.write(usize::MAX, style.max_bytes.unwrap_or(BYTES), out)
}
