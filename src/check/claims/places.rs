//! Places: `file:line` names a line that is there, and a failing test's place is the one that the log gives.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::super::document::Line;
use super::super::search::words;
use super::super::{Bundle, Found};
use super::{Case, Kind, NO_BUNDLE, Said, Source};
use crate::report::Place;

/// Places.
pub static PLACES: Kind = Kind { name: "places", about: "file and line exist in the bundle", examine };

static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<file>[\w./!-]+\.(?:log|json|txt|xml|out|go)):(?P<line>\d{1,9})\b").expect("a constant")
});
static FAILS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)fail|panic|timed out|asserts? at").expect("a constant"));

static FIELD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\b[a-z]+_[a-z_]+["`]?[:=] ?"?[\w.-]+"#).expect("a constant"));
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b[a-z][a-z0-9]*(?:-[a-z0-9]+)+-\d{4,}\b|\b[a-z]{3,}(?:\.[a-z_]{3,}){1,3}\b").expect("a constant")
});

/// The lines to fetch.
pub fn wanted(lines: &[&Line<'_>]) -> BTreeSet<(String, u32)> {
    let texts = lines.iter().filter(|line| line.says()).map(|line| line.plain());
    let of = |text: String| {
        PLACE.captures_iter(&text).map(|place| (place["file"].to_owned(), place["line"].to_owned())).collect::<Vec<_>>()
    };
    texts.flat_map(of).filter_map(|(file, line)| Some((file, line.parse().ok()?))).collect()
}

fn examine(case: &Case<'_>) -> Vec<Said> {
    let mut all = Vec::new();
    for line in case.lines().filter(|line| line.says()) {
        let text = line.plain();
        for place in PLACE.captures_iter(&text) {
            let Ok(number) = place["line"].parse::<u32>() else { continue };
            let (file, said) = (&place["file"], place[0].to_owned());
            all.push(match case.bundle {
                None => Said::unchecked(line.number, said, NO_BUNDLE),
                Some((bundle, _)) if file.rsplit('.').next() == Some("go") => {
                    code(bundle, line.number, &text, file, number)
                }
                Some((bundle, found)) => logged(bundle, found, line.number, &text, file, number),
            });
        }
    }
    all
}

/// A place in the code under test: only where a spec failed is in a log.
fn code(bundle: &Bundle, line: u32, text: &str, file: &str, number: u32) -> Said {
    let base = file.rsplit('/').next().unwrap_or(file);
    let said = format!("{base}:{number}");
    let failed = bundle.failures().filter_map(|failure| failure.location.as_ref());
    let same: Vec<&Place> = failed.filter(|at| at.file.rsplit('/').next() == Some(base)).collect();
    match same.as_slice() {
        places if places.iter().any(|at| at.line == number) => Said::holds(line, said, vec![Source::Field("failures")]),
        [first, ..] if FAILS.is_match(text) => {
            let expected = format!("{base}:{}", first.line);
            Said::contradicted(line, said.clone(), expected, said, vec![Source::Place((*first).clone())])
        }
        _ => Said::unchecked(line, said, "the code is not in the bundle"),
    }
}

/// A line of the bundle: it is there, and it has one of the names or fields that the sentence gives.
fn logged(bundle: &Bundle, found: &Found, line: u32, text: &str, file: &str, number: u32) -> Said {
    let said = format!("{file}:{number}");
    let Some((label, lines)) = bundle.file(file) else {
        return Said::unchecked(line, said, "the file is not in the bundle");
    };
    if lines == 0 {
        return Said::unchecked(line, said, "nothing of the file was read");
    }
    if u64::from(number) > lines || number == 0 {
        let expected = format!("a line of {label}, which has {lines}");
        return Said::contradicted(line, said, expected, format!("line {number}"), vec![Source::Field("coverage")]);
    }
    let by = vec![Source::Place(Place { file: label.to_owned(), line: number, to_line: None })];
    let there = found.places.get(&(file.to_owned(), number)).map_or(&[][..], Vec::as_slice);
    match other(text, there) {
        // With several places nobody can tell which of them is for what.
        Some((expected, found)) if PLACE.find_iter(text).count() == 1 => {
            Said::contradicted(line, said, expected, found, by)
        }
        _ => Said::holds(line, said, by),
    }
}

/// What a sentence says that the cited line does not have: a field, or another name than the line's own.
fn other(text: &str, lines: &[String]) -> Option<(String, String)> {
    let line = lines.first()?;
    let text = PLACE.replace_all(text, "");
    let own: Vec<String> = words(line).collect();
    let fields: Vec<String> =
        FIELD.find_iter(&text).flat_map(|field| words(field.as_str()).collect::<Vec<_>>()).collect();
    let start = || line.trim().chars().take(60).collect::<String>();
    if !fields.is_empty() && !lines.iter().any(|line| words(line).any(|word| fields.contains(&word))) {
        return Some((format!("a line with {}", fields.join(" or ")), start()));
    }
    // The server's lines name no event; only a line that names one can name another.
    let named = |name: &str| own.iter().any(|word| word.contains(name));
    let shape = |name: &str| name.contains('.');
    let told: Vec<&str> = NAME.find_iter(&text).map(|name| name.as_str()).collect();
    for kind in [true, false] {
        let told: Vec<&str> = told.iter().copied().filter(|name| shape(name) == kind).collect();
        let mut values = own
            .iter()
            .filter_map(|word| word.split_once(':'))
            .filter(|(name, _)| *name == if kind { "event_type" } else { "correlation_id" });
        if let Some((_, value)) = values.next().filter(|_| !told.is_empty() && !told.iter().any(|name| named(name))) {
            return Some((told.join(" or "), value.to_owned()));
        }
    }
    None
}
