//! An *instant* is a time interval: the logs stamp whole seconds, so a point in time is almost never known.
//!
//! Everything that is said about time in this crate is an [`Instant`] or a [`Duration`], with an open end where the
//! logs give no bound. A stamp as it was printed is a [`Stamp`]; it becomes an instant once its zone is known.

use std::ops::{Add, Sub};

use chrono::{DateTime, SecondsFormat};

/// Nanoseconds since the Unix epoch, UTC. Covers the years 1677 to 2262; of these [`believed`] takes 1990 to 2100.
pub type Nanos = i64;

/// One second in nanoseconds.
pub const SECOND: Nanos = 1_000_000_000;
/// One millisecond in nanoseconds.
pub const MILLISECOND: Nanos = 1_000_000;

/// The longest duration that is believed: an interval, a window, a write, a process's life. Longer ones in a log are
/// claims that nothing can be reckoned with.
pub const LONGEST: Nanos = 400 * 86_400 * SECOND;
const EARLIEST: Nanos = 631_152_000 * SECOND; // 1990-01-01
const LATEST: Nanos = 4_102_444_800 * SECOND; // 2100-01-01

/// Whether a time from a log can be a time of a run. Held where a log is read, so that sums of a time, an offset (the
/// difference of two times) and a few durations stay within [`Nanos`] everywhere else.
pub const fn believed(at: Nanos) -> bool {
    EARLIEST <= at && at <= LATEST
}

/// Whether a length of time from a log can be one; see [`believed`].
pub const fn believed_length(nanos: Nanos) -> bool {
    -LONGEST <= nanos && nanos <= LONGEST
}

const OPEN_LO: Nanos = Nanos::MIN;
const OPEN_HI: Nanos = Nanos::MAX;

/// Says in which zone a stamp was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// The stamp carried its offset; `Stamp::at` is UTC.
    Known,
    /// Wall clock of the test host, without an offset (Ginkgo's stamps); `Stamp::at` counts as if it were UTC.
    Local,
    /// Time of day of the test host, without a date: `Stamp::at` is nanoseconds since midnight.
    TimeOfDay,
}

/// A time as a line printed it: rounded down to its precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Nanoseconds: since the epoch, or since midnight for [`Zone::TimeOfDay`].
    pub at: Nanos,
    /// The smallest step that the stamp can show, in nanoseconds (1 s for `14:35:15`).
    pub precision: u32,
    /// How `at` is to be read.
    pub zone: Zone,
}

impl Stamp {
    /// A stamp with a known offset from UTC.
    pub const fn utc(at: Nanos, precision: u32) -> Self {
        Self { at, precision, zone: Zone::Known }
    }

    /// The half-open interval in which the line was printed, both ends included here at nanosecond grain.
    pub fn instant(self) -> Instant {
        Instant::between(self.at, self.at.saturating_add(Nanos::from(self.precision) - 1))
    }
}

/// A time interval `[lo, hi]` on one clock; either end may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    lo: Nanos,
    hi: Nanos,
}

impl Instant {
    /// No bound at all.
    pub const UNKNOWN: Self = Self { lo: OPEN_LO, hi: OPEN_HI };

    /// Known to the nanosecond.
    pub const fn exact(at: Nanos) -> Self {
        Self { lo: at, hi: at }
    }

    /// Between two times, both included. The caller keeps `lo <= hi`; a violated order is kept and can be asked for
    /// with [`Instant::is_contradiction`].
    pub const fn between(lo: Nanos, hi: Nanos) -> Self {
        Self { lo, hi }
    }

    /// Not before `lo`.
    pub const fn not_before(lo: Nanos) -> Self {
        Self { lo, hi: OPEN_HI }
    }

    /// Not after `hi`.
    pub const fn not_after(hi: Nanos) -> Self {
        Self { lo: OPEN_LO, hi }
    }

    /// The lower end, if it is known.
    pub fn lo(self) -> Option<Nanos> {
        (self.lo != OPEN_LO).then_some(self.lo)
    }

    /// The upper end, if it is known.
    pub fn hi(self) -> Option<Nanos> {
        (self.hi != OPEN_HI).then_some(self.hi)
    }

    /// Neither end is known.
    pub fn is_unknown(self) -> bool {
        self == Self::UNKNOWN
    }

    /// The constraints that made this interval exclude each other.
    pub fn is_contradiction(self) -> bool {
        self.lo > self.hi
    }

    /// What both intervals allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { lo: self.lo.max(other.lo), hi: self.hi.min(other.hi) }
    }

    /// `self` tightened by `other`, unless they exclude each other: then `self` unchanged.
    #[must_use]
    pub fn and_if_consistent(self, other: Self) -> Self {
        let both = self.and(other);
        if both.is_contradiction() { self } else { both }
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// Surely before `other`.
    pub fn surely_before(self, other: Self) -> bool {
        self.hi < other.lo
    }

    /// Width in nanoseconds when both ends are known.
    pub fn width(self) -> Option<Nanos> {
        Some(self.hi()?.saturating_sub(self.lo()?))
    }

    /// A point to sort by: the lower end, else the upper one.
    pub fn key(self) -> Nanos {
        if self.lo == OPEN_LO { self.hi } else { self.lo }
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self { lo: add_open(self.lo, by.lo, OPEN_LO), hi: add_open(self.hi, by.hi, OPEN_HI) }
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    #[allow(clippy::suspicious_arithmetic_impl, reason = "the negated interval is added")]
    fn sub(self, by: Duration) -> Self {
        self + Duration { lo: negated(by.hi), hi: negated(by.lo) }
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// How long `self` lies after `other`; only meaningful on one clock.
    fn sub(self, other: Self) -> Duration {
        Duration {
            lo: add_open(self.lo, negated(other.hi), OPEN_LO),
            hi: add_open(self.hi, negated(other.lo), OPEN_HI),
        }
    }
}

fn negated(end: Nanos) -> Nanos {
    match end {
        OPEN_LO => OPEN_HI,
        OPEN_HI => OPEN_LO,
        other => -other,
    }
}

fn add_open(a: Nanos, b: Nanos, open: Nanos) -> Nanos {
    if a == open || b == open { open } else { a.saturating_add(b) }
}

/// A length of time as an interval, in nanoseconds; either end may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    lo: Nanos,
    hi: Nanos,
}

impl Duration {
    /// Exactly so long.
    pub const fn exact(nanos: Nanos) -> Self {
        Self { lo: nanos, hi: nanos }
    }

    /// Between two lengths, both included.
    pub const fn between(lo: Nanos, hi: Nanos) -> Self {
        Self { lo, hi }
    }

    /// At least so long: censored, not missing.
    pub const fn at_least(lo: Nanos) -> Self {
        Self { lo, hi: OPEN_HI }
    }

    /// The lower end, if it is known.
    pub fn lo(self) -> Option<Nanos> {
        (self.lo != OPEN_LO).then_some(self.lo)
    }

    /// The upper end, if it is known.
    pub fn hi(self) -> Option<Nanos> {
        (self.hi != OPEN_HI).then_some(self.hi)
    }

    /// The length cannot be negative: a lower end below zero (or none) becomes zero.
    #[must_use]
    pub fn not_negative(self) -> Self {
        Self { lo: self.lo.max(0), hi: self.hi.max(0) }
    }
}

/// An RFC 3339 stamp in UTC with nine digits, as the JSON contract asks.
pub fn rfc3339(at: Nanos) -> String {
    DateTime::from_timestamp_nanos(at).to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// A length of time for a sentence: two or three digits and one unit, the nearest.
pub fn spoken(nanos: Nanos) -> String {
    in_words(nanos, |nanos, step| (nanos + step / 2).div_euclid(step))
}

/// What a length surely reaches, for a sentence: rounded down, so that it stays true.
pub fn at_least(nanos: Nanos) -> String {
    format!("at least {}", in_words(nanos, Nanos::div_euclid))
}

/// What a length surely does not pass, for a sentence: rounded up.
pub fn at_most(nanos: Nanos) -> String {
    format!("at most {}", in_words(nanos, |nanos, step| -(-nanos).div_euclid(step)))
}

fn in_words(nanos: Nanos, steps: fn(Nanos, Nanos) -> Nanos) -> String {
    // Nobody speaks of a century; so no sum below overflows.
    let nanos = nanos.clamp(-LATEST, LATEST);
    let (unit, name) = match nanos.unsigned_abs() {
        0..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (MILLISECOND, "ms"),
        _ => (SECOND, "s"),
    };
    let step = if nanos.abs() < 10 * unit { unit / 10 } else { unit };
    let rounded = steps(nanos, step) * step;
    let decimals = usize::from(rounded % unit != 0);
    format!("{:.decimals$} {name}", rounded as f64 / unit as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_keep_open_ends_open() {
        let late = Instant::not_before(10);
        let early = Instant::between(3, 5);
        assert_eq!(late - early, Duration { lo: 5, hi: OPEN_HI });
        assert_eq!(early - late, Duration { lo: OPEN_LO, hi: -5 });
    }

    #[test]
    fn what_is_believed_can_be_reckoned_with() {
        for (one, other) in [(EARLIEST, LATEST), (LATEST, EARLIEST)] {
            let offset = one - other;
            assert_eq!((other + offset).checked_add(LONGEST * 20), Some(one + LONGEST * 20));
        }
        assert!(!believed(0) && !believed(Nanos::MAX) && !believed(Nanos::MIN));
        assert!(!believed_length(Nanos::MAX) && !believed_length(Nanos::MIN));
    }

    #[test]
    fn a_whole_second_stamp_is_one_second_wide() {
        let stamp = Stamp::utc(15 * SECOND, 1_000_000_000);
        assert_eq!(stamp.instant(), Instant::between(15 * SECOND, 16 * SECOND - 1));
    }

    #[test]
    fn what_is_said_of_a_bound_is_true_of_it() {
        assert_eq!(spoken(13_608 * MILLISECOND), "14 s");
        assert_eq!(at_least(13_608 * MILLISECOND), "at least 13 s");
        assert_eq!(at_most(10_467_000), "at most 11 ms");
        assert_eq!(
            (at_least(3_351 * MILLISECOND), at_most(3_351 * MILLISECOND)),
            ("at least 3.3 s".into(), "at most 3.4 s".into())
        );
        assert_eq!(
            (at_least(20 * MILLISECOND), at_most(20 * MILLISECOND)),
            ("at least 20 ms".into(), "at most 20 ms".into())
        );
        assert_eq!(
            (spoken(0), spoken(-1_500_000), at_most(9_960_000)),
            ("0 µs".into(), "-1.5 ms".into(), "at most 10 ms".into())
        );
    }

    #[test]
    fn a_hull_is_as_open_as_either() {
        let (one, other) = (Instant::between(3, 5), Instant::not_before(4));
        assert_eq!(one.hull(other), Instant::not_before(3));
        assert_eq!(Instant::not_after(1).hull(one), Instant::not_after(5));
    }

    #[test]
    fn an_inconsistent_bound_is_refused_not_averaged() {
        let kept = Instant::between(1, 2);
        assert_eq!(kept.and_if_consistent(Instant::between(5, 6)), kept);
        assert!(kept.and(Instant::between(5, 6)).is_contradiction());
    }
}
