//! Journeys: each link of an awaited event with its state, its time and its places; beside it the spec's looks.
//!
//! emitted → validated → buffered → flushed → sent → created. A link is `Seen`, `Absent` (lost, or surely not
//! happened), `Pending` (not by the end of the log) or `Unobservable`. What the looks returned is another history.

use crate::instant::{Duration, Instant, MILLISECOND, Nanos, SECOND};
use crate::report::{Link, Stage, State};
use crate::sighting::{CallerLine, StoreEvent, TestLine, What};

use super::awaited::Wanted;
use super::index::Writes;
use super::looks::{LookSeen, Looking};
use super::replay::{Event, Fate, Outcome};
use super::specs::Failed;
use super::visibility::Visible;
use super::{Seen, World};

/// What is known of one link.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Which.
    pub link: Link,
    /// Its state.
    pub state: State,
    /// When.
    pub at: Instant,
    /// Lines.
    pub seen: Vec<Seen>,
    /// Why, when it was not seen.
    pub because: Option<String>,
}

/// One stage of a journey against its limit.
#[derive(Debug, Clone)]
pub struct StageFact {
    /// Which.
    pub stage: Stage,
    /// How long it took.
    pub took: Duration,
    /// Upper bound of normal.
    pub limit: Option<Nanos>,
    /// When the event would have been visible with the limit in the stage's place.
    pub visible_with_limit: Option<Instant>,
    /// Lines.
    pub seen: Vec<Seen>,
}

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

/// No flush waits longer than this in a healthy pod or suite (`pkg/audit/config.go`; the authwebhook's main has 5 s).
const POD_INTERVAL: Nanos = SECOND;
/// A write longer than this is never normal, however slow the others are.
pub(super) const LONGEST_WRITE: Nanos = SECOND;
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
        self.index.store_of_block[block].or_else(|| {
            let process = process?;
            (0..self.stores.len())
                .find(|store| self.stores[*store].suite == suite && self.stores[*store].process == Some(process))
        })
    }

    /// What the logs can show of the stores that a spec's events go through.
    fn visible_to(&self, block: usize, store: Option<usize>) -> Visible {
        let suite = self.output.blocks[block].suite;
        let of = |suite: Option<usize>| self.index.visible.get(&suite).copied().unwrap_or_default();
        let of_suite = of(suite);
        // Without a store in the test processes the services run in pods.
        if store.is_some() || of_suite.any { of_suite } else { of(None) }
    }

    /// `min(configured interval, reference interval of that process)`.
    pub fn flush_limit(&self, store: Option<usize>) -> Nanos {
        let Some(store) = store.map(|store| &self.stores[store]) else { return POD_INTERVAL };
        let service = store.service.as_deref().unwrap_or_default();
        let reference = match (store.suite.is_some(), service) {
            // The suites' own settings: `test/integration/*/suite_test.go`.
            (true, "signalprocessing" | "aianalysis" | "authwebhook") => 100 * MILLISECOND,
            (false, "authwebhook") => 5 * SECOND,
            _ => POD_INTERVAL,
        };
        store.interval().map_or(reference, |interval| interval.min(reference))
    }

    /// `min(p95 of the other batches, 1 s)`: of the same store, with fewer than five of the whole service, and without
    /// those of the same slow episode.
    pub fn write_limit(&self, store: Option<usize>, event: Option<usize>) -> Nanos {
        let own = event.and_then(|event| self.events[event].batch);
        let episode = own.map(|batch| self.batches[batch].flushed + Duration::between(-RETRY_BUDGET, RETRY_BUDGET));
        let took = own.and_then(|own| self.write_time(own).lo());
        let p95 = |writes: &Writes, holds_own: bool| {
            let own_normal = took.filter(|took| holds_own && *took <= LONGEST_WRITE);
            let normal = writes.normal.len() - usize::from(own_normal.is_some());
            let of_another_episode = |(index, flushed): &&(usize, Instant)| {
                Some(*index) != own
                    && episode.is_none_or(|episode| flushed.surely_before(episode) || episode.surely_before(*flushed))
            };
            let all = normal + writes.slow.iter().filter(of_another_episode).count();
            let rank = (all * 95).div_ceil(100).saturating_sub(1);
            // The event's own write is left out: those that are longer stand one place further on.
            let behind = own_normal.is_some_and(|own| writes.normal.partition_point(|took| *took < own) <= rank);
            let at = rank + usize::from(behind);
            (all, if rank < normal { writes.normal.get(at).copied() } else { (all > 0).then_some(LONGEST_WRITE) })
        };
        let own_store = own.map(|own| self.batches[own].store);
        let of_store = store.and_then(|store| Some(p95(self.index.writes_of.get(&store)?, own_store == Some(store))));
        let (_, p95) = of_store.filter(|(all, _)| *all >= 5).unwrap_or_else(|| p95(&self.index.writes, own.is_some()));
        p95.map_or(LONGEST_WRITE, |p95| p95.clamp(20 * MILLISECOND, LONGEST_WRITE))
    }

    /// How long a batch's write took, from the first attempt to the 2xx.
    pub fn write_time(&self, batch: usize) -> Duration {
        let batch = &self.batches[batch];
        if let Some(took) = batch.took {
            return Duration::exact(took);
        }
        if let (Some(ended), Some(fired)) = (batch.ended_by_tick, batch.fired)
            && let Some(took) = ended.at.checked_sub(fired).filter(|took| *took >= 0)
        {
            let lo = batch.requests.last().map_or(0, |request| self.requests[*request].line.duration);
            return Duration::between(took.max(lo), took.max(lo) + 2 * MILLISECOND);
        }
        match batch.requests.as_slice() {
            [one] => Duration::at_least(self.requests[*one].line.duration),
            _ => (batch.written - batch.flushed).not_negative(),
        }
    }
}

/// The value below which `percent` of the sorted values lie (nearest rank).
pub fn quantile(sorted: &[Nanos], percent: usize) -> Option<Nanos> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

impl Case<'_> {
    /// The last look that began before the deadline and was answered.
    pub fn last_look(&self) -> Option<&LookSeen> {
        self.looking.looks.iter().rev().find(|look| !look.timed_out())
    }

    /// When the last look's answer was fixed; for a spec whose looks are not known, the end of looking.
    pub fn last_look_at(&self) -> Option<Instant> {
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
        let id = wanted.correlation_id.as_deref()?;
        let same_type = self.of_this_suite(self.world.emissions(Some(wanted.event_type.as_deref()?), None));
        let created: Vec<&str> = self
            .world
            .spec_lines(self.failed.block)
            .filter_map(|(_, line)| match line {
                TestLine::Created { name } => Some(&**name),
                TestLine::Step { text } => text.rsplit(['/', ' ']).next(),
                _ => None,
            })
            .collect();
        let names_object = |event: &Event| {
            event.object.as_ref().is_some_and(|(_, name)| {
                let asked = &**name == id || (name.len() > 3 && id.starts_with(&format!("{name}-")));
                asked || created.contains(&&**name)
            })
        };
        if let Some(named) = same_type.iter().find(|event| names_object(&self.world.events[**event])) {
            return Some(*named);
        }
        let in_block: Vec<usize> =
            same_type.into_iter().filter(|event| self.world.events[*event].block == self.failed.block).collect();
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
        self.world.events[event].object.as_ref().is_some_and(|(_, name)| id.starts_with(&**name))
    }

    /// The links of an event that was handed to a store.
    fn links(&self, index: usize) -> Vec<Fact> {
        let event = &self.world.events[index];
        let seen = |one: Option<Seen>| one.into_iter().collect::<Vec<_>>();
        let mut links = vec![fact(Link::Emitted, State::Seen, event.times.emitted, seen(event.called.or(event.ended)))];
        links.push(match event.fate {
            Fate::Refused => absent(Link::Validated, seen(event.ended), "the client's validation refused it"),
            Fate::Open if event.validated.is_none() => {
                unobservable(Link::Validated, "the log does not show how the call went on")
            }
            _ => fact(Link::Validated, State::Seen, Instant::UNKNOWN, seen(event.validated.or(event.ended))),
        });
        links.push(match event.fate {
            Fate::Buffered => fact(Link::Buffered, State::Seen, event.times.buffered, seen(event.ended)),
            Fate::DroppedFull => absent(Link::Buffered, seen(event.ended), "the channel was full"),
            Fate::DroppedClosed => absent(Link::Buffered, seen(event.ended), "the store was closed"),
            Fate::Refused => after_break(Link::Buffered),
            Fate::Open => match self.closed_store_panic() {
                Some(panic) => absent(Link::Buffered, vec![panic], "the send panicked: the store was closed"),
                None => unobservable(Link::Buffered, "the log does not show how the call ended"),
            },
        });
        links.extend(self.batch_links(event));
        propagate(&mut links);
        links
    }

    /// `send on closed channel` in the spec's own block.
    pub fn closed_store_panic(&self) -> Option<Seen> {
        let panicked = self.failed.message.contains("send on closed channel");
        let block = &self.world.output.blocks[self.failed.block];

        block.range.clone().find_map(|index| match &self.world.files[block.file].sightings[index].what {
            What::Caller(CallerLine::Panic { message }) if message.contains("closed channel") => {
                Some(Seen { file: block.file, index })
            }
            What::Test(TestLine::Failure { message, .. }) if panicked && message.contains("closed channel") => {
                Some(Seen { file: block.file, index })
            }
            _ => None,
        })
    }

    fn batch_links(&self, event: &Event) -> Vec<Fact> {
        if event.fate != Fate::Buffered {
            return vec![after_break(Link::Flushed), after_break(Link::Sent), after_break(Link::Created)];
        }
        let Some(batch) = event.batch.map(|batch| &self.world.batches[batch]) else {
            let ticks = self.visible.ticks || self.visible.flushes;
            let state = if ticks { State::Pending } else { State::Unobservable };
            let because = if ticks {
                "no flush of its store after it in the log"
            } else {
                "lines of ticks and flushes are not printed at this level"
            };
            return [Link::Flushed, Link::Sent, Link::Created]
                .into_iter()
                .map(|link| Fact {
                    link,
                    state,
                    at: Instant::UNKNOWN,
                    seen: Vec::new(),
                    because: Some(because.to_owned()),
                })
                .collect();
        };
        let mut links = vec![fact(Link::Flushed, State::Seen, event.times.flushed, vec![batch.at])];
        let requests: Vec<Seen> = batch.requests.iter().map(|request| self.world.requests[*request].at).collect();
        let last = batch.requests.last().map(|request| &self.world.requests[*request]);
        let failed_lines = || {
            batch
                .failures
                .iter()
                .map(|(seen, _)| *seen)
                .chain(batch.outcome_at)
                .chain(requests.iter().copied())
                .collect::<Vec<_>>()
        };
        let parked = last.is_some_and(|request| request.parked);
        match batch.outcome {
            Outcome::Refused => {
                links.push(absent(
                    Link::Sent,
                    failed_lines(),
                    "the batch was dropped after an answer that is not retried",
                ));
                links.push(after_break(Link::Created));
            }
            // The client gave up, and the server had committed.
            Outcome::Lost if batch.requests.iter().any(|request| self.world.requests[*request].created()) => {
                links.push(fact(Link::Sent, State::Seen, event.times.written, failed_lines()));
                links.push(fact(Link::Created, State::Seen, event.times.visible, requests));
            }
            Outcome::Lost => {
                links.push(absent(Link::Sent, failed_lines(), "the batch was dropped after its last attempt"));
                links.push(after_break(Link::Created));
            }
            Outcome::Written | Outcome::Open if parked => {
                links.push(fact(Link::Sent, State::Seen, event.times.written, requests.clone()));
                links.push(absent(Link::Created, requests, "the server parked it: accepted with 202, not visible"));
            }
            Outcome::Written => {
                links.push(fact(
                    Link::Sent,
                    State::Seen,
                    event.times.written,
                    batch.outcome_at.into_iter().chain(requests.iter().copied()).collect(),
                ));
                links.push(fact(
                    Link::Created,
                    State::Seen,
                    event.times.visible,
                    batch.outcome_at.into_iter().chain(requests).collect(),
                ));
            }
            Outcome::Open => match last {
                Some(request) if request.created() => {
                    links.push(fact(Link::Sent, State::Seen, event.times.written, requests.clone()));
                    links.push(fact(Link::Created, State::Seen, event.times.visible, requests));
                }
                Some(request)
                    if (400..500).contains(&request.line.status)
                        && request.line.status != 401
                        && request.line.status != 403 =>
                {
                    links.push(absent(Link::Sent, requests, "the server refused the batch"));
                    links.push(after_break(Link::Created));
                }
                _ => {
                    let because = "no line shows how the write ended";
                    links.push(Fact {
                        link: Link::Sent,
                        state: State::Pending,
                        at: Instant::UNKNOWN,
                        seen: requests.clone(),
                        because: Some(because.to_owned()),
                    });
                    links.push(Fact {
                        link: Link::Created,
                        state: State::Pending,
                        at: Instant::UNKNOWN,
                        seen: requests,
                        because: Some(because.to_owned()),
                    });
                }
            },
        }
        links
    }

    /// The links of an event that no line shows.
    fn never_emitted(&self, wanted: &Wanted) -> Vec<Fact> {
        let first = if self.lines_are_sampled() {
            unobservable(Link::Emitted, "lines are sampled here: the store's own numbers have holes")
        } else if self.visible.calls {
            self.absence(wanted)
        } else if self.visible.any {
            unobservable(Link::Emitted, "lines of calls to the store are not printed at this level")
        } else {
            unobservable(Link::Emitted, "no log of the store that would emit it")
        };
        let state = first.state;
        let mut links = vec![first];
        for link in [Link::Validated, Link::Buffered, Link::Flushed, Link::Sent, Link::Created] {
            links.push(match state {
                State::Absent => after_break(link),
                state => Fact { link, state, at: Instant::UNKNOWN, seen: Vec::new(), because: None },
            });
        }
        links
    }

    /// The encoder dropped lines of this block (zap's sampling): numbers of buffered events are missing between others.
    fn lines_are_sampled(&self) -> bool {
        let numbers = self.store.into_iter().flat_map(|store| {
            let segments = self.world.stores[store].segments.iter();
            segments.filter(|segment| segment.block == self.failed.block).flat_map(|segment| {
                segment.lines.iter().filter_map(|index| match &self.world.files[segment.file].sightings[*index].what {
                    What::Store(line) => match &line.event {
                        StoreEvent::Buffered { total, .. } => Some(*total),
                        _ => None,
                    },
                    _ => None,
                })
            })
        });
        let numbers: std::collections::BTreeSet<u64> = numbers.collect();
        let span = numbers.first().zip(numbers.last()).map_or(0, |(first, last)| last - first + 1);
        span > numbers.len() as u64
    }

    /// Whether the emission surely did not happen: the object's own lines show that its processing ended, or the
    /// process's log goes on for longer than any phase took elsewhere.
    fn absence(&self, wanted: &Wanted) -> Fact {
        let world = self.world;
        let block = &world.output.blocks[self.failed.block];
        let lines = &world.files[block.file].sightings;
        let last = block.range.clone().rev().find_map(|index| match &lines[index].what {
            What::Caller(CallerLine::Reconciling { message, name, .. }) => {
                Some((Seen { file: block.file, index }, message, name))
            }
            _ => None,
        });
        // Ids are made of the object's name, or are it; another object's end says nothing of the awaited one.
        let own =
            |name: &str| wanted.correlation_id.as_deref().is_none_or(|id| id.starts_with(name) || name.starts_with(id));
        if let Some((seen, message, name)) = &last
            && own(name)
            && says_that_it_ended(message)
        {
            return absent(Link::Emitted, vec![*seen], "the object's processing ended without the call");
        }
        let Some(deadline) = self.failed.deadline.and_then(Instant::lo) else {
            return pending(Link::Emitted, "no call for it in the log");
        };
        let quiet_from = last.as_ref().and_then(|(seen, ..)| world.printed.of(*seen).hi());
        let quiet_from = quiet_from.or_else(|| self.looking.start.and_then(Instant::lo)).unwrap_or(deadline);
        let covered = self.covered_until(deadline);
        let longest = world.longest_pause(self.failed.block);
        if covered - quiet_from > longest.max(2 * SECOND) {
            let seen: Vec<Seen> = last.iter().map(|(seen, ..)| *seen).collect();
            let because = format!(
                "no call for it in {} s after the object's last line, longer than any phase took elsewhere",
                (covered - quiet_from) / SECOND
            );
            return Fact { because: Some(because), ..absent(Link::Emitted, seen, "") };
        }
        pending(Link::Emitted, "no call for it by the end of the spec's log")
    }

    /// Until when the process's log is whole: its own block, and the next ones while the store's count has no gap.
    fn covered_until(&self, deadline: Nanos) -> Nanos {
        let Some(store) = self.store else { return deadline };
        let store = &self.world.stores[store];
        let mut covered = deadline;
        let mut last_total = None;
        let mut own_seen = false;
        for segment in &store.segments {
            let totals: Vec<u64> = segment
                .lines
                .iter()
                .filter_map(|index| match &self.world.files[segment.file].sightings[*index].what {
                    What::Store(line) => match &line.event {
                        StoreEvent::Buffered { total, .. } => Some(*total),
                        _ => None,
                    },
                    _ => None,
                })
                .collect();
            let gap = last_total.zip(totals.iter().min()).is_some_and(|(last, first): (u64, &u64)| *first != last + 1);
            if own_seen {
                if gap {
                    break;
                }
                covered = covered.max(self.world.output.blocks[segment.block].span.map_or(deadline, |(_, last)| last));
            }
            own_seen |= segment.block == self.failed.block;
            last_total = totals.iter().max().copied().or(last_total);
        }
        covered
    }

    /// Stages of a journey, each against its limit.
    fn stages(&self, journey: &Journey) -> Vec<StageFact> {
        let Some(index) = journey.event else { return Vec::new() };
        let event = &self.world.events[index];
        let times = &event.times;
        let batch = event.batch.map(|batch| &self.world.batches[batch]);
        let mut stages = Vec::new();
        let mut add = |stage: Stage,
                       from: Instant,
                       to: Instant,
                       limit: Option<Nanos>,
                       visible_with_limit: Option<Instant>,
                       seen: Vec<Seen>| {
            let took = (to - from).not_negative();
            if !from.is_unknown() && !to.is_unknown() {
                stages.push(StageFact { stage, took, limit, visible_with_limit, seen });
            }
        };
        if let Some(trigger) = self.trigger() {
            add(
                Stage::EmitWait,
                trigger,
                times.emitted,
                None,
                None,
                event.object_at.into_iter().chain(event.called).collect(),
            );
        }
        if event.fate != Fate::Buffered {
            return stages;
        }
        add(
            Stage::Buffer,
            times.emitted,
            times.buffered,
            Some(SECOND),
            None,
            event.called.into_iter().chain(event.ended).collect(),
        );
        // Not flushed by the end of the log: the wait is at least so long.
        let end = self.end_of_log();
        let flushed =
            if times.flushed.is_unknown() && self.visible.ticks { Instant::not_before(end) } else { times.flushed };
        let write_took = (times.visible - times.flushed).not_negative();
        let normal_flush = times.buffered + Duration::exact(self.flush_limit);
        let with_flush_limit = if times.visible.is_unknown() {
            normal_flush + Duration::between(0, self.write_limit)
        } else {
            normal_flush + write_took
        };
        add(
            Stage::FlushWait,
            times.buffered,
            flushed,
            Some(self.flush_limit),
            Some(with_flush_limit),
            event.ended.into_iter().chain(batch.map(|batch| batch.at)).collect(),
        );
        if let Some(batch) = batch {
            // A commit lies anywhere within its request, the answer at its end: that is how long the write took.
            let visible = if times.written.is_unknown() { times.visible } else { times.written };
            // A later tick shows that the writer came back from it, whatever the answer was.
            let still_open = batch.outcome == Outcome::Open && batch.ended_by_tick.is_none();
            let visible = if visible.is_unknown() && still_open { Instant::not_before(end) } else { visible };
            let answered = batch.requests.iter().map(|request| self.world.requests[*request].at);
            let mut lines: Vec<Seen> = answered.chain(batch.outcome_at).collect();
            if lines.is_empty() {
                // Nothing answered: the flush is all that was seen of it.
                lines.push(batch.at);
            }
            add(
                Stage::Write,
                times.flushed,
                visible,
                Some(self.write_limit),
                Some(times.flushed + Duration::between(0, self.write_limit)),
                lines,
            );
        }
        if let Some(look) =
            self.looking.looks.iter().find(|look| look.at.is_some_and(|at| times.visible.surely_before(at)))
        {
            let asked = look.request.map(|request| self.world.requests[request].at);
            let lines = look.lines.iter().copied().chain(asked).collect();
            add(Stage::LookWait, times.visible, look.at.unwrap_or(Instant::UNKNOWN), None, None, lines);
        }
        stages
    }

    /// Until when the block surely shows its process: a whole second that has begun need not be over.
    fn end_of_log(&self) -> Nanos {
        let block = &self.world.output.blocks[self.failed.block];
        let last = block.range.clone().rev().find_map(|index| {
            let printed = self.world.printed.of(Seen { file: block.file, index });
            printed.lo()
        });
        last.or_else(|| self.failed.deadline?.lo()).unwrap_or(0)
    }

    /// What set the awaited event off: the last step before the first look, else the start of looking.
    pub fn trigger(&self) -> Option<Instant> {
        let first_look = self.looking.looks.first().and_then(|look| look.at).or(self.looking.start)?;
        let step = self
            .world
            .spec_lines(self.failed.block)
            .filter(|(_, line)| matches!(line, TestLine::Step { .. }))
            .map(|(seen, _)| self.world.printed.of(seen))
            .filter(|at| at.surely_before(first_look))
            .last();
        step.or(self.looking.start)
    }
}

impl World {
    /// The longest pause between two lines of one object in other blocks: the longest that a phase took.
    fn longest_pause(&self, except: usize) -> Nanos {
        let [first, second] = self.index.pauses;
        if first.0 == except { second.1 } else { first.1 }
    }
}

/// A controller's last words on an object (`internal/controller/*`).
fn says_that_it_ended(message: &str) -> bool {
    ["completed", "Completed", "terminal", "finished", "Failed phase", "as Failed"]
        .iter()
        .any(|word| message.contains(word))
        && !message.contains("approval required")
}

fn fact(link: Link, state: State, at: Instant, seen: Vec<Seen>) -> Fact {
    Fact { link, state, at, seen, because: None }
}

fn absent(link: Link, seen: Vec<Seen>, because: &str) -> Fact {
    Fact { link, state: State::Absent, at: Instant::UNKNOWN, seen, because: Some(because.to_owned()) }
}

fn pending(link: Link, because: &str) -> Fact {
    Fact { link, state: State::Pending, at: Instant::UNKNOWN, seen: Vec::new(), because: Some(because.to_owned()) }
}

fn unobservable(link: Link, because: &str) -> Fact {
    Fact { link, state: State::Unobservable, at: Instant::UNKNOWN, seen: Vec::new(), because: Some(because.to_owned()) }
}

fn after_break(link: Link) -> Fact {
    Fact {
        link,
        state: State::Absent,
        at: Instant::UNKNOWN,
        seen: Vec::new(),
        because: Some("an earlier link broke".to_owned()),
    }
}

/// A link before one that was seen was passed, whether or not a line shows it.
fn propagate(links: &mut [Fact]) {
    let mut later_seen = false;
    for fact in links.iter_mut().rev() {
        if later_seen && fact.state == State::Unobservable {
            fact.state = State::Seen;
            fact.because = Some("a later link was seen".to_owned());
        }
        later_seen |= fact.state == State::Seen;
    }
}
