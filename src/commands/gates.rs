//! A *gate* makes a finished analysis end with status 1: a cause or family that the user does not accept
//! (`--fail-on`), or a stage that took surely longer than its budget (`--max`).

use whylate::render::times::length;
use whylate::render::words;
use whylate::report::{Duration, Report, Stage};

use crate::cli::{Analyze, Budget, FAMILIES};
use crate::output;

/// Whether any gate tripped; says on standard error which budgets did, and which could not be judged.
pub fn tripped(report: &Report, args: &Analyze) -> bool {
    let mut tripped = args.fail_on.iter().any(|gate| accused(report, &gate.to_lowercase()));
    for budget in &args.max {
        let (over, text) = judge(report, budget);
        tripped |= over == Some(true);
        if let (Some(text), false) = (text, args.terminal.quiet) {
            output::note(&text);
        }
    }
    tripped
}

fn accused(report: &Report, gate: &str) -> bool {
    let family = FAMILIES.iter().find(|(name, _)| *name == gate).map(|(_, family)| *family);
    report.failures.iter().any(|failure| match family {
        Some(family) => !failure.collateral && failure.family == family,
        None => gate == "any" || failure.cause.is_some_and(|cause| cause == gate),
    })
}

/// Whether the 95 % quantile over all events of any service is surely over the budget; `None` when the logs do not
/// tell. The text is for everything but a budget that is surely kept.
fn judge(report: &Report, budget: &Budget) -> (Option<bool>, Option<String>) {
    let limit = length(Duration::exact(budget.limit));
    let stage = words::stage(budget.stage);
    let spreads = report.stages.iter().filter(|spread| spread.stage == budget.stage);
    let mut measured: Vec<(Option<&str>, Duration)> =
        spreads.filter_map(|of| Some((of.service.as_deref(), of.spread.p95?))).collect();
    if measured.is_empty() && budget.stage == Stage::Write {
        // Without the client's lines the server still tells how long it wrote.
        let services = report.services.iter();
        measured.extend(services.filter_map(|of| Some((Some(of.name.as_str()), of.writes.p95?))));
    }
    // What is surely over decides, else what may be the longest.
    let worst = |of: &Duration| (of.lo_ns.filter(|lo| *lo > budget.limit), of.hi_ns.unwrap_or(i64::MAX), of.lo_ns);
    let Some((service, p95)) = measured.into_iter().max_by_key(|(_, p95)| worst(p95)) else {
        return (
            None,
            Some(format!("--max: the logs do not show how long the stage {stage} took, so {limit} is not judged")),
        );
    };
    let of = service.map(|service| format!(" of {service}")).unwrap_or_default();
    let p95 = (p95.lo_ns, p95.hi_ns, length(p95));
    match p95 {
        (Some(lo), _, took) if lo > budget.limit => (
            Some(true),
            Some(format!("--max: the stage {stage}{of} took {took} (p95 over all events), more than {limit}")),
        ),
        (_, Some(hi), _) if hi <= budget.limit => (Some(false), None),
        (.., took) => (
            None,
            Some(format!(
                "--max: the stage {stage}{of} took {took} (p95 over all events), not surely more than {limit}"
            )),
        ),
    }
}
