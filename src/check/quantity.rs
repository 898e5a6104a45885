//! A *quantity*: a number as people write it, with its unit, its range, and how exactly it was meant.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::instant::{MILLISECOND, Nanos, SECOND, believed_length};

/// A length of time as it was written: `15-200ms`, `~100ms`, `0.2–0.4 s`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Length {
    /// Lower end in nanoseconds.
    pub lo: Nanos,
    /// Upper end in nanoseconds; the same for one number.
    pub hi: Nanos,
    /// What the last written digit is worth, in nanoseconds.
    pub step: Nanos,
    /// `~`, `≈`, `about`, `<`, `>`, `over` stood before it.
    pub loose: bool,
    /// Where it stands in its line.
    pub at: Range<usize>,
}

static LENGTH: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"\d{1,9}(?:\.\d{1,9})?";
    let unit = r"ns|µs|us|ms|s|sec|secs|seconds?|milliseconds?|min|minutes?";
    let before = r"(?P<loose>~|≈|[<>≤≥]|(?:about|around|over|under|up to|at least|at most|more than|less than)\b)?\s*";
    let range = format!(r"(?P<lo>{number})(?:\s?(?:{unit})?\s?(?:-|–|to)\s?(?P<hi>{number}))?");
    Regex::new(&format!(r"(?i){before}{range}\s?(?P<unit>{unit})\b")).expect("a constant")
});

impl Length {
    /// All lengths of a line.
    pub fn all(text: &str) -> Vec<Self> {
        let found = LENGTH.captures_iter(text).filter_map(|part| {
            let whole = part.get(0)?;
            let lo = part.name("lo")?;
            // Digits of an identifier, a stamp or a version are no number: 14:35:47 s, T+100 ms, rr-12 s.
            let before = text[..lo.start()].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, ':' | '.' | '_' | '/' | '-' | '+')) {
                return None;
            }
            let unit = unit(&part["unit"]);
            let hi = part.name("hi").unwrap_or(lo);
            Some(Self {
                lo: nanos(lo.as_str(), unit)?,
                hi: nanos(hi.as_str(), unit)?,
                step: step(hi.as_str(), unit).min(step(lo.as_str(), unit)),
                loose: part.name("loose").is_some(),
                at: lo.start()..whole.end(),
            })
        });
        found.filter(|length| length.lo <= length.hi).collect()
    }

    /// Whether a measured value, rounded as this was written, is this.
    pub fn rounds(&self, value: Nanos) -> bool {
        let slack = if self.loose { (self.hi / 4).max(self.step) } else { self.step };
        value >= self.lo - slack && value <= self.hi + slack
    }

    /// More than one number.
    pub fn is_range(&self) -> bool {
        self.lo != self.hi
    }
}

fn unit(name: &str) -> Nanos {
    match name.to_lowercase().as_str() {
        "ns" => 1,
        "µs" | "us" => 1_000,
        "ms" | "millisecond" | "milliseconds" => MILLISECOND,
        "min" | "minute" | "minutes" => 60 * SECOND,
        _ => SECOND,
    }
}

/// Decimal digits times a unit, without floating point.
fn nanos(number: &str, unit: Nanos) -> Option<Nanos> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut total = whole.parse::<Nanos>().ok()?.checked_mul(unit)?;
    let mut worth = unit;
    for digit in fraction.bytes() {
        worth /= 10;
        total = total.checked_add(Nanos::from(digit - b'0') * worth)?;
    }
    // What nobody believes of a log is no length in a document either; so no sum of some overflows.
    believed_length(total).then_some(total)
}

fn step(number: &str, unit: Nanos) -> Nanos {
    let digits = number.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    (unit / 10_i64.pow(u32::try_from(digits.min(9)).unwrap_or(9))).max(1)
}

/// A length in the words of this tool.
pub fn spoken(nanos: Nanos) -> String {
    crate::render::times::length(crate::report::Duration::exact(nanos))
}

/// A range in the words of this tool.
pub fn spoken_range(lo: Nanos, hi: Nanos) -> String {
    if lo == hi { spoken(lo) } else { format!("{} to {}", spoken(lo), spoken(hi)) }
}

/// `1,234` as a number.
pub fn count(text: &str) -> Option<u64> {
    text.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        let of = |text: &str| Length::all(text).into_iter().map(|l| (l.lo / 1000, l.hi / 1000)).collect::<Vec<_>>();
        assert_eq!(of("writes in 15-200ms."), [(15_000, 200_000)]);
        assert_eq!(of("median ~100ms, 0.2–0.4 s"), [(100_000, 100_000), (200_000, 400_000)]);
        assert_eq!(of("at T+0ms, 14:35:47.861 s, rr-12s"), []);
        assert_eq!(of("\"30s\", \"2s\""), [(30_000_000, 30_000_000), (2_000_000, 2_000_000)]);
    }

    #[test]
    fn a_rounded_number_is_the_measured_one() {
        let length = &Length::all("169ms")[0];
        assert!(length.rounds(169_400_000) && length.rounds(168_600_000) && !length.rounds(171_000_000));
    }
}
