//! Pairing: which request carried which batch.
//!
//! Batch lines carry no id and server lines no correlation id. A client keeps its connection, so each store's POSTs
//! come from one port until an error or a restart opens a new one. The coarse clock offset is the one at which the most
//! batches and requests of one size meet; it gives each port its store, and within a port order and size give the pair.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::instant::{Duration, MILLISECOND, Nanos, SECOND};

use super::orphans;
use super::owners;
use super::replay::{Batch, Outcome};
use super::requests::{About, Request};
use super::spans::Spans;

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
/// size and time tell nothing any more, and only order is left.
pub const WINDOW: usize = 1000;
/// So many are looked at where only order is left.
const NEXT: usize = 16;
/// Batches of one size that can have been sent within 85 ms, by all stores of a suite; where there are more, a request
/// does not tell whose it is.
pub const CROWD: usize = 256;

/// Which offsets may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// The best, if no other is nearly as good: batches of one size on a grid of seconds meet nearly as often one
    /// second off, and then nothing tells.
    AllIfClear,
    /// The best of all.
    All,
    /// The best near an offset that something else suggests, if none elsewhere is better.
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
    // A suggestion only chooses among equals: it is no reason to take an offset at which fewer meet.
    let better = bins.keys().any(|bin| score(*bin) > votes);
    if better && matches!(among, Among::Near(_)) {
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

/// Gives stores their connections and batches their requests. `offsets` are coarse, against the clock of the stores.
pub fn pair(
    batches: &mut [Batch],
    requests: &mut [Request],
    server: usize,
    offsets: &Spans<Nanos>,
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
    let mut owners = owners::owners(batches, requests, offsets, &by_connection, &by_store);
    let mut ports_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut ownerless: Vec<usize> = Vec::new();
    for (connection, members) in &by_connection {
        match owners.of(connection) {
            Some(store) => {
                for index in members {
                    requests[*index].store = Some(store);
                }
                ports_of.entry(store).or_default().extend(members);
            }
            None => ownerless.extend(members),
        }
    }
    for (store, batches_of) in &by_store {
        let mut posts = ports_of.remove(store).unwrap_or_default();
        in_time(&mut posts, requests, offsets);
        pair_in_order(batches, requests, offsets, batches_of, &posts, None);
    }
    in_time(&mut ownerless, requests, offsets);
    let adopted = orphans::adopt(batches, requests, offsets, &by_store, &ownerless, &by_connection, &mut owners);
    // What else came on an adopted connection, and the attempts before.
    anew(batches, requests, server, &adopted, offsets, None);
}

/// Sorts requests by their begins, without those beside a step of the clock: nothing tells when they began.
fn in_time(posts: &mut Vec<usize>, requests: &[Request], offsets: &Spans<Nanos>) {
    posts.retain(|index| began(&requests[*index], offsets).is_some());
    posts.sort_by_key(|index| (began(&requests[*index], offsets), *index));
}

/// When a request began on the stores' clock, by the coarse offset.
pub fn began(request: &Request, offsets: &Spans<Nanos>) -> Option<Nanos> {
    Some(request.begin.lo()?.saturating_add(offsets.of(request)?))
}

/// When a request ended on the stores' clock, by the coarse offset.
pub fn ended(request: &Request, offsets: &Spans<Nanos>) -> Option<Nanos> {
    Some(request.end.lo()?.saturating_add(offsets.of(request)?))
}

/// Earliest time at which a batch can have been sent, on its store's clock.
pub fn sent_at(batch: &Batch) -> Option<Nanos> {
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

fn pair_in_order(
    batches: &mut [Batch],
    requests: &mut [Request],
    offsets: &Spans<Nanos>,
    members: &[usize],
    posts: &[usize],
    exact: Option<&Spans<Duration>>,
) {
    const EARLY: Nanos = 10 * MILLISECOND;
    let mut from = 0;
    for (place, index) in members.iter().enumerate() {
        let next = members.get(place + 1).map(|next| &batches[*next]);
        let batch = &batches[*index];
        let earliest = if batch.hidden { previous_end(batches, members, place) } else { sent_at(batch) };
        let (Some(earliest), Some(latest)) = (earliest, sent_by(batch, next)) else { continue };
        let begin = |post: &usize| began(&requests[*post], offsets);
        while from < posts.len() && begin(&posts[from]).is_some_and(|begin| begin < earliest - EARLY) {
            from += 1;
        }
        let inside = |post: &usize| begin(post).is_some_and(|begin| (earliest - EARLY..=latest).contains(&begin));
        let possible = |post: &usize| {
            let offset = exact.and_then(|exact| exact.of(&requests[*post]));
            offset.is_none_or(|offset| !is_contradicted(batch, &requests[*post], offset))
        };
        // They stand in the order of their begins.
        let crowded = posts.get(from + WINDOW).is_some_and(inside);
        let most = if crowded { NEXT } else { WINDOW };
        let candidates: Vec<usize> =
            posts[from..].iter().copied().take_while(inside).take(most).filter(possible).collect();
        let chosen = choose(batch, requests, offsets, &candidates);
        if let Some(last) = chosen.last() {
            from = posts[from..].iter().position(|post| post == last).map_or(from, |at| from + at + 1);
        }
        for post in &chosen {
            requests[*post].batch = Some(*index);
            requests[*post].size = requests[*post].size.or(Some(batch.size));
        }
        if !chosen.is_empty() {
            batches[*index].alternatives.clear();
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
pub fn choose(batch: &Batch, requests: &[Request], offsets: &Spans<Nanos>, candidates: &[usize]) -> Vec<usize> {
    let size_fits = |post: &usize| requests[*post].size.is_none_or(|size| size == batch.size);
    if batch.failures.is_empty() {
        // On one connection the first that fits about as well: a client that waits for a core measures long.
        const ABOUT: Nanos = 2;
        let fits: Vec<usize> = candidates.iter().copied().filter(size_fits).collect();
        let key = |post: &usize| (!requests[*post].created(), misfit(batch, &requests[*post], offsets));
        let Some((refused, best)) = fits.iter().map(key).min() else { return Vec::new() };
        let own = candidates.iter().all(|post| requests[*post].store == Some(batch.store));
        let reach = if own && batch.begun.is_none() { best + ABOUT } else { best };
        let first = fits.into_iter().find(|post| key(post).0 == refused && key(post).1 <= reach);
        return first.into_iter().collect();
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
fn misfit(batch: &Batch, request: &Request, offsets: &Spans<Nanos>) -> Nanos {
    const STEP: Nanos = 4 * MILLISECOND;
    let (began, ended) = (began(request, offsets), ended(request, offsets));
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

/// Looks at the pairs again once the exact offsets are known. With them a request may have begun before its batch's tick
/// fired, ended after the end that the next tick measured, or taken longer than the client waited. A connection of which
/// more than one pair in five is contradicted is another store's; the others' stores are paired anew without those.
pub fn again(
    batches: &mut [Batch],
    requests: &mut [Request],
    server: usize,
    coarse: &Spans<Nanos>,
    exact: &Spans<Duration>,
) {
    let mut of_connection: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut stores: BTreeSet<usize> = BTreeSet::new();
    for batch in batches.iter() {
        for request in batch.requests.iter().map(|request| &requests[*request]).filter(|one| one.server == server) {
            let (pairs, wrong) = of_connection.entry(request.line.remote.to_string()).or_default();
            *pairs += 1;
            // Behind a proxy nothing but the pair itself tells whose a request is.
            let own = request.connection().is_some();
            if own && exact.of(request).is_some_and(|offset| is_contradicted(batch, request, offset)) {
                *wrong += 1;
                stores.insert(batch.store);
            }
        }
    }
    for request in requests.iter_mut().filter(|request| request.server == server && request.connection().is_some()) {
        if of_connection.get(&*request.line.remote).is_some_and(|(pairs, wrong)| wrong * 5 > *pairs) {
            request.store = None;
        }
    }
    anew(batches, requests, server, &stores, coarse, Some(exact));
}

/// Pairs the batches of some stores with the writes on their own connections, whatever they were paired with.
fn anew(
    batches: &mut [Batch],
    requests: &mut [Request],
    server: usize,
    stores: &BTreeSet<usize>,
    coarse: &Spans<Nanos>,
    exact: Option<&Spans<Duration>>,
) {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, batch) in batches.iter_mut().enumerate().filter(|(_, batch)| stores.contains(&batch.store)) {
        if batch.requests.iter().all(|request| requests[*request].server == server) {
            for request in std::mem::take(&mut batch.requests) {
                requests[request].batch = None;
            }
            members.entry(batch.store).or_default().push(index);
        }
    }
    let mut posts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, request) in requests.iter().enumerate() {
        if let (true, About::Write, Some(store)) = (request.server == server, request.about, request.store) {
            posts.entry(store).or_default().push(index);
        }
    }
    for (store, members) in members {
        let mut posts = posts.remove(&store).unwrap_or_default();
        in_time(&mut posts, requests, coarse);
        pair_in_order(batches, requests, coarse, &members, &posts, exact);
    }
}

fn is_contradicted(batch: &Batch, request: &Request, offset: Duration) -> bool {
    // Both clocks run alike; what a line prints is rounded to a millisecond at most.
    const ROUNDED: Nanos = MILLISECOND;
    // A tick is handled, and a line printed, later than usual by this much at most on a busy host.
    const LATE: Nanos = 30 * MILLISECOND;
    if !batch.failures.is_empty() {
        return false;
    }
    let (began, ended) = (request.begin + offset, request.end + offset);
    let too_early = batch.begun.zip(began.hi()).is_some_and(|(begun, began)| began + ROUNDED < begun);
    let too_long = batch.took.is_some_and(|took| request.line.duration > took + ROUNDED / 10);
    // The end that the tick measured can be that of a silent flush after this one, not of one before it.
    let end = batch.ended_by_tick.filter(|end| end.prompt);
    let too_late = end.zip(ended.lo()).is_some_and(|(end, lo)| lo > end.at + LATE);
    too_early || too_long || too_late
}

/// The client gave up waiting (`net/http`; three texts).
pub fn is_timeout(error: &str) -> bool {
    error.contains("Client.Timeout") || error.contains("context deadline exceeded") || error.contains("i/o timeout")
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
