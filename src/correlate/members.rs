//! Members: which batch an event left in.
//!
//! A store numbers an event when the send to its channel has returned (`store.go`, `StoreAudit`), so the numbers of calls
//! that ran at one time can stand in another order than the channel took them. An event stood so many places before or
//! behind its number as calls of other numbers ran beside its own; where a border between two batches lies within that
//! reach, it can have left in either.

use super::replay::{Beside, Event};

/// Calls that ran beside another stand near it in the order of the numbers: so many in a row that did not end the search.
const APART: usize = 4;

/// Gives each event of one store its batch, and another one that it can have left in as well. `batches` holds the
/// store's own: index, first and last number.
pub fn assign(events: &mut [Event], batches: &[(usize, (u64, u64))]) {
    let mut by_first: Vec<(u64, u64, usize)> =
        batches.iter().map(|(index, (first, last))| (*first, *last, *index)).collect();
    by_first.sort_unstable();
    let batch_of = |number: u64| {
        let at = by_first.partition_point(|(first, ..)| *first <= number);
        by_first[..at].iter().rev().take(2).find(|(_, last, _)| number <= *last).map(|(.., index)| *index)
    };
    let mut numbered: Vec<(u64, usize)> =
        events.iter().enumerate().filter_map(|(index, event)| Some((event.ordinal?, index))).collect();
    numbered.sort_unstable();
    for (place, (number, index)) in numbered.iter().enumerate() {
        let event = &events[*index];
        let (before, behind) = (&numbered[..place], &numbered[place + 1..]);
        // Without the lines of a call only its neighbours are taken to have run beside it.
        let ran_beside =
            |other: &&(u64, usize)| overlapped(event, &events[other.1]).unwrap_or(number.abs_diff(other.0) == 1);
        let earlier = beside(before.iter().rev(), ran_beside);
        let later = beside(behind.iter(), ran_beside);
        let own = batch_of(*number);
        let first = batch_of(number.saturating_sub(earlier).max(1));
        let last = batch_of(number.saturating_add(later));
        let (batch, other) = if first == own {
            (own, last)
        } else if last == own {
            (own, first)
        } else {
            (first, last)
        };
        let or_batch = (batch != other && batch.is_some()).then(|| other.map_or(Beside::Unknown, Beside::Batch));
        (events[*index].batch, events[*index].or_batch) = (batch, or_batch);
    }
}

/// How many of these calls ran beside another, up to the first few that did not.
fn beside<'a>(others: impl Iterator<Item = &'a (u64, usize)>, ran_beside: impl Fn(&&'a (u64, usize)) -> bool) -> u64 {
    let (mut count, mut apart) = (0, 0);
    for other in others {
        if ran_beside(&other) {
            (count, apart) = (count + 1, 0);
        } else {
            apart += 1;
            if apart == APART {
                break;
            }
        }
    }
    count
}

/// Whether two calls ran at the same time, where their lines tell.
fn overlapped(a: &Event, b: &Event) -> Option<bool> {
    let (begin, end, other_begin, other_end) = (a.called?, a.ended?, b.called?, b.ended?);
    Some(begin.file == other_begin.file && begin.index < other_end.index && other_begin.index < end.index)
}
