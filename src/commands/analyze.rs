//! `whylate analyze`: one analysis, any number of outputs, and the gates.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::bail;
use whylate::render::tables::Table;
use whylate::render::{self, Form, Render, RenderTable, Style, markdown, tables};

use super::{analysis, gates, notes, strict, style};
use crate::Status;
use crate::cli::{Analyze, Target};
use crate::output::{self, Files};

/// Analyses, writes all outputs, and says whether a gate tripped.
pub fn run(args: &Analyze) -> anyhow::Result<Status> {
    let targets = targets(args)?;
    let outputs = targets.iter().map(|target| planned(target, args)).collect::<anyhow::Result<Vec<Output>>>()?;
    // The short answers show none of the large tables.
    let short = |target: &Target| matches!(target.renderer.name, "text" | "markdown" | "github");
    let tables = !args.no_tables && !targets.iter().all(short);
    let mut analysis = analysis(&args.reading, tables, &args.terminal)?;
    if targets.iter().any(|target| target.renderer.name == "html") {
        // The page shows the lines behind its places: what is cited is read again.
        analysis.report.quotes =
            whylate::quotes::quotes(&args.reading.paths, &args.reading.how.source(), &analysis.report)?;
    }
    let report = &analysis.report;
    strict(report, args.strict)?;
    notes(report, args.terminal.quiet);

    let mut files = Files::default();
    let mut screen = None;
    for output in &outputs {
        let (write, file): (Box<Written<'_>>, _) = match output {
            Output::Document(render, file) => {
                let mut style = style(&args.terminal, file.is_none());
                style.tables = !args.no_tables;
                style.max_bytes = args.max_bytes.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
                (Box::new(move |out| render(report, &style, out)), file)
            }
            Output::Table(render, table, file) => (Box::new(move |out| render(table, report, out)), file),
            Output::Tables(render, ending, folder) => {
                for table in tables::ALL.iter().filter(|table| !(table.large && args.no_tables)) {
                    let path = folder.join(format!("{}.{ending}", table.name));
                    files.add_in(folder, &path, |out| render(table, report, out))?;
                }
                continue;
            }
        };
        if let Some(path) = file {
            files.add(path, write)?;
        } else {
            // In memory, so that nothing has reached standard output when something still goes wrong.
            let mut out = Vec::new();
            write(&mut out)?;
            screen = Some(out);
        }
    }
    let summary = targets.iter().any(|target| target.renderer.name == "github").then(summary_file).flatten();
    if let Some(path) = &summary {
        let style = style(&args.terminal, false);
        output::append(path, SUMMARY, |bytes| {
            let mut out = Vec::new();
            markdown::render(report, &Style { max_bytes: Some(bytes), ..style }, &mut out).map(|()| out)
        })?;
    }
    files.finish()?;
    if let Some(screen) = screen {
        output::to_stdout(|out| out.write_all(&screen))?;
    }
    let status = if gates::tripped(report, args) { Status::Gate } else { Status::Done };
    // The program ends here: a million small pieces need not be given back one by one.
    std::mem::forget(analysis);
    Ok(status)
}

/// GitHub shows a step's summary up to this size.
const SUMMARY: usize = 1 << 20;

fn summary_file() -> Option<PathBuf> {
    std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from)
}

type Written<'a> = dyn FnOnce(&mut dyn Write) -> io::Result<()> + 'a;

/// One thing to write; without a file it goes to standard output.
enum Output {
    Document(Render, Option<PathBuf>),
    Table(RenderTable, &'static Table, Option<PathBuf>),
    /// A file for each table, with this ending, in a folder.
    Tables(RenderTable, &'static str, PathBuf),
}

fn planned(target: &Target, args: &Analyze) -> anyhow::Result<Output> {
    let table = args.table.as_deref().and_then(tables::find);
    Ok(match (target.renderer.form, table, target.file.clone()) {
        (Form::Document(render), _, file) => Output::Document(render, file),
        (Form::Tables(..), Some(table), _) if table.large && args.no_tables => {
            bail!("expected a table that is kept, found --table {} with --no-tables", table.name)
        }
        (Form::Tables(render, _), Some(table), file) => Output::Table(render, table, file),
        (Form::Tables(render, ending), None, Some(folder)) => Output::Tables(render, ending, folder),
        (Form::Tables(..), None, None) => bail!(
            "expected a folder or one table, found neither: --format {0}=FOLDER or --format {0} --table TABLE",
            target.renderer.name
        ),
    })
}

/// What was asked for and where to; refuses what cannot be meant, before anything is read.
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
    if let Some(table) = &args.table
        && !targets.iter().any(|target| matches!(target.renderer.form, Form::Tables(..)))
    {
        bail!("expected --format csv with --table {table}, found no output of tables");
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
