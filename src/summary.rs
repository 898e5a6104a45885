//! From the world to the report: each failing spec with what `verdict` decided (`failure`), the answer for the bundle
//! (`answer`), figures, tables, and what the logs cannot show (`hidden`).

mod answer;
mod failure;
mod figures;
mod hidden;
mod names;
mod tables;

pub use figures::{clocks, services, settings, spread, stages};
pub use names::{places, store_id};
pub use tables::{batches, events, requests, stores, ticks};

use crate::correlate::World;
use crate::findings;
use crate::instant::{self, SECOND};
use crate::passing::{PassingWaits, passing_waits};
use crate::report::{Bundle, Failure, Finding, Instant, NotObservable, Run, Verdict};
use crate::sighting::Outcome;

use answer::bundle_verdict;
use failure::{failure, in_brief};
use hidden::not_observable;
use names::service;

/// The parts of the report that come from the world alone.
pub struct Summary {
    /// The answer.
    pub verdict: Verdict,
    /// What the bundle is; its id is filled in by the caller.
    pub bundle: Bundle,
    /// Counts of the suites.
    pub run: Option<Run>,
    /// Failures.
    pub failures: Vec<Failure>,
    /// Findings.
    pub findings: Vec<Finding>,
    /// What is hidden.
    pub not_observable: Vec<NotObservable>,
}

/// Failing specs whose evidence is kept. It takes some 15 kB each, and nobody reads that of a thousand.
const TOLD_IN_FULL: usize = 1000;

/// Decides every failure and sums up.
pub fn summarise(world: &World) -> Summary {
    let count = world.output.failed.len();
    let waits = if count > 0 { passing_waits(world) } else { PassingWaits::default() };
    let told = |index: usize| {
        let failure = failure(world, index, &waits);
        if index < TOLD_IN_FULL { failure } else { in_brief(failure) }
    };
    let failures: Vec<Failure> = (0..count).map(told).collect();
    let run = run(world, &failures);
    let not_observable = not_observable(world);
    let mut findings = findings::findings(world);
    if let Some(first) = failures.get(TOLD_IN_FULL) {
        findings.push(Finding {
            id: "told-in-brief",
            text: format!(
                "{count} specs failed: the first {TOLD_IN_FULL} are told in full, of the others what was ruled out, the \
                 journey and the looks are left out"
            ),
            places: first.places.clone(),
        });
    }
    Summary {
        verdict: bundle_verdict(world, &failures, run.as_ref()),
        bundle: bundle(world),
        run,
        failures,
        findings,
        not_observable,
    }
}

fn run(world: &World, failures: &[Failure]) -> Option<Run> {
    let suites = &world.output.suites;
    let mut run = Run { passed: 0, failed: 0, interrupted: 0, flaky: 0, skipped: 0, pending: 0, total: 0 };
    let mut any = false;
    for (number, suite) in suites.iter().enumerate() {
        let of_suite = |failure: &&Failure, index: usize| {
            world.output.blocks[world.output.failed[index].block].suite == Some(number) && !failure.spec.is_empty()
        };
        let own: Vec<&Failure> = failures
            .iter()
            .enumerate()
            .filter(|(index, failure)| of_suite(failure, *index))
            .map(|(_, failure)| failure)
            .collect();
        let victims = u32::try_from(own.iter().filter(|failure| failure.collateral).count()).unwrap_or(u32::MAX);
        let real = u32::try_from(own.len()).unwrap_or(u32::MAX) - victims;
        any = true;
        run.interrupted += victims;
        run.failed += real;
        run.total += suite.planned.unwrap_or(0);
        if let Some(totals) = suite.totals {
            run.passed += totals.passed;
            run.flaky += totals.flaked;
            run.pending += totals.pending;
            run.skipped += totals.skipped;
        } else {
            let outcomes = world.output.blocks.iter().filter(|block| block.suite == Some(number));
            for header in outcomes.filter_map(|block| block.header.as_ref()).filter(|header| header.node.is_empty()) {
                match header.outcome {
                    Outcome::Passed => run.passed += 1,
                    Outcome::Flaky => run.flaky += 1,
                    Outcome::Skipped => run.skipped += 1,
                    Outcome::Pending => run.pending += 1,
                    _ => {}
                }
            }
        }
    }
    any.then_some(run)
}

fn bundle(world: &World) -> Bundle {
    let suite = world.output.suites.first();
    let started = world
        .output
        .blocks
        .iter()
        .filter(|block| block.suite.is_some())
        .filter_map(|block| block.span)
        .map(|(first, _)| first)
        .min();
    let by_server = world.servers.iter().filter_map(|server| server.span).map(|(first, _)| first).min();
    let clock = started.is_none().then_some("datastorage");
    Bundle {
        id: String::new(),
        suite: suite.and_then(|suite| suite.name.as_ref()).map(ToString::to_string),
        service: service(world),
        seed: suite.and_then(|suite| suite.seed),
        processes: suite.and_then(|suite| suite.processes),
        started: started.or(by_server).and_then(|at| Instant::on(instant::Instant::between(at, at + SECOND), clock)),
        collected: findings::collected(world),
    }
}
