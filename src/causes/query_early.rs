//! QUERY-EARLY: looking ended before its deadline, before the event could be visible.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::instant::spoken;
use crate::report::Family;

/// The query came too early.
pub static QUERY_EARLY: Cause = Cause {
    code: "query-early",
    family: Family::QueryTiming,
    title: "The query came too early",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# query-early

The query came too early.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let after = case.looks_after_visible();
    if let Some(look) = after.first() {
        let text = format!("{} looks after the event was visible still did not find it", after.len());
        examined.excluding.push(case.evidence(text, case.look_line(look)));
        return examined;
    }
    if case.looking.to_deadline {
        examined.excluding.push(case.evidence(
            "the test looked until its deadline",
            case.looking.looks.last().and_then(|look| case.look_line(look)),
        ));
        return examined;
    }
    let Some(look) = case.last_look() else { return examined };
    let line = case.look_line(look);
    for (_, event) in case.followed() {
        let gap = event
            .times
            .visible
            .lo()
            .zip(look.at.and_then(crate::instant::Instant::hi))
            .map(|(visible, look)| visible - look);
        match gap {
            Some(gap) if gap > 0 => {
                let text = format!("the event became visible {} after the last look", spoken(gap));
                examined.supporting.push(
                    case.evidence(text, line.into_iter().chain(event.batch.map(|batch| case.world.batches[batch].at))),
                );
            }
            _ => {
                let text = "the last look came before the event was written";
                examined.supporting.push(case.evidence(text, line.into_iter().chain(event.ended)));
            }
        }
    }
    if examined.supporting.is_empty() && !case.looking.looks.is_empty() {
        examined.supporting.push(case.evidence("the test looked and did not go on to a deadline", line));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    let looks = case.looking.looks.len();
    if looks <= 1 {
        format!("the test looked once, before {name} could be visible; flush and write were normal.")
    } else {
        format!(
            "the test stopped looking after {looks} looks, before {name} could be visible; flush and write were normal."
        )
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    (
        "Poll for the event that is asserted (Eventually with its type and id), not once and not for any event."
            .to_owned(),
        None,
    )
}
