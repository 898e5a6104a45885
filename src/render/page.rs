//! A *page* of text: paragraphs, labelled rows and tables within so many columns. It escapes what it is given.

use super::COLUMNS;
use super::escape::terminal;
use super::layout::{Paint, clip_front, table, width, wrap_at_most};
use super::places::Places;
use crate::report::{Evidence, Place};

/// Lines of text, growing downwards.
pub struct Page {
    columns: usize,
    /// Weights, or none.
    pub paint: Paint,
    /// Short names of files.
    pub places: Places,
    lines: Vec<String>,
}

impl Page {
    /// An empty page.
    pub fn new(columns: usize, color: bool, places: Places) -> Self {
        let columns = columns.clamp(*COLUMNS.start(), *COLUMNS.end());
        Self { columns, paint: Paint { on: color }, places, lines: Vec::new() }
    }

    /// An empty line, unless there is one already.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// A sentence that stands out, over the whole width.
    pub fn headline(&mut self, text: &str, limit: usize) {
        for line in wrap_at_most(&terminal(text), self.columns, limit) {
            self.lines.push(self.paint.strong(&line));
        }
    }

    /// A row with its label; further lines are indented below the text. An empty label continues the row above.
    pub fn row(&mut self, label: &str, label_width: usize, text: &str, places: &[Place], limit: usize) {
        // A label that is wider than its column still stands apart from the text.
        let label_width = if label.is_empty() { label_width } else { label_width.max(width(label) + 1) };
        let indent = label_width + 2;
        let columns = self.columns.saturating_sub(indent).max(20);
        let mut lines = wrap_at_most(&terminal(text), columns, limit);
        if !places.is_empty() {
            let place = clip_front(&terminal(&self.places.first(places)), columns);
            match lines.last_mut() {
                Some(last) if width(last) + 2 + width(&place) <= columns => {
                    let gap = if last.is_empty() { "" } else { "  " };
                    last.push_str(gap);
                    last.push_str(&self.paint.faint(&place));
                }
                _ => lines.push(self.paint.faint(&place)),
            }
        }
        for (at, line) in lines.iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let pad = label_width.saturating_sub(width(label));
            self.lines.push(format!("  {}{}{line}", self.paint.faint(label), " ".repeat(pad)).trim_end().to_owned());
        }
    }

    /// Evidence below one label.
    pub fn evidence(&mut self, label: &str, label_width: usize, evidence: &[Evidence], limit: usize) {
        for (at, one) in evidence.iter().take(limit).enumerate() {
            self.row(if at == 0 { label } else { "" }, label_width, &one.text, &one.places, 3);
        }
        if evidence.len() > limit {
            self.row("", label_width, &format!("and {} more", evidence.len() - limit), &[], 1);
        }
    }

    /// A table without borders; the columns in `right` are aligned to the right.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>], right: &[usize]) {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| terminal(cell).into_owned()).collect()).collect();
        let mut lines = table(head, &rows, right, self.columns).into_iter();
        if let Some(head) = lines.next() {
            self.lines.push(self.paint.faint(&head));
        }
        self.lines.extend(lines);
    }

    /// The columns that the last column of a table has when the others take `others`.
    pub fn rest(&self, others: usize) -> usize {
        self.columns.saturating_sub(others).max(12)
    }

    /// The lines.
    pub fn finish(mut self) -> Vec<String> {
        while self.lines.last().is_some_and(String::is_empty) {
            self.lines.pop();
        }
        self.lines
    }
}
