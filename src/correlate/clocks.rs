//! Clocks: by how much a server's clock differs from the reference clock.
//!
//! A test host and a container do not share a clock: 24 and 78 minutes were seen. A request nests in the client's
//! call: client begin ≤ server begin, server end ≤ client end. Each pair bounds the offset from both sides; the bounds
//! are intersected, and an empty intersection is reported, not averaged away.

use crate::instant::{Duration, Instant, MILLISECOND, Nanos};

use super::Seen;
use super::pairing::{self, Among};
use super::replay::Batch;
use super::requests::Request;

/// One clock against the reference clock.
#[derive(Debug, Clone)]
pub struct Clock {
    /// `datastorage`, `runtime`.
    pub name: &'static str,
    /// Its server, for a `DataStorage` log.
    pub server: Option<usize>,
    /// Add to its stamps; `None` when no pair bounds it.
    pub offset: Option<Duration>,
    /// It is the likeliest of several that fit, not the only one.
    pub assumed: bool,
    /// Pairs that bound it.
    pub pairs: usize,
    /// The lines of the two deciding pairs.
    pub deciding: Vec<Seen>,
    /// Pairs that exclude the others, with their line: a step of the clock, or a wrong pairing.
    pub excluded: Vec<Seen>,
}

/// One bound of an offset, with the line that gives it.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// The offset is at least, or at most, this.
    pub at: Nanos,
    /// The server's line.
    pub by: Seen,
}

/// A goroutine that a timer woke runs within this time at least once in a handful of ticks (measured: median 0.1 ms,
/// 99 % within 10 ms on two busy cores). The end of a flush is known up to that wake-up: formats of `store.go`.
const WAKE_UP: Nanos = 2 * MILLISECOND;
/// The server prints its line after the answer has left: the stamp may be that much later than the client's end.
const LATE_LINE: Nanos = MILLISECOND;
/// One tick in so many is handled later than [`WAKE_UP`] (12 processes on 2 cores: one in a hundred).
const LATE_TICKS: usize = 40;
/// With fewer pairs one odd pair could decide.
const FEWEST_PAIRS: usize = 3;

/// Bounds the offset from pairs of batches and requests.
pub fn bounds_of_pairs(batches: &[Batch], requests: &[Request], server: usize) -> (Vec<Bound>, Vec<Bound>) {
    let (mut low, mut high) = (Vec::new(), Vec::new());
    for batch in batches {
        let (Some(first), Some(last)) = (batch.requests.first(), batch.requests.last()) else { continue };
        if requests[*first].server != server {
            continue;
        }
        let request = &requests[*first];
        let complete = batch.failures.is_empty();
        if let (Some(fired), Some(begin)) = (batch.begun.or(batch.flushed.lo()), request.begin.hi()) {
            // After a failed attempt the first request need not be the first attempt; still it came after the tick.
            low.push(Bound { at: fired - begin, by: request.at });
        }
        let request = &requests[*last];
        let ended = batch.ended_by_tick.filter(|ended| ended.prompt && complete);
        if let (Some(ended), Some(end)) = (ended, request.end.lo()) {
            high.push(Bound { at: ended.at + WAKE_UP + LATE_LINE - end, by: request.at });
        }
    }
    (low, high)
}

/// Intersects the bounds. Of the upper ones a few may be wrong, where the process was not scheduled: those that exclude
/// the rest are set aside, at most one in ten.
pub fn intersect(name: &'static str, server: Option<usize>, mut low: Vec<Bound>, mut high: Vec<Bound>) -> Clock {
    low.sort_by_key(|bound| bound.at);
    high.sort_by_key(|bound| bound.at);
    let pairs = low.len().min(high.len());
    let (deciding, excluded) = (Vec::new(), Vec::new());
    let mut clock = Clock { name, server, offset: None, assumed: false, pairs, deciding, excluded };
    if pairs < FEWEST_PAIRS {
        return clock;
    }
    let may_be_wrong = (high.len() / 10).max(1);
    let Some(floor) = low.last().copied() else { return clock };
    // Of many upper bounds the lowest few are those of ticks that were handled late.
    let mut ceiling = high.iter().skip(high.len() / LATE_TICKS);
    let mut chosen = ceiling.next().copied();
    while let Some(bound) = chosen {
        if bound.at >= floor.at || clock.excluded.len() >= may_be_wrong {
            break;
        }
        clock.excluded.push(bound.by);
        chosen = ceiling.next().copied();
    }
    let Some(ceiling) = chosen else { return clock };
    if ceiling.at < floor.at {
        // The pairs contradict each other: the clock stepped, or requests were paired wrongly.
        clock.excluded.push(floor.by);
        return clock;
    }
    clock.offset = Some(Duration::between(floor.at, ceiling.at));
    clock.deciding = vec![floor.by, ceiling.by];
    clock
}

/// A time of the test output that a query lies next to.
#[derive(Debug, Clone, Copy)]
pub enum Moment {
    /// A loop began to look: its first query begins just after.
    LoopBegan(Nanos),
    /// A query made once was asserted: it ended just before.
    AskedOnce(Nanos),
}

/// An offset from the looks alone. `printed` are times at which specs printed a look, `queries` the server's (begin,
/// end). At the true offset most looks are printed just after an answer; without printed ones the moments are left.
/// A few looks, or a moment, fit other queries as well: then the offset is assumed.
pub fn by_looks(
    server: usize,
    printed: &[Nanos],
    moments: &[Moment],
    queries: &[(Nanos, Nanos, Seen)],
) -> Option<Clock> {
    const PROMPT: Nanos = 10 * MILLISECOND;
    const FEWEST_LOOKS: usize = 3;
    const NEAR: Nanos = 50 * MILLISECOND;
    let as_one = |times: &[Nanos]| times.iter().map(|at| (*at, 1)).collect::<Vec<_>>();
    let ends: Vec<Nanos> = queries.iter().map(|(_, end, _)| *end).collect();
    let coarse = |among: Among| pairing::coarse_offset(&as_one(printed), &as_one(&ends), among);
    let clock = |offset: Duration, assumed: bool, pairs: usize, by: Seen| Clock {
        name: "datastorage",
        server: Some(server),
        offset: Some(offset),
        assumed,
        pairs,
        deciding: vec![by],
        excluded: Vec::new(),
    };
    if let Some(likeliest) = coarse(Among::All).filter(|coarse| coarse.votes >= FEWEST_LOOKS) {
        let assumed = coarse(Among::AllIfClear) != Some(likeliest);
        // Answers of other processes fall near too, so the densest place counts, not the smallest difference.
        let mut printed = printed.to_vec();
        printed.sort_unstable();
        let near = |(_, end, _): &&(Nanos, Nanos, Seen)| {
            let at = end + likeliest.offset;
            let first = printed.partition_point(|printed| *printed < at - PROMPT);
            printed.get(first).is_some_and(|printed| *printed <= at + PROMPT)
        };
        let by = queries.iter().find(near).map(|(.., by)| *by)?;
        let offset = Duration::between(likeliest.offset - PROMPT, likeliest.offset);
        return Some(clock(offset, assumed, likeliest.votes, by));
    }
    // One moment fits many queries; of those the nearest, which is right unless the clocks are far apart.
    let sorted = |pick: fn(&(Nanos, Nanos, Seen)) -> Nanos| {
        let mut times: Vec<(Nanos, Seen)> = queries.iter().map(|query| (pick(query), query.2)).collect();
        times.sort_unstable();
        times
    };
    let (begins, ends) = (sorted(|(begin, ..)| *begin), sorted(|(_, end, _)| *end));
    let nearest = |moment: &Moment| {
        let (at, times) = match moment {
            Moment::LoopBegan(at) => (at, &begins),
            Moment::AskedOnce(at) => (at, &ends),
        };
        let after = times.partition_point(|(time, _)| time < at);
        let around = &times[after.saturating_sub(1)..times.len().min(after + 1)];
        around.iter().map(|(time, by)| (at - time, *by)).min_by_key(|(apart, _)| apart.abs())
    };
    let (apart, by) = moments.iter().filter_map(nearest).min_by_key(|(apart, _)| apart.abs())?;
    (apart.abs() <= NEAR).then(|| clock(Duration::between(apart - NEAR, apart + NEAR), true, 1, by))
}

/// A server's instant on the reference clock.
pub fn shifted(at: Instant, offset: Option<Duration>) -> Instant {
    offset.map_or(Instant::UNKNOWN, |offset| at + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(at: Nanos) -> Bound {
        Bound { at, by: Seen { file: 0, index: 0 } }
    }

    #[test]
    fn nested_requests_bound_from_both_sides() {
        let low = vec![bound(-10), bound(-5), bound(-7)];
        let high = vec![bound(12), bound(4), bound(9)];
        let clock = intersect("datastorage", Some(0), low, high);
        assert_eq!(clock.offset, Some(Duration::between(-5, 4)));
    }

    #[test]
    fn two_pairs_are_too_few() {
        let clock = intersect("datastorage", Some(0), vec![bound(0); 2], vec![bound(1); 2]);
        assert_eq!(clock.offset, None);
    }

    #[test]
    fn a_step_is_reported_not_averaged() {
        let low = vec![bound(0), bound(1), bound(3_000)];
        let high = vec![bound(5), bound(5), bound(3_005)];
        let clock = intersect("datastorage", Some(0), low, high);
        assert_eq!(clock.offset, None);
        assert!(!clock.excluded.is_empty());
    }
}
