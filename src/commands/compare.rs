//! `whylate compare`: one analysis for each bundle, and one table.

use anyhow::Context;
use whylate::compare::compare;
use whylate::render::compare::ALL;

use super::{analysis, notes, strict, style};
use crate::Status;
use crate::cli::{Compare, Reading};
use crate::output;

/// Analyses each PATH as a bundle of its own and compares them.
pub fn run(args: &Compare) -> anyhow::Result<Status> {
    let mut reports = Vec::new();
    for path in &args.bundles {
        let reading = Reading { paths: vec![path.clone()], how: args.how.clone() };
        let name = path.display().to_string();
        let report = analysis(&reading, true, &args.to.terminal).with_context(|| name.clone())?.report;
        strict(&report, args.to.strict).with_context(|| name.clone())?;
        notes(&report, args.to.terminal.quiet);
        reports.push((name, report));
    }
    let comparison = compare(&reports);
    let (_, render) = ALL.iter().find(|(name, _)| *name == args.format).unwrap_or(&ALL[0]);
    let style = style(&args.to.terminal, args.to.file().is_none());
    let mut out = Vec::new();
    render(&comparison, &style, &mut out)?;
    output::put(args.to.file(), |to| to.write_all(&out))?;
    Ok(Status::Done)
}
