//! The large *tables*: a row for each store, tick, batch, request and event.

use std::collections::HashMap;

use super::names::{batch_id, event_id, places, store_id, store_ids, store_service};
use crate::correlate::ledger;
use crate::correlate::replay::Fate;
use crate::correlate::requests::About;
use crate::correlate::{Seen, World};
use crate::instant;
use crate::report::{BatchRow, EventRow, Gap, Instant, RequestRow, Store, TickRow};
use crate::sighting::{StoreEvent, What};

/// Statistics and settings.
pub fn stores(world: &World) -> Vec<Store> {
    let counts = ledger::count(world);
    let row = |(number, counts): (usize, ledger::Counts)| {
        let store = &world.stores[number];
        Store {
            id: store_id(world, number),
            service: store_service(world, number),
            process: store.process,
            started: store.start_time.and_then(|at| Instant::known(instant::Instant::exact(at))),
            flush_interval: store.interval().map(crate::report::Duration::exact),
            batch_size: store.config.map(|config| config.batch_size),
            buffer_size: store.config.map(|config| config.buffer_size),
            emitted: counts.emitted,
            refused: counts.refused,
            dropped: counts.dropped,
            buffered: counts.buffered,
            batched: counts.batched,
            batches: counts.batches,
            written: counts.written,
            lost: counts.lost,
            parked: counts.parked,
            queued: counts.queued,
            first_gap: counts.first_gap().map(|gap| Gap { edge: gap.edge.to_owned(), missing: gap.missing }),
        }
    };
    counts.into_iter().enumerate().map(row).collect()
}

/// Ticks that flushed something, or came much later than expected.
pub fn ticks(world: &World) -> Vec<TickRow> {
    let mut rows = Vec::new();
    let shown = world.batches.iter().enumerate().filter(|(_, batch)| !batch.hidden);
    let batch_at: HashMap<Seen, usize> = shown.rev().map(|(index, batch)| (batch.at, index)).collect();
    for (number, store) in world.stores.iter().enumerate() {
        let id = store_id(world, number);
        for segment in &store.segments {
            for index in &segment.lines {
                let What::Store(line) = &world.files[segment.file].sightings[*index].what else { continue };
                let StoreEvent::Tick(tick) = &line.event else { continue };
                let late = tick.actual > tick.expected * 2;
                if tick.size == 0 && !late {
                    continue;
                }
                let seen = Seen { file: segment.file, index: *index };
                let printed = world.printed.of(seen);
                let blocked = tick.fired.map(|fired| (printed - instant::Instant::exact(fired)).not_negative());
                let batch = batch_at.get(&seen).copied();
                rows.push(TickRow {
                    store: id.clone(),
                    number: tick.number,
                    at: Instant::known(tick.fired.map_or(printed, instant::Instant::exact)),
                    expected: crate::report::Duration::exact(tick.expected),
                    actual: crate::report::Duration::exact(tick.actual),
                    size: tick.size,
                    blocked: blocked.map(Into::into),
                    write: batch.map(|batch| world.write_time(batch).into()),
                    place: world.place(seen),
                });
            }
        }
    }
    rows
}

/// Batches.
pub fn batches(world: &World) -> Vec<BatchRow> {
    let id = |request: &usize| world.requests[*request].line.id.to_string();
    let stores = store_ids(world);
    let row = |(index, batch): (usize, &crate::correlate::replay::Batch)| BatchRow {
        id: batch_id(index),
        store: stores[batch.store].clone(),
        trigger: batch.trigger,
        size: batch.size,
        flushed: Instant::known(batch.flushed),
        written: Instant::known(batch.written),
        attempts: (!batch.failures.is_empty() || !batch.requests.is_empty())
            .then(|| batch.failures.len().max(batch.requests.len()) as u64),
        request: batch.requests.last().map(id),
        alternatives: batch.alternatives.iter().map(id).collect(),
        places: places(world, &[batch.at]),
    };
    world.batches.iter().enumerate().map(row).collect()
}

/// Requests about audit events.
pub fn requests(world: &World) -> Vec<RequestRow> {
    let row = |(index, request): (usize, &crate::correlate::requests::Request)| {
        let known = world.offsets.of(request).is_some();
        let (begin, end) = if known { (world.began(index), world.ended(index)) } else { (request.begin, request.end) };
        let span = begin
            .lo()
            .map_or(instant::Instant::UNKNOWN, instant::Instant::not_before)
            .and(end.hi().map_or(instant::Instant::UNKNOWN, instant::Instant::not_after));
        RequestRow {
            id: request.line.id.to_string(),
            method: request.line.method.to_string(),
            path: request.line.path.to_string(),
            status: request.line.status,
            at: Instant::on(span, (!known).then_some("datastorage")),
            duration: crate::report::Duration::exact(request.line.duration),
            bytes: request.line.bytes,
            size: request.size,
            remote: (!request.line.remote.is_empty()).then(|| request.line.remote.to_string()),
            place: world.place(request.at),
        }
    };
    world.requests.iter().enumerate().filter(|(_, request)| request.about != About::Other).map(row).collect()
}

/// Events that were buffered, and those that were refused or dropped.
pub fn events(world: &World) -> Vec<EventRow> {
    let stores = store_ids(world);
    let row = |(index, event): (usize, &crate::correlate::replay::Event)| EventRow {
        id: event_id(index),
        event_type: event.event_type.to_string(),
        correlation_id: event.correlation_id.to_string(),
        store: stores[event.store].clone(),
        ordinal: event.ordinal,
        batch: event.batch.map(batch_id),
        emitted: Instant::known(event.times.emitted),
        buffered: Instant::known(event.times.buffered),
        flushed: Instant::known(event.times.flushed),
        written: Instant::known(event.times.written),
        visible: Instant::known(event.times.visible),
        places: places(world, &event.called.into_iter().chain(event.ended).collect::<Vec<_>>()),
    };
    world.events.iter().enumerate().filter(|(_, event)| event.fate == Fate::Buffered).map(row).collect()
}
