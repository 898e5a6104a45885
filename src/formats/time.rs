//! How the logs write times and durations.
//!
//! A stamp keeps the precision that its text shows. Years outside 1677 to 2262 do not fit [`Nanos`] and are not
//! recognised. A leap second `:60` counts as the first second of the next minute, as `chrono` has it, and only where
//! `chrono` reads it (RFC 3339); elsewhere it is not recognised.

use chrono::DateTime;

use super::decimal::Decimal;
use crate::instant::{MILLISECOND, Nanos, SECOND, Stamp, Zone};

/// One second and one millisecond as precisions.
const ONE_SECOND: u32 = 1_000_000_000;
const ONE_MILLISECOND: u32 = 1_000_000;

/// RFC 3339 with 0 to 9 fraction digits; an offset without its colon (`-0500`, zap's ISO 8601 encoder) is accepted.
pub fn rfc3339(text: &str) -> Option<Stamp> {
    match leading(text) {
        Some((stamp, "")) => Some(stamp),
        _ => by_chrono(text),
    }
}

/// An RFC 3339 stamp at the beginning of `text`, and what follows it. Only the shape that Go prints: `T`, four digits
/// of year, at most nine of fraction; a property test holds it to `chrono`.
pub(crate) fn leading(text: &str) -> Option<(Stamp, &str)> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || bytes[4] != b'-' || bytes[10] != b'T' || bytes[7] != b'-' {
        return None;
    }
    let day = days(u32::from(two(bytes, 0)?) * 100 + u32::from(two(bytes, 2)?), two(bytes, 5)?, two(bytes, 8)?)?;
    let seconds = day * 86_400 + i64::from(clock_seconds(bytes, 11)?);
    let (fraction, precision, mut at) = fraction(bytes, 19)?;
    let offset = match *bytes.get(at)? {
        b'Z' => 0,
        sign @ (b'+' | b'-') => {
            let hours = two(bytes, at + 1)?;
            let colon = usize::from(bytes.get(at + 3) == Some(&b':'));
            let minutes = two(bytes, at + 3 + colon)?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            at += 4 + colon;
            let east = (i64::from(hours) * 60 + i64::from(minutes)) * 60;
            if sign == b'+' { east } else { -east }
        }
        _ => return None,
    };
    let nanos = (seconds - offset).checked_mul(SECOND)?.checked_add(fraction)?;
    Some((Stamp::utc(nanos, precision), text.get(at + 1..)?))
}

/// Everything else that RFC 3339 allows.
fn by_chrono(text: &str) -> Option<Stamp> {
    let at = if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        time
    } else {
        let (time, zone) = text.split_at_checked(text.len().checked_sub(5)?)?;
        if !zone.starts_with(['+', '-']) {
            return None;
        }
        DateTime::parse_from_rfc3339(&format!("{time}{}:{}", zone.get(..3)?, zone.get(3..)?)).ok()?
    };
    let digits =
        text.get(19..)?.strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    Some(Stamp::utc(at.timestamp_nanos_opt()?, precision(digits.min(9))))
}

/// Seconds since the epoch as a decimal, `1769779135.7643733` or `1.7697791357643733e+09` (zap's `EpochTimeEncoder`);
/// also milliseconds and nanoseconds, which its other encoders print and which only their size tells apart.
///
/// The time is the text's, exactly. The writer's float is 0.25 µs away from its clock at worst, so no precision better
/// than 1 µs is claimed.
pub fn epoch(text: &str) -> Option<Stamp> {
    let number = Decimal::parse(text)?;
    // Up to the year 5138 in seconds, and from 1973 on in the smaller units.
    let unit = match number.scaled(0).map_or(u64::MAX, i64::unsigned_abs) {
        0..100_000_000_000 => 9,
        100_000_000_000..100_000_000_000_000 => 6,
        100_000_000_000_000..100_000_000_000_000_000 => 3,
        _ => 0,
    };
    let at = number.scaled(unit)?;
    let digits = i64::from(number.places.max(0)) + i64::from(9 - unit);
    Some(Stamp::utc(at, precision(usize::try_from(digits.min(6)).ok()?)))
}

/// A duration as Go's `time.Duration` prints it: `1.5ms`, `-55.708µs`, `1m30s`, `0s`. Digits below a nanosecond are
/// cut.
pub fn go_duration(text: &str) -> Option<Nanos> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), split_digits);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let (unit, after) = unit(after)?;
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total = total.checked_add(i128::from(whole) * i128::from(unit))?;
        // At most 18 digits, so that the product fits; the 19th of an hour is far below a nanosecond.
        let (mut part, mut scale) = (0i128, 1);
        for digit in fraction.bytes().take(18) {
            part = part * 10 + i128::from(digit - b'0');
            scale *= 10;
        }
        total += part * i128::from(unit) / scale;
        rest = after;
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// A unit of `time.ParseDuration` in nanoseconds; micro is U+00B5, U+03BC or a plain `u`.
fn unit(text: &str) -> Option<(i64, &str)> {
    const UNITS: [(&str, i64); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("\u{b5}s", 1_000),
        ("\u{3bc}s", 1_000),
        ("ms", MILLISECOND),
        ("s", SECOND),
        ("m", 60 * SECOND),
        ("h", 3_600 * SECOND),
    ];
    UNITS.iter().find_map(|(name, nanos)| Some((*nanos, text.strip_prefix(name)?)))
}

/// Ginkgo's stamp, layout `01/02/06 15:04:05.999` (`types.GINKGO_TIME_FORMAT`): local time, milliseconds.
///
/// The layout trims trailing zeros, so `12:11:46.1` means 46.100 and not "some time in 46.1": always 1 ms.
pub fn ginkgo(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 17 || bytes[2] != b'/' || bytes[5] != b'/' || bytes[8] != b' ' {
        return None;
    }
    // Go: a year from 69 on is of the last century.
    let year = match u32::from(two(bytes, 6)?) {
        year @ 69.. => 1900 + year,
        year => 2000 + year,
    };
    let at = civil(year, two(bytes, 0)?, two(bytes, 3)?, bytes, 9)?;
    let (fraction, precision, end) = fraction(bytes, 17)?;
    (end == bytes.len() && precision >= ONE_MILLISECOND).then_some(Stamp {
        at: at + fraction,
        precision: ONE_MILLISECOND,
        zone: Zone::Local,
    })
}

/// Time of day, `15:04:05.000`, as specs print it themselves.
pub fn clock(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    let at = i64::from(clock_seconds(bytes, 0)?) * SECOND;
    let (fraction, precision, end) = fraction(bytes, 8)?;
    (end == bytes.len()).then_some(Stamp { at: at + fraction, precision, zone: Zone::TimeOfDay })
}

/// `PostgreSQL`'s `%m` or `%t`: `2026-01-23 16:34:51.169 UTC`; of other zones only offsets (`-03`, `+0530`) are read.
pub fn postgresql(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || bytes[4] != b'-' || bytes[7] != b'-' || bytes[10] != b' ' {
        return None;
    }
    let at =
        civil(u32::from(two(bytes, 0)?) * 100 + u32::from(two(bytes, 2)?), two(bytes, 5)?, two(bytes, 8)?, bytes, 11)?;
    let (fraction, precision, end) = fraction(bytes, 19)?;
    let zone = text.get(end..)?.strip_prefix(' ')?;
    let offset = match zone.as_bytes() {
        b"UTC" | b"GMT" | b"Etc/UTC" => 0,
        [sign @ (b'+' | b'-'), digits @ ..] if matches!(digits.len(), 2 | 4) => {
            let hours = two(digits, 0)?;
            let minutes = if digits.len() == 4 { two(digits, 2)? } else { 0 };
            let east = (i64::from(hours) * 60 + i64::from(minutes)) * 60 * SECOND;
            if *sign == b'+' { east } else { -east }
        }
        _ => return None,
    };
    Some(Stamp::utc(at.checked_add(fraction)?.checked_sub(offset)?, precision))
}

fn civil(year: u32, month: u8, day: u8, bytes: &[u8], clock: usize) -> Option<Nanos> {
    (days(year, month, day)? * 86_400 + i64::from(clock_seconds(bytes, clock)?)).checked_mul(SECOND)
}

/// `HH:MM:SS` at `at`, in seconds.
fn clock_seconds(bytes: &[u8], at: usize) -> Option<u32> {
    if bytes.get(at + 2) != Some(&b':') || bytes.get(at + 5) != Some(&b':') {
        return None;
    }
    of_day(two(bytes, at)?, two(bytes, at + 3)?, two(bytes, at + 6)?)
}

fn of_day(hours: u8, minutes: u8, seconds: u8) -> Option<u32> {
    (hours < 24 && minutes < 60 && seconds < 60)
        .then(|| (u32::from(hours) * 60 + u32::from(minutes)) * 60 + u32::from(seconds))
}

fn two(bytes: &[u8], at: usize) -> Option<u8> {
    let pair = bytes.get(at..at + 2)?;
    (pair[0].is_ascii_digit() && pair[1].is_ascii_digit()).then(|| (pair[0] - b'0') * 10 + (pair[1] - b'0'))
}

/// An optional fraction of a second at `at`, `.` and 1 to 9 digits: nanoseconds, precision, and where it ends.
fn fraction(bytes: &[u8], at: usize) -> Option<(i64, u32, usize)> {
    if bytes.get(at) != Some(&b'.') {
        return Some((0, ONE_SECOND, at));
    }
    let digits = &bytes[at + 1..];
    let (mut value, mut count) = (0i64, 0);
    while let Some(digit) = digits.get(count).filter(|byte| byte.is_ascii_digit()) {
        if count == 9 {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
        count += 1;
    }
    let precision = precision(count);
    (count > 0).then(|| (value * i64::from(precision), precision, at + 1 + count))
}

/// The step of the last of `digits` fraction digits, 0 to 9, in nanoseconds.
fn precision(digits: usize) -> u32 {
    const STEPS: [u32; 10] = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    STEPS[digits.min(9)]
}

/// Days since the epoch of a date in the Gregorian calendar; `None` when there is no such day.
///
/// `days_from_civil` of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days(year: u32, month: u8, day: u8) -> Option<i64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u8::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stamps_of_all_encoders() {
        let at = 1_768_419_315 * SECOND; // 2026-01-14T19:35:15Z
        let read = |text| rfc3339(text).map(|stamp| (stamp.at - at, stamp.precision));
        assert_eq!(read("2026-01-14T14:35:15-05:00"), Some((0, ONE_SECOND)));
        assert_eq!(read("2026-01-14T14:35:15.946-0500"), Some((946 * MILLISECOND, ONE_MILLISECOND)));
        assert_eq!(read("2026-01-14T19:35:15Z"), Some((0, ONE_SECOND)));
        assert_eq!(read("2026-01-14T14:35:15.467135168-05:00"), Some((467_135_168, 1)));
        assert_eq!(read("2026-01-14t19:35:15z"), Some((0, ONE_SECOND)));
        assert_eq!(read("2026-01-14T19:35:15.1234567891Z"), Some((123_456_789, 1)));
        // A leap second is the next second.
        assert_eq!(read("2026-01-14T19:34:60.5Z").map(|(at, _)| at), Some(-14_500_000_000));
        for text in [
            "",
            "2026-01-14",
            "0001-01-01T00:00:00Z",
            "2300-01-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-01-14T24:00:00Z",
            "2026-01-14T19:35:15",
            "2026-01-14T19:35:15.Z",
            "2026-01-14T19:35:15Z ",
            "µ-0500",
        ] {
            assert_eq!(rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn an_epoch_is_read_from_its_text() {
        assert_eq!(epoch("1769779135.7643733"), Some(Stamp::utc(1_769_779_135_764_373_300, 1_000)));
        assert_eq!(epoch("1795546402.405649"), Some(Stamp::utc(1_795_546_402_405_649_000, 1_000)));
        assert_eq!(epoch("1795546402.4"), Some(Stamp::utc(1_795_546_402_400_000_000, 100_000_000)));
        assert_eq!(epoch("1.7697791357643733e+09"), Some(Stamp::utc(1_769_779_135_764_373_300, 1_000)));
        assert_eq!(epoch("1769779135764.3733"), Some(Stamp::utc(1_769_779_135_764_373_300, 1_000)));
        assert_eq!(epoch("1769779135764373300"), Some(Stamp::utc(1_769_779_135_764_373_300, 1_000)));
        assert_eq!(epoch("1769779135"), Some(Stamp::utc(1_769_779_135 * SECOND, ONE_SECOND)));
        assert_eq!(epoch("1e300"), None);
    }

    #[test]
    fn durations_of_go() {
        for (text, nanos) in [
            ("0s", 0),
            ("0", 0),
            ("100ms", 100_000_000),
            ("64.0625ms", 64_062_500),
            ("1.001036875s", 1_001_036_875),
            ("-55.708\u{b5}s", -55_708),
            ("55.708\u{3bc}s", 55_708),
            ("3us", 3_000),
            ("1ns", 1),
            ("1m30s", 90 * SECOND),
            ("2h0m0.5s", 7_200 * SECOND + 500_000_000),
            ("1.5h", 5_400 * SECOND),
            ("1.999999999999ms", 1_999_999),
        ] {
            assert_eq!(go_duration(text), Some(nanos), "{text}");
        }
        for text in ["", "-", "5", "s", ".s", "1d", "1 s", "9223372037s", "99999999999999999999h", "1e308s", "NaN"] {
            assert_eq!(go_duration(text), None, "{text}");
        }
    }

    #[test]
    fn ginkgo_trims_zeros_but_knows_milliseconds() {
        let stamp = ginkgo("11/24/26 13:54:27.69").unwrap();
        assert_eq!((stamp.precision, stamp.zone), (ONE_MILLISECOND, Zone::Local));
        assert_eq!(stamp.at, rfc3339("2026-11-24T13:54:27.690Z").unwrap().at);
        assert_eq!(ginkgo("11/24/26 13:54:27").unwrap().at, stamp.at - 690 * MILLISECOND);
        for text in [
            "11/24/26 13:54:27.6912",
            "13/24/26 13:54:27",
            "11/24/26 13:54",
            "11/24/26 13:54:27.",
            "11/24/26 13:54:27x",
        ] {
            assert_eq!(ginkgo(text), None, "{text}");
        }
    }

    #[test]
    fn the_other_layouts() {
        let noon = clock("12:00:00.250").unwrap();
        assert_eq!((noon.at, noon.precision, noon.zone), (43_200_250 * MILLISECOND, ONE_MILLISECOND, Zone::TimeOfDay));
        assert_eq!(clock("12:00"), None);
        let same = rfc3339("2026-01-23T16:34:51.169Z");
        assert_eq!(postgresql("2026-01-23 16:34:51.169 UTC"), same);
        assert_eq!(postgresql("2026-01-23 13:34:51.169 -03"), same);
        assert_eq!(postgresql("2026-01-23 16:34:51 UTC").unwrap().precision, ONE_SECOND);
        assert_eq!(postgresql("2026-01-23 16:34:51.169 EST"), None);
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_chrono(
            (year, month, day) in (1600u32..2400, 0u8..14, 0u8..33), (h, m, s) in (0u8..25, 0u8..61, 0u8..60),
            fraction in "(\\.[0-9]{1,9})?", zone in "Z|[+-][0-2][0-9]:[0-6][0-9]",
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}{fraction}{zone}");
            let chrono = DateTime::parse_from_rfc3339(&text).ok().and_then(|time| time.timestamp_nanos_opt());
            prop_assert_eq!(rfc3339(&text).map(|stamp| stamp.at), chrono, "{}", text);
            prop_assert_eq!(leading(&text).map(|(stamp, rest)| (stamp.at, rest)), chrono.map(|at| (at, "")), "{}", text);
        }

        #[test]
        fn durations_come_back(nanos in any::<i32>(), unit in 0usize..4) {
            let (name, size) = [("ns", 1), ("\u{b5}s", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000i64)][unit];
            let nanos = i64::from(nanos);
            let sign = if nanos < 0 { "-" } else { "" };
            let (whole, part) = (nanos.abs() / size, nanos.abs() % size);
            let width = size.ilog10() as usize;
            let text = if width == 0 { format!("{sign}{whole}{name}") } else { format!("{sign}{whole}.{part:0width$}{name}") };
            prop_assert_eq!(go_duration(&text), Some(nanos), "{}", text);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "[-0-9T:./Zµ+ nsmhe]{0,40}") {
            for text in [&text, &near] {
                let _ = (rfc3339(text), epoch(text), go_duration(text), ginkgo(text), clock(text));
                let _ = (postgresql(text), leading(text).is_some());
            }
        }
    }
}
