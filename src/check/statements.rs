//! *Statements*: what this tool itself says about a bundle, line by line. A line of a document that has their shape is a
//! copy of one, and has to agree with it in every number, stamp, name and status.

use std::collections::{HashMap, HashSet};

use super::document::{Document, Line, Part};
use super::{Claim, Outcome, Source};
use crate::render::{self, Form, Style};
use crate::report::Report;

/// Letters that a shape needs to be told from what people write themselves.
const LETTERS: usize = 10;
/// Of so many words one may differ in a copy, digits apart.
const WORDS: usize = 5;

/// All statements about one bundle.
#[derive(Debug, Default)]
pub struct Statements {
    exact: HashSet<String>,
    /// With every word that has a digit in it masked.
    shapes: HashMap<String, Vec<String>>,
    /// By their number of words, with its header for a row.
    lengths: HashMap<(String, usize), Vec<String>>,
}

impl Statements {
    /// Of the documents that this tool makes.
    pub fn of(report: &Report) -> Self {
        let mut statements = Self::default();
        for name in ["handoff", "markdown"] {
            let Some(Form::Document(write)) = render::find(name).map(|renderer| renderer.form) else { continue };
            let mut bytes = Vec::new();
            // A Vec takes everything.
            let _ = write(report, &Style::default(), &mut bytes);
            let text = String::from_utf8_lossy(&bytes);
            for line in &Document::parse(&text).lines {
                statements.add(line);
            }
        }
        statements
    }

    fn add(&mut self, line: &Line<'_>) {
        if !may_copy(line) {
            return;
        }
        let text = text(line);
        if self.exact.insert(key(line, &text)) {
            self.shapes.entry(key(line, &masked(&text))).or_default().push(text.clone());
            let words = text.split(' ').count();
            self.lengths.entry((line.header.unwrap_or_default().to_owned(), words)).or_default().push(text);
        }
    }

    /// The lines of a document that are copies, and whether they agree.
    pub fn check(&self, document: &Document<'_>) -> Vec<Claim> {
        document.lines.iter().filter(|line| may_copy(line)).filter_map(|line| self.claim(line)).collect()
    }

    fn claim(&self, line: &Line<'_>) -> Option<Claim> {
        let text = text(line);
        let outcome = if self.exact.contains(&key(line, &text)) {
            Outcome::Holds { by: vec![Source::Field("report")] }
        } else {
            let original = self.original(line, &text)?;
            let (expected, found) = difference(original, &text);
            Outcome::Contradicted { expected, found, by: vec![Source::Field("report")] }
        };
        Some(Claim { kind: "statement", line: line.number, said: line.plain(), outcome })
    }

    /// The statement that a line was copied from and no longer agrees with.
    fn original(&self, line: &Line<'_>, text: &str) -> Option<&String> {
        let equal = |a: &str| a.split(' ').zip(text.split(' ')).filter(|(a, b)| a == b).count();
        let shape = masked(text);
        let letters = shape.chars().filter(|c| c.is_alphabetic()).count();
        // A row is known by its header as well.
        if letters >= LETTERS || line.header.is_some() {
            let same = self.shapes.get(&key(line, &shape)).into_iter().flatten();
            if let Some(best) = same.max_by_key(|other| equal(other)) {
                return Some(best);
            }
        }
        let words = text.split(' ').count();
        let same = self.lengths.get(&(line.header.unwrap_or_default().to_owned(), words)).into_iter().flatten();
        // A short line is known by a name in code marks: "- `write-slow`, likely".
        let named = |other: &String| other.split(' ').zip(text.split(' ')).any(|(a, b)| a == b && a.starts_with('`'));
        let copy = |other: &&String| equal(other) + 1 == words && one_kind(other, text);
        same.filter(copy).filter(|other| words >= WORDS || named(other)).max_by_key(|other| other.len())
    }
}

/// Words for a state: one in place of another is a changed statement.
const STATES: &[&str] =
    &["passed", "failed", "seen", "absent", "likely", "proven", "possible", "unknown", "healthy", "undetermined"];

/// Whether the one word in which two lines differ is of one kind in both: numbers, states, or nearly the same name.
fn one_kind(a: &str, b: &str) -> bool {
    let Some((a, b)) = a.split(' ').zip(b.split(' ')).find(|(a, b)| a != b) else { return false };
    let digit = |word: &str| word.bytes().any(|b| b.is_ascii_digit());
    let state = |word: &str| STATES.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()));
    let near = a.len() >= 6 && strsim::levenshtein(a, b) <= 2;
    digit(a) && digit(b) || state(a) && state(b) || near
}

/// Headings of sections, prose without a figure or a name, and code say nothing about the bundle.
fn may_copy(line: &Line<'_>) -> bool {
    let header = line.header == Some(line.text);
    line.says() && !header || line.part == Part::Heading && line.text.chars().any(|c| c.is_ascii_digit())
}

/// The line with one blank between words, and without the version of this tool.
fn text(line: &Line<'_>) -> String {
    let words: Vec<&str> = line.text.split_whitespace().collect();
    let text = words.join(" ");
    match text.split_once(", whylate ") {
        Some((before, after)) if text.starts_with("Bundle ") => {
            format!("{before}{}", after.find(". ").map_or("", |at| &after[at..]))
        }
        _ => text,
    }
}

fn key(line: &Line<'_>, text: &str) -> String {
    format!("{}\n{text}", line.header.unwrap_or_default())
}

fn masked(text: &str) -> String {
    let mask = |word: &str| if word.bytes().any(|b| b.is_ascii_digit()) { "#".to_owned() } else { word.to_owned() };
    text.split(' ').map(mask).collect::<Vec<_>>().join(" ")
}

/// The words in which two texts with equally many words differ.
fn difference(expected: &str, found: &str) -> (String, String) {
    let pairs = expected.split(' ').zip(found.split(' ')).filter(|(a, b)| a != b);
    let (a, b): (Vec<&str>, Vec<&str>) = pairs.unzip();
    (super::document::plain(&a.join(" … ")), super::document::plain(&b.join(" … ")))
}
