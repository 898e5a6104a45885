//! Clocks that do not run as they should, or of which too little is known.

use super::{Kind, Said};
use crate::correlate::clocks::Clock;
use crate::correlate::stores::Segment;
use crate::correlate::{Seen, World};
use crate::instant::{Nanos, spoken};
use crate::summary::places;

pub const CLOCK_STEP: Kind = Kind {
    id: "clock-step",
    title: "a server's clock was set or drifted, or its pairs contradict each other",
    find: clock_step,
};

fn clock_step(world: &World) -> Vec<Said> {
    let contradicted = world.clocks.iter().filter(|clock| !clock.excluded.is_empty() && clock.offset.is_none());
    let contradicted = contradicted.map(|clock| {
        let text = format!("the pairs of requests contradict each other about the offset of the {} clock", clock.name);
        (text, places(world, &clock.excluded))
    });
    let steps = world.clocks.windows(2).filter_map(|pair| step(world, &pair[0], &pair[1]));
    steps.chain(contradicted).collect()
}

/// The lines around a step, and by how much the clock differs after it.
fn step(world: &World, before: &Clock, after: &Clock) -> Option<Said> {
    let step = after.from.filter(|_| before.server == after.server)?;
    let middle = |clock: &Clock| Some(clock.offset?.lo()? / 2 + clock.offset?.hi()? / 2);
    let by = middle(before).zip(middle(after)).map(|(before, after): (Nanos, Nanos)| before - after);
    let by = by.map_or_else(String::new, |by| {
        format!(": it then shows about {} {}", spoken(by.abs()), if by < 0 { "less" } else { "more" })
    });
    let text = format!("between these lines the {} clock was set, or had drifted{by}", after.name);
    Some((text, places(world, &step.lines)))
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
