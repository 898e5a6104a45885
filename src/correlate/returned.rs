//! Returned: a writer that came back from a flush without a failure line has written the batch.
//!
//! `writeBatchWithRetry` (`store.go`) returns after a 2xx, or prints every failed attempt and the loss, at error level,
//! which no setting hides. So where a bundle has no server log, and the next tick of the same block shows that the
//! writer was back, silence between the two says that the batch was accepted. (A 202 is silent too: accepted, and not
//! visible. That is why nothing that rests on this alone is proven.)

use super::World;
use super::journeys::Case;
use super::replay::{Batch, Outcome};

impl World {
    /// Marks the batches whose write is known by this alone.
    pub(super) fn infer_returned(&mut self) {
        if !self.servers.is_empty() {
            return;
        }
        for batch in &mut self.batches {
            let Some(end) = batch.ended_by_tick else { continue };
            let block = &self.output.blocks[batch.block];
            let inside = block.file == end.tick.file && block.range.contains(&end.tick.index);
            if inside && batch.failures.is_empty() && batch.outcome == Outcome::Open {
                batch.outcome = Outcome::Written;
                batch.outcome_at = Some(end.tick);
            }
        }
    }
}

impl Batch {
    /// That it was written is known by its writer's return alone.
    pub fn only_returned(&self) -> bool {
        self.outcome_at.is_some() && self.outcome_at == self.ended_by_tick.map(|end| end.tick)
    }
}

impl Case<'_> {
    /// That the event was written is known by its writer's return alone.
    pub fn only_returned(&self) -> bool {
        self.batch().is_some_and(Batch::only_returned)
    }
}
