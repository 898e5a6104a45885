//! Owners: which store's connection is which.
//!
//! A client keeps its connection until an error, a restart or a long rest, so a store has one at a time. Each connection
//! goes to the store whose batches meet its requests most often, and surely more often than any other's that is not
//! served by another connection at the time: else nobody knows.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use crate::instant::{MILLISECOND, Nanos, SECOND};

use super::pairing::{CROWD, began, ended, sent_at};
use super::replay::Batch;
use super::requests::Request;
use super::spans::Spans;

const EARLY: Nanos = 5 * MILLISECOND;
const LATE: Nanos = 80 * MILLISECOND;
/// Votes of a request that began at once after its batch was sent.
const PROMPT: usize = 4;
/// A connection that rested so long may have been closed by either side without an error (Go's client: 90 s).
const REST: Nanos = 30 * SECOND;
/// A batch that failed is tried for so long, and its error can leave the connection closed.
const RETRIES: Nanos = 25 * SECOND;

/// Who owns which connection, as far as it is clear.
#[derive(Debug)]
pub struct Owners<'a> {
    of: HashMap<&'a str, usize>,
    /// By store: first and last begin on each of its connections.
    spans: BTreeMap<usize, Vec<(Nanos, Nanos)>>,
    /// By store: when batches of it failed.
    failed: BTreeMap<usize, Vec<Nanos>>,
}

impl Owners<'_> {
    /// The store of a connection.
    pub fn of(&self, connection: &str) -> Option<usize> {
        self.of.get(connection).copied()
    }

    /// Whether a connection of such a span can be a store's beside those that it has.
    pub fn may_take(&self, store: usize, span: (Nanos, Nanos)) -> bool {
        let failed = self.failed.get(&store).map_or(&[][..], Vec::as_slice);
        let taken = self.spans.get(&store).map_or(&[][..], Vec::as_slice);
        taken.iter().all(|other| may_follow(span, *other, failed))
    }

    /// One more connection of a store.
    pub fn take(&mut self, store: usize, span: (Nanos, Nanos)) {
        self.spans.entry(store).or_default().push(span);
    }
}

/// The first and the last begin of a connection's requests.
pub fn span(requests: &[Request], members: &[usize], offsets: &Spans<Nanos>) -> Option<(Nanos, Nanos)> {
    let begins = || members.iter().filter_map(|index| began(&requests[*index], offsets));
    begins().min().zip(begins().max())
}

/// Finds the connections' owners. Empty names (behind a proxy) have none.
pub fn owners<'a>(
    batches: &[Batch],
    requests: &[Request],
    offsets: &Spans<Nanos>,
    by_connection: &'a BTreeMap<String, Vec<usize>>,
    by_store: &BTreeMap<usize, Vec<usize>>,
) -> Owners<'a> {
    let times = Times::new(batches, by_store);
    let mut owners = Owners { of: HashMap::new(), spans: BTreeMap::new(), failed: BTreeMap::new() };
    for (store, members) in by_store {
        let failing = members.iter().map(|index| &batches[*index]).filter(|batch| !batch.failures.is_empty());
        owners.failed.entry(*store).or_default().extend(failing.filter_map(sent_at));
    }
    let mut open: Vec<Connection> = Vec::new();
    for (name, members) in by_connection.iter().filter(|(name, _)| !name.is_empty()) {
        let Some(span) = span(requests, members, offsets) else { continue };
        let mut total: BTreeMap<usize, usize> = BTreeMap::new();
        for (store, vote) in members.iter().flat_map(|index| times.meets(&requests[*index], offsets)) {
            *total.entry(store).or_default() += vote;
        }
        let mut ranked: Vec<(usize, usize)> = total.into_iter().map(|(store, votes)| (votes, store)).collect();
        ranked.sort_unstable_by_key(|(votes, store)| (std::cmp::Reverse(*votes), *store));
        open.push(Connection { name, span, ranked });
    }
    // The clearest first: they leave fewer stores to choose from.
    open.sort_by_key(|one| std::cmp::Reverse(one.ranked.first().map_or(0, |(votes, _)| *votes)));
    // By store: connections that meet it promptly at least once.
    let mut prompt: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, store) in open.iter().flat_map(|one| &one.ranked).filter(|(votes, _)| *votes >= PROMPT) {
        *prompt.entry(*store).or_default() += 1;
    }
    let lone = open.len() == 1 || by_store.len() == 1;
    loop {
        let before = open.len();
        open.retain(|connection| {
            let Some(store) = connection.owner(&owners, &prompt, lone) else { return true };
            owners.take(store, connection.span);
            owners.of.insert(connection.name, store);
            false
        });
        if open.len() == before {
            return owners;
        }
    }
}

struct Connection<'a> {
    name: &'a str,
    /// First and last begin of a request.
    span: (Nanos, Nanos),
    /// Votes for each store, the best first.
    ranked: Vec<(usize, usize)>,
}

impl Connection<'_> {
    /// The store that meets it best among those that can, surely better than the next one. One prompt meeting is no more
    /// than chance, unless it meets no other store and no other connection meets that one. `prompt`: how many do;
    /// `lone`: there is one store, or one connection.
    fn owner(&self, owners: &Owners<'_>, prompt: &BTreeMap<usize, usize>, lone: bool) -> Option<usize> {
        let mut ranked = self.ranked.iter().filter(|(_, store)| owners.may_take(*store, self.span));
        let (votes, store) = *ranked.next()?;
        let rival = ranked.next().map_or(0, |(votes, _)| *votes);
        let alone = self.ranked.len() == 1 && votes >= PROMPT && prompt.get(&store) == Some(&1);
        (rival * 3 <= votes * 2 && (votes >= 2 * PROMPT || alone || lone)).then_some(store)
    }
}

/// Whether two connections can be one client's: not at once, and with a reason for the second.
fn may_follow(one: (Nanos, Nanos), other: (Nanos, Nanos), failed: &[Nanos]) -> bool {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    let broke = failed.iter().any(|at| (first.1 - RETRIES..=second.0 + SECOND).contains(at));
    first.1 < second.0 && (second.0 - first.1 >= REST || broke)
}

/// When batches of all stores were sent, and when those ended of which that is not known exactly: (size, time, store), in order.
struct Times {
    sent: Vec<(u64, Nanos, usize, bool)>,
    ended: Vec<(u64, Nanos, usize)>,
}

impl Times {
    fn new(batches: &[Batch], by_store: &BTreeMap<usize, Vec<usize>>) -> Self {
        let mut times = Self { sent: Vec::new(), ended: Vec::new() };
        for (store, members) in by_store {
            for batch in members.iter().map(|index| &batches[*index]) {
                // A line's own stamp may be a whole second early.
                let exact = batch.begun.is_some();
                times.sent.extend(sent_at(batch).map(|at| (batch.size, at, *store, exact)));
                let end = batch.ended_by_tick.filter(|end| !exact && end.prompt);
                times.ended.extend(end.map(|end| (batch.size, end.at, *store)));
            }
        }
        times.sent.sort_unstable();
        times.ended.sort_unstable();
        times
    }

    /// The stores that a request's size and time fit, with their votes: a late begin is rare.
    fn meets(&self, request: &Request, offsets: &Spans<Nanos>) -> Vec<(usize, usize)> {
        let (Some(size), Some(at)) = (request.size, began(request, offsets)) else { return Vec::new() };
        let mut nearest: BTreeMap<usize, Nanos> = BTreeMap::new();
        let near = between(&self.sent, |one| (one.0, one.1), size, at - LATE..=at + EARLY);
        let end = ended(request, offsets);
        let near_end =
            end.map_or(&[][..], |end| between(&self.ended, |one| (one.0, one.1), size, end - EARLY..=end + 2 * EARLY));
        if near.len().max(near_end.len()) > CROWD {
            return Vec::new();
        }
        for (_, sent, store, exact) in near {
            // No request begins before its batch is sent; the coarse offset is good to so much.
            let prompt = *exact && at >= sent - EARLY / 2;
            let apart = if prompt { (at - sent).abs() } else { LATE };
            nearest.entry(*store).and_modify(|known| *known = apart.min(*known)).or_insert(apart);
        }
        for (.., store) in near_end {
            nearest.insert(*store, 0);
        }
        nearest.into_iter().map(|(store, apart)| (store, if apart <= EARLY { PROMPT } else { 1 })).collect()
    }
}

/// Those of one size within a time, of a list that is sorted by size and time.
fn between<T>(sorted: &[T], key: impl Fn(&T) -> (u64, Nanos), size: u64, within: RangeInclusive<Nanos>) -> &[T] {
    let from = sorted.partition_point(|one| key(one) < (size, *within.start()));
    let to = sorted.partition_point(|one| key(one) <= (size, *within.end()));
    &sorted[from..to.max(from)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_one_connection_at_a_time() {
        let (early, late) = ((0, 10 * SECOND), (12 * SECOND, 20 * SECOND));
        // Nothing happened between them; an error did; a minute did.
        assert!(!may_follow(late, early, &[]));
        assert!(may_follow(late, early, &[11 * SECOND]));
        assert!(may_follow((70 * SECOND, 71 * SECOND), early, &[]));
        // Two at once are two clients', whatever failed.
        assert!(!may_follow((5 * SECOND, 15 * SECOND), early, &[11 * SECOND]));
    }
}
