//! Steps: a server whose clock was set while its log ran. Batches and requests of one size then meet at one offset
//! before the step and at another after it, and the server's lines, whatever they show, stand in their true order.

use std::collections::HashMap;
use std::ops::Range;

use crate::instant::{MILLISECOND, Nanos};

use super::pairing::{Among, coarse_offset};

/// A write as the server's log shows it.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    /// The request line's index in its file.
    pub line: usize,
    /// When it began, on the server's clock.
    pub begin: Nanos,
    /// Events that it carried.
    pub size: u64,
}

/// A batch was sent so long before its request began, at most; and the offset is good to the second of the two.
const LATE: Nanos = 80 * MILLISECOND;
const EARLY: Nanos = 20 * MILLISECOND;
/// Fewer batches that meet at another offset are chance.
const FEWEST: usize = 8;
/// So often a log is cut in two in turn.
const MOST_CUTS: usize = 4;

/// The coarse offsets that hold in turn, each from one of the server's lines on: the first from its beginning. Where the
/// requests around a step fit either side, neither is known to hold. `sent` holds the batches' times and sizes, `served`
/// the writes in the order of their lines, `offset` is where most meet.
pub fn pieces(sent: &[(Nanos, u64)], served: &[Served], offset: Nanos) -> Vec<(usize, Option<Nanos>)> {
    let mut pieces = Vec::new();
    divide(sent, served, offset, MOST_CUTS, &mut pieces);
    if let Some(first) = pieces.first_mut() {
        first.0 = 0;
    } else {
        pieces.push((0, Some(offset)));
    }
    pieces
}

fn divide(
    sent: &[(Nanos, u64)],
    served: &[Served],
    offset: Nanos,
    left: usize,
    pieces: &mut Vec<(usize, Option<Nanos>)>,
) {
    let Some(first) = served.first() else { return };
    let Some((between, before, after)) = divided(sent, served, offset).filter(|_| left > 0) else {
        pieces.push((first.line, Some(offset)));
        return;
    };
    // What surely left on one side of the step is no batch of the other.
    let others = |part: &[Served], offset: Nanos| {
        let times = Times::of(part.iter().map(|one| (one.begin.saturating_add(offset), one.size)));
        sent.iter().copied().filter(|(at, size)| !times.any(*size, at - EARLY, at + LATE)).collect::<Vec<_>>()
    };
    let (one, other) = (&served[..between.start], &served[between.end..]);
    divide(&others(other, after), one, before, left - 1, pieces);
    if !between.is_empty() {
        pieces.push((served[between.start].line, None));
    }
    divide(&others(one, before), other, after, left - 1, pieces);
}

/// The requests between which a step lies, with the offsets before and after it. The batches that find no request at the
/// one offset must meet at another, and the requests of the two must stand apart in the log.
fn divided(sent: &[(Nanos, u64)], served: &[Served], offset: Nanos) -> Option<(Range<usize>, Nanos, Nanos)> {
    let all = Times::of(sent.iter().copied());
    let meets = |one: &Served, offset: Nanos| {
        let at = one.begin.saturating_add(offset);
        all.any(one.size, at - LATE, at + EARLY)
    };
    let at_offset = Times::of(served.iter().map(|one| (one.begin.saturating_add(offset), one.size)));
    let unmet: Vec<(Nanos, u64)> =
        sent.iter().copied().filter(|(at, size)| !at_offset.any(*size, at - EARLY, at + LATE)).collect();
    if unmet.len() < FEWEST {
        return None;
    }
    let rest: Vec<(Nanos, u64)> =
        served.iter().filter(|one| !meets(one, offset)).map(|one| (one.begin, one.size)).collect();
    let other = coarse_offset(&unmet, &rest, Among::AllIfClear).filter(|other| other.votes >= FEWEST)?.offset;
    if (other - offset).abs() <= EARLY {
        return None;
    }
    // Requests that meet at both tell nothing. Up to each place: those of the one that stand after it, those of the
    // other before it.
    let only = |one: &Served| (meets(one, offset), meets(one, other));
    let (mut first_total, mut second_total) = (0_usize, 0_usize);
    for one in served {
        first_total += usize::from(only(one) == (true, false));
        second_total += usize::from(only(one) == (false, true));
    }
    if first_total < FEWEST || second_total < FEWEST {
        return None;
    }
    let (mut first, mut second) = (0, 0);
    // Wrong ones with the offset before the cut, or with the other one before it; the first and the last such cut.
    let mut best: Option<(usize, Range<usize>, bool)> = None;
    for (at, one) in served.iter().enumerate() {
        for (wrong, is_before) in [(second + first_total - first, true), (first + second_total - second, false)] {
            match &mut best {
                Some((known, cuts, before)) if *known == wrong && *before == is_before => cuts.end = at,
                Some((known, ..)) if *known <= wrong => {}
                _ => best = Some((wrong, at..at, is_before)),
            }
        }
        first += usize::from(only(one) == (true, false));
        second += usize::from(only(one) == (false, true));
    }
    let (wrong, cuts, is_before) = best?;
    let clear = wrong * 10 <= first_total.min(second_total) && cuts.start > 0;
    clear.then_some(if is_before { (cuts, offset, other) } else { (cuts, other, offset) })
}

/// Times by size, in order.
struct Times(HashMap<u64, Vec<Nanos>>);

impl Times {
    fn of(all: impl Iterator<Item = (Nanos, u64)>) -> Self {
        let mut by_size: HashMap<u64, Vec<Nanos>> = HashMap::new();
        for (at, size) in all {
            by_size.entry(size).or_default().push(at);
        }
        for times in by_size.values_mut() {
            times.sort_unstable();
        }
        Self(by_size)
    }

    /// Whether one of a size lies between two times, both included.
    fn any(&self, size: u64, from: Nanos, to: Nanos) -> bool {
        let times = self.0.get(&size).map_or(&[][..], Vec::as_slice);
        times.get(times.partition_point(|at| *at < from)).is_some_and(|at| *at <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::SECOND;

    /// Forty batches, one each second, of sizes that repeat after seven; each served 2 ms later by a clock that shows
    /// `ahead` more.
    fn run(ahead: impl Fn(usize) -> Nanos) -> (Vec<(Nanos, u64)>, Vec<Served>) {
        let size = |at: usize| (at % 7 + at % 3 + 1) as u64;
        let time = |at: usize| Nanos::try_from(at).unwrap() * SECOND;
        let sent = (0..40).map(|at| (time(at), size(at))).collect();
        let served =
            (0..40).map(|at| Served { line: at * 3, begin: time(at) + 2 * MILLISECOND + ahead(at), size: size(at) });
        (sent, served.collect())
    }

    #[test]
    fn a_clock_that_was_set_has_two_offsets() {
        let (sent, served) = run(|at| if at < 25 { 0 } else { 7_400 * MILLISECOND });
        let pieces = pieces(&sent, &served, 0);
        assert_eq!(pieces.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [0, 75]);
        assert!(pieces[1].1.is_some_and(|at| (at + 7_400 * MILLISECOND).abs() <= EARLY), "{pieces:?}");
    }

    #[test]
    fn a_clock_that_was_not_has_one() {
        let (sent, served) = run(|_| 3 * SECOND);
        assert_eq!(pieces(&sent, &served, -3 * SECOND), [(0, Some(-3 * SECOND))]);
        // A server's log that begins late, and one batch in five that never came.
        let served: Vec<_> = served.into_iter().skip(12).filter(|one| one.line % 5 != 0).collect();
        assert_eq!(pieces(&sent, &served, -3 * SECOND), [(0, Some(-3 * SECOND))]);
    }
}
