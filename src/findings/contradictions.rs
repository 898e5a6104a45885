//! Contradictions: lines that cannot all be true, so something was put together wrongly, or a clock was set.

use super::{Kind, Said};
use crate::correlate::World;
use crate::summary::{places, store_id};

pub const CLOCK_STEP: Kind =
    Kind { id: "clock-step", title: "pairs of requests contradict each other about a clock", find: clock_step };

pub const REPLAY_DISAGREES: Kind =
    Kind { id: "replay-disagrees", title: "a store's counters and its lines disagree", find: replay_disagrees };

/// An empty intersection means a wrong pairing or a clock that was set while the suite ran.
fn clock_step(world: &World) -> Vec<Said> {
    let contradicted = world.clocks.iter().filter(|clock| !clock.excluded.is_empty() && clock.offset.is_none());
    let said = |clock: &crate::correlate::clocks::Clock| {
        let text = format!("the pairs of requests contradict each other about the offset of the {} clock", clock.name);
        (text, places(world, &clock.excluded))
    };
    contradicted.map(said).collect()
}

fn replay_disagrees(world: &World) -> Vec<Said> {
    let said = world.disagreements.iter();
    said.map(|(store, seen, text)| (format!("{}: {text}", store_id(world, *store)), places(world, &[*seen]))).collect()
}
