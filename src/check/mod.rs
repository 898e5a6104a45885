//! Check: what a document says about a failing run, held against the bundle and against itself.
//!
//! A *claim* is a statement that can be checked mechanically: a quoted line, a number, a stamp, an order. Prose that no
//! kind of claim recognises is not judged; it is counted, and listed on request. A claim is only contradicted when
//! something is found that it cannot stand beside, and that is named with its place.

pub mod bundle;
pub mod claims;
pub mod document;
mod quantity;
mod search;
mod stamp;
mod statements;
mod story;

pub use bundle::Bundle;
pub use document::Document;
pub use search::Found;

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use crate::report::Place;
use crate::source;
use document::Part;

/// Where it is seen whether a claim holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A line of the document.
    Line(u32),
    /// A line of the bundle.
    Place(Place),
    /// A field of the JSON report, where no single line says it.
    Field(&'static str),
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum Outcome {
    /// It agrees with what was found.
    Holds {
        /// There.
        by: Vec<Source>,
    },
    /// It cannot stand beside what was found.
    Contradicted {
        /// What it would have to say, or what would have to be there.
        expected: String,
        /// What is there.
        found: String,
        /// There.
        by: Vec<Source>,
    },
    /// Nothing that was given tells.
    Unchecked {
        /// Why not.
        because: String,
    },
}

/// One statement of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Which kind of claim, in kebab-case.
    pub kind: &'static str,
    /// Line of the document.
    pub line: u32,
    /// The words that make the claim.
    pub said: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The whole result.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Checked {
    /// All claims, in the order of their lines.
    pub claims: Vec<Claim>,
    /// Lines of prose in which no claim was recognised: number and text.
    pub not_checked: Vec<(u32, String)>,
    /// Whether there was a bundle to hold it against.
    pub with_bundle: bool,
}

impl Checked {
    /// The contradicted claims.
    pub fn contradictions(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| matches!(claim.outcome, Outcome::Contradicted { .. }))
    }

    /// How many hold, are contradicted, and cannot be checked.
    pub fn counts(&self) -> (usize, usize, usize) {
        let of = |wanted: fn(&Outcome) -> bool| self.claims.iter().filter(|claim| wanted(&claim.outcome)).count();
        (
            of(|outcome| matches!(outcome, Outcome::Holds { .. })),
            of(|outcome| matches!(outcome, Outcome::Contradicted { .. })),
            of(|outcome| matches!(outcome, Outcome::Unchecked { .. })),
        )
    }
}

/// What a kind of claim is given: the document, what it tells as a story, and what was found in the bundle.
#[derive(Debug)]
pub struct Case<'a> {
    /// The document.
    pub document: &'a Document<'a>,
    /// The failing test as the document itself tells it.
    pub story: story::Story,
    /// The bundle, and what it has of the document's quotes, stamps and names.
    pub bundle: Option<(&'a Bundle, &'a Found)>,
    /// Lines that are settled: they are statements of this tool, and checked as such.
    settled: Vec<bool>,
}

impl<'a> Case<'a> {
    /// Lines that say something and are not settled.
    pub fn lines(&self) -> impl Iterator<Item = &'a document::Line<'a>> {
        let open = |line: &&document::Line<'_>| !self.settled.get(line.number as usize).copied().unwrap_or(false);
        self.document.lines.iter().filter(move |line| open(line))
    }
}

/// Reads a document from a file or `-`, as text whatever its ending.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> anyhow::Result<String> {
    struct Text;
    impl source::Reader for Text {
        type Output = String;

        fn read(&self, _: &str, bytes: &mut dyn Read) -> String {
            let mut all = Vec::new();
            // A broken input ends early; the source says so.
            let _ = bytes.read_to_end(&mut all);
            String::from_utf8_lossy(&all).into_owned()
        }
    }
    let name = || format!("the document {} cannot be read", path.display());
    let limits = source::Limits { member: DOCUMENT_BYTES, ..source::Limits::default() };
    let options = source::Options { limits, threads: 1 };
    let gathered = source::gather(&[path.to_owned()], &options, &Text).with_context(name)?;
    let [file] = gathered.files.as_slice() else {
        anyhow::bail!("expected one Markdown document, found {} files in {}", gathered.files.len(), path.display())
    };
    match (&file.output, &file.skipped) {
        (Some(text), None) => Ok(text.clone()),
        (_, why) => Err(anyhow::anyhow!(why.clone().unwrap_or_default())).with_context(name),
    }
}

/// More than any document that people read.
const DOCUMENT_BYTES: u64 = 16 << 20;

/// Checks a document, alone or against a bundle and what [`Bundle::look_up`] found of it.
pub fn check(document: &Document<'_>, bundle: Option<(&Bundle, &Found)>) -> Checked {
    let mut claims = Vec::new();
    let mut settled = vec![false; document.lines.len() + 1];
    if let Some((bundle, _)) = bundle {
        for claim in bundle.statements.check(document) {
            settled[claim.line as usize] = true;
            claims.push(claim);
        }
    }
    let case = Case { document, story: story::Story::of(document), bundle, settled };
    for kind in claims::ALL {
        claims.extend((kind.examine)(&case).into_iter().map(|said| said.of(kind.name)));
    }
    claims.sort_by_key(|claim| claim.line);
    let claimed = |line: u32| claims.iter().any(|claim| claim.line == line);
    let prose = document.lines.iter().filter(|line| line.part == Part::Prose || line.part == Part::Row);
    let not_checked = prose
        .filter(|line| !claimed(line.number) && line.header.is_none_or(|header| header != line.text))
        .map(|line| (line.number, line.plain()))
        .collect();
    Checked { claims, not_checked, with_bundle: bundle.is_some() }
}
