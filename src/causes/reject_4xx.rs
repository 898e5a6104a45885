//! REJECT-4XX: the server refused the batch.

use super::{Cause, Examined};

use crate::correlate::facts::Trouble;
use crate::correlate::journeys::Case;
use crate::correlate::replay::Outcome;
use crate::report::Family;

/// The server refused the batch.
pub static REJECT_4XX: Cause = Cause {
    code: "reject-4xx",
    family: Family::Other,
    title: "The server refused the batch",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# reject-4xx

The server refused the batch.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some(batch) = case.batch() else { return examined };
    let troubles = case.troubles(batch);
    if let Some((Trouble::Client(status), _)) =
        troubles.iter().rev().find(|(trouble, _)| matches!(trouble, Trouble::Client(_)))
    {
        let words = case.handler_words(batch).map_or_else(String::new, |words| format!(": {words}"));
        let text = format!("the server refused its batch of {} with status {status}{words}", batch.size);
        examined.supporting.push(case.evidence(text, case.batch_lines(batch)));
    } else if batch.outcome == Outcome::Written
        || batch.requests.iter().any(|request| case.world.requests[*request].created())
    {
        examined.excluding.push(case.evidence("its batch was accepted", case.batch_lines(batch)));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let size = case.batch().map_or(0, |batch| batch.size);
    format!(
        "the server refused the batch of {size} events that held {}; one bad event loses the whole batch.",
        case.awaited_name()
    )
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Mend the event that the server's answer names; it need not be the awaited one. Flush() reports success even when its batch was dropped.".to_owned(), None)
}
