//! The *answer* for the whole bundle: the cause of most failures, or what can be said without any.

use std::collections::HashMap;

use crate::correlate::World;
use crate::correlate::requests::About;
use crate::correlate::specs::Suite;
use crate::correlate::stages::quantile;
use crate::instant::{Nanos, SECOND, spoken};
use crate::report::{Failure, Family, Run, RunOutcome, Verdict};

pub(super) fn bundle_verdict(world: &World, failures: &[Failure], run: Option<&Run>) -> Verdict {
    let real: Vec<&Failure> = failures.iter().filter(|failure| !failure.collateral).collect();
    let outcome = if !failures.is_empty() || world.output.suites.iter().any(|suite| suite.node_failed) {
        RunOutcome::Failed
    } else if run.is_some() && world.output.suites.iter().any(finished_green) {
        RunOutcome::Healthy
    } else {
        RunOutcome::Undetermined
    };
    let none = |outcome, sentence: String| Verdict { outcome, cause: None, family: None, confidence: None, sentence };
    match outcome {
        RunOutcome::Healthy => {
            let run = run.expect("a healthy run was counted");
            none(outcome, format!("{} specs passed and none failed.", run.passed))
        }
        RunOutcome::Undetermined => none(outcome, undetermined_sentence(world)),
        RunOutcome::Failed => {
            let Some(main) = main_failure(&real) else {
                return none(outcome, "specs failed, and none of them by itself.".to_owned());
            };
            let same = real.iter().filter(|failure| failure.cause == main.cause).count();
            let others = real.len() - same;
            let mut sentence = main.sentence.clone();
            if same > 1 && main.cause.is_some() {
                sentence = format!("{sentence} {same} specs failed by this cause.");
            }
            if others > 0 {
                let word = if others == 1 { "failure has another cause" } else { "failures have other causes" };
                sentence = format!("{sentence} {others} {word}.");
            }
            let known = main.cause.is_some();
            Verdict {
                outcome,
                cause: main.cause,
                family: Some(main.family),
                confidence: Some(main.confidence).filter(|_| known || main.family != Family::Other),
                sentence,
            }
        }
    }
}

/// The cause of most failures, ties by the first.
fn main_failure<'a>(real: &[&'a Failure]) -> Option<&'a Failure> {
    let mut counts: HashMap<Option<&str>, usize> = HashMap::new();
    for failure in real {
        *counts.entry(failure.cause).or_default() += 1;
    }
    let count = |failure: &Failure| counts.get(&failure.cause).copied().unwrap_or(0);
    let mut best: Option<&Failure> = None;
    for failure in real {
        let better = best.is_none_or(|best| {
            let named = (failure.cause.is_some(), count(failure));
            named > (best.cause.is_some(), count(best))
        });
        if better {
            best = Some(failure);
        }
    }
    best
}

/// A suite says that it passed in its totals; without them its log was cut.
fn finished_green(suite: &Suite) -> bool {
    suite.totals.is_some_and(|totals| totals.failed == 0 && totals.passed > 0)
}

/// Answers each stage on its own.
fn undetermined_sentence(world: &World) -> String {
    let mut writes: Vec<Nanos> = world
        .requests
        .iter()
        .filter(|request| request.about == About::Write)
        .map(|request| request.line.duration)
        .collect();
    writes.sort_unstable();
    let head = if world.output.suites.is_empty() {
        "there is no test output, so nothing says which spec failed"
    } else {
        "the test output does not say whether the suite passed"
    };
    match (quantile(&writes, 50), writes.last()) {
        (Some(median), Some(slowest)) if *slowest < SECOND => {
            format!(
                "{head}; {} writes took {} in the median and at most {}, so write latency is excluded.",
                writes.len(),
                spoken(median),
                spoken(*slowest)
            )
        }
        (Some(median), Some(slowest)) => {
            let slow = writes.iter().filter(|took| **took >= SECOND).count();
            format!(
                "{head}; of {} writes {slow} took a second or longer (median {}, slowest {}).",
                writes.len(),
                spoken(median),
                spoken(*slowest)
            )
        }
        _ => format!("{head}; no write was logged either."),
    }
}
