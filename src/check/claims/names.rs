//! Names: ids of objects and types of events are those of the bundle.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use super::super::document::Line;
use super::{Case, Kind, Said, Source};
use crate::report::Report;

/// Ids and types.
pub static NAMES: Kind = Kind { name: "names", about: "ids and event types are those of the bundle", examine };

/// Letters in which a misspelt name differs.
const NEAR: usize = 2;

static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b[a-z][a-z0-9]*(?:-[a-z0-9]+)+\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
        .expect("a constant")
});
static TYPE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[a-z]{3,}(?:\.[a-z_]{3,}){1,3}\b").expect("a constant"));

/// The names of a line.
fn of(line: &Line<'_>) -> Vec<String> {
    if !line.says() {
        return Vec::new();
    }
    let text = line.plain();
    let free = |at: regex::Match<'_>| {
        let before = text[..at.start()].chars().next_back();
        let after = text[at.end()..].chars().next();
        !before.is_some_and(|c| matches!(c, '/' | '.' | '_' | '-'))
            && !after.is_some_and(|c| matches!(c, '/' | '_' | '-' | '('))
    };
    let id = |name: &str| name.len() >= 6 && name.bytes().any(|b| b.is_ascii_digit()) && !name.contains('.');
    let ids = ID.find_iter(&text).filter(|at| free(*at) && id(at.as_str()));
    let file =
        |name: &str| [".log", ".json", ".go", ".md", ".yaml", ".txt"].iter().any(|ending| name.ends_with(ending));
    let types = TYPE.find_iter(&text).filter(|at| free(*at) && !file(at.as_str()));
    ids.chain(types).map(|at| at.as_str().to_owned()).collect()
}

/// The names to look for: what has the shape of an id, and dotted words that begin as an event type does.
pub fn wanted(lines: &[&Line<'_>], report: &Report) -> BTreeSet<String> {
    let first: HashSet<&str> = report.events.iter().filter_map(|event| event.event_type.split('.').next()).collect();
    let known = |name: &String| !name.contains('.') || name.split('.').next().is_some_and(|word| first.contains(word));
    lines.iter().flat_map(|line| of(line)).filter(known).collect()
}

fn examine(case: &Case<'_>) -> Vec<Said> {
    let Some((bundle, found)) = case.bundle else { return Vec::new() };
    let lines: Vec<_> = case.lines().collect();
    let wanted = wanted(&lines, &bundle.report);
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for event in &bundle.report.events {
        known.extend([event.event_type.as_str(), event.correlation_id.as_str()]);
    }
    let awaited = bundle.report.failures.iter().flat_map(|failure| &failure.awaited);
    known.extend(
        awaited.flat_map(|awaited| [awaited.event_type.as_deref(), awaited.correlation_id.as_deref()]).flatten(),
    );
    let mut said = Vec::new();
    for line in lines {
        for name in of(line).into_iter().filter(|name| wanted.contains(name)) {
            if let Some(place) = found.names.get(&name) {
                said.push(Said::holds(line.number, name, vec![Source::Place(place.clone())]));
                continue;
            }
            // Short names differ from each other by little.
            let near = NEAR.min(name.len() / 6);
            let nearest = known.iter().map(|other| (strsim::levenshtein(other, &name), *other)).min();
            said.push(match nearest {
                Some((distance, other)) if distance <= near => {
                    let by = vec![Source::Field("events")];
                    Said::contradicted(line.number, name.clone(), other, name, by)
                }
                _ if name.contains('.') && found.complete => {
                    let by = vec![Source::Field("events")];
                    Said::contradicted(line.number, name.clone(), "an event type of the bundle", name, by)
                }
                _ => Said::unchecked(line.number, name, "no line of the bundle has this name"),
            });
        }
    }
    said
}
