//! Settings: the flush interval, the sizes and the pool are those that the components printed.

use std::sync::LazyLock;

use regex::Regex;

use super::super::document::{Document, Line};
use super::super::quantity::{Length, spoken};
use super::{Case, Kind, NO_BUNDLE, Said, Source};
use crate::instant::Nanos;

/// Settings.
pub static SETTINGS: Kind = Kind { name: "settings", about: "settings are those that the components printed", examine };

static INTERVAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)\bflush[ _]interval\b").expect("a constant"));
static POOL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bconnection pool\b[^\d]{0,40}\b(?P<open>\d{1,5}) ?/ ?(?P<idle>\d{1,5})\b").expect("a constant")
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(?P<name>batch_size|buffer_size|max_open_conns|max_idle_conns|max_retries)\b["`]?[ :=|]+`?(?P<n>\d{1,9})\b"#).expect("a constant")
});
static TICK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\btick (?:number )?#?(\d{1,9})\b").expect("a constant"));
/// What somebody wants to have is no claim about what there is.
static WISH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(change|raise|lower|reduce|increase|set .* to|should|would|could|instead of|at most|proposed?)\b",
    )
    .expect("a constant")
});

fn examine(case: &Case<'_>) -> Vec<Said> {
    let ticks = ticks(case);
    let mut all = Vec::new();
    for line in case.lines().filter(|line| line.says() && !line.of_another(case.document.title)) {
        let text = line.plain();
        if WISH.is_match(&text) {
            continue;
        }
        let intervals = intervals(line, &text);
        // Several in one row are those of all components, the server's own store too.
        let server = line.header.is_some() && intervals.len() > 1;
        all.extend(intervals.iter().map(|length| judge_interval(case, line.number, length, ticks, server)));
        if let Some(found) = POOL.captures(&text) {
            let values = [("max_open_conns", &found["open"]), ("max_idle_conns", &found["idle"])];
            all.extend(values.map(|(name, value)| printed(case, line.number, name, value)));
        }
        for found in NAMED.captures_iter(&text) {
            all.push(printed(case, line.number, &found["name"].to_lowercase(), &found["n"]));
        }
    }
    all
}

/// `flush interval is 100ms`, `100ms (flush interval)`, `| Flush Interval | 100ms |`.
fn intervals(line: &Line<'_>, text: &str) -> Vec<Length> {
    let lengths: Vec<Length> =
        Length::all(text).into_iter().filter(|length| !length.is_range() && !length.loose).collect();
    if line.header.is_some() {
        let first = Document::cells(line.text).into_iter().next().unwrap_or_default();
        return if INTERVAL.is_match(&first) { lengths } else { Vec::new() };
    }
    let mut named = Vec::new();
    for at in INTERVAL.find_iter(text) {
        let near = |length: &&Length| {
            let between =
                if length.at.start >= at.end() { at.end()..length.at.start } else { length.at.end..at.start() };
            text.get(between).is_some_and(|between| between.len() <= 12 && !between.contains(['+', ';', '=']))
        };
        named.extend(lengths.iter().find(near).cloned());
    }
    named
}

/// The distance of two ticks in the document's own timeline, per tick, and the line of the later one.
fn ticks(case: &Case<'_>) -> Option<(Nanos, u32)> {
    let numbered = case.story.moments.iter().filter_map(|moment| {
        let number: i64 = TICK.captures(&moment.text)?[1].parse().ok()?;
        Some((number, moment))
    });
    let numbered: Vec<_> = numbered.filter(|(_, moment)| moment.stamp.step < crate::instant::SECOND).collect();
    numbered.windows(2).find_map(|pair| {
        let [(a, from), (b, to)] = pair else { return None };
        let span = from.stamp.until(&to.stamp, case.story.local.seconds());
        (b > a && span > 0).then(|| (span / (b - a), to.line))
    })
}

fn judge_interval(case: &Case<'_>, line: u32, length: &Length, ticks: Option<(Nanos, u32)>, server: bool) -> Said {
    let said = format!("flush interval {}", spoken(length.lo));
    if let Some((bundle, _)) = case.bundle {
        let own = bundle.report.stores.iter().filter(|store| server || store.service.as_deref() != Some("datastorage"));
        let has: Vec<Nanos> = own.filter_map(|store| store.flush_interval?.lo_ns).collect();
        if has.is_empty() {
            return Said::unchecked(line, said, "no store of the bundle printed its interval");
        }
        let by = vec![Source::Field("stores")];
        if has.iter().any(|nanos| length.rounds(*nanos)) {
            return Said::holds(line, said, by);
        }
        return Said::contradicted(line, said, spoken(has[0]), spoken(length.lo), by);
    }
    match ticks {
        Some((span, at)) if (span - length.lo).abs() * 5 <= length.lo => {
            Said::holds(line, said, vec![Source::Line(at)])
        }
        Some((span, at)) => {
            let expected = format!("{} from tick to tick", spoken(span));
            Said::contradicted(line, said, expected, spoken(length.lo), vec![Source::Line(at)])
        }
        None => Said::unchecked(line, said, NO_BUNDLE),
    }
}

fn printed(case: &Case<'_>, line: u32, name: &str, value: &str) -> Said {
    let said = format!("{name} {value}");
    let Some((bundle, _)) = case.bundle else { return Said::unchecked(line, said, NO_BUNDLE) };
    let own: Vec<_> = bundle.report.settings.iter().filter(|setting| setting.name == name).collect();
    let sizes = name == "batch_size" && bundle.report.batches.iter().any(|batch| batch.size.to_string() == value);
    match own.iter().find(|setting| setting.value == value) {
        Some(setting) => Said::holds(line, said, setting.places.iter().take(1).cloned().map(Source::Place).collect()),
        None if sizes => Said::holds(line, said, vec![Source::Field("batches")]),
        None => match own.first() {
            Some(setting) => {
                let by = setting.places.iter().take(1).cloned().map(Source::Place).collect();
                Said::contradicted(line, said, format!("{name} {}", setting.value), value, by)
            }
            None => Said::unchecked(line, said, "no component of the bundle printed it"),
        },
    }
}
