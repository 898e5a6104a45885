//! The comparison on a screen: bundles side by side, then what differs.

use std::io::{self, Write};

use super::super::layout::{clip, clip_front};
use super::super::page::Page;
use super::super::places::Places;
use super::super::{Style, escape};
use super::{HEAD, cells, equal, kind};
use crate::compare::{Comparison, Row};

/// Columns of the names of the figures, and those that a bundle needs.
const LABEL: usize = 18;
const BUNDLE: usize = 22;

/// Writes the comparison as text.
pub fn render(comparison: &Comparison, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style.width, style.color, Places::default());
    let columns = page.rest(LABEL);
    // More bundles than fit beside each other stand in several tables.
    for rows in comparison.bundles.chunks((columns / BUNDLE).max(1)) {
        beside(&mut page, rows, columns / rows.len() - 2);
        page.gap();
    }
    if comparison.differences.is_empty() {
        page.headline(&equal(comparison), 3);
    }
    for difference in &comparison.differences {
        page.row(kind(difference.kind), 11, &difference.what, &[], 2);
        for side in [&difference.other, &difference.passing] {
            let text = format!("{}: {}", side.bundle, side.text);
            page.row("", 13, &text, &side.places, 4);
        }
    }
    page.finish().iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn beside(page: &mut Page, rows: &[Row], columns: usize) {
    let columns = columns.min(34);
    let names: Vec<String> = rows.iter().map(|row| clip_front(&escape::terminal(&row.bundle), columns)).collect();
    let head: Vec<&str> = std::iter::once("").chain(names.iter().map(String::as_str)).collect();
    let cells: Vec<_> = rows.iter().map(cells).collect();
    let table: Vec<Vec<String>> = HEAD
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let values = cells.iter().map(|cells| clip(&escape::terminal(&cells[at]), columns));
            std::iter::once((*name).to_owned()).chain(values).collect()
        })
        .collect();
    page.table(&head, &table, &[]);
}
