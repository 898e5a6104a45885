//! *Passing waits*: how near the passing specs that waited for the same type of event were to failing.
//!
//! Ginkgo prints the looks of a passing spec with `-v` only, and only some suites print looks at all: where no look is
//! printed, nothing is said. The time-out of a passing spec is never printed, so what is left of it is not known; what
//! can be set beside the failing spec is how long the others looked, and how long after its emission they found the
//! event.

use std::collections::{BTreeMap, BTreeSet};

use crate::correlate::journeys::Case;
use crate::correlate::looks::{LookSeen, printed_looks};
use crate::correlate::specs::Block;
use crate::correlate::{Seen, World};
use crate::instant::{Duration, Instant, MILLISECOND, Nanos};
use crate::report::Passing;
use crate::sighting::{Look, Outcome, TestLine, Text, What};
use crate::summary::{places, spread};

/// One passing spec's wait for one event.
struct Wait {
    block: usize,
    /// Its first look found it.
    at_once: bool,
    /// From the start of looking to the look that ended the wait.
    looked: Duration,
    /// From the event's emission to that look.
    since_emission: Option<Duration>,
    /// That look.
    found: Seen,
}

/// The waits of all passing specs by the type that they waited for, summed up once.
#[derive(Default)]
pub struct PassingWaits(BTreeMap<Text, Passing>);

/// Reads the waits of all passing specs out of the looks that they printed.
pub fn passing_waits(world: &World) -> PassingWaits {
    let mut by_type: BTreeMap<Text, Vec<Wait>> = BTreeMap::new();
    let types: BTreeSet<&Text> = world.events.iter().map(|event| &event.event_type).collect();
    for (number, block) in world.output.blocks.iter().enumerate() {
        for (name, wait) in waits(world, &types, number, block) {
            by_type.entry(name).or_default().push(wait);
        }
    }
    PassingWaits(by_type.into_iter().map(|(name, waits)| (name.clone(), summed_up(world, &name, &waits))).collect())
}

impl PassingWaits {
    /// Those beside a failing spec, with what it has to be compared by; `None` where no passing spec is known to have
    /// waited for the same type.
    pub fn beside(&self, case: &Case<'_>) -> Option<Passing> {
        let journey = case.decisive().filter(|_| !case.failed.collateral)?;
        let known = self.0.get(journey.wanted.event_type.as_ref()?)?;
        let emitted = journey.event.map(|event| case.world.events[event].times.emitted);
        let last_look = case.last_look_at().zip(emitted.filter(|at| !at.is_unknown()));
        Some(Passing {
            window: case.failed.timed_out_after.map(crate::report::Duration::exact),
            last_look: last_look.map(|(look, emitted)| (look - emitted).into()),
            ..known.clone()
        })
    }
}

/// A printed tail such as `classification.decision`, completed where the bundle emits one such type.
fn completed(types: &BTreeSet<&Text>, asked: Text) -> Text {
    if types.contains(&asked) {
        return asked;
    }
    let ends = |full: &&&Text| full.strip_suffix(&*asked).is_some_and(|head| head.ends_with('.'));
    let mut full = types.iter().filter(ends);
    match (full.next(), full.next()) {
        (Some(only), None) => Text::clone(only),
        _ => asked,
    }
}

/// The waits that a block printed, if it is of a spec that passed at its first attempt.
fn waits(world: &World, types: &BTreeSet<&Text>, number: usize, block: &Block) -> Vec<(Text, Wait)> {
    let passed = |header: &&crate::sighting::Header| header.outcome == Outcome::Passed && header.node.is_empty();
    let Some(header) = block.header.as_ref().filter(passed) else { return Vec::new() };
    let looks = printed_looks(&world.files, block);
    let mut by_wanted: BTreeMap<(Text, Option<Text>), Vec<&LookSeen>> = BTreeMap::new();
    for look in &looks {
        let Some(printed) = &look.printed else { continue };
        if let Some(name) = &printed.event_type {
            let name = completed(types, name.clone());
            by_wanted.entry((name, printed.correlation_id.clone())).or_default().push(look);
        }
    }
    let longest = header.took.map(|took| took + MILLISECOND);
    let wait = |((name, id), looks): ((Text, Option<Text>), Vec<&LookSeen>)| {
        let wait = wait(world, number, (&name, id.as_deref()), &looks, longest)?;
        Some((name, wait))
    };
    by_wanted.into_iter().filter_map(wait).collect()
}

/// One wait, from its looks. `longest`: the spec's whole run.
fn wait(
    world: &World,
    block: usize,
    (name, id): (&Text, Option<&str>),
    looks: &[&LookSeen],
    longest: Option<Nanos>,
) -> Option<Wait> {
    let expected = looks.iter().find_map(|look| look.printed.as_ref()?.expected);
    let enough = |look: &Look| look.found.is_some_and(|found| found >= expected.unwrap_or(1).max(1));
    let first_found = looks.iter().position(|look| look.printed.as_ref().is_some_and(enough))?;
    // Without a printed number the spec can have wanted more than one: then the last look may be the one.
    let ended = if expected.is_some() { first_found } else { looks.len() - 1 };
    let (begun, at) = (at(world, looks[0]), at(world, looks[first_found]).hull(at(world, looks[ended])));
    let looked = (at - begun).not_negative();
    let since_emission = id.and_then(|id| {
        let place = usize::try_from(expected.unwrap_or(1).max(1) - 1).ok()?;
        let event = &world.events[*world.emissions(Some(name), Some(id)).get(place)?];
        let emitted = event.times.emitted;
        let since = (!emitted.is_unknown() && !at.surely_before(emitted)).then(|| (at - emitted).not_negative())?;
        // What the spec's own process emitted while it ran was found while it ran.
        let of_spec = event.called.or(event.ended).is_some_and(|line| {
            let block = &world.output.blocks[block];
            line.file == block.file && block.range.contains(&line.index)
        });
        let most = longest.filter(|_| of_spec).into_iter().chain(since.hi()).min();
        Some(most.map_or(since, |most| Duration::between(since.lo().unwrap_or(0).min(most), most)))
    });
    Some(Wait {
        block,
        at_once: ended == 0,
        // The first look comes after the start of looking, which no line shows; it cannot be before the spec's own last
        // line, nor can a spec look for longer than it ran.
        looked: Duration::between(looked.lo().unwrap_or(0), longest_look(world, block, looks[0], at, longest)),
        since_emission,
        found: *looks[ended].lines.last()?,
    })
}

fn at(world: &World, look: &LookSeen) -> Instant {
    look.lines.last().map_or(Instant::UNKNOWN, |line| world.printed.of(*line))
}

/// An upper bound of looking; [`Nanos::MAX`] is none.
fn longest_look(world: &World, block: usize, first: &LookSeen, ended: Instant, longest: Option<Nanos>) -> Nanos {
    let block = &world.output.blocks[block];
    let lines = &world.files[block.file].sightings;
    // A flush can be part of a look, so its line proves no start.
    let before = first.lines.first().map_or(block.range.start, |seen| seen.index);
    let own =
        |index: &usize| matches!(lines[*index].what, What::Test(TestLine::Step { .. } | TestLine::Created { .. }));
    let step = (block.range.start..before).rev().find(own);
    let step = step.map(|index| world.printed.of(Seen { file: block.file, index }));
    let by_step = step.and_then(|step| Some(ended.hi()? - step.lo()?));
    [by_step, longest].into_iter().flatten().min().unwrap_or(Nanos::MAX)
}

fn summed_up(world: &World, event_type: &Text, waits: &[Wait]) -> Passing {
    let specs: BTreeSet<usize> = waits.iter().map(|wait| wait.block).collect();
    let looked: Vec<Duration> = waits.iter().map(|wait| wait.looked).collect();
    let since: Vec<Duration> = waits.iter().filter_map(|wait| wait.since_emission).collect();
    let nearest = waits.iter().max_by_key(|wait| wait.since_emission.unwrap_or(wait.looked).lo());
    Passing {
        event_type: event_type.to_string(),
        specs: specs.len() as u64,
        at_first_look: waits.iter().filter(|wait| wait.at_once).count() as u64,
        looked: spread(&looked),
        since_emission: (!since.is_empty()).then(|| spread(&since)),
        window: None,
        last_look: None,
        places: nearest.map(|wait| places(world, &[wait.found])).unwrap_or_default(),
    }
}
