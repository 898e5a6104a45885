//! ASSERT: the data was right and the assertion cannot hold.

use super::{Cause, Examined};

use crate::correlate::awaited::claim;
use crate::correlate::journeys::Case;
use crate::report::{Evidence, Family};

/// The assertion does not fit the data.
pub static ASSERT: Cause = Cause {
    code: "assert",
    family: Family::Other,
    title: "The assertion does not fit the data",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# assert

The assertion does not fit the data.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let claim = claim(&case.failed.message);
    let enough = case.journeys.iter().any(|journey| {
        journey.wanted.found.zip(journey.wanted.expected).is_some_and(|(found, expected)| found >= expected)
    });
    let returned = case.last_look().and_then(|look| look.returned(&case.world.requests));
    if claim.value && (enough || returned.is_some_and(|rows| rows > 0)) {
        let look = case.last_look().and_then(|look| case.look_line(look));
        examined.supporting.push(case.evidence("the rows were found; the assertion compares a value", look));
        examined.supporting.push(Evidence {
            text: "the printed value differs from the expected one".to_owned(),
            places: vec![case.failure_place()],
        });
    } else if let (false, Some(found), Some(expected)) = (claim.value, claim.found, claim.expected) {
        let text = format!("the test counted {found} and expects {expected}");
        examined.against.push(Evidence { text, places: vec![case.failure_place()] });
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let head = case.failed.message.lines().next().unwrap_or_default();
    format!("the events were there in time; the assertion does not hold for what they say: {head}")
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Compare the asserted value with what the service emits on this path: the expectation or the service is wrong, no wait is.".to_owned(), None)
}
