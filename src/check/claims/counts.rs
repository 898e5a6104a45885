//! Counts: so many writes, events, specs, looks and processes.

use std::sync::LazyLock;

use regex::Regex;

use super::super::Bundle;
use super::super::quantity::count;
use super::{Case, Kind, NO_BUNDLE, Said, Source};
use crate::report::Store;

/// Counts.
pub static COUNTS: Kind =
    Kind { name: "counts", about: "counts are those of the bundle, and the same everywhere", examine };

/// What is counted.
struct Subject {
    name: &'static str,
    /// Its number is the group `n`.
    says: LazyLock<Regex>,
    /// The numbers that the bundle has for it; one of them has to be meant. Empty: it has none.
    has: fn(&Bundle) -> Vec<u64>,
    /// The field of the report.
    field: &'static str,
    /// A document about one run has one number for it.
    one: bool,
}

/// A count of a part is not the count: `3 writes took longer than 1 s`.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(took|slower|longer|over|above|below|more than|fewer|at least|at most|first|last|after|before|since|later|counting|between|these|each|per|e\.g\.|other|another|retried)\b|[<>≥≤~]")
        .expect("a constant")
});

macro_rules! says {
    ($pattern:literal) => {
        LazyLock::new(|| Regex::new(concat!(r"(?i)\b(?P<n>\d[\d,]{0,12})", $pattern)).expect("a constant"))
    };
}

static SUBJECTS: [Subject; 12] = [
    Subject {
        name: "writes",
        says: says!(
            r" (?:successful |failed )?(?:batch )?(?:writes?|posts?\b(?: requests?)?|write requests?|batches written)\b"
        ),
        has: writes,
        field: "services",
        one: true,
    },
    Subject {
        name: "buffered",
        says: says!(r" (?:audit )?(?:events? )?(?:were |was )?buffered\b"),
        has: |b| ledger(b, |s| s.buffered),
        field: "stores",
        one: false,
    },
    Subject {
        name: "emitted",
        says: says!(r" (?:audit )?(?:events? )?(?:were |was )?emitted\b"),
        has: |b| ledger(b, |s| s.emitted),
        field: "stores",
        one: false,
    },
    Subject {
        name: "batched",
        says: says!(r" (?:audit )?(?:events? )?(?:were |was )?batched\b"),
        has: |b| ledger(b, |s| s.batched),
        field: "stores",
        one: false,
    },
    Subject {
        name: "written",
        says: says!(r" (?:audit )?events? (?:were |was )?written\b"),
        has: written,
        field: "stores",
        one: false,
    },
    Subject {
        name: "lost",
        says: says!(r" (?:audit )?(?:events? )?(?:were |was )?(?:lost|dropped)\b"),
        has: lost,
        field: "stores",
        one: false,
    },
    Subject {
        name: "processes",
        says: says!(r" (?:parallel |test |ginkgo )+process(?:es)?\b"),
        has: processes,
        field: "bundle",
        one: true,
    },
    Subject {
        name: "passed",
        says: says!(r" (?:tests? |specs? )?passed\b"),
        has: |b| run(b, |r| r.passed),
        field: "run",
        one: false,
    },
    Subject {
        name: "failed",
        says: says!(r" (?:tests? |specs? )?(?:fail|failed|failing)\b"),
        has: |b| run(b, |r| r.failed),
        field: "run",
        one: false,
    },
    Subject { name: "looks", says: says!(r" (?:polls|looks)\b"), has: looks, field: "failures", one: false },
    Subject {
        name: "stores",
        says: says!(r" (?:audit )?stores\b"),
        has: |b| vec![b.report.stores.len() as u64, b.stores().count() as u64],
        field: "stores",
        one: false,
    },
    Subject {
        name: "batch",
        says: LazyLock::new(|| Regex::new(r"(?i)\bbatch of (?P<n>\d[\d,]{0,12})\b").expect("a constant")),
        has: sizes,
        field: "batches",
        one: false,
    },
];

fn writes(bundle: &Bundle) -> Vec<u64> {
    let mut all: Vec<u64> = bundle.writers().map(|service| service.writes.count).collect();
    all.push(all.iter().sum());
    for status in bundle.writers().flat_map(|service| &service.statuses) {
        all.push(*status.1);
    }
    all.extend(bundle.writers().map(|service| crate::check::claims::statuses::successes(&service.statuses)));
    all
}

fn ledger(bundle: &Bundle, of: fn(&Store) -> Option<u64>) -> Vec<u64> {
    // Of some stores only, the others may have the number, and the sum is not the sum.
    let mut all: Vec<u64> = bundle.stores().map(of).collect::<Option<_>>().unwrap_or_default();
    if !all.is_empty() {
        all.push(all.iter().sum());
    }
    all
}

fn written(bundle: &Bundle) -> Vec<u64> {
    let mut all = ledger(bundle, |store| store.written);
    all.extend(sizes(bundle));
    all
}

fn lost(bundle: &Bundle) -> Vec<u64> {
    let mut all = ledger(bundle, |store| store.lost);
    all.extend(ledger(bundle, |store| store.dropped));
    all.extend(ledger(bundle, |store| Some(store.lost? + store.dropped?)));
    if !all.is_empty() {
        all.extend(sizes(bundle));
    }
    all
}

fn processes(bundle: &Bundle) -> Vec<u64> {
    bundle.report.bundle.processes.into_iter().map(u64::from).collect()
}

fn run(bundle: &Bundle, of: fn(&crate::report::Run) -> u32) -> Vec<u64> {
    bundle.report.run.iter().map(|run| u64::from(of(run))).collect()
}

fn looks(bundle: &Bundle) -> Vec<u64> {
    bundle.failures().filter(|failure| !failure.looks.is_empty()).map(|failure| failure.looks.len() as u64).collect()
}

fn sizes(bundle: &Bundle) -> Vec<u64> {
    let mut sizes: Vec<u64> = bundle.report.batches.iter().map(|batch| batch.size).collect();
    sizes.extend(bundle.report.requests.iter().filter_map(|request| request.size));
    sizes
}

fn examine(case: &Case<'_>) -> Vec<Said> {
    let mut all = Vec::new();
    for subject in &SUBJECTS {
        let mut first: Option<(u64, u32)> = None;
        for line in case.lines().filter(|line| line.says() && !line.of_another(case.document.title)) {
            let text = line.plain();
            for found in subject.says.captures_iter(&text) {
                let Some(number) = count(&found["n"]) else { continue };
                let said = found[0].trim().to_owned();
                // Digits of a stamp, a fraction or a name are no count.
                let before = text[..found.get(0).map_or(0, |at| at.start())].chars().next_back();
                if before.is_some_and(|c| matches!(c, ':' | '.' | '/' | '-' | '_' | '+')) {
                    continue;
                }
                if PART.is_match(clause(&text, found.get(0).map_or(0..0, |at| at.range()))) {
                    all.push(Said::unchecked(line.number, said, "it may be the count of a part"));
                    continue;
                }
                let has = case.bundle.map(|(bundle, _)| (subject.has)(bundle)).unwrap_or_default();
                all.push(match (case.bundle, first) {
                    (Some(_), _) if has.contains(&number) => {
                        Said::holds(line.number, said, vec![Source::Field(subject.field)])
                    }
                    (Some(_), _) if !has.is_empty() => {
                        let by = vec![Source::Field(subject.field)];
                        Said::contradicted(line.number, said, numbers(has, subject.name), number.to_string(), by)
                    }
                    (_, Some((other, at))) if subject.one && other == number => {
                        Said::holds(line.number, said, vec![Source::Line(at)])
                    }
                    (_, Some((other, at))) if subject.one => {
                        let expected = format!("{other} {}", subject.name);
                        Said::contradicted(line.number, said, expected, number.to_string(), vec![Source::Line(at)])
                    }
                    (Some(_), _) => Said::unchecked(line.number, said, "the bundle does not show this count"),
                    (None, _) => Said::unchecked(line.number, said, NO_BUNDLE),
                });
                first = first.or(Some((number, line.number)));
            }
        }
    }
    all
}

/// The part of a sentence around a match.
fn clause(text: &str, at: std::ops::Range<usize>) -> &str {
    let end = |c: char| matches!(c, ';' | ',' | '.' | '|' | ':' | '(' | ')');
    let from = text[..at.start].rfind(end).map_or(0, |at| at + 1);
    let to = text[at.end..].find(end).map_or(text.len(), |to| at.end + to);
    &text[from..to]
}

/// `205 or 201 writes`.
fn numbers(mut of: Vec<u64>, name: &str) -> String {
    of.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
    of.dedup();
    let more = if of.len() > 4 { ", …" } else { "" };
    let shown: Vec<String> = of.iter().take(4).map(u64::to_string).collect();
    format!("{}{more} ({name})", shown.join(" or "))
}
