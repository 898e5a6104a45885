//! A *document* in Markdown that reads right in GitHub, GitLab and `CommonMark`, and never outgrows its bounds.

use std::io::{self, Write};

use super::escape::{markdown, markdown_code};
use super::places::Places;
use super::words;
use crate::report::{Evidence, Place};

/// One text from a bundle is cut after so many characters: a message may have a megabyte.
const TEXT: usize = 1_000;
/// Places that are named for one statement; the JSON report has all of them.
const PLACES: usize = 3;
/// Bytes that the note about a cut may take.
const ROOM: usize = 160;

/// Lines of Markdown. What is given to `raw` is Markdown already; all else is escaped here.
pub struct Document {
    places: Places,
    lines: Vec<String>,
}

impl Document {
    /// An empty document.
    pub fn new(places: Places) -> Self {
        Self { places, lines: Vec::new() }
    }

    /// Untrusted text as running text.
    pub fn text(text: &str) -> String {
        markdown(cut(text).as_ref().trim())
    }

    /// Untrusted text as code.
    pub fn code(text: &str) -> String {
        markdown_code(&cut(text))
    }

    /// The first places of a statement in brackets, or nothing.
    pub fn at(&self, places: &[Place]) -> String {
        if places.is_empty() { String::new() } else { format!(" ({})", self.names(places)) }
    }

    /// The first places of a statement.
    pub fn names(&self, places: &[Place]) -> String {
        let names: Vec<String> = places.iter().take(PLACES).map(|place| Self::code(&self.places.name(place))).collect();
        let more = places.len().saturating_sub(PLACES);
        if more == 0 { names.join(", ") } else { format!("{}, {more} more", names.join(", ")) }
    }

    /// The short name of a file.
    pub fn file(&self, file: &str) -> String {
        Self::code(self.places.file(file))
    }

    /// A statement with its places.
    pub fn statement(&self, evidence: &Evidence) -> String {
        format!("{}{}", Self::text(&evidence.text), self.at(&evidence.places))
    }

    /// A line of Markdown.
    pub fn raw(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// An empty line, unless there is one already.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// A heading; `text` is our own.
    pub fn heading(&mut self, level: usize, text: &str) {
        self.gap();
        self.raw(format!("{} {text}", "#".repeat(level)));
        self.gap();
    }

    /// A labelled item of a list.
    pub fn item(&mut self, label: &str, markdown: &str) {
        self.raw(format!("- **{label}:** {markdown}"));
    }

    /// Labelled items of a list, cut after `limit` with a line that says so.
    pub fn items<T>(&mut self, label: &str, all: &[T], limit: usize, noun: &str, item: impl Fn(&Self, &T) -> String) {
        for one in all.iter().take(limit) {
            let text = item(self, one);
            self.item(label, &text);
        }
        if all.len() > limit {
            self.raw(format!("- {}: `--format json`", words::more(all.len() - limit, noun)));
        }
    }

    /// A table of Markdown cells, cut after `limit` rows with a line that says so.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>], limit: usize, elsewhere: &str) {
        self.gap();
        self.raw(format!("| {} |", head.join(" | ")));
        self.raw(format!("|{}", " --- |".repeat(head.len())));
        for row in rows.iter().take(limit) {
            self.raw(format!("| {} |", row.join(" | ")));
        }
        self.gap();
        if rows.len() > limit {
            self.raw(match rows.len() - limit {
                1 => format!("1 more row: {elsewhere}"),
                more => format!("{more} more rows: {elsewhere}"),
            });
            self.gap();
        }
    }

    /// Writes the document with at most so many lines and bytes. Whole lines are cut from the end, and that is said.
    pub fn write(mut self, lines: usize, bytes: usize, out: &mut dyn Write) -> io::Result<()> {
        while self.lines.last().is_some_and(String::is_empty) {
            self.lines.pop();
        }
        let size = self.lines.iter().map(|line| line.len() + 1).sum::<usize>();
        if size <= bytes && self.lines.len() <= lines {
            return self.lines.iter().try_for_each(|line| writeln!(out, "{line}"));
        }
        let mut used = 0;
        let kept = self.lines.iter().take(lines.saturating_sub(2)).take_while(|line| {
            used += line.len() + 1;
            used + ROOM <= bytes
        });
        let kept = kept.count();
        self.lines[..kept].iter().try_for_each(|line| writeln!(out, "{line}"))?;
        let cut = self.lines.len() - kept;
        let note =
            format!("\nCut here: {cut} more lines. `--format json` has everything; `--max-bytes` sets the bound.\n");
        // A bound that is smaller than the note itself gets nothing but whole lines.
        if note.len() <= bytes { out.write_all(note.as_bytes()) } else { Ok(()) }
    }
}

fn cut(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(TEXT) {
        Some((at, _)) => format!("{}… ({} characters)", &text[..at], text.chars().count()).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(document: Document, lines: usize, bytes: usize) -> String {
        let mut out = Vec::new();
        document.write(lines, bytes, &mut out).expect("a Vec takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn what_is_cut_is_said() {
        let document = || {
            let mut document = Document::new(Places::default());
            (0..100).for_each(|n| document.raw(format!("line {n}")));
            document
        };
        assert_eq!(written(document(), 200, 10_000).lines().count(), 100);
        let short = written(document(), 10, 10_000);
        assert_eq!(short.lines().count(), 10);
        assert!(
            short.ends_with("Cut here: 92 more lines. `--format json` has everything; `--max-bytes` sets the bound.\n")
        );
        assert!(written(document(), 200, 400).len() <= 400);
    }

    #[test]
    fn lists_say_how_many_items_are_missing() {
        let mut document = Document::new(Places::default());
        document.items("Noticed", &[1, 2, 3], 2, "finding", |_, n| n.to_string());
        let expected = "- **Noticed:** 1\n- **Noticed:** 2\n- and 1 more finding: `--format json`\n";
        assert_eq!(written(document, 60, 1000), expected);
    }

    #[test]
    fn tables_say_how_many_rows_are_missing() {
        let mut document = Document::new(Places::default());
        document.table(&["a"], &[vec!["1".into()], vec!["2".into()], vec!["3".into()]], 2, "`--format csv`");
        assert_eq!(written(document, 60, 1000), "| a |\n| --- |\n| 1 |\n| 2 |\n\n1 more row: `--format csv`\n");
    }
}
