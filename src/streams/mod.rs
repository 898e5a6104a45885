//! Streams: files that one container printed become one log again, so that a counter, a request or a block of test
//! output that a rotation cut is whole.
//!
//! A name is only a guess ([`source::part`]); the stamps confirm it. Files whose times lie apart stand in the order of
//! their times, whatever their names say; logs whose times overlap are not one log, unless the lines themselves are the
//! same (`overlap`). Every line keeps the file and the number that it has in the bundle.

mod edges;
mod overlap;
mod span;

pub use edges::{Edges, believable, free_text};

use std::collections::BTreeMap;

use crate::instant::{SECOND, spoken};
use crate::reading::LogFile;
use crate::report::{Finding, Place};
use crate::sighting::{TestLine, What};
use crate::source::{self, Age, Part};

use span::Span;

/// A file that became a part of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Label of the file.
    pub label: String,
    /// Lines of the log before it.
    pub lines_before: u32,
    /// The container was started anew before it.
    pub new_life: bool,
}

/// What joining gives.
#[derive(Debug, Default)]
pub struct Streams {
    /// The logs, in the order of their labels.
    pub logs: Vec<LogFile>,
    /// Gaps and overlaps.
    pub findings: Vec<Finding>,
    /// Files with lines that were counted in another file: label, and why they were not counted there.
    pub counted_elsewhere: Vec<(String, String)>,
}

impl LogFile {
    /// The place of a line, in the file that it stands in.
    pub fn place(&self, line: u32) -> Place {
        let part = self.parts.partition_point(|part| part.lines_before < line).checked_sub(1);
        let (label, before) = part.map_or((&self.label, 0), |at| (&self.parts[at].label, self.parts[at].lines_before));
        Place { file: label.clone(), line: line - before, to_line: None }
    }

    /// Where each life of the container begins and ends, as indices of sightings.
    pub fn lives(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let first = |part: &Joined| self.sightings.partition_point(|sighting| sighting.line <= part.lines_before);
        let begins = self.parts.iter().filter(|part| part.new_life).map(first);
        let mut bounds: Vec<usize> = std::iter::once(0).chain(begins).collect();
        bounds.push(self.sightings.len());
        (1..bounds.len()).map(move |at| bounds[at - 1]..bounds[at])
    }

    /// The log itself becomes the first of its parts.
    fn name_first_part(&mut self) {
        if self.parts.is_empty() {
            let label = self.label.clone();
            self.parts.push(Joined { label, lines_before: 0, new_life: false });
        }
    }

    /// Ginkgo printed it. Its blocks stand in the order of their ends, so their times overlap.
    fn is_test_output(&self) -> bool {
        self.sightings.iter().any(|sighting| matches!(sighting.what, What::Test(TestLine::Delimiter)))
    }
}

/// Joins the files of a bundle, which are in the order of their labels.
pub fn join(files: Vec<LogFile>) -> Streams {
    let mut streams = Streams::default();
    let files = overlap::count_once(files, &mut streams.counted_elsewhere, &mut streams.findings);
    let mut groups: BTreeMap<String, Vec<(Part, LogFile)>> = BTreeMap::new();
    for file in files {
        let part = source::part(&file.label);
        groups.entry(part.stream.clone()).or_default().push((part, file));
    }
    for group in groups.into_values() {
        streams.join_group(group);
    }
    streams.logs.sort_by(|one, other| one.label.cmp(&other.label));
    streams
}

impl Streams {
    fn join_group(&mut self, group: Vec<(Part, LogFile)>) {
        let (mut parts, others): (Vec<_>, Vec<_>) =
            group.into_iter().partition(|(_, file)| file.lines > 0 && file.document.is_none());
        self.logs.extend(others.into_iter().map(|(_, file)| file));
        if parts.len() < 2 {
            self.logs.extend(parts.pop().map(|(_, file)| file));
            return;
        }
        parts.sort_by(|(one, _), (other, _)| one.turn.cmp(&other.turn));
        let spans: Vec<Span> = parts.iter().map(|(_, file)| Span::of(file)).collect();
        let order = span::order(&spans);
        let mut parts: Vec<Option<(Part, LogFile)>> = parts.into_iter().map(Some).collect();
        let mut open: Option<(Part, Span, LogFile)> = None;
        for at in order {
            let Some((part, file)) = parts[at].take() else { continue };
            let span = spans[at];
            let Some((before, whole, log)) = &mut open else {
                open = Some((part, span, file));
                continue;
            };
            let overlaps = whole.overlaps(&span) && !(log.is_test_output() || file.is_test_output());
            if overlaps || u32::try_from(log.lines.saturating_add(file.lines)).is_err() {
                self.findings.extend(overlaps.then(|| overlapping(log, &file)));
                self.logs.extend(open.replace((part, span, file)).map(|(.., log)| log));
                continue;
            }
            self.findings.extend(gap(before, log, whole, &part, &file, &span));
            let newest = file.label.clone();
            append(log, file, 0, before.turn.life != part.turn.life);
            log.label = newest;
            *whole = whole.and(span);
            *before = part;
        }
        self.logs.extend(open.map(|(.., log)| log));
    }
}

/// Puts a file behind a log, without its first sightings where those are in the log already. The lines of both must be
/// fewer than `u32` counts.
fn append(log: &mut LogFile, mut file: LogFile, known: usize, new_life: bool) {
    let base = u32::try_from(log.lines).unwrap_or(u32::MAX);
    file.sightings.drain(..known);
    for sighting in &mut file.sightings {
        sighting.line = sighting.line.saturating_add(base);
    }
    file.edges.move_down(base);
    // A new process goes on with nothing, and a reader that saw lines of both had its state from them.
    if known == 0 && !new_life {
        edges::mend(log, &mut file, base);
    }
    log.edges = std::mem::take(&mut file.edges);
    log.name_first_part();
    file.name_first_part();
    file.parts[0].new_life = new_life;
    let moved = |part: Joined| Joined { lines_before: part.lines_before.saturating_add(base), ..part };
    log.parts.extend(file.parts.into_iter().map(moved));
    log.sightings.append(&mut file.sightings);
    log.lines += file.lines;
}

/// Logs that their names take for one, and that were printed at the same time.
fn overlapping(one: &LogFile, other: &LogFile) -> Finding {
    Finding {
        id: "logs-overlap",
        text: format!(
            "{} and {} are named as parts of one log and hold other lines of the same time; read as two",
            one.label, other.label
        ),
        places: vec![one.place(1), other.place(1)],
    }
}

/// A part that is missing between two: its number is, or nothing was printed for longer than anywhere else.
fn gap(before: &Part, log: &LogFile, whole: &Span, after: &Part, file: &LogFile, span: &Span) -> Option<Finding> {
    const SHORTEST: i64 = 30 * SECOND;
    if before.turn.life != after.turn.life {
        return None;
    }
    let number = |part: &Part| match part.turn.age {
        Age::Times(times) => Some(times),
        Age::Newest => Some(0),
        Age::At(_) => None,
    };
    let missing = number(before).zip(number(after)).is_some_and(|(one, other)| other - one > 1);
    let pause = whole.pause_to(span).filter(|pause| *pause > SHORTEST.max(2 * whole.longest_pause(span)));
    let why = match (missing, pause) {
        (true, _) => "a file between them is missing".to_owned(),
        (false, Some(pause)) => format!("nothing was printed for {}, and a file may be missing", spoken(pause)),
        (false, None) => return None,
    };
    let last = log.place(u32::try_from(log.lines).unwrap_or(u32::MAX));
    Some(Finding {
        id: "log-gap",
        text: format!("between {} and {} of one log {why}", last.file, file.label),
        places: vec![last, file.place(1)],
    })
}
