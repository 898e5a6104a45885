//! Values of arguments: how each is written, and what is expected where one is not understood.

use std::path::PathBuf;

use whylate::instant::{MILLISECOND, Nanos, SECOND};
use whylate::render;
use whylate::report::{Family, Stage};

/// One output: which, and where to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Which.
    pub renderer: &'static render::Renderer,
    /// Where to; `None` is standard output.
    pub file: Option<PathBuf>,
}

/// What a stage may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Which.
    pub stage: Stage,
    /// At most so many nanoseconds.
    pub limit: Nanos,
}

/// The stages that are measured over all events.
const STAGES: &[(&str, Stage)] =
    &[("buffer", Stage::Buffer), ("flush-wait", Stage::FlushWait), ("write", Stage::Write)];

/// A stage and what it may take: `flush-wait=500ms`.
pub(super) fn budget(text: &str) -> Result<Budget, String> {
    let Some((name, limit)) = text.split_once('=') else {
        return Err(format!("expected STAGE=LENGTH such as flush-wait=500ms, found {text}"));
    };
    let Some((_, stage)) = STAGES.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = STAGES.iter().map(|(name, _)| *name).collect();
        let near = nearest(name, &names).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(format!("expected one of {}, found {name}{near}", names.join(", ")));
    };
    Ok(Budget { stage: *stage, limit: duration(limit)? })
}

fn duration(text: &str) -> Result<Nanos, String> {
    let wrong = || format!("expected a length of time such as 500ms, 1.5s or 2m, found {text}");
    let number = text.trim_end_matches(|c: char| c.is_alphabetic());
    let unit: Nanos = match &text[number.len()..] {
        "us" | "µs" => 1_000,
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => 60 * SECOND,
        _ => return Err(wrong()),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(wrong());
    }
    let parse = |text: &str| text.parse::<Nanos>().map_err(|_| wrong());
    let scale = 10_i64.pow(u32::try_from(fraction.len()).map_err(|_| wrong())?);
    // At most 999,999,999 minutes, which 64 bits do not hold in nanoseconds.
    let part = i128::from(parse(fraction)?) * i128::from(unit) / i128::from(scale);
    Nanos::try_from(i128::from(parse(whole)?) * i128::from(unit) + part).map_err(|_| wrong())
}

/// The gates for families.
pub const FAMILIES: &[(&str, Family)] = &[
    ("family:write-latency", Family::WriteLatency),
    ("family:flush-delay", Family::FlushDelay),
    ("family:query-timing", Family::QueryTiming),
    ("family:other", Family::Other),
    ("family:unknown", Family::Unknown),
];

/// A format and where it goes: `json`, `json=report.json`.
pub(super) fn target(text: &str) -> Result<Target, String> {
    let (name, file) = match text.split_once('=') {
        Some((_, "")) => return Err(format!("expected a file after the =, found {text}")),
        Some((name, file)) => (name, (file != "-").then(|| PathBuf::from(file))),
        None => (text, None),
    };
    if let Some(renderer) = render::find(name) {
        return Ok(Target { renderer, file });
    }
    let names: Vec<&str> = render::ALL.iter().map(|renderer| renderer.name).collect();
    let near = nearest(name, &names).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(format!("expected one of {}, found {name}{near}", names.join(", ")))
}

/// The name that was probably meant.
pub fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    let scored = names.iter().map(|name| (strsim::jaro_winkler(&word.to_lowercase(), name), *name));
    scored.filter(|(score, _)| *score > 0.7).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// Columns of text.
pub(super) fn columns(text: &str) -> Result<usize, String> {
    let fits = text.parse().ok().filter(|columns| render::COLUMNS.contains(columns));
    fits.ok_or_else(|| format!("expected {} to {}, found {text}", render::COLUMNS.start(), render::COLUMNS.end()))
}

/// A regular expression.
pub(super) fn pattern(text: &str) -> Result<regex::Regex, String> {
    regex::Regex::new(text).map_err(|error| format!("expected a regular expression, found {text}: {error}"))
}

/// Seconds east of UTC: `-05:00`, `+0530`, `UTC`.
pub(super) fn offset(text: &str) -> Result<i32, String> {
    let wrong = || format!("expected an offset such as +02:00, -0500 or UTC, found {text}");
    if matches!(text, "Z" | "z" | "UTC" | "utc") {
        return Ok(0);
    }
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let digits = digits.replace(':', "");
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let (hours, minutes) = digits.split_at(2);
    let hours: i32 = hours.parse().map_err(|_| wrong())?;
    let minutes: i32 = if minutes.is_empty() { 0 } else { minutes.parse().map_err(|_| wrong())? };
    if hours > 14 || minutes > 59 { Err(wrong()) } else { Ok(sign * (hours * 3600 + minutes * 60)) }
}

/// Bytes: `60000`, `60K`, `2GiB`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected a size such as 60000, 60K or 2GiB, found {text}");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_have_a_stage_and_a_length() {
        assert_eq!(budget("flush-wait=500ms"), Ok(Budget { stage: Stage::FlushWait, limit: 500 * MILLISECOND }));
        assert_eq!(budget("write=1.5s"), Ok(Budget { stage: Stage::Write, limit: 1_500 * MILLISECOND }));
        assert_eq!(duration("2m"), Ok(120 * SECOND));
        assert_eq!(duration("250us"), Ok(250_000));
        for wrong in ["", "s", "-1s", "1", "1.s", "1h", "1e3s", "999999999m", "٣s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        let near = "expected one of buffer, flush-wait, write, found flush_wait; did you mean flush-wait?";
        assert_eq!(budget("flush_wait=1s"), Err(near.to_owned()));
    }

    #[test]
    fn offsets_are_seconds_east() {
        assert_eq!(offset("-05:00"), Ok(-18_000));
        assert_eq!(offset("+0530"), Ok(19_800));
        assert_eq!(offset("UTC"), Ok(0));
        assert_eq!(offset("EST"), Err("expected an offset such as +02:00, -0500 or UTC, found EST".to_owned()));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!((size("60K"), size("2GiB"), size("7")), (Ok(60_000), Ok(2 << 30), Ok(7)));
        assert!(size("many").is_err() && size("99999999999G").is_err());
    }

    #[test]
    fn a_width_can_be_laid_out() {
        assert_eq!((columns("60"), columns("160")), (Ok(60), Ok(160)));
        for wrong in ["59", "161", "0", "wide"] {
            assert_eq!(columns(wrong), Err(format!("expected 60 to 160, found {wrong}")));
        }
    }

    #[test]
    fn the_nearest_name_is_proposed() {
        let error = target("jsn").expect_err("not a format");
        assert!(error.ends_with("found jsn; did you mean json?"), "{error}");
    }
}
