//! "Flushed successfully": a flush is called done as well when its batch was dropped.

use std::sync::LazyLock;

use regex::Regex;

use super::{Case, Kind, NO_BUNDLE, Said, Source};
use crate::report::{Link, State};

/// Flushes that are called successful.
pub static FLUSHED: Kind =
    Kind { name: "flushed", about: "\"flushed successfully\" is not said around a dropped batch", examine };

static SUCCESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\bflush(?:ed|es)?\b[^.|]{0,20}\b(?:success\w*|completed?|works?|working)\b|\bsuccessfully flushed\b",
    )
    .expect("a constant")
});
static DROP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)dropping audit batch|dropping batch|audit data loss|batch (?:was |is )?(?:dropped|lost)|is_4xx_error",
    )
    .expect("a constant")
});
static NOT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:not|n't|never|before|until|wait|after)\b").expect("a constant"));

fn examine(case: &Case<'_>) -> Vec<Said> {
    let dropped = case.document.lines.iter().find(|line| line.says() && DROP.is_match(line.text));
    let mut all = Vec::new();
    for line in case.lines().filter(|line| line.says()) {
        let text = line.plain();
        if !SUCCESS.is_match(&text) || DROP.is_match(&text) || NOT.is_match(&text) {
            continue;
        }
        all.push(match dropped {
            Some(dropped) => {
                let found = format!("a dropped batch: {}", dropped.plain().chars().take(60).collect::<String>());
                let expected = "no dropped batch beside it; a flush is called done as well when its batch was dropped";
                Said::contradicted(line.number, text, expected, found, vec![Source::Line(dropped.number)])
            }
            None => by_bundle(case, line.number, text),
        });
    }
    all
}

fn by_bundle(case: &Case<'_>, line: u32, said: String) -> Said {
    let Some((bundle, _)) = case.bundle else { return Said::unchecked(line, said, NO_BUNDLE) };
    let links = bundle.failures().flat_map(|failure| &failure.awaited).flat_map(|awaited| &awaited.journey);
    let absent = links
        .filter(|link| link.link >= Link::Sent && link.state == State::Absent)
        .find(|link| !link.places.is_empty());
    if let Some(link) = absent {
        let because = link.because.clone().unwrap_or_else(|| "its batch was lost".to_owned());
        let by = link.places.iter().take(3).cloned().map(Source::Place).collect();
        return Said::contradicted(line, said, "a flush whose batch was written", because, by);
    }
    if let Some(store) = bundle.stores().find(|store| store.lost.is_some_and(|lost| lost > 0)) {
        let found = format!("{} events lost by {}", store.lost.unwrap_or_default(), store.id);
        return Said::contradicted(line, said, "a flush whose batch was written", found, vec![Source::Field("stores")]);
    }
    if bundle.stores().next().is_some() && bundle.stores().all(|store| store.lost == Some(0)) {
        return Said::holds(line, said, vec![Source::Field("stores")]);
    }
    Said::unchecked(line, said, "the bundle does not show what became of every batch")
}
