//! *Columns* hold the rows of a large table in few bytes, for the page's script: a number for each value, strings once,
//! instants as the distance from the row before and their width.
//!
//! Times are whole microseconds after the page's epoch, rounded outwards, so that what is drawn holds what is known.

use std::collections::HashMap;

use serde::Serialize;

use crate::instant::Nanos;
use crate::report::{Duration, Instant, Place};

/// Strings that many rows share, each once.
#[derive(Debug, Default)]
pub struct Dictionary {
    numbers: HashMap<String, usize>,
    /// The strings by their numbers.
    pub strings: Vec<String>,
}

impl Dictionary {
    /// The number of a string.
    pub fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.strings.len();
        self.numbers.insert(text.to_owned(), number);
        self.strings.push(text.to_owned());
        number
    }
}

/// From when to when on the page's scale; a null end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span(pub Option<i64>, pub Option<i64>);

/// Microseconds after the epoch.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// The epoch, in whole microseconds of Unix time.
    pub epoch: i64,
}

impl Scale {
    /// An instant, rounded outwards.
    pub fn span(self, at: &Instant) -> Span {
        let down = |nanos: Nanos| nanos.div_euclid(1_000).saturating_sub(self.epoch);
        let up = |nanos: Nanos| micros_up(nanos).saturating_sub(self.epoch);
        Span(at.lo.map(down), at.hi.map(up))
    }
}

fn micros_up(nanos: Nanos) -> i64 {
    nanos.div_euclid(1_000) + i64::from(nanos.rem_euclid(1_000) != 0)
}

/// A length in microseconds, rounded outwards.
pub fn length(of: Duration) -> Span {
    Span(of.lo_ns.map(|lo| lo.div_euclid(1_000)), of.hi_ns.map(micros_up))
}

/// An instant for each row: `width` (0 or more) and then the distance of its begin from the begin before;
/// [`Instants::LO_ONLY`] or [`Instants::HI_ONLY`] and then the distance of the known end; or a mark alone.
#[derive(Debug, Default, Serialize)]
pub struct Instants {
    /// The numbers.
    v: Vec<i64>,
    /// From which row on which clock: pairs of row and number of the clock, 0 for the reference clock.
    k: Vec<(usize, usize)>,
    #[serde(skip)]
    rows: usize,
    #[serde(skip)]
    last: i64,
    #[serde(skip)]
    clock: usize,
}

impl Instants {
    const LO_ONLY: i64 = -1;
    const HI_ONLY: i64 = -2;
    const UNKNOWN: i64 = -3;
    const INHERITED: i64 = -4;

    /// The next row. `inherited` is what the script knows already, from the row's batch.
    pub fn push(&mut self, at: Option<&Instant>, inherited: Option<&Instant>, scale: Scale, clocks: &mut Dictionary) {
        self.rows += 1;
        let Some(at) = at else {
            self.v.push(Self::UNKNOWN);
            return;
        };
        if Some(at) == inherited {
            self.v.push(Self::INHERITED);
            return;
        }
        let (mark, known) = match scale.span(at) {
            Span(Some(lo), Some(hi)) => (hi.saturating_sub(lo).max(0), lo),
            Span(Some(lo), None) => (Self::LO_ONLY, lo),
            Span(None, Some(hi)) => (Self::HI_ONLY, hi),
            Span(None, None) => {
                self.v.push(Self::UNKNOWN);
                return;
            }
        };
        self.v.extend([mark, known.saturating_sub(self.last)]);
        self.last = known;
        let clock = at.clock.as_deref().map_or(0, |clock| clocks.number(clock));
        if clock != self.clock {
            self.clock = clock;
            self.k.push((self.rows - 1, clock));
        }
    }
}

/// The first place of each row: the number of its file, and the distance of its line from the line before.
#[derive(Debug, Default, Serialize)]
pub struct Places {
    /// Files by runs: pairs of row and number of the file.
    f: Vec<(usize, usize)>,
    /// Distances; 0 and no file before the first place.
    l: Vec<i64>,
    #[serde(skip)]
    last: i64,
    #[serde(skip)]
    file: Option<usize>,
}

impl Places {
    /// The next row.
    pub fn push(&mut self, place: Option<&Place>, files: &mut Dictionary) {
        let Some(place) = place else {
            self.l.push(0);
            return;
        };
        let file = files.number(&place.file);
        if self.file != Some(file) {
            self.file = Some(file);
            self.f.push((self.l.len(), file));
        }
        let line = i64::from(place.line);
        self.l.push(line - self.last);
        self.last = line;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lo: Option<i64>, hi: Option<i64>) -> Instant {
        Instant { lo, hi, clock: None }
    }

    #[test]
    fn instants_are_rounded_outwards_and_told_from_the_row_before() {
        let scale = Scale { epoch: 1 };
        assert_eq!(scale.span(&at(Some(2_999), Some(3_001))), Span(Some(1), Some(3)));
        let mut clocks = Dictionary::default();
        clocks.number("");
        let mut column = Instants::default();
        let other = Instant { clock: Some("redis".to_owned()), ..at(Some(9_000), Some(9_000)) };
        let rows = [at(Some(2_000), Some(5_000)), at(Some(4_000), None), at(None, Some(8_000)), other.clone()];
        for row in &rows {
            column.push(Some(row), None, scale, &mut clocks);
        }
        column.push(None, None, scale, &mut clocks);
        column.push(Some(&other), Some(&other), scale, &mut clocks);
        assert_eq!(column.v, [3, 1, -1, 2, -2, 4, 0, 1, -3, -4]);
        assert_eq!(column.k, [(3, 1)]);
    }

    #[test]
    fn places_are_told_from_the_row_before() {
        let mut files = Dictionary::default();
        let mut column = Places::default();
        for line in [10, 12, 11] {
            column.push(Some(&Place { file: "a".to_owned(), line, to_line: None }), &mut files);
        }
        column.push(Some(&Place { file: "b".to_owned(), line: 1, to_line: None }), &mut files);
        assert_eq!((column.f, column.l), (vec![(0, 0), (3, 1)], vec![10, 2, -1, -10]));
    }
}
