//! Links of an awaited event: each `Seen`, `Absent` (lost, or surely not happened), `Pending` (not by the end of the
//! log) or `Unobservable`, with its time and its places.

use crate::instant::{Instant, Nanos, SECOND};
use crate::report::{Link, State};
use crate::sighting::{CallerLine, StoreEvent, TestLine, What};

use super::awaited::Wanted;
use super::facts::{Trouble, trouble_of};
use super::journeys::Case;
use super::replay::{Batch, Event, Fate, Outcome};
use super::requests::Request;
use super::stores::{Segment, Store};
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

impl Case<'_> {
    /// The links of an event that was handed to a store.
    pub(super) fn links(&self, index: usize) -> Vec<Fact> {
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
        if let Some(batch) = event.batch.map(|batch| &self.world.batches[batch]) {
            let [sent, created] = self.write_links(event, batch);
            return vec![fact(Link::Flushed, State::Seen, event.times.flushed, vec![batch.at]), sent, created];
        }
        if let Some((by, tick)) = self.emptied_by(event) {
            let at = event.times.buffered.lo().map_or(by, |buffered| Instant::not_before(buffered).and(by));
            let flushed = Fact {
                because: Some("the next tick found the store empty".to_owned()),
                ..fact(Link::Flushed, State::Seen, at, vec![tick])
            };
            let open = |link| pending(link, "no line shows the flush that took it, nor how its write ended");
            return vec![flushed, open(Link::Sent), open(Link::Created)];
        }
        let unflushed = if self.visible.ticks || self.visible.flushes {
            |link| pending(link, "no flush of its store after it in the log")
        } else {
            |link| unobservable(link, "lines of ticks and flushes are not printed at this level")
        };
        [Link::Flushed, Link::Sent, Link::Created].map(unflushed).into()
    }

    /// Sent and created: how the write of its batch ended.
    fn write_links(&self, event: &Event, batch: &Batch) -> [Fact; 2] {
        let asked: Vec<&Request> = batch.requests.iter().map(|request| &self.world.requests[*request]).collect();
        let requests: Vec<Seen> = asked.iter().map(|request| request.at).collect();
        let last = asked.last().copied();
        let ended: Vec<Seen> = batch.outcome_at.into_iter().chain(requests.iter().copied()).collect();
        let failed: Vec<Seen> = batch.failures.iter().map(|(seen, _)| *seen).chain(ended.iter().copied()).collect();
        let sent = |seen| fact(Link::Sent, State::Seen, event.times.written, seen);
        let created = |seen| fact(Link::Created, State::Seen, event.times.visible, seen);
        let not_sent = |seen, because| [absent(Link::Sent, seen, because), after_break(Link::Created)];
        match (batch.outcome, last) {
            (Outcome::Refused, _) => not_sent(failed, "the batch was dropped after an answer that is not retried"),
            // The client gave up, and the server had committed.
            (Outcome::Lost, _) if asked.iter().any(|request| request.created()) => [sent(failed), created(requests)],
            (Outcome::Lost, _) => not_sent(failed, "the batch was dropped after its last attempt"),
            (Outcome::Written | Outcome::Open, Some(request)) if request.parked => {
                let parked =
                    absent(Link::Created, requests.clone(), "the server parked it: accepted with 202, not visible");
                [sent(requests), parked]
            }
            (Outcome::Open, _) if batch.failures.last().is_some_and(|(_, error)| is_final(error)) => {
                not_sent(failed, "the server refused the batch, and such an answer is not retried")
            }
            (Outcome::Written, _) => [sent(ended.clone()), created(ended)],
            (Outcome::Open, Some(request)) if request.created() => [sent(requests.clone()), created(requests)],
            (Outcome::Open, Some(request)) if request.refused() => not_sent(requests, "the server refused the batch"),
            (Outcome::Open, _) => {
                let open = |link| Fact { seen: requests.clone(), ..pending(link, "no line shows how the write ended") };
                [open(Link::Sent), open(Link::Created)]
            }
        }
    }

    /// The links of an event that no line shows.
    pub(super) fn never_emitted(&self, wanted: &Wanted) -> Vec<Fact> {
        let first = if self.lines_are_missing() {
            unobservable(Link::Emitted, "lines are missing here: the store's own numbers have holes")
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

    /// Lines of this block are missing, be it that the encoder sampled them or that a file was cut: then a call that no
    /// line shows can have been made all the same. The store's own numbers go on by one, and each call has a first line.
    fn lines_are_missing(&self) -> bool {
        let Some(store) = self.store else { return false };
        let own = self.world.stores[store].segments_in(self.failed.block);
        own.iter().any(|segment| segment.misses_lines(&self.world.files)) || self.a_refusal_is_missing()
    }

    /// A caller was told that its event was not taken, and no event of the block shows that end.
    fn a_refusal_is_missing(&self) -> bool {
        let block = &self.world.output.blocks[self.failed.block];
        let lines = &self.world.files[block.file].sightings[block.range.clone()];
        let told =
            lines.iter().filter(|line| matches!(line.what, What::Caller(CallerLine::AuditFailed { .. }))).count();
        let refused = lines.iter().filter(|line| match &line.what {
            What::Store(line) => matches!(line.event, StoreEvent::Refused { .. } | StoreEvent::DroppedFull { .. }),
            _ => false,
        });
        told > refused.count()
    }

    /// Somewhere in what the spec's process printed lines are missing: nothing is proven by a line's absence. Encoders
    /// sample for each process by itself; where the process's store is not known, any store's holes count.
    pub fn log_is_holed(&self) -> bool {
        let holed = &self.world.index.holed;
        self.store.map_or(!holed.is_empty(), |store| holed.contains(&store))
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
        if self.is_headless() {
            return pending(Link::Emitted, "no call for it in what is left of the spec's log");
        }
        let quiet_from = last.as_ref().and_then(|(seen, ..)| world.printed.of(*seen).hi());
        let quiet_from = quiet_from.or_else(|| self.looking.start.and_then(Instant::lo)).unwrap_or(deadline);
        if !self.log_reaches(wanted, deadline) {
            return pending(Link::Emitted, "no call for it in the log, and no log of its store to the end of the spec");
        }
        let covered = self.covered_until(deadline);
        // What a process logs after its spec stands in its next block, and a cut log may have lost that.
        let suite = block.suite.map(|suite| &world.output.suites[suite]);
        let prints_here = world.stores.iter().any(|store| store.suite == block.suite);
        if prints_here && covered == deadline && suite.is_some_and(|suite| suite.totals.is_none()) {
            return pending(Link::Emitted, "no call for it in the log, which ends before the run does");
        }
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

    /// Whether the log that would hold the call goes to the end of the spec. A pod's log is a file of its own; one that
    /// ends before may have lost the call.
    fn log_reaches(&self, wanted: &Wanted, deadline: Nanos) -> bool {
        let world = self.world;
        let suite = world.output.blocks[self.failed.block].suite;
        let end = match self.store.map(|store| &world.stores[store]) {
            Some(store) if store.suite.is_none() => world.pod_ends(store),
            Some(_) => return true,
            None if world.stores.iter().any(|store| store.suite == suite) => return true,
            None => self.pods_end(wanted),
        };
        end.is_some_and(|end| end >= deadline)
    }

    /// The earliest end of the pods' logs that may hold the call: those whose name has the type's first word, else all.
    fn pods_end(&self, wanted: &Wanted) -> Option<Nanos> {
        let world = self.world;
        let clients = (0..world.stores.len())
            .filter(|store| world.stores[*store].suite.is_none() && !world.is_self_audit(*store))
            .map(|store| &world.stores[store]);
        let word = wanted.event_type.as_deref().and_then(|name| name.split('.').next());
        let is_named = |store: &&Store| {
            let label = &world.files[store.segments[0].file].label;
            word.is_some_and(|word| label.contains(word) || store.logger.contains(word))
        };
        let named = clients.clone().filter(is_named).filter_map(|store| world.pod_ends(store)).min();
        named.or_else(|| clients.filter_map(|store| world.pod_ends(store)).min())
    }
}

impl World {
    /// The last stamp of the log in which a pod's store printed.
    fn pod_ends(&self, store: &Store) -> Option<Nanos> {
        let end = |segment: &Segment| self.output.blocks[segment.block].span.map(|(_, last)| last);
        store.segments.iter().filter_map(end).max()
    }

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

/// An answer of 4xx ends the attempts (`store.go`); 401 and 403 do not since 6 May 2026, and until 10 January 2026 the
/// adapter gave no status that the store knew.
fn is_final(error: &str) -> bool {
    error.contains("returned status 4")
        && matches!(trouble_of(error), Trouble::Client(status) if !matches!(status, 401 | 403))
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
