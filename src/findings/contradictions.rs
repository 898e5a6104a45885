//! Contradictions: lines that cannot all be true, so something was put together wrongly.

use super::{Kind, Said};
use crate::correlate::World;
use crate::summary::{places, store_id};

pub const REPLAY_DISAGREES: Kind =
    Kind { id: "replay-disagrees", title: "a store's counters and its lines disagree", find: replay_disagrees };

fn replay_disagrees(world: &World) -> Vec<Said> {
    let said = world.disagreements.iter();
    said.map(|(store, seen, text)| (format!("{}: {text}", store_id(world, *store)), places(world, &[*seen]))).collect()
}
