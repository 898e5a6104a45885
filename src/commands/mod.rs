//! One command a file: from its arguments to its output and exit status.

pub mod analyze;
pub mod check;
pub mod compare;
pub mod explain;
mod gates;
pub mod shell;
pub mod timeline;

use std::env;
use std::io::{self, IsTerminal};

use whylate::render::{Style, words};
use whylate::report::Report;
use whylate::{Analysis, Options};

use crate::cli::{Reading, Terminal, When, nearest};
use crate::output;

/// Reads and analyses the PATHs as one bundle.
fn analysis(reading: &Reading, tables: bool, terminal: &Terminal) -> anyhow::Result<Analysis> {
    let options =
        Options { source: reading.how.source(), input_tz: reading.how.input_tz, tables, ..Options::default() };
    let progress = (!terminal.quiet).then(|| output::Progress::start(&options.bytes_read)).flatten();
    let analysis = whylate::analyze(&reading.paths, &options);
    drop(progress);
    analysis.map_err(|error| match mistaken(reading) {
        Some(hint) => error.context(hint),
        None => error,
    })
}

/// `whylate --quiet timeline bundle` and `whylate timelin bundle` take the command for a PATH.
fn mistaken(reading: &Reading) -> Option<String> {
    let first = reading.paths.first().filter(|path| !path.exists())?.to_str()?;
    match nearest(first, &["analyze", "timeline", "check", "compare", "explain", "completions", "man"])? {
        command if command == first => Some(format!("expected the command before its options: whylate {command} …")),
        _ if first.contains(['/', '.']) => None,
        command => Some(format!("did you mean the command {command}?")),
    }
}

/// Refuses a partial report when that was asked for.
fn strict(report: &Report, strict: bool) -> anyhow::Result<()> {
    if report.complete || !strict {
        return Ok(());
    }
    let unread = report.coverage.files.iter().filter_map(|f| Some(format!("{}: {}", f.path, f.skipped.as_ref()?)));
    let unread: Vec<String> = unread.take(5).collect();
    anyhow::bail!("expected to read everything (--strict), found input left unread or cut: {}", unread.join("; "))
}

/// Says on standard error what was not read; the report says it as well.
fn notes(report: &Report, quiet: bool) {
    if quiet {
        return;
    }
    for (path, why) in words::unread(report).filter(|(_, why)| !words::is_double(why)) {
        output::note(&format!("{path} was not read in full: {why}"));
    }
    match words::unread(report).filter(|(_, why)| words::is_double(why)).count() {
        0 => {}
        1 => output::note("1 file is there twice and was read once"),
        count => output::note(&format!("{count} files are there twice and were read once")),
    }
}

/// The style of the terminal; `to_screen` when the result goes to standard output.
fn style(terminal: &Terminal, to_screen: bool) -> Style {
    let screen = to_screen && io::stdout().is_terminal();
    let color = match terminal.color {
        When::Always => true,
        When::Never => false,
        // See no-color.org and bixense.com/clicolors.
        When::Auto if is_set("NO_COLOR") => false,
        When::Auto if is_set("CLICOLOR_FORCE") && env::var("CLICOLOR_FORCE").is_ok_and(|value| value != "0") => true,
        When::Auto => screen && env::var("TERM").is_ok_and(|term| term != "dumb"),
    };
    let columns = || screen.then(terminal_width).flatten().unwrap_or(80);
    Style { width: terminal.width.unwrap_or_else(columns), color, verbose: terminal.verbose, ..Style::default() }
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}
