//! How a *time* is printed: with as many digits as the width of its interval allows, and no more.
//!
//! An interval is rounded outwards, so what is printed always holds what is known. Nothing is printed with more than
//! three significant digits (lengths) or milliseconds (times of day): who needs more reads the JSON.

use crate::instant::{MILLISECOND, Nanos, SECOND, rfc3339};
use crate::report::{Duration, Instant};

/// The unit of one column or one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// µs.
    Microseconds,
    /// ms.
    Milliseconds,
    /// s.
    Seconds,
}

impl Unit {
    /// The unit that suits the largest of these lengths; one for a whole column, so that it can be compared by eye.
    /// From a tenth of a unit on it is that unit: 0.2–0.4 s would need a false third digit in milliseconds.
    pub fn of<'a>(lengths: impl IntoIterator<Item = &'a Duration>) -> Self {
        let ends = lengths.into_iter().flat_map(|d| [d.lo_ns, d.hi_ns]).flatten();
        match ends.map(Nanos::unsigned_abs).max().unwrap_or(0) {
            1..100_000 => Self::Microseconds,
            100_000..100_000_000 => Self::Milliseconds,
            _ => Self::Seconds,
        }
    }

    /// The unit of a table of quantiles: milliseconds below a second, so that the small ones do not start with zeros.
    pub fn of_quantiles<'a>(lengths: impl IntoIterator<Item = &'a Duration>) -> Self {
        let longest = lengths.into_iter().flat_map(|d| [d.lo_ns, d.hi_ns]).flatten().map(Nanos::saturating_abs).max();
        match Self::of([&Duration::exact(longest.unwrap_or(0))]) {
            Self::Seconds if longest < Some(SECOND) => Self::Milliseconds,
            unit => unit,
        }
    }

    fn nanos(self) -> Nanos {
        match self {
            Self::Microseconds => 1_000,
            Self::Milliseconds => MILLISECOND,
            Self::Seconds => SECOND,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Microseconds => "µs",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
        }
    }
}

/// A length in the unit that suits it: `0.2–0.4 s`, `> 9.7 s`, `12–20 ms`.
pub fn length(of: Duration) -> String {
    length_in(of, Unit::of([&of]))
}

/// A length in a given unit.
pub fn length_in(of: Duration, unit: Unit) -> String {
    let number = match (of.lo_ns, of.hi_ns) {
        (None, None) => return "not known".to_owned(),
        (Some(lo), None) => format!("> {}", rounded(lo, unit, Rounding::Down)),
        (None, Some(hi)) => format!("< {}", rounded(hi, unit, Rounding::Up)),
        (Some(lo), Some(hi)) if lo == hi => rounded(lo, unit, Rounding::Nearest),
        (Some(lo), Some(hi)) if lo <= 0 && hi >= 0 && lo > -unit.nanos() / 1000 => {
            format!("< {}", rounded(hi, unit, Rounding::Up))
        }
        (Some(lo), Some(hi)) => range(lo, hi, unit),
    };
    format!("{number} {}", unit.name())
}

/// A bound that is not passed: rounded down.
pub fn no_more_than(bound: Nanos) -> String {
    one(bound, Rounding::Down)
}

/// A bound that suffices: rounded up.
pub fn enough(bound: Nanos) -> String {
    one(bound, Rounding::Up)
}

fn one(bound: Nanos, rounding: Rounding) -> String {
    let unit = Unit::of([&Duration::exact(bound)]);
    format!("{} {}", rounded(bound, unit, rounding), unit.name())
}

fn range(lo: Nanos, hi: Nanos, unit: Unit) -> String {
    let width = hi.saturating_sub(lo);
    let (digits, step) = steps(unit).find(|(_, step)| *step <= width).unwrap_or_else(|| last(unit));
    let (cap, cap_step) = significant(lo.saturating_abs().max(hi.saturating_abs()), unit);
    if cap < digits && width < cap_step {
        // Known better than is worth printing.
        return decimal(floor(lo / 2 + hi / 2 + cap_step / 2, cap_step), cap);
    }
    let (digits, step) = if cap < digits { (cap, cap_step) } else { (digits, step) };
    let (lo, hi) = (decimal(floor(lo, step), digits), decimal(ceil(hi, step), digits));
    let dash = if lo.starts_with('-') { " to " } else { "–" };
    format!("{lo}{dash}{hi}")
}

#[derive(Clone, Copy)]
enum Rounding {
    Down,
    Up,
    Nearest,
}

/// One number with three significant digits, without trailing zeros when nothing was rounded away.
fn rounded(value: Nanos, unit: Unit, rounding: Rounding) -> String {
    let (digits, step) = significant(value.saturating_abs(), unit);
    let steps = match rounding {
        Rounding::Down => floor(value, step),
        Rounding::Up => ceil(value, step),
        Rounding::Nearest => floor(value.saturating_add(step / 2), step),
    };
    let text = decimal(steps, digits);
    if text.contains('.') && (value % step == 0 || !matches!(rounding, Rounding::Nearest)) {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Digits after the point, and the nanoseconds that the last of them is worth.
fn steps(unit: Unit) -> impl Iterator<Item = (usize, Nanos)> {
    (0..=9).map_while(move |digits| {
        let step = unit.nanos() / 10_i64.pow(u32::try_from(digits).ok()?);
        (step > 0).then_some((digits, step))
    })
}

fn last(unit: Unit) -> (usize, Nanos) {
    steps(unit).last().unwrap_or((0, 1))
}

fn significant(magnitude: Nanos, unit: Unit) -> (usize, Nanos) {
    steps(unit).find(|(_, step)| magnitude / step >= 100).unwrap_or_else(|| last(unit))
}

fn floor(value: Nanos, step: Nanos) -> Nanos {
    value.div_euclid(step)
}

fn ceil(value: Nanos, step: Nanos) -> Nanos {
    value.div_euclid(step) + Nanos::from(value.rem_euclid(step) != 0)
}

fn decimal(steps: Nanos, digits: usize) -> String {
    let sign = if steps < 0 { "-" } else { "" };
    let number = steps.unsigned_abs().to_string();
    if digits == 0 {
        return format!("{sign}{number}");
    }
    let padded = format!("{number:0>width$}", width = digits + 1);
    let (whole, fraction) = padded.split_at(padded.len() - digits);
    format!("{sign}{whole}.{fraction}")
}

/// A time of day in UTC: `18:46:41.46`, `18:46:41.2–41.9`, `after 18:46:41`, and its clock when it is not the reference.
pub fn time(of: &Instant) -> String {
    let text = match (of.lo, of.hi) {
        (Some(lo), Some(hi)) => between(lo, hi),
        (Some(lo), None) => format!("after {}", bound(lo)),
        (None, Some(hi)) => format!("before {}", bound(ceil(hi, MILLISECOND).saturating_mul(MILLISECOND))),
        (None, None) => "not known".to_owned(),
    };
    match &of.clock {
        Some(clock) => format!("{text} ({clock} clock)"),
        None => text,
    }
}

/// The day in UTC: `2026-01-14`.
pub fn day(at: Nanos) -> String {
    rfc3339(at)[..10].to_owned()
}

fn bound(at: Nanos) -> String {
    let text = time_of_day(at, 3);
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.trim_end_matches('0').is_empty() => whole.to_owned(),
        _ => text,
    }
}

fn between(lo: Nanos, hi: Nanos) -> String {
    let width = hi.saturating_sub(lo);
    // One cell of the clock's grid that is no narrower than the interval, and holds it.
    let cell = (0..=3_usize).rev().map(|d| (d, grid(d))).find(|(_, step)| *step > width);
    if let Some((digits, step)) = cell
        && floor(lo, step) == floor(hi, step)
    {
        return time_of_day(lo, digits);
    }
    let digits = (0..=3_usize).find(|d| grid(*d) <= width).unwrap_or(3);
    let step = grid(digits);
    let from = time_of_day(floor(lo, step).saturating_mul(step), digits);
    let to = time_of_day(ceil(hi, step).saturating_mul(step), digits);
    if day(lo) == day(hi) && from[..6] == to[..6] { format!("{from}–{}", &to[6..]) } else { format!("{from}–{to}") }
}

fn grid(digits: usize) -> Nanos {
    SECOND / [1, 10, 100, 1000][digits.min(3)]
}

fn time_of_day(at: Nanos, digits: usize) -> String {
    let stamp = rfc3339(at);
    let end = if digits == 0 { 19 } else { 20 + digits };
    stamp[11..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Nanos = MILLISECOND;

    fn between_ns(lo: Nanos, hi: Nanos) -> Duration {
        Duration { lo_ns: Some(lo), hi_ns: Some(hi) }
    }

    #[test]
    fn lengths_have_the_digits_that_they_can_bear() {
        assert_eq!(length(between_ns(213 * MS, 398 * MS)), "0.2–0.4 s");
        assert_eq!(length(between_ns(12 * MS, 20 * MS)), "12–20 ms");
        assert_eq!(length(Duration { lo_ns: Some(9_712 * MS), hi_ns: None }), "> 9.71 s");
        assert_eq!(length(Duration { lo_ns: None, hi_ns: Some(1_001 * MS) }), "< 1.01 s");
        assert_eq!(length(Duration::exact(30 * SECOND)), "30 s");
        assert_eq!(length(Duration::exact(100 * MS)), "0.1 s");
        assert_eq!(length(Duration::exact(12_345_678)), "12.3 ms");
        assert_eq!(length(Duration::exact(0)), "0 s");
        assert_eq!(length(between_ns(0, 400 * MS)), "< 0.4 s");
        assert_eq!(length(between_ns(9_700_000_001, 9_700_000_009)), "9.70 s");
        assert_eq!(length(between_ns(-1_441 * SECOND, -1_439 * SECOND)), "-1441 to -1439 s");
        assert_eq!(length(Duration { lo_ns: None, hi_ns: None }), "not known");
    }

    #[test]
    fn a_column_has_one_unit() {
        let column = [Duration { lo_ns: Some(9_712 * MS), hi_ns: None }, between_ns(12 * MS, 20 * MS)];
        let unit = Unit::of(&column);
        assert_eq!(length_in(column[1], unit), "0.012–0.020 s");
        let quantiles = [Duration::exact(6_100_000), Duration::exact(412 * MS)];
        let unit = Unit::of_quantiles(&quantiles);
        assert_eq!(quantiles.map(|d| length_in(d, unit)), ["6.1 ms", "412 ms"]);
        assert_eq!(Unit::of_quantiles(&[Duration::exact(SECOND)]), Unit::Seconds);
    }

    #[test]
    fn times_of_day_have_the_digits_of_their_interval() {
        let at = 1_768_419_315 * SECOND; // 2026-01-14T19:35:15Z
        let of = |lo: Nanos, hi: Nanos| time(&Instant { lo: Some(at + lo), hi: Some(at + hi), clock: None });
        assert_eq!(of(0, SECOND - 1), "19:35:15");
        assert_eq!(of(460 * MS, 469 * MS), "19:35:15.46");
        assert_eq!(of(889 * MS, 889 * MS), "19:35:15.889");
        assert_eq!(of(213 * MS, 2_398 * MS), "19:35:15–18");
        assert_eq!(of(990 * MS, 1_010 * MS), "19:35:15.99–16.01");
        assert_eq!(of(0, 90 * SECOND), "19:35:15–19:36:45");
        let open = Instant { lo: Some(at), hi: None, clock: Some("datastorage".to_owned()) };
        assert_eq!(time(&open), "after 19:35:15 (datastorage clock)");
    }
}
