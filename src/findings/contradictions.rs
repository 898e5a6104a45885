//! Contradictions: lines that cannot all be true, so something was put together wrongly, or a clock was set.

use super::{Kind, Said};
use crate::correlate::stores::Segment;
use crate::correlate::{Seen, World};
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

pub const CLOCK_ASSUMED: Kind =
    Kind { id: "clock-assumed", title: "a clock is taken for the test host's, or for the likeliest", find: assumed };

fn assumed(world: &World) -> Vec<Said> {
    let likeliest = world.clocks.iter().filter(|clock| clock.assumed).map(|clock| {
        let text = format!(
            "the offset of the {} clock is assumed: no batch tells it, and other queries fit the looks as well",
            clock.name
        );
        (text, places(world, &clock.deciding))
    });
    shared_clock(world).into_iter().chain(likeliest).collect()
}

/// No pair of lines bounds the clock of a service that runs in a pod: it is taken for that of the test host, as kind's
/// nodes share it.
fn shared_clock(world: &World) -> Option<Said> {
    if world.output.suites.is_empty() {
        return None;
    }
    let pods = world.stores.iter().enumerate().filter(|(number, _)| !world.is_self_audit(*number));
    let pods = pods.filter(|(_, store)| store.suite.is_none()).map(|(_, store)| store);
    let first = |segment: &Segment| segment.lines.first().map(|index| Seen { file: segment.file, index: *index });
    let seen: Vec<Seen> = pods.filter_map(|store| first(store.segments.first()?)).collect();
    let text = "the clock of the emitting pods is taken for the test host's, as on kind: no line tells how far they lie \
                apart";
    (!seen.is_empty()).then(|| (text.to_owned(), places(world, &seen[..seen.len().min(8)])))
}
