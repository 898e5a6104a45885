//! Settings that were not applied: what was configured is not what ran.

use super::{Kind, Said};
use crate::correlate::stores::Store;
use crate::correlate::{Seen, World};
use crate::instant::spoken;
use crate::sighting::{StoreEvent, Tick, What};
use crate::summary::{places, store_id};

pub const SETTING_NOT_APPLIED: Kind =
    Kind { id: "setting-not-applied", title: "a setting is not the one that was at work", find: not_applied };

/// A store prints its flush interval when it starts, and the timer prints its own at each tick.
fn not_applied(world: &World) -> Vec<Said> {
    let of_store = |(number, store): (usize, &Store)| {
        let (config, at) = (store.config?, store.config_at?);
        let (tick, seen) = first_tick(world, store)?;
        (tick.expected != config.flush_interval).then(|| {
            let text = format!(
                "{} was started with a flush interval of {}, and its timer fires every {}",
                store_id(world, number),
                spoken(config.flush_interval),
                spoken(tick.expected)
            );
            (text, places(world, &[at, seen]))
        })
    };
    world.stores.iter().enumerate().filter_map(of_store).collect()
}

fn first_tick<'a>(world: &'a World, store: &Store) -> Option<(&'a Tick, Seen)> {
    store.segments.iter().find_map(|segment| {
        segment.lines.iter().find_map(|index| match &world.files[segment.file].sightings[*index].what {
            What::Store(line) => match &line.event {
                StoreEvent::Tick(tick) => Some((&**tick, Seen { file: segment.file, index: *index })),
                _ => None,
            },
            _ => None,
        })
    })
}
