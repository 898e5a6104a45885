//! A *quote* is the raw line behind a place, for outputs that show it: of the evidence, and of each failing journey.
//!
//! A report holds places, not lines, so that it stays small. Quoting reads the PATHs a second time and keeps those
//! lines only. Standard input cannot be read twice: nothing is quoted then.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use memchr::memchr;

use crate::prefixes::without_colour;
use crate::report::{Failure, Place, Quote, Report};
use crate::secrets::masked;
use crate::source;

/// A line is cut after so many bytes.
const LINE: usize = 1_200;
/// More lines than these are not cited: what comes first in the report is quoted first.
const LINES: usize = 3_000;

/// Reads the lines that the report cites.
///
/// # Errors
/// When a PATH cannot be read again.
pub fn quotes(paths: &[PathBuf], options: &source::Options, report: &Report) -> anyhow::Result<Vec<Quote>> {
    if paths.iter().any(|path| path.as_os_str() == "-") {
        return Ok(Vec::new());
    }
    let mut wanted: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for place in cited(report).take(LINES) {
        wanted.entry(&place.file).or_default().insert(place.line);
    }
    let read = source::gather(paths, options, &Lines { wanted: &wanted })?;
    let mut quotes = Vec::new();
    for file in read.files {
        let (Some(lines), Some(wanted)) = (file.output, wanted.get(file.label.as_str())) else { continue };
        for (line, text) in lines.into_iter().filter(|(line, _)| wanted.contains(line)) {
            let place = Place { file: file.label.clone(), line, to_line: None };
            quotes.push(Quote { place, text });
        }
    }
    quotes.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(quotes)
}

/// The places of what is claimed, the failures first.
fn cited(report: &Report) -> impl Iterator<Item = &Place> {
    let findings = report.findings.iter().flat_map(|finding| &finding.places);
    let settings = report.settings.iter().flat_map(|setting| &setting.places);
    let clocks = report.clocks.iter().flat_map(|clock| &clock.places);
    report.failures.iter().flat_map(|failure| of_failure(report, failure)).chain(findings).chain(settings).chain(clocks)
}

fn of_failure<'a>(report: &'a Report, failure: &'a Failure) -> impl Iterator<Item = &'a Place> {
    let ranked = failure.ranked.iter().flat_map(|ranked| ranked.supporting.iter().chain(&ranked.against));
    let ruled_out = failure.ruled_out.iter().flat_map(|out| &out.by);
    let evidence = ranked.chain(ruled_out).flat_map(|evidence| &evidence.places);
    let links = failure.awaited.iter().flat_map(|awaited| &awaited.journey).flat_map(|link| &link.places);
    let stages = failure.awaited.iter().flat_map(|awaited| &awaited.stages).flat_map(|stage| &stage.places);
    let looks = failure.looks.iter().flat_map(|look| &look.places);
    let own = failure.places.iter().chain(&failure.wait.places);
    let own = own.chain(failure.passing.iter().flat_map(|passing| &passing.places));
    // The batch and the request that carried an awaited event.
    let events = failure.awaited.iter().filter_map(|awaited| awaited.event.as_deref());
    let carried = events.flat_map(|id| {
        let event = report.events.iter().find(|event| event.id == id);
        let batch = event.and_then(|event| report.batches.iter().find(|batch| Some(&batch.id) == event.batch.as_ref()));
        let request = batch.and_then(|b| report.requests.iter().find(|r| Some(&r.id) == b.request.as_ref()));
        let batch = batch.into_iter().flat_map(|batch| &batch.places);
        event.into_iter().flat_map(|event| &event.places).chain(batch).chain(request.map(|request| &request.place))
    });
    evidence.chain(links).chain(stages).chain(looks).chain(own).chain(carried)
}

struct Lines<'a> {
    wanted: &'a BTreeMap<&'a str, BTreeSet<u32>>,
}

impl source::Reader for Lines<'_> {
    type Output = Vec<(u32, String)>;

    fn read(&self, label: &str, bytes: &mut dyn Read) -> Self::Output {
        // The final label may differ in front: whichever ends alike may be meant.
        let meant = self.wanted.iter().filter(|(file, _)| label.ends_with(**file) || file.ends_with(label));
        let wanted: BTreeSet<u32> = meant.flat_map(|(_, lines)| lines.iter().copied()).collect();
        let Some(last) = wanted.last().copied() else { return Vec::new() };
        let (mut kept, mut line, mut number) = (Vec::new(), Vec::new(), 1_u32);
        let mut block = vec![0; 1 << 16];
        while let Ok(length @ 1..) = bytes.read(&mut block) {
            let mut rest = &block[..length];
            while !rest.is_empty() && number <= last {
                let end = memchr(b'\n', rest);
                if wanted.contains(&number) {
                    let part = &rest[..end.unwrap_or(rest.len())];
                    line.extend_from_slice(&part[..part.len().min(LINE.saturating_sub(line.len()))]);
                }
                let Some(end) = end else { break };
                keep(&mut kept, number, &mut line);
                number = number.saturating_add(1);
                rest = &rest[end + 1..];
            }
        }
        keep(&mut kept, number, &mut line);
        kept
    }
}

fn keep(kept: &mut Vec<(u32, String)>, number: u32, line: &mut Vec<u8>) {
    if line.is_empty() {
        return;
    }
    let cut = line.len() >= LINE;
    let text = String::from_utf8_lossy(line);
    let text = masked(&without_colour(text.trim_end())).into_owned();
    kept.push((number, if cut { format!("{text}…") } else { text }));
    line.clear();
}

#[cfg(test)]
mod tests {
    use source::Reader;

    use super::*;

    #[test]
    fn lines_are_kept_by_number_cut_and_masked() {
        let mut wanted = BTreeMap::new();
        wanted.insert("a/x.log", BTreeSet::from([2, 4, 5]));
        let long = "y".repeat(3_000);
        let text = format!("one\n\x1b[31mtwo\x1b[0m\r\nthree\n{long}\nPGPASSWORD=hunter2 five");
        let lines = Lines { wanted: &wanted }.read("top/a/x.log", &mut text.as_bytes());
        assert_eq!(lines[0], (2, "two".to_owned()));
        assert_eq!((lines[1].0, lines[1].1.len()), (4, LINE + "…".len()));
        assert_eq!(lines[2].0, 5);
        assert!(!lines[2].1.contains("hunter2"), "{}", lines[2].1);
        assert!(Lines { wanted: &wanted }.read("b.log", &mut text.as_bytes()).is_empty());
    }
}
