//! Clocks: by how much a server's clock differs from the reference clock.
//!
//! A test host and a container do not share a clock: 24 and 78 minutes were seen. A request nests in the client's
//! call: client begin ≤ server begin, server end ≤ client end. Each pair bounds the offset from both sides; the bounds
//! are intersected. An empty intersection is not averaged away: in the order of the lines it tells when a clock was set
//! or had drifted, and each span between two steps has an offset of its own.

use crate::instant::{Duration, Instant, MILLISECOND, Nanos};

use super::Seen;
use super::pairing::{self, Among};
use super::replay::Batch;
use super::requests::Request;

/// One clock against the reference clock: over the whole log, or between two steps.
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
    /// Lines of pairs that contradict each other without a step that explains it: a wrong pairing, or a step too near
    /// to an end of the log.
    pub excluded: Vec<Seen>,
    /// The step with which this offset began to hold; `None` from the log's beginning.
    pub from: Option<Step>,
    /// The step that ended it; `None` to the log's end.
    pub to: Option<Step>,
    /// Sightings of the server's file from which and up to which the pairs prove the offset.
    pub lines: (usize, usize),
}

/// A clock was set, or had drifted away: the last pair before it and the first one after it.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// When, on the reference clock.
    pub at: Instant,
    /// The server's lines before and after it.
    pub lines: [Seen; 2],
}

/// What one request and its batch say of the offset.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// The offset is at least this.
    pub low: Option<Nanos>,
    /// The offset is at most this, if the tick after the batch was handled at once.
    pub high: Option<Nanos>,
    /// The batch was sent about then, on the reference clock.
    pub at: Nanos,
    /// The server's line.
    pub by: Seen,
}

impl Pair {
    fn is_sure(&self) -> bool {
        self.low.is_some() && self.high.is_some()
    }
}

/// One bound of an offset, with the line that gives it.
#[derive(Debug, Clone, Copy)]
struct Bound {
    at: Nanos,
    by: Seen,
}

/// A goroutine that a timer woke runs within this time at least once in a handful of ticks (measured: median 0.1 ms,
/// 99 % within 10 ms on two busy cores). The end of a flush is known up to that wake-up: formats of `store.go`.
const WAKE_UP: Nanos = 2 * MILLISECOND;
/// The server prints its line after the answer has left: the stamp may be that much later than the client's end.
const LATE_LINE: Nanos = MILLISECOND;
/// One bound in so many may be wrong: a tick that was handled later than [`WAKE_UP`] (12 processes on 2 cores: one in a
/// hundred), a batch that was given another's request.
const ONE_WRONG_IN: usize = 25;
/// With fewer pairs one odd pair could decide.
const FEWEST_PAIRS: usize = 3;
/// A clock is cut in two so often in turn; a drift is a staircase of such cuts.
const MOST_CUTS: usize = 6;

/// What the pairs of batches and requests say of a server's clock, in the order of the server's lines.
pub fn pairs(batches: &[Batch], requests: &[Request], server: usize) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for batch in batches {
        let (Some(first), Some(last)) = (batch.requests.first(), batch.requests.last()) else { continue };
        if requests[*first].server != server {
            continue;
        }
        let sent = batch.begun.or(batch.flushed.lo());
        // After a failed attempt the first request need not be the first attempt; still it came after the tick.
        let low = sent.zip(requests[*first].begin.hi()).map(|(sent, begin)| sent - begin);
        let ended = batch.ended_by_tick.filter(|ended| ended.prompt && batch.failures.is_empty());
        let high = ended.zip(requests[*last].end.lo()).map(|(ended, end)| ended.at + WAKE_UP + LATE_LINE - end);
        if let Some(at) = sent.or(ended.map(|ended| ended.at)) {
            pairs.push(Pair { low, high, at, by: requests[*first].at });
        }
    }
    pairs.sort_by_key(|pair| pair.by);
    pairs
}

/// Intersects what the pairs say. Where that is empty, the clock stepped or drifted: then it is cut into spans in the
/// order of the lines, each with an offset of its own.
pub fn intersect(name: &'static str, server: Option<usize>, pairs: &[Pair]) -> Vec<Clock> {
    let whole = Clock {
        name,
        server,
        offset: None,
        assumed: false,
        pairs: count(pairs),
        deciding: Vec::new(),
        excluded: Vec::new(),
        from: None,
        to: None,
        lines: (0, usize::MAX),
    };
    let mut cuts = vec![0, pairs.len()];
    cut(pairs, 0, MOST_CUTS, &mut cuts);
    cuts.sort_unstable();
    cuts.dedup();
    join(pairs, &mut cuts);
    settle(pairs, &mut cuts);
    let mut clocks = Vec::new();
    for span in cuts.windows(2) {
        let own = &pairs[span[0]..span[1]];
        match bounds(own) {
            Some((floor, ceiling)) if floor.at <= ceiling.at => clocks.push(Clock {
                offset: Some(Duration::between(floor.at, ceiling.at)),
                pairs: count(own),
                deciding: vec![floor.by, ceiling.by],
                from: (span[0] > 0).then(|| step(&pairs[..span[0]], &pairs[span[0]..])),
                to: (span[1] < pairs.len()).then(|| step(&pairs[..span[1]], &pairs[span[1]..])),
                lines: (first_sure(own).by.index, last_sure(own).by.index),
                ..whole.clone()
            }),
            // No cut explains what these pairs say.
            Some((floor, ceiling)) => return vec![Clock { excluded: vec![ceiling.by, floor.by], ..whole }],
            None => return vec![whole],
        }
    }
    if clocks.is_empty() { vec![whole] } else { clocks }
}

fn count(pairs: &[Pair]) -> usize {
    let lows = pairs.iter().filter(|pair| pair.low.is_some()).count();
    lows.min(pairs.iter().filter(|pair| pair.high.is_some()).count())
}

/// The two ends that the pairs agree on. So many of each side are set aside as may be wrong: one in [`ONE_WRONG_IN`],
/// and four standard deviations of that count more, so that a handful of late ticks does not decide.
fn bounds(pairs: &[Pair]) -> Option<(Bound, Bound)> {
    // Of a handful a floor is a stamp rounded down more often than it is wrong, and one late tick is likely at most.
    const HANDFUL: usize = 10;
    let usual = |count: usize| ((count + 4 * (ONE_WRONG_IN * count).isqrt()) / ONE_WRONG_IN + 2).min(count - 1);
    let aside = |count: usize, of_few: usize| if count < HANDFUL { of_few } else { usual(count) };
    let sorted = |pick: fn(&Pair) -> Option<Nanos>| {
        let mut bounds: Vec<Bound> =
            pairs.iter().filter_map(|pair| Some(Bound { at: pick(pair)?, by: pair.by })).collect();
        bounds.sort_by_key(|bound| (bound.at, bound.by));
        (bounds.len() >= FEWEST_PAIRS).then_some(bounds)
    };
    let (low, high) = (sorted(|pair| pair.low)?, sorted(|pair| pair.high)?);
    Some((low[low.len() - 1 - aside(low.len(), 0)], high[aside(high.len(), 1)]))
}

fn agree(pairs: &[Pair]) -> bool {
    bounds(pairs).is_some_and(|(floor, ceiling)| floor.at <= ceiling.at)
}

/// Cuts pairs that contradict each other where their middles change most, and the parts again.
fn cut(pairs: &[Pair], first: usize, left: usize, cuts: &mut Vec<usize>) {
    if left == 0 || bounds(pairs).is_none_or(|(floor, ceiling)| floor.at <= ceiling.at) {
        return;
    }
    let Some(at) = change(pairs) else { return };
    cuts.push(first + at);
    cut(&pairs[..at], first, left - 1, cuts);
    cut(&pairs[at..], first + at, left - 1, cuts);
}

/// The place that divides the pairs into the two most different parts, each with enough pairs to bound an offset.
fn change(pairs: &[Pair]) -> Option<usize> {
    let middle = |pair: &Pair| Some((pair.low? / 2 + pair.high? / 2) as f64);
    let whole: Vec<f64> = pairs.iter().filter_map(middle).collect();
    let all: f64 = whole.iter().sum();
    let (mut sum, mut count) = (0.0, 0);
    let mut best: Option<(f64, usize)> = None;
    for (at, pair) in pairs.iter().enumerate() {
        let rest = whole.len() - count;
        if count >= FEWEST_PAIRS && rest >= FEWEST_PAIRS {
            let apart = sum / count as f64 - (all - sum) / rest as f64;
            let weight = apart * apart * (count * rest) as f64;
            if best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, at));
            }
        }
        if let Some(middle) = middle(pair) {
            sum += middle;
            count += 1;
        }
    }
    best.map(|(_, at)| at)
}

/// Takes back cuts between two spans that agree with each other.
fn join(pairs: &[Pair], cuts: &mut Vec<usize>) {
    let mut at = 1;
    while at + 1 < cuts.len() {
        if agree(&pairs[cuts[at - 1]..cuts[at + 1]]) {
            cuts.remove(at);
            at = at.saturating_sub(1).max(1);
        } else {
            at += 1;
        }
    }
}

/// Moves each cut past the pairs that fit only the span on its other side.
fn settle(pairs: &[Pair], cuts: &mut [usize]) {
    for at in 1..cuts.len().saturating_sub(1) {
        let (first, last) = (cuts[at - 1], cuts[at + 1]);
        let (Some(before), Some(after)) = (bounds(&pairs[first..cuts[at]]), bounds(&pairs[cuts[at]..last])) else {
            continue;
        };
        let fits = |pair: &Pair, (floor, ceiling): (Bound, Bound)| {
            pair.low.is_none_or(|low| low <= ceiling.at) && pair.high.is_none_or(|high| floor.at <= high)
        };
        let belongs = |pair: &Pair, to: (Bound, Bound), not: (Bound, Bound)| fits(pair, to) && !fits(pair, not);
        while cuts[at] > first + FEWEST_PAIRS && belongs(&pairs[cuts[at] - 1], after, before) {
            cuts[at] -= 1;
        }
        while cuts[at] + FEWEST_PAIRS < last && belongs(&pairs[cuts[at]], before, after) {
            cuts[at] += 1;
        }
    }
}

/// The step between two spans, neither of them empty.
fn step(before: &[Pair], after: &[Pair]) -> Step {
    let (before, after) = (last_sure(before), first_sure(after));
    Step { at: Instant::between(before.at.min(after.at), after.at.max(before.at)), lines: [before.by, after.by] }
}

/// The first pair that bounds the offset from both sides: one that does so from one side fits the span beside it too.
fn first_sure(pairs: &[Pair]) -> &Pair {
    pairs.iter().find(|pair| pair.is_sure()).unwrap_or(&pairs[0])
}

fn last_sure(pairs: &[Pair]) -> &Pair {
    pairs.iter().rfind(|pair| pair.is_sure()).unwrap_or(&pairs[pairs.len() - 1])
}

/// The offset of each stretch of a server's log. Between the last line before a step and the first one after it nobody
/// knows which of the two holds.
pub fn spans(clocks: &[Clock]) -> Vec<(usize, Option<Duration>)> {
    let mut spans = Vec::new();
    for clock in clocks {
        spans.push((if clock.from.is_some() { clock.lines.0 } else { 0 }, clock.offset));
        if clock.to.is_some() {
            spans.push((clock.lines.1 + 1, None));
        }
    }
    spans
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
        from: None,
        to: None,
        lines: (0, usize::MAX),
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
    use crate::instant::SECOND;

    /// Pairs of a server whose lines follow each other: (lower bound, upper bound), one each second.
    fn pairs(of: &[(Nanos, Nanos)]) -> Vec<Pair> {
        let seen = |index: usize| Seen { file: 0, index };
        let pair = |((index, second), (low, high)): ((usize, Nanos), &(Nanos, Nanos))| Pair {
            low: Some(*low),
            high: Some(*high),
            at: second * SECOND,
            by: seen(index),
        };
        (0..).zip(0..).zip(of).map(pair).collect()
    }

    #[test]
    fn nested_requests_bound_from_both_sides() {
        // Of three, one ceiling is set aside: the highest floor and the second ceiling are left.
        let clocks = intersect("datastorage", Some(0), &pairs(&[(-10, 12), (-5, 4), (-7, 9)]));
        assert_eq!(clocks.len(), 1);
        assert_eq!(clocks[0].offset, Some(Duration::between(-5, 9)));
        // Of fifty, (50 + 4·√1250) / 25 + 2 = 9 are set aside on each side: of floors -50 … -1 and ceilings 1 … 50.
        let many: Vec<_> = (1..=50).map(|at| (-at, at)).collect();
        let clocks = intersect("datastorage", Some(0), &pairs(&many));
        assert_eq!(clocks[0].offset, Some(Duration::between(-10, 10)));
    }

    #[test]
    fn two_pairs_are_too_few() {
        let clocks = intersect("datastorage", Some(0), &pairs(&[(0, 1); 2]));
        assert_eq!(clocks[0].offset, None);
        assert_eq!(clocks[0].pairs, 2);
    }

    #[test]
    fn a_step_is_reported_not_averaged() {
        // Twenty pairs at 0 to 5 and twenty at 3000 to 3005: the clock was set between the twentieth and the next.
        let clocks = intersect("datastorage", Some(0), &pairs(&[[(0, 5); 20], [(3000, 3005); 20]].concat()));
        let offsets: Vec<_> = clocks.iter().map(|clock| clock.offset).collect();
        assert_eq!(offsets, [Some(Duration::between(0, 5)), Some(Duration::between(3000, 3005))]);
        let step = clocks[0].to.unwrap();
        assert_eq!(step.at, Instant::between(19 * SECOND, 20 * SECOND));
        assert_eq!(step.lines.map(|line| line.index), [19, 20]);
        let spans = spans(&clocks);
        assert_eq!(spans, [(0, clocks[0].offset), (20, None), (20, clocks[1].offset)]);
    }

    #[test]
    fn a_drift_is_a_staircase() {
        // 40 pairs, each 1000 later than the one before and known to 5000 on either side.
        let of: Vec<_> = (0..40).map(|at| (at * 1000 - 5000, at * 1000 + 5000)).collect();
        let clocks = intersect("datastorage", Some(0), &pairs(&of));
        assert!(clocks.len() >= 2, "{clocks:?}");
        for (clock, next) in clocks.iter().zip(&clocks[1..]) {
            assert!(clock.offset.unwrap().lo() < next.offset.unwrap().lo(), "{clocks:?}");
        }
    }

    #[test]
    fn what_no_step_explains_is_a_contradiction() {
        let clocks = intersect("datastorage", Some(0), &pairs(&[(10, 5), (10, 5), (10, 5), (10, 5)]));
        assert_eq!(clocks[0].offset, None);
        assert!(!clocks[0].excluded.is_empty());
    }
}
