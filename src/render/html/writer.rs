//! A *writer* of HTML: text from a bundle goes in through [`Html::text`] and attributes only, and is escaped there.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::render::escape;
use crate::render::places::Places;
use crate::report::{Evidence, Place, Report};

/// One text from a bundle is cut after so many characters: a message may have a megabyte.
const TEXT: usize = 4_000;
/// Places that are named for one statement; the JSON report has all of them.
const PLACES: usize = 4;

/// HTML, growing.
pub struct Html<'a> {
    out: String,
    names: Places,
    quotes: HashMap<(&'a str, u32), &'a str>,
}

impl<'a> Html<'a> {
    /// Nothing yet, for this report.
    pub fn new(report: &'a Report) -> Self {
        let quotes =
            report.quotes.iter().map(|quote| ((quote.place.file.as_str(), quote.place.line), quote.text.as_str()));
        Self { out: String::with_capacity(1 << 16), names: Places::of(report), quotes: quotes.collect() }
    }

    /// Markup of this crate.
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// Untrusted text, or a number.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.out.push_str(&escaped(text));
        self
    }

    /// An element without attributes around untrusted text.
    pub fn element(&mut self, name: &'static str, text: &str) -> &mut Self {
        let _ = write!(self.out, "<{name}>{}</{name}>", escaped(text));
        self
    }

    /// A labelled row of a list, with its places; nothing when there is no text.
    pub fn row(&mut self, label: &'static str, text: Option<&str>, places: &[Place]) -> &mut Self {
        let Some(text) = text else { return self };
        self.raw("<dt>").raw(label).raw("</dt><dd>").text(text).places(places).raw("</dd>\n")
    }

    /// A statement with its places.
    pub fn statement(&mut self, of: &Evidence) -> &mut Self {
        self.text(&of.text).places(&of.places)
    }

    /// The raw lines of a statement, as far as they are known.
    pub fn lines(&mut self, of: &Evidence) -> &mut Self {
        for place in of.places.iter().take(PLACES) {
            if let Some(line) = self.quotes.get(&(place.file.as_str(), place.line)) {
                let _ = write!(self.out, "<code class=\"raw\">{}</code>", escaped(line));
            }
        }
        self
    }

    /// The first places. The script makes them lead to the timeline.
    pub fn places(&mut self, places: &[Place]) -> &mut Self {
        for place in places.iter().take(PLACES) {
            let (name, whole) = (escaped(&self.names.name(place)), escaped(&place.file));
            let line = self.quotes.get(&(place.file.as_str(), place.line)).map(|line| escaped(line));
            let title = line.unwrap_or_else(|| format!("{whole}:{}", place.line));
            let _ = write!(
                self.out,
                " <span class=\"place\" data-file=\"{whole}\" data-line=\"{}\" title=\"{title}\">{name}</span>",
                place.line
            );
        }
        if places.len() > PLACES {
            let _ = write!(self.out, " <span class=\"faint\">and {} more</span>", places.len() - PLACES);
        }
        self
    }

    /// A table; columns from `numbers` on are aligned to the right.
    pub fn table(&mut self, head: &[&'static str], rows: &[Vec<String>], numbers: usize) -> &mut Self {
        if rows.is_empty() {
            return self;
        }
        let class = |at: usize| if at >= numbers { " class=\"n\"" } else { "" };
        self.raw("<div class=\"wide\"><table><thead><tr>");
        for (at, name) in head.iter().enumerate() {
            let _ = write!(self.out, "<th scope=\"col\"{}>{name}</th>", class(at));
        }
        self.raw("</tr></thead><tbody>\n");
        for row in rows {
            self.raw("<tr>");
            for (at, cell) in row.iter().enumerate() {
                let _ = write!(self.out, "<td{}>{}</td>", class(at), escaped(cell));
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody></table></div>\n")
    }

    /// The short name of a file.
    pub fn name(&self, file: &str) -> String {
        self.names.file(file).to_owned()
    }

    /// The markup.
    pub fn finish(self) -> String {
        self.out
    }
}

fn escaped(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((at, _)) => format!("{}… ({} characters)", escape::html(&text[..at]), text.chars().count()),
        None => escape::html(text),
    }
}
