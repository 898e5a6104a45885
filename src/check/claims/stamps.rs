//! Stamps: a time of day that a document gives is one that a line of the bundle has, and no more exact.

use std::collections::{BTreeMap, BTreeSet};

use super::super::document::{Line, Part};
use super::super::stamp::Stamp;
use super::{Case, Kind, Said, Source};
use crate::instant::{Nanos, SECOND};
use crate::report::Place;

/// Times of day.
pub static STAMPS: Kind =
    Kind { name: "stamps", about: "times of day are those of the bundle, and no more exact", examine };

/// In nanoseconds.
const HOUR: Nanos = 3_600 * SECOND;

/// The seconds to look for.
pub fn wanted(lines: &[&Line<'_>]) -> BTreeSet<String> {
    let stamps = lines.iter().flat_map(|line| of(line));
    stamps.filter_map(|stamp| stamp.text.get(3..8).map(str::to_owned)).collect()
}

/// A stamp with a date in a fence is part of a quoted line, and checked with it.
fn of(line: &Line<'_>) -> Vec<Stamp> {
    let text = line.plain();
    let quoted = line.part == Part::Quote && (text.starts_with('{') || text.as_bytes().get(4) == Some(&b'-'));
    if !line.says() || quoted { Vec::new() } else { Stamp::all(line.number, &text) }
}

fn examine(case: &Case<'_>) -> Vec<Said> {
    // Without a bundle stamps are held against each other: see `order`.
    let Some((bundle, found)) = case.bundle else { return Vec::new() };
    let derived: Vec<(Nanos, Nanos)> = bundle.derived().collect();
    let stamps: Vec<Stamp> = case.lines().flat_map(of).collect();
    let nothing = BTreeMap::new();
    let lines = |stamp: &Stamp| stamp.text.get(3..8).and_then(|second| found.seconds.get(second)).unwrap_or(&nothing);
    // A document may write all its times in another zone than the logs: then most are off by the same hours.
    let mut shifts: BTreeMap<i64, usize> = BTreeMap::new();
    for stamp in &stamps {
        let hours: BTreeSet<i64> =
            lines(stamp).keys().map(|text| (hour(text) - hour(&stamp.text)).rem_euclid(24)).collect();
        for shift in hours {
            *shifts.entry(shift).or_default() += 1;
        }
    }
    let usual = shifts.into_iter().filter(|(_, count)| count * 2 > stamps.len() && stamps.len() > 1);
    let usual = usual.max_by_key(|(_, count)| *count).map_or(0, |(shift, _)| shift);
    let judge = |stamp: &Stamp| {
        let shift = |text: &str| (hour(text) - hour(&stamp.text)).rem_euclid(24);
        let own = lines(stamp).iter().filter(|(text, _)| matches!(shift(text), 0) || shift(text) == usual);
        judge(stamp, &own.collect(), &derived, found.complete)
    };
    stamps.iter().map(judge).collect()
}

fn hour(text: &str) -> i64 {
    text.get(..2).and_then(|hour| hour.parse().ok()).unwrap_or(0)
}

/// `lines`: what the bundle's lines of that second have, and where.
fn judge(stamp: &Stamp, lines: &BTreeMap<&String, &Place>, derived: &[(Nanos, Nanos)], complete: bool) -> Said {
    let (line, said) = (stamp.line, stamp.text.clone());
    let same = |text: &str| Stamp::all(0, text).first().is_some_and(|other| stamp.shows(other));
    if let Some((_, place)) = lines.iter().find(|(text, _)| same(text)) {
        return Said::holds(line, said, vec![Source::Place((*place).clone())]);
    }
    let inside = |(lo, hi): &(Nanos, Nanos)| {
        let (from, to) = ((stamp.at - lo).rem_euclid(HOUR), (stamp.at - hi).rem_euclid(HOUR));
        // From the cell of the stamp's grid that holds the lower end to the upper end.
        from > HOUR - stamp.step || from <= hi - lo || to < stamp.step
    };
    if stamp.step < SECOND && !lines.is_empty() && derived.iter().any(inside) {
        return Said::holds(line, said, vec![Source::Field("report")]);
    }
    if stamp.opens {
        return Said::unchecked(line, said, "it is the end of an interval, which no line has to have");
    }
    if let Some((text, place)) = lines.iter().find(|(text, _)| text.len() == 8) {
        let expected = format!("{text}, for the lines of that second stamp whole seconds");
        return Said::contradicted(line, said, expected, stamp.text.clone(), vec![Source::Place((*place).clone())]);
    }
    if let Some((text, place)) = lines.iter().min_by_key(|(text, _)| distance(text, stamp)) {
        return Said::contradicted(
            line,
            said,
            (*text).clone(),
            stamp.text.clone(),
            vec![Source::Place((*place).clone())],
        );
    }
    if complete {
        let expected = "a line of the bundle with that time";
        return Said::contradicted(line, said, expected, "none", vec![Source::Field("coverage")]);
    }
    Said::unchecked(line, said, "not everything of the bundle was read")
}

fn distance(text: &str, stamp: &Stamp) -> i64 {
    Stamp::all(0, text).first().map_or(i64::MAX, |other| (other.at - stamp.at).abs() % HOUR)
}
