//! `whylate timeline`: the merged timeline, narrowed.

use anyhow::bail;
use whylate::render::timeline;
use whylate::report::{Failure, Report};
use whylate::timeline::Row;

use super::{analysis, notes, strict, style};
use crate::Status;
use crate::cli::Timeline;
use crate::output;

/// Analyses and shows the chosen rows.
pub fn run(args: &Timeline) -> anyhow::Result<Status> {
    let analysis = analysis(&args.reading, false, &args.to.terminal)?;
    let report = &analysis.report;
    strict(report, args.to.strict)?;
    notes(report, args.to.terminal.quiet);
    let specs = specs(report, args)?;
    let timeline = analysis.timeline();
    let rows: Vec<&Row> = timeline.rows.iter().filter(|row| wanted(row, args, specs.as_deref())).collect();
    if rows.is_empty() {
        output::note("no row of the timeline matches");
    }
    let chosen: Option<&Failure> = match specs.as_deref() {
        Some([one]) => report.failures.get(*one),
        _ => None,
    };
    let style = style(&args.to.terminal, args.to.file().is_none());
    output::put(args.to.file(), |out| timeline::render(report, &rows, chosen, &style, out))?;
    Ok(Status::Done)
}

/// Indices of the failing specs that `--test` chooses; `None` without it.
fn specs(report: &Report, args: &Timeline) -> anyhow::Result<Option<Vec<usize>>> {
    let Some(test) = &args.test else { return Ok(None) };
    let matching = report.failures.iter().enumerate().filter(|(_, failure)| test.is_match(&failure.spec));
    let specs: Vec<usize> = matching.map(|(index, _)| index).collect();
    if specs.is_empty() {
        let names: Vec<&str> = report.failures.iter().map(|failure| failure.spec.as_str()).take(10).collect();
        if names.is_empty() {
            bail!("expected a failing spec that matches {test}, found no failing spec");
        }
        bail!("expected a failing spec that matches {test}, found only: {}", names.join("; "));
    }
    Ok(Some(specs))
}

fn wanted(row: &Row, args: &Timeline, specs: Option<&[usize]>) -> bool {
    specs.is_none_or(|specs| row.failure.is_some_and(|failure| specs.contains(&failure)))
        && args.correlation_id.as_ref().is_none_or(|id| row.correlation_id.as_ref() == Some(id))
        && args.event_type.as_ref().is_none_or(|kind| row.event_type.as_ref() == Some(kind))
}
