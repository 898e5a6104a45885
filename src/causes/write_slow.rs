//! WRITE-SLOW: the write itself took too long.

use super::{Cause, Examined};

use crate::correlate::journeys::Case;
use crate::instant::spoken;
use crate::instant::{MILLISECOND, Nanos};
use crate::report::{Family, Stage};

/// The write took too long.
pub static WRITE_SLOW: Cause = Cause {
    code: "write-slow",
    family: Family::WriteLatency,
    title: "The write took too long",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = "\
# write-slow

The write took too long.
";

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = Examined::default();
    let limit = case.write_limit;
    for (journey, _) in case.followed() {
        let Some(stage) = journey.stages.iter().find(|stage| stage.stage == Stage::Write) else { continue };
        match (stage.took.lo(), stage.took.hi()) {
            (Some(took), _) if took > limit => {
                let text = format!("its write took at least {}; normal is at most {}", spoken(took), spoken(limit));
                examined.supporting.push(case.evidence(text, stage.seen.iter().copied()));
            }
            (_, Some(took)) if took <= limit.max(FAST) => {
                let text = format!("its write took at most {}", spoken(took));
                examined.excluding.push(case.evidence(text, stage.seen.iter().copied()));
            }
            _ => {}
        }
    }
    if let Some(blocking) = case.blocking_write() {
        let batch = &case.world.batches[blocking];
        let took = case.world.write_time(blocking).lo().unwrap_or(0);
        let text = format!("the batch before it kept the writer: its write took at least {}", spoken(took));
        examined.supporting.push(case.evidence(text, case.batch_lines(batch)));
        examined.excluding.clear();
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    let took = case
        .decisive()
        .and_then(|journey| journey.stages.iter().find(|stage| stage.stage == Stage::Write))
        .and_then(|stage| stage.took.lo());
    match (case.blocking_write(), took) {
        (Some(blocking), _) => {
            let took = spoken(case.world.write_time(blocking).lo().unwrap_or(0));
            format!("{name} waited behind an earlier batch whose write took at least {took}.")
        }
        (None, Some(took)) => {
            let limit = spoken(case.write_limit);
            format!(
                "the write of the batch with {name} took at least {}; the others took at most {limit}.",
                spoken(took)
            )
        }
        _ => format!("the write of the batch with {name} took too long."),
    }
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Find what held the write: a lock, the connection pool, the network, a retry; the server's duration and the client's tell which side.".to_owned(), None)
}

/// So short a write is never slow, whatever the others took.
const FAST: Nanos = 50 * MILLISECOND;
