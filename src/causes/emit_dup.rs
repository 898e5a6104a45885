//! EMIT-DUP: the same object emitted an event more often than expected.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::correlate::journeys::Journey;
use crate::correlate::replay::Fate;
use crate::report::Family;

/// The event was emitted more than once.
pub static EMIT_DUP: Cause = Cause {
    code: "emit-dup",
    family: Family::Other,
    title: "The event was emitted more than once",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# emit-dup

The event was emitted more than once.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    for journey in &case.journeys {
        let expected = journey.wanted.expected.unwrap_or(1);
        let repeated = case.repeated(journey);
        let count = repeated.len() as u64;
        let lines = repeated.iter().filter_map(|event| case.world.events[*event].ended).collect::<Vec<_>>();
        if count > expected {
            let text = format!("the same object emitted it {count} times, {expected} expected");
            examined.supporting.push(case.evidence(text, lines));
        } else if count > 0 {
            let text = format!("the object emitted it {count} times, no more than expected");
            examined.excluding.push(case.evidence(text, lines));
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    let count = case.journeys.first().map_or(0, |journey| case.repeated(journey).len());
    format!("{name} was emitted {count} times for one object; every one of them was written and found.")
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Guard the emission: emit on the transition, not on every reconcile, and read the object's state from the API rather than from a stale cache.".to_owned(), None)
}

impl Case<'_> {
    /// Emissions of the awaited pair by one object: the object of the spec's own block, else the one that emitted most.
    pub fn repeated(&self, journey: &Journey) -> Vec<usize> {
        let object = |event: &usize| self.world.events[*event].object.clone();
        let own = journey.emissions.iter().find(|event| self.world.events[**event].block == self.failed.block);
        let Some(own) = own.or(journey.emissions.first()).map(object) else { return Vec::new() };
        let buffered = |event: &&usize| self.world.events[**event].fate == Fate::Buffered;
        journey.emissions.iter().filter(|event| object(event) == own).filter(buffered).copied().collect()
    }
}
