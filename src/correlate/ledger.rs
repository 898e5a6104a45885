//! The ledger: counts that must be equal along the way. Counting comes before timing, and needs no clock.
//!
//! emitted = buffered + refused + dropped; buffered = batched + queued; batched = written + lost.

use std::collections::BTreeMap;

use crate::sighting::{StoreEvent, What};

use super::World;
use super::replay::{Fate, Outcome};
use super::visibility::Visible;

/// One store's counts; `None` is not observable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the edges in the module's doc")]
pub struct Counts {
    pub emitted: Option<u64>,
    pub refused: Option<u64>,
    pub dropped: Option<u64>,
    pub buffered: Option<u64>,
    pub batched: Option<u64>,
    pub batches: Option<u64>,
    pub written: Option<u64>,
    pub lost: Option<u64>,
    pub parked: Option<u64>,
    pub queued: Option<u64>,
}

/// The first unequal edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Which edge.
    pub edge: &'static str,
    /// Events that went missing there.
    pub missing: u64,
}

impl Counts {
    /// The first edge whose sides are both known and differ.
    pub fn first_gap(&self) -> Option<Gap> {
        let edges = [
            ("emitted to buffered", self.emitted, self.buffered),
            (
                "buffered to batched",
                self.buffered,
                self.batched.zip(self.queued.or(Some(0))).map(|(a, b)| a.saturating_add(b)),
            ),
            ("batched to written", self.batched, self.written),
        ];
        edges.into_iter().find_map(|(edge, before, after)| {
            let (before, after) = before.zip(after)?;
            (before > after).then(|| Gap { edge, missing: before - after })
        })
    }
}

/// Counts every store.
pub fn count(world: &World) -> Vec<Counts> {
    let created = created_by_store(world);
    let parked = parked_by_store(world);
    let count = |store| count_store(world, store, created.get(&store).copied(), parked.get(&store).copied());
    (0..world.stores.len()).map(count).collect()
}

/// Events that the server created on a store's own connections, and requests that it could not size.
fn created_by_store(world: &World) -> BTreeMap<usize, (u64, u64)> {
    let mut created: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for request in world.requests.iter().filter(|request| request.about == super::requests::About::Write) {
        let Some(store) = request.store else { continue };
        let entry = created.entry(store).or_default();
        if request.created() {
            match request.size {
                Some(size) => entry.0 = entry.0.saturating_add(size),
                None => entry.1 += 1,
            }
        }
    }
    created
}

fn count_store(world: &World, number: usize, created: Option<(u64, u64)>, parked: Option<u64>) -> Counts {
    let store = &world.stores[number];
    let visible = Visible::of(&world.files, store);
    // Both stand store by store.
    let from = world.events.partition_point(|event| event.store < number);
    let events = || world.events[from..].iter().take_while(|event| event.store == number);
    let from = world.batches.partition_point(|batch| batch.store < number);
    let batches = || world.batches[from..].iter().take_while(|batch| batch.store == number);
    let of_fate = |fate: Fate| events().filter(|event| event.fate == fate).count() as u64;
    // Lines between specs are lost, so only numbered lines and the closing line count the whole.
    let numbered = events().filter_map(|event| event.ordinal).max();
    let whole = store.suite.is_none() || world.output.suites[store.suite.unwrap_or(0)].processes.is_none();
    let printed_drops = printed_drop_count(world, number);
    let lost_in_lines: u64 = batches()
        .filter(|batch| matches!(batch.outcome, Outcome::Lost | Outcome::Refused))
        .map(|batch| batch.size)
        .fold(0, u64::saturating_add);
    let mut counts = Counts { parked: Some(parked.unwrap_or(0)), ..Counts::default() };
    if let Some(closed) = store.closed {
        counts.buffered = Some(closed.buffered);
        counts.written = Some(closed.written);
        counts.dropped = Some(closed.dropped);
        counts.lost = if closed.failed_batches == 0 {
            Some(0)
        } else if closed.failed_batches
            == batches().filter(|batch| matches!(batch.outcome, Outcome::Lost | Outcome::Refused)).count() as u64
        {
            Some(lost_in_lines)
        } else {
            Some(closed.buffered.saturating_sub(closed.written))
        };
        counts.batched = counts.lost.map(|lost| closed.written.saturating_add(lost));
        counts.queued = counts.batched.map(|batched| closed.buffered.saturating_sub(batched));
    } else if visible.calls {
        let by_server = created.filter(|(_, unsized_requests)| *unsized_requests == 0).map(|(events, _)| events);
        counts.lost = Some(lost_in_lines);
        counts.written = by_server;
        // Both ends agree, or the log is whole: then the last number is the count.
        let agrees = by_server
            .zip(numbered)
            .is_some_and(|(written, numbered)| written.saturating_add(lost_in_lines) == numbered);
        if agrees || whole {
            counts.buffered = numbered.or(Some(0));
        } else if let (Some(written), Some(numbered)) = (by_server, numbered) {
            // More was written than numbered: the last lines were lost with the specs' ends.
            let gone = written.saturating_add(lost_in_lines);
            counts.buffered = (gone > numbered).then_some(gone);
        }
        counts.dropped = Some(printed_drops.unwrap_or_else(|| of_fate(Fate::DroppedFull)));
        counts.queued = world.queued[number].filter(|_| whole);
    } else if let Some((events, 0)) = created {
        counts.written = Some(events);
        counts.lost = Some(lost_in_lines);
    }
    if visible.calls {
        counts.refused = Some(of_fate(Fate::Refused));
        counts.emitted = counts
            .buffered
            .zip(counts.refused)
            .zip(counts.dropped)
            .map(|((a, b), c)| a.saturating_add(b).saturating_add(c));
    }
    counts.batches = Some(batches().count() as u64).filter(|_| visible.ticks || visible.flushes);
    counts
}

/// `dropped_count` is the store's own running count.
fn printed_drop_count(world: &World, number: usize) -> Option<u64> {
    let segments = world.stores[number].segments.iter();
    let mut most = None;
    for segment in segments {
        for index in &segment.lines {
            if let What::Store(line) = &world.files[segment.file].sightings[*index].what
                && let StoreEvent::DroppedFull { dropped: Some(dropped), .. } = &line.event
            {
                most = most.max(Some(*dropped));
            }
        }
    }
    most
}

/// Events that the server parked, by the store on whose connection they came.
fn parked_by_store(world: &World) -> BTreeMap<usize, u64> {
    let mut parked: BTreeMap<usize, u64> = BTreeMap::new();
    for request in world.requests.iter().filter(|request| request.parked) {
        if let Some((store, size)) = request.store.zip(request.size) {
            let of_store = parked.entry(store).or_default();
            *of_store = of_store.saturating_add(size);
        }
    }
    parked
}
