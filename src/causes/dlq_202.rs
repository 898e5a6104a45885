//! DLQ-202: the server parked the events instead of writing them.

use super::{Cause, Examined};

use crate::correlate::facts::Trouble;
use crate::correlate::journeys::Case;
use crate::report::Family;

/// The events were parked.
pub static DLQ_202: Cause = Cause {
    code: "dlq-202",
    family: Family::Other,
    title: "The events were parked",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# dlq-202

The events were parked.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some(batch) = case.batch() else { return examined };
    let parked: Vec<_> =
        batch.requests.iter().map(|request| &case.world.requests[*request]).filter(|request| request.parked).collect();
    let by_client: Vec<_> = case
        .troubles(batch)
        .into_iter()
        .filter(|(trouble, _)| *trouble == Trouble::Parked)
        .map(|(_, seen)| seen)
        .collect();
    if !parked.is_empty() || !by_client.is_empty() {
        let lines = parked.iter().map(|request| request.at).chain(by_client);
        examined
            .supporting
            .push(case.evidence("the server answered 202: parked in the dead-letter queue, not visible", lines));
    } else if batch.requests.iter().any(|request| case.world.requests[*request].created()) {
        examined.excluding.push(case.evidence("its batch was answered with 201", case.batch_lines(batch)));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    format!(
        "the database write failed and the server parked {} in its dead-letter queue; a 202 is accepted, not visible.",
        case.awaited_name()
    )
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    (
        "Find why the database write failed; the queue is emptied every 30 s at best, which no test should wait for."
            .to_owned(),
        None,
    )
}
