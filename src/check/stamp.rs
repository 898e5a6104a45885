//! A *stamp* in a document: a time of day as people copy it, often without its date and its zone.

use std::sync::LazyLock;

use regex::Regex;

use super::document::{Document, Part};
use crate::instant::{Nanos, SECOND};

/// A day in nanoseconds.
const DAY: Nanos = 86_400 * SECOND;
/// Zones differ by multiples of this.
const ZONE_STEP: Nanos = 1_800 * SECOND;

/// A time of day in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Line of the document.
    pub line: u32,
    /// As written, without date and zone: `14:35:15.889`.
    pub text: String,
    /// Nanoseconds since midnight, as written.
    pub at: Nanos,
    /// What its last digit is worth, in nanoseconds.
    pub step: Nanos,
    /// Seconds east of UTC, when it is written.
    pub zone: Option<i32>,
    /// Where its line goes on after it.
    pub end: usize,
    /// Whether it is the lower end of an interval: `18:53:12.7–13.2`.
    pub opens: bool,
    /// Whether it begins the line, after marks of lists and tables.
    pub leads: bool,
}

static STAMP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\b\d{4}-\d\d-\d\d[T ]|\b)(?P<h>[01]\d|2[0-3]):(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?:\.(?P<f>\d{1,9}))?(?P<z> ?(?:Z|UTC)\b|[+-]\d\d:?\d\d\b)?")
        .expect("a constant")
});

impl Stamp {
    /// All stamps of a line.
    pub fn all(line: u32, text: &str) -> Vec<Self> {
        STAMP
            .captures_iter(text)
            .filter_map(|part| {
                let whole = part.get(0)?;
                let number = |name: &str| part[name].parse::<Nanos>().ok();
                let seconds = number("h")? * 3600 + number("m")? * 60 + number("s")?;
                let fraction = part.name("f").map_or("", |f| f.as_str());
                let step = SECOND / 10_i64.pow(u32::try_from(fraction.len()).ok()?);
                let nanos = if fraction.is_empty() { 0 } else { fraction.parse::<Nanos>().ok()? * step };
                let zone = part.name("z").and_then(|zone| offset(zone.as_str().trim()));
                let dot = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
                let before = text[..whole.start()].trim_matches(|c: char| !c.is_alphanumeric());
                Some(Self {
                    line,
                    text: format!("{}:{}:{}{dot}", &part["h"], &part["m"], &part["s"]),
                    at: seconds * SECOND + nanos,
                    step,
                    zone,
                    end: whole.end(),
                    opens: text[whole.end()..]
                        .strip_prefix(['–', '-'])
                        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())),
                    leads: before.is_empty(),
                })
            })
            .collect()
    }

    /// Nanoseconds since midnight in UTC; `local` is the zone of stamps that carry none.
    pub fn utc(&self, local: i32) -> Nanos {
        self.at - Nanos::from(self.zone.unwrap_or(local)) * SECOND
    }

    /// Surely before the other, also around midnight.
    pub fn before(&self, other: &Self, local: i32) -> bool {
        let gap = (other.utc(local) - self.utc(local)).rem_euclid(DAY);
        gap >= self.step.max(other.step) && gap < DAY / 2
    }

    /// Whether this is how a person writes the time of a line, in whatever zone: cut or rounded, but never more exact.
    pub fn shows(&self, line: &Self) -> bool {
        let gap = (line.at - self.at) % (3_600 * SECOND);
        gap < self.step && gap >= -self.step / 2 && line.step <= self.step
    }

    /// How long the other comes after this, in nanoseconds.
    pub fn until(&self, other: &Self, local: i32) -> Nanos {
        (other.utc(local) - self.utc(local) + DAY / 2).rem_euclid(DAY) - DAY / 2
    }
}

fn offset(zone: &str) -> Option<i32> {
    if matches!(zone, "Z" | "UTC") {
        return Some(0);
    }
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let seconds = digits.get(..2)?.parse::<i32>().ok()? * 3600 + digits.get(2..4)?.parse::<i32>().ok()? * 60;
    Some(if zone.starts_with('-') { -seconds } else { seconds })
}

/// How the document's stamps without a zone are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local {
    /// The document says it, or all stamps carry a zone.
    Said(i32),
    /// Told by the distance to stamps that carry one: line of the first without, line of the first with.
    Inferred(i32, u32, u32),
    /// Nothing tells.
    Unknown,
}

impl Local {
    /// From all stamps of a document.
    pub fn of(document: &Document<'_>, stamps: &[Stamp]) -> Self {
        let said = |line: &&super::document::Line<'_>| {
            let text = line.plain().to_lowercase();
            text.contains("all times are utc") || text.contains("times are in utc") || text.starts_with("| utc |")
        };
        if document.lines.iter().any(|line| said(&line)) {
            return Self::Said(0);
        }
        let bare = stamps.iter().find(|stamp| stamp.zone.is_none());
        let zoned = stamps.iter().find(|stamp| stamp.zone.is_some());
        match (bare, zoned) {
            (None, _) => Self::Said(0),
            (Some(_), None) => Self::Unknown,
            (Some(bare), Some(zoned)) => {
                let gap = bare.at - zoned.utc(0);
                let steps = (gap + ZONE_STEP / 2).div_euclid(ZONE_STEP);
                let near = (gap - steps * ZONE_STEP).abs() <= ZONE_STEP / 3;
                match i32::try_from(steps * 1_800) {
                    Ok(0) if near => Self::Said(0),
                    Ok(seconds) if near && seconds.abs() <= 14 * 3600 => Self::Inferred(seconds, bare.line, zoned.line),
                    _ => Self::Unknown,
                }
            }
        }
    }

    /// Seconds east of UTC; without any hint all stamps are taken for one zone.
    pub fn seconds(self) -> i32 {
        match self {
            Self::Said(seconds) | Self::Inferred(seconds, ..) => seconds,
            Self::Unknown => 0,
        }
    }
}

/// All stamps of what is no code.
pub fn all(document: &Document<'_>) -> Vec<Stamp> {
    let lines = document.lines.iter().filter(|line| line.says() || line.part == Part::Heading);
    lines.flat_map(|line| Stamp::all(line.number, &line.plain())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_bare_stamps_is_told_by_the_others() {
        let document = Document::parse("14:35:15.889 - buffered\n\n2026-01-14T19:35:11.946Z INFO POST\n");
        let stamps = all(&document);
        assert_eq!(Local::of(&document, &stamps), Local::Inferred(-18_000, 1, 3));
        assert!(stamps[1].before(&stamps[0], -18_000));
        assert_eq!(stamps[1].until(&stamps[0], -18_000), 3_943_000_000);
    }
}
