//! What things are *named* in a report: stores, events, batches, and the places of sightings.

use std::collections::BTreeMap;

use crate::correlate::{Seen, World};
use crate::report::Place;

/// The places of sightings, each once.
pub fn places(world: &World, seen: &[Seen]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for place in seen.iter().map(|seen| world.place(*seen)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// The service under test: what most stores of the suite, else of pods, call themselves.
pub(super) fn service(world: &World) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, store) in world.stores.iter().enumerate() {
        if let Some(service) = store.service.as_deref().filter(|_| !world.is_self_audit(number)) {
            *counts.entry(service).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(name, count)| (*count, std::cmp::Reverse(*name)))?;
    Some(most.0.to_owned())
}

/// Identifier of a store in the report.
pub fn store_id(world: &World, store: usize) -> String {
    let service = store_service(world, store).unwrap_or_else(|| "store".to_owned());
    format!("{service}-{}", store + 1)
}

/// Identifiers of all stores: a table names the same few stores in each row.
pub(super) fn store_ids(world: &World) -> Vec<String> {
    (0..world.stores.len()).map(|store| store_id(world, store)).collect()
}

/// Service of a store; the stores of one suite are of one service, also those whose first line is missing.
pub(super) fn store_service(world: &World, number: usize) -> Option<String> {
    let store = &world.stores[number];
    let own = store.service.as_ref().map(ToString::to_string);
    own.or_else(|| {
        let same = world.stores.iter().find(|other| {
            other.suite == store.suite
                && store.suite.is_some()
                && other.logger == store.logger
                && other.service.is_some()
        });
        same.and_then(|other| other.service.as_ref()).map(ToString::to_string)
    })
}

pub(super) fn event_id(event: usize) -> String {
    format!("event-{}", event + 1)
}

pub(super) fn batch_id(batch: usize) -> String {
    format!("batch-{}", batch + 1)
}
