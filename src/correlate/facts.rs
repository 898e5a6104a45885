//! Facts about a case that more than one cause asks for.

use crate::instant::{Instant, MILLISECOND, Nanos, SECOND};
use crate::report::{Evidence, Place};
use crate::sighting::{TestLine, What};

use super::Seen;
use super::journeys::{Case, Journey, RETRY_BUDGET};
use super::looks::LookSeen;
use super::pairing::is_timeout;
use super::replay::{Batch, Event, Outcome};
use super::requests::Request;

/// What the attempts of a lost batch ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// An answer with a status of 400 to 499.
    Client(u16),
    /// An answer with a status of 500 to 599.
    Server(u16),
    /// Parked: 202.
    Parked,
    /// No answer: dial, reset, DNS, time-out.
    Network,
}

/// Reads the status out of an attempt's error (`pkg/audit/openapi_client_adapter.go`, all forms).
pub fn trouble_of(error: &str) -> Trouble {
    let after = |needle: &str| -> Option<u16> {
        let rest = &error[error.find(needle)? + needle.len()..];
        rest.get(..3)?.parse().ok()
    };
    let status =
        after("returned status ").or_else(|| after("unexpected status code: ")).or_else(|| after("default (code "));
    match status {
        Some(202) => Trouble::Parked,
        Some(status @ 400..=499) => Trouble::Client(status),
        Some(status @ 500..=599) => Trouble::Server(status),
        _ => Trouble::Network,
    }
}

/// Whether a flush ended before the event was buffered: by their times, or as the lines of a block are printed in order.
pub fn flushed_before(event: &Event, ended: Instant, seen: Seen) -> bool {
    let call = event.called.or(event.ended);
    ended.surely_before(event.times.buffered)
        || call.is_some_and(|call| call.file == seen.file && seen.index < call.index)
}

impl<'a> Case<'a> {
    /// A statement with its lines.
    pub fn evidence(&self, text: impl Into<String>, seen: impl IntoIterator<Item = Seen>) -> Evidence {
        const MOST: usize = 8;
        let mut places: Vec<Place> = Vec::new();
        for place in seen.into_iter().map(|seen| self.world.place(seen)) {
            if !places.contains(&place) && places.len() < MOST {
                places.push(place);
            }
        }
        if places.is_empty() {
            // No statement without a place: the failure's own lines are what it is about.
            places.push(self.failure_place());
        }
        Evidence { text: text.into(), places }
    }

    /// Where the failure stands in the test output.
    pub fn failure_place(&self) -> Place {
        self.world.place_at(self.failed.message_at)
    }

    /// Journeys with the event that each follows.
    pub fn followed(&self) -> impl Iterator<Item = (&Journey, &'a Event)> {
        self.journeys.iter().filter_map(|journey| Some((journey, &self.world.events[journey.event?])))
    }

    /// The event that decides: the one that broke earliest, else the one that became visible last.
    pub fn decisive(&self) -> Option<&Journey> {
        let broken = self
            .journeys
            .iter()
            .filter_map(|journey| Some((journey.broken()?.link, journey)))
            .min_by_key(|(link, _)| *link)
            .map(|(_, journey)| journey);
        broken.or_else(|| {
            self.journeys.iter().max_by_key(|journey| {
                journey.event.map_or(Nanos::MAX, |event| {
                    let times = self.world.events[event].times;
                    if times.visible.is_unknown() { Nanos::MAX } else { times.visible.key() }
                })
            })
        })
    }

    /// The decisive event's batch; where its lines are hidden, the lost batch that could have held it.
    pub fn batch(&self) -> Option<&'a Batch> {
        match self.decisive().and_then(|journey| journey.event) {
            Some(event) => self.world.events[event].batch.map(|batch| &self.world.batches[batch]),
            None => self.lost_batch_of_window(),
        }
    }

    /// Name of the awaited type.
    pub fn awaited_name(&self) -> String {
        let journey = self.decisive().or(self.journeys.first());
        journey.and_then(|journey| journey.wanted.event_type.as_deref()).unwrap_or("the awaited event").to_owned()
    }

    /// The log begins within the spec, or may do so: its first lines are lost.
    pub fn is_headless(&self) -> bool {
        let block = &self.world.output.blocks[self.failed.block];
        let suite = block.suite.map(|suite| &self.world.output.suites[suite]);
        suite.is_some_and(|suite| suite.name.is_none() && suite.range.start == block.range.start)
    }

    /// The log ends before the failure's stamp and its message.
    pub fn is_cut_off(&self) -> bool {
        self.failed.deadline.is_none() && self.failed.message.is_empty()
    }

    /// Looks whose answer was fixed surely after the event was visible.
    pub fn looks_after_visible(&self) -> Vec<&'a LookSeen> {
        let Some(journey) = self.decisive() else { return Vec::new() };
        let Some(visible) = journey.event.map(|event| self.world.events[event].times.visible) else {
            return Vec::new();
        };
        if visible.hi().is_none() {
            return Vec::new();
        }
        self.looking.looks.iter().filter(|look| look.at.is_some_and(|at| visible.surely_before(at))).collect()
    }

    /// Those of [`Self::looks_after_visible`] that were answered: a look that timed out or failed returned nothing.
    pub fn answered_after_visible(&self) -> Vec<&'a LookSeen> {
        let requests = &self.world.requests;
        let answered = |look: &&LookSeen| {
            !look.timed_out()
                && !look.failed(requests)
                && look.request.is_none_or(|request| !requests[request].is_echo())
        };
        self.looks_after_visible().into_iter().filter(answered).collect()
    }

    /// The line of a look: its own, else its request's.
    pub fn look_line(&self, look: &LookSeen) -> Option<Seen> {
        look.lines.last().copied().or_else(|| Some(self.world.requests[look.request?].at))
    }

    /// What the attempts of a batch ran into, last attempt last.
    pub fn troubles(&self, batch: &Batch) -> Vec<(Trouble, Seen)> {
        if batch.failures.is_empty() {
            return batch
                .requests
                .iter()
                .map(|request| &self.world.requests[*request])
                .filter(|request| !request.created())
                .map(|request| {
                    let status = request.line.status;
                    let trouble = match status {
                        _ if request.is_echo() => Trouble::Network,
                        202 => Trouble::Parked,
                        400..=499 => Trouble::Client(status),
                        500..=599 => Trouble::Server(status),
                        _ => Trouble::Network,
                    };
                    (trouble, request.at)
                })
                .collect();
        }
        batch.failures.iter().map(|(seen, error)| (trouble_of(error), *seen)).collect()
    }

    /// Lines about a batch: opening, attempts, outcome, requests and what their handlers said.
    pub fn batch_lines(&self, batch: &Batch) -> Vec<Seen> {
        let requests = batch.requests.iter().map(|request| &self.world.requests[*request]);
        let said = requests.clone().filter_map(|request| request.trouble.as_ref().map(|(_, seen)| *seen));
        let attempts = batch.failures.iter().map(|(seen, _)| *seen);
        attempts
            .chain(batch.outcome_at)
            .chain(requests.map(|request| request.at))
            .chain(said)
            .chain([batch.at])
            .collect()
    }

    /// What a handler said of the last attempt of a batch that it answered with a status.
    pub fn handler_words(&self, batch: &Batch, status: u16) -> Option<String> {
        let requests = batch.requests.iter().rev().map(|request| &self.world.requests[*request]);
        let of_status = requests.filter(|request| request.line.status == status);
        of_status.filter_map(|request| request.trouble.as_ref()).map(|(text, _)| text.to_string()).next()
    }

    /// That the server took a batch: the client's line, and those of the server.
    pub fn accepted(&self, batch: &Batch) -> Option<Evidence> {
        let said = (batch.outcome == Outcome::Written).then_some(batch.outcome_at.unwrap_or(batch.at));
        let requests = batch.requests.iter().map(|request| &self.world.requests[*request]);
        let created = requests.filter(|request| request.created()).map(|request| request.at);
        let lines: Vec<Seen> = said.into_iter().chain(created).collect();
        let text = if batch.only_returned() {
            "the writer came back from its batch and printed no failure"
        } else {
            "its batch was accepted"
        };
        (!lines.is_empty()).then(|| self.evidence(text, lines))
    }

    /// Whether another spec's look for this type found rows: then the helper and its filter match it.
    pub fn matched_elsewhere(&self) -> Option<Seen> {
        let wanted = &self.decisive()?.wanted;
        let name = wanted.event_type.as_deref()?;
        let suite = self.world.output.blocks[self.failed.block].suite;
        self.world.index.matched(suite, name, self.failed.block)
    }

    /// A look of another spec for the id that this one awaits.
    pub fn asked_elsewhere(&self, journey: &Journey) -> Option<Seen> {
        let id = journey.wanted.correlation_id.clone()?;
        let asked = self.world.index.asked.get(&(self.world.output.blocks[self.failed.block].suite, id))?;
        asked.iter().find(|(block, _)| *block != self.failed.block).map(|(_, seen)| *seen)
    }

    /// Explicit flushes that the failing spec asked for, when lines show them: (ended, left in the channel).
    pub fn explicit_flushes(&self) -> Vec<(Instant, u64, Seen)> {
        let block = &self.world.output.blocks[self.failed.block];
        let mut flushes: Vec<(Instant, u64, Seen)> = self
            .world
            .index
            .flushes_in(block)
            .into_iter()
            .map(|flush| &self.world.flushes[flush])
            .map(|flush| (self.world.printed.of(flush.ended), flush.left, flush.ended))
            .collect();
        if flushes.is_empty() {
            flushes = self
                .world
                .spec_lines(self.failed.block)
                .filter(|(_, line)| matches!(line, TestLine::SpecFlushed))
                .map(|(seen, _)| (self.world.printed.of(seen), 0, seen))
                .collect();
        }
        flushes
    }

    /// The same type, emitted in the failing block, or by a pod in its time, under another id than the awaited one.
    pub fn same_type_in_block(&self, journey: &Journey) -> Option<usize> {
        let wanted = journey.wanted.event_type.as_deref()?;
        let block = &self.world.output.blocks[self.failed.block];
        let of_type = self.world.emissions(Some(wanted), None);
        of_type.into_iter().find(|event| {
            let event = &self.world.events[*event];
            let by_pod = self.world.stores[event.store].suite.is_none();
            let span = block.span.zip(event.times.emitted.hi());
            let meanwhile = span.is_some_and(|((first, last), emitted)| (first..=last).contains(&emitted));
            event.block == self.failed.block || (by_pod && meanwhile)
        })
    }

    /// A flush that ended after the event was buffered, left events in the channel, and did not surely take this one.
    pub fn flush_that_left(&self, event: &Event) -> Option<(u64, Seen)> {
        let left_it = |(ended, left, _): &(Instant, u64, Seen)| {
            *left > 0 && !ended.surely_before(event.times.buffered) && !event.times.flushed.surely_before(*ended)
        };
        self.explicit_flushes().into_iter().find(left_it).map(|(_, left, seen)| (left, seen))
    }

    /// Writes of the spec's own store, by the server's lines; of all stores, where no line ties a connection to it.
    pub fn writes_of_store(&self) -> impl Iterator<Item = (usize, &'a Request)> {
        let world = self.world;
        let own = self.store.and_then(|store| world.index.requests_of.get(&store));
        own.unwrap_or(&world.index.requests).iter().map(|index| (*index, &world.requests[*index]))
    }

    /// The flush interval of the spec's store, else the one that all stores of its suite have.
    pub fn interval(&self) -> Option<Nanos> {
        let own = self.store.and_then(|store| self.world.stores[store].interval());
        let suite = self.world.output.blocks[self.failed.block].suite;
        let of = |suite: Option<usize>| self.world.index.intervals.get(&suite);
        own.or_else(|| match of(suite).or_else(|| of(None))?.as_slice() {
            [one] => Some(*one),
            _ => None,
        })
    }

    /// Most looks failed, or their answers were not counted: an error now and then is not why the test failed.
    pub fn queries_failed(&self) -> bool {
        let requests = &self.world.requests;
        let failed = self.looking.looks.iter().filter(|look| look.failed(requests) && !look.timed_out()).count();
        let all_returned = self.last_look().and_then(|look| requests[look.request?].rows);
        failed * 2 > self.looking.looks.len()
            || all_returned.is_some_and(|(count, total, _)| count > 0 && count == total)
    }

    /// Time-outs among the looks.
    pub fn timed_out_looks(&self) -> Vec<Seen> {
        self.looking.looks.iter().filter(|look| look.timed_out()).filter_map(|look| self.look_line(look)).collect()
    }

    /// Whether the event was visible before the last look; `None` when the intervals overlap or an end is open.
    pub fn visible_in_time(&self) -> Option<bool> {
        let journey = self.decisive()?;
        let visible = self.world.events[journey.event?].times.visible;
        let look = self.last_look_at()?;
        if visible.hi().is_some() && visible.surely_before(look) {
            Some(true)
        } else if look.surely_before(visible) {
            Some(false)
        } else {
            None
        }
    }

    /// A client that gave up on this batch after the server had committed it.
    pub fn committed_after_timeout(&self, batch: &Batch) -> bool {
        let created = batch.requests.iter().filter(|request| self.world.requests[**request].created()).count();
        created > 1
            || (created == 1 && batch.failures.iter().any(|(_, error)| is_timeout(error)) && batch.requests.len() > 1)
    }

    /// Looks came slower than the loop asked for: one query took longer than this.
    pub fn slowest_look(&self) -> Option<(Nanos, Seen)> {
        self.looking
            .looks
            .iter()
            .filter_map(|look| {
                let request = &self.world.requests[look.request?];
                Some((request.line.duration, request.at))
            })
            .max()
    }

    /// The earliest time at which the object's processing can have emitted: its first line in the block.
    pub fn first_object_line(&self) -> Option<(Instant, Seen)> {
        let block = &self.world.output.blocks[self.failed.block];
        block.range.clone().find_map(|index| match &self.world.files[block.file].sightings[index].what {
            What::Caller(crate::sighting::CallerLine::Reconciling { .. }) => {
                let seen = Seen { file: block.file, index };
                Some((self.world.printed.of(seen), seen))
            }
            _ => None,
        })
    }

    /// The longest that flush and write may take together and still be normal.
    pub fn pipeline_limit(&self) -> Nanos {
        self.flush_limit + self.write_limit
    }

    /// The window of looking, from its start to the last look.
    pub fn window(&self) -> Option<Nanos> {
        let start = self.looking.start.and_then(Instant::lo)?;
        let last = self.last_look_at()?.hi()?;
        Some((last - start).max(0))
    }

    /// Distance of the looks, when there are several: the median.
    pub fn poll_interval(&self) -> Option<Nanos> {
        let mut apart: Vec<Nanos> = self
            .looking
            .looks
            .windows(2)
            .filter_map(|pair| Some(pair[1].at?.hi()? - pair[0].at?.hi()?))
            .filter(|apart| *apart > MILLISECOND && *apart < RETRY_BUDGET.max(60 * SECOND))
            .collect();
        apart.sort_unstable();
        apart.get(apart.len() / 2).copied()
    }
}
