//! Pairing: which request carried which batch.
//!
//! Batch lines carry no id and server lines no correlation id. A client keeps its connection, so each store's POSTs
//! come from one port until an error or a restart opens a new one. The coarse clock offset is the one at which the most
//! batches and requests of one size meet; it gives each port its store, and within a port order and size give the pair.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::instant::{Instant, MILLISECOND, Nanos, SECOND};

use super::replay::{Batch, Outcome};
use super::requests::{About, Request};

/// A server's clock against a client's, from all pairs of batches and requests of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coarse {
    /// Add to a server stamp to get the client's clock; good to some 20 ms.
    pub offset: Nanos,
    /// Pairs that agree on it.
    pub votes: usize,
}

const BIN: Nanos = 20 * MILLISECOND;
/// Pairs looked at in a vote: enough for 12 stores of 140 batches each, and cheap.
const MOST_PAIRS: usize = 4_000_000;
/// No two clocks of one run are further apart (78 minutes were seen).
const FURTHEST: Nanos = 12 * 3600 * SECOND;

/// Batches or requests that are looked at for one partner. 25 s of a busy store hold some hundred; where there are more,
/// size and time tell nothing any more.
const WINDOW: usize = 1000;

/// Which offsets may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// The best, if no other is nearly as good: batches of one size on a grid of seconds meet nearly as often one
    /// second off, and then nothing tells.
    AllIfClear,
    /// The best of all.
    All,
    /// The best near an offset that something else suggests.
    Near(Nanos),
}

/// Finds the offset at which most batches meet a request of their size. `sent` and `served` are (time, size).
pub fn coarse_offset(sent: &[(Nanos, u64)], served: &[(Nanos, u64)], among: Among) -> Option<Coarse> {
    let mut by_size: HashMap<u64, Vec<Nanos>> = HashMap::new();
    for (at, size) in served {
        by_size.entry(*size).or_default().push(*at);
    }
    for served in by_size.values_mut() {
        served.sort_unstable();
    }
    // All pairs of a long run are too many: then every so many-th batch votes.
    let near = |(at, size): &(Nanos, u64)| {
        by_size.get(size).map_or(&[][..], |served| between(served, at - FURTHEST, at + FURTHEST))
    };
    let pairs: usize = sent.iter().map(|sent| near(sent).len()).sum();
    let sent: Vec<(Nanos, u64)> = sent.iter().copied().step_by(pairs / MOST_PAIRS + 1).collect();
    let mut bins: HashMap<i64, usize> = HashMap::new();
    for one in &sent {
        for served in near(one) {
            *bins.entry((one.0 - served).div_euclid(BIN)).or_default() += 1;
        }
    }
    // A true offset can lie on the border of two bins.
    let score = |bin: i64| bins.get(&bin).unwrap_or(&0) + bins.get(&(bin + 1)).unwrap_or(&0);
    let allowed = |bin: &i64| match among {
        Among::Near(near) => (*bin - near.div_euclid(BIN)).abs() <= 3,
        Among::All | Among::AllIfClear => true,
    };
    let candidates = bins.keys().flat_map(|bin| [*bin, bin - 1]).filter(allowed);
    let best = candidates.max_by_key(|bin| (score(*bin), -bin.abs(), *bin))?;
    let votes = score(best);
    // Chance meetings spread evenly; a third of the smaller side meets only at the true offset.
    let enough = sent.len().min(served.len()).div_ceil(3).max(2);
    if votes < enough {
        return None;
    }
    // Counts of chance meetings scatter by their square root.
    let rival = bins.keys().filter(|bin| (*bin - best).abs() > 2).map(|bin| score(*bin)).max().unwrap_or(0);
    if among == Among::AllIfClear && rival + 3 * rival.isqrt() >= votes {
        return None;
    }
    Some(Coarse { offset: peak(&sent, &by_size, best * BIN..(best + 2) * BIN)?, votes })
}

/// The times of a sorted list from `lo` to `hi`.
fn between(sorted: &[Nanos], lo: Nanos, hi: Nanos) -> &[Nanos] {
    let from = sorted.partition_point(|at| *at < lo);
    &sorted[from..from + sorted[from..].partition_point(|at| *at <= hi)]
}

/// Within the bins of a coarse offset, where the meetings are densest: nearly all requests begin within a millisecond
/// of each other's delay.
fn peak(sent: &[(Nanos, u64)], by_size: &HashMap<u64, Vec<Nanos>>, within: Range<Nanos>) -> Option<Nanos> {
    const FINE: Nanos = 2 * MILLISECOND;
    let mut apart: Vec<Nanos> = Vec::new();
    for (at, size) in sent {
        let served =
            by_size.get(size).map_or(&[][..], |served| between(served, at - within.end + 1, at - within.start));
        apart.extend(
            served.iter().map(|served| at - served).take(MOST_PAIRS.saturating_sub(apart.len()).min(MOST_PAIRS / 1000)),
        );
    }
    apart.sort_unstable();
    let meets = |from: &Nanos| apart.partition_point(|at| *at <= from + FINE) - apart.partition_point(|at| at < from);
    let best = apart.iter().max_by_key(|from| (meets(from), **from))?;
    Some(best + FINE)
}

/// Gives stores their connections and batches their requests. `offset` maps a server to its coarse offset against the
/// clock of the stores in `stores`.
pub fn pair(
    batches: &mut [Batch],
    requests: &mut [Request],
    server: usize,
    offset: Nanos,
    mine: &dyn Fn(usize) -> bool,
) {
    let mut by_connection: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, request) in requests.iter().enumerate() {
        if request.server == server && request.about == About::Write {
            // Behind a proxy the port is missing: then all writes are one group, and only size and time tell.
            let connection = request.connection().unwrap_or_default().to_owned();
            by_connection.entry(connection).or_default().push(index);
        }
    }
    let mut by_store: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, batch) in batches.iter().enumerate() {
        // Of several servers' logs (two runs in a bundle, a restart) one carried it.
        if mine(batch.store) && batch.requests.is_empty() {
            by_store.entry(batch.store).or_default().push(index);
        }
    }
    let owners = owners(batches, requests, offset, &by_connection, &by_store);
    let mut ports_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut orphans: Vec<usize> = Vec::new();
    for (connection, members) in &by_connection {
        match owners.get(connection.as_str()) {
            Some(store) => {
                for index in members {
                    requests[*index].store = Some(*store);
                }
                ports_of.entry(*store).or_default().extend(members);
            }
            None => orphans.extend(members),
        }
    }
    for (store, batches_of) in &by_store {
        let mut posts = ports_of.remove(store).unwrap_or_default();
        posts.sort_by_key(|index| (requests[*index].begin.key(), *index));
        pair_in_order(batches, requests, offset, batches_of, &posts);
    }
    orphans.sort_by_key(|index| (requests[*index].begin.key(), *index));
    adopt(batches, requests, offset, &by_store, &orphans, &by_connection);
}

/// Each connection belongs to the store whose batches meet its requests most often, and surely more often than any
/// other's: else nobody knows.
fn owners<'a>(
    batches: &[Batch],
    requests: &[Request],
    offset: Nanos,
    by_connection: &'a BTreeMap<String, Vec<usize>>,
    by_store: &BTreeMap<usize, Vec<usize>>,
) -> HashMap<&'a str, usize> {
    const EARLY: Nanos = 5 * MILLISECOND;
    const LATE: Nanos = 80 * MILLISECOND;
    let mut timed: Vec<(Nanos, u64, usize)> = Vec::new();
    for (store, members) in by_store {
        timed.extend(
            members.iter().filter_map(|index| Some((sent_at(&batches[*index])?, batches[*index].size, *store))),
        );
    }
    timed.sort_unstable();
    // A silent flush is known by its end.
    let mut ended: Vec<(Nanos, u64, usize)> = Vec::new();
    for (store, members) in by_store {
        let silent = members.iter().map(|index| &batches[*index]).filter(|batch| batch.hidden);
        ended.extend(silent.filter_map(|batch| Some((batch.ended_by_tick?.at, batch.size, *store))));
    }
    ended.sort_unstable();
    let mut owners = HashMap::new();
    for (connection, members) in by_connection {
        if connection.is_empty() {
            continue;
        }
        let mut votes: BTreeMap<usize, usize> = BTreeMap::new();
        for index in members {
            let request = &requests[*index];
            let (Some(size), Some(begin)) = (request.size, request.begin.lo()) else { continue };
            let at = begin + offset;
            let from = timed.partition_point(|(sent, ..)| *sent < at - LATE);
            let mut meets: BTreeMap<usize, Nanos> = BTreeMap::new();
            for (sent, batch_size, store) in
                timed[from..].iter().take_while(|(sent, ..)| *sent <= at + EARLY).take(WINDOW)
            {
                if *batch_size == size {
                    let apart = (at - sent).abs();
                    meets.entry(*store).and_modify(|nearest| *nearest = apart.min(*nearest)).or_insert(apart);
                }
            }
            if let Some(end) = request.end.lo().map(|end| end + offset) {
                let from = ended.partition_point(|(at, ..)| *at < end - EARLY);
                for (_, _, store) in ended[from..]
                    .iter()
                    .take_while(|(at, ..)| *at <= end + 2 * EARLY)
                    .filter(|(_, ended_size, _)| *ended_size == size)
                {
                    meets.entry(*store).or_insert(0);
                }
            }
            // A late begin is rare.
            for (store, apart) in meets {
                *votes.entry(store).or_default() += if apart <= EARLY { 4 } else { 1 };
            }
        }
        let mut ranked: Vec<(usize, usize)> = votes.into_iter().map(|(store, votes)| (votes, store)).collect();
        ranked.sort_unstable_by_key(|(votes, store)| (std::cmp::Reverse(*votes), *store));
        let rival = ranked.get(1).map_or(0, |(votes, _)| *votes);
        if let Some((_, store)) = ranked.first().filter(|(votes, _)| rival * 3 <= votes * 2) {
            owners.insert(connection.as_str(), *store);
        }
    }
    owners
}

/// Earliest time at which a batch can have been sent, on its store's clock.
fn sent_at(batch: &Batch) -> Option<Nanos> {
    batch.begun.or_else(|| batch.flushed.lo())
}

/// Latest time at which the first attempt can have begun.
fn sent_by(batch: &Batch, next: Option<&Batch>) -> Option<Nanos> {
    // Attempts and their pauses, or a writer that took its tick up late: only order and size tell.
    let unknown = !batch.failures.is_empty() || batch.ended_by_tick.is_some_and(|ended| !ended.prompt);
    if unknown {
        return Some(sent_at(batch)? + 25 * SECOND);
    }
    let by_tick = batch.ended_by_tick.filter(|ended| ended.prompt).map(|ended| ended.at + 50 * MILLISECOND);
    let by_next = next.and_then(sent_at).map(|at| at + SECOND);
    by_tick.or(by_next).or_else(|| Some(sent_at(batch)? + 25 * SECOND))
}

fn pair_in_order(batches: &mut [Batch], requests: &mut [Request], offset: Nanos, members: &[usize], posts: &[usize]) {
    const EARLY: Nanos = 10 * MILLISECOND;
    let mut from = 0;
    for (place, index) in members.iter().enumerate() {
        let next = members.get(place + 1).map(|next| &batches[*next]);
        let batch = &batches[*index];
        let earliest = if batch.hidden { previous_end(batches, members, place) } else { sent_at(batch) };
        let (Some(earliest), Some(latest)) = (earliest, sent_by(batch, next)) else { continue };
        let inside = |post: usize| {
            requests[post].begin.lo().is_some_and(|begin| (earliest - EARLY..=latest).contains(&(begin + offset)))
        };
        while from < posts.len()
            && requests[posts[from]].begin.lo().is_some_and(|begin| begin + offset < earliest - EARLY)
        {
            from += 1;
        }
        let candidates: Vec<usize> =
            posts[from..].iter().copied().take_while(|post| inside(*post)).take(WINDOW).collect();
        let chosen = choose(batch, requests, offset, &candidates);
        if let Some(last) = chosen.last() {
            from = posts[from..].iter().position(|post| post == last).map_or(from, |at| from + at + 1);
        }
        for post in &chosen {
            requests[*post].batch = Some(*index);
            requests[*post].size = requests[*post].size.or(Some(batch.size));
        }
        batches[*index].requests = chosen;
    }
}

/// A hidden flush happened after the batch before it, at a time that only the next tick bounds.
fn previous_end(batches: &[Batch], members: &[usize], place: usize) -> Option<Nanos> {
    let own = &batches[members[place]];
    let before = place.checked_sub(1).and_then(|before| sent_at(&batches[members[before]]));
    let by_tick = own.ended_by_tick.map(|ended| ended.at - 30 * SECOND);
    own.flushed.lo().or(match (before, by_tick) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    })
}

/// The requests of one batch among those of its time: one for each failed attempt that reached the server, then the
/// one that succeeded.
fn choose(batch: &Batch, requests: &[Request], offset: Nanos, candidates: &[usize]) -> Vec<usize> {
    let size_fits = |post: &usize| requests[*post].size.is_none_or(|size| size == batch.size);
    if batch.failures.is_empty() {
        let fits = candidates.iter().filter(|post| size_fits(post));
        let best =
            fits.min_by_key(|post| (!requests[**post].created(), misfit(batch, &requests[**post], offset), **post));
        return best.copied().into_iter().collect();
    }
    let mut chosen: Vec<usize> = Vec::new();
    for post in candidates {
        let failed_so_far = chosen.len() < batch.failures.len();
        if size_fits(post) && failed_so_far && !requests[*post].created() {
            chosen.push(*post);
        } else if size_fits(post) && requests[*post].created() {
            // A 2xx ends the batch, unless the client had left before it came.
            let timed_out = batch.failures.iter().any(|(_, error)| is_timeout(error));
            let dropped = matches!(batch.outcome, Outcome::Lost | Outcome::Refused);
            if !dropped || timed_out {
                chosen.push(*post);
                if dropped || !timed_out || chosen.len() > batch.failures.len() {
                    break;
                }
            }
        }
    }
    chosen
}

/// How badly a request fits a batch in time, in steps that two stamps can tell apart.
fn misfit(batch: &Batch, request: &Request, offset: Nanos) -> Nanos {
    const STEP: Nanos = 4 * MILLISECOND;
    let began = request.begin.lo().map(|begin| begin + offset);
    let ended = request.end.lo().map(|end| end + offset);
    let after_tick = batch.begun.zip(began).map(|(begun, began)| (began - begun).abs());
    // The client's own measure holds the server's, and little more.
    let by_duration = batch.took.map(|took| {
        let rest = took - request.line.duration;
        // A proxy can hold every request: then the rest says nothing, and order decides.
        if rest < -MILLISECOND { SECOND } else { rest.min(50 * MILLISECOND) }
    });
    let at_end =
        batch.ended_by_tick.filter(|ended| ended.prompt).zip(ended).map(|(tick, ended)| (tick.at - ended).abs());
    let worst = [after_tick, by_duration, at_end].into_iter().flatten().max();
    worst.unwrap_or(0) / STEP
}

/// The client gave up waiting (`net/http`; three texts).
pub fn is_timeout(error: &str) -> bool {
    error.contains("Client.Timeout") || error.contains("context deadline exceeded") || error.contains("i/o timeout")
}

/// A store that lost its connection comes back on a new port: its unpaired batches take requests that no store owns.
fn adopt(
    batches: &mut [Batch],
    requests: &mut [Request],
    offset: Nanos,
    by_store: &BTreeMap<usize, Vec<usize>>,
    orphans: &[usize],
    by_connection: &BTreeMap<String, Vec<usize>>,
) {
    for (store, members) in by_store {
        let unpaired: Vec<usize> =
            members.iter().copied().filter(|index| batches[*index].requests.is_empty()).collect();
        for index in unpaired {
            let Some(earliest) = sent_at(&batches[index]) else { continue };
            let window = Instant::between(earliest - 40 * MILLISECOND, earliest + 25 * SECOND);
            // They stand in the order of their begins.
            let begin = |post: &usize| requests[*post].begin.key().saturating_add(offset);
            let from = orphans.partition_point(|post| begin(post) < earliest - 40 * MILLISECOND);
            let candidates: Vec<usize> = orphans[from..]
                .iter()
                .copied()
                .take_while(|post| begin(post) <= earliest + 25 * SECOND)
                .take(WINDOW)
                .filter(|post| {
                    requests[*post].batch.is_none() && requests[*post].store.is_none_or(|owner| owner == *store)
                })
                .filter(|post| {
                    requests[*post].begin.lo().is_some_and(|begin| {
                        let at = Instant::exact(begin + offset);
                        !at.surely_before(window) && !window.surely_before(at)
                    })
                })
                .take(16)
                .collect();
            let near =
                |post: &usize| requests[*post].begin.lo().is_some_and(|begin| begin + offset < earliest + SECOND);
            let chosen = choose(&batches[index], requests, offset, &candidates);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_where_the_sizes_meet() {
        // Server clock 3 s ahead: each batch is served 1 ms after it was sent, by a clock that shows 3 s more.
        let sizes = [1, 2, 5, 1, 3, 9, 2, 4];
        let sent: Vec<_> = sizes.iter().zip(1..).map(|(size, n)| (n * SECOND, *size)).collect();
        let served: Vec<_> = sent.iter().map(|(at, size)| (at + 3 * SECOND + MILLISECOND, *size)).collect();
        let found = coarse_offset(&sent, &served, Among::AllIfClear).unwrap();
        assert!((found.offset + 3 * SECOND).abs() <= 2 * BIN, "{found:?}");
        assert_eq!(found.votes, sizes.len());
    }

    #[test]
    fn too_few_meetings_give_no_offset() {
        assert_eq!(coarse_offset(&[(SECOND, 1)], &[(2 * SECOND, 1)], Among::All), None);
        assert_eq!(coarse_offset(&[], &[(2 * SECOND, 1)], Among::All), None);
    }
}
