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
        let segments = self.world.stores[store].segments.iter();
        let mut own = segments.filter(|segment| segment.block == self.failed.block);
        own.any(|segment| segment.misses_lines(&self.world.files)) || self.a_refusal_is_missing()
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

    /// Somewhere in the test output that holds this failure lines are missing: nothing is proven by a line's absence.
    pub fn log_is_holed(&self) -> bool {
        self.world.index.holed.contains(&self.world.output.blocks[self.failed.block].file)
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
