//! A *renderer* turns one report into the bytes of one output: a pure function of the report and the [`Style`].
//!
//! To add an output: one file here, its `mod` line, and its row in [`ALL`].

pub mod check;
pub mod compare;
pub mod csv;
mod document;
pub mod escape;
mod exclusions;
pub mod explain;
#[cfg(test)]
#[allow(clippy::too_many_lines, clippy::assigning_clones, clippy::unnecessary_wraps, reason = "data, not code")]
mod fixture;
pub mod github;
pub mod handoff;
pub mod html;
pub mod json;
pub mod layout;
mod looks;
pub mod markdown;
mod page;
mod passing;
pub mod perfetto;
pub mod places;
mod rows;
pub mod tables;
pub mod text;
pub mod timeline;
pub mod times;
pub mod words;

use std::io::{self, Write};

use crate::report::Report;

/// Columns of text: with fewer a table does not fit, wider lines are hard to read.
pub const COLUMNS: std::ops::RangeInclusive<usize> = 60..=160;

/// How a report is to be shown.
#[derive(Debug, Clone)]
pub struct Style {
    /// Columns of a line of text, brought within [`COLUMNS`].
    pub width: usize,
    /// Whether colours and weights may be used.
    pub color: bool,
    /// Every failure in full, and no shortened lists.
    pub verbose: bool,
    /// Whether the large tables (ticks, batches, requests, events) are part of the output.
    pub tables: bool,
    /// Upper bound of the size of a document in bytes; `None` is the format's own.
    pub max_bytes: Option<usize>,
}

impl Default for Style {
    fn default() -> Self {
        Self { width: 80, color: false, verbose: false, tables: true, max_bytes: None }
    }
}

/// Writes a report; fails only when `out` does.
pub type Render = fn(&Report, &Style, &mut dyn Write) -> io::Result<()>;

/// One output.
#[derive(Debug, Clone, Copy)]
pub struct Renderer {
    /// Its name, as in `--format NAME`.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// What it writes.
    pub form: Form,
}

/// What a renderer writes.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// One document.
    Document(Render),
    /// One file for each of the [`tables`], with this ending.
    Tables(RenderTable, &'static str),
}

/// Writes one table; fails only when `out` does.
pub type RenderTable = fn(&tables::Table, &Report, &mut dyn Write) -> io::Result<()>;

/// All outputs, the default first.
#[rustfmt::skip]
pub const ALL: &[Renderer] = &[
    Renderer { name: "text", about: "one screen for a terminal", form: Form::Document(text::render) },
    Renderer { name: "markdown", about: "a short answer for a pull request", form: Form::Document(markdown::render) },
    Renderer { name: "json", about: "everything, for programs", form: Form::Document(json::render) },
    Renderer { name: "handoff", about: "the whole analysis as a document", form: Form::Document(handoff::render) },
    Renderer { name: "html", about: "a page with a timeline, for a browser", form: Form::Document(html::render) },
    Renderer { name: "csv", about: "tables, for spreadsheets", form: Form::Tables(csv::render, "csv") },
    Renderer { name: "github", about: "annotations for a GitHub workflow", form: Form::Document(github::render) },
    Renderer { name: "perfetto", about: "a trace for ui.perfetto.dev", form: Form::Document(perfetto::render) },
];

/// The output of that name.
pub fn find(name: &str) -> Option<&'static Renderer> {
    ALL.iter().find(|renderer| renderer.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report through one renderer; its tables one after the other.
    pub(super) fn rendered(report: &Report, style: &Style, name: &str) -> String {
        let mut out = Vec::new();
        match find(name).expect("a registered name").form {
            Form::Document(render) => render(report, style, &mut out).expect("a Vec takes everything"),
            Form::Tables(render, _) => {
                for table in tables::ALL {
                    render(table, report, &mut out).expect("a Vec takes everything");
                }
            }
        }
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn every_output_is_inert_for_hidden_characters() {
        let report = fixture::hostile();
        for renderer in ALL {
            let text = rendered(&report, &Style::default(), renderer.name);
            let bad = text.chars().find(|c| {
                (c.is_control() && *c != '\n')
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}')
            });
            assert_eq!(bad, None, "{} lets a hidden character through", renderer.name);
        }
    }

    #[test]
    fn every_output_says_what_was_not_read() {
        let report = fixture::undetermined();
        for renderer in ALL {
            let text = rendered(&report, &Style::default(), renderer.name);
            assert!(text.contains("notes.bin"), "{} is silent about the skipped file", renderer.name);
        }
    }
}
