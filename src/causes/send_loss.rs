//! SEND-LOSS: no attempt to send the batch reached the server.

use super::{Cause, Examined};

use crate::correlate::facts::Trouble;
use crate::correlate::journeys::Case;
use crate::correlate::replay::Outcome;
use crate::report::Family;

/// The batch was lost on its way.
pub static SEND_LOSS: Cause = Cause {
    code: "send-loss",
    family: Family::Other,
    title: "The batch was lost on its way",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# send-loss

The batch was lost on its way.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some(batch) = case.batch() else { return examined };
    let lost: Vec<_> = case
        .troubles(batch)
        .into_iter()
        .filter(|(trouble, _)| *trouble == Trouble::Network)
        .map(|(_, seen)| seen)
        .collect();
    if batch.outcome == Outcome::Lost && !lost.is_empty() {
        let text = format!(
            "{} attempts to send its batch of {} did not reach the server, then it was dropped",
            lost.len(),
            batch.size
        );
        examined.supporting.push(case.evidence(text, lost.into_iter().chain(batch.outcome_at)));
    }
    if batch.outcome == Outcome::Written {
        examined.excluding.push(case.evidence("its batch was accepted", batch.outcome_at));
    } else if let Some(created) = batch.requests.iter().find(|request| case.world.requests[**request].created()) {
        examined.excluding.push(case.evidence("its batch was accepted", [case.world.requests[*created].at]));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    match case.batch() {
        Some(batch) => {
            format!(
                "the batch of {} events that held {} was dropped after its last attempt; the server could not be reached.",
                batch.size,
                case.awaited_name()
            )
        }
        None => "the batch that held the event was dropped after its last attempt.".to_owned(),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Check the address that the store sends to and whether the server was up all the time; the store keeps a batch for three attempts only.".to_owned(), None)
}
