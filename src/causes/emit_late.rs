//! EMIT-LATE: the event was emitted too late, before the store had anything to do with it.

use super::{Cause, Examined};
use crate::causes::words::seconds;
use crate::correlate::journeys::Case;
use crate::report::Family;

/// See the manual below.
pub static EMIT_LATE: Cause = Cause {
    code: "emit-late",
    family: Family::Other,
    title: "The event was emitted too late",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# emit-late

The event was emitted too late.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some(look) = case.last_look_at() else { return examined };
    for (journey, event) in case.followed() {
        let name = &event.event_type;
        let emitted = event.times.emitted;
        if look.surely_before(emitted) {
            examined.supporting.push(case.evidence(format!("{name} was emitted after the last look"), event.called));
        } else if emitted.surely_before(look) {
            let left = (look - emitted).lo().unwrap_or(0);
            let needed = case.flush_limit + case.write_limit;
            if left < needed {
                let text = format!("{name} was emitted {} before the last look; flush and write may take {}", seconds(left), seconds(needed));
                examined.supporting.push(case.evidence(text, event.called));
            } else if !journey.links.is_empty() {
                let text = format!("{name} was emitted {} before the last look", seconds(left));
                examined.excluding.push(case.evidence(text, event.called));
            }
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let late = case.followed().next().and_then(|(_, event)| Some((event.event_type.clone(), case.last_look_at()?, event.times.emitted)));
    match late {
        Some((name, look, emitted)) if look.surely_before(emitted) => {
            format!("{name} was emitted only {} after the last look; the delay lies before the audit store.", seconds((emitted - look).lo().unwrap_or(0)))
        }
        Some((name, ..)) => format!("{name} was emitted too late for flush and write to end before the last look."),
        None => "the event was emitted too late.".to_owned(),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Wait for the phase that emits the event before looking for it, or find what held that phase up (requeues, an external call, a busy resource).".to_owned(), None)
}
