//! Places: `file:line` names a line that is there, and a failing test's place is the one that the log gives.

use std::sync::LazyLock;

use regex::Regex;

use super::{Case, Kind, NO_BUNDLE, Said, Source};
use crate::report::Place;

/// Places.
pub static PLACES: Kind = Kind { name: "places", about: "file and line exist in the bundle", examine };

static PLACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?P<file>[\w./!-]+\.(?:log|json|txt|xml|out|go)):(?P<line>\d{1,9})\b").expect("a constant"));
static FAILS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)fail|panic|timed out|asserts? at").expect("a constant"));

fn examine(case: &Case<'_>) -> Vec<Said> {
    let mut all = Vec::new();
    for line in case.lines().filter(|line| line.says()) {
        let text = line.plain();
        for place in PLACE.captures_iter(&text) {
            let Ok(number) = place["line"].parse::<u32>() else { continue };
            let said = place[0].to_owned();
            let file = &place["file"];
            let Some((bundle, _)) = case.bundle else {
                all.push(Said::unchecked(line.number, said, NO_BUNDLE));
                continue;
            };
            if file.ends_with(".go") {
                let base = file.rsplit('/').next().unwrap_or(file);
                let mut failed = bundle.failures().filter_map(|failure| failure.location.as_ref());
                let same: Vec<&Place> = failed.by_ref().filter(|at| at.file.rsplit('/').next() == Some(base)).collect();
                let by = |at: &Place| vec![Source::Place(at.clone())];
                all.push(match same.as_slice() {
                    places if places.iter().any(|at| at.line == number) => Said::holds(line.number, said, vec![Source::Field("failures")]),
                    [first, ..] if FAILS.is_match(&text) => {
                        Said::contradicted(line.number, said, format!("{base}:{}", first.line), format!("{base}:{number}"), by(first))
                    }
                    _ => Said::unchecked(line.number, said, "the code is not in the bundle"),
                });
                continue;
            }
            all.push(match bundle.file(file) {
                Some((label, lines)) if u64::from(number) <= lines && number > 0 => {
                    let at = Place { file: label.to_owned(), line: number, to_line: None };
                    Said::holds(line.number, said, vec![Source::Place(at)])
                }
                Some((label, lines)) => {
                    let expected = format!("a line of {label}, which has {lines}");
                    Said::contradicted(line.number, said, expected, format!("line {number}"), vec![Source::Field("coverage")])
                }
                None => Said::unchecked(line.number, said, "the file is not in the bundle"),
            });
        }
    }
    all
}
