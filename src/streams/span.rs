//! Span: the time that a file covers, as far as its stamps say.

use std::num::NonZeroI64;

use crate::instant::{Nanos, SECOND, Zone};
use crate::reading::LogFile;

/// Stamps of whole seconds, and lines that passed each other on their way.
const JITTER: Nanos = 2 * SECOND;

/// First and last stamp of a file, in UTC, and of those without a zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    known: Option<(Nanos, Nanos)>,
    local: Option<(Nanos, Nanos)>,
    /// The longest time between two stamps that follow each other.
    pause: Nanos,
}

impl Span {
    pub fn of(file: &LogFile) -> Self {
        let mut span = Self::default();
        let mut last: Option<Nanos> = None;
        for sighting in &file.sightings {
            let stamp = sighting.stamp.filter(|stamp| stamp.zone != Zone::TimeOfDay);
            match stamp {
                Some(stamp) if stamp.zone == Zone::Local => span.local = Some(with(span.local, stamp.at)),
                _ => {
                    let Some(at) = stamp.map(|stamp| stamp.at).or(sighting.read_at.map(NonZeroI64::get)) else {
                        continue;
                    };
                    span.known = Some(with(span.known, at));
                    span.pause = span.pause.max(at.saturating_sub(last.unwrap_or(at)));
                    last = Some(at);
                }
            }
        }
        span
    }

    /// The span of both.
    pub fn and(self, other: Self) -> Self {
        let both = |one: Option<(Nanos, Nanos)>, other: Option<(Nanos, Nanos)>| match (one, other) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        Self {
            known: both(self.known, other.known),
            local: both(self.local, other.local),
            pause: self.pause.max(other.pause),
        }
    }

    /// The two on one clock.
    fn comparable(&self, other: &Self) -> Option<[(Nanos, Nanos); 2]> {
        let pair = self.known.zip(other.known).or(self.local.zip(other.local))?;
        Some([pair.0, pair.1])
    }

    /// Whether the other begins before this ends.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.comparable(other).is_some_and(|[one, other]| other.0.saturating_add(JITTER) < one.1)
    }

    /// From the last stamp of this to the first of the other.
    pub fn pause_to(&self, other: &Self) -> Option<Nanos> {
        self.comparable(other).map(|[one, other]| other.0.saturating_sub(one.1))
    }

    /// The longest time between two stamps within either.
    pub fn longest_pause(&self, other: &Self) -> Nanos {
        self.pause.max(other.pause)
    }
}

fn with(span: Option<(Nanos, Nanos)>, at: Nanos) -> (Nanos, Nanos) {
    span.map_or((at, at), |(first, last)| (first.min(at), last.max(at)))
}

/// The order of files that stand in the order of their names: that of their times, where none overlaps another;
/// otherwise that of their names. A file without a stamp keeps its place behind the one before it.
pub(super) fn order(spans: &[Span]) -> Vec<usize> {
    let by_name: Vec<usize> = (0..spans.len()).collect();
    let mut timed: Vec<(Nanos, Nanos, usize)> = Vec::with_capacity(spans.len());
    let is_known = spans.iter().any(|span| span.known.is_some());
    for (at, span) in spans.iter().enumerate() {
        let own = if is_known { span.known } else { span.local };
        let follows = timed.last().map(|(_, last, _)| (*last, *last));
        let next = || spans[at..].iter().find_map(|span| if is_known { span.known } else { span.local });
        let before_next = || next().map(|(first, _)| (first, first));
        let Some((first, last)) = own.or(follows).or_else(before_next) else { return by_name };
        timed.push((first, last, at));
    }
    let apart =
        |timed: &[(Nanos, Nanos, usize)]| timed.windows(2).all(|pair| pair[1].0.saturating_add(JITTER) >= pair[0].1);
    if apart(&timed) {
        return by_name;
    }
    timed.sort_unstable();
    if apart(&timed) { timed.into_iter().map(|(.., at)| at).collect() } else { by_name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(first: Nanos, last: Nanos) -> Span {
        Span { known: Some((first * SECOND, last * SECOND)), ..Span::default() }
    }

    #[test]
    fn times_that_lie_apart_go_before_names() {
        assert_eq!(order(&[known(0, 10), known(10, 20), known(21, 30)]), [0, 1, 2]);
        assert_eq!(order(&[known(100, 110), known(50, 60), known(0, 10)]), [2, 1, 0]);
    }

    #[test]
    fn names_order_what_overlaps_or_has_no_stamp() {
        assert_eq!(order(&[known(5, 20), known(0, 30)]), [0, 1]);
        assert_eq!(order(&[Span::default(), known(0, 30), Span::default(), known(30, 40)]), [0, 1, 2, 3]);
        assert_eq!(order(&[Span::default(), Span::default()]), [0, 1]);
    }

    #[test]
    fn a_second_more_or_less_is_no_overlap() {
        assert!(!known(0, 10).overlaps(&known(9, 20)));
        assert!(known(0, 10).overlaps(&known(5, 20)));
        assert!(!known(0, 10).overlaps(&Span::default()));
        assert_eq!(known(0, 10).pause_to(&known(15, 20)), Some(5 * SECOND));
    }
}
