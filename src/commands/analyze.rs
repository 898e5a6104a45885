//! `whylate analyze`: one analysis, any number of outputs, and the gates.

use std::io::Write;

use anyhow::bail;
use whylate::render::{self, Renderer, Style};
use whylate::report::Report;

use super::{analysis, notes, strict, style};
use crate::Status;
use crate::cli::{Analyze, FAMILIES, Target};
use crate::output::{self, Files};

/// Analyses, writes all outputs, and says whether a gate tripped.
pub fn run(args: &Analyze) -> anyhow::Result<Status> {
    let targets = targets(args)?;
    let analysis = analysis(&args.reading, !args.no_tables)?;
    let report = &analysis.report;
    strict(report, args.strict)?;
    notes(report, args.terminal.quiet);

    let mut files = Files::default();
    let mut screen = None;
    for Target { renderer, file } in &targets {
        let mut style = style(&args.terminal, file.is_none());
        style.tables = !args.no_tables;
        style.max_bytes = args.max_bytes.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        match file {
            Some(path) => files.add(path, |out| (renderer.render)(report, &style, out))?,
            None => screen = Some(rendered(renderer, report, &style)?),
        }
    }
    files.finish()?;
    if let Some(screen) = screen {
        output::to_stdout(|out| out.write_all(&screen))?;
    }
    Ok(if tripped(report, &args.fail_on) { Status::Gate } else { Status::Done })
}

/// In memory, so that nothing has reached standard output when something still goes wrong.
fn rendered(renderer: &Renderer, report: &Report, style: &Style) -> anyhow::Result<Vec<u8>> {
    let mut out = Vec::new();
    (renderer.render)(report, style, &mut out)?;
    Ok(out)
}

fn targets(args: &Analyze) -> anyhow::Result<Vec<Target>> {
    let mut targets = args.formats.clone();
    if targets.is_empty() {
        targets.push(Target { renderer: &render::ALL[0], file: None });
    }
    if let Some(output) = &args.output {
        match targets.as_mut_slice() {
            [Target { file: file @ None, .. }] => *file = (output.as_os_str() != "-").then(|| output.clone()),
            [one] => bail!("expected one file for {}, found two: -o and --format {0}=FILE", one.renderer.name),
            _ => bail!("expected one --format with -o, found {}; use --format FORMAT=FILE for each", targets.len()),
        }
    }
    for (at, target) in targets.iter().enumerate() {
        if let Some(same) = targets[..at].iter().find(|other| other.file == target.file) {
            let place = target.file.as_ref().map_or("standard output".to_owned(), |file| file.display().to_string());
            let (one, two) = (same.renderer.name, target.renderer.name);
            bail!("expected a place of its own for each output, found {one} and {two} for {place}");
        }
    }
    Ok(targets)
}

/// Whether any failure is one that the user asked to be told about.
fn tripped(report: &Report, gates: &[String]) -> bool {
    gates.iter().map(|gate| gate.to_lowercase()).any(|gate| {
        let family = FAMILIES.iter().find(|(name, _)| *name == gate).map(|(_, family)| *family);
        report.failures.iter().any(|failure| match family {
            Some(family) => !failure.collateral && failure.family == family,
            None => gate == "any" || failure.cause.is_some_and(|cause| cause == gate),
        })
    })
}
