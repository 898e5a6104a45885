//! Orphans: requests on connections that no store surely owns.

use std::collections::{BTreeMap, BTreeSet};

use crate::instant::{MILLISECOND, Nanos, SECOND};

use super::owners::{self, Owners};
use super::pairing::{WINDOW, began, choose, sent_at};
use super::replay::Batch;
use super::requests::Request;
use super::spans::Spans;

/// A store that lost its connection comes back on a new port: its unpaired batches take requests that no store owns.
pub fn adopt(
    batches: &mut [Batch],
    requests: &mut [Request],
    offsets: &Spans<Nanos>,
    by_store: &BTreeMap<usize, Vec<usize>>,
    orphans: &[usize],
    by_connection: &BTreeMap<String, Vec<usize>>,
    owners: &mut Owners<'_>,
) -> BTreeSet<usize> {
    let mut adopted = BTreeSet::new();
    // Of each orphan the next that was free when it was last asked, itself included.
    let mut free: Vec<usize> = (0..=orphans.len()).collect();
    for (store, members) in by_store {
        let unpaired: Vec<usize> =
            members.iter().copied().filter(|index| batches[*index].requests.is_empty()).collect();
        for index in unpaired {
            let Some(earliest) = sent_at(&batches[index]) else { continue };
            // They stand in the order of their begins.
            let begin = |post: &usize| began(&requests[*post], offsets).unwrap_or(Nanos::MIN);
            let mut from = orphans.partition_point(|post| begin(post) < earliest - 40 * MILLISECOND);
            let candidates: Vec<usize> = std::iter::from_fn(|| {
                let at = next_free(&mut free, from, |at| requests[orphans[at]].batch.is_none());
                from = at + 1;
                orphans.get(at).copied()
            })
            .take_while(|post| begin(post) <= earliest + 25 * SECOND)
            .take(WINDOW)
            .filter(|post| requests[*post].store.is_none_or(|owner| owner == *store))
            .take(16)
            .collect();
            // A batch that did not fail began when its tick fired, or by the end that the next tick measured.
            let batch = &batches[index];
            let end = batch.ended_by_tick.filter(|end| end.prompt).map(|end| end.at);
            let latest = if batch.begun.is_some() { earliest + SECOND / 10 } else { earliest + SECOND };
            let latest =
                if batch.failures.is_empty() { end.map_or(latest, |end| end.min(latest)) } else { earliest + SECOND };
            let near = |post: &usize| began(&requests[*post], offsets).is_some_and(|begin| begin < latest);
            let chosen = choose(&batches[index], requests, offsets, &candidates);
            let Some(first) = chosen.first().filter(|first| near(first) || !batches[index].failures.is_empty()) else {
                continue;
            };
            let others: Vec<usize> = candidates
                .iter()
                .copied()
                .filter(|post| post != first && near(post) && requests[*post].size == Some(batches[index].size))
                .collect();
            let connection = requests[*first].connection();
            if others.iter().any(|post| connection.is_none() || requests[*post].connection() != connection) {
                batches[index].alternatives = std::iter::once(*first).chain(others).collect();
                continue;
            }
            if let Some(connection) = requests[*first].connection().map(str::to_owned) {
                // All of a connection's requests get their store at once, so one that has it speaks for all.
                if requests[*first].store != Some(*store) {
                    let span = by_connection.get(&connection).and_then(|all| owners::span(requests, all, offsets));
                    let Some(span) = span.filter(|span| owners.may_take(*store, *span)) else { continue };
                    owners.take(*store, span);
                    adopted.insert(*store);
                    for post in by_connection.get(&connection).into_iter().flatten() {
                        requests[*post].store = Some(*store);
                    }
                }
            }
            for post in &chosen {
                requests[*post].batch = Some(index);
            }
            batches[index].requests = chosen;
        }
    }
    adopted
}

/// The first place from `at` on that is free; the end when there is none. Shortens the way for the next who asks.
fn next_free(next: &mut [usize], at: usize, is_free: impl Fn(usize) -> bool) -> usize {
    let end = next.len() - 1;
    let mut found = at.min(end);
    loop {
        found = next[found];
        if found == end || is_free(found) {
            break;
        }
        if next[found] == found {
            next[found] = found + 1;
        }
    }
    let mut way = at.min(end);
    while next[way] != way && way < found {
        way = std::mem::replace(&mut next[way], found);
    }
    found
}
