//! Looks: the queries that a spec made for its events, printed by the spec or seen as the server's GET lines.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::instant::{Duration, Instant, MILLISECOND, Nanos, SECOND};
use crate::reading::LogFile;
use crate::sighting::{Look, LookPart, TestLine, Text, What};

use super::Seen;
use super::bounds::PrintTimes;
use super::clocks::shifted;
use super::requests::{About, Request};
use super::spans::Spans;
use super::specs::{Block, Failed};

/// One query of a spec.
#[derive(Debug, Clone, Default)]
pub struct LookSeen {
    /// When its answer was fixed: while the server worked on it, or before the spec printed it.
    pub at: Option<Instant>,
    /// The spec's lines.
    pub lines: Vec<Seen>,
    /// What was printed, the lines of one look joined.
    pub printed: Option<Look>,
    /// The server's line.
    pub request: Option<usize>,
}

impl LookSeen {
    /// Rows that the spec counted, else rows that the server returned.
    pub fn found(&self, requests: &[Request]) -> Option<u64> {
        self.printed.as_ref().and_then(|look| look.found).or_else(|| {
            let request = &requests[self.request?];
            self.printed.is_none().then_some(request.rows?.0)
        })
    }

    /// Rows that came back, before the spec filtered them.
    pub fn returned(&self, requests: &[Request]) -> Option<u64> {
        let by_server = self.request.and_then(|request| requests[request].rows).map(|(count, ..)| count);
        by_server.or_else(|| self.printed.as_ref().and_then(|look| look.returned))
    }

    /// Rows that match on the server.
    pub fn total(&self, requests: &[Request]) -> Option<u64> {
        self.request.and_then(|request| requests[request].rows).map(|(_, total, _)| total)
    }

    /// The query failed: it saw nothing, whatever the spec made of it. A server's "context canceled" is only the echo of
    /// a client that left.
    pub fn failed(&self, requests: &[Request]) -> bool {
        self.printed.as_ref().is_some_and(|look| look.error.is_some())
            || self.request.is_some_and(|request| {
                let request = &requests[request];
                request.line.status >= 400 && !request.is_echo()
            })
    }

    /// The client gave up waiting: the look returned nothing and does not count.
    pub fn timed_out(&self) -> bool {
        let error = self.printed.as_ref().and_then(|look| look.error.as_ref());
        error.is_some_and(|error| super::pairing::is_timeout(error) || error.contains("request canceled"))
    }
}

/// How a spec looked.
#[derive(Debug, Clone, Default)]
pub struct Looking {
    /// When it began to look.
    pub start: Option<Instant>,
    /// Its queries, in order.
    pub looks: Vec<LookSeen>,
    /// It looked in a loop that ran to its deadline.
    pub to_deadline: bool,
    /// Connection of its queries.
    pub connection: Option<String>,
}

/// The looks that a block printed, lines of one look joined.
pub fn printed_looks(files: &[LogFile], block: &Block) -> Vec<LookSeen> {
    let mut looks: Vec<(LookSeen, LookPart)> = Vec::new();
    for index in block.range.clone() {
        let What::Test(TestLine::Look(look)) = &files[block.file].sightings[index].what else { continue };
        let seen = Seen { file: block.file, index };
        match looks.last_mut() {
            Some((open, part)) if *part < look.part && joins(open, look) => {
                *part = look.part;
                open.lines.push(seen);
                open.printed = open.printed.take().map(|known| joined(known, look));
            }
            _ => {
                let printed = Some((**look).clone());
                looks.push((LookSeen { lines: vec![seen], printed, ..LookSeen::default() }, look.part));
            }
        }
    }
    looks.into_iter().map(|(look, _)| look).collect()
}

fn joins(open: &LookSeen, more: &Look) -> bool {
    let known = open.printed.as_ref();
    let same = |one: Option<&Text>, other: Option<&Text>| one.zip(other).is_none_or(|(one, other)| one == other);
    known.is_none_or(|known| same(known.correlation_id.as_ref(), more.correlation_id.as_ref()))
}

fn joined(known: Look, more: &Look) -> Look {
    Look {
        // A stamped line prints only the tail of the type.
        event_type: known.event_type.or_else(|| more.event_type.clone()),
        correlation_id: known.correlation_id.or_else(|| more.correlation_id.clone()),
        found: more.found.or(known.found),
        expected: more.expected.or(known.expected),
        returned: more.returned.or(known.returned),
        error: known.error.or_else(|| more.error.clone()),
        query: known.query.or_else(|| more.query.clone()),
        part: more.part,
    }
}

/// Everything needed to find a failing spec's looks.
pub struct Sources<'a> {
    /// Files.
    pub files: &'a [LogFile],
    /// Blocks.
    pub blocks: &'a [Block],
    /// Requests.
    pub requests: &'a [Request],
    /// Offset of each server.
    pub offsets: &'a Spans<Duration>,
    /// Print times.
    pub printed: &'a PrintTimes,
    /// See [`queries`].
    pub queries: Vec<(Nanos, Instant, usize)>,
}

/// Queries in the order of their begins on the reference clock: begin, span, request.
pub fn queries(requests: &[Request], offsets: &Spans<Duration>) -> Vec<(Nanos, Instant, usize)> {
    let mut queries: Vec<(Nanos, Instant, usize)> = requests
        .iter()
        .enumerate()
        .filter(|(_, request)| request.about == About::Query)
        .filter_map(|(index, request)| {
            let begin = shifted(request.begin, offsets.of(request)).lo()?;
            let end = shifted(request.end, offsets.of(request)).hi()?;
            Some((begin, Instant::between(begin, end), index))
        })
        .collect();
    queries.sort_unstable_by_key(|(begin, _, index)| (*begin, *index));
    queries
}

/// The spec prints a look at once after its answer; a poll loop adds its own scheduling.
const AFTER_ANSWER: Nanos = 60 * MILLISECOND;
/// Several GETs within this time are the pages of one look.
const ONE_LOOK: Nanos = 20 * MILLISECOND;

impl Sources<'_> {
    /// How a failing spec looked.
    pub fn looking(&self, failed: &Failed, taken: &BTreeMap<String, u32>) -> Looking {
        let block = &self.blocks[failed.block];
        let mut looks = printed_looks(self.files, block);
        for look in &mut looks {
            look.at = self.printed_at(look);
        }
        let start = match (failed.deadline, failed.timed_out_after) {
            (Some(deadline), Some(window)) => Some(deadline - Duration::exact(window)),
            _ => None,
        };
        // A log that was cut before the message does not say whether the spec looked in a loop; its looks do.
        let looped = failed.timed_out_after.is_some() || (failed.message.is_empty() && looks.len() > 2);
        let mut looking = Looking { start, looks, to_deadline: looped, connection: None };
        if failed.deadline.is_some() {
            self.join_requests(failed, block, &mut looking, taken);
        }
        looking.start = looking.start.or_else(|| looking.looks.first().and_then(|look| look.at));
        looking
    }

    /// Between the line before and its own line.
    fn printed_at(&self, look: &LookSeen) -> Option<Instant> {
        let last = look.lines.last()?;
        let printed = self.printed.of(*last);
        Some(printed).filter(|at| !at.is_unknown())
    }

    /// Queries of one connection that fit the spec's window and its printed looks.
    fn join_requests(&self, failed: &Failed, block: &Block, looking: &mut Looking, taken: &BTreeMap<String, u32>) {
        let Some(deadline) = failed.deadline.and_then(Instant::hi) else { return };
        let earliest = looking.start.and_then(Instant::lo).or_else(|| {
            let first = looking.looks.first().and_then(|look| look.at).and_then(Instant::lo);
            first.or(block.span.map(|(first, _)| first))
        });
        let Some(earliest) = earliest else { return };
        let mut by_connection: BTreeMap<&str, Vec<(Instant, usize)>> = BTreeMap::new();
        let first = self.queries.partition_point(|(from, ..)| *from < earliest - 100 * MILLISECOND);
        let near = self.queries[first..].iter().take_while(|(from, ..)| *from <= deadline + 5 * MILLISECOND);
        for (_, span, index) in near.filter(|(_, span, _)| span.hi().is_some_and(|to| to <= deadline + 10 * SECOND)) {
            let connection = self.requests[*index].connection().unwrap_or_default();
            by_connection.entry(connection).or_default().push((*span, *index));
        }
        let best = by_connection
            .iter_mut()
            .map(|(connection, queries)| {
                queries.sort_by_key(|(span, index)| (span.key(), *index));
                let owner = taken.get(*connection).zip(block.process).map(|(owner, process)| *owner == process);
                (self.fit(looking, queries, failed, deadline, owner), *connection)
            })
            .filter(|(score, _)| *score > 0)
            .max_by_key(|(score, connection)| (*score, std::cmp::Reverse(*connection)));
        let Some((_, connection)) = best else { return };
        let queries = by_connection.remove(connection).unwrap_or_default();
        // Behind a proxy no port is printed: then a connection is nobody's own.
        looking.connection = Some(connection.to_owned()).filter(|connection| !connection.is_empty());
        attach(looking, &queries, deadline);
    }

    /// How well a connection's queries are this spec's looks; 0 when they are not.
    fn fit(
        &self,
        looking: &Looking,
        queries: &[(Instant, usize)],
        failed: &Failed,
        deadline: Nanos,
        owner: Option<bool>,
    ) -> i64 {
        let Some((first, _)) = queries.first() else { return 0 };
        let Some((last, _)) = queries.last() else { return 0 };
        let mut score = match owner {
            Some(true) => 500,
            Some(false) => return 0,
            None => 0,
        };
        let printed = looking
            .looks
            .iter()
            .filter(|look| look.at.and_then(Instant::width).is_some_and(|width| width < 20 * MILLISECOND));
        let (mut precise, mut met) = (0i64, 0i64);
        for look in printed {
            precise += 1;
            let (Some(lo), Some(hi)) = (look.at.and_then(Instant::lo), look.at.and_then(Instant::hi)) else { continue };
            met += i64::from(queries.iter().any(|(span, _)| {
                let end = span.hi().unwrap_or(Nanos::MAX);
                (lo - AFTER_ANSWER..=hi + 5 * MILLISECOND).contains(&end)
            }));
        }
        if precise > 0 {
            if met * 2 < precise {
                return 0;
            }
            score += 1000 * met / precise;
        }
        // The first query falls on the start of looking.
        if let (Some(_), Some(start)) = (failed.timed_out_after, looking.start.and_then(Instant::lo)) {
            let apart = (first.lo().unwrap_or(0) - start).abs();
            if apart > SECOND && precise == 0 {
                return 0;
            }
            score += 400 - (apart / MILLISECOND).min(400);
            // It goes on to its end, which another spec's query that happens to begin with it does not.
            let early = (deadline - last.hi().unwrap_or(0)).max(0);
            score += 300 - (early / (10 * MILLISECOND)).min(300);
        } else {
            // A one-shot query ends just before the failure.
            let apart = (deadline - last.hi().unwrap_or(0)).abs();
            if apart > 500 * MILLISECOND && precise == 0 {
                return 0;
            }
            score += 400 - (apart / MILLISECOND).min(400);
        }
        let looks = i64::try_from(looking.looks.len()).unwrap_or(i64::MAX);
        if looks > 0 {
            let rounds = i64::try_from(rounds(queries).len()).unwrap_or(i64::MAX);
            score += 200 - (40 * (rounds - looks).abs()).min(200);
        }
        // Rows that the spec printed must have come back.
        let printed = looking.looks.iter().rev().find_map(|look| look.printed.as_ref()?.found);
        let served = queries.last().and_then(|(_, query)| self.requests[*query].rows);
        if let (Some(found), Some((returned, ..))) = (printed, served) {
            score += match found.cmp(&returned) {
                Ordering::Equal => 150,
                Ordering::Greater => -300,
                Ordering::Less => 0,
            };
        }
        score.max(0)
    }
}

/// Gives each printed look its query; without printed looks the queries are the looks.
fn attach(looking: &mut Looking, queries: &[(Instant, usize)], deadline: Nanos) {
    let rounds = rounds(queries);
    if looking.looks.is_empty() {
        // The loop's last round can end after the deadline: what counts is that it began before.
        for (span, index) in rounds.into_iter().filter(|(span, _)| span.lo().is_some_and(|lo| lo <= deadline)) {
            let look = LookSeen { at: Some(span), request: Some(index), ..LookSeen::default() };
            looking.looks.push(look);
        }
        return;
    }
    let mut from = 0;
    let same_count = rounds.len() == looking.looks.len();
    for (place, look) in looking.looks.iter_mut().enumerate() {
        let printed = look.at.unwrap_or(Instant::UNKNOWN);
        let chosen = if same_count {
            Some(place)
        } else {
            (from..rounds.len()).find(|at| {
                let span = rounds[*at].0;
                let end_fits = printed.hi().is_none_or(|hi| span.lo().is_none_or(|lo| lo <= hi + 5 * MILLISECOND));
                let next_later = rounds.get(at + 1).is_none_or(|next| {
                    printed.hi().is_none_or(|hi| next.0.hi().is_none_or(|end| end > hi + 2 * MILLISECOND))
                });
                end_fits && next_later
            })
        };
        let Some(at) = chosen else { continue };
        let (span, index) = rounds[at];
        look.request = Some(index);
        // The answer was fixed while the server worked on it.
        look.at = Some(span.and_if_consistent(printed.hi().map_or(Instant::UNKNOWN, Instant::not_after)));
        from = at + 1;
    }
}

/// Queries within a short time are one look; its answer is that of the last page.
fn rounds(queries: &[(Instant, usize)]) -> Vec<(Instant, usize)> {
    let mut rounds: Vec<(Instant, usize)> = Vec::new();
    for (span, index) in queries {
        match rounds.last_mut() {
            Some((before, last))
                if span.key() - before.hi().unwrap_or(Nanos::MAX) < ONE_LOOK && span.key() >= before.key() =>
            {
                *before = before
                    .lo()
                    .map_or(Instant::UNKNOWN, Instant::not_before)
                    .and(span.hi().map_or(Instant::UNKNOWN, Instant::not_after));
                *last = *index;
            }
            _ => rounds.push((*span, *index)),
        }
    }
    rounds
}
