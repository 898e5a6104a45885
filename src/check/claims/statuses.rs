//! Statuses: an HTTP status that a document gives was answered, and "all succeeded" is true.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::{Case, Kind, NO_BUNDLE, Said, Source};

/// Statuses.
pub static STATUSES: Kind =
    Kind { name: "statuses", about: "HTTP statuses were answered, and failures are not denied", examine };

static STATUS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(?:http|status)(?:[ _]?code)?["']?[ :=]{1,3}(?P<n>\d{3})\b"#).expect("a constant")
});
static COUNTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?P<status>[2-5]0\d|4\d\d): (?P<n>\d[\d,]{0,9})\b").expect("a constant"));
static NONE_FAILED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:zero|no|0) (?:write |http )?(?:failures|errors|failed writes)\b|\ball (?:batch )?writes (?:succeeded|were successful)").expect("a constant")
});

/// Writes that were answered with 2xx.
pub(super) fn successes(statuses: &BTreeMap<u16, u64>) -> u64 {
    statuses.range(200..300).map(|(_, count)| count).sum()
}

fn examine(case: &Case<'_>) -> Vec<Said> {
    let mut answered: BTreeSet<u16> = BTreeSet::new();
    let mut counts: BTreeMap<u16, BTreeSet<u64>> = BTreeMap::new();
    if let Some((bundle, _)) = case.bundle {
        answered.extend(bundle.report.requests.iter().map(|request| request.status));
        answered
            .extend(bundle.report.failures.iter().flat_map(|failure| &failure.looks).filter_map(|look| look.status));
        for (status, count) in bundle.report.services.iter().flat_map(|service| &service.statuses) {
            answered.insert(*status);
            counts.entry(*status).or_default().insert(*count);
        }
    }
    let mut all = Vec::new();
    for line in case.lines().filter(|line| line.says()) {
        let text = line.plain();
        for found in STATUS.captures_iter(&text) {
            let Ok(status) = found["n"].parse::<u16>() else { continue };
            let said = found[0].to_owned();
            all.push(match case.bundle {
                None => Said::unchecked(line.number, said, NO_BUNDLE),
                Some(_) if answered.contains(&status) => {
                    Said::holds(line.number, said, vec![Source::Field("requests")])
                }
                Some(_) if answered.is_empty() => Said::unchecked(line.number, said, "the bundle has no server log"),
                Some(_) => {
                    let expected = answered.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
                    Said::contradicted(line.number, said, expected, status.to_string(), vec![Source::Field("requests")])
                }
            });
        }
        for found in COUNTED.captures_iter(&text) {
            let (Ok(status), Some(number)) =
                (found["status"].parse::<u16>(), super::super::quantity::count(&found["n"]))
            else {
                continue;
            };
            let Some(own) = counts.get(&status) else { continue };
            let by = vec![Source::Field("services")];
            all.push(if own.contains(&number) {
                Said::holds(line.number, &found[0], by)
            } else {
                let expected = own.iter().map(u64::to_string).collect::<Vec<_>>().join(" or ");
                Said::contradicted(line.number, &found[0], format!("{status}: {expected}"), &found[0], by)
            });
        }
        if let Some(found) = NONE_FAILED.find(&text) {
            all.push(none_failed(case, line.number, found.as_str()));
        }
    }
    all
}

fn none_failed(case: &Case<'_>, line: u32, said: &str) -> Said {
    let Some((bundle, _)) = case.bundle else { return Said::unchecked(line, said, NO_BUNDLE) };
    let bad = bundle.report.requests.iter().find(|request| request.method == "POST" && request.status >= 300);
    if let Some(request) = bad {
        let by = vec![Source::Place(request.place.clone())];
        return Said::contradicted(line, said, format!("a write answered with {}", request.status), said, by);
    }
    if bundle.writers().next().is_none() {
        return Said::unchecked(line, said, "the bundle has no server log");
    }
    match bundle.stores().find(|store| store.lost.is_some_and(|lost| lost > 0)) {
        Some(store) => {
            let expected = format!("{} events lost by {}", store.lost.unwrap_or_default(), store.id);
            Said::contradicted(line, said, expected, said, vec![Source::Field("stores")])
        }
        None => Said::holds(line, said, vec![Source::Field("services")]),
    }
}
