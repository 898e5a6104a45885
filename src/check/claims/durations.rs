//! Durations: how long writes took, against the bundle and against what the document itself quotes.

use std::sync::LazyLock;

use regex::Regex;

use super::super::Bundle;
use super::super::document::{Document, Line, Part};
use super::super::quantity::{Length, spoken, spoken_range};
use super::{Case, Kind, NO_BUNDLE, Said, Source};
use crate::instant::Nanos;
use crate::report::{Duration, Spread};

/// Durations.
pub static DURATIONS: Kind =
    Kind { name: "durations", about: "durations of writes agree with each other and the bundle", examine };

static WRITE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)writ|latency|datastorage|\bds\b|stores? traces").expect("a constant"));
static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?P<which>median|p50|p95|p99|slowest|fastest|longest|max(?:imum)?|min(?:imum)?)\b(?: (?:write|batch|latency|took|of|is|was|at|in))*[ :=|]*$").expect("a constant")
});
static TOOK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(?:write|batch|POST)\b[^.;|]{0,40}\b(?:took|lasted|in)[ ~]*$|write_duration["`: =]*$"#)
        .expect("a constant")
});
static TIMED_OUT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)timed out after ~?$").expect("a constant"));
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)\bduration["']?[:=] ?"?(?P<took>\d[\d.]*)(?P<unit>µs|us|ms|s)\b"#).expect("a constant")
});
static SAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:identical|equal|the same)\W+across").expect("a constant"));

fn examine(case: &Case<'_>) -> Vec<Said> {
    let lines: Vec<&Line<'_>> =
        case.lines().filter(|line| line.says() && !line.of_another(case.document.title)).collect();
    let ranges: Vec<(u32, Length)> = lines.iter().flat_map(|line| ranges(line)).collect();
    let mut all = Vec::new();
    // The range that the document gives most often is what it claims; the first of equals.
    let usual = ranges.iter().rev().max_by_key(|(_, a)| ranges.iter().filter(|(_, b)| same(a, b)).count());
    if let Some((_, usual)) = usual {
        let at = ranges.iter().find(|(_, range)| same(range, usual)).map_or(0, |(line, _)| *line);
        for (line, range) in &ranges {
            all.push(judge_range(case, *line, range, usual, at, ranges.iter().filter(|(_, b)| same(range, b)).count()));
        }
        for line in &lines {
            all.extend(quoted(line, usual, at));
        }
    }
    for line in &lines {
        all.extend(figures(case, line));
        if SAME.is_match(line.text) {
            all.extend(identical(case.document, line));
        }
    }
    all
}

/// Equal, or the one is the other with fewer digits.
fn same(a: &Length, b: &Length) -> bool {
    let rounded = |coarse: &Length, fine: &Length| coarse.rounds(fine.lo) && coarse.rounds(fine.hi);
    rounded(a, b) || rounded(b, a)
}

/// The ranges that a line gives for writes: not sums, and not times on an axis.
fn ranges(line: &Line<'_>) -> Vec<(u32, Length)> {
    let text = line.plain();
    let near = |length: &Length| {
        let (head, tail) = (&text[..length.at.start], &text[length.at.end..]);
        let from = head.char_indices().rev().nth(39).map_or(0, |(at, _)| at);
        let to = tail.char_indices().nth(25).map_or(tail.len(), |(at, _)| at);
        let before = head[from..].rsplit(['=', '+', ';']).next().unwrap_or_default();
        let sum = head.trim_end_matches([' ', '~', '(']).ends_with('=');
        let after = tail[..to].split(['=', '+', ';']).next().unwrap_or_default();
        let header = line.header.is_some_and(|header| WRITE.is_match(header));
        !sum && (header || WRITE.is_match(before) || WRITE.is_match(after))
    };
    let own = Length::all(&text).into_iter().filter(|length| length.is_range() && near(length));
    own.map(|length| (line.number, length)).collect()
}

fn judge_range(case: &Case<'_>, line: u32, range: &Length, usual: &Length, at: u32, times: usize) -> Said {
    let said = format!("writes take {}", spoken_range(range.lo, range.hi));
    if let Some((bundle, _)) = case.bundle {
        let ends =
            |of: fn(&Spread) -> Option<Duration>| bundle.writers().filter_map(move |service| of(&service.writes));
        let lo = ends(|spread| spread.min).filter_map(|min| min.lo_ns.or(min.hi_ns)).min();
        let hi = ends(|spread| spread.max).filter_map(|max| max.hi_ns.or(max.lo_ns)).max();
        let (Some(lo), Some(hi)) = (lo, hi) else {
            return Said::unchecked(line, said, "the bundle shows no writes");
        };
        let by = vec![Source::Field("services")];
        return if range.rounds(lo) && range.rounds(hi) {
            Said::holds(line, said, by)
        } else {
            Said::contradicted(line, said, spoken_range(lo, hi), spoken_range(range.lo, range.hi), by)
        };
    }
    if !same(range, usual) {
        let expected = spoken_range(usual.lo, usual.hi);
        return Said::contradicted(line, said, expected, spoken_range(range.lo, range.hi), vec![Source::Line(at)]);
    }
    if times > 1 { Said::holds(line, said, vec![Source::Line(at)]) } else { Said::unchecked(line, said, NO_BUNDLE) }
}

/// The durations of quoted requests lie in the range that the document claims.
fn quoted(line: &Line<'_>, usual: &Length, at: u32) -> Vec<Said> {
    let found = QUOTED.captures_iter(line.text).filter_map(|found| {
        let length = Length::all(&format!("{}{}", &found["took"], &found["unit"])).into_iter().next()?;
        let said = format!("a write took {}", spoken(length.lo));
        let by = vec![Source::Line(at)];
        Some(if usual.rounds(length.lo) {
            Said::holds(line.number, said, by)
        } else {
            Said::contradicted(line.number, said, spoken_range(usual.lo, usual.hi), spoken(length.lo), by)
        })
    });
    // Only requests: the same word stands in lines of specs.
    if line.part == Part::Quote && line.text.contains("status") { found.collect() } else { Vec::new() }
}

/// Quantiles, single writes and time-outs, against the bundle.
fn figures(case: &Case<'_>, line: &Line<'_>) -> Vec<Said> {
    let text = line.plain();
    let mut all = Vec::new();
    for length in Length::all(&text).iter().filter(|length| !length.is_range()) {
        let before = text[..length.at.start].trim_end_matches(['~', '≈', ' ', '(']);
        let before = &text[..before.len() + usize::from(before.len() < length.at.start)];
        let figure = FIGURE.captures(before).map(|found| found["which"].to_lowercase());
        let (said, has): (String, Vec<(Nanos, Nanos)>) = match figure {
            Some(which) if WRITE.is_match(&text) || WRITE.is_match(line.section) => {
                let has = case.bundle.map(|(bundle, _)| quantile(bundle, &which)).unwrap_or_default();
                (format!("{which} {}", spoken(length.lo)), has)
            }
            None if TOOK.is_match(before) => {
                let has = case.bundle.map(|(bundle, _)| writes(bundle)).unwrap_or_default();
                (format!("a write took {}", spoken(length.lo)), has)
            }
            None if TIMED_OUT.is_match(before) => {
                let has = case.bundle.map(|(bundle, _)| timeouts(bundle)).unwrap_or_default();
                (format!("timed out after {}", spoken(length.lo)), has)
            }
            _ => continue,
        };
        let inside = |(lo, hi): &(Nanos, Nanos)| {
            length.rounds(*lo) || length.rounds(*hi) || (*lo <= length.lo && length.lo <= *hi)
        };
        let by = vec![Source::Field("services")];
        all.push(match (case.bundle, has.iter().min_by_key(|(lo, hi)| (lo / 2 + hi / 2 - length.lo).abs())) {
            (None, _) => Said::unchecked(line.number, said, NO_BUNDLE),
            (_, None) => Said::unchecked(line.number, said, "the bundle does not show it"),
            (_, Some(_)) if has.iter().any(inside) => Said::holds(line.number, said, by),
            (_, Some((lo, hi))) => Said::contradicted(line.number, said, spoken_range(*lo, *hi), spoken(length.lo), by),
        });
    }
    all
}

fn ends(of: Duration) -> Option<(Nanos, Nanos)> {
    Some((of.lo_ns.or(of.hi_ns)?, of.hi_ns.or(of.lo_ns)?))
}

fn quantile(bundle: &Bundle, which: &str) -> Vec<(Nanos, Nanos)> {
    let of = |spread: &Spread| match which {
        "median" | "p50" => spread.p50,
        "p95" => spread.p95,
        "p99" => spread.p99,
        "fastest" | "min" | "minimum" => spread.min,
        _ => spread.max,
    };
    bundle.writers().filter_map(|service| of(&service.writes)).filter_map(ends).collect()
}

fn writes(bundle: &Bundle) -> Vec<(Nanos, Nanos)> {
    let requests = bundle.report.requests.iter().filter(|request| request.method == "POST");
    let requests = requests.map(|request| request.duration);
    requests.chain(bundle.report.ticks.iter().filter_map(|tick| tick.write)).filter_map(ends).collect()
}

fn timeouts(bundle: &Bundle) -> Vec<(Nanos, Nanos)> {
    let messages = bundle.report.failures.iter().filter(|failure| failure.message.contains("Timed out after"));
    messages.filter_map(|failure| Length::all(&failure.message).first().map(|length| (length.lo, length.hi))).collect()
}

/// `performance is identical across services`: then the rows of the table above give the same.
fn identical(document: &Document<'_>, line: &Line<'_>) -> Option<Said> {
    let rows = document.lines.iter().rev().skip_while(|row| row.number >= line.number);
    let mut rows = rows.skip_while(|row| row.part != Part::Row).take_while(|row| row.header.is_some());
    let first = rows.next()?;
    let header = Document::cells(first.header?);
    let column = header.iter().position(|cell| WRITE.is_match(cell))?;
    let cell = |row: &Line<'_>| Document::cells(row.text).get(column).cloned();
    let table: Vec<&Line<'_>> = std::iter::once(first).chain(rows.filter(|row| row.header != Some(row.text))).collect();
    let said = line.plain();
    let other = table.iter().find(|row| row.part == Part::Row && cell(row) != cell(first))?;
    let found = format!("{} and {}", cell(first).unwrap_or_default(), cell(other).unwrap_or_default());
    let by = vec![Source::Line(first.number), Source::Line(other.number)];
    Some(Said::contradicted(line.number, said, "the same in every row of the table", found, by))
}
