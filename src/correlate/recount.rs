//! Recount: the members of every batch by the sizes that the server wrote.
//!
//! The replay counts along the client's lines, which lack the batches of silent flushes, of gaps between specs, and of
//! sampled bursts. The server's log has them all: on a store's own connections the sizes of its writes, in order, number
//! its events without a hole. The two countings have to agree where both see a batch.

use std::collections::{BTreeMap, BTreeSet};

use crate::instant::{Instant, MILLISECOND, Nanos};
use crate::sighting::Trigger;

use super::replay::{Batch, Outcome};
use super::requests::{About, Request};
use super::spans::Spans;

/// One step of a store's count.
struct Step {
    at: Nanos,
    size: u64,
    batch: Option<usize>,
    request: Option<usize>,
}

/// Renumbers the members of all batches whose store's requests are known, adds the batches that no client line shows,
/// and drops supposed ones that no request carried. `offsets` are the coarse offsets of the servers.
pub fn recount(stores: usize, batches: &mut Vec<Batch>, requests: &mut [Request], offsets: &Spans<Nanos>) {
    let mut of_store: BTreeMap<usize, Vec<Step>> = BTreeMap::new();
    for (index, request) in requests.iter().enumerate() {
        let wrote = request.about == About::Write && (request.created() || request.parked);
        // Beside a step no offset is sure; the order of the lines is.
        let offset = offsets.of(request).or_else(|| offsets.first(request.server));
        let (Some(store), Some(size), Some(offset)) = (request.store, request.size, offset) else {
            continue;
        };
        if let (true, Some(begin)) = (wrote, request.begin.lo()) {
            let step = Step { at: begin + offset, size, batch: request.batch, request: Some(index) };
            of_store.entry(store).or_default().push(step);
        }
    }
    // Place of each batch in its store's own list.
    let mut places = Vec::with_capacity(batches.len());
    let mut kept: Vec<Vec<(Nanos, Batch)>> = (0..stores).map(|_| Vec::new()).collect();
    for (index, batch) in std::mem::take(batches).into_iter().enumerate() {
        let store = batch.store;
        let at = at(&batch, requests, offsets);
        let lost = matches!(batch.outcome, Outcome::Lost | Outcome::Refused);
        if let Some(steps) =
            of_store.get_mut(&store).filter(|_| lost && batch.requests.iter().all(|r| !requests[*r].created()))
        {
            steps.push(Step { at, size: batch.size, batch: Some(index), request: None });
        }
        kept[store].push((at, batch));
        // Until the new order is known, a request points to the old index.
        places.push(kept[store].len() - 1);
    }
    for steps in of_store.values_mut() {
        for step in steps.iter_mut() {
            step.batch = step.batch.map(|batch| places[batch]);
        }
    }
    for (store, steps) in of_store {
        let mut steps = in_order(steps, requests);
        // A batch that was committed twice left its store once.
        let mut seen = BTreeSet::new();
        steps.retain(|step| step.batch.is_none_or(|batch| seen.insert(batch)));
        renumber(&mut kept[store], &steps, requests);
    }
    for mut of_store in kept {
        of_store.sort_by_key(|(at, _)| *at);
        move_ends(&mut of_store);
        for (_, batch) in of_store {
            for request in &batch.requests {
                requests[*request].batch = Some(batches.len());
            }
            batches.push(batch);
        }
    }
}

/// A store's steps in the order in which they were taken. A server prints its lines in that order, whatever its clock
/// shows: where it was set, the stamp of a request beside the step can be read by the wrong offset.
fn in_order(steps: Vec<Step>, requests: &[Request]) -> Vec<Step> {
    let (mut served, mut lost): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(|step| step.request.is_some());
    let line = |step: &Step| step.request.map(|request| requests[request].at);
    let log = |step: &Step| line(step).map(|at| at.file);
    if served.windows(2).all(|pair| log(&pair[0]) == log(&pair[1])) {
        served.sort_by_key(line);
    } else {
        served.sort_by_key(|step| (step.at, step.request));
    }
    for at in 1..served.len().saturating_sub(1) {
        let (before, after) = (served[at - 1].at, served[at + 1].at);
        if before <= after {
            served[at].at = served[at].at.clamp(before, after);
        }
    }
    lost.sort_by_key(|step| step.at);
    let mut lost = lost.into_iter().peekable();
    let mut steps = Vec::with_capacity(served.len() + lost.len());
    for step in served {
        steps.extend(std::iter::from_fn(|| lost.next_if(|lost| lost.at < step.at)));
        steps.push(step);
    }
    steps.extend(lost);
    steps
}

/// When a batch was sent, as far as it is known.
fn at(batch: &Batch, requests: &[Request], offsets: &Spans<Nanos>) -> Nanos {
    let by_request = batch.requests.first().and_then(|request| {
        let request = &requests[*request];
        Some(request.begin.lo()? + offsets.of(request)?)
    });
    let by_tick = batch.ended_by_tick.map(|ended| ended.at).filter(|_| batch.hidden);
    by_request.or(batch.begun).or(by_tick).or(batch.flushed.lo()).unwrap_or(Nanos::MAX)
}

fn renumber(kept: &mut Vec<(Nanos, Batch)>, steps: &[Step], requests: &[Request]) {
    // Beyond the server's log the count has holes: there the lines stand.
    let Some(last_served) = steps.iter().rposition(|step| step.request.is_some()) else { return };
    let steps = &steps[..=last_served];
    // Where the count begins: as most batches that both countings see say. A server's log can lack its head.
    let mut bases: BTreeMap<i128, usize> = BTreeMap::new();
    let mut compared = 0;
    let mut counted: u64 = 0;
    for step in steps {
        counted = counted.saturating_add(step.size);
        let seen = step.batch.map(|place| &kept[place].1).filter(|batch| !batch.hidden);
        if let Some((_, last)) = seen.and_then(|batch| batch.members) {
            compared += 1;
            *bases.entry(i128::from(last) - i128::from(counted)).or_default() += 1;
        }
    }
    let Some((base, votes)) = bases.into_iter().max_by_key(|(base, votes)| (*votes, -base.abs())) else { return };
    // With fewer than half the two countings do not describe one store: then the lines stand.
    if votes * 2 < compared || base < 0 {
        return;
    }
    let mut by_time: Vec<(Nanos, usize)> = kept.iter().enumerate().map(|(place, (at, _))| (*at, place)).collect();
    by_time.sort_unstable();
    let mut last = u64::try_from(base).unwrap_or(0);
    let mut added = Vec::new();
    for step in steps {
        let members = Some((last.saturating_add(1), last.saturating_add(step.size)));
        last = last.saturating_add(step.size);
        if let Some(place) = step.batch {
            kept[place].1.members = members;
        } else if let Some((request, near)) = step.request.zip(nearest(&by_time, step.at)) {
            added.push((step.at, silent(&kept[near].1, step, members, request, requests)));
        }
    }
    // Within the time that the server's log covers, a silent flush that no request carried did not happen.
    let covered = steps.first().zip(steps.last()).map(|(first, last)| first.at..=last.at);
    kept.retain(|(at, batch)| {
        let shown = !batch.requests.is_empty() || !batch.failures.is_empty() || batch.outcome != Outcome::Open;
        !batch.hidden || shown || covered.as_ref().is_none_or(|covered| !covered.contains(at))
    });
    // A visible batch without a request keeps its lines' numbers only where they do not collide.
    let mut numbered: Vec<(u64, u64)> =
        kept.iter().filter(|(_, batch)| !batch.requests.is_empty()).filter_map(|(_, batch)| batch.members).collect();
    numbered.sort_unstable();
    let mut highest = 0;
    for (_, last) in &mut numbered {
        // From here on the highest number of this and all before it, to be found by halving.
        highest = highest.max(*last);
        *last = highest;
    }
    let collides = |(first, last): (u64, u64)| {
        let begun = numbered.partition_point(|(other, _)| *other <= last);
        begun.checked_sub(1).is_some_and(|at| first <= numbered[at].1)
    };
    for (_, batch) in kept.iter_mut().filter(|(_, batch)| batch.requests.is_empty()) {
        if batch.outcome == Outcome::Open && batch.members.is_some_and(collides) {
            batch.members = None;
        }
    }
    kept.extend(added);
}

/// The place of the batch that was sent nearest to a time, the first of several.
fn nearest(by_time: &[(Nanos, usize)], to: Nanos) -> Option<usize> {
    let after = by_time.partition_point(|(at, _)| *at < to);
    let before = after.checked_sub(1).map(|before| by_time.partition_point(|(at, _)| *at < by_time[before].0));
    let candidates = before.into_iter().chain((after < by_time.len()).then_some(after));
    candidates.map(|at| by_time[at]).min_by_key(|(at, place)| (at.abs_diff(to), *place)).map(|(_, place)| place)
}

/// The end that a tick measured belongs to the last flush before the tick, which a silent one can be.
fn move_ends(of_store: &mut [(Nanos, Batch)]) {
    for at in 1..of_store.len() {
        let (before, after) = of_store.split_at_mut(at);
        let (Some((_, known)), Some((sent, silent))) = (before.last_mut(), after.first_mut()) else { continue };
        let later = known.ended_by_tick.is_some_and(|ended| ended.at > *sent);
        if silent.hidden && silent.ended_by_tick.is_none() && later {
            silent.ended_by_tick = known.ended_by_tick.take();
        }
    }
}

/// A batch that only the server's line shows. `near` is a batch of the same store.
fn silent(near: &Batch, step: &Step, members: Option<(u64, u64)>, request: usize, requests: &[Request]) -> Batch {
    const ON_TIME: Nanos = 5 * MILLISECOND;
    let on_timer = near.fired.is_some_and(|fired| (step.at - fired).abs() < ON_TIME);
    Batch {
        store: near.store,
        block: near.block,
        trigger: if on_timer { Trigger::Tick } else { Trigger::Flush },
        size: step.size,
        at: requests[request].at,
        hidden: true,
        fired: None,
        begun: None,
        members,
        failures: Vec::new(),
        outcome: Outcome::Open,
        outcome_at: None,
        took: None,
        ended_by_tick: None,
        requests: vec![request],
        alternatives: Vec::new(),
        flushed: Instant::UNKNOWN,
        written: Instant::UNKNOWN,
        visible: Instant::UNKNOWN,
    }
}
