//! EMIT-LATE: the event was emitted too late, before the store had anything to do with it.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::instant::spoken;
use crate::report::Family;

/// The event was emitted too late.
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
    for (_, event) in case.followed() {
        let name = &event.event_type;
        let emitted = event.times.emitted;
        let before = (look - emitted).lo().unwrap_or(0);
        if look.surely_before(emitted) {
            let text = format!("{name} was emitted after the last look");
            examined.supporting.push(case.evidence(text, event.called));
        } else if before > 0 && before < case.pipeline_limit() {
            let limit = spoken(case.pipeline_limit());
            let text =
                format!("{name} was emitted {} before the last look; flush and write may take {limit}", spoken(before));
            examined.supporting.push(case.evidence(text, event.called));
        } else if before > 0 {
            let text = format!("{name} was emitted {} before the last look", spoken(before));
            examined.excluding.push(case.evidence(text, event.called));
        }
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    let late = case.followed().next().and_then(|(_, event)| (event.times.emitted - case.last_look_at()?).lo());
    match late {
        Some(late) if late > 0 => {
            format!("{name} was emitted {} after the last look; the delay lies before the audit store.", spoken(late))
        }
        _ => format!("{name} was emitted too late for flush and write to end before the last look."),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Wait for the phase that emits the event before looking for it, or find what held that phase up: requeues, an external call, a busy resource.".to_owned(), None)
}
