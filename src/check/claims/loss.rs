//! "No loss": the ledger of every store is equal.

use std::sync::LazyLock;

use regex::Regex;

use super::{Case, Kind, NO_BUNDLE, Said, Source};

/// Loss that is denied.
pub static LOSS: Kind = Kind { name: "loss", about: "\"no loss\" agrees with the ledger", examine };

static NONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:no|zero|0 ?%?) (?:audit |data |event )*loss\b|\bloss\b[ |:*]*0 ?%|\bno (?:audit )?events? (?:was|were) (?:lost|dropped)|\bnothing (?:was )?lost\b|\bwithout (?:any )?loss\b")
        .expect("a constant")
});
static SOME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)dropping audit batch|dropping batch|audit data loss:|\b(?:dropped_count|failed_batch_count)["':= ]+[1-9]|\b[1-9]\d* (?:audit )?events? (?:was |were )?(?:lost|dropped)"#)
        .expect("a constant")
});

fn examine(case: &Case<'_>) -> Vec<Said> {
    let some = case.document.lines.iter().find(|line| line.says() && SOME.is_match(line.text));
    let claims = case.lines().filter(|line| line.says() && NONE.is_match(&line.plain()));
    claims.map(|line| judge(case, line.number, line.plain(), some.map(|line| line.number))).collect()
}

fn judge(case: &Case<'_>, line: u32, said: String, some: Option<u32>) -> Said {
    if let Some(at) = some.filter(|at| *at != line) {
        let expected = "no dropped events in the document";
        return Said::contradicted(line, said, expected, "some", vec![Source::Line(at)]);
    }
    let Some((bundle, _)) = case.bundle else { return Said::unchecked(line, said, NO_BUNDLE) };
    let by = vec![Source::Field("stores")];
    for store in bundle.stores() {
        if let Some(gap) = &store.first_gap {
            let found = format!("{} missing at {} of {}", gap.missing, gap.edge, store.id);
            return Said::contradicted(line, said, "an equal ledger", found, by);
        }
        let gone: u64 = [store.lost, store.dropped, store.refused].into_iter().flatten().sum();
        if gone > 0 {
            let found = format!("{gone} events lost, dropped or refused by {}", store.id);
            return Said::contradicted(line, said, "an equal ledger", found, by);
        }
    }
    let seen = bundle
        .stores()
        .all(|store| store.written.is_some() && store.emitted.is_some() && store.written == store.emitted);
    if bundle.stores().next().is_some() && seen {
        return Said::holds(line, said, by);
    }
    Said::unchecked(line, said, "not every count of the ledger can be seen in the bundle")
}
