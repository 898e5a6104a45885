//! Edges: what the text of a file leaves open at both ends. Test output that was cut in two reads as if it was not:
//! the second part's first lines are read once more, in the state that the first part's last lines left.

use std::collections::BTreeSet;
use std::num::NonZeroI64;

use crate::instant::{Nanos, Stamp, Zone, believed};
use crate::reading::LogFile;
use crate::sighting::{Sighting, TestLine, What};
use crate::vocabulary::{self, Ginkgo, Names};

/// Bytes of the first lines that are kept; a failure's message and a summary fit.
const LONGEST_HEAD: usize = 32 << 10;
/// First lines of a file among which those are.
const HEAD_LINES: u32 = 2000;

/// The two ends of a file.
#[derive(Debug, Default)]
pub struct Edges {
    /// Lines of free text up to the first that settles what follows.
    head: Vec<FreeLine>,
    bytes: usize,
    /// What follows the head does not hang on what stands before the file, or is too long to be kept.
    settled: bool,
    /// The reader's state at the end.
    end: Ginkgo,
}

/// A line without a format, its layers taken off.
#[derive(Debug)]
struct FreeLine {
    number: u32,
    text: String,
    read_at: Option<Nanos>,
}

impl Edges {
    /// Notes a line of free text.
    pub fn note(&mut self, line: &str, number: u32, read_at: Option<Nanos>) {
        if !self.is_open(number.saturating_sub(1)) {
            self.settled = true;
            return;
        }
        self.bytes += line.len() + size_of::<FreeLine>();
        self.settled = Ginkgo::settles(line) || self.bytes > LONGEST_HEAD;
        if self.bytes <= LONGEST_HEAD {
            self.head.push(FreeLine { number, text: line.to_owned(), read_at });
        }
    }

    /// Whether the line after so many of the file has to be noted, if it is free text.
    pub fn is_open(&self, lines: u32) -> bool {
        !self.settled && lines < HEAD_LINES
    }

    /// Nothing is noted: the first lines stand in an earlier chunk.
    pub fn settle(&mut self) {
        self.settled = true;
    }

    /// So many lines stand before the file.
    pub fn move_down(&mut self, lines: u32) {
        self.end.move_down(lines);
    }

    /// Adds the first lines of the next chunk of the file; so many lines stand before it.
    pub fn join(&mut self, next: Self, before: u32) {
        for line in next.head {
            if self.settled {
                return;
            }
            self.note(&line.text, line.number.saturating_add(before), line.read_at);
        }
        self.settled |= next.settled;
    }

    /// Notes the state at the end of the file, which has so many lines. A container's log has no use for its edges.
    pub fn close(&mut self, ginkgo: &Ginkgo, found: &[Sighting], lines: u32) {
        self.settled |= !self.is_open(lines);
        let is_test = |sighting: &Sighting| matches!(sighting.what, What::Test(_));
        if ginkgo.open_line().is_some() || found.iter().any(is_test) {
            self.end = ginkgo.clone();
        } else {
            self.head = Vec::new();
        }
    }

    /// Line of a failure whose message the end of the file cut.
    pub fn open_line(&self) -> Option<u32> {
        self.end.open_line()
    }
}

/// A time of day has no date yet, and takes that of a stamp that is believed.
pub fn believable(stamp: Stamp) -> bool {
    stamp.zone == Zone::TimeOfDay || believed(stamp.at)
}

/// Reads a line that no format knows; returns whether it was recognised.
pub fn free_text(
    ginkgo: &mut Ginkgo,
    names: &mut Names,
    line: &str,
    number: u32,
    read_at: Option<Nanos>,
    found: &mut Vec<Sighting>,
) -> bool {
    let before = found.len();
    // A line that only ends a message adds a sighting too, and is not recognised.
    if ginkgo.read(line, number, names, found) {
        for sighting in &mut found[before..] {
            sighting.stamp = sighting.stamp.filter(|stamp| believable(*stamp));
        }
        return true;
    }
    let Some(what) = vocabulary::plain(line, names) else { return false };
    found.push(Sighting { line: number, stamp: None, read_at: read_at.and_then(NonZeroI64::new), what });
    true
}

/// Reads the first lines of a part again, as they follow on the part before. `base` is the number of lines before it;
/// the lines of both count through.
pub(super) fn mend(before: &mut LogFile, after: &mut LogFile, base: u32) {
    let mut ginkgo = std::mem::take(&mut before.edges.end);
    if let Some(open) = ginkgo.open_line() {
        // What the first part said of it is only its beginning.
        let is_message = |s: &Sighting| s.line == open && matches!(s.what, What::Test(TestLine::Failure { .. }));
        if let Some(at) = before.sightings.iter().rposition(is_message) {
            before.sightings.remove(at);
        }
    }
    let head = std::mem::take(&mut after.edges.head);
    let again: BTreeSet<u32> = head.iter().map(|line| line.number + base).collect();
    let last = again.last().copied().unwrap_or(0);
    let rest = after.sightings.split_off(after.sightings.partition_point(|sighting| sighting.line <= last));
    after.sightings.retain(|sighting| !again.contains(&sighting.line));
    let (mut names, mut found) = (Names::default(), Vec::new());
    for line in &head {
        free_text(&mut ginkgo, &mut names, &line.text, line.number + base, line.read_at, &mut found);
    }
    if after.edges.settled {
        ginkgo.finish(&mut names, &mut found);
    } else {
        // The whole part stands between the one before and the one after.
        let mut ended = ginkgo.clone();
        ended.finish(&mut names, &mut found);
        after.edges.end = ginkgo;
    }
    for sighting in found {
        if sighting.line > base {
            after.sightings.push(sighting);
        } else {
            // The message that the border cut; it stands where it began.
            let at = before.sightings.partition_point(|known| known.line <= sighting.line);
            before.sightings.insert(at, sighting);
        }
    }
    after.sightings.sort_by_key(|sighting| sighting.line);
    after.sightings.extend(rest);
}
