//! The merged timeline as a table of text: raw stamp, derived instant, source, store, what happened, place. Row by row,
//! so that a long one can be piped.

use std::io::{self, Write};

use super::escape::terminal;
use super::layout::{clip, clip_front, width};
use super::page::Page;
use super::places::Places;
use super::times::{day, time};
use super::{Style, looks, words};
use crate::report::{Failure, Report};
use crate::timeline::Row;

/// Columns of the raw stamp, the instant, the source and the store: as wide as their widest cell, up to these limits.
const LIMITS: [usize; 4] = [35, 24, 16, 10];
const HEAD: [&str; 4] = ["raw stamp", "UTC", "source", "store"];

/// Writes the chosen rows; `chosen` is shown in front: its journey and its looks.
pub fn render(
    report: &Report,
    rows: &[&Row],
    chosen: Option<&Failure>,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let places = Places::of(report);
    if let Some(failure) = chosen {
        for line in head(report, failure, style) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
    }
    let cells = |row: &Row| -> [String; 4] {
        let at = row.at.as_ref().map(time).unwrap_or_default();
        [&row.raw, &at, &row.source, &row.store].map(|cell| terminal(cell).into_owned())
    };
    let mut columns = HEAD.map(width);
    for row in rows {
        for (column, cell) in columns.iter_mut().zip(cells(row)) {
            *column = width(&cell).max(*column);
        }
    }
    for (column, limit) in columns.iter_mut().zip(LIMITS) {
        *column = (*column).min(limit);
    }
    let mut write = |cells: [String; 4], text: &str, place: &str| {
        let mut line = String::new();
        for (cell, column) in cells.iter().zip(columns) {
            let cell = clip(cell, column);
            line.push_str(&cell);
            line.push_str(&" ".repeat(column.saturating_sub(width(&cell)) + 2));
        }
        // A row is never wrapped: what happened, then where. A screen that is too narrow wraps it itself.
        line.push_str(text);
        if !place.is_empty() {
            line.extend(["  ", place]);
        }
        writeln!(out, "{}", line.trim_end())
    };
    write(HEAD.map(str::to_owned), "what", "(place)")?;
    let mut today = None;
    for row in rows {
        let date = row.at.as_ref().and_then(|at| at.lo.or(at.hi)).map(day);
        if date.is_some() && date != today {
            today.clone_from(&date);
            let date = date.unwrap_or_default();
            write([String::new(), date, String::new(), String::new()], "", "")?;
        }
        write(cells(row), &terminal(&row.text), &terminal(&places.name(&row.place)))?;
    }
    Ok(())
}

fn head(report: &Report, failure: &Failure, style: &Style) -> Vec<String> {
    const LABEL: usize = 9;
    let mut page = Page::new(style.width, style.color, Places::of(report));
    page.headline(&words::failure(failure), 6);
    page.gap();
    page.row("spec", LABEL, &failure.spec, failure.location.as_slice(), 3);
    for awaited in &failure.awaited {
        page.gap();
        page.row("waited", LABEL, &words::waited(awaited), &[], 2);
        let rest = page.rest(60);
        let rows: Vec<Vec<String>> = awaited
            .journey
            .iter()
            .map(|at| {
                let when = at.at.as_ref().map(time).or_else(|| at.because.clone()).unwrap_or_default();
                let place = clip_front(&page.places.first(&at.places), rest);
                vec![words::link(at.link).to_owned(), words::state(at.state).to_owned(), when, place]
            })
            .collect();
        page.table(&["link", "state", "when or why", "seen at"], &rows, &[]);
    }
    if !failure.looks.is_empty() {
        page.gap();
        let rest = page.rest(50);
        let rows: Vec<Vec<String>> = failure
            .looks
            .iter()
            .enumerate()
            .map(|(at, look)| {
                let when = look.at.as_ref().map(time).unwrap_or_default();
                vec![
                    (at + 1).to_string(),
                    when,
                    looks::answer(look),
                    clip_front(&page.places.first(&look.places), rest),
                ]
            })
            .collect();
        page.table(&["look", "at", "answer", "seen at"], &rows, &[]);
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    fn shown(chosen: bool) -> String {
        let (report, timeline) = (fixture::one(), fixture::timeline());
        let rows: Vec<&Row> = timeline.rows.iter().collect();
        let mut out = Vec::new();
        let chosen = chosen.then(|| &report.failures[0]);
        render(&report, &rows, chosen, &Style::default(), &mut out).expect("a Vec takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn rows_show_the_raw_stamp_beside_the_derived_instant() {
        let text = shown(false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1].trim(), "2026-01-14");
        assert_eq!(
            lines[4],
            "2026-01-14T13:46:41-05:00  18:46:41.46  suite        store-3  buffered classification.decision for \
             rr-severity-12  suite.log:1204"
        );
    }

    #[test]
    fn a_chosen_spec_shows_its_journey_and_looks_first() {
        let text = shown(true);
        assert!(text.starts_with("flush delay (proven): "), "{text}");
        assert!(text.contains("flushed    not by the end of the log  no tick after line 1204"), "{text}");
        assert!(text.contains("6     18:46:52.5  found 0  suite.log:1360"), "{text}");
    }
}
