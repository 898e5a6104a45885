//! The *bundle* as a check sees it: the report, what this tool says about it, and the lines that a document quotes.

use std::path::PathBuf;
use std::sync::LazyLock;

use regex::Regex;

use super::claims::{names, places, quotes, stamps};
use super::document::Document;
use super::search::{Found, Searcher, Wanted};
use super::statements::Statements;
use crate::instant::{MILLISECOND, Nanos};
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

/// A derived time that is known better than this may be quoted with digits that no line has.
const NARROW: Nanos = 100 * MILLISECOND;

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
            places: places::wanted(&open),
        };
        let lines = wanted.seconds.is_empty() && wanted.names.is_empty() && wanted.places.is_empty();
        if wanted.quotes.is_empty() && lines {
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

    /// Narrow times that the analysis derived: nanoseconds, lower and upper end.
    pub fn derived(&self) -> impl Iterator<Item = (Nanos, Nanos)> {
        let report = &self.report;
        let events = report.events.iter().flat_map(|e| [&e.emitted, &e.buffered, &e.flushed, &e.written, &e.visible]);
        let batches = report.batches.iter().flat_map(|batch| [&batch.flushed, &batch.written]);
        let ticks = report.ticks.iter().map(|tick| &tick.at);
        let looks = report.failures.iter().flat_map(|failure| failure.looks.iter().map(|look| &look.at));
        let specs = report.failures.iter().flat_map(|f| [&f.started, &f.deadline, &f.trigger, &f.last_look]);
        let links = report.failures.iter().flat_map(|failure| &failure.awaited).flat_map(|awaited| &awaited.journey);
        let all = events.chain(batches).chain(ticks).chain(looks).chain(specs).chain(links.map(|link| &link.at));
        let all = all.chain(report.requests.iter().map(|request| &request.at)).flatten();
        let narrow = |at: &crate::report::Instant| match (at.lo, at.hi) {
            (Some(lo), Some(hi)) => (hi - lo <= NARROW).then_some((lo, hi)),
            // The end that is known is what is quoted.
            (lo, hi) => lo.or(hi).map(|end| (end, end)),
        };
        all.filter_map(narrow)
    }

    /// The store that printed a line, as far as the tables tell. Lines that are in no table belong to the store of the
    /// lines around them: the blocks of a parallel run are printed whole.
    pub fn store_at(&self, place: &Place) -> Option<&str> {
        let ticks = self.report.ticks.iter().map(|tick| (std::slice::from_ref(&tick.place), tick.store.as_str()));
        let events = self.report.events.iter().map(|event| (event.places.as_slice(), event.store.as_str()));
        let batches = self.report.batches.iter().map(|batch| (batch.places.as_slice(), batch.store.as_str()));
        let all = ticks.chain(events).chain(batches);
        let own = all.flat_map(|(places, store)| places.iter().map(move |place| (place, store)));
        let own = own.filter(|(own, _)| own.file == place.file);
        let (mut before, mut after) = (None, None);
        for (other, store) in own {
            if other.line <= place.line && before.is_none_or(|(line, _)| line < other.line) {
                before = Some((other.line, store));
            }
            if other.line >= place.line && after.is_none_or(|(line, _)| line > other.line) {
                after = Some((other.line, store));
            }
        }
        let ((_, before), (_, after)) = before.zip(after)?;
        (before == after).then_some(before)
    }

    /// The file that a document names by its last parts, and its lines.
    pub fn file(&self, name: &str) -> Option<(&str, u64)> {
        let ends =
            |path: &str| path == name || path.ends_with(&format!("/{name}")) || path.ends_with(&format!("!{name}"));
        let mut files = self.report.coverage.files.iter().filter(|file| ends(&file.path));
        let first = files.next()?;
        // With several of that name nobody knows which is meant; the longest one allows most.
        let lines = files.map(|file| file.lines).chain([first.lines]).max()?;
        Some((LABEL.find(&first.path)?.as_str(), lines))
    }
}
