//! How a *time* is printed: with as many digits as the width of its interval allows, and no more.
//!
//! An interval is rounded outwards, so what is printed always holds what is known. Nothing is printed with more than
//! three significant digits (lengths) or milliseconds (times of day): who needs more reads the JSON.

use crate::instant::{MILLISECOND, Nanos, SECOND, rfc3339};
use crate::report::{Duration, Instant};

#[derive(Clone, Copy)]
enum Unit {
    Microseconds,
    Milliseconds,
    Seconds,
}

impl Unit {
    /// The one that suits the largest of these lengths, the same as in the sentences of the causes. What is rounded to a
    /// thousand of a unit is one of the next.
    fn of(lengths: impl IntoIterator<Item = Nanos>) -> Self {
        const MICROSECONDS: Nanos = 999 * 1_000 + 1;
        const MILLISECONDS: Nanos = 999 * MILLISECOND + 1;
        match lengths.into_iter().map(Nanos::saturating_abs).max().unwrap_or(0) {
            1..MICROSECONDS => Self::Microseconds,
            MICROSECONDS..MILLISECONDS => Self::Milliseconds,
            _ => Self::Seconds,
        }
    }

    const fn nanos(self) -> Nanos {
        match self {
            Self::Microseconds => 1_000,
            Self::Milliseconds => MILLISECOND,
            Self::Seconds => SECOND,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Microseconds => "µs",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
        }
    }
}

/// A length in the unit that suits it: `0.21–0.4 s`, `> 9.71 s`, `12–20 ms`.
pub fn length(of: Duration) -> String {
    let mut unit = Unit::of(of.lo_ns.into_iter().chain(of.hi_ns));
    if let (Some(lo), Some(hi)) = (of.lo_ns, of.hi_ns) {
        // What is rounded to a thousand of a unit is one of the next.
        let (_, step) = steps_of_range(lo, hi, unit);
        if floor(lo, step) != 0 {
            unit = Unit::of([ceil(hi, step).saturating_mul(step), lo, hi]);
        }
    }
    let number = match (of.lo_ns, of.hi_ns) {
        // That a length is more than nothing is no knowledge.
        (None | Some(Nanos::MIN..=0), None) => return "not known".to_owned(),
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

/// A length, or that it is not known.
pub fn length_if_known(of: Option<Duration>) -> String {
    of.map_or_else(|| "not known".to_owned(), length)
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
    let unit = Unit::of([bound]);
    format!("{} {}", rounded(bound, unit, rounding), unit.name())
}

/// Digits after the point and their worth: at most a quarter of the width, for coarser steps would hide where the
/// interval begins, and no more than three significant digits.
fn steps_of_range(lo: Nanos, hi: Nanos, unit: Unit) -> (usize, Nanos) {
    let width = hi.saturating_sub(lo);
    let (cap, cap_step) = significant(lo.saturating_abs().max(hi.saturating_abs()), unit);
    let coarse = [(0, 100 * unit.nanos()), (0, 10 * unit.nanos())].into_iter();
    let fits = coarse.chain(steps(unit)).find(|(_, step)| step.saturating_mul(4) <= width);
    fits.filter(|(_, step)| *step > cap_step).unwrap_or((cap, cap_step))
}

/// Outwards, in the steps that suit its width.
fn range(lo: Nanos, hi: Nanos, unit: Unit) -> String {
    let (digits, step) = steps_of_range(lo, hi, unit);
    if hi.saturating_sub(lo) < step {
        // Known better than is worth printing.
        return decimal(floor(lo / 2 + hi / 2 + step / 2, step), digits);
    }
    let text = |steps: Nanos| match unit.nanos() {
        one if step > one => decimal(steps.saturating_mul(step / one), digits),
        _ => decimal(steps, digits),
    };
    if floor(lo, step) == 0 {
        // Rounded down to nothing, the lower end is no knowledge.
        return format!("< {}", rounded(hi, unit, Rounding::Up));
    }
    let (lo, hi) = (text(floor(lo, step)), text(ceil(hi, step)));
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
        assert_eq!(length(between_ns(213 * MS, 398 * MS)), "210–400 ms");
        assert_eq!(length(between_ns(12 * MS, 20 * MS)), "12–20 ms");
        assert_eq!(length(between_ns(1_948 * MS, 3_490 * MS)), "1.9–3.5 s");
        assert_eq!(length(between_ns(4_231 * MS, 4_249 * MS)), "4.23–4.25 s");
        assert_eq!(length(between_ns(110 * SECOND, 590 * SECOND)), "100–600 s");
        assert_eq!(length(Duration { lo_ns: Some(9_712 * MS), hi_ns: None }), "> 9.71 s");
        assert_eq!(length(Duration { lo_ns: None, hi_ns: Some(1_001 * MS) }), "< 1.01 s");
        assert_eq!(length(Duration::exact(30 * SECOND)), "30 s");
        assert_eq!(length(Duration::exact(100 * MS)), "100 ms");
        assert_eq!(length(Duration::exact(12_345_678)), "12.3 ms");
        assert_eq!(length(Duration::exact(0)), "0 s");
        assert_eq!(length(between_ns(0, 400 * MS)), "< 400 ms");
        // A lower end that is rounded down to nothing is none, and the upper one needs no such step.
        assert_eq!(length(between_ns(MS, 909 * MS)), "< 909 ms");
        assert_eq!(length(between_ns(213 * MS, 963 * MS)), "0.2–1.0 s");
        assert_eq!(length(between_ns(9_700_000_001, 9_700_000_009)), "9.70 s");
        assert_eq!(length(between_ns(-1_441 * SECOND, -1_439 * SECOND)), "-1441 to -1439 s");
        assert_eq!(length(Duration { lo_ns: None, hi_ns: None }), "not known");
        assert_eq!(length(Duration { lo_ns: Some(0), hi_ns: None }), "not known");
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
