//! The *bundle* as a check sees it: the report, what this tool says about it, and the lines that a document quotes.

use std::path::PathBuf;
use std::sync::LazyLock;

use regex::Regex;

use super::claims::{names, quotes, stamps};
use super::document::Document;
use super::search::{Found, Searcher, Wanted};
use super::statements::Statements;
use crate::report::{Failure, Place, Report, Service, Store};
use crate::source;

/// An analysed bundle.
#[derive(Debug)]
pub struct Bundle {
    /// What the analysis gave.
    pub report: Report,
    /// What this tool says about it.
    pub(super) statements: Statements,
}

static LABEL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[^/!]+$").expect("a constant"));

impl Bundle {
    /// From an analysis with its tables.
    pub fn new(report: Report) -> Self {
        Self { statements: Statements::of(&report), report }
    }

    /// Searches the bundle for what the document quotes.
    ///
    /// # Errors
    /// As [`source::gather`].
    pub fn look_up(
        &self,
        document: &Document<'_>,
        paths: &[PathBuf],
        options: &source::Options,
    ) -> anyhow::Result<Found> {
        let mut settled = vec![false; document.lines.len() + 1];
        self.statements.check(document).iter().for_each(|claim| settled[claim.line as usize] = true);
        let open: Vec<_> = document.lines.iter().filter(|line| !settled[line.number as usize]).collect();
        let wanted = Wanted {
            quotes: quotes::wanted(&open),
            seconds: stamps::wanted(&open),
            names: names::wanted(&open, &self.report),
        };
        if wanted.quotes.is_empty() && wanted.seconds.is_empty() && wanted.names.is_empty() {
            return Ok(Found { complete: self.report.complete, ..Found::default() });
        }
        let gathered = source::gather(paths, options, &Searcher::new(&wanted))?;
        Ok(Searcher::join(wanted, gathered))
    }

    /// The failures that are no victim of another.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.report.failures.iter().filter(|failure| !failure.collateral)
    }

    /// Services that wrote.
    pub fn writers(&self) -> impl Iterator<Item = &Service> {
        self.report.services.iter().filter(|service| service.writes.count > 0)
    }

    /// Stores of the test processes and the service under test: the server's own store loses nobody's events.
    pub fn stores(&self) -> impl Iterator<Item = &Store> {
        self.report.stores.iter().filter(|store| store.service.as_deref() != Some("datastorage"))
    }

    /// The store that printed a line, as far as the tables tell.
    pub fn store_at(&self, place: &Place) -> Option<&str> {
        let at = |places: &[Place]| places.iter().any(|own| own.file == place.file && own.line == place.line);
        let tick = self.report.ticks.iter().find(|tick| at(std::slice::from_ref(&tick.place)));
        let event = || self.report.events.iter().find(|event| at(&event.places)).map(|event| event.store.as_str());
        let batch = || self.report.batches.iter().find(|batch| at(&batch.places)).map(|batch| batch.store.as_str());
        tick.map(|tick| tick.store.as_str()).or_else(event).or_else(batch)
    }

    /// The file that a document names by its last parts, and its lines.
    pub fn file(&self, name: &str) -> Option<(&str, u64)> {
        let ends = |path: &str| path == name || path.ends_with(&format!("/{name}")) || path.ends_with(&format!("!{name}"));
        let mut files = self.report.coverage.files.iter().filter(|file| ends(&file.path));
        let first = files.next()?;
        // With several of that name nobody knows which is meant; the longest one allows most.
        let lines = files.map(|file| file.lines).chain([first.lines]).max()?;
        Some((LABEL.find(&first.path)?.as_str(), lines))
    }
}
