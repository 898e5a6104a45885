//! Journeys: what a spec awaited, followed from link to link; beside it the history of the spec's looks.
//!
//! emitted → validated → buffered → flushed → sent → created. What is known of a link is in [`super::links`], how long
//! the way between two took in [`super::stages`].

use crate::instant::{Instant, Nanos, SECOND};
use crate::report::{Link, State};
use crate::sighting::TestLine;

use super::World;
use super::awaited::Wanted;
use super::links::Fact;
use super::looks::{LookSeen, Looking};
use super::replay::Event;
use super::specs::Failed;
use super::stages::StageFact;
use super::visibility::Visible;

/// One awaited event and its journey.
#[derive(Debug, Clone)]
pub struct Journey {
    /// What was awaited.
    pub wanted: Wanted,
    /// Events of that type and id.
    pub emissions: Vec<usize>,
    /// The same type, emitted for the same object under another id.
    pub under_other_id: Option<usize>,
    /// The event that is followed.
    pub event: Option<usize>,
    /// The links.
    pub links: Vec<Fact>,
    /// The stages.
    pub stages: Vec<StageFact>,
}

impl Journey {
    /// The first link that was lost.
    pub fn broken(&self) -> Option<&Fact> {
        self.links.iter().find(|fact| fact.state == State::Absent)
    }

    /// What is known of a link.
    pub fn link(&self, link: Link) -> &Fact {
        &self.links[link as usize]
    }
}

/// A failing spec with everything joined to it.
pub struct Case<'a> {
    /// The world around it.
    pub world: &'a World,
    /// The failure.
    pub failed: &'a Failed,
    /// How it looked.
    pub looking: &'a Looking,
    /// What it waited for.
    pub journeys: Vec<Journey>,
    /// The store of its process, or of the pod that emitted.
    pub store: Option<usize>,
    /// What the logs of its stores can show.
    pub visible: Visible,
    /// Longest normal flush wait.
    pub flush_limit: Nanos,
    /// Longest normal write.
    pub write_limit: Nanos,
}

/// Retries and time-outs of one batch end within this (`store.go`: 5 s time-out, pauses of 1 s and 4 s).
pub const RETRY_BUDGET: Nanos = 20 * SECOND;

/// Joins everything to one failure.
pub fn case(world: &World, index: usize) -> Case<'_> {
    let failed = &world.output.failed[index];
    let looking = &world.looking[index];
    let wanted = world.wanted(failed, looking);
    let mut store = world.store_of_block(failed.block);
    let mut case = Case {
        world,
        failed,
        looking,
        journeys: Vec::new(),
        store,
        visible: world.visible_to(failed.block, store),
        flush_limit: 0,
        write_limit: 0,
    };
    let journeys: Vec<Journey> = wanted.into_iter().flat_map(|wanted| case.journeys_of(&wanted)).collect();
    if let Some(event) = journeys.iter().find_map(|journey| journey.event) {
        store = store.filter(|store| world.stores[*store].suite.is_some()).or(Some(world.events[event].store));
    }
    case.store = store;
    case.flush_limit = world.flush_limit(store);
    case.write_limit = world.write_limit(store, journeys.iter().find_map(|journey| journey.event));
    case.journeys = journeys;
    for at in 0..case.journeys.len() {
        let stages = case.stages(&case.journeys[at]);
        case.journeys[at].stages = stages;
    }
    case
}

impl World {
    /// The store whose lines stand in a block, else the store of the block's process.
    pub fn store_of_block(&self, block: usize) -> Option<usize> {
        let suite = self.output.blocks[block].suite;
        let process = self.output.blocks[block].process;
        // One store a process; with several (gateway) the last one of the block.
        self.index.store_of_block[block].or_else(|| self.index.store_of_process.get(&(suite, process?)).copied())
    }

    /// What the logs can show of the stores that a spec's events go through.
    fn visible_to(&self, block: usize, store: Option<usize>) -> Visible {
        let suite = self.output.blocks[block].suite;
        let of = |suite: Option<usize>| self.index.visible.get(&suite).copied().unwrap_or_default();
        let of_suite = of(suite);
        // Without a store in the test processes the services run in pods.
        if store.is_some() || of_suite.any { of_suite } else { of(None) }
    }
}

impl Case<'_> {
    /// The last look that began before the deadline and was answered.
    pub fn last_look(&self) -> Option<&LookSeen> {
        self.looking.looks.iter().rev().find(|look| !look.timed_out())
    }

    /// When the last look's answer was fixed; for a spec whose looks are not known, the end of looking.
    pub fn last_look_at(&self) -> Option<Instant> {
        if self.looks_are_cut() {
            // A loop looks until its deadline; the last look that is known is not the last.
            let known = self.looking.looks.last()?.at?.lo()?;
            return Some(Instant::between(known, self.failed.deadline?.hi()?));
        }
        if let Some(at) = self.last_look().or(self.looking.looks.last()).and_then(|look| look.at) {
            Some(at)
        } else {
            let deadline = self.failed.deadline?;
            // Without a look's line it lies somewhere in the window.
            let start = self.looking.start.unwrap_or(deadline);
            Some(
                start
                    .lo()
                    .map_or(Instant::UNKNOWN, Instant::not_before)
                    .and(deadline.hi().map_or(Instant::UNKNOWN, Instant::not_after)),
            )
        }
    }

    /// The events that this spec waited for, one journey each.
    fn journeys_of(&self, wanted: &Wanted) -> Vec<Journey> {
        const MOST: u64 = 5;
        let world = self.world;
        let emissions =
            self.of_this_suite(world.emissions(wanted.event_type.as_deref(), wanted.correlation_id.as_deref()));
        if emissions.is_empty() {
            let other = self.under_other_id(wanted);
            let mut journey = Journey {
                wanted: wanted.clone(),
                emissions,
                under_other_id: other,
                event: other,
                links: Vec::new(),
                stages: Vec::new(),
            };
            journey.links = match other {
                Some(event) => self.links(event),
                None => self.never_emitted(wanted),
            };
            return vec![journey];
        }
        let needed = wanted.expected.unwrap_or(1).max(1);
        // Of several awaited events the one that arrived last, or never, decides: follow each, up to a few.
        (0..needed.min(MOST))
            .map(|place| usize::try_from(needed - 1 - place).unwrap_or(0))
            .rev()
            .map(|place| {
                let event = emissions.get(place).copied();
                let links = event.map_or_else(|| self.never_emitted(wanted), |event| self.links(event));
                let (wanted, emissions) = (wanted.clone(), emissions.clone());
                Journey { wanted, emissions, under_other_id: None, event, links, stages: Vec::new() }
            })
            .collect()
    }

    /// Events of the spec's own suite, or of pods.
    fn of_this_suite(&self, events: Vec<usize>) -> Vec<usize> {
        let suite = self.world.output.blocks[self.failed.block].suite;
        let own = |event: &usize| {
            let of = self.world.stores[self.world.events[*event].store].suite;
            of == suite || of.is_none()
        };
        events.into_iter().filter(own).collect()
    }

    /// The same type for the same object under another id: the asked id is the object's name, or the spec's block
    /// emitted that type once.
    fn under_other_id(&self, wanted: &Wanted) -> Option<usize> {
        let world = self.world;
        let (name, id) = (wanted.event_type.as_deref()?, wanted.correlation_id.as_deref()?);
        let created = world.spec_lines(self.failed.block).filter_map(|(_, line)| match line {
            TestLine::Created { name } => Some(&**name),
            TestLine::Step { text } => text.rsplit(['/', ' ']).next(),
            _ => None,
        });
        // Ids are made of the object's name and more.
        let heads = id.match_indices('-').map(|(at, _)| &id[..at]).filter(|name| name.len() > 3);
        let mut named: Vec<usize> = heads
            .chain([id])
            .chain(created)
            .filter_map(|object| world.index.by_object.get(object))
            .flatten()
            .copied()
            .filter(|event| &*world.events[*event].event_type == name)
            .collect();
        named.retain(|event| !world.is_self_audit(world.events[*event].store));
        let first = |event: &usize| (world.events[*event].times.emitted.key(), *event);
        if let Some(named) = self.of_this_suite(named).into_iter().min_by_key(first) {
            return Some(named);
        }
        let in_block = world.index.by_block.get(&self.failed.block).into_iter().flatten().copied();
        let in_block = in_block.filter(|event| {
            &*world.events[*event].event_type == name && !world.is_self_audit(world.events[*event].store)
        });
        let in_block = self.of_this_suite(in_block.collect());
        // Where ids are made of their object's name, the asked id is another object's.
        let own_name = |event: &Event| {
            event.object.as_ref().is_some_and(|(_, name)| event.correlation_id.starts_with(&format!("{name}-")))
        };
        // An id that events of another object carry is that object's, and was asked for rightly.
        let in_use = self.of_this_suite(self.world.emissions(None, Some(id)));
        let of_another = |one: &Event| {
            in_use
                .iter()
                .map(|event| &self.world.events[*event])
                .any(|user| user.object.is_some() && user.object != one.object)
        };
        match in_block.as_slice() {
            [one] if !own_name(&self.world.events[*one]) && !of_another(&self.world.events[*one]) => Some(*one),
            _ => None,
        }
    }

    /// The asked id is the name of the object whose processing emitted the event: the wrong rule for ids.
    pub fn asks_for_object(&self, journey: &Journey) -> bool {
        let (Some(event), Some(id)) = (journey.under_other_id, journey.wanted.correlation_id.as_deref()) else {
            return false;
        };
        self.world.events[event].object.as_ref().is_some_and(|(_, name)| id == &**name)
    }
}
