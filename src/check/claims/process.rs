//! Another process: a line quoted for the failing test's event was printed by the store of another process.

use super::super::search::Hit;
use super::{Case, Kind, Said, Source};

/// Lines of other stores.
pub static PROCESS: Kind = Kind { name: "process", about: "quoted lines are of the failing test's own store", examine };

/// With so many places the search stopped, and the own store's line may be among the rest.
const ALL_KEPT: usize = 3;

fn examine(case: &Case<'_>) -> Vec<Said> {
    let Some((bundle, found)) = case.bundle else { return Vec::new() };
    let mut stores: Vec<&str> = bundle.failures().filter_map(|failure| failure.store.as_deref()).collect();
    stores.sort_unstable();
    stores.dedup();
    let [own] = stores.as_slice() else { return Vec::new() };
    let mut all = Vec::new();
    for (quote, hit) in &found.quotes {
        if says_so(case, quote.line) {
            continue;
        }
        if let Some(stores) = others(hit, |place| bundle.store_at(place).map(str::to_owned)) {
            let by = hit.places.iter().cloned().map(Source::Place).collect();
            if stores.iter().any(|store| store == own) {
                all.push(Said::holds(quote.line, format!("a line of {own}"), by));
            } else {
                let expected = format!("a line of {own}, the failing test's store");
                let found = format!("a line of {}", stores.join(", "));
                all.push(Said::contradicted(quote.line, quote.text.clone(), expected, found, by));
            }
        }
    }
    all
}

/// The stores that printed the line, when that is known of every place.
fn others(hit: &Hit, store: impl Fn(&crate::report::Place) -> Option<String>) -> Option<Vec<String>> {
    if hit.places.is_empty() || hit.places.len() >= ALL_KEPT {
        return None;
    }
    hit.places.iter().map(store).collect()
}

/// The document itself says that it speaks of another.
fn says_so(case: &Case<'_>, line: u32) -> bool {
    let at = line as usize;
    let around = case.document.lines.iter().skip(at.saturating_sub(6)).take(8);
    let mut texts = around.map(|line| line.text.to_lowercase());
    texts.any(|text| text.contains("other process") || text.contains("another ") || text.contains("other store"))
}
