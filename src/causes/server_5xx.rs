//! SERVER-5XX: the server could not write the batch.

use super::{Cause, Examined};

use crate::correlate::facts::Trouble;
use crate::correlate::journeys::Case;
use crate::correlate::replay::Outcome;
use crate::report::Family;

/// The server failed to write.
pub static SERVER_5XX: Cause = Cause {
    code: "server-5xx",
    family: Family::Other,
    title: "The server failed to write",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# server-5xx

The server failed to write.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some(batch) = case.batch() else { return examined };
    let troubles = case.troubles(batch);
    if let Some((Trouble::Server(status), _)) =
        troubles.iter().rev().find(|(trouble, _)| matches!(trouble, Trouble::Server(_)))
    {
        let words = case.handler_words(batch).map_or_else(String::new, |words| format!(": {words}"));
        let text = format!("the server failed to write its batch of {} with status {status}{words}", batch.size);
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
        "the server answered with an error to every attempt to write the batch of {size} events that held {}.",
        case.awaited_name()
    )
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    (
        "Read the database's error in the server's log: a missing table or partition, a deadlock, no connection."
            .to_owned(),
        None,
    )
}
