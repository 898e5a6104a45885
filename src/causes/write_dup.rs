//! WRITE-DUP: one batch was written twice.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::report::Family;

/// The batch was written twice.
pub static WRITE_DUP: Cause = Cause {
    code: "write-dup",
    family: Family::Other,
    title: "The batch was written twice",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# write-dup

The batch was written twice.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let Some(batch) = case.batch() else { return examined };
    if case.committed_after_timeout(batch) {
        let text = "the client gave up on a request that the server committed, and sent the batch again";
        examined.supporting.push(case.evidence(text, case.batch_lines(batch)));
    } else if batch.requests.len() == 1 && batch.failures.is_empty() {
        examined.excluding.push(case.evidence("its batch was sent once", case.batch_lines(batch)));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    format!(
        "{} was emitted once and written twice: the client timed out after the server's commit and sent its batch again.",
        case.awaited_name()
    )
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Make the write idempotent (a client-generated event id), or raise the client's time-out above the slowest write.".to_owned(), None)
}
