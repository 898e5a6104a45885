//! Blocked: when every store of a suite was in a write, so was the failing spec's own, whichever that is.
//!
//! A store has one writer (`store.go`, `backgroundWriter`), so two writes that run at one moment are of two stores. Where
//! no line ties the spec to its store, counting them is enough.

use crate::instant::{Duration, Instant, Nanos, SECOND};

use super::Seen;
use super::journeys::Case;
use super::requests::About;

impl Case<'_> {
    /// The lines of one write of each store of the suite, where all of them began before `start` (or within its second)
    /// and ended after `look`, both on the reference clock. Empty where some store was, or may have been, free.
    pub fn all_writers_blocked(&self, start: Nanos, look: Nanos) -> Vec<Seen> {
        let began_by = (start + SECOND).min(look);
        let over = |began: Instant, ended: Instant| {
            began.hi().is_some_and(|began| began < began_by) && ended.lo().is_some_and(|ended| ended > look)
        };
        let requests = self.world.requests.iter().enumerate().filter(|(index, request)| {
            request.about == About::Write && over(self.world.began(*index), self.world.ended(*index))
        });
        let requests: Vec<Seen> = requests.map(|(_, request)| request.at).collect();
        // The client's own line of a slow write holds what a proxy adds, and the retries.
        let suite = self.suite();
        let of_suite = self.world.batches.iter().filter(|batch| self.world.stores[batch.store].suite == suite);
        let lines: Vec<Seen> = of_suite
            .filter_map(|batch| {
                let (line, took) = batch.outcome_at.zip(batch.took)?;
                let ended = self.world.printed.of(line);
                over(ended - Duration::exact(took), ended).then_some(line)
            })
            .collect();
        let most = if lines.len() > requests.len() { lines } else { requests };
        if most.len() >= self.stores_of_suite() { most } else { Vec::new() }
    }

    /// How many stores the suite has: one a process, or as many as its lines show.
    fn stores_of_suite(&self) -> usize {
        let suite = self.suite();
        let shown = self.world.stores.iter().filter(|store| store.suite == suite).count();
        let processes = suite.and_then(|suite| self.world.output.suites[suite].processes).unwrap_or(1);
        shown.max(processes as usize)
    }

    fn suite(&self) -> Option<usize> {
        self.world.output.blocks[self.failed.block].suite
    }
}
