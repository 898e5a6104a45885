//! Runs a command and chooses the exit status.

mod cli;
mod commands;
mod output;

use std::panic;
use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};

/// What the caller is told: the exit statuses that outside programs may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It ran, and no gate tripped.
    Done = 0,
    /// A gate that the user asked for tripped.
    Gate = 1,
    /// It could not run: usage, nothing readable, nothing recognised.
    Failed = 2,
}

fn main() -> ExitCode {
    // A panic is told in one line like every other failure, and never looks like a gate.
    panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let what = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        let what = what.unwrap_or("no message");
        let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        output::note(&format!("internal error{place}: {what}; this is a fault of whylate, please report it"));
    }));
    let status = match panic::catch_unwind(run) {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            output::note(&format!("{error:#}"));
            Status::Failed
        }
        Err(_) => Status::Failed,
    };
    ExitCode::from(status as u8)
}

fn run() -> anyhow::Result<Status> {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            // Clap's own messages go to standard error; when that is closed, the status still tells.
            let _ = error.print();
            return Ok(Status::Failed);
        }
        Err(help) => {
            output::to_stdout(|out| write!(out, "{}", help.render()))?;
            return Ok(Status::Done);
        }
    };
    match cli.command {
        None => commands::analyze::run(&cli.analyze),
        Some(Command::Analyze(args)) => commands::analyze::run(&args),
        Some(Command::Timeline(args)) => commands::timeline::run(&args),
        Some(Command::Check(args)) => commands::check::run(&args),
        Some(Command::Compare(args)) => commands::compare::run(&args),
        Some(Command::Explain(args)) => commands::explain::run(&args),
        Some(Command::Completions { shell }) => commands::shell::completions(shell),
        Some(Command::Man) => commands::shell::man(),
    }
}
